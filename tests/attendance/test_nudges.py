"""A forgotten sheet is asked for the day after and four days after, once each, until somebody tells who came."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ateliers import database
from ateliers.attendance.missing import count_missing
from ateliers.attendance.nudges import (
    AskedToday,
    NothingMissing,
    ask_for_attendance,
    attendance_missing,
    last_asked,
    sweep,
)
from ateliers.attendance.record import record_nobody_came
from ateliers.mail.email import Dropped, Email
from ateliers.mail.outbox import OutboxRow, claim
from ateliers.network.people import get_person
from ateliers.refusals import NotFound
from tests.world import (
    START,
    insert,
    make_event,
    make_nadia,
    make_paule,
    make_person,
    make_samir,
    make_session,
    make_structure,
)

EVENING = START.replace(hour=20)  # of the session's own day
NINE = START.replace(hour=8) + timedelta(days=1)  # the morning after, 9 h in Paris


async def due(now) -> list[OutboxRow]:
    return sorted(await claim(50, now=now), key=lambda row: str(row.data["person"]))


async def test_the_team_is_asked_the_day_after_and_four_days_after(db):
    structure = await make_structure()
    session = await make_session(await make_event(structure, title="Premiers pas"))
    await make_session(await make_event(structure, title="Le même jour"), starts_at=START - timedelta(hours=4))
    await make_session(await make_event(structure, title="Annulé"), called_off_at=START, called_off_reason="x")
    await make_session(await make_event(structure, title="Brouillon", state="draft", published_at=None))
    nadia = await get_person(await make_nadia(structure))
    samir = await get_person(await make_samir(structure))
    await make_person("Yves Loin", "manager", structure_id=await make_structure("Loin", slug="loin"))
    team = sorted((nadia.id, samir.id), key=str)

    steps = {moment: await sweep(moment) for moment in (EVENING, NINE - timedelta(minutes=1), NINE, NINE)}
    first = await due(NINE)
    again = [await sweep(START.replace(hour=8) + timedelta(days=days)) for days in (2, 3, 4, 4, 20)]

    assert (list(steps.values()), again) == ([0, 0, 0], [0, 0, 2, 0, 0])  # the same moment twice: nothing new
    assert [row.data["person"] for row in first] == [str(id) for id in team]
    letter = await attendance_missing(first[0], NINE)
    assert isinstance(letter, Email)
    assert letter.subject == "Qui est venu ? La présence manque pour 2 séances"
    assert [title in letter.text for title in ("Premiers pas", "Le même jour", "Annulé", "Brouillon")] == [
        True,
        True,
        False,
        False,
    ]
    assert f"/espace/seances/{session}/appel" in letter.text
    [reminder, _other] = [row for row in await due(NINE + timedelta(days=3)) if row.data["step"] == "4"]
    later = await attendance_missing(reminder, NINE + timedelta(days=3))
    assert isinstance(later, Email)
    assert "coordinatrice" in later.text


async def test_nothing_is_asked_once_it_is_told_or_settled(db):
    structure = await make_structure()
    session = await make_session(await make_event(structure))
    samir = await get_person(await make_samir(structure))
    await sweep(NINE)
    [row] = await due(NINE)

    await record_nobody_came(session, "1", by=samir, now=NINE)

    assert await attendance_missing(row, NINE) == Dropped("Recorded meanwhile.")
    assert (await count_missing([structure], now=NINE), await sweep(NINE + timedelta(days=3))) == ({}, 0)
    await make_session(await make_event(structure))
    day = START.date()
    closed = {"first_day": day, "last_day": day, "closed_at": NINE}
    await insert("closed_period", departements=["25"], **closed)
    later = NINE + timedelta(days=3)
    assert await count_missing([structure], now=later) == {structure: 1}  # elsewhere is not here
    await insert("closed_period", departements=["58"], **closed)
    assert (await count_missing([structure], now=later), await sweep(later)) == ({}, 0)


async def test_the_coordinator_asks_once_more_but_once_a_day(db):
    structure = await make_structure()
    session = await make_session(await make_event(structure))
    samir = await get_person(await make_samir(structure))
    paule, far = (
        await get_person(await make_paule()),
        await get_person(await make_person("Loin", "coordinator", departements=["974"])),
    )
    now = NINE + timedelta(days=9)
    with pytest.raises(NotFound):
        await ask_for_attendance(structure, by=far, now=now)

    asked = await ask_for_attendance(structure, by=paule, now=now)

    assert asked == 1
    with pytest.raises(AskedToday):
        await ask_for_attendance(structure, by=paule, now=now + timedelta(hours=1))
    assert await last_asked([structure]) == {structure: now}
    await record_nobody_came(session, "1", by=samir, now=now)
    with pytest.raises(NothingMissing):
        await ask_for_attendance(structure, by=paule, now=now + timedelta(days=1))
    assert await database.fetch_value("SELECT count(*) FROM outbox") == 1
