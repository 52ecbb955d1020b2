"""A form to publish is kept at each step, shown as the public will read it, found again, thrown away."""

from __future__ import annotations

import re
from datetime import timedelta

from ateliers import clock, database
from ateliers.agenda.unfinished import KEPT, purge_unfinished
from tests.web.typed import NEXT_WEEK, local, workshop
from tests.world import make_nadia, make_place, make_samir, make_structure

NEW = "/espace/evenements/nouveau"
WEEKLY = {"repeat": "weekly", "repeat_times": "3", "skip_holidays": ""}


def plain(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).replace("\u00a0", " ").split())


async def test_a_form_is_kept_as_it_stands_and_gone_once_published(browser_of):
    structure_id = await make_structure()
    samir = await browser_of(await make_samir(structure_id))
    nadia = await browser_of(await make_nadia(structure_id))
    form = (await samir.get(f"{NEW}?type=workshop")).text
    draft = re.search(r'name="brouillon" value="([^"]+)"', form)[1]
    incomplete = workshop(title="Prendre rendez-vous", dates=[""], commune="", brouillon=draft, publish="")

    blank = await samir.post(NEW, data={"kind": "workshop", "brouillon": draft, "save": "1"})
    assert (blank.status_code, await database.fetch_value("SELECT count(*) FROM unfinished_event")) == (422, 0)
    saved = await samir.post(NEW, data={**incomplete, "title": "Pr", "save": "1"})
    assert (saved.status_code, "Le brouillon est enregistré" in plain(saved.text)) == (200, True)
    assert 'href="#f-title"' in saved.text
    refused = await samir.post(NEW, data={**incomplete, "minutes": "x", "publish": "1"})
    assert (refused.status_code, "Brouillon enregistré à" in plain(refused.text)) == (422, True)

    [row] = await database.fetch_rows("SELECT id::text, title FROM unfinished_event")
    assert dict(row) == {"id": draft, "title": "Prendre rendez-vous"}
    left = f"{NEW}?brouillon={draft}"
    for page in (NEW, "/espace/evenements"):
        assert left in (await samir.get(page)).text
        assert left not in (await nadia.get(page)).text
    found = (await samir.get(left)).text
    assert ('value="Prendre rendez-vous"' in found, 'value="x"' in found) == (True, True)
    assert (await nadia.get(left)).status_code in {403, 404}

    done = await samir.post(NEW, data=workshop(title="Prendre rendez-vous", brouillon=draft))
    assert done.status_code == 303
    assert await database.fetch_value("SELECT count(*) FROM unfinished_event") == 0


async def test_the_preview_shows_what_the_public_will_read(browser_of):
    structure_id = await make_structure()
    samir = await browser_of(await make_samir(structure_id))
    place = str(await make_place(owner_id=structure_id, accessibility=["step_free"]))
    where = {"place_id": place, "place_name": "", "address": "", "commune": ""}
    off = f"{NEXT_WEEK + timedelta(days=7):%Y-%m-%d}"
    typed = workshop(**WEEKLY, **where, title="", programme="Ouvrir\nÉcrire", except_days=[off], publish="")

    beside = await samir.post("/espace/evenements/apercu", data=typed)
    shown = plain(beside.text)
    assert (beside.status_code, "<html" in beside.text) == (200, False)
    assert [text in shown for text in ("Titre à écrire", "chaque semaine, le", "3 dates", "vous l’avez retiré")] == [
        True,
        True,
        True,
        True,
    ]
    assert "Médiathèque Jean-Jaurès, 17 rue Jean-Jaurès, 58000 Nevers" in shown
    assert "Sans marche" in shown
    whole = await samir.post(NEW, data={**typed, "preview": "1"})
    assert (whole.status_code, "3 dates" in plain(whole.text), "recap-erreurs" in whole.text) == (200, True, False)
    wrong = await samir.post("/espace/evenements/apercu", data={**typed, "repeat_times": ""})
    assert "Dites jusqu’à quel jour" in plain(wrong.text)
    assert local(NEXT_WEEK) in whole.text

    await purge_unfinished(clock.now() + KEPT + timedelta(days=1))
    assert await database.fetch_value("SELECT count(*) FROM unfinished_event") == 0


async def test_dates_of_a_rule_are_seen_before_they_are_added(browser_of):
    structure_id = await make_structure()
    samir = await browser_of(await make_samir(structure_id))
    created = await samir.post(NEW, data=workshop())
    dates = f"{created.headers['location']}/dates"
    asked = {"local_start": local(NEXT_WEEK + timedelta(days=1)), "repeat": "fortnightly", "repeat_times": "3"}

    seen = await samir.post(dates, data={**asked, "preview": "1"})
    assert (seen.status_code, "3 dates" in plain(seen.text)) == (200, True)
    assert await database.fetch_value("SELECT count(*) FROM session") == 1
    assert (await samir.post(dates, data=asked)).status_code == 303
    assert await database.fetch_value("SELECT count(*) FROM session") == 4
