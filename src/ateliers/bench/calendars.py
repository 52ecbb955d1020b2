"""How often a structure's calendar of 500 sessions is given out, and what a 304 costs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import MutableMapping
from typing import Any

from ateliers import database
from ateliers.bench.load import get_over_and_over
from ateliers.bench.pages import make_sessions
from ateliers.bench.works import Measure, work
from ateliers.bench.yard import Yard
from ateliers.web.app import make_app
from ateliers.web.frame import App

SESSIONS = 500
PATH = "/api/v1/calendar/structures/banc.ics"
BATCH = 100  # requests between two looks at the clock


@work("feed", unit="answers/s", goal=3_000)
async def feed(yard: Yard) -> Measure:
    """Whole answers of the application in this process, one after the other; over HTTP in the note."""
    await make_sessions(yard, SESSIONS)
    seconds = 1 if yard.quick else 4
    async with yard.web() as base:
        await get_over_and_over(base, [PATH], clients=8, seconds=0.5)
        http = await get_over_and_over(base, [PATH], clients=8, seconds=seconds)
    await database.open_pool(yard.database_url)
    try:
        app = make_app()
        status, headers, body = await _get(app)
        sound = status == 200 and len(body) > 1000 and http.wrong == 0
        rate = await _rate(app, {}, seconds)
        again = {b"if-none-match": headers[b"etag"]}
        sound = sound and (await _get(app, again))[0] == 304
        known = await _rate(app, again, seconds)
        queries = await _queries_of_a_304(app, again)
    finally:
        await database.close_pool()
    note = f"{len(body) // 1024} kB zipped; 304: {known:,.0f}/s, {queries} queries; over HTTP {http.rate:,.0f}/s"
    return Measure(value=rate, note=note, sound=sound and queries == 0)


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
