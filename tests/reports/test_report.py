"""The report in SQL agrees with a plain count, for every grouping, indicator and reader."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from ateliers import database
from ateliers.agenda.kinds import Kind
from ateliers.network.people import Person, Role, RoleName
from ateliers.refusals import Invalid, NotAllowed
from ateliers.reports.counting import count_cells, count_year
from ateliers.reports.grouping import Grouping, Part
from ateliers.reports.indicator import Counts
from ateliers.reports.indicators import COUNTED, RATES
from ateliers.reports.masking import Mask
from ateliers.reports.report import Cell, Rate, Report, report
from ateliers.reports.rollups import roll_days
from ateliers.reports.scope import Scope, own_structures, territory
from tests.reports.network import FINE, NOW, expected, expected_cells, insert_tally, make_network
from tests.world import START, make_booking, make_event, make_session, make_structure

EVERYTHING = Scope(is_outside=False)
START_DAY, END_DAY = NOW.date() - timedelta(days=60), NOW.date() + timedelta(days=10)


@pytest.mark.parametrize("seed", range(4))
async def test_sql_agrees_with_a_plain_count(seed: int) -> None:
    chance = random.Random(seed)
    network = await make_network(chance)
    scopes = [
        EVERYTHING,
        Scope(structures=[network[0].structure, network[1].structure], is_outside=False),
        Scope(departements=["58", "974"], is_outside=False),
    ]
    if seed % 2:  # with sums of the days long over, and without any
        while await roll_days(NOW):
            pass
    for by in Grouping:
        for scope in scopes:
            for kind in (None, Kind.WORKSHOP):
                made = await report(by=by, start=START_DAY, end=END_DAY, kind=kind, scope=scope, now=NOW)
                wanted = expected(network, by, START_DAY, END_DAY, kind.value if kind else None, scope)
                direct = await report(by=by, start=START_DAY, end=END_DAY, kind=kind, scope=scope, now=NOW, direct=True)
                assert made == direct
                shown = {row.key: {key: cell.value for key, cell in row.counts.items()} for row in made.rows}
                filled = {key: wanted.get(key, Counts()) for key in shown}
                assert wanted.keys() <= shown.keys()
                assert by in (Grouping.MONTH, Grouping.NATION) or wanted.keys() == shown.keys()
                assert shown == {key: {one.key: one.value(filled[key]) for one in COUNTED} for key in shown}
                total = sum(wanted.values(), Counts())
                assert {key: cell.value for key, cell in made.total.counts.items()} == {
                    one.key: one.value(total) for one in COUNTED
                }
                assert total.sessions == total.held + total.called_off + total.planned + total.missing
                for part in Part:
                    asked = (by, part, START_DAY, END_DAY)
                    cells = expected_cells(network, *asked, kind.value if kind else None, scope)
                    assert await count_cells(*asked, kind, scope, now=NOW) == cells
                if by in FINE and kind is None:
                    year = (date(2026, 1, 1), date(2026, 12, 31), None, scope)
                    assert await count_year(by, 2026, scope, now=NOW) == (
                        expected_cells(network, Grouping.DEPARTEMENT, Part.MONTH, *year),
                        expected_cells(network, by, Part.QUARTER, *year),
                    )


async def a_small_report(**wanted: object):
    session = await make_session(await make_event(await make_structure()), outcome="held", seats_taken=0)
    await make_booking(session, seats=3)
    await make_booking(session, seats=4)
    await make_booking(session, state="given_back", seats=2)
    await insert_tally(session, present=4, absent=2, excused=0, walk_ins=1)
    return await report(
        **{
            "by": Grouping.STRUCTURE,
            "start": date(2026, 12, 1),
            "end": date(2026, 12, 1),
            "scope": EVERYTHING,
            "now": START + timedelta(days=1),
            **wanted,
        }
    )


async def test_rates_have_their_numerator_and_denominator() -> None:
    made = await a_small_report()

    assert {one.key: made.rows[0][one.key] for one in RATES} == {
        "fill_rate": Rate(Cell(7), Cell(10)),
        "attendance_rate": Rate(Cell(4), Cell(6)),
        "absence_rate": Rate(Cell(2), Cell(6)),
        "cancellation_rate": Rate(Cell(2), Cell(9)),
        "calling_off_rate": Rate(Cell(0), Cell(1)),
    }
    assert made.rows[0]["cancellation_rate"].value == 2 / 9
    assert made.rows[0].label == "CCAS de Nevers"


async def test_small_counts_are_hidden_outside_the_structure() -> None:
    made = await a_small_report(scope=Scope(is_outside=True), start=date(2026, 10, 1), end=date(2026, 12, 31))

    row = made.rows[0]
    assert row["absent"] == Cell(None, Mask.FEW)
    assert row["sessions_held"] == Cell(1)
    assert made.total["absent"] == Cell(None, Mask.FEW)
    rate = row["absence_rate"]
    assert (rate.value, rate.mask) == (None, Mask.WITHHELD)
    plain = made.plain()["rows"][0]
    assert plain["figures"]["absent"] is None
    assert plain["masked"]["absent"] == "few"


async def test_days_that_are_no_whole_months_tell_no_people() -> None:
    outside = Scope(is_outside=True)
    month = {"start": date(2026, 12, 1), "end": date(2026, 12, 31), "scope": outside}
    made = await a_small_report(by=Grouping.NATION, scope=outside)
    people = {one.key for one in COUNTED if one.is_about_people}

    assert {key for key, cell in made.total.counts.items() if cell.mask is Mask.WITHHELD} == people
    assert made.total["sessions_held"] == Cell(1)
    by_month = await report(by=Grouping.MONTH, **month, now=NOW)
    assert by_month.rows[0].counts == by_month.total.counts
    assert any(by_month.total[key].value for key in people)
    quarter = month | {"start": date(2026, 10, 1), "kind": Kind.WORKSHOP}
    nation = await report(by=Grouping.NATION, **quarter, now=NOW)
    for by, asked, total in ((Grouping.STRUCTURE, month, by_month.total), (Grouping.MONTH, quarter, nation.total)):
        made = await report(by=by, **asked, now=NOW)
        assert {made.rows[-1][key].mask for key in people} == {Mask.WITHHELD}
        assert made.total.counts == total.counts


@pytest.mark.parametrize("kind", [None, Kind.WORKSHOP])
async def test_a_total_hides_the_same_in_every_table(kind: Kind | None) -> None:
    await make_network(random.Random(5))

    async def figures(by: Grouping, departements: list[str] | None, kind: Kind | None = kind) -> Report:
        scope = Scope(departements=departements, is_outside=True)
        return await report(by=by, start=date(2026, 1, 1), end=date(2026, 12, 31), kind=kind, scope=scope, now=NOW)

    nation = {row.key: row.counts for row in (await figures(Grouping.DEPARTEMENT, None)).rows}
    structures = {row.key: row.counts for row in (await figures(Grouping.STRUCTURE, None)).rows}
    assert any(cell.mask for counts in nation.values() for cell in counts.values())
    for departement, counts in nation.items():
        its = {by: await figures(by, [departement]) for by in Grouping}
        assert [made.total.counts for made in its.values()] == [counts] * len(Grouping)
        if kind is not None:  # as the table of all kinds says
            all_kinds = await figures(Grouping.KIND, [departement], kind=None)
            assert [row.counts for row in all_kinds.rows if row.key == kind.value] == [counts]
        for row in its[Grouping.STRUCTURE].rows:
            if row.counts["sessions"] == structures[row.key]["sessions"]:  # all of them here
                assert row.counts == structures[row.key]


@pytest.mark.parametrize("departements", [None, ["21", "58"], ["58", "75"]])
async def test_a_sum_is_shown_when_all_that_it_is_made_of_is(departements: list[str] | None) -> None:
    await make_network(random.Random(6))

    async def total(start: date, end: date, departements: list[str] | None) -> dict[str, Cell]:
        scope = Scope(departements=departements, is_outside=True)
        return (await report(by=Grouping.NATION, start=start, end=end, scope=scope, now=NOW)).total.counts

    periods = [(date(2026, 9, 1), date(2026, 9, 30)), (date(2026, 10, 1), date(2026, 12, 31))]
    whole = await total(periods[0][0], periods[1][1], departements)
    parts = [
        await total(*part, one)
        for part in periods
        for one in ([None] if departements is None else [[code] for code in departements])
    ]
    for key, cell in whole.items():
        assert (cell.mask is None) == all(part[key].mask is None for part in parts)
        assert cell.mask or cell.value == sum(part[key].value or 0 for part in parts)


async def test_nothing_to_divide_is_no_rate() -> None:
    made = await report(by=Grouping.NATION, start=date(2030, 1, 1), end=date(2030, 1, 31), scope=EVERYTHING, now=NOW)

    assert [row.key for row in made.rows] == ["FR"]
    assert [made.total[one.key].value for one in RATES] == [None] * len(RATES)


async def test_months_without_a_session_have_their_line() -> None:
    made = await a_small_report(by=Grouping.MONTH, start=date(2026, 11, 30), end=date(2027, 1, 1))

    assert [(row.key, row.label, row["sessions"].value) for row in made.rows] == [
        ("2026-11", "novembre 2026", 0),
        ("2026-12", "décembre 2026", 1),
        ("2027-01", "janvier 2027", 0),
    ]


async def test_the_day_is_the_one_of_the_place() -> None:
    """A session at 01:00 in La Réunion is of that day, though it is the day before in Paris."""
    moment = START.replace(hour=21)  # 01:00 the day after, there
    await make_session(await make_event(await make_structure()), starts_at=moment, zone="Indian/Reunion")

    made = await report(by=Grouping.NATION, start=date(2026, 12, 2), end=date(2026, 12, 2), scope=EVERYTHING, now=NOW)

    assert made.total["sessions"].value == 1


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [
        (date(2026, 2, 1), date(2026, 1, 1), "end"),
        (date(1, 1, 1), date(2026, 1, 1), "start"),
        (date(2026, 1, 1), date(9999, 12, 31), "end"),
        (date(2000, 1, 1), date(2026, 1, 1), "end"),
    ],
)
async def test_a_period_that_nobody_means_is_refused(start: date, end: date, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await report(by=Grouping.NATION, start=start, end=end, scope=EVERYTHING, now=NOW)
    assert list(refused.value.errors) == [field]


def test_whose_figures_a_person_sees() -> None:
    one, two = database.new_id(), database.new_id()

    def person(*roles: Role) -> Person:
        return Person(id=one, name="X", email="x@example.test", language="fr", roles=list(roles))

    assert own_structures(
        person(Role(RoleName.MANAGER, structure_id=one), Role(RoleName.AMBASSADOR, structure_id=two))
    ) == Scope(structures=[one], is_outside=False)
    assert territory(person(Role(RoleName.COORDINATOR, departements=["58", "21"]))) == Scope(
        departements=["21", "58"], is_outside=True
    )
    assert territory(person(Role(RoleName.FUNDER))) == Scope(is_outside=True)
    assert territory(person(Role(RoleName.NATIONAL))) == Scope(is_outside=True)
    for refused in (Role(RoleName.AMBASSADOR, structure_id=one), Role(RoleName.OPERATOR)):
        with pytest.raises(NotAllowed):
            own_structures(person(refused))
        with pytest.raises(NotAllowed):
            territory(person(refused))
