"""The workspace's pages for publishing, moving and calling off, as a browser without JavaScript uses them."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from uuid import UUID

import httpx
import pytest

from ateliers.agenda.event import EventState
from ateliers.agenda.sessions import get_event, get_session, list_events_of, list_sessions_of_event
from ateliers.clock import now
from ateliers.database import fetch_value
from ateliers.network.people import get_person
from tests.web.typed import NEXT_WEEK, NO_SUCH_HOUR, local, workshop
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


def text_of(answer: httpx.Response) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


async def test_a_manager_publishes_in_one_form(browser_of):
    structure_id = await make_structure()
    venues = [await make_place(owner_id=structure_id, name=name) for name in ("Annexe", "Mairie")]
    tab = await browser_of(await make_samir(structure_id))
    kinds = await tab.get("/espace/evenements/nouveau")
    assert kinds.status_code == 200
    assert "?type=workshop" in kinds.text
    empty = await tab.get("/espace/evenements/nouveau?type=workshop")
    assert (empty.status_code, 'value="120"' in empty.text, 'value="10"' in empty.text) == (200, True, True)
    assert " selected>Mairie" not in empty.text

    await make_session(await make_event(structure_id, state="draft", published_at=None), place_id=venues[1])
    usual = await tab.get("/espace/evenements/nouveau?type=workshop")
    assert f'<option value="{venues[1]}" selected>' in usual.text

    answer = await tab.post("/espace/evenements/nouveau", data=workshop())

    [event] = [one for one in await list_events_of([structure_id]) if one.title == "Écrire à son médecin"]
    assert (answer.status_code, answer.headers["location"]) == (303, event.path)
    assert event.state is EventState.PUBLISHED
    [session] = await list_sessions_of_event(event.id)
    assert (session.commune_name, session.capacity) == ("Nevers", 10)
    shown = await tab.get(event.path)
    assert shown.status_code == 200
    assert "Écrire à son médecin" in shown.text
    assert f"/espace/seances/{session.id}/affiche/affiche.pdf" in shown.text
    listed = await tab.get("/espace/evenements")
    assert (listed.status_code, "Écrire à son médecin" in listed.text) == (200, True)


async def test_an_empty_form_is_told_all_that_it_lacks_at_once(browser_of):
    tab = await browser_of(await make_samir(await make_structure()))
    answer = await tab.post("/espace/evenements/nouveau", data={"kind": "workshop", "minutes": "0", "publish": "1"})

    assert answer.status_code == 422
    told = re.findall(r'<li><a href="#f-([^"]+)">', answer.text)
    assert sorted(told) == ["dates", "minutes", "place-id", "title"]
    assert await fetch_value("SELECT count(*) FROM event") == 0


async def test_more_rows_for_dates_keep_what_was_typed(browser_of):
    tab = await browser_of(await make_samir(await make_structure()))
    answer = await tab.post("/espace/evenements/nouveau", data=workshop(more="1", title="Déjà écrit"))

    assert answer.status_code == 200
    assert ('value="Déjà écrit"' in answer.text, answer.text.count('name="dates"')) == (True, 6)
    assert local(NEXT_WEEK) in answer.text
    assert await fetch_value("SELECT count(*) FROM event") == 0


async def test_a_draft_is_published_later_and_archived_when_nothing_is_to_come(browser_of):
    structure_id = await make_structure()
    tab = await browser_of(await make_samir(structure_id))
    await tab.post("/espace/evenements/nouveau", data=workshop(publish="0"))
    [event] = await list_events_of([structure_id])
    assert event.state is EventState.DRAFT
    home = await tab.get("/espace")
    assert "Brouillons à publier" in home.text

    assert (await tab.post(f"{event.path}/publier")).status_code == 303
    assert (await get_event(event.id)).state is EventState.PUBLISHED

    refused = await tab.post(f"{event.path}/archiver")
    assert (refused.status_code, "Des séances sont encore à venir" in refused.text) == (409, True)


@pytest.mark.parametrize(
    ("fields", "status", "told"),
    [
        ({"title": ""}, 422, "f-title"),
        ({"title": "\u202e\u200b"}, 422, "f-title"),
        ({"commune": "Trifouillis"}, 422, "Nous ne connaissons pas cette commune"),
        ({"dates": ["2020-01-01T10:00"]}, 422, "Cette date est passée"),
        ({"dates": [NO_SUCH_HOUR]}, 422, "Cette heure n’existe pas"),
        ({"dates": ["demain"]}, 422, "f-dates"),
        ({"dates": []}, 409, "Ajoutez au moins une date"),
        ({"capacity": "0"}, 422, "f-capacity"),
        ({"capacity": "1000000000"}, 422, "f-capacity"),
        ({"capacity": "beaucoup"}, 422, "f-capacity"),
        ({"minutes": "-5"}, 422, "f-minutes"),
        ({"join_url": "javascript:alert(1)"}, 422, "f-join-url"),
        ({"place_id": "x"}, 422, "f-place-id"),
        ({"phone": "<b>0386</b>"}, 422, "f-phone"),
        ({"visibility": "personne"}, 422, "f-visibility"),
        ({"kind": "fête"}, 200, "Que voulez-vous publier"),
    ],
)
async def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_kept(browser_of, fields, status, told):
    tab = await browser_of(await make_samir(await make_structure()))
    answer = await tab.post("/espace/evenements/nouveau", data=workshop(**fields))

    assert (answer.status_code in {status, 422}, told in answer.text) == (True, True)
    assert await fetch_value("SELECT (SELECT count(*) FROM event) + (SELECT count(*) FROM place)") == 0
    if answer.status_code == 422 and "kind" not in fields:
        assert "17 rue Jean-Jaurès" in answer.text


async def test_html_in_a_title_is_text(browser_of):
    structure_id = await make_structure()
    tab = await browser_of(await make_samir(structure_id))
    await tab.post("/espace/evenements/nouveau", data=workshop(title="<script>alert(1)</script>\x00 été"))
    [event] = await list_events_of([structure_id])
    shown = await tab.get(event.path)

    assert event.title == "<script>alert(1)</script> été"
    assert "<script>alert" not in shown.text


async def test_a_venue_of_ours_is_chosen_and_one_more_date_added(browser_of):
    structure_id = await make_structure()
    place_id = await make_place(owner_id=structure_id)
    tab = await browser_of(await make_samir(structure_id))
    chosen = workshop(place_id=str(place_id), place_name="", address="", commune="")
    await tab.post("/espace/evenements/nouveau", data=chosen)
    [event] = await list_events_of([structure_id])
    form = await tab.get(f"{event.path}/dates")
    assert (form.status_code, "Médiathèque Jean-Jaurès" in form.text) == (200, True)

    wrong = await tab.post(f"{event.path}/dates", data={"local_start": "2020-01-01T10:00"})
    assert (wrong.status_code, "Cette date est passée" in wrong.text) == (422, True)
    later = NEXT_WEEK + timedelta(days=2)
    added = await tab.post(f"{event.path}/dates", data={"local_start": local(later), "minutes": "60"})

    assert added.status_code == 303
    assert [s.place_id for s in await list_sessions_of_event(event.id)] == [place_id, place_id]


async def test_a_webinar_asks_for_a_link_and_no_place(browser_of):
    structure_id = await make_structure()
    tab = await browser_of(await make_samir(structure_id))
    form = await tab.get("/espace/evenements/nouveau?type=webinar")
    assert ("f-join-url" in form.text, "f-commune" in form.text) == (True, False)
    fields = {"kind": "webinar", "title": "De chez soi", "dates": [local(NEXT_WEEK)], "publish": "1"}
    refused = await tab.post("/espace/evenements/nouveau", data=fields)
    assert (refused.status_code, "Donnez le lien" in refused.text) == (422, True)
    kept = await tab.post("/espace/evenements/nouveau", data={**fields, "join_url": "https://visio.test/abc"})

    assert kept.status_code == 303


async def test_editing_says_what_is_wrong_and_keeps_the_state(browser_of):
    structure_id = await make_structure()
    event_id = await make_event(structure_id)
    tab = await browser_of(await make_samir(structure_id))
    form = await tab.get(f"/espace/evenements/{event_id}/modifier")
    assert (form.status_code, "Votre carte Vitale" in form.text) == (200, True)
    wrong = await tab.post(f"/espace/evenements/{event_id}/modifier", data={"title": "x"})
    assert (wrong.status_code, 'aria-invalid="true"' in wrong.text) == (422, True)
    done = await tab.post(f"/espace/evenements/{event_id}/modifier", data={"title": "Nouveau titre"})

    assert done.status_code == 303
    event = await get_event(event_id)
    assert (event.title, event.state) == ("Nouveau titre", EventState.PUBLISHED)


async def test_moving_first_says_who_will_be_told(browser_of):
    structure_id = await make_structure()
    session_id = await make_session(await make_event(structure_id), starts_at=NEXT_WEEK)
    await make_booking(session_id)
    await make_booking(session_id, email=None, phone="0612345678", name="Lucienne Petit")
    await make_booking(session_id, email=None, phone=None, name="Marcel Blanc")
    await make_booking(session_id, state="given_back", name="Partie")
    before = await get_session(session_id)
    path = f"/espace/seances/{session_id}/reporter"
    tab = await browser_of(await make_samir(structure_id))
    form = await tab.get(path)
    assert (form.status_code, local(before.local_start) in form.text) == (200, True)
    wish = {"local_start": local(before.local_start + timedelta(days=1)), "minutes": "120"}

    asked = await tab.post(path, data=wish)

    assert asked.status_code == 200
    told = text_of(asked)
    assert "1 inscription est prévenue par e-mail." in told
    assert "1 inscription ne peut être prévenue que par téléphone" in told
    assert "Lucienne Petit" in told
    assert "Marcel Blanc" in told
    assert "Partie" not in told
    assert await get_session(session_id) == before

    done = await tab.post(path, data={**wish, "confirmed": "1"})

    assert (done.status_code, done.headers["location"]) == (303, f"/espace/evenements/{before.event_id}")
    after = await get_session(session_id)
    assert (after.revision, after.previous_start, after.place_id) == (1, before.starts_at, before.place_id)


async def test_moving_to_a_typed_place_and_refusing_what_cannot_be(browser_of):
    structure_id = await make_structure()
    place_id = await make_place(owner_id=structure_id)
    session_id = await make_session(await make_event(structure_id), starts_at=NEXT_WEEK, place_id=place_id)
    path = f"/espace/seances/{session_id}/reporter"
    wish = {"place_id": str(place_id), "place_name": "Mairie", "commune": "Decize"}
    tab = await browser_of(await make_samir(structure_id))
    past = await tab.post(path, data={"local_start": "2020-01-01T10:00"})
    assert (past.status_code, "Cette date est passée" in past.text) == (422, True)
    same = await tab.post(path, data={"place_id": str(place_id)})
    assert (same.status_code, "Rien ne change" in same.text) == (200, True)
    asked = await tab.post(path, data=wish)
    assert (asked.status_code, "Decize" in asked.text) == (200, True)
    assert (await tab.post(path, data={**wish, "confirmed": "1"})).status_code == 303

    assert (await get_session(session_id)).place_name == "Mairie"


async def test_calling_off_says_who_will_be_told_and_asks_why(browser_of):
    structure_id = await make_structure()
    session_id = await make_session(await make_event(structure_id), starts_at=NEXT_WEEK)
    await make_booking(session_id)
    path = f"/espace/seances/{session_id}/annuler"
    tab = await browser_of(await make_samir(structure_id))
    form = await tab.get(path)
    assert "1 inscription est prévenue par e-mail." in text_of(form)
    assert (await tab.post(path, data={"reason": ""})).status_code == 422
    assert (await get_session(session_id)).called_off_at is None

    done = await tab.post(path, data={"reason": "L’ambassadrice est malade."})
    again = await tab.get(done.headers["location"])

    assert done.status_code == 303
    assert ("Annulée" in again.text, "L’ambassadrice est malade." in again.text) == (True, True)
    assert (await get_session(session_id)).revision == 1


async def test_the_overview_shows_what_is_coming_and_what_is_missing(browser_of):
    structure_id = await make_structure()
    event_id = await make_event(structure_id)
    await make_session(event_id, starts_at=NEXT_WEEK, seats_taken=3)
    await make_session(event_id, starts_at=now() - timedelta(days=2))
    tab = await browser_of(await make_nadia(structure_id))
    told = text_of(await tab.get("/espace"))
    english = text_of(await tab.get("/en/espace"))

    assert "3 places prises sur 10" in told
    assert "1 séance dont les présences manquent" in told
    assert "Publier un évènement" not in told
    assert "3 seats taken out of 10" in english


async def test_whose_page_it_is(browser_of, client):
    structure_id = await make_structure()
    event_id = await make_event(structure_id)
    session_id = await make_session(event_id, starts_at=NEXT_WEEK)
    pages = [
        f"/espace/evenements/{event_id}",
        f"/espace/evenements/{event_id}/modifier",
        f"/espace/evenements/{event_id}/dates",
        f"/espace/seances/{session_id}/reporter",
        f"/espace/seances/{session_id}/annuler",
    ]
    nadia = await make_nadia(structure_id)
    paule = await make_paule()
    stranger = await make_person("Inconnu")

    async def statuses(person_id: UUID | None) -> list[int]:
        tab = await browser_of(person_id) if person_id else client
        return [(await tab.get(path)).status_code for path in pages]

    assert await statuses(await make_samir(structure_id)) == [200] * 5
    assert await statuses(nadia) == [200, 403, 403, 403, 403]
    assert await statuses(paule) == [404] * 5
    assert await statuses(stranger) == [404] * 5
    assert await statuses(None) == [303] * 5
    tab = await browser_of(nadia)
    assert (await tab.get("/espace/evenements/nouveau")).status_code == 403
    assert (await tab.post("/espace/evenements/nouveau", data=workshop())).status_code == 403
    assert (await tab.post(f"/espace/evenements/{event_id}/archiver")).status_code == 403
    tab = await browser_of(stranger)
    assert (await tab.post(f"/espace/seances/{session_id}/annuler", data={"reason": "Pour voir"})).status_code == 404
    assert (await tab.get("/espace/evenements")).status_code == 200
    assert (await tab.get("/espace/evenements/pas-un-uuid")).status_code == 404
    assert (await get_session(session_id)).called_off_at is None
    assert (await get_person(nadia)).structure_ids == [structure_id]


async def test_people_without_a_structure_are_led_to_their_own_page(browser_of):
    paule = await browser_of(await make_paule())
    funder = await browser_of(await make_person("Félix", "funder", departements=["58"], email="felix@x.test"))

    assert (await paule.get("/espace")).headers["location"] == "/coordination"
    assert (await funder.get("/espace")).headers["location"] == "/coordination/rapports"


async def test_every_link_of_the_workspace_leads_somewhere(browser_of):
    structure_id = await make_structure()
    event_id = await make_event(structure_id)
    await make_session(event_id, starts_at=NEXT_WEEK)
    await make_session(event_id, starts_at=now() - timedelta(days=2))
    await make_event(structure_id, state="draft", published_at=None, title="Brouillon")
    tab = await browser_of(await make_samir(structure_id))
    paths = {"/espace"}
    seen = {}
    while paths:
        path = paths.pop()
        answer = await tab.get(path)
        seen[path] = answer.status_code
        if path.startswith("/espace") and "html" in answer.headers["content-type"]:
            found = {unescape(link) for link in re.findall(r'href="(/[^"#]*)"', answer.text.partition("<main")[2])}
            paths |= {link for link in found if not link.startswith(("/static", "/en"))} - set(seen)

    assert {path: status for path, status in seen.items() if status not in {200, 303}} == {}


async def test_a_long_list_of_events_has_pages(browser_of):
    structure_id = await make_structure()
    for number in range(51):
        await make_event(structure_id, title=f"Atelier {number}")
    tab = await browser_of(await make_samir(structure_id))

    first, second = await tab.get("/espace/evenements"), await tab.get("/espace/evenements?page=2")

    assert (first.text.count("<tr>"), "Page suivante" in first.text, "Page précédente" in first.text) == (
        51,
        True,
        False,
    )
    assert (second.text.count("<tr>"), "Page suivante" in second.text, "Page précédente" in second.text) == (
        2,
        False,
        True,
    )
    for wrong in ("0", "-1", "x", "²", "9" * 30):
        assert (await tab.get("/espace/evenements", params={"page": wrong})).status_code == 200
