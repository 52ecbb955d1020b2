"""Messages in the browser: previewed before they leave, held back and let go, links that do nothing when opened."""

from __future__ import annotations

import re
from datetime import timedelta

from ateliers import clock, database
from ateliers.bookings.bookings import get_booking
from ateliers.experiences.links import stop_path, survey_path
from ateliers.mail import safety
from ateliers.mail.opt_outs import has_opted_out
from ateliers.web.gallery import kinds, show
from tests.bookings.post import receive
from tests.web.rows import fingerprint
from tests.web.scene import make_scene
from tests.world import make_booking, make_event, make_nadia, make_person, make_samir, make_session, make_structure

MESSAGE = {"audience": "confirmed", "subject": "Par la porte de côté", "body": "Bonjour.", "nonce": "0" * 32}


async def a_session():
    structure = await make_structure()
    session = await make_session(await make_event(structure), starts_at=clock.now() + timedelta(days=9))
    await make_booking(session, name="Odile Marchand")
    await make_booking(session, name="Paul Roy", email="paul@example.test")
    await make_booking(session, name="Luc Petit", email=None, phone="0612345678")
    return structure, session


async def test_a_message_is_looked_at_before_it_leaves_and_leaves_once(browser_of):
    structure, session = await a_session()
    nadia = await browser_of(await make_nadia(structure))
    path = f"/espace/seances/{session}/message"

    preview = await nadia.post(path, data=MESSAGE)
    text = preview.text.replace("\u00a0", " ")
    assert ("2 personnes par courriel" in text, "Luc Petit" in text, "Odile Marchand" in text) == (True, True, True)
    assert ("Paul Roy" in text, await database.fetch_value("SELECT count(*) FROM outbox")) == (False, 0)

    assert 'value="Par la porte de côté"' in (await nadia.post(path, data={**MESSAGE, "back": "1"})).text
    for _n in range(2):
        sent = await nadia.post(path, data={**MESSAGE, "confirmed": "1"})
        assert (sent.status_code, sent.headers["location"]) == (303, path)
    assert len(await receive(clock.now())) == 2
    assert "Partis : 2" in (await nadia.get(path)).text.replace("\u00a0", " ")


async def test_a_manager_holds_messages_back_and_lets_them_go(browser_of):
    structure, _ = await a_session()
    samir, nadia = await browser_of(await make_samir(structure)), await browser_of(await make_nadia(structure))
    home = "/espace/envois/ccas-de-nevers"

    assert (await nadia.post(f"{home}/suspension", data={"note": "x"})).status_code == 403
    await samir.post(f"{home}/suspension", data={"note": "Mauvaise date"})
    page = (await nadia.get(home)).text
    assert ("Mauvaise date" in page, "Samir Haddad" in page, "Reprendre les envois" in page) == (True, True, False)
    assert [stop.structure_id for stop in await safety.list_stops()] == [structure]

    await samir.post(f"{home}/reprise")
    assert await safety.list_stops() == []


async def test_only_the_national_team_holds_everything_back(browser_of):
    structure, _ = await a_session()
    samir = await browser_of(await make_samir(structure))
    claire = await browser_of(await make_person("Claire Vidal", "national"))

    assert (await samir.get("/coordination/envois")).status_code == 403
    assert (await samir.post("/coordination/envois/suspension", data={"note": ""})).status_code == 403
    await claire.post("/coordination/envois/suspension", data={"note": "Incident"})
    assert "Les messages de toutes les structures" in (await samir.get("/espace/envois/ccas-de-nevers")).text
    await claire.post("/coordination/envois/reprise")
    assert await safety.list_stops() == []


async def test_the_key_of_a_gateway_is_never_shown_again(browser_of):
    structure, _ = await a_session()
    samir = await browser_of(await make_samir(structure))
    settings = {
        "kind": "http",
        "address": "https://sms.example.test/",
        "secret": "s3cret-key",
        "per_day": "10",
        "body": "json",
    }
    named = {"number_field": "to", "text_field": "text"}

    assert (await samir.post("/espace/envois/ccas-de-nevers/sms", data=settings | named)).status_code == 303
    page = (await samir.get("/espace/envois/ccas-de-nevers")).text
    assert ("s3cret-key" in page, "Une clé est enregistrée." in page) == (False, True)


async def test_a_survey_is_answered_once_and_without_a_name(client):
    scene = await make_scene()

    assert "Reviendrez-vous" in (await client.get(scene.survey)).text
    wrong = await client.post(scene.survey, data={"question": "perhaps"})
    assert (wrong.status_code, "recap-erreurs" in wrong.text) == (422, True)
    assert "aident CCAS de Nevers" in (await client.post(scene.survey, data={"question": "yes"})).text
    assert "aident CCAS de Nevers" in (await client.get(scene.survey)).text
    assert (await client.post(scene.survey, data={"question": "no"})).status_code == 409
    assert await database.fetch_value("SELECT count(*) FROM survey_answer") == 1


async def test_one_click_without_a_cookie_stops_surveys_and_nothing_else(client):
    _, session = await a_session()
    booking = await get_booking(await make_booking(session, email="rose@example.test"))
    path = stop_path(booking)

    assert ((await client.get(path)).status_code, await has_opted_out("rose@example.test", "survey")) == (200, False)
    for _n in range(2):
        answer = await client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, await has_opted_out("rose@example.test", "survey")) == (200, True)
    assert await get_booking(booking.id) == booking


async def test_opening_a_link_of_any_message_changes_nothing(client):
    """Mail scanners open every link (rule P4)."""
    scene = await make_scene()
    survey = survey_path(await get_booking(scene.booking))
    keys = {"ma-reservation": scene.private, "rappels": scene.reminders, "avis": survey}
    links = set()
    for kind in kinds():
        shown = show(kind)
        links |= set(re.findall(r"http://ateliers\.test(/[^\s\"<>)]*)", shown.text + shown.html))
    before = await fingerprint()
    opened = set()
    for link in links:
        parts = link.split("/")
        # The same link, with the key of a booking that exists.
        real = "/".join([keys[parts[1]], *parts[4:]]) if parts[1] in keys and len(parts) > 3 else link
        for ask in (client.get, client.head):
            opened.add((parts[1], (await ask(real)).status_code))

    assert await fingerprint() == before
    assert {("ma-reservation", 200), ("rappels", 200), ("avis", 200), ("espace", 303)} <= opened
    assert {status for _, status in opened} <= {200, 303, 404, 405}
