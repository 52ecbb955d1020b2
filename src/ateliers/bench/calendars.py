"""How long a structure's feed of 5,000 sessions takes: made from nothing, asked for again, and after one change."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import MutableMapping
from typing import Any

from ateliers import database
from ateliers.bench.pages import make_sessions
from ateliers.bench.works import Measure, work
from ateliers.bench.yard import Yard
from ateliers.web import feeds
from ateliers.web.app import make_app
from ateliers.web.frame import App

SESSIONS = 5_000
PATH = "/api/v1/calendar/structures/banc.ics"
COLDEST = 2.0  # seconds, for a feed that no process has made yet
TURNS = 200
BATCH = 100  # requests between two looks at the clock


@work("feed", unit="ms", goal=5, at_most=True)
async def feed(yard: Yard) -> Measure:
    """A whole answer of the application in this process, the feed known; cold, changed and 304 in the note."""
    await make_sessions(yard, SESSIONS)
    await database.open_pool(yard.database_url)
    try:
        app = make_app()
        cold, (status, headers, body) = await _timed(app)
        warm = statistics.median([(await _timed(app))[0] for _turn in range(20 if yard.quick else TURNS)])
        again = {b"if-none-match": headers[b"etag"]}
        sound = status == 200 and len(body) > SESSIONS * 20 and (await _get(app, again))[0] == 304
        known = await _rate(app, again, 1 if yard.quick else 4)
        queries = await _queries_of_a_304(app, again)
        await database.execute(
            "UPDATE session SET updated_at = updated_at + interval '1 s' WHERE id = (SELECT min(id::text)::uuid FROM session)"
        )
        feeds.forget_when_checked()
        changed, (_status, later, _body) = await _timed(app)
        sound = sound and later[b"etag"] != headers[b"etag"] and queries == 0 and cold <= COLDEST
    finally:
        await database.close_pool()
    note = (
        f"cold {cold:.2f} s; after one change {changed * 1000:.0f} ms; {len(body) // 1024} kB zipped; "
        f"304: {known:,.0f}/s, {queries} queries"
    )
    return Measure(value=warm * 1000, note=note, sound=sound)


async def _timed(app: App) -> tuple[float, tuple[int, dict[bytes, bytes], bytes]]:
    begun = time.perf_counter()
    found = await _get(app)
    return time.perf_counter() - begun, found


async def _get(app: App, more: dict[bytes, bytes] | None = None) -> tuple[int, dict[bytes, bytes], bytes]:
    """One request as a server would make it."""
    headers = {b"host": b"bench", b"accept-encoding": b"gzip", **(more or {})}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": PATH,
        "raw_path": PATH.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": list(headers.items()),
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return int(sent[0]["status"]), dict(sent[0]["headers"]), body


async def _rate(app: App, headers: dict[bytes, bytes], seconds: float) -> float:
    done, begun = 0, time.perf_counter()
    while (spent := time.perf_counter() - begun) < seconds:
        for _turn in range(BATCH):
            await _get(app, headers)
        done += BATCH
        await asyncio.sleep(0)
    return done / spent


async def _queries_of_a_304(app: App, headers: dict[bytes, bytes]) -> int:
    """Statements that reach PostgreSQL while a known feed is asked for a hundred times."""
    await _get(app, headers)
    before = await _statements()
    for _turn in range(BATCH):
        await _get(app, headers)
    return await _statements() - before - 2  # counting takes two


async def _statements() -> int:
    # Transactions are counted when a backend reports, which it does at once when asked to.
    await database.execute("SELECT pg_stat_force_next_flush()")
    found: int = await database.fetch_value(
        "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
    )
    return found
