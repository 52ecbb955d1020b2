"""Booking seats: confirmed, waiting, refused; the same wish twice; texts made plain."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec
import pytest

from ateliers.bookings.book import (
    AlreadyBooked,
    BookingClosed,
    BookingNotOpen,
    PartyTooLarge,
    RequestKeyReused,
    SessionFull,
    TooManyBookings,
    book_seats,
    tidy,
)
from ateliers.bookings.booking import BookingState, Channel, Contact, OnBehalf, Wish
from ateliers.bookings.bookings import find_booking_by_code, get_booking, list_bookings, rank_of
from ateliers.bookings.links import booking_by_private_key, manage_path, private_key
from ateliers.bookings.needs import looks_like_nir, purge_needs
from ateliers.database import fetch_rows, fetch_value, new_id, transaction
from ateliers.network.people import Person, Role, RoleName, get_person
from ateliers.refusals import Invalid, NotFound
from tests.world import NOON, START, make_event, make_nadia, make_session, make_structure

ODILE = Wish(contact=Contact(name="Odile Marchand", email="odile@example.test"))


def somebody(number: int, seats: int = 1) -> Wish:
    return Wish(contact=Contact(name=f"Personne {number}", email=f"personne{number}@example.test"), seats=seats)


async def counters(session_id):
    rows = await fetch_rows("SELECT seats_taken, seats_waiting, overbooked FROM session WHERE id = $1", session_id)
    return tuple(rows[0])


async def outbox():
    return [tuple(row) for row in await fetch_rows("SELECT kind, subject_id, thread, sequence FROM outbox ORDER BY id")]


async def test_a_seat_is_confirmed_and_its_email_queued():
    session_id = await make_session(capacity=2)

    booking = await book_seats(session_id, ODILE, now=NOON)

    assert booking.state is BookingState.CONFIRMED
    assert booking == await get_booking(booking.id)
    assert await counters(session_id) == (1, 0, 0)
    assert await outbox() == [("booking_confirmed", booking.id, booking.uid, 0)]


async def test_who_comes_too_late_waits_with_a_rank():
    session_id = await make_session(capacity=2)
    await book_seats(session_id, somebody(1, seats=2), now=NOON)

    second = await book_seats(session_id, somebody(2), now=NOON)
    third = await book_seats(session_id, somebody(3, seats=2), now=NOON)

    assert (second.state, await rank_of(second)) == (BookingState.WAITING, 1)
    assert (third.state, await rank_of(third)) == (BookingState.WAITING, 2)
    assert await rank_of(await get_booking(third.id)) == 2
    assert await counters(session_id) == (2, 3, 0)
    assert [kind for kind, *_ in await outbox()] == ["booking_confirmed", "waiting_list_joined", "waiting_list_joined"]


async def test_booking_is_refused_when_too_few_seats_are_left():
    session_id = await make_session(await make_event(waiting_max=0), capacity=1)

    with pytest.raises(PartyTooLarge):
        await book_seats(session_id, somebody(1, seats=2), now=NOON)
    await book_seats(session_id, somebody(1), now=NOON)
    with pytest.raises(SessionFull) as refusal:
        await book_seats(session_id, somebody(2), now=NOON)

    assert refusal.value.waiting_open is False
    assert len(await outbox()) == 1


async def test_the_waiting_list_is_offered_before_it_is_joined():
    session_id = await make_session(capacity=1)
    await book_seats(session_id, somebody(1), now=NOON)

    with pytest.raises(SessionFull) as refusal:
        await book_seats(session_id, msgspec.structs.replace(ODILE, may_wait=False), now=NOON)

    assert refusal.value.waiting_open is True
    assert await counters(session_id) == (1, 0, 0)


async def test_the_waiting_list_has_a_maximum_length():
    session_id = await make_session(await make_event(waiting_max=2), capacity=1)
    await book_seats(session_id, somebody(1), now=NOON)
    await book_seats(session_id, somebody(2), now=NOON)

    with pytest.raises(PartyTooLarge):  # two seats will never fit into one
        await book_seats(session_id, somebody(3, seats=2), now=NOON)
    await book_seats(session_id, somebody(3), now=NOON)
    with pytest.raises(SessionFull):
        await book_seats(session_id, somebody(4), now=NOON)


async def test_the_same_person_is_shown_their_booking():
    session_id = await make_session()
    first = await book_seats(session_id, ODILE, now=NOON)

    for again in ("ODILE MARCHAND", "Odilé  Marchand"):
        with pytest.raises(AlreadyBooked) as refusal:
            await book_seats(session_id, Wish(contact=Contact(name=again, email="Odile@Example.test")), now=NOON)
        assert refusal.value.booking == first


async def test_one_contact_books_for_another_person():
    session_id = await make_session()
    await book_seats(session_id, ODILE, now=NOON)

    for_mother = msgspec.structs.replace(ODILE, names=["Suzanne Marchand"], on_behalf=OnBehalf.RELATIVE)
    booking = await book_seats(session_id, for_mother, now=NOON)

    assert (booking.state, booking.names, booking.on_behalf) == (
        BookingState.CONFIRMED,
        ["Suzanne Marchand"],
        OnBehalf.RELATIVE,
    )
    assert await counters(session_id) == (2, 0, 0)


async def test_sent_twice_booked_once():
    event_id = await make_event()
    session_id, other = await make_session(event_id), await make_session(event_id)
    keyed = msgspec.structs.replace(ODILE, request_key="form-1")

    first, second = await asyncio.gather(*(book_seats(session_id, keyed, now=NOON) for _ in range(2)))
    third = await book_seats(session_id, keyed, now=NOON + timedelta(hours=1))

    assert first.id == second.id == third.id
    assert await fetch_value("SELECT count(*) FROM booking") == 1
    with pytest.raises(RequestKeyReused):
        await book_seats(other, keyed, now=NOON)
    with pytest.raises(RequestKeyReused):
        await book_seats(session_id, msgspec.structs.replace(somebody(1), request_key="form-1"), now=NOON)


async def test_a_key_used_twice_in_one_round_for_two_people_is_refused_to_the_second():
    session_id = await make_session()
    wishes = [msgspec.structs.replace(somebody(n), request_key="same") for n in (1, 2)]

    answers = await asyncio.gather(*(book_seats(session_id, w, now=NOON) for w in wishes), return_exceptions=True)

    assert [type(answer).__name__ for answer in answers] == ["Booking", "RequestKeyReused"]


async def test_limits_per_contact():
    event_id = await make_event()
    sessions = [await make_session(event_id) for _ in range(7)]
    for session_id in sessions[:5]:
        await book_seats(session_id, ODILE, now=NOON)

    with pytest.raises(TooManyBookings):
        await book_seats(sessions[5], ODILE, now=NOON)
    await book_seats(sessions[5], ODILE, now=NOON + timedelta(hours=2))


async def test_limits_hold_inside_one_round():
    event_id = await make_event()
    sessions = [await make_session(event_id) for _ in range(7)]

    answers = await asyncio.gather(*(book_seats(s, ODILE, now=NOON) for s in sessions), return_exceptions=True)

    assert [type(answer).__name__ for answer in answers] == ["Booking"] * 5 + ["TooManyBookings"] * 2


@pytest.mark.parametrize(
    "closed",
    [
        {"event": {"state": "draft", "published_at": None}},
        {"event": {"kind": "stand"}},
        {"session": {"called_off_at": NOON}},
        {"session": {"starts_at": NOON}},
    ],
)
async def test_closed_sessions_take_no_booking(closed):
    session_id = await make_session(await make_event(**closed.get("event", {})), **closed.get("session", {}))

    with pytest.raises(BookingClosed):
        await book_seats(session_id, ODILE, now=NOON)


async def test_what_does_not_exist_or_is_for_the_network_is_not_found():
    hidden = await make_session(await make_event(visibility="network", kind="training"))

    for session_id in (new_id(), hidden):
        with pytest.raises(NotFound):
            await book_seats(session_id, ODILE, now=NOON)


async def test_staff_book_without_contact_by_phone_and_above_capacity():
    structure_id = await make_structure()
    nadia = await get_person(await make_nadia(structure_id))
    session_id = await make_session(await make_event(structure_id), capacity=1)
    wish = Wish(contact=Contact(name="Marie Petit"), channel=Channel.PHONE, insists=True)

    first = await book_seats(session_id, wish, now=NOON, by=nadia)
    second = await book_seats(session_id, wish, now=NOON, by=nadia)

    assert (first.channel, first.created_by) == (Channel.PHONE, nadia.id)
    assert second.state is BookingState.CONFIRMED
    assert await counters(session_id) == (2, 0, 1)
    notes = await fetch_rows("SELECT what, facts, by_id FROM booking_journal")
    assert [tuple(row) for row in notes] == [("overbooked", {"seats": 1, "above": 1}, nadia.id)]


async def test_another_structure_books_as_a_partner_and_by_the_public_s_rules():
    session_id = await make_session(capacity=1)
    await book_seats(session_id, somebody(1), now=NOON)
    partner = Person(
        id=new_id(), name="Ève", email="eve@example.test", language="fr", roles=[Role(RoleName.MANAGER, new_id())]
    )

    booking = await book_seats(
        session_id, msgspec.structs.replace(ODILE, insists=True, channel=Channel.PARTNER), now=NOON, by=partner
    )

    assert (booking.state, booking.channel, booking.created_by) == (BookingState.WAITING, Channel.PARTNER, None)
    with pytest.raises(Invalid):
        await book_seats(session_id, Wish(contact=Contact(name="Sans contact")), now=NOON, by=partner)


async def test_the_public_can_neither_insist_nor_choose_a_channel():
    session_id = await make_session(capacity=1)
    await book_seats(session_id, somebody(1), now=NOON)

    pushy = msgspec.structs.replace(ODILE, insists=True, channel=Channel.PAPER)
    booking = await book_seats(session_id, pushy, now=NOON)

    assert (booking.state, booking.channel) == (BookingState.WAITING, Channel.ONLINE)


@pytest.mark.parametrize(
    ("contact", "more", "field"),
    [
        ({"name": "\x00\u202e"}, {}, "contact.name"),
        ({"email": None}, {}, "contact.email"),
        ({"email": "odile@exämple..test"}, {}, "contact.email"),
        ({"email": "odile@@example.test"}, {}, "contact.email"),
        ({"email": "odile@example"}, {}, "contact.email"),
        ({"email": "odile@example.test\nBcc: x@y.fr"}, {}, "contact.email"),
        ({"phone": "06 12 34 56 7"}, {}, "contact.phone"),
        ({"phone": "bonjour"}, {}, "contact.phone"),
        ({}, {"names": ["A", "B"]}, "names"),
        ({}, {"needs": "mon numéro : 2 69 05 49 588 157 80"}, "needs"),
        ({"name": "269054958815780"}, {}, "contact.name"),
    ],
)
async def test_wrong_texts_are_named(contact, more, field):
    session_id = await make_session()
    wish = Wish(contact=Contact(**{"name": "Odile", "email": "odile@example.test", **contact}), **more)

    with pytest.raises(Invalid) as refusal:
        await book_seats(session_id, wish, now=NOON)

    assert list(refusal.value.errors) == [field]
    assert await fetch_value("SELECT count(*) FROM booking") == 0


def test_texts_are_made_plain():
    wish = Wish(
        contact=Contact(name=" Odile\r\n Marchand\u202e ", email="Odile@EXEMPLE.fr", phone="+33 6 12 34 56 78"),
        names=["", "Suzanne\x07"],
        seats=2,
        needs="près de l’entrée\x00\r\nmerci",
    )

    tidied = tidy(wish)

    assert tidied.contact == Contact(name="Odile Marchand", email="odile@exemple.fr", phone="0612345678")
    assert tidied.names == ["Suzanne"]
    assert tidied.needs == "près de l’entrée\nmerci"


def test_what_looks_like_a_social_security_number():
    assert looks_like_nir("1 85 05 78 006 084 36")
    assert looks_like_nir("n°2690549588157")
    assert looks_like_nir("1 85 05 2A 006 084 36")
    assert not looks_like_nir("06 12 34 56 78, je viens avec 2 enfants de 12 et 14 ans")
    assert not looks_like_nir("le 1er décembre 2026 à 14 h, salle 12")


async def test_needs_are_forgotten_the_day_after():
    session_id = await make_session()
    booking = await book_seats(session_id, msgspec.structs.replace(ODILE, needs="près de la porte"), now=NOON)

    assert await purge_needs(START + timedelta(hours=20)) == 0
    assert await purge_needs(START + timedelta(hours=27)) == 1
    assert (await get_booking(booking.id)).needs is None


async def test_codes_that_collide_are_drawn_again(monkeypatch):
    session_id = await make_session()
    first = await book_seats(session_id, somebody(1), now=NOON)
    drawn = iter([first.code, "ABCDEF", "ABCDEF", "ABCDEF", "GHJKLM"])
    monkeypatch.setattr("ateliers.bookings.codes.new_code", lambda: next(drawn))

    second = await book_seats(session_id, somebody(2), now=NOON)
    third = await book_seats(session_id, somebody(3), now=NOON)

    assert (second.code, third.code) == ("ABCDEF", "GHJKLM")


async def test_a_booking_is_found_by_its_code_however_typed_and_by_its_link():
    booking = await book_seats(await make_session(), ODILE, now=NOON)

    assert await find_booking_by_code(f" {booking.code[:3].lower()}-{booking.code[3:]} ") == booking
    assert manage_path(booking) == f"/ma-reservation/{booking.code}/{private_key(booking)}"
    assert await booking_by_private_key(booking.code, private_key(booking)) == booking
    assert await booking_by_private_key(booking.code, "a" * 16) is None
    assert await booking_by_private_key("ZZZZZZ", private_key(booking)) is None


async def test_bookings_are_listed_confirmed_first_then_by_rank():
    session_id = await make_session(capacity=1)
    made = [await book_seats(session_id, somebody(n), now=NOON) for n in (3, 2, 1)]

    assert [booking.id for booking in await list_bookings(session_id)] == [booking.id for booking in made]


async def test_a_round_does_not_live_in_its_callers_transaction():
    session_id = await make_session()

    async def faulty():
        async with transaction():
            await book_seats(session_id, ODILE, now=NOON)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await faulty()
    assert await counters(session_id) == (1, 0, 0)


async def test_bookings_open_and_close_at_their_moments_for_everybody_but_staff():
    structure = await make_structure()
    nadia = await get_person(await make_nadia(structure))
    event = await make_event(structure, opens_at=NOON, closing=timedelta(hours=3))
    session = await make_session(event, starts_at=START)
    before, closing = NOON - timedelta(seconds=1), START - timedelta(hours=3)

    def wish(name):
        return Wish(contact=Contact(name=name, email=f"{name.lower()}@example.test"))

    with pytest.raises(BookingNotOpen):
        await book_seats(session, wish("Odile"), now=before)
    with pytest.raises(BookingClosed):
        await book_seats(session, wish("Odile"), now=closing)
    assert [
        (await book_seats(session, wish(name), now=now, by=by)).state
        for name, now, by in (("Odile", NOON, None), ("Jean", before, nadia), ("Lise", closing, nadia))
    ] == [BookingState.CONFIRMED] * 3


async def test_nobody_books_what_is_not_shown_yet_but_staff_may():
    structure = await make_structure()
    nadia = await get_person(await make_nadia(structure))
    session = await make_session(await make_event(structure, public_from=NOON + timedelta(days=1)))
    wish = Wish(contact=Contact(name="Odile", email="odile@example.test"))

    with pytest.raises(NotFound):
        await book_seats(session, wish, now=NOON)
    assert (await book_seats(session, wish, now=NOON, by=nadia)).state is BookingState.CONFIRMED
