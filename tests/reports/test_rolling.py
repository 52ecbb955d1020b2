"""Sums of days long over never say anything else than the sessions do, whatever is corrected afterwards."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ateliers import database
from ateliers.agenda.kinds import Kind
from ateliers.reports import counting
from ateliers.reports import sessions as sessions_one_by_one
from ateliers.reports.counting import count_cells
from ateliers.reports.grouping import Grouping, Part
from ateliers.reports.report import report
from ateliers.reports.rollups import roll_days
from ateliers.reports.scope import Scope
from tests.reports.network import insert_tally
from tests.world import make_booking, make_event, make_place, make_session, make_structure

JUNE = datetime(2024, 6, 3, 12, tzinfo=UTC)  # long ago on the database's own clock, too
NOW = JUNE + timedelta(days=60)
PERIOD = {"start": date(2024, 5, 1), "end": date(2024, 8, 31)}
CHANGES = (
    "UPDATE session SET outcome = 'held' WHERE id = $1",
    "UPDATE session SET called_off_at = now() WHERE id = $1",
    "UPDATE session SET seats_taken = seats_taken + 1, capacity = 40 WHERE id = $1",
    (
        "UPDATE session SET starts_at = starts_at + '3 days', local_start = local_start + '3 days', "
        "ends_at = ends_at + '3 days' WHERE id = $1"
    ),
    "UPDATE tally SET walk_ins = walk_ins + 1 WHERE session_id = $1",
    (
        "INSERT INTO tally (session_id, absent, first_at, last_at) VALUES ($1, 2, now(), now()) "
        "ON CONFLICT (session_id) DO UPDATE SET absent = tally.absent + 2"
    ),
    "INSERT INTO count_sum VALUES ($1, 'activated', 3, now()) ON CONFLICT DO NOTHING",
    "UPDATE count_sum SET total = total + 1 WHERE session_id = $1",
    "INSERT INTO effort_sum VALUES ($1, 1, 1, 60, 0, 60, 0, now()) ON CONFLICT DO NOTHING",
    (
        "UPDATE event SET kind = CASE kind WHEN 'stand' THEN 'workshop' ELSE 'stand' END "
        "WHERE id = (SELECT event_id FROM session WHERE id = $1)"
    ),
    (
        "UPDATE event SET state = CASE state WHEN 'draft' THEN 'published' ELSE 'draft' END "
        "WHERE id = (SELECT event_id FROM session WHERE id = $1)"
    ),
    "UPDATE place SET departement = '21', commune_code = '21231' WHERE id = (SELECT place_id FROM session WHERE id = $1)",
    (
        "UPDATE structure SET commune_name = commune_name || '-sur-Loire' "
        "WHERE id = (SELECT structure_id FROM event e JOIN session s ON s.event_id = e.id WHERE s.id = $1)"
    ),
)


async def roll() -> int:
    days = 0
    while found := await roll_days(NOW):
        days += found
    return days


async def test_sums_and_sessions_agree_after_every_correction(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(7)
    structure = await make_structure()
    places = [await make_place() for _n in range(2)]
    sessions = []
    for n in range(6):
        event = await make_event(structure, kind="workshop", is_cycle=n < 3)
        starts = {"starts_at": JUNE + timedelta(days=n * 6), "place_id": places[n % 2], "overbooked": 99}
        first = await make_session(event, **starts, outcome="held")
        await make_booking(first, seats=2)
        await insert_tally(first, present=1, absent=0, excused=0, walk_ins=1)
        second = await make_session(event, starts_at=JUNE + timedelta(days=n * 6 + 5), lead_id=first if n < 3 else None)
        half = await make_session(
            event, **starts | {"place_id": None}, onsite_id=second, join_url="https://visio.test/a"
        )
        sessions += [first, second, half]

    assert await roll() == (NOW.date() - timedelta(days=4) - JUNE.date().replace(day=1)).days + 1
    assert await database.fetch_value("SELECT count(*) FROM figure_day") > 0
    for table, part in (("figure_month", "month"), ("structure_month", "month"), ("figure_quarter", "quarter")):
        assert await database.fetch_value(f"SELECT count(DISTINCT {part}) FROM {table}") == 2
    whose = ({}, {"departements": ["58"]}, {"structures": [structure]})
    scopes = [Scope(is_outside=is_outside, **one) for one in whose for is_outside in (False, True)]
    for _n in range(80):
        await database.execute(chance.choice(CHANGES), chance.choice(sessions))
        if chance.random() < 0.5:
            await roll()
            assert await database.fetch_value("SELECT count(*) FROM stale_day") == 0
        monkeypatch.setattr(sessions_one_by_one, "FEW_SESSIONS", chance.choice([0, 20_000]))
        asked = {
            "by": chance.choice(list(Grouping)),
            "start": chance.choice([date(2024, 4, 1), date(2024, 5, 1), date(2024, 6, 9)]),
            "end": chance.choice([date(2024, 9, 30), date(2024, 7, 31), date(2024, 7, 20)]),
            "kind": chance.choice([None, Kind.WORKSHOP]),
            "scope": chance.choice(scopes),
            "now": NOW,
        }
        assert await report(**asked) == await report(**asked, direct=True)
        asked["part"] = chance.choice(list(Part))
        assert await count_cells(**asked) == await count_cells(**asked, direct=True)


async def test_a_day_is_summed_once_its_last_session_is_over() -> None:
    event = await make_event(await make_structure(), kind="stand")
    await make_session(event, starts_at=JUNE, hours=24 * 90)

    assert await roll() == (NOW.date() - timedelta(days=4) - JUNE.date().replace(day=1)).days
    made = await report(by=Grouping.NATION, **PERIOD, scope=Scope(is_outside=False), now=NOW)
    assert made.total["sessions_planned"].value == 1


@pytest.mark.parametrize("first", ["chore", "report"])
async def test_a_day_that_is_summed_while_a_report_is_made_counts_once(
    monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    event = await make_event(await make_structure())
    for days in (0, 7):
        await make_session(event, starts_at=JUNE + timedelta(days=days))
    assert await roll_days(JUNE + timedelta(days=5)) == 4
    count_rolled = counting.count_rolled

    async def meanwhile(*args: Any) -> Any:
        if first == "chore":
            await roll()
        cells = await count_rolled(*args)
        await roll()
        return cells

    monkeypatch.setattr(counting, "count_rolled", meanwhile)
    made = await report(by=Grouping.NATION, **PERIOD, scope=Scope(is_outside=False), now=NOW)
    assert made.total["sessions"].value == 2
