"""The network's pages as a browser sees them: signing in, signatories, applying, coordinating, inviting."""

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
from ateliers.network import applications, charter, invitations, people, signing_in
from ateliers.network.structure import StructureState
from ateliers.network.structures import get_structure, get_structure_by_id
from tests.world import NOON, make_event, make_nadia, make_paule, make_person, make_samir, make_session, make_structure

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


async def sign_in_path() -> str:
    return signing_in.link_path(await database.fetch_value("SELECT id FROM sign_in ORDER BY id DESC"))


# signing in ---------------------------------------------------------------------------------------


async def test_a_stranger_who_wants_a_staff_page_is_asked_to_sign_in_and_led_back(client: httpx.AsyncClient):
    samir = await make_samir(await make_structure())
    for path in ("/espace/equipe", "/espace/equipe/ccas-de-nevers", "/coordination", "/coordination/structures"):
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/connexion?suite={path}")
    answer = await client.get("/connexion?suite=/espace/equipe")
    assert 'name="suite" value="/espace/equipe"' in answer.text

    answer = await client.post("/connexion", data={"email": "samir@example.test", "suite": "/espace/equipe"})
    assert answer.status_code == 200
    id = await database.fetch_value("SELECT id FROM sign_in")
    typed = {"email": "samir@example.test", "code": signing_in.code_of(id), "suite": "/espace/equipe"}
    answer = await client.post("/connexion/code", data=typed)

    assert (answer.status_code, answer.headers["location"]) == (303, "/espace/equipe")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    found = await signing_in.person_of_session(client.cookies["equipe"], now=now())
    assert found is not None
    assert found.id == samir


async def test_opening_the_link_uses_nothing_and_the_button_signs_in(client: httpx.AsyncClient):
    await make_samir(await make_structure())
    await client.post("/connexion", data={"email": "samir@example.test"})
    path = await sign_in_path()
    for _ in range(3):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert f'<form method="post" action="{path}">' in answer.text
        assert "set-cookie" not in answer.headers
    answer = await client.post(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/espace")
    assert (await client.get(path)).status_code == 410
    assert (await client.post(path)).status_code == 410


async def test_the_answer_is_the_same_for_a_known_and_an_unknown_address(client: httpx.AsyncClient):
    await make_samir(await make_structure())
    known = await client.post("/connexion", data={"email": "samir@example.test"})
    unknown = await client.post("/connexion", data={"email": "paule@example.test"})
    assert known.status_code == unknown.status_code
    assert known.text.replace("samir@", "paule@") == unknown.text


@pytest.mark.parametrize(
    "back", ["https://evil.test/", "//evil.test", "/espace/../../x", "/\\evil", "/api", "/espace\r\nX: y"]
)
async def test_nobody_is_led_to_another_site(client: httpx.AsyncClient, back: str):
    await make_samir(await make_structure())
    await client.post("/connexion", data={"email": "samir@example.test"})
    id = await database.fetch_value("SELECT id FROM sign_in")
    typed = {"email": "samir@example.test", "code": signing_in.code_of(id), "suite": back}
    assert (await client.post("/connexion/code", data=typed)).headers["location"] == "/espace"


async def test_a_wrong_code_is_said_beside_its_field_and_the_address_is_kept(client: httpx.AsyncClient):
    answer = await client.post("/connexion/code", data={"email": "samir@example.test", "code": "000000"})
    assert answer.status_code == 422
    assert 'id="f-code-err"' in answer.text
    assert 'value="samir@example.test"' in answer.text


@pytest.mark.parametrize("odd", [*ODD, "", "nobody", "a@b"])
async def test_odd_answers_at_the_sign_in_are_refused(client: httpx.AsyncClient, odd: str):
    answer = await client.post("/connexion", data={"email": odd})
    assert answer.status_code == 422
    assert 'id="f-email-err"' in answer.text
    assert (await client.post("/connexion/code", data={"email": odd, "code": odd})).status_code == 422
    assert (await client.get("/connexion", params={"suite": odd[:2000]})).status_code == 200


async def test_signing_out_ends_the_session_and_wipes_what_was_kept(browser_of: Any):
    browser = await browser_of(await make_samir(await make_structure()))
    token = browser.cookies["equipe"]
    answer = await browser.post("/deconnexion")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert await signing_in.person_of_session(token, now=now()) is None


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


async def test_a_structure_applies_from_the_first_page_to_the_answer(client: httpx.AsyncClient, browser_of: Any):
    paule = await browser_of(await make_paule("58"))
    assert (await client.post("/rejoindre", data={"email": "lise@example.test"})).status_code == 200
    path = await begun()
    form = await client.get(path)
    assert form.status_code == 200
    assert "Renforcer" in form.text

    answer = await client.post(path, data=GOOD)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert "Votre candidature est envoyée" in (await client.get(path)).text

    structure = await get_structure("les-amis-du-numerique")
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
    await client.post(path, data=GOOD)
    answer = await paule.post(f"{page}/admission")
    assert (answer.status_code, answer.headers["location"]) == (303, page)
    assert "Votre structure fait partie du réseau." in (await client.get(path)).text
    assert "Les Amis du Numérique" in (await client.get(fresh("/signataires"))).text
    assert "Aucune séance" in (await paule.get("/coordination/structures?etat=admitted")).text
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


@given(data=st.fixed_dictionaries({}, optional={name: st.text(max_size=400) for name in [*GOOD, "rna", "email", "x"]}))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_typed_is_answered(client: httpx.AsyncClient, data: dict[str, str]):
    body = urlencode({**GOOD, **data}, errors="surrogatepass").encode()
    answer = await client.post(
        await begun_again(), content=body, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code in (303, 422)


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("field", [*GOOD, "rna", "phone", "email", "website", "presentation"])
async def test_odd_answers_are_refused_or_kept_harmless(client: httpx.AsyncClient, field: str, odd: str):
    path = await begun()
    answer = await client.post(path, data=GOOD | {field: odd})
    assert answer.status_code in (303, 422)
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


@pytest.mark.parametrize("id", ["abc", "00000000-0000-0000-0000-000000000000", "%00"])
async def test_an_application_that_does_not_exist(browser_of: Any, id: str):
    paule = await browser_of(await make_paule())
    assert (await paule.get(f"/coordination/candidatures/{id}")).status_code == 404
    assert (await paule.post(f"/coordination/candidatures/{id}/admission")).status_code == 404


# people of a structure ----------------------------------------------------------------------------


async def test_a_manager_invites_and_the_invited_accepts(client: httpx.AsyncClient, browser_of: Any):
    here = await make_structure()
    samir = await browser_of(await make_samir(here))
    people_page = "/espace/equipe/ccas-de-nevers"
    assert (await samir.get("/espace/equipe")).headers["location"] == people_page
    typed = {"name": "Léa Brun", "email": "lea@example.test", "role": "ambassador"}
    assert (await samir.post(f"{people_page}/invitations", data=typed)).headers["location"] == people_page
    again = await samir.post(f"{people_page}/invitations", data=typed)
    assert again.status_code == 422
    assert 'id="f-email-err"' in again.text

    id = await database.fetch_value("SELECT id FROM invitation")
    assert (await samir.post(f"{people_page}/invitations/{id}/renvoi")).status_code == 303
    path = invitations.invitation_path(id)
    shown = await client.get(path)
    assert "Samir Haddad vous invite." in shown.text
    assert await people.find_person_by_email("lea@example.test") is None
    answer = await client.post(f"{path}/acceptation")
    assert (answer.status_code, answer.headers["location"]) == (303, "/espace")
    page = await client.get(people_page)
    assert page.status_code == 200
    assert "Léa Brun" in page.text
    assert "samir@example.test" not in page.text
    assert (await client.get(path)).status_code == 410
    assert (await client.post(f"{people_page}/invitations", data=typed)).status_code in (403, 422)


async def test_an_invitation_can_be_declined_or_taken_back(client: httpx.AsyncClient, browser_of: Any):
    here = await make_structure()
    samir = await browser_of(await make_samir(here))
    for name in ("lea", "max"):
        typed = {"name": name, "email": f"{name}@example.test", "role": "manager"}
        await samir.post("/espace/equipe/ccas-de-nevers/invitations", data=typed)
    lea, max_ = [row["id"] for row in await database.fetch_rows("SELECT id FROM invitation ORDER BY id")]
    assert "décliné" in (await client.post(f"{invitations.invitation_path(lea)}/refus")).text
    assert (await samir.post(f"/espace/equipe/ccas-de-nevers/invitations/{max_}/retrait")).status_code == 303
    assert (await client.post(f"{invitations.invitation_path(max_)}/acceptation")).status_code == 410
    text = (await samir.get("/espace/equipe/ccas-de-nevers")).text
    assert "Déclinée" in text
    assert "Annulée" in text


async def test_the_last_manager_cannot_leave(browser_of: Any):
    here = await make_structure()
    samir = await browser_of(await make_samir(here))
    nadia = await make_nadia(here)
    roles = {m.person_id: m.role_id for m in await people.list_members(here)}
    page = "/espace/equipe/ccas-de-nevers"
    assert (await samir.post(f"{page}/roles/{roles[nadia]}/retrait")).status_code == 303
    [last] = await people.list_members(here)
    answer = await samir.post(f"{page}/roles/{last.role_id}/retrait")
    assert answer.status_code == 409
    assert "Invitez d’abord" in answer.text


async def test_another_structures_people_are_nobodys_business(browser_of: Any):
    await make_structure()
    other = await browser_of(await make_samir(await make_structure("CPAM du Doubs", departement="25")))
    typed = {"name": "X", "email": "x@example.test", "role": "manager"}
    assert (await other.get("/espace/equipe/ccas-de-nevers")).status_code == 404
    assert (await other.post("/espace/equipe/ccas-de-nevers/invitations", data=typed)).status_code == 404
    assert (await other.get("/espace/equipe/nulle-part")).status_code == 404


@pytest.mark.parametrize("odd", [*ODD, ""])
@pytest.mark.parametrize("field", ["name", "email", "role"])
async def test_odd_invitations_are_refused_or_kept_harmless(browser_of: Any, field: str, odd: str):
    samir = await browser_of(await make_samir(await make_structure()))
    typed = {"name": "Léa Brun", "email": "lea@example.test", "role": "ambassador"} | {field: odd}
    answer = await samir.post("/espace/equipe/ccas-de-nevers/invitations", data=typed)
    assert answer.status_code in (303, 422)
    kept = await database.fetch_value("SELECT count(*) FROM invitation")
    assert kept == (1 if answer.status_code == 303 else 0)
    assert answer.status_code == 422 or field == "name"


@pytest.mark.parametrize("role", ["national", "coordinator", "operator", "funder"])
async def test_a_structure_gives_no_role_outside_itself(browser_of: Any, role: str):
    samir = await browser_of(await make_samir(await make_structure()))
    typed = {"name": "Léa Brun", "email": "lea@example.test", "role": role}
    assert (await samir.post("/espace/equipe/ccas-de-nevers/invitations", data=typed)).status_code == 422
