"""Report pages: figures with their meaning for a manager, masked for a coordinator, nothing for others."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import openpyxl
import pypdf
import pytest

from ateliers import clock
from ateliers.words import PARIS
from tests.reports.network import insert_tally
from tests.world import (
    make_booking,
    make_event,
    make_nadia,
    make_paule,
    make_person,
    make_place,
    make_samir,
    make_session,
    make_structure,
)


async def a_past_session(structure: UUID) -> UUID:
    session = await make_session(await make_event(structure), starts_at=clock.now() - timedelta(days=3), outcome="held")
    await make_booking(session, seats=9)
    await insert_tally(session, present=6, absent=2, excused=0, walk_ins=1)
    return session


def the_year_of(*, days: int) -> dict[str, str]:
    """The calendar year of so many days ago, as a question."""
    year = (clock.now() - timedelta(days=days)).year
    return {"start": f"{year}-01-01", "end": f"{year}-12-31"}


async def test_a_manager_reads_the_figures_of_the_structure(browser_of) -> None:
    structure = await make_structure()
    await a_past_session(structure)
    await make_session(await make_event(structure), starts_at=clock.now() - timedelta(days=3))
    browser = await browser_of(await make_samir(structure))

    page = await browser.get("/espace/rapports", params={"by": "structure"})

    assert page.status_code == 200
    assert '<a href="/espace/appel">Toutes les listes à remplir</a>' in page.text
    assert "Taux de présence" in page.text
    assert "75,0\u00a0%" in page.text
    assert "6\u00a0/\u00a08" in page.text
    assert "présents ÷ places renseignées" in page.text
    assert "moins de 5" not in page.text
    assert page.text.count('viewBox="0 0 360 ') == page.text.count('<figure class="graphique">') == 4
    assert "style=" not in page.text


@pytest.mark.parametrize("by", ["structure", "commune", "departement", "region", "nation", "kind", "month"])
@pytest.mark.parametrize("language", ["", "/en"])
async def test_every_grouping_has_its_page(browser_of, by: str, language: str) -> None:
    structure = await make_structure()
    await a_past_session(structure)
    browser = await browser_of(await make_paule())

    page = await browser.get(
        f"{language}/coordination/rapports", params={"by": by, "kind": "workshop", **the_year_of(days=3)}
    )

    assert page.status_code == 200
    assert ("fewer than 5" if language else "moins de 5") in page.text


async def test_a_reader_narrows_the_figures_to_a_part_of_the_territory(browser_of) -> None:
    await a_past_session(await make_structure())
    paule = await browser_of(await make_paule("58", "21"))
    national = await browser_of(await make_person("Nadège", "national", email="n@example.test"))
    asked = {"by": "kind", "where": "21"} | the_year_of(days=3)

    page = await paule.get("/coordination/rapports", params=asked)
    assert '<option value="21" selected>Côte-d’Or (21)</option>' in page.text
    assert "Aucune séance dans cette période." in page.text
    assert "<h1>Côte-d’Or (21)<br>" in page.text
    assert (await paule.get("/coordination/rapports/rapport.json", params=asked)).json()["rows"] == []
    assert "moins de 5" in (await national.get("/coordination/rapports", params=asked | {"where": "region-27"})).text
    mapped = (await paule.get("/coordination/rapports", params={"by": "departement"} | the_year_of(days=3))).text
    assert ("<title>Côte-d’Or (21) – 0</title>" in mapped, "Un département absent du tableau" in mapped) == (True, True)
    for name in ("", "/rapport.csv"):
        assert (await paule.get(f"/coordination/rapports{name}", params=asked | {"where": "974"})).status_code == 422


async def test_readers_outside_are_offered_the_days_that_can_be_told(browser_of) -> None:
    await a_past_session(await make_structure())
    paule = await browser_of(await make_paule())
    path, days = "/coordination/rapports", {"start": "2026-03-05", "end": "2026-09-10"}

    def chosen(page: str) -> list[str]:
        return re.findall(r'class="puce"[^>]* aria-current="true">([^<]+)', page)

    usual = (await paule.get(path)).text
    assert (
        "Personnes différentes" in usual,
        "Le nombre de personnes différentes n’est donné qu’au sein d’une structure" in usual,
    ) == (
        False,
        True,
    )
    assert chosen(usual) == [str(clock.now().astimezone(ZoneInfo(PARIS)).year)]
    assert "Les 12 derniers mois" not in usual
    first = (await paule.get(path, params={"start": "2000-01-01", "end": "2000-12-31"})).text
    assert ("?start=1999" in first, "?start=2001" in first) == (False, True)
    quarter = (await paule.get(path, params={"by": "kind", "start": "2026-04-01", "end": "2026-06-30"})).text
    assert (chosen(quarter), "Mois de 2026" in quarter) == (["2e trimestre"], False)  # kinds are told by quarters
    assert "?start=2026-07-01&amp;end=2026-09-30&amp;by=kind" in quarter
    for by, whole, nearest in (
        ("kind", "trimestres", ["2e trimestre 2026", "du 01/01/2026 au 30/09/2026"]),
        ("departement", "mois", ["du 01/04/2026 au 31/08/2026", "du 01/03/2026 au 30/09/2026"]),
    ):
        page = (await paule.get(path, params=days | {"by": by})).text
        note = page[page.index('<div class="note">') : page.index('class="chiffres"')]
        assert f"Ces jours ne sont pas des {whole} entiers" in note
        assert re.findall(r'class="puce"[^>]*>([^<]+)', note) == nearest
        told = (await paule.get(f"{path}/rapport.json", params=days | {"by": by})).json()["about"]["notes"]
        assert told[-1].endswith(f": {', '.join(nearest)}.")
    never = (await paule.get(path, params={"by": "month", "kind": "workshop"})).text
    assert ("Ils ne le sont pas par structure, commune ou mois." in never, 'id="proches"' in never) == (True, False)


async def test_files_come_with_the_same_question(browser_of) -> None:
    structure = await make_structure()
    await a_past_session(structure)
    browser = await browser_of(await make_samir(structure))

    page = await browser.get("/espace/rapports", params={"by": "kind"})
    links = re.findall(r'href="([^"]*)" download', page.text)
    assert len(links) == 12
    for link in links:
        answer = await browser.get(link.replace("&amp;", "&"))
        assert answer.status_code == 200
        assert "attachment" in answer.headers["content-disposition"]
    paper = (
        pypdf.PdfReader(io.BytesIO((await browser.get("/espace/rapports/rapport.pdf")).content)).pages[0].extract_text()
    )
    assert "Séances tenues 1 – avant : 0" in " ".join(paper.split(" ")).replace("\n", " ")
    book = openpyxl.load_workbook(io.BytesIO((await browser.get("/espace/rapports/rapport.xlsx")).content))
    assert list(book["Rapport"].values)[-1][0].startswith("Avant : du ")
    assert "Atelier;1;1" in (await browser.get("/espace/rapports/rapport.csv", params={"by": "kind"})).text
    assert len((await browser.get("/espace/rapports/inscriptions.csv")).text.splitlines()) == 2


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"start": "hier"}, "f-start"),
        ({"start": "2026-02-30"}, "f-start"),
        ({"start": ""}, "f-start"),
        ({"start": "2026-02-01", "end": "2026-01-01"}, "f-end"),
        ({"end": "9999-12-31"}, "f-end"),
        ({"by": "person"}, "f-by"),
        ({"by": "\x00"}, "f-by"),
        ({"kind": "party"}, "f-kind"),
        ({"where": "ailleurs"}, "f-where"),
    ],
)
async def test_a_wrong_question_is_answered_beside_its_field(browser_of, query: dict[str, str], field: str) -> None:
    structure = await make_structure()
    browser = await browser_of(await make_samir(structure))

    page = await browser.get("/espace/rapports", params=query)

    assert page.status_code == 422
    assert ("Écrivez une date qui existe." in page.text) == (query.get("start") in {"hier", "2026-02-30"})
    assert (f'href="#{field}"' in page.text, f'id="{field}"' in page.text) == (True, True)
    for name in ("rapport.csv", "rapport.xlsx", "seances.csv", "inscriptions.csv"):
        assert (await browser.get(f"/espace/rapports/{name}", params=query)).status_code == 422


async def test_reports_are_for_those_who_may_read_them(browser_of, client) -> None:
    structure = await make_structure()
    elsewhere = await make_structure("Emmaüs", slug="emmaus")
    await a_past_session(structure)
    nadia = await browser_of(await make_nadia(structure))
    other = await browser_of(
        await make_person("Samir Ailleurs", "manager", structure_id=elsewhere, email="s2@example.test")
    )
    paule = await browser_of(await make_paule("974"))

    files = ("", "/rapport.csv", "/rapport.xlsx", "/definitions.csv")
    for name in files:
        assert (await nadia.get(f"/espace/rapports{name}")).status_code == 403
        assert (await nadia.get(f"/coordination/rapports{name}")).status_code == 403
        assert (await client.get(f"/espace/rapports{name}")).status_code == 303
    for name in ("/seances.csv", "/inscriptions.csv"):
        assert (await nadia.get(f"/espace/rapports{name}")).status_code == 403
        assert (await paule.get(f"/coordination/rapports{name}")).status_code == 404
    assert "CCAS de Nevers" not in (await other.get("/espace/rapports", params={"by": "structure"})).text
    assert "Nièvre" not in (await paule.get("/coordination/rapports")).text


async def test_a_long_report_is_cut_on_the_page_not_in_the_file(browser_of) -> None:
    event = await make_event()
    yesterday = clock.now() - timedelta(days=1)
    for n in range(502):
        place = await make_place(commune_code=f"58{n:03d}", commune_name=f"Commune {n:03d}")
        await make_session(event, starts_at=yesterday, place_id=place)
    browser = await browser_of(await make_paule())

    asked = {"by": "commune"} | the_year_of(days=1)

    page = await browser.get("/coordination/rapports", params=asked)
    table = await browser.get("/coordination/rapports/rapport.csv", params=asked)

    assert "2 autres sont dans les fichiers" in page.text
    assert page.text.count('<th scope="row">Commune') == 4 * 500
    assert len(table.text.splitlines()) == 1 + 502 + 1
