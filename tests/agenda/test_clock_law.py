"""A territory changes its clock: the hour that was promised stays, the instant follows, and calendars are told (rule T1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ateliers import database
from ateliers.agenda.clock_law import sweep
from ateliers.agenda.sessions import get_session
from tests.world import NOON, START, make_event, make_session, make_structure

HOUR = timedelta(hours=1)


async def as_if_the_law_had_been_another(session_id, off=HOUR):
    """What stands in the table was worked out by a clock that is `off` from today's."""
    await database.execute(
        "UPDATE session SET starts_at = starts_at + $2, ends_at = ends_at + $2 WHERE id = $1", session_id, off
    )


async def test_the_hour_on_the_wall_stays(db):
    session = await make_session()
    await as_if_the_law_had_been_another(session)
    before = await get_session(session)
    await sweep(NOON)
    after = await get_session(session)

    assert (before.starts_at, after.starts_at, after.ends_at) == (START + HOUR, START, START + 2 * HOUR)
    assert (after.local_start, after.moved_at) == (before.local_start, before.moved_at)
    assert (after.revision, after.updated_at) == (before.revision + 1, NOON)


async def test_what_is_right_is_left_alone(db):
    event = await make_event()
    sessions = [
        await make_session(event),
        await make_session(event, starts_at=datetime(2026, 10, 25, 0, 30, tzinfo=UTC) + timedelta(days=364)),
    ]
    before = [await get_session(session) for session in sessions]
    await sweep(NOON)

    assert [await get_session(session) for session in sessions] == before


async def test_both_readings_of_an_hour_that_comes_twice_are_right(db):
    event = await make_event()
    first = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)  # 2 h 30 in Paris, and an hour later again
    sessions = [await make_session(event, starts_at=moment) for moment in (first, first + HOUR)]
    await sweep(NOON)

    assert [(await get_session(session)).starts_at for session in sessions] == [first, first + HOUR]


async def test_whole_days_stay_whole(db):
    midnight = datetime(2026, 11, 30, 23, tzinfo=UTC)
    session = await make_session(starts_at=midnight, hours=48, all_day=True)
    await as_if_the_law_had_been_another(session)
    await sweep(NOON)

    after = await get_session(session)
    assert (after.starts_at, after.ends_at) == (midnight, midnight + timedelta(days=2))


async def test_what_is_over_and_what_is_a_draft(db):
    structure = await make_structure()
    past = await make_session(await make_event(structure), starts_at=NOON - timedelta(days=1))
    draft = await make_session(await make_event(structure, state="draft", published_at=None))
    for session in (past, draft):
        await as_if_the_law_had_been_another(session)
    await sweep(NOON)

    assert (await get_session(past)).starts_at == NOON - timedelta(days=1) + HOUR
    found = await get_session(draft)
    assert (found.starts_at, found.revision) == (START, 0)
