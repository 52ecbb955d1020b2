"""The short way for the one request that comes by the thousand: a booking without a token.

A famous session opens, and everybody books in the same minute. What this way does not understand at once (a strange body, a
token, another address) takes the ordinary one; the answers of both are the same, and tests hold them to that.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any
from uuid import UUID

from litestar import Request, Response

from ateliers.refusals import Refusal
from ateliers.web.answers import on_fault, on_refusal
from ateliers.web.api.bookings import book, read_plain_booking
from ateliers.web.crowds import network_of
from ateliers.web.frame import App, Receive, Scope, Send

HEAD, TAIL = "/api/v1/sessions/", "/bookings"
LENGTH = len(HEAD) + 36 + len(TAIL)
ROUTE = "/api/v1/sessions/{session_id}/bookings"
LARGEST = 20_000  # bytes; the ordinary way refuses what is too large
JSON = (b"content-type", b"application/json")


def rush(app: App) -> App:
    """`app` with the short way before it."""

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        session_id = _session_id(scope)
        if session_id is None:
            await app(scope, receive, send)
            return
        heard: list[MutableMapping[str, Any]] = [await receive()]
        while heard[-1].get("more_body") and sum(len(part["body"]) for part in heard) <= LARGEST:
            heard.append(await receive())
        whole = heard[-1]["type"] == "http.request" and not heard[-1].get("more_body")
        asked = read_plain_booking(b"".join(part.get("body", b"") for part in heard)) if whole else None
        if asked is None:
            await app(scope, _again(heard, receive), send)
            return
        scope["path_template"] = ROUTE
        try:
            body = await book(session_id, asked, _key(scope), network=network_of(scope))
        except Refusal as refusal:
            await _refuse(on_refusal(Request(scope), refusal), send)  # type: ignore[arg-type]  # a narrower type of the same
            return
        except Exception as fault:  # noqa: BLE001 - answered as the ordinary way answers it
            await _refuse(on_fault(Request(scope), fault), send)  # type: ignore[arg-type]  # see above
            return
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 201, "headers": [JSON, length]})
        await send({"type": "http.response.body", "body": body})

    return door


def _session_id(scope: Scope) -> UUID | None:
    """The session to book, when the short way will do."""
    path = scope.get("path", "")
    if len(path) != LENGTH or scope["type"] != "http" or scope["method"] != "POST":
        return None
    if not path.startswith(HEAD) or not path.endswith(TAIL):
        return None
    for name, value in scope["headers"]:
        if name == b"authorization" or (name == b"content-type" and b"json" not in value.lower()):
            return None
    try:
        return UUID(path[len(HEAD) : -len(TAIL)])
    except ValueError:
        return None


def _key(scope: Scope) -> str | None:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"idempotency-key"), None)


def _again(heard: list[MutableMapping[str, Any]], receive: Receive) -> Receive:
    """A `receive` that first tells again what was heard."""
    left = iter(heard)

    async def receive_again() -> MutableMapping[str, Any]:
        message = next(left, None)
        return await receive() if message is None else message

    return receive_again


async def _refuse(answer: Response[bytes], send: Send) -> None:
    body: bytes = answer.content
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
    kind = (b"content-type", str(answer.media_type).encode())
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": answer.status_code, "headers": [*headers, kind, length]})
    await send({"type": "http.response.body", "body": body})
