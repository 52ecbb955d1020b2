"""Calls: who is to be called and why, what came of it, and what that does to the seats (C10, D9)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from ateliers.agenda.sessions import get_session
from ateliers.bookings.booking import Booking
from ateliers.bookings.bookings import get_booking, list_bookings
from ateliers.bookings.calling import (
    NobodyToCall,
    Result,
    Why,
    ask_to_call,
    count_calls_of_session,
    count_calls_to_make,
    list_calls,
    list_calls_of_session,
    list_calls_to_make,
    possible_results,
    record_call,
)
from ateliers.bookings.journal import list_journal
from ateliers.bookings.offers import OfferExpired
from ateliers.database import execute, fetch_value, transaction
from ateliers.network.people import Person, get_person
from ateliers.refusals import NotAllowed
from tests.world import NOON, START, make_booking, make_event, make_nadia, make_samir, make_session, make_structure

MINUTE = timedelta(minutes=1)
LATER = NOON + timedelta(hours=5)


async def make_desk(*, capacity: int = 1, **event) -> tuple[UUID, Person]:
    structure_id = await make_structure()
    session_id = await make_session(await make_event(structure_id, **event), capacity=capacity)
    return session_id, await get_person(await make_nadia(structure_id))


async def make_offered(session_id: UUID, **values) -> UUID:
    """A seat held for somebody who can only be phoned."""
    facts = {"email": None, "phone": "0612345678", "to_call_back": True, "call_why": "seat", "offered_until": LATER}
    return await make_booking(session_id, state="offered", **{**facts, **values})


async def stands(booking_id: UUID) -> tuple[str, bool, str]:
    booking: Booking = await get_booking(booking_id)
    return booking.state.value, booking.to_call_back, booking.call_why


async def test_the_answer_on_the_phone_takes_the_seat():
    session_id, nadia = await make_desk()
    booking_id = await make_offered(session_id)

    await record_call(booking_id, Result.MESSAGE_LEFT, by=nadia, now=NOON)
    assert await stands(booking_id) == ("offered", True, "seat")
    await record_call(booking_id, Result.COMES, by=nadia, now=NOON + 2 * MINUTE)

    assert await stands(booking_id) == ("confirmed", False, "")
    calls = (await list_calls([booking_id]))[booking_id]
    assert [(call.result, call.by_name) for call in calls] == [
        (Result.COMES, "Nadia Ferrand"),
        (Result.MESSAGE_LEFT, "Nadia Ferrand"),
    ]


async def test_declining_on_the_phone_serves_the_next():
    session_id, nadia = await make_desk()
    booking_id = await make_offered(session_id)
    waiting = await make_booking(session_id, state="waiting", name="Jean Suivant", rank=2)

    await record_call(booking_id, Result.DOES_NOT_COME, by=nadia, now=NOON)

    assert await stands(booking_id) == ("declined", False, "")
    assert await stands(waiting) == ("confirmed", False, "")


async def test_who_does_not_come_gives_the_seats_back():
    session_id, nadia = await make_desk()
    booking_id = await make_booking(session_id, email=None, phone="0612345678")
    waiting = await make_booking(session_id, state="waiting", rank=1)

    await record_call(booking_id, Result.DOES_NOT_COME, by=nadia, now=NOON)

    assert (await stands(booking_id))[0] == "given_back"
    assert (await stands(waiting))[0] == "confirmed"


async def test_who_no_longer_waits_leaves_the_list():
    session_id, nadia = await make_desk()
    await make_booking(session_id)
    booking_id = await make_booking(session_id, state="waiting", rank=1, to_call_back=True, call_why="reply")

    await record_call(booking_id, Result.DOES_NOT_COME, by=nadia, now=NOON)

    assert (await stands(booking_id))[0] == "left"


async def test_a_button_pressed_twice_is_one_call():
    session_id, nadia = await make_desk()
    booking_id = await make_offered(session_id)

    for seconds in (0, 2):
        await record_call(booking_id, Result.DOES_NOT_COME, by=nadia, now=NOON + timedelta(seconds=seconds))

    assert await fetch_value("SELECT count(*) FROM call") == 1
    with pytest.raises(NobodyToCall):
        await record_call(booking_id, Result.COMES, by=nadia, now=NOON + 3 * MINUTE)


async def test_too_late_a_yes_is_refused_and_the_call_is_not_written_down():
    session_id, nadia = await make_desk()
    booking_id = await make_offered(session_id)

    with pytest.raises(OfferExpired):
        await record_call(booking_id, Result.COMES, by=nadia, now=LATER + timedelta(seconds=1))

    assert await fetch_value("SELECT count(*) FROM call") == 0


async def test_people_of_other_structures_call_nobody():
    session_id, _nadia = await make_desk()
    booking_id = await make_offered(session_id)
    stranger = await get_person(await make_samir(await make_structure("Autre", slug="autre")))

    with pytest.raises(NotAllowed):
        await record_call(booking_id, Result.COMES, by=stranger, now=NOON)

    assert await stands(booking_id) == ("offered", True, "seat")


async def test_of_a_session_called_off_one_can_only_tell():
    session_id, nadia = await make_desk()
    booking_id = await make_booking(session_id, email=None, to_call_back=True, call_why="change")
    await execute("UPDATE session SET called_off_at = $1, called_off_reason = 'Malade'", NOON)
    booking, session = await get_booking(booking_id), await get_session(session_id)

    assert possible_results(booking, session, now=NOON) == [Result.REACHED, Result.MESSAGE_LEFT]
    with pytest.raises(NobodyToCall):
        await record_call(booking_id, Result.DOES_NOT_COME, by=nadia, now=NOON)
    await record_call(booking_id, Result.REACHED, by=nadia, now=NOON)
    assert await stands(booking_id) == ("confirmed", False, "")


async def test_the_list_of_a_structure_has_the_most_urgent_first_and_nothing_of_others():
    session_id, nadia = await make_desk(capacity=10)
    change = await make_booking(session_id, name="Changement", to_call_back=True, call_why="change")
    offered = await make_offered(session_id, name="Offre")
    await make_booking(session_id, name="Sans appel")
    await make_booking(session_id, state="given_back", name="Rendue", to_call_back=True, call_why="change")
    elsewhere = await make_session(await make_event(await make_structure("Autre", slug="autre")))
    await make_booking(elsewhere, to_call_back=True, call_why="change")
    mine = nadia.structure_ids

    found = await list_calls_to_make(mine, now=NOON)

    assert [(one.booking.id, str(one.why)[:20]) for one in found] == [
        (offered, "Une place s’est libé"),
        (change, "La séance est report"),
    ]
    assert (await count_calls_to_make(mine, now=NOON), await count_calls_of_session(session_id)) == (2, 2)
    assert await list_calls_to_make(mine, now=START + timedelta(days=1)) == []
    assert await list_calls_to_make([], now=NOON) == []


async def test_a_cycle_is_on_the_list_until_its_last_date():
    session_id, nadia = await make_desk(is_cycle=True)
    event_id = (await get_session(session_id)).event_id
    await make_session(event_id, starts_at=START + timedelta(days=7), lead_id=session_id)
    booking_id = await make_booking(session_id, email=None, to_call_back=True, call_why="change")

    between = await list_calls_to_make(nadia.structure_ids, now=START + timedelta(days=3))

    assert [one.booking.id for one in between] == [booking_id]
    assert await list_calls_to_make(nadia.structure_ids, now=START + timedelta(days=8)) == []


async def test_before_a_session_those_who_get_no_mail_are_listed_too():
    session_id, nadia = await make_desk(capacity=10)
    await make_booking(session_id, name="Avec adresse")
    bounced = await make_booking(session_id, name="Boîte morte", unreachable="dead")
    phone = await make_booking(session_id, name="Sans adresse", email=None, phone="0612345678")
    await make_booking(session_id, name="Attend", email=None, state="waiting")

    found = await list_calls_of_session(session_id)
    await record_call(phone, Result.COMES, by=nadia, now=NOON)

    assert [one.booking.id for one in found] == [bounced, phone]
    assert [one.is_done for one in await list_calls_of_session(session_id)] == [False, True]


async def test_a_seat_that_is_held_stays_the_first_reason():
    session_id, _nadia = await make_desk(capacity=10)
    offered = await make_offered(session_id)
    other = await make_booking(session_id)
    ended = await make_booking(session_id, state="given_back")

    async with transaction():
        asked = await ask_to_call([offered, other, ended], Why.BOUNCED, now=NOON)

    assert asked == 2
    assert [await stands(one) for one in (offered, other, ended)] == [
        ("offered", True, "seat"),
        ("confirmed", True, "bounced"),
        ("given_back", False, ""),
    ]


async def test_calls_stand_in_the_journal_in_words():
    session_id, nadia = await make_desk()
    booking_id = await make_offered(session_id, name="Jeanne Roy")

    for minute, result in enumerate((Result.MESSAGE_LEFT, Result.REACHED, Result.COMES)):
        await record_call(booking_id, result, by=nadia, now=NOON + 2 * minute * MINUTE)

    texts = [line.text.replace("\u00a0", " ") for line in await list_journal(session_id) if line.who == "Jeanne Roy"]
    assert [text for text in texts if text.startswith("Appel")] == [
        "Appel : vient.",
        "Appel : personne jointe, au courant.",
        "Appel : message laissé.",
    ]
    assert len(await list_bookings(session_id)) == 1
