"""Admission: many at once, several processes, a bad wish among good ones, a process killed under load."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec
import pytest

from ateliers.bookings import admission
from ateliers.bookings.book import AlreadyBooked, book_seats
from ateliers.bookings.booking import Contact, Wish
from ateliers.bookings.give_back import give_back_seats
from ateliers.database import fetch_rows, fetch_value
from tests.world import NOON, make_event, make_session

HERE = Path(__file__).parents[2]


def somebody(number: int, seats: int = 1) -> Wish:
    return Wish(contact=Contact(name=f"Personne {number}", email=f"personne{number}@example.test"), seats=seats)


async def check_the_books(session_id):
    """What must be true whatever happened."""
    [row] = await fetch_rows(
        "SELECT capacity, seats_taken, seats_waiting, overbooked FROM session WHERE id = $1", session_id
    )
    confirmed = await fetch_value(
        "SELECT COALESCE(sum(seats), 0) FROM booking WHERE session_id = $1 AND state = 'confirmed'", session_id
    )
    waiting = await fetch_value(
        "SELECT COALESCE(sum(seats), 0) FROM booking WHERE session_id = $1 AND state = 'waiting'", session_id
    )
    silent = await fetch_value(
        """SELECT count(*) FROM booking b WHERE session_id = $1 AND email IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.subject_id = b.id)""",
        session_id,
    )
    assert (row["seats_taken"], row["seats_waiting"], row["overbooked"], silent) == (confirmed, waiting, 0, 0)
    assert confirmed <= row["capacity"]
    return confirmed


async def crowd(url, session_id, name, *, wishes, at_once):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.bookings.crowd",
        url,
        str(session_id),
        name,
        str(wishes),
        str(at_once),
        cwd=HERE,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert await process.stdout.readline() == b"ready\n"
    return process


async def test_many_at_once_share_a_few_rounds(monkeypatch):
    session_id = await make_session(await make_event(waiting_max=100), capacity=30)
    rounds = []
    play = admission.play_round

    async def counted(requests):
        rounds.append(len(requests))
        return await play(requests)

    monkeypatch.setattr(admission, "play_round", counted)

    await asyncio.gather(*(book_seats(session_id, somebody(n), now=NOON) for n in range(60)))

    assert await check_the_books(session_id) == 30
    assert sum(rounds) == 60
    assert len(rounds) < 10


async def test_sessions_mix_in_one_round():
    event_id = await make_event()
    sessions = [await make_session(event_id, capacity=2) for _ in range(10)]

    wishes = [(session_id, 10 * n + turn) for n in range(4) for turn, session_id in enumerate(sessions)]
    await asyncio.gather(*(book_seats(s, somebody(n), now=NOON) for s, n in wishes))

    for session_id in sessions:
        assert await check_the_books(session_id) == 2


async def test_a_bad_wish_fails_alone(monkeypatch):
    session_id = await make_session()
    tidy_name = "Mauvaise"
    from ateliers.bookings import book

    draft = book._draft

    def spoiled(session_id, wish, *, now, by_id):
        made = draft(session_id, wish, now=now, by_id=by_id)
        if wish.contact.name != tidy_name:
            return made
        return msgspec.structs.replace(made, booking=msgspec.structs.replace(made.booking, language="fr\x00"))

    monkeypatch.setattr(book, "_draft", spoiled)
    wishes = [somebody(1), Wish(contact=Contact(name=tidy_name, email="m@example.test")), somebody(2)]

    answers = await asyncio.gather(*(book_seats(session_id, w, now=NOON) for w in wishes), return_exceptions=True)

    assert [type(answer).__name__ for answer in answers][::2] == ["Booking", "Booking"]
    assert isinstance(answers[1], Exception)
    assert await check_the_books(session_id) == 2


async def test_who_goes_away_before_the_answer_harms_nobody():
    session_id = await make_session()
    tasks = [asyncio.ensure_future(book_seats(session_id, somebody(n), now=NOON)) for n in range(5)]
    await asyncio.sleep(0)
    tasks[2].cancel()

    answers = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(answer).__name__ for answer in answers].count("Booking") == 4
    await check_the_books(session_id)


async def test_the_seats_of_a_double_go_to_others_of_the_round():
    session_id = await make_session(capacity=2)
    await book_seats(session_id, somebody(1), now=NOON)

    answers = await asyncio.gather(
        book_seats(session_id, somebody(1), now=NOON),
        book_seats(session_id, somebody(2), now=NOON),
        return_exceptions=True,
    )

    assert isinstance(answers[0], AlreadyBooked)
    assert answers[1].state.value == "confirmed"


async def test_booking_and_giving_back_at_once_leave_no_seat_empty():
    session_id = await make_session(await make_event(waiting_max=100), capacity=10)
    first = [await book_seats(session_id, somebody(n), now=NOON) for n in range(10)]

    work = [give_back_seats(booking.id, now=NOON) for booking in first]
    work += [book_seats(session_id, somebody(100 + n), now=NOON) for n in range(30)]
    await asyncio.gather(*work)

    assert await check_the_books(session_id) == 10


async def test_four_processes_race_for_the_last_seats(db):
    session_id = await make_session(await make_event(waiting_max=10), capacity=25)
    crowds = [await crowd(db, session_id, name, wishes=20, at_once=10) for name in ("aube", "brise", "crue", "dune")]
    for process in crowds:
        process.stdin.write(b"go\n")

    said = [await process.communicate() for process in crowds]

    codes = [code for out, _ in said for code in out.split()]
    assert [process.returncode for process in crowds] == [0, 0, 0, 0]
    assert len(codes) == len(set(codes)) == 25
    assert await check_the_books(session_id) == 25
    assert await fetch_value("SELECT count(*) FROM booking WHERE state = 'waiting'") == 10


@pytest.mark.parametrize("after", [1, 150])
async def test_a_process_killed_under_load_loses_nothing_that_was_confirmed(db, after):
    session_id = await make_session(await make_event(waiting_max=0), capacity=100_000)
    victim, survivor = [
        await crowd(db, session_id, name, wishes=wishes, at_once=20) for name, wishes in (("x", 90_000), ("y", 300))
    ]
    for process in (victim, survivor):
        process.stdin.write(b"go\n")
    await victim.stdin.drain()
    first = [await victim.stdout.readline() for _ in range(after)]
    victim.kill()

    said = b"".join([*first, await victim.stdout.read()]).split()
    lived, _ = await survivor.communicate()

    # The kill may cut the last line in two.
    codes = [code.decode() for code in said if len(code) == 6] + [code.decode() for code in lived.split()]
    assert len(lived.split()) == 300
    kept = await fetch_value("SELECT count(*) FROM booking WHERE code = ANY($1) AND state = 'confirmed'", codes)
    assert kept == len(codes) > 300
    assert await check_the_books(session_id) >= len(codes)
