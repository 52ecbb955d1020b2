"""Bugs that other booking services really had, each as a story of ours that must end well."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from ateliers.agenda.calendar import session_calendar
from ateliers.agenda.sessions import get_session
from ateliers.bookings.book import AlreadyBooked, book_seats
from ateliers.bookings.booking import Booking, Contact, Wish
from ateliers.bookings.bookings import get_booking, list_bookings, rank_of
from ateliers.bookings.give_back import give_back_seats, leave_waiting_list
from ateliers.bookings.offers import accept_offer, sweep
from ateliers.bookings.resize import resize_session
from ateliers.database import fetch_rows, fetch_value
from ateliers.network.people import Person, get_person
from ateliers.refusals import Refusal
from tests.bookings.checker import violations
from tests.bookings.post import calendar_of, receive, text_of
from tests.world import NOON, START, make_event, make_samir, make_session, make_structure

HOUR = timedelta(hours=1)
STOP = START - 2 * HOUR


async def a_session(capacity: int = 1, **event) -> tuple[UUID, Person]:
    structure = await make_structure()
    samir = await get_person(await make_samir(structure))
    return await make_session(await make_event(structure, **{"waiting_max": 100, **event}), capacity=capacity), samir


async def book(session: UUID, name: str, seats: int = 1, email: str | None = None) -> Booking:
    contact = Contact(name=name, email=email or f"{name.lower().replace(' ', '-')}@example.test")
    return await book_seats(session, Wish(contact=contact, seats=seats), now=NOON)


async def states(*bookings: Booking) -> list[str]:
    return [(await get_booking(booking.id)).state.value for booking in bookings]


async def all_is_well(session: UUID, now=NOON) -> bool:
    return await violations(session, now=now) == []


async def test_served_out_of_order():
    """Elsewhere a later entry was served first when several seats came free at the same moment."""
    session, _ = await a_session(capacity=4)
    held = [await book(session, f"Tenante {n}") for n in range(4)]
    waiting = [await book(session, f"Patiente {n}") for n in range(8)]

    await asyncio.gather(*(give_back_seats(booking.id, now=NOON) for booking in held[:3]))

    assert await states(*waiting) == ["confirmed"] * 3 + ["waiting"] * 5
    assert [await rank_of(await get_booking(one.id)) for one in waiting[3:]] == [1, 2, 3, 4, 5]
    assert await all_is_well(session)


@pytest.mark.parametrize("offer_for", [None, 5 * HOUR])
async def test_a_seat_that_never_comes_back_after_its_new_holder_gives_it_back(offer_for):
    """Elsewhere a seat was lost for good when whoever was served from the list cancelled in turn."""
    session, _ = await a_session(offer_for=offer_for)
    holder = await book(session, "Odile")
    line = [await book(session, f"Patiente {n}") for n in range(3)]

    await give_back_seats(holder.id, now=NOON)
    for served in line:
        if offer_for is not None:
            await accept_offer(served.id, now=NOON)
        assert await states(served) == ["confirmed"]
        await give_back_seats(served.id, now=NOON)

    assert (await get_session(session)).seats_left == 1
    assert (await book(session, "Zita")).state.value == "confirmed"
    assert await all_is_well(session)


async def test_somebody_leaves_the_list_and_nobody_is_served_although_nothing_is_free():
    """Elsewhere deleting a waiting entry counted as a seat that came free."""
    session, _ = await a_session()
    holder = await book(session, "Odile")
    first, second, third = [await book(session, f"Patiente {n}") for n in range(3)]

    await leave_waiting_list(first.id, now=NOON)
    await sweep(NOON)

    assert await states(holder, first, second, third) == ["confirmed", "left", "waiting", "waiting"]
    assert [row["what"] for row in await fetch_rows("SELECT what FROM booking_journal")] == ["left"]
    assert await all_is_well(session)


async def test_served_after_the_deadline():
    """Elsewhere people were told of a seat an hour before the start, or after it."""
    session, samir = await a_session()
    holder, waiting = await book(session, "Odile"), await book(session, "Jean")

    await give_back_seats(holder.id, now=STOP, by=samir)
    await resize_session(session, 5, by=samir, now=STOP)
    await sweep(STOP)
    await sweep(START + HOUR)

    assert await states(waiting) == ["waiting"]
    assert (
        await fetch_value("SELECT count(*) FROM outbox WHERE created_at >= $1 AND subject_id = $2", STOP, waiting.id)
        == 0
    )


async def test_an_offer_never_outlives_the_moment_promotion_stops():
    """Elsewhere an offer made on the eve could be accepted after the doors had opened."""
    session, samir = await a_session(offer_for=48 * HOUR)
    holder, waiting = await book(session, "Odile"), await book(session, "Jean")
    await give_back_seats(holder.id, now=START - 5 * HOUR, by=samir)

    with pytest.raises(Refusal):
        await accept_offer(waiting.id, now=STOP + timedelta(seconds=1))

    assert await states(waiting) == ["expired"]
    assert (await get_session(session)).seats_left == 1


async def test_two_people_offered_the_same_seat():
    """Elsewhere offers made at once were each counted as free, and one seat was accepted twice."""
    session, _ = await a_session(capacity=2, offer_for=5 * HOUR)
    holders = [await book(session, f"Tenante {n}") for n in range(2)]
    line = [await book(session, f"Patiente {n}") for n in range(6)]

    await asyncio.gather(*(give_back_seats(one.id, now=NOON) for one in holders))
    tries = [accept_offer(one.id, now=NOON) for one in line for _ in range(3)]
    tries += [sweep(NOON) for _ in range(4)]
    tries += [book(session, f"Pressée {n}") for n in range(4)]
    await asyncio.gather(*tries, return_exceptions=True)

    assert await states(*line) == ["confirmed"] * 2 + ["waiting"] * 4
    after = await get_session(session)
    assert (after.seats_taken, after.seats_offered, after.overbooked) == (2, 0, 0)
    assert await all_is_well(session)


async def test_one_persons_cancelling_is_not_announced_as_the_sessions():
    """Elsewhere every calendar showed the event as cancelled when one person gave a seat back."""
    session, _ = await a_session(capacity=3)
    odile, _jean = await book(session, "Odile"), await book(session, "Jean")
    await receive(NOON)

    await give_back_seats(odile.id, now=NOON)
    [message] = await receive(NOON)

    assert message["to"] == "Odile <odile@example.test>"
    method, event = calendar_of(message)
    assert (method, str(event["UID"]), str(event["ATTENDEE"])) == ("CANCEL", odile.uid, "mailto:odile@example.test")
    assert str(message["subject"]).startswith("Inscription annulée")
    assert "n’a pas lieu" not in text_of(message)
    assert (await get_session(session)).called_off_at is None
    assert b"STATUS:CANCELLED" not in session_calendar(await get_session(session))


async def test_a_household_with_one_address_is_not_a_double():
    """Elsewhere the second member of a household was refused because the address was known."""
    session, _ = await a_session(capacity=4)

    odile, paul = (
        await book(session, "Odile", email="foyer@example.test"),
        await book(session, "Paul", email="Foyer@example.test"),
    )

    assert await states(odile, paul) == ["confirmed", "confirmed"]
    with pytest.raises(AlreadyBooked):
        await book(session, "ODILE", email="foyer@example.test")


async def test_a_group_that_waits_hears_once_that_it_waits_and_not_136_times():
    """Elsewhere a group of four had a message for each single seat that came free and could not be theirs: 136 of them."""
    session, _ = await a_session(capacity=4)
    for number in range(4):
        await book(session, f"Tenante {number}")
    group = await book(session, "Groupe", 4)

    for number in range(136):
        first = next(one for one in await list_bookings(session) if one.state.value == "confirmed")
        await give_back_seats(first.id, now=NOON)
        assert (await book(session, f"Seule {number}")).state.value == "confirmed"

    mails = await fetch_rows("SELECT kind FROM outbox WHERE subject_id = $1", group.id)
    assert [row["kind"] for row in mails] == ["waiting_list_joined"]
    assert await rank_of(await get_booking(group.id)) == 1
    assert await all_is_well(session)
