"""A quarter is closed, a correction comes, and whoever was given the figures sees that they were rectified."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from uuid import UUID

import msgspec
import pytest

from ateliers import database
from ateliers.attendance.closing import close_period, list_periods, reopen_period
from ateliers.network.people import Person, get_person
from ateliers.refusals import Invalid, NotAllowed, NotFound
from ateliers.reports.coverage import coverage_of
from ateliers.reports.extents import UnknownExtent, extents_within, narrow
from ateliers.reports.grouping import Grouping
from ateliers.reports.links import NewLink, create_link, list_links, open_link, revoke_link
from ateliers.reports.masking import Mask
from ateliers.reports.report import report
from ateliers.reports.scope import Scope
from ateliers.reports.snapshots import Rectified, close_figures, compare, find_snapshot, freeze_missing, get_snapshot
from tests.reports.network import insert_tally
from tests.world import (
    NEVERS,
    START,
    make_event,
    make_paule,
    make_person,
    make_place,
    make_samir,
    make_session,
    make_structure,
)

QUARTER = {"first_day": date(2026, 10, 1), "last_day": date(2026, 12, 31)}
JANUARY = START + timedelta(days=45)


async def a_quarter() -> tuple[UUID, UUID, Person]:
    structure = await make_structure()
    session = await make_session(await make_event(structure), place_id=await make_place(**NEVERS), outcome="held")
    await insert_tally(session, present=12, absent=6, excused=0, walk_ins=0)
    return structure, session, await get_person(await make_paule("58", "21"))


def a_link(**wanted: object) -> NewLink:
    return NewLink(**{"label": "Le Département", "where": "tout", "by": Grouping.STRUCTURE, **QUARTER, **wanted})  # type: ignore[arg-type]


async def test_a_correction_after_the_closing_is_shown_as_one() -> None:
    structure, session, paule = await a_quarter()
    period = await close_figures(**QUARTER, departements=["58", "21"], by=paule, now=JANUARY)
    link = await create_link(a_link(), of_structures=False, by=paule, now=JANUARY)

    async def shown():
        one = await open_link(link.path.rpartition("/")[2], now=JANUARY)
        made = await report(by=one.by, start=one.first_day, end=one.last_day, scope=one.scope, now=JANUARY)
        return made, await compare(made, one.scope)

    made, untouched = await shown()
    assert untouched is not None
    assert (untouched.is_closed, untouched.count, untouched.gone) == (True, 0, [])
    frozen = await get_snapshot(period.id, by=paule)
    assert (frozen.hash, frozen.is_genuine) == (hashlib.sha256(frozen.content.encode()).hexdigest(), True)
    assert msgspec.json.decode(frozen.content)["tables"]["structure"]["total"]["counts"]["participations"] == 12

    # Hidden then for the sake of another, a zero that is shown now: nothing was rectified.
    hide = 'UPDATE snapshot SET content = replace(content, \'"masked":{}\', \'"masked":{"excused":"few"}\')'
    await database.execute(hide)
    made, untouched = await shown()
    assert untouched is not None
    assert (made.total["excused"].value, untouched.snapshot.table(made.by, is_masked=True)[""]["excused"].mask) == (
        0,
        Mask.FEW,
    )  # type: ignore[index]
    assert untouched.before == {}

    await reopen_period(period.id, "Une feuille est arrivée", by=paule, now=JANUARY)
    await database.execute("UPDATE tally SET present = 13 WHERE session_id = $1", session)
    made, rectified = await shown()
    assert rectified is not None
    assert made.total["participations"].value == 13
    assert rectified.before[""] == rectified.before[str(structure)]
    assert {key: rectified.before[""][key] for key in ("participations", "present", "seats_recorded")} == {
        "participations": "12",
        "present": "12",
        "seats_recorded": "18",
    }
    assert not rectified.is_closed

    month = {"start": QUARTER["last_day"].replace(day=1), "end": QUARTER["last_day"]}
    scope = Scope(departements=["58"], is_outside=True)
    await close_figures(first_day=month["start"], last_day=month["end"], departements=["58"], by=paule, now=JANUARY)
    for by, is_compared in ((Grouping.DEPARTEMENT, True), (Grouping.STRUCTURE, False)):  # told by quarters
        found = await compare(await report(by=by, **month, scope=scope, now=JANUARY), scope)
        assert found is not None
        assert found.is_compared == is_compared

    again = await close_figures(**QUARTER, departements=["21", "58"], by=paule, now=JANUARY)
    made, still = await shown()
    assert still is not None
    assert (still.is_closed, still.snapshot.period_id, still.before) == (True, period.id, rectified.before)
    assert again.id != period.id


async def test_a_structure_sees_what_was_rectified_in_its_own_small_counts() -> None:
    structure, session, _paule = await a_quarter()
    await database.execute("UPDATE tally SET absent = 3 WHERE session_id = $1", session)
    samir = await get_person(await make_samir(structure))
    period = await close_figures(**QUARTER, structure_id=structure, by=samir, now=JANUARY)

    async def shown(*, is_outside: bool) -> Rectified:
        scope = Scope(structures=[structure], is_outside=is_outside)
        days = {"start": QUARTER["first_day"], "end": QUARTER["last_day"]}
        found = await compare(await report(by=Grouping.KIND, **days, scope=scope, now=JANUARY), scope)
        assert found is not None
        return found

    assert (await shown(is_outside=False)).before == (await shown(is_outside=True)).before == {}
    await reopen_period(period.id, "Une feuille est arrivée", by=samir, now=JANUARY)
    await database.execute("UPDATE tally SET absent = 4 WHERE session_id = $1", session)

    inside, outside = await shown(is_outside=False), await shown(is_outside=True)
    assert inside.before[""]["absent"] == inside.before["workshop"]["absent"] == "3"
    assert "absent" not in outside.before.get("", {})
    assert inside.snapshot.is_genuine
    assert '"absent":3' not in inside.snapshot.content
    await database.execute("UPDATE snapshot SET inside = replace(inside, '\"absent\":3', '\"absent\":2')")
    assert not (await get_snapshot(period.id, by=samir)).is_genuine


async def test_a_snapshot_that_somebody_touched_is_not_genuine() -> None:
    _structure, _session, paule = await a_quarter()
    period = await close_period(**QUARTER, departements=["58"], by=paule, now=JANUARY)
    assert await find_snapshot(period.id) is None

    assert [await freeze_missing(JANUARY), await freeze_missing(JANUARY)] == [1, 0]
    await database.execute("UPDATE snapshot SET content = replace(content, '12', '13')")

    assert not (await get_snapshot(period.id, by=paule)).is_genuine
    with pytest.raises(NotFound):
        await get_snapshot(
            period.id, by=await get_person(await make_person("Zoé", "coordinator", departements=["974"]))
        )


async def test_a_link_opens_until_it_expires_or_is_taken_back() -> None:
    structure, _session, paule = await a_quarter()
    samir = await get_person(await make_samir(structure))
    link = await create_link(a_link(where="58", days=10), of_structures=False, by=paule, now=JANUARY)
    own = await create_link(a_link(where="ccas-de-nevers"), of_structures=True, by=samir, now=JANUARY)
    token = link.path.rpartition("/")[2]

    assert (await open_link(token, now=JANUARY)).extent == "Nièvre (58)"
    assert [one.id for one in await list_links(paule, of_structures=False)] == [link.id]
    assert [one.extent for one in await list_links(samir, of_structures=True)] == ["CCAS de Nevers"]
    assert own.scope.is_outside
    for wrong in (token[:-1], token.replace(token[0], "f" if token[0] != "f" else "e", 1), "", "é" * 48):
        with pytest.raises(NotFound):
            await open_link(wrong, now=JANUARY)
    with pytest.raises(NotFound):
        await open_link(token, now=JANUARY + timedelta(days=10))
    with pytest.raises(NotFound):
        await revoke_link(link.id, by=samir, now=JANUARY)
    await revoke_link(link.id, by=paule, now=JANUARY)
    with pytest.raises(NotFound):
        await open_link(token, now=JANUARY)


async def test_what_a_reader_may_narrow_to() -> None:
    one, other = await make_structure(), await make_structure("Emmaüs", slug="emmaus")
    both = Scope(structures=[one, other], is_outside=False)
    nation, region = Scope(is_outside=True), Scope(departements=["2A", "2B", "974", "58"], is_outside=True)

    assert [choice.value for choice in await extents_within(both)] == ["tout", "ccas-de-nevers", "emmaus"]
    assert narrow(both, await extents_within(both), "emmaus") == Scope(structures=[other], is_outside=False)
    assert [choice.value for choice in await extents_within(region)] == ["tout", "region-94", "2A", "2B", "58", "974"]
    assert narrow(nation, await extents_within(nation), "region-94") == Scope(
        departements=["2A", "2B"], is_outside=True
    )
    assert [choice.value for choice in await extents_within(Scope(departements=["58"], is_outside=True))] == ["58"]


async def test_nobody_closes_or_shares_what_is_not_theirs() -> None:
    structure, _session, paule = await a_quarter()
    samir = await get_person(await make_samir(structure))
    for where, of_structures, by, refused in (
        ("974", False, paule, UnknownExtent),
        ("autre", True, samir, UnknownExtent),
        ("tout", False, samir, NotAllowed),
        ("ccas-de-nevers", True, paule, NotAllowed),
    ):
        with pytest.raises(refused):
            await create_link(a_link(where=where), of_structures=of_structures, by=by, now=JANUARY)
    with pytest.raises(Invalid) as wrong:
        await create_link(a_link(last_day=date(2026, 9, 1)), of_structures=False, by=paule, now=JANUARY)
    assert list(wrong.value.errors) == ["last_day"]
    with pytest.raises(Invalid) as wrong:  # before anything is closed: such figures cannot be frozen
        await close_figures(
            first_day=date(1024, 8, 31), last_day=date(1024, 9, 1), departements=["58"], by=paule, now=JANUARY
        )
    assert (list(wrong.value.errors), await list_periods()) == (["first_day"], [])
    with pytest.raises(NotAllowed):
        await coverage_of(samir, months=12, now=JANUARY)


async def test_coverage_names_communes_and_signatories_without_events() -> None:
    _structure, _session, paule = await a_quarter()
    await make_structure("Emmaüs", slug="emmaus", admitted_at=JANUARY - timedelta(days=100))
    await make_structure("Nouvelle", admitted_at=JANUARY - timedelta(days=80))

    found = await coverage_of(paule, months=3, now=JANUARY)

    nievre = found.departements[1]
    assert [one.code for one in found.departements] == ["21", "58"]
    assert (nievre.with_event, nievre.communes, nievre.without[0].name) == (1, 309, "Cosne-Cours-sur-Loire")
    assert [(one.name, one.last_at) for one in found.silent] == [("Emmaüs", None)]
    later = await coverage_of(paule, months=3, now=JANUARY + timedelta(days=200))
    assert [one.name for one in later.silent] == ["Emmaüs", "Nouvelle", "CCAS de Nevers"]
