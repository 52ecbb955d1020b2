"""The network's pages as a browser sees them: signatories, applying, coordinating."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ateliers import database
from ateliers.clock import now
from ateliers.network import applications, charter
from ateliers.network.structure import StructureState
from ateliers.network.structures import get_structure, get_structure_by_id
from ateliers.web.coordination import home
from tests.world import NOON, make_event, make_nadia, make_paule, make_person, make_session, make_structure

GOOD = {
    "name": "Les Amis du Numérique",
    "kind": "association",
    "siret": "73282932000074",
    "address": "3 rue des Récollets",
    "commune": "Nevers",
    "manager_name": "Lise Aubert",
    "signatory_name": "Marc Petit",
    "signatory_role": "président",
    "agrees": "1",
}
ODD = ["\x00", "\u202e\u200f", "<script>alert(1)</script>", "a\r\nBcc: x@y.fr", "🙂" * 5000, "x" * 100_000]


async def begun() -> str:
    await applications.request_application_link("lise@example.test", language="fr", now=now())
    id = await database.fetch_value("SELECT id FROM application ORDER BY id DESC")
    return applications.application_path(id, now=now())


async def begun_again() -> str:
    """A fresh application, past the limit of links an hour."""
    await database.execute("DELETE FROM application WHERE structure_id IS NULL")
    return await begun()


def fresh(path: str) -> str:
    """`path` past the second for which public pages are kept: what the test before saw is not shown."""
    return f"{path}?vu={database.new_id()}"


# signatories and applying -------------------------------------------------------------------------


async def test_the_list_and_page_of_signatories_tell_the_date_and_no_name(client: httpx.AsyncClient):
    here = await make_structure(presentation="Nous sommes là.\n<b>Toujours</b>")
    await charter.sign_charter(here, name="Marc Petit", role="maire", now=NOON)
    pending = await make_structure("Pas encore", state="submitted")
    await charter.sign_charter(pending, name="X", role="y", now=NOON)
    await make_structure("Jamais signé")

    answer = await client.get(fresh("/signataires"))
    assert answer.status_code == 200
    assert "1 structure signataire" in answer.text
    assert "Signée le 24/11/2026" in answer.text
    for hidden in ("Pas encore", "Jamais signé", "Marc Petit"):
        assert hidden not in answer.text
    page = await client.get(fresh("/signataires/ccas-de-nevers"))
    assert page.status_code == 200
    assert "Signée le 24/11/2026" in page.text
    assert "&lt;b&gt;Toujours&lt;/b&gt;" in page.text
    assert "Marc Petit" not in page.text
    for slug in ("pas-encore", "jamais-signe", "nulle-part"):
        assert (await client.get(fresh(f"/signataires/{slug}"))).status_code == 404
    assert "Signed on 24 Nov 2026" in (await client.get(fresh("/en/signataires/ccas-de-nevers"))).text


async def test_a_structures_page_shows_public_sessions_only(client: httpx.AsyncClient):
    here = await make_structure()
    await charter.sign_charter(here, name="Marc Petit", role="maire", now=NOON)
    soon = now().replace(microsecond=0) + timedelta(days=4)
    for title, values in (
        ("Atelier ouvert", {}),
        ("Atelier secret", {"visibility": "link"}),
        ("Formation interne", {"visibility": "network"}),
        ("Brouillon", {"state": "draft", "published_at": None}),
    ):
        await make_session(await make_event(here, title=title, **values), starts_at=soon)
    text = (await client.get(fresh("/signataires/ccas-de-nevers"))).text
    assert [title for title in ("ouvert", "secret", "interne", "Brouillon") if title in text] == ["ouvert"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("q=nevers", 200),
        ("departement=58&du=2026-01-01&au=2026-12-31", 200),
        ("departement=99", 422),
        ("du=hier", 422),
        ("du=2026-02-30", 422),
        ("page=0", 422),
        ("page=abc", 422),
        ("page=9999", 200),
        ("q=" + "x" * 500, 422),
        ("q=%00%ff%fe", 200),
    ],
)
async def test_the_search_of_signatories_answers_anything(client: httpx.AsyncClient, query: str, status: int):
    assert (await client.get(f"/signataires?{query}")).status_code == status


async def test_a_structure_applies_from_the_first_page_to_the_answer(
    client: httpx.AsyncClient, browser_of: Any, monkeypatch: pytest.MonkeyPatch
):
    paule = await browser_of(await make_paule("58"))
    assert (await client.post("/rejoindre", data={"email": "lise@example.test"})).status_code == 200
    path = await begun()
    form = await client.get(path)
    assert form.status_code == 200
    assert "Renforcer" in form.text

    answer = await client.post(path, data={**GOOD, "website": "www.amis.example"})
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert "Votre candidature est envoyée" in (await client.get(path)).text

    structure = await get_structure("les-amis-du-numerique")
    assert structure.website == "https://www.amis.example"
    assert "Les Amis du Numérique" in (await paule.get("/coordination")).text
    page = f"/coordination/candidatures/{structure.id}"
    assert "Marc Petit, président" in (await paule.get(page)).text
    refused = await paule.post(f"{page}/modifications", data={"note": " "})
    assert refused.status_code == 422
    assert 'id="f-modifications-err"' in refused.text
    await paule.post(f"{page}/modifications", data={"note": "Précisez l’adresse."})
    correct = await client.get(path)
    assert "Précisez l’adresse." in correct.text
    assert 'value="Nevers (58000)"' in correct.text
    assert "Précisez l’adresse." in (await client.post(path, data=GOOD | {"siret": "1"})).text
    await client.post(path, data=GOOD)
    answer = await paule.post(f"{page}/admission")
    assert (answer.status_code, answer.headers["location"]) == (303, page)
    assert "Votre structure fait partie du réseau." in (await client.get(path)).text
    assert "Les Amis du Numérique" in (await client.get(fresh("/signataires"))).text
    listed = (await paule.get("/coordination/structures?etat=admitted&departement=58")).text
    assert "Aucune séance" in listed
    assert "departement=58&amp;etat=admitted&amp;besoin=" in listed  # what was chosen stays chosen
    assert "choisissez un département" not in listed
    monkeypatch.setattr(home, "MOST", 0)
    assert "choisissez un département" in (await paule.get("/coordination/structures")).text
    assert (await paule.post(f"{page}/refus", data={"note": "Trop tard."})).status_code == 409


async def test_a_robot_that_fills_the_trap_gets_the_same_answer_and_no_link(client: httpx.AsyncClient):
    human = await client.post("/rejoindre", data={"email": "lise@example.test"})
    robot = await client.post("/rejoindre", data={"email": "lise@example.test", "website_2": "http://spam.test"})
    assert (robot.status_code, robot.text) == (human.status_code, human.text)
    assert await database.fetch_value("SELECT count(*) FROM application") == 1


@pytest.mark.parametrize("field", list(GOOD))
async def test_every_missing_answer_is_named_and_what_was_typed_is_kept(client: httpx.AsyncClient, field: str):
    path = await begun()
    answer = await client.post(path, data={k: v for k, v in GOOD.items() if k != field})
    if field == "siret":
        assert answer.status_code == 303
        return
    assert answer.status_code == 422
    assert re.findall(r'id="f-([a-z-]+)-err"', answer.text) == [field.replace("_", "-")]
    for other in ("name", "address", "manager_name"):
        assert other == field or f'value="{GOOD[other]}"' in answer.text
    assert await database.fetch_value("SELECT count(*) FROM structure") == 0


async def test_every_wrong_answer_is_named_at_once(client: httpx.AsyncClient):
    path = await begun()
    typed = {"siret": "123", "rna": "X", "commune": "Atlantis", "website": "ftp://x", "phone": "abc", "email": "x"}
    answer = await client.post(path, data=typed)
    assert answer.status_code == 422
    wrong = re.findall(r'id="f-([a-z-]+)-err"', answer.text)
    assert sorted(wrong) == sorted(
        ["name", "kind", "address", "manager-name", "signatory-name", "signatory-role", "agrees", *typed]
    )
    assert re.findall(r'<li><a href="#f-([a-z-]+)"', answer.text) == wrong


@given(data=st.fixed_dictionaries({}, optional={name: st.text(max_size=400) for name in [*GOOD, "rna", "email", "x"]}))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_typed_is_answered(client: httpx.AsyncClient, data: dict[str, str]):
    body = urlencode({**GOOD, **data}, errors="surrogatepass").encode()
    answer = await client.post(
        await begun_again(), content=body, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code in (303, 409, 422)  # 409: an application of the same structure is there already


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("field", [*GOOD, "rna", "phone", "email", "website", "presentation"])
async def test_odd_answers_are_refused_or_kept_harmless(client: httpx.AsyncClient, field: str, odd: str):
    path = await begun()
    answer = await client.post(path, data=GOOD | {field: odd})
    assert answer.status_code in (303, 409, 422)  # 409: an application of the same structure is there already
    assert "<script>alert" not in answer.text
    stored = str(list(await database.fetch_rows("SELECT * FROM structure"))) + str(
        list(await database.fetch_rows("SELECT * FROM signature"))
    )
    for unseen in ("\x00", "\u202e", "\r"):
        assert unseen not in stored
    if answer.status_code == 422:
        assert await database.fetch_value("SELECT count(*) FROM structure") == 0


async def test_an_application_link_that_is_not_ours_is_gone(client: httpx.AsyncClient):
    for path in ("/rejoindre/abc", "/rejoindre/abc.def", "/rejoindre/%C3%A9.%00"):
        assert (await client.get(path)).status_code == 410
        assert (await client.post(path, data=GOOD)).status_code == 410
        assert (await client.post(path)).status_code == 410
        assert (await client.post(f"{path}/retrait")).status_code == 410


# coordinating -------------------------------------------------------------------------------------


async def test_only_the_territorys_coordinator_sees_and_answers_an_application(browser_of: Any):
    here = await make_structure(state="submitted", admitted_at=None)
    browsers = [
        await browser_of(await make_person("Paul Autre", "coordinator", departements=["25"])),
        await browser_of(await make_nadia(await make_structure("CPAM de la Nièvre"))),
        await browser_of(await make_person("Stranger")),
        await browser_of(await make_person("Fanny Diaz", "funder")),
    ]
    page = f"/coordination/candidatures/{here}"
    for browser in browsers:
        for answer in (
            await browser.get(page),
            await browser.post(f"{page}/admission"),
            await browser.post(f"{page}/refus", data={"note": "Non."}),
            await browser.post(f"{page}/modifications", data={"note": "?"}),
        ):
            assert answer.status_code == 404
            assert "CCAS de Nevers" not in answer.text
    assert (await get_structure_by_id(here)).state is StructureState.SUBMITTED
    home = [(await browser.get("/coordination")).status_code for browser in browsers]
    assert home == [200, 403, 403, 303]
    assert "CCAS de Nevers" not in (await browsers[0].get("/coordination/structures")).text


async def test_a_correction_says_all_that_is_wrong_at_once_and_keeps_what_was_typed(browser_of: Any):
    here = await make_structure()
    paule = await browser_of(await make_paule())
    page = f"/coordination/structures/{here}/corriger"
    assert 'value="Nevers (58000)"' in (await paule.get(page)).text

    answer = await paule.post(page, data={"name": "", "kind": "ccas", "siret": "123", "commune": "Atlantis"})

    assert answer.status_code == 422
    assert re.findall(r'id="f-([a-z-]+)-err"', answer.text) == ["name", "siret", "address", "commune", "why"]
    assert 'value="Atlantis"' in answer.text


@pytest.mark.parametrize("id", ["abc", "00000000-0000-0000-0000-000000000000", "%00"])
async def test_an_application_that_does_not_exist(browser_of: Any, id: str):
    paule = await browser_of(await make_paule())
    assert (await paule.get(f"/coordination/candidatures/{id}")).status_code == 404
    assert (await paule.post(f"/coordination/candidatures/{id}/admission")).status_code == 404
