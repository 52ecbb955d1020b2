"""Bringing sessions in from a file, as a manager does it: choose, look, take."""

from __future__ import annotations

import re

import pytest

from ateliers import database
from tests.world import make_nadia, make_place, make_samir, make_structure

TABLE = "titre;date;heure;lieu\r\nAtelier tablette;12/01/2028;14h;Médiathèque Jean-Jaurès\r\nSans date;;;\r\n"
IMPORT = "/espace/evenements/importer"


async def test_a_manager_looks_at_a_file_and_takes_it(browser_of):
    structure = await make_structure()
    await make_place(owner_id=structure)
    samir = await browser_of(await make_samir(structure))

    model = await samir.get(f"{IMPORT}/modele.csv")
    sent = await samir.post(IMPORT, data={"kind": "workshop"}, files={"file": ("séances.csv", TABLE.encode())})
    preview = await samir.get(sent.headers["location"])
    assert (sent.status_code, "1 séance à importer" in preview.text.replace("\u00a0", " ")) == (303, True)
    assert "mercredi 12 janvier 2028, de 14\u00a0h à 16\u00a0h" in preview.text
    assert await database.fetch_value("SELECT count(*) FROM event") == 0
    done = await samir.post(sent.headers["location"], data={"publish": "1"})
    event_id = await database.fetch_value("SELECT id FROM event WHERE state = 'published'")
    assert re.findall(r'<th scope="row"><a href="([^"]+)"', done.text) == [f"/espace/evenements/{event_id}"]
    assert "déjà connu" in (await samir.get(sent.headers["location"])).text
    # The model is a file that can be brought in as it is.
    sent = await samir.post(IMPORT, data={"kind": "workshop"}, files={"file": ("modele.csv", model.content)})
    assert sent.status_code == 303


@pytest.mark.parametrize(
    ("data", "files", "field"),
    [
        ({"kind": "workshop"}, {}, "file"),
        ({"kind": "workshop"}, {"file": ("a.csv", b"nothing")}, "file"),
        ({"kind": "fete"}, {"file": ("a.csv", TABLE.encode())}, "kind"),
        ({"kind": "stand", "capacity": "0"}, {"file": ("a.csv", TABLE.encode())}, "capacity"),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field(browser_of, data, files, field):
    structure = await make_structure()
    samir = await browser_of(await make_samir(structure))
    answer = await samir.post(IMPORT, data=data, files=files or None)

    assert answer.status_code == 422
    assert f'id="f-{field}-err"' in answer.text


async def test_an_ambassador_brings_nothing_in(browser_of):
    nadia = await browser_of(await make_nadia(await make_structure()))

    assert (await nadia.get(IMPORT)).status_code == 403
