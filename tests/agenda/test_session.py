"""What a session says of itself: seats in words, whether it takes bookings, who may see it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ateliers.agenda.sessions import (
    get_session,
    list_events_of,
    list_next_sessions,
    list_sessions,
    next_session_of_each,
)
from ateliers.network.people import get_person
from ateliers.words import speaking
from tests.world import (
    NOON,
    START,
    make_event,
    make_nadia,
    make_paule,
    make_person,
    make_session,
    make_structure,
)


@pytest.mark.parametrize(
    ("values", "event", "french", "english"),
    [
        ({"capacity": 10}, {}, "Il reste 10 places", "10 seats left"),
        ({"capacity": 10, "seats_taken": 9}, {}, "Il reste 1 place", "1 seat left"),
        ({"capacity": 10, "seats_taken": 10}, {}, "Complet, liste d’attente ouverte", "Full, waiting list open"),
        ({"capacity": 10, "seats_taken": 10}, {"waiting_max": 0}, "Complet", "Full"),
        ({"capacity": 10, "seats_taken": 10, "seats_waiting": 20}, {}, "Complet", "Full"),
        ({"capacity": 5, "seats_taken": 8, "overbooked": 3}, {"waiting_max": 0}, "Complet", "Full"),
        ({"capacity": None}, {}, "Des places pour tout le monde", "Seats for everyone"),
        ({"capacity": None}, {"kind": "stand"}, "Entrée libre, sans inscription", "Come as you are, no booking needed"),
    ],
)
async def test_seats_are_told_in_words(values, event, french, english):
    session = await get_session(await make_session(await make_event(**event), **values))

    assert session.places_in_words() == french
    with speaking("en"):
        assert session.places_in_words() == english


async def test_a_lowered_capacity_leaves_no_seat_and_no_negative_one():
    session = await get_session(await make_session(capacity=5, seats_taken=8, overbooked=3))

    assert (session.seats_left, session.is_full) == (0, True)


async def test_bookings_are_taken_until_the_start_of_what_takes_place():
    open_one = await get_session(await make_session())
    assert open_one.takes_bookings(START - timedelta(seconds=1))
    assert not open_one.takes_bookings(START)
    assert not open_one.is_over(START)
    assert open_one.is_over(START + timedelta(hours=2))

    structure_id = open_one.structure_id
    called_off = await get_session(await make_session(await make_event(structure_id), called_off_at=NOON))
    draft = await get_session(await make_session(await make_event(structure_id, state="draft", published_at=None)))
    stand = await get_session(await make_session(await make_event(structure_id, kind="stand"), capacity=None))
    assert [session.takes_bookings(NOON) for session in (called_off, draft, stand)] == [False, False, False]


@pytest.mark.parametrize(
    ("event", "seen"),
    [
        ({}, (True, True, True, True)),
        ({"visibility": "link"}, (True, True, True, True)),
        ({"visibility": "network"}, (False, True, True, True)),
        ({"state": "draft", "published_at": None}, (False, False, True, True)),
        ({"state": "archived"}, (True, True, True, True)),
        ({"public_from": NOON}, (True, True, True, True)),
        ({"public_from": NOON + timedelta(minutes=1)}, (False, False, True, True)),
    ],
)
async def test_who_may_see_a_session(event, seen):
    structure_id = await make_structure()
    session = await get_session(await make_session(await make_event(structure_id, **event)))
    elsewhere = await get_person(
        await make_person("Elsa", "ambassador", structure_id=await make_structure("CPAM du Doubs", departement="25"))
    )
    nadia = await get_person(await make_nadia(structure_id))
    paule = await get_person(await make_paule())

    assert tuple(session.may_be_seen_by(person, NOON) for person in (None, elsewhere, nadia, paule)) == seen


async def test_a_webinar_stands_in_the_departement_of_its_structure():
    session = await get_session(await make_session(place_id=None, join_url="https://visio.test"))

    assert (session.is_online, session.departement, session.place_name, session.latitude) == (True, "58", None, None)
    assert (session.place_accessibility, session.path) == ([], f"/seances/{session.id}")


async def test_the_lists_of_the_workspace():
    structure_id = await make_structure()
    event_id = await make_event(structure_id)
    coming = await make_session(event_id)
    sooner = await make_session(event_id, starts_at=START - timedelta(days=1))
    called_off = await make_session(event_id, starts_at=START + timedelta(days=1), called_off_at=NOON)
    await make_session(event_id, starts_at=NOON - timedelta(days=3))
    await make_session(event_id, starts_at=NOON - timedelta(days=4), outcome="held")
    await make_session(event_id, starts_at=NOON - timedelta(days=5), called_off_at=NOON - timedelta(days=6))
    elsewhere = await make_event(await make_structure("CPAM du Doubs"))
    await make_session(elsewhere)

    assert [s.id for s in await list_next_sessions([structure_id], now=NOON)] == [sooner, coming, called_off]
    assert [e.id for e in await list_events_of([structure_id])] == [event_id]
    assert await list_events_of([structure_id], skip=1) == []
    following = await next_session_of_each([event_id, elsewhere], now=NOON)
    assert (following[event_id].id, len(following)) == (sooner, 2)
    assert [s.id for s in await list_sessions([coming, sooner])] == [sooner, coming]
    assert await list_sessions([]) == []
