"""What follows the first publication: more dates, another text, the archive."""

# ruff: noqa: DTZ001 - the clock on the wall has no zone

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import pytest

from ateliers.agenda.about import about_of
from ateliers.agenda.drafts import About, NewSession
from ateliers.agenda.event import EventState
from ateliers.agenda.publishing import (
    EventArchived,
    SessionsAhead,
    add_session,
    archive_event,
    create_event,
    publish_event,
    update_event,
)
from ateliers.agenda.sessions import get_event, get_session, list_sessions_of_event
from ateliers.database import execute, new_id
from ateliers.refusals import Invalid, NotFound
from tests.agenda.drafts import THURSDAY, samir, workshop
from tests.world import (
    NOON,
    make_event,
    make_place,
    make_structure,
)
from tests.world import make_session as insert_session


async def test_one_more_date_is_like_the_latest_where_nothing_is_said():
    by = await samir(await make_structure())
    event = await create_event(workshop(minutes=45), by=by, now=NOON)
    [first] = await list_sessions_of_event(event.id)

    second = await add_session(event.id, NewSession(local_start=THURSDAY), by=by, now=NOON)

    assert (second.place_id, second.zone, second.capacity) == (first.place_id, first.zone, None)
    assert second.ends_at - second.starts_at == timedelta(minutes=45)

    third = await add_session(
        event.id, NewSession(local_start=THURSDAY, local_end=THURSDAY + timedelta(hours=3), capacity=3), by=by, now=NOON
    )
    assert (third.ends_at - third.starts_at, third.capacity) == (timedelta(hours=3), 3)


@pytest.mark.parametrize(
    ("new", "errors"),
    [
        (NewSession(local_start=THURSDAY, local_end=THURSDAY), {"local_end": "The end comes before the start."}),
        (
            NewSession(local_start=THURSDAY, local_end=THURSDAY - timedelta(hours=1)),
            {"local_end": "The end comes before the start."},
        ),
        (
            NewSession(local_start=THURSDAY, local_end=THURSDAY + timedelta(days=3)),
            {"local_end": "A session lasts two days at most."},
        ),
        (
            NewSession(local_start=THURSDAY, local_end=THURSDAY + timedelta(hours=1), minutes=60),
            {"local_end": "Give either an end or a length in minutes."},
        ),
        (
            NewSession(local_start=datetime(2027, 3, 28, 1), local_end=datetime(2027, 3, 28, 2, 15)),
            {"local_end": "This time does not exist: clocks go forward that night."},
        ),
        (NewSession(local_start=datetime(2026, 11, 1)), {"local_start": "This date is in the past."}),
    ],
)
async def test_a_date_that_cannot_be_is_refused(new, errors):
    by = await samir(await make_structure())
    event = await create_event(workshop(), by=by, now=NOON)

    with pytest.raises(Invalid) as refusal:
        await add_session(event.id, new, by=by, now=NOON)

    assert refusal.value.errors == errors
    assert len(await list_sessions_of_event(event.id)) == 1


async def test_the_night_when_clocks_change_counts_real_hours():
    by = await samir(await make_structure())
    event = await create_event(workshop(), by=by, now=NOON)

    spring = await add_session(
        event.id,
        NewSession(local_start=datetime(2027, 3, 28, 1, 30), local_end=datetime(2027, 3, 28, 3, 30)),
        by=by,
        now=NOON,
    )

    assert spring.ends_at - spring.starts_at == timedelta(hours=1)


async def test_editing_keeps_bookings_and_only_a_new_title_concerns_those_who_booked():
    structure_id = await make_structure()
    by = await samir(structure_id)
    event_id = await make_event(structure_id)
    session_id = await insert_session(event_id)
    past_id = await insert_session(event_id, starts_at=NOON - timedelta(days=7))
    about = about_of(await get_event(event_id), "Europe/Paris")

    same_title = msgspec.structs.replace(about, to_bring="Vos lunettes", cutoff_hours=24)
    event = await update_event(event_id, same_title, by=by, now=NOON)
    assert (event.to_bring, event.cutoff, event.updated_at) == ("Vos lunettes", timedelta(hours=24), NOON)
    assert (await get_session(session_id)).revision == 0

    await update_event(event_id, msgspec.structs.replace(about, title="Un autre titre"), by=by, now=NOON)
    session = await get_session(session_id)
    assert (session.revision, session.title) == (1, "Un autre titre")
    assert (await get_session(past_id)).revision == 0


async def test_a_draft_is_retitled_without_telling_anybody():
    by = await samir(await make_structure())
    event = await create_event(workshop(), by=by, now=NOON)

    await update_event(event.id, About(title="Un autre titre"), by=by, now=NOON)

    assert [session.revision for session in await list_sessions_of_event(event.id)] == [0]


async def test_what_is_still_to_come_is_not_archived():
    structure_id = await make_structure()
    by = await samir(structure_id)
    event_id = await make_event(structure_id)
    session_id = await insert_session(event_id)

    with pytest.raises(SessionsAhead):
        await archive_event(event_id, by=by, now=NOON)

    await execute("UPDATE session SET called_off_at = $2 WHERE id = $1", session_id, NOON)
    assert (await archive_event(event_id, by=by, now=NOON)).state is EventState.ARCHIVED
    with pytest.raises(EventArchived):
        await update_event(event_id, About(title="Trop tard"), by=by, now=NOON)
    with pytest.raises(EventArchived):
        await publish_event(event_id, by=by, now=NOON)


async def test_a_draft_with_dates_can_be_put_away():
    by = await samir(await make_structure())
    event = await create_event(workshop(), by=by, now=NOON)

    assert (await archive_event(event.id, by=by, now=NOON)).state is EventState.ARCHIVED


async def test_another_structures_venue_can_be_borrowed():
    lender = await make_structure("CPAM du Doubs")
    place_id = await make_place(owner_id=lender)
    by = await samir(await make_structure())

    event = await create_event(workshop(place_id=place_id, place_name="", address="", commune=""), by=by, now=NOON)

    assert [session.place_id for session in await list_sessions_of_event(event.id)] == [place_id]


async def test_what_does_not_exist_is_not_found():
    by = await samir(await make_structure())

    with pytest.raises(NotFound):
        await publish_event(new_id(), by=by, now=NOON)
    with pytest.raises(NotFound):
        await get_session(new_id())
