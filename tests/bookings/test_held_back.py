"""Seats held back for phone and partners, until they are everybody's (B11)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ateliers.bookings.book import book_seats
from ateliers.bookings.booking import Channel, Contact, Wish
from ateliers.bookings.held_back import NotThatManyFree, hold_back_seats
from ateliers.bookings.journal import list_journal
from ateliers.bookings.offers import sweep
from ateliers.bookings.resize import resize_session
from ateliers.database import fetch_rows
from ateliers.network.people import get_person
from ateliers.refusals import Invalid, NotAllowed
from tests.world import NOON, START, make_event, make_nadia, make_person, make_samir, make_session, make_structure

UNTIL = NOON + timedelta(days=2)


async def a_session(capacity=3):
    structure = await make_structure()
    return await get_person(await make_nadia(structure)), await make_session(
        await make_event(structure), capacity=capacity
    )


async def counters(session):
    [row] = await fetch_rows("SELECT seats_taken, seats_held_back, held_back_until FROM session WHERE id = $1", session)
    return tuple(row)


async def book(session, name, by=None, channel=Channel.ONLINE):
    wish = Wish(contact=Contact(name=name, email=f"{name.lower()}@example.test"), channel=channel)
    return (await book_seats(session, wish, now=NOON, by=by)).state.value


async def test_the_phone_has_its_seats_whatever_happens_online():
    nadia, session = await a_session()

    await hold_back_seats(session, 2, UNTIL, by=nadia, now=NOON)

    assert [await book(session, name) for name in ("Odile", "Jean")] == ["confirmed", "waiting"]
    assert await book(session, "Lise", by=nadia, channel=Channel.PHONE) == "confirmed"
    assert await counters(session) == (2, 1, UNTIL)
    assert await sweep(UNTIL) == 1
    assert await counters(session) == (3, 0, None)
    assert [line.text.replace("\u00a0", " ") for line in reversed(await list_journal(session))] == [
        "Places réservées au téléphone et aux partenaires. Avant : 0 ; maintenant : 2.",
        "Les places réservées sont maintenant pour tous : 1.",
        "Servi depuis la liste d’attente. Places demandées : 1 ; libres : 1.",
    ]


async def test_a_partner_structure_has_its_share():
    nadia, session = await a_session(capacity=1)
    await hold_back_seats(session, 1, UNTIL, by=nadia, now=NOON)
    elsewhere = await make_structure("Emmaüs Nevers")
    partner = await get_person(await make_person("Ali Ben", "manager", structure_id=elsewhere))

    assert await book(session, "Odile") == "waiting"
    assert await book(session, "Jean", by=partner, channel=Channel.PARTNER) == "confirmed"


async def test_zero_lets_them_go_and_who_waits_is_served():
    nadia, session = await a_session(capacity=1)
    await hold_back_seats(session, 1, None, by=nadia, now=NOON)
    assert await counters(session) == (0, 1, START - timedelta(hours=2))
    assert await book(session, "Odile") == "waiting"

    outcome = await hold_back_seats(session, 0, None, by=nadia, now=NOON)

    assert (len(outcome.promoted), await counters(session)) == (1, (1, 0, None))


async def test_what_is_refused():
    nadia, session = await a_session()
    stranger = await get_person(await make_person("Un Passant"))
    await book(session, "Odile")

    with pytest.raises(NotThatManyFree) as refused:
        await hold_back_seats(session, 3, UNTIL, by=nadia, now=NOON)
    assert refused.value.facts == {"limit": 2}
    with pytest.raises(NotAllowed):
        await hold_back_seats(session, 1, UNTIL, by=stranger, now=NOON)
    for seats, until in ((-1, UNTIL), (1, NOON), (1, START + timedelta(seconds=1))):
        with pytest.raises(Invalid):
            await hold_back_seats(session, seats, until, by=nadia, now=NOON)


async def test_a_lower_capacity_takes_them_first():
    structure = await make_structure()
    nadia, samir = await get_person(await make_nadia(structure)), await get_person(await make_samir(structure))
    session = await make_session(await make_event(structure), capacity=4)
    await book(session, "Odile")
    await hold_back_seats(session, 3, UNTIL, by=nadia, now=NOON)

    resized = await resize_session(session, 2, by=samir, now=NOON)

    assert (resized.taken, resized.overbooked, await counters(session)) == (1, 0, (1, 1, UNTIL))
