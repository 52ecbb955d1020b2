"""The API described by itself: OpenAPI 3.1 out of the handlers, their structs and their refusals."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import msgspec
from litestar import Response, get
from msgspec import Struct

from ateliers import __version__
from ateliers.refusals import Refusal
from ateliers.web.answers import PROBLEM, Problem
from ateliers.web.doors import routes_of
from ateliers.words import T

JSON = "application/json"
PATH = "/api/v1/openapi.json"
REASONS = {
    400: "The body is not JSON.",
    401: "No token, or not one that works.",
    403: "The token does not allow this.",
    404: "There is no such thing, or it is not yours to see.",
    405: "Another method is meant.",
    410: "It was here and is no more: forget the address.",
    409: "A rule stands against it; `type` names the refusal.",
    413: "The body is larger than 1 MB.",
    415: "The body is not sent as JSON.",
    422: "Some fields are wrong; `errors` lists every one.",
    429: "Too many bookings of one contact.",
}
WITH_BODY = (400, 413, 415, 422)


class Operation(Struct, frozen=True, kw_only=True):
    """What the description says of one handler."""

    summary: str
    tag: str
    answer: type[Struct] | None = None  # None: one of the media types below
    media_types: tuple[str, ...] = (JSON,)
    status: int = 200
    body: type[Struct] | None = None
    body_required: bool = True
    query: type[Struct] | None = None
    security: str | None = None  # 'token' or 'booking'
    optional_security: bool = False
    refusals: tuple[int, ...] = ()
    idempotency_key: bool = False


def described(**facts: Any) -> dict[str, Operation]:
    """The `opt` of a handler."""
    return {"operation": Operation(**facts)}


@lru_cache(maxsize=1)
def description() -> bytes:
    """The whole document, JSON."""
    operations = [
        (handler, method, handler.opt["operation"])
        for handler in routes_of("ateliers.web.api")
        for method in sorted(handler.http_methods)
        if "operation" in handler.opt and method in ("GET", "POST", "PUT", "DELETE")
    ]
    wanted: list[Any] = [Problem]
    for _handler, _method, operation in operations:
        wanted += [struct for struct in (operation.answer, operation.body, operation.query) if struct is not None]
    shapes = list(dict.fromkeys(wanted))
    references, components = msgspec.json.schema_components(shapes, ref_template="#/components/schemas/{name}")
    schema_of = dict(zip(shapes, references, strict=True))
    paths: dict[str, Any] = {}
    for handler, method, operation in operations:
        for path in sorted(handler.paths):
            plain_path = re.sub(r"\{(\w+):\w+\}", r"{\1}", path)
            names = re.findall(r"\{(\w+)\}", plain_path)
            described_here = _operation(handler.fn.__name__, operation, names, schema_of, components)
            paths.setdefault(plain_path, {})[method.lower()] = described_here
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "ateliers",
                "version": __version__,
                "description": "Sessions, bookings and attendance of the network. Stable under /api/v1.",
            },
            "servers": [{"url": "/"}],
            "paths": paths,
            "components": {
                "schemas": components,
                "securitySchemes": {
                    "token": {"type": "http", "scheme": "bearer", "description": "A structure's token."},
                    "booking": {
                        "type": "http",
                        "scheme": "bearer",
                        "description": "A booking's private key: the last part of its manage_url.",
                    },
                },
            },
        }
    )


def _operation(
    name: str, operation: Operation, path_names: list[str], schema_of: dict[Any, Any], components: dict[str, Any]
) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": given, "in": "path", "required": True, "schema": {"type": "string"}} for given in path_names
    ]
    if operation.query is not None:
        parameters += _query_parameters(schema_of[operation.query], components)
    if operation.idempotency_key:
        schema = {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[!-~]+$"}
        parameters.append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema})
    found: dict[str, Any] = {
        "operationId": name,
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": parameters,
        "responses": _responses(operation, schema_of, bool(path_names)),
    }
    if operation.body is not None:
        content = {JSON: {"schema": schema_of[operation.body]}}
        found["requestBody"] = {"required": operation.body_required, "content": content}
    if operation.security is not None:
        found["security"] = [{operation.security: []}, *([{}] if operation.optional_security else [])]
    return found


def _query_parameters(reference: dict[str, Any], components: dict[str, Any]) -> list[dict[str, Any]]:
    struct = components[reference["$ref"].rpartition("/")[2]]
    found = []
    for name, schema in struct["properties"].items():
        # In a query string nothing is null: a parameter is there or it is not.
        options = [option for option in schema.get("anyOf", []) if option.get("type") != "null"]
        inner = {
            **{k: v for k, v in schema.items() if k not in ("anyOf", "default")},
            **(options[0] if options else {}),
        }
        found.append({"name": name, "in": "query", "required": name in struct.get("required", []), "schema": inner})
    return found


def _responses(operation: Operation, schema_of: dict[Any, Any], has_path: bool) -> dict[str, Any]:
    content: dict[str, Any] = {
        one: {"schema": {} if "json" in one else {"type": "string"}} for one in operation.media_types
    }
    if operation.answer is not None:
        content = {JSON: {"schema": schema_of[operation.answer]}}
    statuses = set(operation.refusals)
    if operation.body is not None:
        statuses |= set(WITH_BODY)
    if operation.query is not None or operation.idempotency_key:
        statuses.add(422)
    if operation.security is not None:
        statuses.add(401)
    if operation.security == "token":
        statuses.add(403)
    if has_path:
        statuses.add(404)
    refused = {
        str(status): {"description": REASONS[status], "content": {PROBLEM: {"schema": schema_of[Problem]}}}
        for status in sorted(statuses)
    }
    return {str(operation.status): {"description": "Done.", "content": content}} | refused


@get(PATH, opt={}, sync_to_thread=False)
def openapi() -> Response[bytes]:
    """The description itself."""
    return Response(description(), media_type=JSON, headers={"cache-control": "public, max-age=300"})


class Kind(Struct, frozen=True, kw_only=True):
    """One kind of refusal, as the `type` of a problem names it."""

    status: int
    title: str


@get("/api/v1/problems", opt={}, sync_to_thread=False)
def problems() -> Response[bytes]:
    """Where the `type` of a problem leads: every kind of refusal, with its status and its title."""
    found: dict[str, Kind] = {}
    left: list[type[Refusal]] = [Refusal]
    while left:
        refusal = left.pop()
        left += refusal.__subclasses__()
        found[refusal.__new__(refusal).slug] = Kind(status=refusal.status, title=str(T(refusal.title)))
    return Response(msgspec.json.encode(dict(sorted(found.items()))), media_type=JSON)


ROUTES: list[Any] = [openapi, problems]
