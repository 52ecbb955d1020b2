"""Public pages kept for one second: a rush on one page costs one rendering, and a 304 costs none.

Only answers to GET without a cookie are kept, by language and full address; only complete 200 answers that do not
forbid it. What a person sees when signed in, or through a private link, is never kept.
"""

from __future__ import annotations

import time
from collections.abc import MutableMapping
from hashlib import blake2b
from typing import Any, NamedTuple

from ateliers import words
from ateliers.web.frame import App, Receive, Scope, Send, header

KEEP_SECONDS = 1.0
MOST = 512  # answers
PRIVATE = (
    "/ma-reservation",
    "/espace",
    "/coordination",
    "/api",
    "/connexion",
    "/invitation",
    "/rappels",
    "/health",
    "/metrics",
    "/boite-aux-lettres",
)


class _Kept(NamedTuple):
    until: float
    headers: list[tuple[bytes, bytes]]
    body: bytes
    tag: bytes


def microcache(app: App) -> App:
    """`app` with a memory of one second for public pages."""
    kept: dict[tuple[str, ...], _Kept] = {}

    async def cached(scope: Scope, receive: Receive, send: Send) -> None:
        if not _may_keep(scope):
            await app(scope, receive, send)
            return
        key = (
            words.language(),
            scope["path"],
            scope.get("query_string", b"").decode("latin-1"),
            "gzip" if "gzip" in header(scope, b"accept-encoding") else "",
        )
        found = kept.get(key)
        if found is None or found.until < time.monotonic():
            found = await _ask(app, scope, receive, send)
            if found is None:
                return
            if len(kept) >= MOST:
                kept.clear()
            kept[key] = found
        await _answer(found, scope, send)

    return cached


def _may_keep(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    path: str = scope["path"]
    return not path.startswith((*PRIVATE, "/static")) and not header(scope, b"cookie")


async def _ask(app: App, scope: Scope, receive: Receive, send: Send) -> _Kept | None:
    """The answer to keep; None when it may not be kept, and then it has been sent."""
    start: MutableMapping[str, Any] = {}
    body: list[bytes] = []
    passing = False

    async def listen(message: MutableMapping[str, Any]) -> None:
        nonlocal passing
        if message["type"] == "http.response.start":
            start.update(message)
            names = {name for name, _value in message["headers"]}
            passing = message["status"] != 200 or not names.isdisjoint({b"set-cookie", b"etag", b"cache-control"})
            if passing:
                await send(message)
        elif passing:
            await send(message)
        else:
            body.append(message.get("body", b""))

    await app(scope, receive, listen)
    if passing or not start:
        return None
    whole = b"".join(body)
    tag = b'"' + blake2b(whole, digest_size=9).hexdigest().encode() + b'"'
    headers = [*start["headers"], (b"etag", tag), (b"vary", b"accept-encoding")]
    headers = [pair for pair in headers if pair != (b"vary", b"Accept-Encoding")]
    return _Kept(time.monotonic() + KEEP_SECONDS, headers, whole, tag)


async def _answer(kept: _Kept, scope: Scope, send: Send) -> None:
    if kept.tag.decode() in header(scope, b"if-none-match"):
        left_out = (b"content-length", b"content-type", b"content-encoding")
        headers = [pair for pair in kept.headers if pair[0] not in left_out]
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return
    await send({"type": "http.response.start", "status": 200, "headers": list(kept.headers)})
    await send({"type": "http.response.body", "body": kept.body})
