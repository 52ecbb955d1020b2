"""What surrounds every request: its id, its language, its origin, its answer's headers, and who is signed in."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from contextvars import ContextVar
from typing import Any

import structlog
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.handlers.base import BaseRouteHandler

from ateliers import rendering, words
from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.network.signing_in import person_of_session
from ateliers.settings import settings

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SESSION_COOKIE = "equipe"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), geolocation=(self), microphone=()"),
]

_signed_in: ContextVar[Person | None] = ContextVar("signed_in", default=None)


def signed_in() -> Person | None:
    """Who is signed in, on staff pages; None on public ones, which are the same for everybody."""
    return _signed_in.get()


class SignInNeeded(HTTPException):
    """Nobody is signed in: the page sends to the sign-in page."""

    status_code = 401


def header(scope: Scope, name: bytes) -> str:
    """A request header's value, or ''."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


def frame(app: App) -> App:
    """`app` inside the frame. In this order: request id, language of the path, same origin, headers of the answer."""

    async def framed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=request_id)
        # No name holds a NUL, and the database refuses to look for one: such a page is not there.
        path = scope["path"] = scope["path"].replace("\0", "\ufffd")
        language = "fr"
        if path == "/en" or path.startswith("/en/"):
            language = "en"
            scope["path"] = path[3:] or "/"
            scope["raw_path"] = scope.get("raw_path", b"")[3:] or b"/"
        elif path.startswith("/api/"):
            language = preferred(header(scope, b"accept-language"))
        query = scope.get("query_string", b"").decode("latin-1")
        rendering.stand_at(f"{scope['path']}?{query}" if query else scope["path"])

        async def answer(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                present = {key for key, _value in message["headers"]}
                extra = [(key, value) for key, value in HEADERS if key not in present]
                if b"content-security-policy" not in present:
                    extra.append((b"content-security-policy", CSP.encode()))
                if b"cache-control" not in present:
                    extra.append((b"cache-control", b"no-store" if b"set-cookie" in present else b"no-cache"))
                message["headers"] = [*message["headers"], *extra, (b"x-request-id", request_id.encode())]
            await send(message)

        with words.speaking(language):
            if scope["method"] not in ("GET", "HEAD", "OPTIONS") and is_foreign(scope):
                # A page of another site made the browser send this: nothing of it is looked at.
                await refuse_foreign(answer)
                return
            await app(scope, receive, answer)

    return framed


def preferred(accept: str) -> str:
    """'en' when the reader's first language among ours is English, else 'fr'."""
    for part in accept.lower().split(","):
        name = part.split(";")[0].strip()[:2]
        if name in words.LANGUAGES:
            return name
    return "fr"


def is_foreign(scope: Scope) -> bool:
    """Whether another site sent this form (CSRF): Sec-Fetch-Site, or Origin in older browsers.

    Requests with neither come from programs, which carry no cookie of a person. A bearer token or one-click
    unsubscription (RFC 8058) proves itself.
    """
    site = header(scope, b"sec-fetch-site")
    if site:
        return site not in ("same-origin", "none") and not header(scope, b"authorization")
    origin = header(scope, b"origin")
    return bool(origin) and origin.partition("://")[2] != header(scope, b"host") and not header(scope, b"authorization")


async def refuse_foreign(send: Send) -> None:
    """403, in both languages, without a page around it."""
    text = "Cette demande vient d’un autre site : refusée. / This request comes from another site: refused.\n"
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})


async def staff_only(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Guard of the staff doors: finds who is signed in. Raises SignInNeeded."""
    token = connection.cookies.get(SESSION_COOKIE, "")
    person = await person_of_session(token, now=now()) if token else None
    if person is None:
        raise SignInNeeded
    connection.scope["state"]["me"] = person
    _signed_in.set(person)


async def provide_me(request: Request[Any, Any, Any]) -> Person:
    """The `me` of staff handlers; the guard has found them."""
    person: Person = request.scope["state"]["me"]
    return person


def session_cookie(token: str, *, seconds: int) -> dict[str, str]:
    """The header that keeps a person signed in (or, with '' and 0, signs them out)."""
    secure = "; Secure" if settings().base_url.startswith("https:") else ""
    return {"set-cookie": f"{SESSION_COOKIE}={token}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Lax{secure}"}
