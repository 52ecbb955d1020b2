"""A coordinator closes the quarter and gives the figures to a funder; a correction comes, and the funder sees that it did."""

from __future__ import annotations

import io
import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import openpyxl
import pypdf

from ateliers import clock, database
from ateliers.web.settled_figures import last_quarter
from tests.reports.network import insert_tally
from tests.world import NEVERS, make_event, make_paule, make_place, make_samir, make_session, make_structure


async def test_the_funders_link_shows_what_was_rectified(browser_of, client) -> None:
    first, last = last_quarter(clock.now())
    structure = await make_structure()
    starts = datetime.combine(first + timedelta(days=20), time(14), tzinfo=ZoneInfo("Europe/Paris"))
    session = await make_session(
        await make_event(structure), place_id=await make_place(**NEVERS), starts_at=starts, outcome="held"
    )
    await insert_tally(session, present=12, absent=6, excused=0, walk_ins=0)
    paule = await browser_of(await make_paule("58", "21"))
    samir = await browser_of(await make_samir(structure))
    days = {"first_day": first.isoformat(), "last_day": last.isoformat()}

    page = await paule.get("/coordination/clotures")
    assert f'value="{first}"' in page.text
    assert (await paule.post("/coordination/clotures", data=days | {"where": "tout"})).status_code == 303
    again = await paule.post("/coordination/clotures", data=days | {"where": "tout"})
    assert "Cette période est déjà clôturée." in again.text
    # In a period that is closed, nobody's tap is taken.
    tap = await samir.post(f"/espace/seances/{session}/appel/venu", data={"op": "un", "name": ""})
    assert tap.status_code in {422, 423, 404}
    asked = f"start={first}&end={last}&by=structure"
    form = await paule.get(f"/coordination/partages?{asked}")
    assert '<option value="structure" selected>' in form.text
    told = days | {"where": "tout", "label": "CPAM", "by": "structure", "kind": "", "days": "30"}
    assert (await paule.post("/coordination/partages", data=told)).status_code == 303
    link = re.search(r'href="(/partage/[^"]+)"', (await paule.get("/coordination/partages")).text)[1]  # type: ignore[index]

    seen = (await samir.get("/espace/clotures")).text
    assert ("Côte-d’Or (21), Nièvre (58), du" in seen, "chiffres.json" in seen) == (True, False)

    shared = await client.get(link)
    assert shared.status_code == 200
    assert "Rien n’a été rectifié depuis." in shared.text
    assert (shared.headers["cache-control"], shared.headers["x-robots-tag"]) == ("no-store", "noindex")
    digest = re.search(r'class="empreinte">([0-9a-f]{64})<', shared.text)[1]  # type: ignore[index]

    where = await paule.get("/coordination/clotures")
    path = re.search(r'action="(/coordination/clotures/[^"]+/reouverture)"', where.text)[1]  # type: ignore[index]
    assert (await paule.post(path, data={"why": "Une feuille est arrivée"})).status_code == 303
    await database.execute("UPDATE tally SET walk_ins = 7 WHERE session_id = $1", session)

    shared = await client.get(link)
    assert "rectifié (à la clôture\u00a0: 12)" in shared.text
    assert "La période est rouverte" in shared.text
    assert digest in shared.text
    for kind in ("csv", "ods"):
        assert (await client.get(f"{link}/rapport.{kind}")).status_code == 200
    table = (await client.get(f"{link}/rapport.csv")).text
    assert (
        table.count("Participations\u00a0: rectifié (à la clôture\u00a0: 12)") == 2
    )  # of the structure, and the total
    assert (digest in table, "La période est rouverte" in table) == (True, True)
    paper = pypdf.PdfReader(io.BytesIO((await client.get(f"{link}/rapport.pdf")).content))
    assert digest in re.sub(r"\s", "", "".join(one.extract_text() for one in paper.pages[:2]))
    assert (await client.get(f"{link}/chiffres.json")).json()["format"] == "ateliers-figures/1"
    assert "Participations 12 19" in " ".join(
        paper.pages[1].extract_text().split() + paper.pages[0].extract_text().split()
    )
    told = (await client.get(f"{link}/rapport.json")).json()["about"]
    assert (told["subject"], ["Total", "Participations", "12", "19"] in told["changes"]) == (
        "Côte-d’Or (21), Nièvre (58)",
        True,
    )
    book = openpyxl.load_workbook(io.BytesIO((await client.get(f"{link}/rapport.xlsx")).content))
    assert ("CCAS de Nevers", "Participations", "12", "19") in list(book["Rectifié"].values)
    assert book["Rapport"]["A1"].value.endswith(" – Côte-d’Or (21), Nièvre (58)")
    there = re.search(r'href="(/coordination/rapports\?[^"]+)"', (await paule.get("/coordination/clotures")).text)
    assert "rectifié (à la clôture" in (await paule.get(there[1].replace("&amp;", "&"))).text  # type: ignore[index]
    beside = await paule.get(f"/coordination/rapports?{asked}")
    assert "rectifié (à la clôture" in beside.text

    back = re.search(
        r'action="(/coordination/partages/[^"]+/retrait)"', (await paule.get("/coordination/partages")).text
    )
    assert (await paule.post(back[1])).status_code == 303  # type: ignore[index]
    assert (await client.get(link)).status_code == 404


async def test_where_nothing_happens_is_for_coordinators(browser_of) -> None:
    structure = await make_structure(admitted_at=clock.now() - timedelta(days=100))
    paule, samir = await browser_of(await make_paule("58")), await browser_of(await make_samir(structure))

    page = await paule.get("/coordination/couverture?mois=3")

    assert "0 / 309" in page.text
    assert "1 signataire sans activité" in page.text
    assert (await samir.get("/coordination/couverture")).status_code == 403
