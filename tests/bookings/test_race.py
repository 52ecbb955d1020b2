"""Four processes do everything at once, some are killed in the middle of it; the tables must tell one story all the same."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from ateliers.bookings import offers
from ateliers.bookings.book import book_seats
from ateliers.bookings.booking import Contact, Wish
from ateliers.bookings.give_back import give_back_seats
from ateliers.database import execute, fetch_rows, fetch_value
from tests.bookings.checker import violations
from tests.world import NOON, START, make_event, make_samir, make_session, make_structure

HERE = Path(__file__).parents[2]
PROCESSES, KILLS = 4, 4
BETWEEN = 40  # lines of the journal from one kill to the next
HOUR = timedelta(hours=1)


async def begin(url, seed, began, samir, sessions):
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.bookings.brawl", url, str(seed), str(began), str(samir), *map(str, sessions)),
        cwd=HERE,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )


async def brawl(url, seed, samir, sessions) -> list[dict]:
    """What was said by four processes, some of which are killed and replaced on the way."""
    chance = random.Random(seed)
    began = time.time()
    running = [await begin(url, seed * 100 + n, began, samir, sessions) for n in range(PROCESSES)]
    heard = [asyncio.ensure_future(process.stdout.read()) for process in running]
    for turn in range(KILLS):
        await asyncio.wait_for(_until_written(BETWEEN * (turn + 1)), 120)
        await asyncio.sleep(chance.uniform(0, 0.05))  # so that it dies anywhere in what it does
        running.pop(chance.randrange(PROCESSES)).kill()
        running.append(await begin(url, seed * 100 + PROCESSES + turn, began, samir, sessions))
        heard.append(asyncio.ensure_future(running[-1].stdout.read()))
    await asyncio.wait_for(_until_written(BETWEEN * (KILLS + 2)), 120)
    for process in running:
        process.stdin.write(b"stop\n")
    said = b"".join(whole[: whole.rfind(b"\n") + 1] for whole in await asyncio.gather(*heard))
    assert [await process.wait() for process in running] == [0] * PROCESSES
    return [msgspec.json.decode(line) for line in said.splitlines()]


async def _until_written(lines: int) -> None:
    while await fetch_value("SELECT count(*) FROM booking_journal WHERE what <> 'passed'") < lines:
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("seed", [7, 1848])
async def test_whatever_four_processes_do_and_whoever_is_killed_the_tables_tell_one_story(db, seed):
    structure = await make_structure()
    samir = await make_samir(structure)
    event = await make_event(structure, offer_for=2 * HOUR, call_for=HOUR, waiting_max=60)
    sessions = [await make_session(event, capacity=6, starts_at=START + n * timedelta(days=1)) for n in range(2)]

    said = await brawl(db, seed, samir, sessions)

    end = NOON + timedelta(days=4)
    await offers.sweep(end)
    for session in sessions:
        wrong = await violations(session, now=end)
        assert not wrong, "\n\n".join(wrong)
    promised = {line["booking"] for line in said}
    kept = {str(row["id"]) for row in await fetch_rows("SELECT id FROM booking")}
    assert promised <= kept, "an answer was given that is not in the tables"
    whats = {row["what"] for row in await fetch_rows("SELECT DISTINCT what FROM booking_journal")}
    assert {"given_back", "offered", "to_call", "accepted", "resized"} <= whats


async def test_the_checker_finds_what_is_wrong_and_prints_its_history():
    session = await make_session(await make_event(await make_structure()), capacity=1)
    odile, jean = [
        await book_seats(session, Wish(contact=Contact(name=name, email=f"{name}@example.test")), now=NOON)
        for name in ("odile", "jean")
    ]
    await give_back_seats(odile.id, now=NOON)
    assert await violations(session, now=NOON) == []

    await execute("UPDATE booking SET state = 'left' WHERE id = $1", jean.id)

    counters, led = await violations(session, now=NOON)
    assert counters.startswith("The counters say (1, 0, 0), the bookings {'given_back': 1, 'left': 1")
    assert led.startswith("The journal leads to ('confirmed', 1), the booking stands at ('left', 1)")
    assert f"promoted {jean.id} {{'free': 1, 'seats': 1}}" in led
