"""Offers until a deadline: made, accepted, declined, expired, given by staff; each told, journalled, and the next one served."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from ateliers.agenda.changing import call_off_session, move_session
from ateliers.agenda.drafts import Move
from ateliers.bookings import admission
from ateliers.bookings.book import book_seats
from ateliers.bookings.booking import Booking, BookingState, Contact, Wish
from ateliers.bookings.bookings import get_booking
from ateliers.bookings.give_back import NotWaiting, give_back_seats, leave_waiting_list
from ateliers.bookings.journal import list_journal
from ateliers.bookings.next_in_line import who_is_next
from ateliers.bookings.offers import NotOffered, OfferExpired, accept_offer, decline_offer, give_seat, sweep
from ateliers.bookings.rounds import Request
from ateliers.bookings.wishes import Decline, GiveBack
from ateliers.database import fetch_rows
from ateliers.network.people import Person, get_person
from ateliers.refusals import NotAllowed
from tests.bookings.post import calendar_of, receive, text_of
from tests.world import NOON, START, make_event, make_nadia, make_person, make_samir, make_session, make_structure

DAY = timedelta(days=1)
UNTIL = NOON + 2 * DAY


async def a_full_session(**values) -> tuple[UUID, Person, Booking]:
    """A session of one seat, which ODILE has, of an event that offers seats for two days; and NADIA."""
    structure = await make_structure()
    nadia = await get_person(await make_nadia(structure))
    event = await make_event(structure, **{"offer_for": 2 * DAY, **values})
    session = await make_session(event, capacity=1)
    return session, nadia, await book(session, "Odile")


async def book(session: UUID, name: str, seats: int = 1, *, email: bool = True) -> Booking:
    address = f"{name.lower()}@example.test" if email else None
    return await book_seats(
        session, Wish(contact=Contact(name=name, email=address, phone="0612345678"), seats=seats), now=NOON
    )


async def states(*bookings: Booking) -> list[str]:
    return [(await get_booking(booking.id)).state.value for booking in bookings]


async def counters(session: UUID) -> tuple[int, int, int]:
    [row] = await fetch_rows("SELECT seats_taken, seats_offered, seats_waiting FROM session WHERE id = $1", session)
    return tuple(row)


async def kinds() -> list[str]:
    return [row["kind"] for row in await fetch_rows("SELECT kind FROM outbox ORDER BY id")]


async def test_a_seat_that_comes_free_is_offered_and_accepted():
    session, _, odile = await a_full_session()
    jean = await book(session, "Jean")

    await give_back_seats(odile.id, now=NOON)

    offered = await get_booking(jean.id)
    assert (offered.state, offered.offered_until, offered.to_call_back) == (BookingState.OFFERED, UNTIL, False)
    assert await counters(session) == (0, 1, 0)
    accepted = await accept_offer(jean.id, now=UNTIL)
    assert (accepted.state, accepted.confirmed_at, accepted.offered_until) == (BookingState.CONFIRMED, UNTIL, None)
    assert await accept_offer(jean.id, now=UNTIL) == accepted, "said twice, it changes nothing"
    assert await counters(session) == (1, 0, 0)
    assert (await kinds())[2:] == ["seats_given_back", "seat_offered", "booking_confirmed"]


async def test_offered_seats_are_nobody_elses():
    session, _, odile = await a_full_session()
    await book(session, "Jean")
    await give_back_seats(odile.id, now=NOON)

    zita = await book(session, "Zita")

    assert zita.state is BookingState.WAITING


async def test_declining_serves_the_next_at_once():
    session, _, odile = await a_full_session()
    jean, lise = await book(session, "Jean"), await book(session, "Lise")
    await give_back_seats(odile.id, now=NOON)

    await decline_offer(jean.id, now=NOON)

    assert await states(jean, lise) == ["declined", "offered"]
    assert (await decline_offer(jean.id, now=NOON)).state is BookingState.DECLINED
    with pytest.raises(NotOffered):
        await accept_offer(jean.id, now=NOON)
    with pytest.raises(NotOffered):
        await decline_offer(odile.id, now=NOON)
    again = await book(session, "Jean")
    assert again.state is BookingState.WAITING


async def test_after_the_deadline_the_offer_is_over_even_before_the_sweep_comes_by():
    session, _, odile = await a_full_session()
    jean, lise = await book(session, "Jean"), await book(session, "Lise")
    await give_back_seats(odile.id, now=NOON)

    with pytest.raises(OfferExpired):
        await accept_offer(jean.id, now=UNTIL + timedelta(microseconds=1))

    assert await states(jean, lise) == ["expired", "offered"]
    with pytest.raises(OfferExpired):
        await accept_offer(jean.id, now=UNTIL)
    assert (await kinds())[3:] == ["seats_given_back", "seat_offered", "offer_expired", "seat_offered"]


async def test_the_sweep_ends_what_nobody_answered_and_serves_who_comes_next():
    session, _, odile = await a_full_session()
    jean, lise = await book(session, "Jean"), await book(session, "Lise")
    await give_back_seats(odile.id, now=NOON)

    assert await sweep(UNTIL) == 0
    assert await sweep(UNTIL + timedelta(seconds=1)) == 1
    assert await sweep(UNTIL + timedelta(seconds=1)) == 0

    assert await states(jean, lise) == ["expired", "offered"]
    assert (await get_booking(lise.id)).offered_until == UNTIL + 2 * DAY + timedelta(seconds=1)
    assert [(line.who, line.text.replace("\u00a0", " ")) for line in reversed(await list_journal(session))][2:] == [
        ("Jean", "Pas de réponse à temps : la proposition est terminée. Places : 1."),
        (
            "Lise",
            (
                "Proposé à une personne en attente, réponse attendue avant samedi 28 novembre 2026 12 h."
                " Places demandées : 1 ; libres : 1."
            ),
        ),
    ]


async def test_four_sweeps_at_once_serve_once():
    session, _, odile = await a_full_session()
    jean, lise, zita = [await book(session, name) for name in ("Jean", "Lise", "Zita")]
    await give_back_seats(odile.id, now=NOON)

    await asyncio.gather(*(sweep(UNTIL + DAY) for _ in range(4)))

    assert await states(jean, lise, zita) == ["expired", "offered", "waiting"]
    assert await counters(session) == (0, 1, 1)


async def test_who_can_only_be_phoned_keeps_the_seat_until_somebody_has_called():
    session, nadia, odile = await a_full_session(offer_for=None, call_for=DAY)
    jean, lise = await book(session, "Jean", email=False), await book(session, "Lise")

    await give_back_seats(odile.id, now=NOON)

    called = await get_booking(jean.id)
    assert (called.state, called.offered_until, called.to_call_back, called.call_why) == (
        BookingState.OFFERED,
        NOON + DAY,
        True,
        "seat",
    )
    accepted = await accept_offer(jean.id, now=NOON + DAY, by=nadia)
    assert (accepted.state, accepted.to_call_back, accepted.call_why) == (BookingState.CONFIRMED, False, "")
    assert await states(lise) == ["waiting"]
    assert (await list_journal(session))[0].by == "Nadia Ferrand"


async def test_a_call_that_nobody_made_in_time_passes_the_seat_on():
    session, _, odile = await a_full_session(offer_for=None, call_for=DAY)
    jean, lise = await book(session, "Jean", email=False), await book(session, "Lise")
    await give_back_seats(odile.id, now=NOON)

    await sweep(NOON + DAY + timedelta(seconds=1))

    over = await get_booking(jean.id)
    assert (over.state, over.to_call_back) == (BookingState.EXPIRED, False)
    assert await states(lise) == ["confirmed"]


async def test_staff_give_a_seat_after_promotion_has_stopped():
    session, nadia, odile = await a_full_session()
    first, named = await book(session, "Jean"), await book(session, "Lise", email=False)
    late = START - timedelta(hours=1)
    await give_back_seats(odile.id, now=late, by=nadia)

    given = await give_seat(named.id, by=nadia, now=late)
    above = await give_seat(first.id, by=nadia, now=late)

    assert (given.state, given.to_call_back, given.call_why) == (BookingState.CONFIRMED, True, "seat")
    assert above.state is BookingState.CONFIRMED
    [row] = await fetch_rows("SELECT seats_taken, overbooked FROM session WHERE id = $1", session)
    assert tuple(row) == (2, 1)
    with pytest.raises(NotWaiting):
        await give_seat(odile.id, by=nadia, now=late)
    stranger = await get_person(await make_person("Un Passant"))
    with pytest.raises(NotAllowed):
        await give_seat(first.id, by=stranger, now=late)
    with pytest.raises(NotAllowed):
        await accept_offer(first.id, by=stranger, now=late)


async def test_who_is_next_says_what_would_happen_and_does_nothing():
    session, _, odile = await a_full_session()
    group, alone = await book(session, "Groupe", 1), await book(session, "Seule", email=False)
    await give_back_seats(odile.id, now=NOON)
    await decline_offer(group.id, now=NOON)
    pair = await book(session, "Paire")
    before = await fetch_rows("SELECT * FROM booking ORDER BY id"), await fetch_rows("SELECT * FROM booking_journal")

    assert [(one.booking.id, one.fate, one.seats) for one in await who_is_next(session, now=NOON)] == [
        (pair.id, "offered", 1)
    ]
    assert await states(alone) == ["offered"]
    assert await who_is_next(session, now=START - timedelta(hours=1)) == []
    assert before == (
        await fetch_rows("SELECT * FROM booking ORDER BY id"),
        await fetch_rows("SELECT * FROM booking_journal"),
    )


async def test_who_is_next_names_those_who_would_be_passed_over():
    structure = await make_structure()
    session = await make_session(await make_event(structure), capacity=2)
    await book(session, "Odile", 2)
    pair, phone, mail = (
        await book(session, "Paire", 2),
        await book(session, "Jean", email=False),
        await book(session, "Lise"),
    )

    assert [(one.booking.id, one.fate) for one in await who_is_next(session, now=NOON)] == [
        (pair.id, "passed"),
        (phone.id, "call"),
    ]
    assert [(one.booking.id, one.fate) for one in await who_is_next(session, 3, now=NOON)] == [
        (pair.id, "confirmed"),
        (phone.id, "call"),
    ]
    assert await states(pair, phone, mail) == ["waiting", "waiting", "waiting"]


async def test_the_offer_is_written_with_its_deadline_and_without_a_calendar_object():
    session, _, odile = await a_full_session()
    jean = await book(session, "Jean", 1)
    await receive(NOON)
    await give_back_seats(odile.id, now=NOON)

    *_, message = await receive(NOON)

    assert message["to"] == "Jean <jean@example.test>"
    assert message["subject"].replace("\u00a0", " ").startswith("Une place pour vous, à accepter : Activer")
    lines = text_of(message).replace("\u00a0", " ").split("\n")
    assert lines[2:4] == [
        "Une place s’est libérée : nous la gardons pour vous.",
        "Répondez avant le jeudi 26 novembre 2026 à 12 h. Ensuite, la place ira à la personne suivante.",
    ]
    assert calendar_of(message) is None
    await accept_offer(jean.id, now=NOON)
    [confirmed] = await receive(NOON)
    assert calendar_of(confirmed) is not None


async def test_no_offer_is_written_for_a_session_that_was_called_off_meanwhile():
    session, nadia, odile = await a_full_session()
    samir = await get_person(await make_samir(nadia.roles[0].structure_id))
    await book(session, "Jean")
    await receive(NOON)
    await give_back_seats(odile.id, now=NOON)
    await call_off_session(session, "Fermé pour travaux", by=samir, now=NOON)

    messages = await receive(NOON)

    assert [message["to"] for message in messages] == ["Odile <odile@example.test>"]


async def test_leaving_the_list_with_an_offer_in_hand_declines_it():
    session, _, odile = await a_full_session()
    jean, lise = await book(session, "Jean"), await book(session, "Lise")
    await give_back_seats(odile.id, now=NOON)

    after = await leave_waiting_list(jean.id, now=NOON)

    assert after.state is BookingState.DECLINED
    assert await states(lise) == ["offered"]


async def test_seats_free_after_a_move_to_a_later_date_are_served_by_the_sweep():
    session, nadia, odile = await a_full_session()
    samir = await get_person(await make_samir(nadia.roles[0].structure_id))
    jean = await book(session, "Jean")
    eve = START - timedelta(hours=1)
    await give_back_seats(odile.id, now=eve, by=nadia)
    assert await sweep(eve) == 0

    later = (START + 7 * DAY).replace(tzinfo=None) + timedelta(hours=1)
    await move_session(session, Move(local_start=later), by=samir, now=eve)

    assert await sweep(eve) == 1
    assert await sweep(eve) == 0
    assert await states(jean) == ["offered"]


async def test_who_joins_the_list_as_a_seat_comes_free_hears_of_the_seat():
    """Found by the race: both happened in one round, and the only message was about a list they no longer waited on."""
    session, _, odile = await a_full_session()
    given = Request(session_id=session, wish=GiveBack(booking=odile.id), now=NOON)
    jean, _ = await asyncio.gather(book(session, "Jean"), admission.submit(given))
    assert (jean.state, await kinds()) == (
        BookingState.OFFERED,
        ["booking_confirmed", "seat_offered", "seats_given_back"],
    )

    declined = Request(session_id=session, wish=Decline(booking=jean.id), now=NOON)
    lise, _ = await asyncio.gather(book(session, "Lise", email=False), admission.submit(declined))
    assert (lise.state, lise.to_call_back, lise.call_why) == (BookingState.OFFERED, True, "seat")
