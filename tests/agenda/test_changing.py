"""Moving and calling off: what changes, who may, what is refused; the revision says that somebody must be told."""

# ruff: noqa: DTZ001 - the clock on the wall has no zone

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from ateliers.agenda.changing import (
    Move,
    SessionCalledOff,
    SessionStarted,
    call_off_session,
    move_session,
    preview_move,
)
from ateliers.agenda.drafts import About
from ateliers.agenda.publishing import EventArchived, update_event
from ateliers.agenda.sessions import get_session
from ateliers.database import fetch_value, new_id
from ateliers.network.people import Person, get_person
from ateliers.refusals import Invalid, NotAllowed, NotFound
from tests.world import (
    NOON,
    SAINT_DENIS,
    START,
    make_event,
    make_nadia,
    make_paule,
    make_person,
    make_place,
    make_samir,
    make_session,
    make_structure,
)

WEDNESDAY = datetime(2026, 12, 2, 10, 0)


async def a_session(*, event: dict | None = None, **values) -> tuple[UUID, Person]:
    structure_id = await make_structure()
    by = await get_person(await make_samir(structure_id))
    return await make_session(await make_event(structure_id, **(event or {})), **values), by


async def test_a_new_date_keeps_the_length_and_remembers_the_old_start():
    session_id, by = await a_session()

    moved = await move_session(session_id, Move(local_start=WEDNESDAY), by=by, now=NOON)

    assert (moved.local_start, moved.starts_at) == (WEDNESDAY, datetime(2026, 12, 2, 9, tzinfo=UTC))
    assert moved.ends_at - moved.starts_at == timedelta(hours=2)
    assert (moved.revision, moved.moved_at, moved.previous_start) == (1, NOON, START)

    again = await move_session(
        session_id, Move(local_start=WEDNESDAY + timedelta(days=1), minutes=30), by=by, now=NOON + timedelta(hours=1)
    )

    assert (again.revision, again.previous_start) == (2, moved.starts_at)
    assert again.ends_at - again.starts_at == timedelta(minutes=30)


async def test_another_place_alone_is_told_but_is_no_other_date():
    session_id, by = await a_session()
    place_id = await make_place(name="Mairie")

    moved = await move_session(session_id, Move(place_id=place_id), by=by, now=NOON)

    assert (moved.place_name, moved.starts_at, moved.revision) == ("Mairie", START, 1)
    assert (moved.moved_at, moved.previous_start, moved.updated_at) == (None, None, NOON)


async def test_a_longer_session_is_told_too():
    session_id, by = await a_session()

    moved = await move_session(session_id, Move(minutes=180), by=by, now=NOON)

    assert (moved.ends_at, moved.revision, moved.previous_start) == (START + timedelta(hours=3), 1, None)


async def test_overseas_the_promised_hour_is_that_of_the_new_place():
    session_id, by = await a_session()
    place_id = await make_place(name="Maison de quartier", **SAINT_DENIS)

    moved = await move_session(session_id, Move(place_id=place_id), by=by, now=NOON)

    assert (moved.zone, moved.local_start) == ("Indian/Reunion", datetime(2026, 12, 1, 14))
    assert (moved.starts_at, moved.previous_start) == (datetime(2026, 12, 1, 10, tzinfo=UTC), START)


async def test_the_link_of_a_webinar_changes():
    session_id, by = await a_session(event={"kind": "webinar"}, place_id=None, join_url="https://visio.test/1")

    moved = await move_session(session_id, Move(join_url="https://visio.test/2"), by=by, now=NOON)

    assert (moved.join_url, moved.revision, moved.previous_start) == ("https://visio.test/2", 1, None)


async def test_nothing_new_changes_nothing():
    session_id, by = await a_session()
    before = await get_session(session_id)

    assert await move_session(session_id, Move(), by=by, now=NOON) == before
    assert await move_session(session_id, Move(local_start=before.local_start, minutes=120), by=by, now=NOON) == before
    assert await get_session(session_id) == before


async def test_a_draft_is_corrected_without_a_word():
    session_id, by = await a_session(event={"state": "draft", "published_at": None})

    moved = await move_session(session_id, Move(local_start=WEDNESDAY), by=by, now=NOON)

    assert (moved.local_start, moved.revision, moved.moved_at, moved.previous_start) == (WEDNESDAY, 0, None, None)


async def test_a_preview_shows_the_change_and_keeps_nothing():
    session_id, by = await a_session()
    before = await get_session(session_id)
    places = await fetch_value("SELECT count(*) FROM place")

    [change] = await preview_move(
        session_id, Move(local_start=WEDNESDAY, place_name="Mairie", commune="Decize"), by=by, now=NOON
    )

    after = change.after
    assert (change.before, change.is_new) == (before, True)
    assert (after.local_start, after.place_name, after.commune_name, after.revision) == (
        WEDNESDAY,
        "Mairie",
        "Decize",
        1,
    )
    assert await get_session(session_id) == before
    assert await fetch_value("SELECT count(*) FROM place") == places
    with pytest.raises(Invalid):
        await preview_move(session_id, Move(local_start=datetime(2026, 1, 1)), by=by, now=NOON)


@pytest.mark.parametrize(
    ("move", "errors"),
    [
        (Move(local_start=datetime(2026, 11, 1)), {"local_start": "This date is in the past."}),
        (
            Move(local_start=datetime(2027, 3, 28, 2, 30)),
            {"local_start": "This time does not exist: clocks go forward that night."},
        ),
        (Move(local_end=datetime(2026, 12, 1, 13)), {"local_end": "The end comes before the start."}),
        (Move(place_id=UUID(int=7)), {"place_id": "We do not know this place."}),
        (Move(join_url="https://visio.test"), {"join_url": "Only an online event has a link."}),
        (
            Move(place_name="Mairie", commune="Trifouillis", local_start=datetime(2026, 11, 1)),
            {"commune": "We do not know this commune. Try its postcode.", "local_start": "This date is in the past."},
        ),
    ],
)
async def test_a_move_that_cannot_be_is_refused_and_nothing_is_kept(move, errors):
    session_id, by = await a_session()
    before = await get_session(session_id)

    with pytest.raises(Invalid) as refusal:
        await move_session(session_id, move, by=by, now=NOON)

    assert refusal.value.errors == errors
    assert await get_session(session_id) == before


async def test_calling_off_keeps_date_and_reason():
    session_id, by = await a_session()

    session = await call_off_session(session_id, "  L’ambassadrice est malade.  ", by=by, now=NOON)

    assert (session.is_called_off, session.called_off_at, session.called_off_reason, session.revision) == (
        True,
        NOON,
        "L’ambassadrice est malade.",
        1,
    )
    assert await call_off_session(session_id, "Encore", by=by, now=NOON + timedelta(hours=1)) == session
    with pytest.raises(SessionCalledOff):
        await move_session(session_id, Move(local_start=WEDNESDAY), by=by, now=NOON)


@pytest.mark.parametrize("reason", ["", "  ", "ab", "a" * 501])
async def test_calling_off_says_why(reason):
    session_id, by = await a_session()

    with pytest.raises(Invalid):
        await call_off_session(session_id, reason, by=by, now=NOON)

    assert (await get_session(session_id)).called_off_at is None


async def test_what_has_begun_is_neither_moved_nor_called_off():
    session_id, by = await a_session()

    with pytest.raises(SessionStarted):
        await move_session(session_id, Move(local_start=WEDNESDAY), by=by, now=START)
    with pytest.raises(SessionStarted):
        await call_off_session(session_id, "Trop tard", by=by, now=START)


async def test_an_archived_event_stays_as_it_is():
    session_id, by = await a_session(event={"state": "archived"})

    with pytest.raises(EventArchived):
        await move_session(session_id, Move(local_start=WEDNESDAY), by=by, now=NOON)


async def test_only_managers_of_the_structure_change_its_sessions():
    structure_id = await make_structure()
    session_id = await make_session(await make_event(structure_id))
    nadia = await get_person(await make_nadia(structure_id))
    paule = await get_person(await make_paule())
    stranger = await get_person(await make_person("Inconnu"))

    for by, refusal in ((nadia, NotAllowed), (paule, NotFound), (stranger, NotFound)):
        with pytest.raises(refusal):
            await move_session(session_id, Move(local_start=WEDNESDAY), by=by, now=NOON)
        with pytest.raises(refusal):
            await preview_move(session_id, Move(local_start=WEDNESDAY), by=by, now=NOON)
        with pytest.raises(refusal):
            await call_off_session(session_id, "Pour voir", by=by, now=NOON)
    with pytest.raises(NotFound):
        await call_off_session(new_id(), "Pour voir", by=nadia, now=NOON)
    assert (await get_session(session_id)).revision == 0


async def test_moving_and_retitling_at_once_never_wait_for_each_other():
    structure_id = await make_structure()
    by = await get_person(await make_samir(structure_id))
    event_id = await make_event(structure_id)
    sessions = [await make_session(event_id, starts_at=START + timedelta(days=n)) for n in range(3)]
    places = [await make_place(name=f"Salle {n}") for n in range(5)]

    changes = [
        move_session(session_id, Move(place_id=place_id), by=by, now=NOON)
        for place_id in places
        for session_id in sessions
    ]
    changes += [update_event(event_id, About(title=f"Titre {n}"), by=by, now=NOON) for n in range(5)]
    await asyncio.gather(*changes)

    assert [(await get_session(session_id)).revision for session_id in sessions] == [10, 10, 10]
