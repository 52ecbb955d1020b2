"""How a door answers: pages, redirections, and one answer to each kind of no."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import msgspec
import structlog
from litestar import Request, Response
from litestar.enums import MediaType
from litestar.exceptions import HTTPException

from ateliers import database
from ateliers.documents.files import FileContent
from ateliers.refusals import Invalid, Refusal
from ateliers.rendering import render, url
from ateliers.web.frame import signed_in
from ateliers.words import T, gettext

log = structlog.get_logger()

HTML = "text/html"  # the framework adds the charset
PROBLEM = "application/problem+json"
PDF = "application/pdf"
PROGRAMS = ("/api/", "/donnees/")  # whose readers are programs: they get problem details
PRIVATE = {"cache-control": "no-store", "x-robots-tag": "noindex"}

# Litestar's own errors, in words for people. Others show as the 400 or 500 of their family.
TITLES = {
    400: "We did not understand this request.",
    401: "You need to sign in.",
    403: "Your role does not allow this.",
    404: "This page does not exist or is no longer there.",
    405: "This address does not answer that kind of request.",
    413: "What was sent is too large.",
    415: "What was sent is not in a form we can read.",
    422: "Some answers need correcting.",
    429: "Too many requests. Wait a moment, then try again.",
    500: "Something went wrong on our side. It is not your fault, and we have been told.",
    503: "The service is resting for a moment. Try again shortly.",
}
# A commit whose answer was lost may have been kept.
SENT = "The service is resting for a moment. Before you send this again, look whether it is already done."


class FieldError(msgspec.Struct, frozen=True):
    """Where (JSON pointer into the body) and what."""

    pointer: str
    detail: str


class Problem(msgspec.Struct, omit_defaults=True, frozen=True, kw_only=True):
    """Problem details (RFC 9457)."""

    status: int
    title: str
    type: str = "about:blank"
    detail: str = ""
    instance: str = ""
    errors: list[FieldError] = []


def page(template: str, *, status: int = 200, **context: Any) -> Response[bytes]:
    """A page from a template, in the reader's language; who is signed in is at hand as `me`."""
    context.setdefault("me", signed_in())
    return Response(render(template, **context).encode(), status_code=status, media_type=HTML)


def redirect(path: str, *, status: int = 303) -> Response[bytes]:
    """Go and GET `path` of this site, language kept."""
    return Response(b"", status_code=status, headers={"location": url(path)}, media_type=MediaType.TEXT)


def private(response: Response[bytes]) -> Response[bytes]:
    """`response`, which no cache keeps and no search engine lists."""
    response.headers.update(PRIVATE)
    return response


def inline_file(name: str) -> dict[str, str]:
    """The header of a file that browsers show, and keep under `name` (ASCII) when asked to."""
    return {"content-disposition": f'inline; filename="{name}"'}


def file_answer(file: FileContent) -> Response[bytes]:
    """A kept file, to be saved and never run: browsers neither guess its type nor show it as a page of ours."""
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
        "content-security-policy": "default-src 'none'; sandbox",
        "cache-control": "no-store",
    }
    return Response(file.content, media_type=file.media_type, headers=headers)


def problem(
    status: int, title: str, *, kind: str = "", errors: list[FieldError] | None = None, **rest: str
) -> Response[bytes]:
    """Problem details. `title` is already in the reader's language; `kind` names the refusal."""
    body = Problem(
        status=status,
        title=title,
        type=f"/api/v1/problems#{kind}" if kind else "about:blank",
        errors=errors or [],
        **rest,
    )
    return Response(msgspec.json.encode(body), status_code=status, media_type=PROBLEM)


def pointer(name: str) -> str:
    """'contact.email' as a JSON pointer into the body."""
    return "#/" + name.replace("~", "~0").replace("/", "~1").replace(".", "/") if name else "#"


def _answer(request: Request[Any, Any, Any], status: int, title: str, **rest: Any) -> Response[bytes]:
    if request.scope["path"].startswith(PROGRAMS):
        return problem(status, title, instance=request.scope["path"], **rest)
    return page("problem.html", status=status, title=title, status_code=status)


def on_refusal(request: Request[Any, Any, Any], refusal: Refusal) -> Response[bytes]:
    """A use case said no, and no form took it."""
    title = str(T(refusal.title, **refusal.facts))
    if isinstance(refusal, Invalid):
        errors = [FieldError(pointer(k), str(T(v, **refusal.facts))) for k, v in refusal.errors.items()]
    else:
        errors = [FieldError(pointer(refusal.field), title)] if refusal.field else []
    rest = {"kind": refusal.slug, "errors": errors} if request.scope["path"].startswith(PROGRAMS) else {}
    answer = _answer(request, refusal.status, title, **rest)
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        answer.headers["www-authenticate"] = "Bearer"
    return answer


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """The framework said no: unknown path, wrong method, too large a body."""
    status = error.status_code
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("http_error", status=status, error=type(error).__name__)
    title = TITLES.get(status) or TITLES[500 if status >= HTTPStatus.INTERNAL_SERVER_ERROR else 400]
    answer = _answer(request, status, gettext(title))
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


def on_fault(request: Request[Any, Any, Any], fault: Exception) -> Response[bytes]:
    """A fault of ours: logged whole, told in one sentence."""
    if database.is_away(fault):
        log.error("database away", error=type(fault).__name__)
        title = TITLES[503] if request.method == "GET" else SENT
        answer = _answer(request, 503, gettext(title))
        answer.headers["retry-after"] = "5"
        return answer
    log.error("fault", error=type(fault).__name__, exc_info=fault)
    return _answer(request, 500, gettext(TITLES[500]))


HANDLERS: Any = {Refusal: on_refusal, HTTPException: on_http_error, Exception: on_fault}
