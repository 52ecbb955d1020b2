"""Public pages kept for a second or two: a rush on one page costs one rendering a second, and a 304 costs none.

Only answers to GET without a cookie are kept, by language and full address; only complete 200 answers that do not
forbid it. What a person sees when signed in, or through a private link, is never kept.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import MutableMapping
from hashlib import blake2b
from typing import Any, NamedTuple

from ateliers import words
from ateliers.web.frame import App, Receive, Scope, Send, header

KEEP_SECONDS = 1.0
STALE_SECONDS = 1.0  # how long a page may still be shown while a new one is made
MOST = 512  # answers
PRIVATE = (
    "/ma-reservation",
    "/appel",
    "/espace",
    "/coordination",
    "/api",
    "/connexion",
    "/invitation",
    "/rappels",
    "/webinaire",
    "/f/",
    "/health",
    "/metrics",
    "/boite-aux-lettres",
)


_Key = tuple[str, str, str, bool]  # language, path, query, whether compressed


class _Kept(NamedTuple):
    until: float
    headers: list[tuple[bytes, bytes]]
    body: bytes
    tag: bytes


class MicroCache:
    """An application with a memory of a second for public pages."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.kept: dict[_Key, _Kept] = {}
        self.asked: dict[_Key, asyncio.Future[None]] = {}
        self.renewing: set[asyncio.Task[_Kept | None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _may_keep(scope):
            await self.app(scope, receive, send)
            return
        key = _key_of(scope)
        found = self.kept.get(key)
        if found is None or time.monotonic() > found.until + STALE_SECONDS:
            found = await self.make_once(key, scope, receive, send)
        elif time.monotonic() > found.until and key not in self.asked:
            # Nobody waits for the new page: this reader still gets the one before.
            task = asyncio.create_task(self.make_once(key, dict(scope), _nothing, _nowhere))
            self.renewing.add(task)
            task.add_done_callback(self.renewing.discard)
        if found is not None:
            await _answer(found, scope, send)

    async def make_once(self, key: _Key, scope: Scope, receive: Receive, send: Send) -> _Kept | None:
        """The page made anew by one request; those of the same moment wait for it. None: it was sent, and not kept."""
        if key in self.asked:
            await self.asked[key]
            if key in self.kept:
                return self.kept[key]
        mine = self.asked[key] = asyncio.get_running_loop().create_future()
        try:
            found = await _ask(self.app, scope, receive, send)
            if found is None:
                self.kept.pop(key, None)
                return None
            if len(self.kept) >= MOST:
                self.kept.clear()
            self.kept[key] = found
            return found
        finally:
            if self.asked.get(key) is mine:
                del self.asked[key]
            mine.set_result(None)


def _key_of(scope: Scope) -> _Key:
    query = scope.get("query_string", b"").decode("latin-1")
    return words.language(), scope["path"], query, "gzip" in header(scope, b"accept-encoding")


async def _nothing() -> MutableMapping[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _nowhere(_message: MutableMapping[str, Any]) -> None:
    """Where an answer goes that turned out not to be one to keep."""


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
