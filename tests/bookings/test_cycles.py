"""A cycle is booked at once: one booking, one list, one number of seats for all its dates."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from ateliers import database
from ateliers.agenda.changing import call_off_session, move_session
from ateliers.agenda.drafts import Move
from ateliers.agenda.sessions import get_session
from ateliers.bookings import held_back
from ateliers.bookings.book import AlreadyBooked, BookingClosed, SessionFull
from ateliers.bookings.booking import BookingState
from ateliers.bookings.bookings import get_booking, list_bookings
from ateliers.bookings.change import change_session, list_other_dates
from ateliers.bookings.give_back import give_back_seats
from ateliers.bookings.journal import list_journal
from ateliers.bookings.next_in_line import who_is_next
from ateliers.bookings.resize import resize_session
from tests.bookings.cycles import WEEK, book, make_cycle
from tests.world import NOON, START, make_session

HOUR = timedelta(hours=1)
EARLY = START - timedelta(days=1)


async def counters() -> list[tuple]:
    rows = await database.fetch_rows(
        """SELECT capacity, seats_taken, seats_waiting, seats_offered, seats_held_back, overbooked FROM session
           ORDER BY starts_at"""
    )
    return [tuple(row.values()) for row in rows]


async def test_one_booking_holds_a_seat_at_each_date():
    _samir, dates = await make_cycle()

    booking = await book(dates[0], seats=2)

    assert booking.session_id == dates[0]
    assert await counters() == [(10, 2, 0, 0, 0, 0)] * 3
    assert [[one.id for one in await list_bookings(date)] for date in dates] == [[booking.id]] * 3


async def test_whichever_date_is_asked_for_the_cycle_is_booked():
    _samir, dates = await make_cycle()

    booking = await book(dates[2])

    assert (booking.session_id, booking.state) == (dates[0], BookingState.CONFIRMED)
    with pytest.raises(AlreadyBooked):
        await book(dates[1])


async def test_all_or_nothing():
    _samir, dates = await make_cycle(capacity=1, waiting_max=0)
    await book(dates[0])

    with pytest.raises(SessionFull):
        await book(dates[1], "Lucien Petit")

    assert await counters() == [(1, 1, 0, 0, 0, 0)] * 3


async def test_two_who_want_the_last_seat_by_different_dates():
    _samir, dates = await make_cycle(capacity=1)

    one, two = await asyncio.gather(book(dates[1]), book(dates[2], "Lucien Petit"))

    assert {one.state, two.state} == {BookingState.CONFIRMED, BookingState.WAITING}
    assert await counters() == [(1, 1, 1, 0, 0, 0)] * 3


async def test_the_waiting_list_of_a_cycle_is_one():
    samir, dates = await make_cycle(capacity=1)
    first = await book(dates[0])
    waiting = await book(dates[1], "Lucien Petit")

    assert [one.booking.id for one in await who_is_next(dates[2], now=NOON)] == [waiting.id]
    await give_back_seats(first.id, now=NOON)

    assert (await get_booking(waiting.id)).state is BookingState.CONFIRMED
    assert await counters() == [(1, 1, 0, 0, 0, 0)] * 3
    assert [line.who for line in await list_journal(dates[2])] == [line.who for line in await list_journal(dates[0])]
    await resize_session(dates[2], 5, by=samir, now=NOON)
    assert await counters() == [(5, 1, 0, 0, 0, 0)] * 3


async def test_seats_are_held_back_for_all_dates():
    samir, dates = await make_cycle()

    await held_back.hold_back_seats(dates[1], 4, None, by=samir, now=NOON)

    assert await counters() == [(10, 0, 0, 0, 4, 0)] * 3


async def test_a_cycle_is_booked_until_its_first_date_begins():
    _samir, dates = await make_cycle()

    await book_at(dates[2], START - timedelta(minutes=1))
    with pytest.raises(BookingClosed):
        await book_at(dates[2], START, "Lucien Petit")


async def book_at(session_id, now, name="Odile Marchand"):
    from ateliers.bookings.book import book_seats
    from ateliers.bookings.booking import Contact, Wish

    contact = Contact(name=name, phone="0612345678" if name.startswith("O") else "0612345679")
    return await book_seats(session_id, Wish(contact=contact), now=now)


async def test_a_cycle_whose_first_date_is_called_off_is_still_booked_and_given_back():
    samir, dates = await make_cycle()
    await call_off_session(dates[0], "Nadia est malade", by=samir, now=NOON)

    booking = await book(dates[0])
    await give_back_seats(booking.id, now=NOON)
    await call_off_session(dates[1], "Nadia est malade", whole=True, by=samir, now=NOON)

    assert (await get_booking(booking.id)).state is BookingState.GIVEN_BACK
    with pytest.raises(BookingClosed):
        await book(dates[2])


async def test_no_single_date_can_be_exchanged():
    _samir, dates = await make_cycle()
    booking = await book(dates[0])

    assert await list_other_dates(booking, now=NOON) == []
    assert (await change_session(booking.id, dates[2], now=NOON)).session_id == dates[0]


async def test_from_one_half_of_a_hybrid_cycle_to_the_other():
    _samir, dates = await make_cycle()
    event = (await get_session(dates[0])).event_id
    online = await make_session(event, place_id=None, join_url="https://visio.test/a", onsite_id=dates[0])
    later = await make_session(
        event,
        place_id=None,
        join_url="https://visio.test/a",
        onsite_id=dates[1],
        lead_id=online,
        starts_at=START + WEEK,
    )
    booking = await book(dates[0])

    assert [session.id for session in await list_other_dates(booking, now=NOON)] == [online]
    moved = await change_session(booking.id, later, now=NOON)

    assert moved.session_id == online
    taken = {row["id"]: row["seats_taken"] for row in await database.fetch_rows("SELECT id, seats_taken FROM session")}
    assert [taken[id] for id in (*dates, online, later)] == [0, 0, 0, 1, 1]


async def test_bookings_and_changes_of_dates_do_not_block_each_other():
    samir, dates = await make_cycle(capacity=None)
    # A lead whose id comes after that of its dates: as when an earlier date was added to a draft.
    await database.execute("UPDATE session SET lead_id = NULL WHERE id = $1", dates[2])
    await database.execute("UPDATE session SET lead_id = $1 WHERE id <> $1", dates[2])
    await database.execute(
        "UPDATE session SET starts_at = $2, ends_at = $3 WHERE id = $1", dates[2], EARLY, EARLY + HOUR
    )

    async def citizens():
        for n in range(20):
            await book(dates[0], f"Odile {n}", email=f"odile-{n}@example.test")

    async def manager():
        for n in range(20):
            when = (START + timedelta(days=30 + n)).replace(tzinfo=None)
            await move_session(dates[1], Move(local_start=when), by=samir, now=NOON)

    await asyncio.gather(citizens(), manager())

    assert [row[1] for row in await counters()] == [20, 20, 20]
