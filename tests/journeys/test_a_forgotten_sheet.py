"""A manager forgets the sheet: she is asked twice, her coordinator sees it and asks once more, and one tap settles it."""

from __future__ import annotations

import re
from datetime import timedelta

from ateliers import clock, database
from ateliers.attendance.nudges import attendance_missing, sweep
from ateliers.mail.email import Dropped, Email
from ateliers.mail.outbox import claim
from tests.world import make_event, make_paule, make_samir, make_session, make_structure


async def test_a_forgotten_sheet_is_asked_for_until_it_is_told(browser_of):
    now = clock.now()
    structure = await make_structure()
    start = (now - timedelta(days=6)).replace(hour=12, minute=0, second=0, microsecond=0)
    session = await make_session(await make_event(structure, title="Premiers pas"), starts_at=start)
    samir = await browser_of(await make_samir(structure))
    paule = await browser_of(await make_paule())

    # The day after, then four days after, a letter leads to the list.
    asked = [await sweep(start + timedelta(days=days)) for days in range(7)]
    assert asked == [0, 1, 0, 0, 1, 0, 0]
    rows = await claim(10, now=now)
    letters = [await attendance_missing(row, now) for row in rows]
    assert all(isinstance(letter, Email) for letter in letters)
    [path] = {
        re.search(r"/espace/seances/\S+/appel", letter.text)[0] for letter in letters if isinstance(letter, Email)
    }  # type: ignore[index]
    assert path == f"/espace/seances/{session}/appel"

    # Nothing is told: the coordinator sees which session, and asks once more.
    seen = await paule.get("/coordination/presences")
    assert "Premiers pas" in seen.text
    again = await paule.post(f"/coordination/presences/{structure}/relance")
    assert again.status_code == 303
    assert "Cette équipe a déjà été relancée" in (await paule.post(f"/coordination/presences/{structure}/relance")).text

    # Nobody came: one tap says so, and nobody is asked any more.
    told = await samir.post(f"{path}/personne", data={"op": "1"})
    assert told.status_code == 303
    assert "Premiers pas" not in (await paule.get("/coordination/presences")).text
    [last] = [row for row in await claim(10, now=now + timedelta(minutes=1)) if row.data["step"] == "asked"]
    assert await attendance_missing(last, now) == Dropped("Recorded meanwhile.")
    outcome = await database.fetch_value("SELECT outcome FROM session WHERE id = $1", session)
    assert outcome == "held_empty"
