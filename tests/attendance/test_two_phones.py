"""Two phones on a network that fails in every way, with clocks an hour wrong: the server ends with exactly what was tapped.

The queue is the service's own script, in Node, against the whole service over HTTP. ATELIERS_SOAK=100 asks for 100 runs.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import uvicorn

from ateliers import clock, database
from ateliers.attendance.sheet import get_sheet
from ateliers.network.people import Person, get_person
from ateliers.network.signing_in import start_session
from ateliers.web.frame import SESSION_COOKIE
from tests.world import make_booking, make_event, make_nadia, make_session, make_structure

ENGINES = Path(__file__).parent.parent / "engines"
RUNS = int(os.environ.get("ATELIERS_SOAK", "2"))
OPERATIONS = 300
CLOCKS_AGREE = timedelta(seconds=20)  # an hour's error is put right; what is left is the time that a request took

Log = list[dict[str, Any]]


@pytest.fixture
async def base(app: Any, db: str) -> AsyncIterator[str]:
    """The service on a port of its own."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


@pytest.fixture
async def phones() -> AsyncIterator[asyncio.subprocess.Process]:
    """The two phones, in one program that runs until its input ends."""
    if shutil.which("node") is None or not (ENGINES / "node_modules" / "fake-indexeddb").exists():
        message = "Node and fake-indexeddb: see .ci/run for what to install"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    process = await asyncio.create_subprocess_exec(
        "node",
        "two_phones.mjs",
        cwd=ENGINES,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=10_000_000,
    )
    yield process
    assert process.stdin is not None
    process.stdin.close()
    await process.wait()


async def test_nothing_is_lost_and_nothing_is_doubled(base: str, phones: asyncio.subprocess.Process) -> None:
    assert phones.stdin is not None
    assert phones.stdout is not None
    structure = await make_structure()
    nadia = await get_person(await make_nadia(structure))
    event = await make_event(structure)
    cookie = f"{SESSION_COOKIE}={await start_session(nadia.id, now=clock.now())}"
    for seed in range(RUNS):
        session = await make_session(event, starts_at=clock.now() - timedelta(hours=1), capacity=None)
        seats = []
        for n in range(4):
            code = f"R{seed}S{n}"
            await make_booking(session, code=code, seats=3)
            seats += [f"{code}-{seat}" for seat in (1, 2, 3)]
        asked = {
            "base": base,
            "cookie": cookie,
            "author": str(nadia.id),
            "list": str(session),
            "seats": seats,
            "seed": seed,
        }
        phones.stdin.write(json.dumps(asked | {"operations": OPERATIONS}).encode() + b"\n")
        log: Any = json.loads(await phones.stdout.readline())
        assert "fault" not in log, log
        await judge(session, log, nadia)


async def judge(session: UUID, log: Log, nadia: Person) -> None:
    """Hold the server's list against what the phones say was tapped."""
    rows = await database.fetch_rows(
        "SELECT op, at, device, seq FROM attendance_mark WHERE session_id = $1 UNION ALL SELECT op, at, device, seq "
        "FROM walk_in WHERE session_id = $1 UNION ALL SELECT op, at, device, seq FROM count_tap WHERE session_id = $1 "
        "UNION ALL SELECT op, at, device, seq FROM nobody_came WHERE session_id = $1 "
        "UNION ALL SELECT op, at, device, 0 FROM taken_back WHERE session_id = $1",
        session,
    )
    stored = {row["op"].partition(":")[2]: row for row in rows}
    assert sorted(stored) == sorted(one["op"] for one in log)
    assert len(rows) == len(log) >= OPERATIONS
    for one in log:
        told = datetime.fromtimestamp(one["true_at"] / 1000, tz=clock.now().tzinfo)
        assert abs(stored[one["op"]]["at"] - told) < CLOCKS_AGREE, one

    undone = {one["action"] for one in log if one["kind"] == "undo"}
    live = [one for one in log if one["kind"] != "undo" and one.get("action", one["op"]) not in undone]
    sheet = await get_sheet(session, by=nadia)
    assert sheet.kept_aside == 0
    assert Counter(one.name for one in sheet.walk_ins) == Counter(
        one["name"] or None for one in live if one["kind"] == "walk_in"
    )
    assert sorted(one.op for one in sheet.nobody) == sorted(one["op"] for one in live if one["kind"] == "nobody")
    assert sum(sheet.counts.values()) == sum(one["amount"] for one in live if one["kind"] == "count")
    for line in sheet.lines:
        standing = last_words([one for one in log if one.get("seat") == line.id], undone)
        assert set(line.heads) == {one["op"] for one in standing}
        states = {one["state"] for one in standing}
        assert (line.state.value if line.state else None) in (states or {None})
        assert bool(line.voices) == (len(states) > 1)
    disputed = await database.fetch_value("SELECT count(*) FROM attendance_conflict WHERE session_id = $1", session)
    assert disputed == len(sheet.disputed)


def last_words(marks: Log, undone: set[str]) -> Log:
    """The marks that nobody tapped over knowing of them, worked out the slow way."""

    def knew(one: dict[str, Any], other: dict[str, Any]) -> bool:
        if one["op"].split("-")[0] == other["op"].split("-")[0] and one["seq"] > other["seq"]:
            return True
        return any(seen["op"] == other["op"] or knew(seen, other) for seen in marks if seen["op"] in one["saw"])

    live = [one for one in marks if one.get("action", one["op"]) not in undone]
    return [one for one in live if not any(other is not one and knew(other, one) for other in live)]
