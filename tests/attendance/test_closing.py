"""A closed period takes no attendance; reopening says who, when and why."""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from ateliers import database
from ateliers.attendance.closing import (
    CLOSING,
    AlreadyClosed,
    NotClosed,
    PeriodNotOver,
    close_period,
    list_periods,
    locked_by,
    reopen_period,
)
from ateliers.network.people import get_person
from ateliers.refusals import Invalid, NotAllowed
from tests.world import (
    NEVERS,
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

DAY = date(2026, 12, 1)
LATER = START + timedelta(days=3)
OCTOBER = {"first_day": date(2026, 10, 1), "last_day": date(2026, 10, 31)}


async def lock_of(session: UUID) -> object:
    async with database.transaction():
        found = await locked_by(session)
    return found and found.id


async def test_days_of_a_structure_or_of_a_territory_are_closed_and_reopened() -> None:
    structure = await make_structure()
    samir, paule = await get_person(await make_samir(structure)), await get_person(await make_paule())
    event = await make_event(structure)
    session = await make_session(event, place_id=await make_place(**NEVERS))
    overseas = await make_session(event, place_id=await make_place(**SAINT_DENIS), zone="Indian/Reunion")
    after = await make_session(event, starts_at=START + timedelta(days=1))

    own = await close_period(first_day=DAY, last_day=DAY, structure_id=structure, by=samir, now=LATER)
    assert [await lock_of(one) for one in (session, overseas, after)] == [own.id, own.id, None]
    with pytest.raises(AlreadyClosed):
        await close_period(first_day=DAY, last_day=DAY, structure_id=structure, by=samir, now=LATER)
    reopened = await reopen_period(own.id, "Une feuille est arrivée en retard", by=paule, now=LATER)
    assert (reopened.reopened_by, reopened.reopened_why) == ("Paule Guérin", "Une feuille est arrivée en retard")
    with pytest.raises(NotClosed):
        await reopen_period(own.id, "Encore", by=samir, now=LATER)

    region = await close_period(first_day=DAY, last_day=DAY, departements=["58", "21"], by=paule, now=LATER)
    assert [await lock_of(one) for one in (session, overseas)] == [region.id, None]
    assert [one.id for one in await list_periods(structure_ids=[structure])] == [region.id, own.id]
    assert [one.id for one in await list_periods(departements=["58"])] == [region.id]
    assert await list_periods(departements=["974"]) == []


async def test_closing_is_for_who_answers_for_the_figures() -> None:
    structure = await make_structure()
    nadia, samir = await get_person(await make_nadia(structure)), await get_person(await make_samir(structure))
    paule, national = await get_person(await make_paule("58")), await get_person(await make_person("Ana", "national"))

    for by, where in (
        (nadia, {"structure_id": structure}),
        (paule, {"structure_id": structure}),
        (samir, {"departements": ["58"]}),
        (paule, {"departements": ["58", "21"]}),
        (paule, {"departements": []}),
        (paule, {}),
    ):
        with pytest.raises(NotAllowed):
            await close_period(**OCTOBER, **where, by=by, now=LATER)
    nation = await close_period(**OCTOBER, by=national, now=LATER)
    with pytest.raises(NotAllowed):
        await reopen_period(nation.id, "Pour voir", by=paule, now=LATER)
    with pytest.raises(Invalid):
        await reopen_period(nation.id, " ", by=national, now=LATER)
    with pytest.raises(PeriodNotOver):
        await close_period(first_day=DAY, last_day=LATER.date(), structure_id=structure, by=samir, now=LATER)
    for first, last in ((DAY, DAY - timedelta(days=1)), (DAY - timedelta(days=400), DAY)):
        with pytest.raises(Invalid):
            await close_period(first_day=first, last_day=last, structure_id=structure, by=samir, now=LATER)


async def test_a_day_that_is_over_in_paris_is_closed_once_it_is_over_overseas() -> None:
    structure = await make_structure(departement="971")
    national = await get_person(await make_person("Ana", "national"))
    evening = datetime(2026, 12, 1, 23, 0, tzinfo=UTC)  # 19 h in Guadeloupe, midnight in Paris
    webinar = {"starts_at": evening, "zone": "America/Guadeloupe", "place_id": None}
    session = await make_session(await make_event(structure, kind="webinar"), **webinar)
    days = {"first_day": DAY, "last_day": DAY, "by": national}

    with pytest.raises(PeriodNotOver):
        await close_period(**days, now=evening + timedelta(hours=1))
    assert await lock_of(session) is None
    nation = await close_period(**days, now=evening + timedelta(hours=2))
    assert await lock_of(session) == nation.id


async def test_who_closes_waits_for_who_is_writing() -> None:
    structure = await make_structure()
    samir = await get_person(await make_samir(structure))
    session = await make_session(await make_event(structure))
    outside = copy_context()  # a task of another request knows nothing of this transaction
    async with database.transaction():
        assert await locked_by(session) is None
        closing = asyncio.create_task(
            close_period(first_day=DAY, last_day=DAY, structure_id=structure, by=samir, now=LATER), context=outside
        )
        waiting = """SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
            WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.objid = $1 AND NOT l.granted"""
        while not await database.fetch_value(waiting, CLOSING):
            await asyncio.sleep(0.01)
        assert await database.fetch_value("SELECT count(*) FROM closed_period") == 0

    assert await lock_of(session) == (await closing).id
