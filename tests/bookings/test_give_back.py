"""Giving seats back, leaving the list, another capacity: who waits is served, and everything is told."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from ateliers.bookings.book import BookingClosed, SeatsKept, book_seats
from ateliers.bookings.booking import BookingState, Channel, Contact, Wish
from ateliers.bookings.bookings import get_booking, rank_of
from ateliers.bookings.give_back import NotWaiting, SeatsNotHeld, TooLateToGiveBack, give_back_seats, leave_waiting_list
from ateliers.bookings.resize import resize_session
from ateliers.database import execute, fetch_rows, new_id
from ateliers.network.people import get_person
from ateliers.refusals import Invalid, NotAllowed, NotFound
from tests.world import NOON, START, make_event, make_nadia, make_samir, make_session, make_structure

LATE = START - timedelta(hours=1)


async def book(session_id, name, seats=1, email=True, names=()):
    contact = Contact(name=name, email=f"{name.lower()}@example.test" if email else None, phone="0612345678")
    return await book_seats(session_id, Wish(contact=contact, seats=seats, names=list(names)), now=NOON)


async def counters(session_id):
    rows = await fetch_rows("SELECT seats_taken, seats_waiting, overbooked FROM session WHERE id = $1", session_id)
    return tuple(rows[0])


async def mails():
    rows = await fetch_rows("SELECT kind, subject_id, sequence, data FROM outbox ORDER BY id")
    return [(row["kind"], row["subject_id"], row["sequence"], row["data"]) for row in rows]


async def journal():
    return [
        (row["what"], row["booking_id"], row["facts"])
        for row in await fetch_rows("SELECT what, booking_id, facts FROM booking_journal ORDER BY id")
    ]


async def test_one_seat_given_back_goes_to_the_first_who_fits():
    session_id = await make_session(capacity=2)
    odile = await book(session_id, "Odile", 2, names=["Odile", "Suzanne"])
    group = await book(session_id, "Groupe", 2)
    alone = await book(session_id, "Seule")

    after = await give_back_seats(odile.id, 1, now=NOON)

    assert (after.state, after.seats, after.names, after.sequence) == (BookingState.CONFIRMED, 1, ["Odile"], 1)
    assert after == await get_booking(odile.id)
    assert (await get_booking(alone.id)).state is BookingState.CONFIRMED
    assert await rank_of(await get_booking(group.id)) == 1
    assert await counters(session_id) == (2, 2, 0)
    assert (await mails())[3:] == [
        ("seats_given_back", odile.id, 1, {"seats": 1, "left": 1}),
        ("booking_promoted", alone.id, 0, {}),
    ]
    assert await journal() == [
        ("given_back", odile.id, {"seats": 1, "left": 1}),
        ("passed", group.id, {"seats": 2, "free": 1}),
        ("promoted", alone.id, {"seats": 1, "free": 1}),
    ]


async def test_all_seats_given_back_end_the_booking_and_it_may_be_made_anew():
    session_id = await make_session()
    odile = await book(session_id, "Odile", 2)

    after = await give_back_seats(odile.id, now=NOON)

    assert (after.state, after.seats, after.ended_at) == (BookingState.GIVEN_BACK, 2, NOON)
    assert await counters(session_id) == (0, 0, 0)
    with pytest.raises(SeatsNotHeld):
        await give_back_seats(odile.id, now=NOON)
    again = await book(session_id, "Odile")
    assert again.uid != odile.uid


async def test_who_has_no_email_is_to_be_called():
    session_id = await make_session(capacity=1)
    odile = await book(session_id, "Odile")
    waiting = await book(session_id, "Jean", email=False)

    await give_back_seats(odile.id, now=NOON)

    promoted = await get_booking(waiting.id)
    assert (promoted.state, promoted.to_call_back, promoted.call_why) == (BookingState.OFFERED, True, "seat")
    assert [kind for kind, *_ in await mails()] == ["booking_confirmed", "seats_given_back"]


async def test_after_the_cutoff_only_staff_give_back_and_nobody_is_promoted():
    structure_id = await make_structure()
    nadia = await get_person(await make_nadia(structure_id))
    session_id = await make_session(await make_event(structure_id), capacity=1)
    odile, waiting = await book(session_id, "Odile"), await book(session_id, "Jean")

    with pytest.raises(TooLateToGiveBack):
        await give_back_seats(odile.id, now=LATE)
    await give_back_seats(odile.id, now=LATE, by=nadia)

    assert (await get_booking(waiting.id)).state is BookingState.WAITING
    assert await counters(session_id) == (0, 1, 0)
    with pytest.raises(SeatsKept):
        await book_seats(session_id, Wish(contact=Contact(name="Zoé", email="zoe@example.test")), now=LATE)
    insists = Wish(contact=Contact(name="Jean"), channel=Channel.PHONE, insists=True)
    assert (await book_seats(session_id, insists, now=LATE, by=nadia)).state is BookingState.CONFIRMED


async def test_leaving_the_waiting_list():
    session_id = await make_session(capacity=1)
    odile, first, second = [await book(session_id, name) for name in ("Odile", "Jean", "Lise")]

    after = await leave_waiting_list(first.id, now=NOON)

    assert after.state is BookingState.LEFT
    assert await rank_of(await get_booking(second.id)) == 1
    assert await counters(session_id) == (1, 1, 0)
    with pytest.raises(NotWaiting):
        await leave_waiting_list(odile.id, now=NOON)


async def test_two_phones_give_the_same_seat_back_once():
    session_id = await make_session(capacity=2)
    odile = await book(session_id, "Odile", 2)

    answers = await asyncio.gather(*(give_back_seats(odile.id, now=NOON) for _ in range(3)), return_exceptions=True)

    assert sorted(type(answer).__name__ for answer in answers) == ["Booking", "SeatsNotHeld", "SeatsNotHeld"]
    assert await counters(session_id) == (0, 0, 0)


@pytest.mark.parametrize("seats", [0, -1, 3, 2**31])
async def test_as_many_as_are_held_can_be_given_back(seats):
    odile = await book(await make_session(), "Odile", 2)

    with pytest.raises(SeatsNotHeld):
        await give_back_seats(odile.id, seats, now=NOON)


async def test_a_session_called_off_or_unknown():
    session_id = await make_session()
    odile = await book(session_id, "Odile")
    await execute("UPDATE session SET called_off_at = $2 WHERE id = $1", session_id, NOON)

    with pytest.raises(BookingClosed):
        await give_back_seats(odile.id, now=NOON)
    with pytest.raises(NotFound):
        await give_back_seats(new_id(), now=NOON)


async def test_a_larger_room_promotes_and_a_smaller_one_cancels_nobody():
    structure_id = await make_structure()
    samir = await get_person(await make_samir(structure_id))
    session_id = await make_session(await make_event(structure_id), capacity=1)
    made = [await book(session_id, name) for name in ("Odile", "Jean", "Lise")]

    larger = await resize_session(session_id, 3, by=samir, now=NOON)
    smaller = await resize_session(session_id, 1, by=samir, now=NOON)

    assert [booking.id for booking in larger.promoted] == [made[1].id, made[2].id]
    assert (smaller.capacity, smaller.taken, smaller.overbooked) == (1, 3, 2)
    assert await counters(session_id) == (3, 0, 2)
    rows = await fetch_rows("SELECT what, by_id FROM booking_journal ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("resized", samir.id),
        ("promoted", None),
        ("promoted", None),
        ("resized", samir.id),
    ]


async def test_only_managers_of_the_structure_resize():
    structure_id = await make_structure()
    samir, nadia = await get_person(await make_samir(structure_id)), await get_person(await make_nadia(structure_id))
    session_id = await make_session(await make_event(structure_id))

    with pytest.raises(NotAllowed):
        await resize_session(session_id, 3, by=nadia, now=NOON)
    for wrong in (0, -1, 10**9):
        with pytest.raises(Invalid):
            await resize_session(session_id, wrong, by=samir, now=NOON)


async def test_staff_of_another_structure_give_nothing_back():
    odile = await book(await make_session(), "Odile")
    samir = await get_person(await make_samir(await make_structure("Autre", slug="autre")))

    with pytest.raises(NotAllowed):
        await give_back_seats(odile.id, now=NOON, by=samir)
