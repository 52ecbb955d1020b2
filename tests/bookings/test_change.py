"""A booking moved to another session: the same booking, in one step, with its history and one message (C12, C19)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from ateliers.bookings.book import AlreadyBooked, SessionFull, book_seats
from ateliers.bookings.booking import BookingState, Contact, Wish
from ateliers.bookings.bookings import get_booking
from ateliers.bookings.change import change_session, list_other_dates
from ateliers.bookings.give_back import SeatsNotHeld, TooLateToGiveBack, give_back_seats
from ateliers.bookings.journal import list_journal
from ateliers.bookings.links import manage_path
from ateliers.database import fetch_rows
from ateliers.network.people import get_person
from ateliers.refusals import NotAllowed, NotFound
from tests.bookings.post import calendar_of, receive, text_of
from tests.world import NOON, START, make_event, make_nadia, make_person, make_session, make_structure

DAY = timedelta(days=1)


async def two_dates(**values):
    """NADIA, and two sessions of one event a day apart."""
    structure = await make_structure()
    nadia = await get_person(await make_nadia(structure))
    event = await make_event(structure, **values)
    return nadia, await make_session(event, capacity=2), await make_session(event, starts_at=START + DAY, capacity=2)


async def book(session, name="Odile", seats=1, *, email=True):
    address = f"{name.lower()}@example.test" if email else None
    return await book_seats(
        session, Wish(contact=Contact(name=name, email=address, phone="0612345678"), seats=seats), now=NOON
    )


async def taken(*sessions):
    rows = await fetch_rows("SELECT id, seats_taken FROM session")
    found = {row["id"]: row["seats_taken"] for row in rows}
    return [found[session] for session in sessions]


async def test_the_same_booking_goes_to_the_other_date_and_whoever_waits_takes_its_seat():
    _, tuesday, wednesday = await two_dates()
    odile, jean = await book(tuesday, "Odile", 2), await book(tuesday, "Jean")

    moved = await change_session(odile.id, wednesday, now=NOON)

    assert moved == await get_booking(odile.id)
    assert (moved.id, moved.code, moved.uid, manage_path(moved)) == (
        odile.id,
        odile.code,
        odile.uid,
        manage_path(odile),
    )
    assert (moved.session_id, moved.state, moved.seats, moved.sequence) == (wednesday, BookingState.CONFIRMED, 2, 1)
    assert (await get_booking(jean.id)).state is BookingState.CONFIRMED
    assert await taken(tuesday, wednesday) == [1, 2]
    assert await change_session(odile.id, wednesday, now=NOON) == moved, "sent again, nothing changes"
    assert [line.text.replace("\u00a0", " ") for line in await list_journal(wednesday)] == [
        "Vient de la séance du mardi 1er décembre 2026 14 h. Places : 2."
    ]
    assert [(line.who, line.text.replace("\u00a0", " ")) for line in reversed(await list_journal(tuesday))] == [
        ("Odile", "Parti vers la séance du mercredi 2 décembre 2026 14 h. Places : 2."),
        ("Jean", "Servi depuis la liste d’attente. Places demandées : 1 ; libres : 2."),
    ]


async def test_one_message_moves_the_calendar_entry():
    _, tuesday, wednesday = await two_dates()
    odile = await book(tuesday)
    [first] = await receive(NOON)

    await change_session(odile.id, wednesday, now=NOON)
    [message] = await receive(NOON)

    assert message["subject"].replace("\u00a0", " ").startswith("Votre inscription change de date : Activer")
    lines = text_of(message).replace("\u00a0", " ").split("\n")
    assert lines[2:5] == [
        "Votre inscription est maintenant pour une autre séance.",
        "Votre place est gardée.",
        "Avant : mardi 1er décembre 2026, de 14 h à 16 h.",
    ]
    (_, before), (method, after) = calendar_of(first), calendar_of(message)
    assert method == "REQUEST"
    assert before["UID"] == after["UID"]
    assert (int(before["SEQUENCE"]), int(after["SEQUENCE"])) == (0, 1)
    assert after.decoded("DTSTART") == START + DAY


async def test_who_never_heard_of_the_first_date_is_told_of_the_second_only():
    _, tuesday, wednesday = await two_dates()
    odile = await book(tuesday)
    await change_session(odile.id, wednesday, now=NOON)

    messages = await receive(NOON)

    assert [str(message["subject"]).replace("\u00a0", " ")[:24] for message in messages] == ["Inscription confirmée : "]


async def test_a_full_date_refuses_and_nothing_has_changed():
    nadia, tuesday, wednesday = await two_dates()
    odile = await book(tuesday)
    await book(wednesday, "Jean", 2)

    with pytest.raises(SessionFull):
        await change_session(odile.id, wednesday, now=NOON)
    assert await get_booking(odile.id) == odile
    assert await list_other_dates(odile, now=NOON) == []

    moved = await change_session(odile.id, wednesday, now=NOON, by=nadia, insists=True)
    assert moved.session_id == wednesday
    assert (await list_journal(wednesday))[0].text.startswith("Inscrit au-dessus de la limite")


async def test_what_is_refused():
    nadia, tuesday, wednesday = await two_dates()
    odile = await book(tuesday)
    elsewhere = await make_session(await make_event(await make_structure("Emmaüs Nevers")))
    stranger = await get_person(await make_person("Un Passant"))
    late = START - timedelta(hours=1)

    with pytest.raises(NotFound):
        await change_session(odile.id, elsewhere, now=NOON)
    with pytest.raises(NotAllowed):
        await change_session(odile.id, wednesday, now=NOON, by=stranger)
    with pytest.raises(NotAllowed):
        await change_session(odile.id, elsewhere, now=NOON, by=nadia)
    with pytest.raises(TooLateToGiveBack):
        await change_session(odile.id, wednesday, now=late)
    assert (await change_session(odile.id, wednesday, now=late, by=nadia)).session_id == wednesday
    await book(tuesday)
    with pytest.raises(AlreadyBooked):
        await change_session(odile.id, tuesday, now=NOON)
    await give_back_seats(odile.id, now=NOON)
    with pytest.raises(SeatsNotHeld):
        await change_session(odile.id, tuesday, now=NOON)


async def test_staff_move_somebody_without_an_address_and_they_are_called():
    nadia, tuesday, wednesday = await two_dates()
    jean = await book(tuesday, "Jean", email=False)

    moved = await change_session(jean.id, wednesday, now=NOON, by=nadia)

    assert (moved.to_call_back, moved.call_why) == (True, "change")


async def test_who_waits_may_take_a_free_seat_of_another_date():
    _, tuesday, wednesday = await two_dates()
    await book(tuesday, "Odile", 2)
    jean = await book(tuesday, "Jean", email=False)

    moved = await change_session(jean.id, wednesday, now=NOON)

    assert (moved.state, moved.rank, moved.confirmed_at) == (BookingState.CONFIRMED, None, NOON)
    assert (moved.to_call_back, moved.call_why) == (False, "")
    [row] = await fetch_rows("SELECT seats_taken, seats_waiting FROM session WHERE id = $1", tuesday)
    assert tuple(row) == (2, 0)


async def test_many_who_change_places_at_once_neither_block_nor_lose_a_seat():
    _, tuesday, wednesday = await two_dates(party_limit=2)
    await asyncio.gather(*(book(tuesday, name) for name in ("Odile", "Jean")))
    rows = await fetch_rows("SELECT id FROM booking ORDER BY id")
    wishes = [
        change_session(row["id"], session, now=NOON) for row in rows for session in (wednesday, tuesday, wednesday)
    ]

    answers = await asyncio.gather(*wishes, return_exceptions=True)

    assert {type(answer).__name__ for answer in answers} <= {"Booking", "SeatsNotHeld"}
    live = await fetch_rows("SELECT session_id, sum(seats)::int AS seats FROM booking GROUP BY session_id")
    counted = {row["session_id"]: row["seats"] for row in live}
    assert await taken(tuesday, wednesday) == [counted.get(tuesday, 0), counted.get(wednesday, 0)]
    assert sum(counted.values()) == 2
