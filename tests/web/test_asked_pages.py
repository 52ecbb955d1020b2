"""An event's own questions in the booking form, on the private page and over the API (C16)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from ateliers.bookings.bookings import get_booking, list_bookings
from ateliers.bookings.links import manage_path, private_key
from ateliers.bookings.needs import purge_needs
from ateliers.clock import now
from ateliers.database import fetch_value
from tests.web.test_booking_pages import odile, text_of
from tests.world import make_booking, make_event, make_nadia, make_session, make_structure

NEXT_WEEK = (now() + timedelta(days=7)).replace(hour=13, minute=0, second=0, microsecond=0)
QUESTIONS = [
    {"id": "aa", "text": "Avez-vous un ordinateur ?", "answer": "yes_no", "choices": [], "is_required": True},
    {"id": "bb", "text": "Comment venez-vous ?", "answer": "choice", "choices": ["À pied", "En bus"]},
    {"id": "cc", "text": "Que voulez-vous <b>apprendre</b> ?", "answer": "text", "choices": []},
]


@pytest.fixture
async def session_id(db):
    structure = await make_structure()
    return await make_session(await make_event(structure, questions=QUESTIONS), starts_at=NEXT_WEEK)


async def test_questions_are_asked_answered_and_shown_to_the_citizen(client, session_id):
    path = f"/seances/{session_id}/reserver"
    answers = {"answers.aa": "yes", "answers.bb": "En bus", "answers.cc": "  Les <i>messages</i>  "}

    shown = await client.get(path)
    sent = await client.post(path, data={**odile(session_id), **answers})
    mine = text_of(await client.get(sent.headers["location"]))

    assert "Que voulez-vous &lt;b&gt;apprendre&lt;/b&gt; ?" in shown.text
    assert set(re.findall(r'name="(answers\.\w+)"', shown.text)) == set(answers)
    [booking] = await list_bookings(session_id)
    assert booking.answers == {"aa": "yes", "bb": "En bus", "cc": "Les <i>messages</i>"}
    for said in ("Avez-vous un ordinateur ?", "Oui", "En bus", "Les <i>messages</i>"):
        assert said in mine.replace("\u00a0", " ")


async def test_an_answer_that_is_not_needed_may_be_left_out(client, session_id):
    sent = await client.post(
        f"/seances/{session_id}/reserver", data={**odile(session_id), "answers.aa": "no", "answers.bb": ""}
    )

    assert sent.status_code == 303
    assert [booking.answers for booking in await list_bookings(session_id)] == [{"aa": "no"}]


@pytest.mark.parametrize(
    ("id", "text", "said"),
    [
        ("aa", "", "Cette réponse est nécessaire."),
        ("aa", "maybe", "Répondez par oui ou par non."),
        ("bb", "En avion", "Choisissez une des réponses proposées."),
        ("cc", "1 85 05 78 006 084 91", "N’écrivez pas de numéro de sécurité sociale."),
        ("cc", "x" * 301, "Cette réponse est trop longue."),
    ],
)
async def test_a_wrong_answer_is_told_beside_its_question_and_the_rest_is_kept(client, session_id, id, text, said):
    answers = {"answers.aa": "yes", "answers.bb": "À pied", f"answers.{id}": text}

    answer = await client.post(f"/seances/{session_id}/reserver", data={**odile(session_id), **answers})

    assert answer.status_code == 422
    assert f'id="f-answers-{id}-err"' in answer.text
    assert f'<li><a href="#f-answers-{id}"' in answer.text
    assert 'value="Odile Marchand"' in answer.text
    assert said in text_of(answer)
    assert await fetch_value("SELECT count(*) FROM booking") == 0


async def test_the_api_asks_the_same(client, session_id):
    base = f"/api/v1/sessions/{session_id}"
    contact = {"name": "Odile", "email": "odile@example.test"}

    asked = (await client.get(base)).json()["questions"]
    refused = await client.post(f"{base}/bookings", json={"contact": contact, "answers": {"bb": "En avion", "zz": "x"}})
    without = await client.post(f"{base}/bookings", json={"contact": contact})
    booked = await client.post(f"{base}/bookings", json={"contact": contact, "answers": {"aa": "no", "cc": "Lire"}})

    assert [question["id"] for question in asked] == ["aa", "bb", "cc"]
    assert asked[1]["choices"] == ["À pied", "En bus"]
    assert (refused.status_code, without.status_code, booked.status_code) == (422, 422, 201)
    assert {error["pointer"] for error in refused.json()["errors"]} == {
        "#/answers/aa",
        "#/answers/bb",
        "#/answers/zz",
    }
    assert [booking.answers for booking in await list_bookings(session_id)] == [{"aa": "no", "cc": "Lire"}]


async def test_answers_are_forgotten_the_day_after_with_the_needs(db):
    event_id = await make_event(questions=QUESTIONS)
    past = await make_session(event_id, starts_at=now() - timedelta(days=3))
    coming = await make_session(event_id, starts_at=NEXT_WEEK)
    old, new = [await make_booking(one, answers={"aa": "yes"}, needs="Une rampe") for one in (past, coming)]

    assert await purge_needs(now()) == 1

    for booking_id, kept in ((old, ({}, None)), (new, ({"aa": "yes"}, "Une rampe"))):
        booking = await get_booking(booking_id)
        assert (booking.answers, booking.needs) == kept


async def test_on_the_phone_the_same_questions_are_asked_and_none_is_needed(browser_of, db):
    structure = await make_structure()
    session_id = await make_session(await make_event(structure, questions=QUESTIONS), starts_at=NEXT_WEEK)
    nadia = await browser_of(await make_nadia(structure))
    path = f"/espace/seances/{session_id}/inscrire"
    answers = {"contact.name": "Marie Petit", "seats": "1", "channel": "phone"}

    shown = await nadia.get(path)
    wrong = await nadia.post(path, data={**answers, "answers.bb": "En avion"})
    made = await nadia.post(path, data={**answers, "answers.bb": "En bus"})

    assert "Comment venez-vous" in text_of(shown)
    assert (wrong.status_code, made.status_code) == (422, 303)
    assert 'id="f-answers-bb-err"' in wrong.text
    assert [booking.answers for booking in await list_bookings(session_id)] == [{"bb": "En bus"}]


async def test_an_offer_is_taken_and_a_date_changed_by_api(client, db):
    event_id = await make_event(offer_for=timedelta(hours=5))
    first, other = [await make_session(event_id, starts_at=NEXT_WEEK + timedelta(days=n)) for n in (0, 1)]
    until = now() + timedelta(hours=2)
    offered = await get_booking(await make_booking(first, state="offered", offered_until=until))
    declined = await get_booking(await make_booking(first, state="offered", offered_until=until, rank=2, name="Rose"))

    def key(booking):
        return {"authorization": f"Bearer {private_key(booking)}"}

    shown = await client.get(f"/api/v1/bookings/{offered.code}", headers=key(offered))
    taken = await client.post(f"/api/v1/bookings/{offered.code}/accept", headers=key(offered))
    left = await client.post(f"/api/v1/bookings/{declined.code}/decline", headers=key(declined))
    late = await client.post(f"/api/v1/bookings/{declined.code}/accept", headers=key(declined))
    moved = await client.post(
        f"/api/v1/bookings/{offered.code}/change", headers=key(offered), json={"session_id": str(other)}
    )
    stranger = await client.post(f"/api/v1/bookings/{offered.code}/accept", headers=key(declined))

    assert (shown.json()["status"], shown.json()["offered_until"][:16]) == ("offered", f"{until:%Y-%m-%dT%H:%M}")
    assert (taken.status_code, taken.json()["status"]) == (200, "confirmed")
    assert (left.status_code, left.json()["status"]) == (200, "declined")
    assert (late.status_code, stranger.status_code) == (409, 404)
    assert (moved.status_code, moved.json()["session"]["id"]) == (200, str(other))
    assert moved.json()["manage_url"].endswith(manage_path(await get_booking(offered.id)))
