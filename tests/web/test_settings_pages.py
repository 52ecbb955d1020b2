"""The settings of an event on screen: the form that sets them, and every page, file and answer that keeps to them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from ateliers.agenda.questions import Answer
from ateliers.agenda.sessions import get_event, get_session, list_events_of, list_sessions_of_event
from ateliers.clock import now
from ateliers.database import execute, fetch_value
from tests.web.test_publishing_pages import text_of
from tests.web.typed import NEXT_WEEK, local, workshop
from tests.world import make_booking, make_event, make_nadia, make_samir, make_session, make_structure

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
QUESTIONS = {
    "questions.0.text": "",
    "questions.0.answer": "text",
    "questions.1.text": "Comment venez-vous ?",
    "questions.1.answer": "choice",
    "questions.1.choices": "En bus\r\n\r\nÀ pied\r\n",
    "questions.1.is_required": "1",
    "questions.3.text": "Avez-vous un téléphone ?",
    "questions.3.answer": "yes_no",
}


async def ours(**values: Any) -> tuple[UUID, UUID, UUID]:
    """Structure, event and session of next week."""
    structure_id = await make_structure()
    event_id = await make_event(structure_id, **values)
    return structure_id, event_id, await make_session(event_id, starts_at=NEXT_WEEK)


# the form -----------------------------------------------------------------------------------------


async def test_settings_are_folded_away_and_kept(browser_of):
    structure_id = await make_structure()
    tab = await browser_of(await make_samir(structure_id))
    empty = await tab.get("/espace/evenements/nouveau?type=workshop")
    assert 'name="questions.4.text"' in empty.text
    assert 'name="questions.5.text"' not in empty.text

    sent = await tab.post(
        "/espace/evenements/nouveau",
        data=workshop(
            **QUESTIONS,
            offer_hours="12",
            closing_hours="24",
            opens_at=local(NEXT_WEEK - 3 * DAY),
            release_minutes="15",
            seats_held_back="2",
            reminder_plan=["J-1"],
        ),
    )

    assert sent.status_code == 303, text_of(sent)
    [event] = await list_events_of([structure_id])
    assert [(q.text, q.answer, q.choices, q.is_required) for q in event.questions] == [
        ("Comment venez-vous ?", Answer.CHOICE, ["En bus", "À pied"], True),
        ("Avez-vous un téléphone ?", Answer.YES_NO, [], False),
    ]
    assert (event.offer_for, event.closing, event.reminder_plan) == (12 * HOUR, DAY, ["J-1"])
    [session] = await list_sessions_of_event(event.id)
    assert (session.seats_held_back, session.seats_left) == (2, 8)
    shown = text_of(await tab.get(event.path))
    for told in (
        "Une place qui se libère est proposée pendant 12\u00a0heures.",
        "Elles ferment en ligne 24\u00a0heures avant le début.",
        "Comment venez-vous ? (une réponse parmi plusieurs\u00a0: En bus, À pied)",
        "Les places non occupées se libèrent 15\u00a0minutes après le début.",
    ):
        assert " ".join(told.split()) in shown


async def test_editing_shows_the_questions_again_and_keeps_their_ids(browser_of):
    structure_id = await make_structure()
    tab = await browser_of(await make_samir(structure_id))
    await tab.post("/espace/evenements/nouveau", data=workshop(**QUESTIONS))
    [event] = await list_events_of([structure_id])
    form = await tab.get(f"{event.path}/modifier")
    for held in (*(q.id for q in event.questions), "Comment venez-vous ?", "En bus\nÀ pied"):
        assert held in form.text

    again = {
        "title": "Écrire à son médecin",
        "questions.0.id": event.questions[0].id,
        "questions.0.text": "",
        "questions.1.id": event.questions[1].id,
        "questions.1.text": "Un téléphone ?",
        "questions.1.answer": "yes_no",
    }
    assert (await tab.post(f"{event.path}/modifier", data=again)).status_code == 303

    [kept] = (await get_event(event.id)).questions
    assert (kept.id, kept.text) == (event.questions[1].id, "Un téléphone ?")


async def test_a_question_about_health_is_refused_beside_it_and_nothing_typed_is_lost(browser_of):
    structure_id = await make_structure()
    tab = await browser_of(await make_samir(structure_id))
    asked = {**QUESTIONS, "questions.3.text": "Suivez-vous un traitement ?"}

    answer = await tab.post("/espace/evenements/nouveau", data=workshop(**asked))

    assert answer.status_code == 422
    assert 'id="f-questions-1-text-err"' in answer.text
    assert "Ne posez pas de question sur la santé" in answer.text
    for held in ("Suivez-vous un traitement ?", "Comment venez-vous ?", "À pied", "17 rue Jean-Jaurès"):
        assert held in answer.text
    assert await fetch_value("SELECT count(*) FROM event") == 0


async def test_more_questions_than_five_are_refused(browser_of):
    tab = await browser_of(await make_samir(await make_structure()))
    many = {f"questions.{n}.text": f"Question {n} ?" for n in range(6)}

    answer = await tab.post("/espace/evenements/nouveau", data=workshop(**many))

    assert (answer.status_code, 'id="f-questions-err"' in answer.text) == (422, True)


async def test_a_stand_has_no_booking_settings_but_may_last_all_day(browser_of):
    structure_id = await make_structure()
    tab = await browser_of(await make_samir(structure_id))
    form = await tab.get("/espace/evenements/nouveau?type=stand")
    assert ("all_day" in form.text, "public_from" in form.text, "offer_hours" in form.text) == (True, True, False)

    sent = await tab.post("/espace/evenements/nouveau", data=workshop(kind="stand", capacity="", all_day="1"))

    assert sent.status_code == 303
    [event] = await list_events_of([structure_id])
    [session] = await list_sessions_of_event(event.id)
    assert session.all_day
    assert "toute la journée" in text_of(await tab.get(session.path))
    move = await tab.get(f"/espace/seances/{session.id}/reporter")
    assert 'name="all_day" value="1" checked' in move.text


# when it is shown, when bookings open -------------------------------------------------------------


async def test_nobody_but_staff_sees_an_event_before_it_is_shown(browser_of, client: httpx.AsyncClient):
    structure_id, event_id, session_id = await ours(public_from=now() + HOUR, title="Très secret")
    addresses = [
        "/",
        "/?ou=Nevers",
        "/signataires/ccas-de-nevers",
        "/api/v1/sessions",
        "/api/v1/calendar/structures/ccas-de-nevers.ics",
        "/plan-du-site",
    ]
    own = [
        f"/seances/{session_id}",
        f"/seances/{session_id}/reserver",
        f"/seances/{session_id}/agenda.ics",
        f"/api/v1/sessions/{session_id}",
        f"/api/v1/calendar/sessions/{session_id}.ics",
    ]

    async def seen() -> tuple[int, list[int]]:
        texts = [(await client.get(address)).text for address in addresses]
        return sum("Très secret" in text for text in texts), [(await client.get(path)).status_code for path in own]

    assert await seen() == (0, [404] * 5)
    samir = await browser_of(await make_samir(structure_id))
    told = text_of(await samir.get(f"/espace/evenements/{event_id}"))
    assert "Seule votre équipe voit cet évènement avant le" in told
    answer = await client.post(
        f"/api/v1/sessions/{session_id}/bookings", json={"contact": {"name": "Odile", "email": "odile@example.fr"}}
    )
    assert answer.status_code in {404, 409}
    assert await fetch_value("SELECT count(*) FROM booking") == 0


async def test_the_public_page_says_when_bookings_open_and_close(client: httpx.AsyncClient):
    _structure, event_id, session_id = await ours(opens_at=now() + DAY, closing=2 * HOUR)

    async def page(moment: str) -> str:  # public pages are kept for a second, by address
        return text_of(await client.get(f"/seances/{session_id}?{moment}"))

    early = await page("early")
    assert ("Inscriptions à partir du" in early, "Réserver une place" in early) == (True, False)
    assert "Inscriptions à partir du" in text_of(await client.get("/?ou=Nevers&rayon=60"))
    await execute("UPDATE event SET opens_at = NULL WHERE id = $1", event_id)
    opened = await page("opened")
    assert ("Inscriptions jusqu’au" in opened, "Réserver une place" in opened) == (True, True)
    await execute("UPDATE event SET closing = '10 days' WHERE id = $1", event_id)
    closed = await page("closed")
    assert ("Inscriptions en ligne fermées." in closed, "Réserver une place" in closed) == (True, False)
    assert "Appeler le" in closed


async def test_a_full_session_says_that_seats_are_kept_for_the_phone(client: httpx.AsyncClient):
    _structure, event_id, _session = await ours()
    session_id = await make_session(
        event_id, starts_at=NEXT_WEEK, capacity=4, seats_held_back=2, held_back_until=NEXT_WEEK - DAY
    )
    await make_booking(session_id, seats=2)

    shown = text_of(await client.get(f"/seances/{session_id}"))

    assert ("Complet" in shown, "Quelques places sont gardées pour les personnes qui appellent." in shown) == (
        True,
        True,
    )


async def test_the_api_says_so_too(client: httpx.AsyncClient):
    opens = (now() + DAY).replace(microsecond=0)
    question = {"id": "a1", "text": "Un téléphone ?", "answer": "yes_no", "choices": [], "is_required": False}
    _structure, _event, session_id = await ours(opens_at=opens, closing=2 * HOUR, questions=[question])

    shown = (await client.get(f"/api/v1/sessions/{session_id}")).json()

    session = await get_session(session_id)
    assert (shown["takes_bookings"], shown["bookings_open_at"], shown["bookings_close_at"]) == (
        False,
        opens.isoformat().replace("+00:00", "Z"),
        session.closes_at.isoformat().replace("+00:00", "Z"),
    )
    assert (shown["questions"], shown["all_day"], shown["party_limit"]) == ([question], False, 6)


# changes ------------------------------------------------------------------------------------------


async def test_who_is_told_counts_offers_and_those_who_wait(browser_of):
    structure_id, _event, session_id = await ours()
    await make_booking(session_id)
    await make_booking(session_id)
    await make_booking(session_id, state="offered")
    await make_booking(session_id, state="waiting")
    await make_booking(session_id, state="offered", email=None, phone="0612345678", name="Lucie Petit")
    await make_booking(session_id, state="waiting", email=None, phone=None, name="Marcel Blanc")
    await make_booking(session_id, state="declined", name="Partie")
    tab = await browser_of(await make_samir(structure_id))

    told = text_of(await tab.get(f"/espace/seances/{session_id}/annuler"))

    assert "4 inscriptions sont prévenues par e-mail." in told
    assert "(2 inscriptions confirmées, 1 sur la liste d’attente, 1 place proposée)" in told
    assert "Lucie Petit – 06 12 34 56 78 (place proposée)" in told.replace("\u00a0", " ")
    assert ("Marcel Blanc" in told, "Partie" in told) == (True, False)


async def test_who_is_told_by_sms_and_whose_address_is_dead(browser_of):
    structure_id, _event, session_id = await ours()
    await execute(
        """INSERT INTO sms_gateway (structure_id, kind, address, body, number_field, text_field, per_day, is_on, updated_at)
           VALUES ($1, 'http', 'https://sms.example.test', 'json', 'to', 'text', 10, true, $2)""",
        structure_id,
        now(),
    )
    await make_booking(session_id, email=None, phone="0612345678", name="Lucie Petit")
    await make_booking(session_id, phone="0386123456", unreachable="dead", name="Jean Fixe")
    tab = await browser_of(await make_samir(structure_id))

    told = text_of(await tab.get(f"/espace/seances/{session_id}/annuler"))

    assert "1 inscription est prévenue par SMS" in told
    assert "1 inscription ne peut être prévenue que par téléphone" in told
    assert told.index("Lucie Petit") < told.index("par téléphone") < told.index("Jean Fixe")
    assert "par e-mail." not in told


async def test_who_is_told_knows_the_online_half_and_the_other_dates_of_a_cycle(browser_of):
    structure_id, event_id, session_id = await ours(is_cycle=True)
    second = await make_session(event_id, starts_at=NEXT_WEEK + DAY, lead_id=session_id)
    half = await make_session(event_id, starts_at=NEXT_WEEK, onsite_id=session_id, place_id=None)
    await make_booking(session_id)
    await make_booking(half)
    tab = await browser_of(await make_samir(structure_id))

    for date, told in ((session_id, "2 inscriptions sont prévenues"), (second, "1 inscription est prévenue")):
        assert told in text_of(await tab.get(f"/espace/seances/{date}/annuler"))


@pytest.mark.parametrize(("capacity", "held_back"), [("2", 0), ("4", 2)])
async def test_fewer_seats_than_people_hold_is_asked_twice(browser_of, capacity, held_back):
    structure_id, event_id, _session = await ours()
    session_id = await make_session(
        event_id,
        starts_at=NEXT_WEEK,
        capacity=5,
        seats_held_back=held_back,
        held_back_until=NEXT_WEEK - DAY if held_back else None,
    )
    await make_booking(session_id, seats=3)
    path = f"/espace/seances/{session_id}/places"
    tab = await browser_of(await make_samir(structure_id))

    warned = await tab.post(path, data={"capacity": capacity})

    assert warned.status_code == 200
    told = "1 serait au-dessus de la limite." if not held_back else "1 place n’est plus gardée."
    assert told in text_of(warned)
    assert (await get_session(session_id)).capacity == 5
    done = await tab.post(path, data={"capacity": capacity, "confirmed": "1"})
    assert done.status_code == 303
    session = await get_session(session_id)
    assert (session.capacity, session.seats_taken, session.overbooked, session.seats_held_back) == (
        int(capacity),
        3,
        0 if held_back else 1,
        1 if held_back else 0,
    )


# on the day ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes_ago", "told"),
    [
        (5, ["Aucune place n’est libre pour le moment.", "les places réservées mais non occupées seront libres aussi"]),
        (20, ["3 places sont libres.", "3 places réservées mais non occupées sont comptées libres"]),
    ],
)
async def test_unclaimed_seats_are_released_some_minutes_after_the_start(browser_of, minutes_ago, told):
    structure_id, event_id, _session = await ours(release_after=timedelta(minutes=15))
    session_id = await make_session(event_id, starts_at=now() - timedelta(minutes=minutes_ago), capacity=4)
    seat = await make_booking(session_id, code="AAAAA2")
    await make_booking(session_id, seats=3)
    tab = await browser_of(await make_nadia(structure_id))
    path = f"/espace/seances/{session_id}/appel"
    await tab.post(path, data={"seat": "AAAAA2-1", "state": "present"})

    shown = text_of(await tab.get(path))

    assert [text for text in told if text not in shown] == []
    assert await fetch_value("SELECT state FROM booking WHERE id = $1", seat) == "confirmed"


async def test_without_that_setting_seats_are_kept(browser_of):
    structure_id, event_id, _session = await ours()
    session_id = await make_session(event_id, starts_at=now() - HOUR, capacity=4)
    await make_booking(session_id, seats=3)
    tab = await browser_of(await make_nadia(structure_id))

    shown = text_of(await tab.get(f"/espace/seances/{session_id}/appel"))

    assert ("1 place est libre." in shown, "non occupées" in shown) == (True, False)
