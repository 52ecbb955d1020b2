"""Signing in, inviting and the people of a structure, as a browser sees them."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from ateliers import database
from ateliers.clock import now
from ateliers.mail.email import Email
from ateliers.mail.outbox import claim
from ateliers.network import invitations, people, signing_in
from ateliers.network.emails import COMPOSERS
from tests.web.test_network_pages import ODD
from tests.world import make_nadia, make_samir, make_structure


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


async def test_the_link_in_the_e_mail_leads_back_too(client: httpx.AsyncClient):
    await make_samir(await make_structure())
    await client.post("/connexion", data={"email": "samir@example.test", "suite": "/espace/equipe"})
    [row] = await claim(1, now=now())
    email = await COMPOSERS["sign_in"](row, now())
    assert isinstance(email, Email)
    [path] = re.findall(r"/connexion/\S+", email.text)

    page = await client.get(path)

    assert '<input type="hidden" name="suite" value="/espace/equipe">' in page.text
    answer = await client.post(path.partition("?")[0], data={"suite": "/espace/equipe"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/espace/equipe")


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
