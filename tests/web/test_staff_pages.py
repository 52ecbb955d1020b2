"""The staff's pages of a session: the list, calls, the waiting list, seats; one booking."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from ateliers.agenda.sessions import get_session
from ateliers.bookings.bookings import get_booking, list_bookings
from ateliers.clock import now
from ateliers.database import execute, fetch_rows, fetch_value
from ateliers.words import local
from tests.web.staff import NEXT_WEEK, caller, make_ours, text_of
from tests.world import (
    insert,
    make_booking,
    make_event,
    make_nadia,
    make_paule,
    make_samir,
    make_session,
    make_structure,
)

# the list -----------------------------------------------------------------------------------------


async def test_the_list_is_searched_narrowed_and_turned_page_by_page(browser_of):
    structure_id, session_id = await make_ours(capacity=200)
    for number in range(60):
        await make_booking(session_id, name=f"Personne {number:02}", email=f"p{number}@example.test")
    zoe = await make_booking(
        session_id, name="Zoé Çelik", email=None, phone="0699887766", channel="phone", code="ZZZ999"
    )
    left = await make_booking(session_id, state="left", name="Partie Hier", rank=1)
    nadia = await browser_of(await make_nadia(structure_id))
    path = f"/espace/seances/{session_id}"

    async def listed(**asked) -> list[str]:
        answer = await nadia.get(path, params=asked)
        return re.findall(r"/espace/inscriptions/([0-9a-f-]{36})", answer.text)

    assert (len(await listed()), len(await listed(page=2)), len(await listed(page=99))) == (50, 11, 11)
    for query in ("zoe celik", "ÇELIK", "zzz999", "zzz 999", "06 99 88 77 66", "998877"):
        assert await listed(q=query) == [str(zoe)], query
    assert await listed(canal="phone") == [str(zoe)]
    assert await listed(etat="terminees") == [str(left)]
    assert await listed(q="hier") == [str(left)]
    assert await listed(q="absente") == []
    assert len(await listed(etat="n’importe quoi", canal="?", page="-1")) == 50
    assert "Zoé Çelik" in (await nadia.get(path + "/imprimer")).text


async def test_offers_and_ranks_stand_on_the_list(browser_of):
    structure_id, session_id = await make_ours(capacity=1, seats_offered=0)
    await make_booking(session_id, state="offered", name="Odile Offerte", offered_until=now() + timedelta(hours=4))
    await make_booking(session_id, state="waiting", name="Second", rank=9)
    await make_booking(session_id, state="waiting", name="Premier", rank=4)
    nadia = await browser_of(await make_nadia(structure_id))

    page = text_of(await nadia.get(f"/espace/seances/{session_id}"))

    assert page.index("Odile Offerte") < page.index("Premier") < page.index("rang 1") < page.index("Second")
    assert "1 place proposée" in page
    assert "rang 2" in page


# calls --------------------------------------------------------------------------------------------


async def test_who_cannot_be_written_to_is_called_and_takes_the_seat(browser_of):
    structure_id, session_id = await make_ours(capacity=1)
    await make_booking(session_id)
    waiting = await make_booking(session_id, state="waiting", email=None, phone="0612345678", name="Jean Sans-Mél")
    samir = await browser_of(await make_samir(structure_id))
    resized = await samir.post(f"/espace/seances/{session_id}/places", data={"capacity": "2"})

    assert resized.status_code == 303
    for path in ("/espace/a-appeler", f"/espace/seances/{session_id}/a-appeler", f"/espace/inscriptions/{waiting}"):
        shown = text_of(await samir.get(path))
        assert "Une place s’est libérée" in shown, path
        assert "06 12 34 56 78" in shown.replace("\u00a0", " "), path
    left = await samir.post(f"/espace/inscriptions/{waiting}/appel", data={"result": "message_left", "then": "seance"})
    assert left.headers["location"] == f"/espace/seances/{session_id}/a-appeler"
    assert (await get_booking(waiting)).to_call_back is True
    assert "Message laissé" in text_of(await samir.get("/espace/a-appeler"))
    comes = await samir.post(f"/espace/inscriptions/{waiting}/appel", data={"result": "comes", "then": "structure"})
    assert comes.headers["location"] == "/espace/a-appeler"
    booking = await get_booking(waiting)
    assert (booking.state.value, booking.to_call_back, booking.call_why) == ("confirmed", False, "")
    assert "Personne à appeler" in text_of(await samir.get("/espace/a-appeler"))
    assert (await samir.post(f"/espace/inscriptions/{waiting}/appel", data={"result": "?"})).status_code == 404


async def test_the_home_page_says_how_many_to_call(browser_of):
    structure_id, session_id = await make_ours()
    nadia = await browser_of(await make_nadia(structure_id))
    assert "à appeler" not in text_of(await nadia.get("/espace"))

    await make_booking(session_id, email=None, phone="0612345678", to_call_back=True, call_why="change")

    assert "1 personne à appeler" in text_of(await nadia.get("/espace"))


async def test_the_home_page_says_that_the_structure_may_not_publish(browser_of):
    samir = await browser_of(await make_samir(await make_structure(state="suspended")))

    home = await samir.get("/espace")

    assert "CCAS de Nevers est pour le moment hors du réseau (suspension)." in text_of(home)
    assert "/espace/evenements/nouveau" not in re.search(r"(?s)<main.*</main>", home.text)[0]
    assert (
        "/signataires/"
        not in (await samir.get("/espace/equipe/ccas-de-nevers/coordonnees")).text.split("<main")[1].split("</main")[0]
    )


# waiting list, journal, seats ---------------------------------------------------------------------


async def test_who_would_be_next_is_answered_without_changing_anything(browser_of):
    structure_id, session_id = await make_ours(capacity=1)
    await make_booking(session_id)
    await make_booking(session_id, state="waiting", name="Famille Nombreuse", seats=3, rank=1)
    await make_booking(session_id, state="waiting", name="Seule Téléphone", email=None, phone="0612345678", rank=2)
    nadia = await browser_of(await make_nadia(structure_id))
    path = f"/espace/seances/{session_id}/attente"
    before = [(one.id, one.state, one.changed_at) for one in await list_bookings(session_id)]

    shown = text_of(await nadia.get(path, params={"libres": "1"})).replace("\u00a0", " ")

    assert "Famille Nombreuse – 3 places : serait passée, et garderait son rang" in shown
    assert "Seule Téléphone – 1 place : serait à appeler" in shown
    assert [(one.id, one.state, one.changed_at) for one in await list_bookings(session_id)] == before
    for odd in ("0", "-1", "x", "99999", "²"):
        assert (await nadia.get(path, params={"libres": odd})).status_code == 200


async def test_the_journal_says_why_in_plain_words(browser_of):
    structure_id, session_id = await make_ours(capacity=1)
    held = await make_booking(session_id)
    await make_booking(session_id, state="waiting", name="Famille Nombreuse", seats=3, rank=1)
    nadia = await browser_of(await make_nadia(structure_id))

    await nadia.post(f"/espace/inscriptions/{held}/rendre", data={"seats": "1"})

    journal = text_of(await nadia.get(f"/espace/seances/{session_id}/attente")).replace("\u00a0", " ")
    assert "Odile Marchand : Places rendues : 1" in journal
    assert re.search(r"Famille Nombreuse : Passée?, garde son rang|Famille Nombreuse : .*3.*1", journal)
    assert "Nadia Ferrand" in journal


async def test_seats_are_held_back_and_given_to_everybody_again(browser_of):
    structure_id, session_id = await make_ours(capacity=5)
    await make_booking(session_id, seats=2)
    nadia = await browser_of(await make_nadia(structure_id))
    path = f"/espace/seances/{session_id}"
    until = local(NEXT_WEEK - timedelta(days=2), "Europe/Paris").strftime("%Y-%m-%dT%H:%M")

    held = await nadia.post(path + "/retenir", data={"seats": "2", "until": until})

    session = await get_session(session_id)
    assert held.headers["location"] == path + "/places"
    assert (session.seats_held_back, session.held_back_until) == (2, NEXT_WEEK - timedelta(days=2))
    assert "2 places gardées en réserve" in text_of(await nadia.get(path))
    for wrong in (
        {"seats": "9", "until": until},
        {"seats": "1", "until": "2020-01-01T10:00"},
        {"seats": "-1", "until": until},
        {"seats": "", "until": until},
    ):
        assert (await nadia.post(path + "/retenir", data=wrong)).status_code == 422
    shown = await nadia.get(path + "/inscrire")
    await nadia.post(path + "/inscrire", data=caller(shown))
    assert (await get_session(session_id)).seats_held_back == 1
    await nadia.post(path + "/retenir", data={"seats": "0", "until": ""})
    assert (await get_session(session_id)).seats_held_back == 0


async def test_only_a_manager_changes_the_number_of_seats(browser_of):
    structure_id, session_id = await make_ours(capacity=5)
    nadia, samir = await browser_of(await make_nadia(structure_id)), await browser_of(await make_samir(structure_id))
    path = f"/espace/seances/{session_id}/places"

    refused = await nadia.post(path, data={"capacity": "9"})

    assert (refused.status_code, (await get_session(session_id)).capacity) == (422, 5)
    assert 'name="capacity"' not in (await nadia.get(path)).text
    for wrong in ("0", "-3", "beaucoup", "1000000000"):
        assert (await samir.post(path, data={"capacity": wrong})).status_code == 422
    assert (await samir.post(path, data={})).status_code == 422
    assert (await samir.post(path, data={"capacity": "9"})).status_code == 303
    assert (await get_session(session_id)).capacity == 9


async def test_what_was_written_about_a_session_and_how_it_ended(browser_of):
    structure_id, session_id = await make_ours()
    odile = await make_booking(session_id, name="Odile Marchand")
    jean = await make_booking(session_id, name="Jean Refusé", email="jean@example.test")
    facts = {"kind": "booking_confirmed", "created_at": now(), "due_at": now(), "data": {}}
    await insert("outbox", key="a", subject_id=odile, state="sent", done_at=now(), **facts)
    await insert("outbox", key="b", subject_id=jean, state="failed", done_at=now(), outcome="550 5.1.1", **facts)
    nadia = await browser_of(await make_nadia(structure_id))
    path = f"/espace/seances/{session_id}/envois"

    everything, refused = text_of(await nadia.get(path)), text_of(await nadia.get(path, params={"etat": "refuses"}))

    assert ("Odile Marchand" in everything, "Jean Refusé" in everything, "Non remis (1)" in everything) == (True,) * 3
    assert ("Odile Marchand" in refused, "550 5.1.1" in refused) == (False, True)
    assert "Odile Marchand" in text_of(await nadia.get(path, params={"etat": "?"}))


# one booking --------------------------------------------------------------------------------------


async def test_a_booking_moves_to_another_date_and_keeps_its_code(browser_of):
    structure_id, session_id = await make_ours(capacity=5)
    event_id = await fetch_value("SELECT event_id FROM session WHERE id = $1", session_id)
    later = await make_session(event_id, starts_at=NEXT_WEEK + timedelta(days=1), capacity=5)
    full = await make_session(await make_event(structure_id), starts_at=NEXT_WEEK + timedelta(days=2), capacity=1)
    await make_booking(full)
    elsewhere = await make_session(await make_event(await make_structure("Autre", slug="autre")), starts_at=NEXT_WEEK)
    booking_id = await make_booking(session_id, seats=2, name="Jeanne Roy", email="jeanne@example.test")
    before = await get_booking(booking_id)
    nadia = await browser_of(await make_nadia(structure_id))
    path = f"/espace/inscriptions/{booking_id}"
    shown = (await nadia.get(path)).text

    assert (str(later) in shown, str(full) in shown, str(elsewhere) in shown) == (True, True, False)
    for wrong in (str(full), str(elsewhere), "", "x"):
        assert (await nadia.post(path + "/deplacer", data={"session_id": wrong})).status_code == 422, wrong
    moved = await nadia.post(path + "/deplacer", data={"session_id": str(later)})

    after = await get_booking(booking_id)
    assert moved.headers["location"] == path
    assert (after.session_id, after.code, after.uid, after.seats) == (later, before.code, before.uid, 2)
    assert [(await get_session(id)).seats_taken for id in (session_id, later)] == [0, 2]
    assert await fetch_rows("SELECT kind FROM outbox WHERE kind = 'booking_changed'") != []
    assert "Jeanne Roy" in text_of(await nadia.get(f"/espace/seances/{session_id}/attente"))
    assert "Historique" in text_of(await nadia.get(path))


async def test_seats_are_given_back_for_somebody_who_calls(browser_of):
    structure_id, session_id = await make_ours(capacity=5)
    booking_id = await make_booking(session_id, seats=2)
    nadia = await browser_of(await make_nadia(structure_id))
    path = f"/espace/inscriptions/{booking_id}"

    assert (await nadia.post(path + "/rendre", data={"seats": "3"})).status_code == 422
    await nadia.post(path + "/rendre", data={"seats": "1"})
    assert (await get_booking(booking_id)).seats == 1
    await nadia.post(path + "/rendre", data={"seats": "1"})
    assert (await get_booking(booking_id)).state.value == "given_back"


@pytest.mark.parametrize("who", ["samir of another structure", "paule"])
async def test_others_see_no_names_and_change_nothing(browser_of, who):
    _structure_id, session_id = await make_ours()
    booking_id = await make_booking(session_id, to_call_back=True)
    if who == "paule":
        browser = await browser_of(await make_paule())
    else:
        browser = await browser_of(await make_samir(await make_structure("Autre", slug="autre")))

    for tail in ("", "/inscrire", "/a-appeler", "/attente", "/places", "/imprimer", "/envois"):
        assert (await browser.get(f"/espace/seances/{session_id}{tail}")).status_code == 404, tail
    assert (await browser.get(f"/espace/inscriptions/{booking_id}")).status_code == 404
    form = {"seats": "1", "contact.name": "X", "channel": "phone", "result": "comes", "session_id": str(session_id)}
    for path in (
        *(f"/espace/seances/{session_id}/{tail}" for tail in ("inscrire", "places", "retenir")),
        *(
            f"/espace/inscriptions/{booking_id}/{tail}"
            for tail in ("rendre", "donner", "deplacer", "appel", "renvoyer")
        ),
    ):
        assert (await browser.post(path, data=form)).status_code == 404, path
    calls = await browser.get("/espace/a-appeler")
    assert "Odile" not in calls.text
    assert await fetch_value("SELECT count(*) FROM call") == 0


async def test_names_are_kept_by_no_cache(browser_of):
    structure_id, session_id = await make_ours()
    booking_id = await make_booking(session_id)
    nadia = await browser_of(await make_nadia(structure_id))

    for path in (
        "/espace/a-appeler",
        f"/espace/inscriptions/{booking_id}",
        *(f"/espace/seances/{session_id}{tail}" for tail in ("", "/inscrire", "/a-appeler", "/attente", "/imprimer")),
    ):
        assert (await nadia.get(path)).headers["cache-control"] == "no-store", path


async def test_a_date_of_a_cycle_leads_to_the_bookings_of_the_whole(browser_of):
    structure_id, session_id = await make_ours()
    event_id = await fetch_value("SELECT event_id FROM session WHERE id = $1", session_id)
    await execute("UPDATE event SET is_cycle = true WHERE id = $1", event_id)
    second = await make_session(event_id, starts_at=NEXT_WEEK + timedelta(days=7), lead_id=session_id)
    await make_booking(session_id, name="Jeanne Cycle")
    nadia = await browser_of(await make_nadia(structure_id))

    answer = await nadia.get(f"/espace/seances/{second}")

    assert answer.headers["location"] == f"/espace/seances/{session_id}"
    assert "Jeanne Cycle" in (await nadia.get(f"/espace/seances/{second}/imprimer")).text
