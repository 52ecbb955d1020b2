"""A coordinator's morning: what each structure needs, the most pressing first, and several followed up at once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ateliers import database
from ateliers.experiences.support import Need, by_departement, list_supported, search
from ateliers.mail.email import Email
from ateliers.mail.outbox import OutboxRow
from ateliers.network.emails import COMPOSERS
from ateliers.network.following_up import ManyFollowUps, follow_up_many
from ateliers.network.notes import list_notes
from ateliers.network.people import get_person
from ateliers.refusals import Invalid, NotAllowed, NotFound
from tests.world import (
    NOON,
    START,
    make_event,
    make_nadia,
    make_paule,
    make_samir,
    make_session,
    make_structure,
)

LONG_AGO = NOON - timedelta(days=200)


async def a_territory():
    """One that asks to join, one silent, one without attendance, one that is well, one new, one far away."""
    ids = {
        "candidate": await make_structure("Candidate", state="submitted", admitted_at=None),
        "silent": await make_structure("Silencieuse", admitted_at=LONG_AGO),
        "missing": await make_structure("Sans liste", admitted_at=LONG_AGO, departement="21"),
        "well": await make_structure("Active", admitted_at=LONG_AGO),
        "new": await make_structure("Nouvelle", admitted_at=NOON - timedelta(days=5)),
        "far": await make_structure("Au loin", admitted_at=LONG_AGO, departement="974", region="04"),
    }
    await make_session(await make_event(ids["silent"]), starts_at=NOON - timedelta(days=100), outcome="held_empty")
    await make_session(await make_event(ids["missing"]), starts_at=NOON - timedelta(days=6))
    well = await make_event(ids["well"])
    await make_session(well, starts_at=NOON - timedelta(days=2))
    await make_session(well, starts_at=START)
    return ids, await get_person(await make_paule())


async def test_whoever_needs_her_most_comes_first():
    ids, paule = await a_territory()
    await follow_up_many(
        ManyFollowUps(structures=[ids["well"]], text="Rappeler.", follow_up_on=date(2026, 11, 24)), by=paule, now=NOON
    )
    found = await list_supported(by=paule, now=NOON)

    assert [(one.structure.name, [need.name for need in one.needs]) for one in found] == [
        ("Candidate", ["EXAMINE"]),
        ("Active", ["FOLLOW_UP", "CHARTER"]),
        ("Sans liste", ["ATTENDANCE", "CHARTER"]),
        ("Silencieuse", ["SILENT", "CHARTER"]),
        ("Nouvelle", ["CHARTER"]),
    ]
    assert [(NOON - one.lively.last_at).days for one in found if one.lively and one.lively.last_at] == [2, 6, 100]
    assert [one.structure.name for one in search(found, words="silenc nevers")] == ["Silencieuse"]
    assert [one.structure.name for one in search(found, need=Need.ATTENDANCE, departement="21")] == ["Sans liste"]
    assert [(d.code, d.structures, d.ahead, d.silent, d.in_need) for d in by_departement(found)] == [
        ("21", 1, 0, 0, 1),
        ("58", 3, 1, 1, 3),
    ]
    samir = await get_person(await make_samir(ids["well"]))
    with pytest.raises(NotAllowed):
        await list_supported(by=samir, now=NOON)


async def test_several_are_written_to_at_once_and_it_is_noted_for_each():
    ids, paule = await a_territory()
    both = [ids["silent"], ids["missing"]]
    await make_samir(ids["silent"])
    await make_nadia(ids["missing"])
    asked = ManyFollowUps(structures=[*both, ids["silent"]], text="Tout va bien ?", write=True)

    assert await follow_up_many(asked, by=paule, now=NOON) == (2, 1)
    assert [[(n.kind.value, n.text) for n in await list_notes(id)] for id in both] == [
        [("e_mail", "Tout va bien ?")]
    ] * 2
    [row] = await database.fetch(
        OutboxRow,
        """SELECT id, kind, subject_id, data, thread, sequence, created_at, 1 AS attempts, 0 AS refusals,
                  NULL AS last_outcome, false AS superseded, NULL AS first_of_thread FROM outbox""",
    )
    mail = await COMPOSERS[row.kind](row, NOON)
    assert isinstance(mail, Email)
    assert (mail.to_address, mail.reply_to) == ("samir@example.test", "paule@example.test")
    for wrong, refusal in (([], Invalid), ([ids["far"]], NotFound), ([database.new_id(), both[0]], NotFound)):
        with pytest.raises(refusal):
            await follow_up_many(ManyFollowUps(structures=wrong, text="x"), by=paule, now=NOON)
    assert await database.fetch_value("SELECT count(*) FROM structure_note") == 2
