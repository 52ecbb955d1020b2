"""Booking for somebody on the phone: one screen, by keyboard, one call after the other (C17)."""

from __future__ import annotations

import re

from ateliers.agenda.sessions import get_session
from ateliers.bookings.bookings import get_booking, list_bookings
from ateliers.database import execute, fetch_value
from tests.web.staff import caller, make_ours, text_of
from tests.world import make_booking, make_nadia


async def test_nadia_books_by_phone_one_call_after_the_other(browser_of):
    structure_id, session_id = await make_ours(capacity=3)
    nadia = await browser_of(await make_nadia(structure_id))
    path = f"/espace/seances/{session_id}/inscrire"
    shown = await nadia.get(path)

    first = await nadia.post(path, data=caller(shown, **{"contact.phone": "06 12 34 56 78"}))
    next_call = await nadia.get(first.headers["location"])
    second = await nadia.post(path, data=caller(next_call, **{"contact.name": "Luc Roy", "seats": "2", "voir": "1"}))

    marie, luc = sorted(await list_bookings(session_id), key=lambda one: one.created_at)
    assert [(one.name, one.phone, one.seats, one.channel.value) for one in (marie, luc)] == [
        ("Marie Petit", "0612345678", 1, "phone"),
        ("Luc Roy", None, 2, "phone"),
    ]
    assert first.headers["location"] == f"{path}?fait={marie.id}&canal=phone"
    assert second.headers["location"] == f"/espace/inscriptions/{luc.id}"
    assert "Marie Petit : 1 place est confirmée." in text_of(next_call).replace("\u00a0", " ")
    assert marie.code in next_call.text
    assert re.search(r'name="contact.name" value=""[^>]* autofocus', next_call.text)


async def test_the_same_call_sent_twice_books_once(browser_of):
    structure_id, session_id = await make_ours()
    nadia = await browser_of(await make_nadia(structure_id))
    path = f"/espace/seances/{session_id}/inscrire"
    answers = caller(await nadia.get(path))

    first, again = [await nadia.post(path, data=answers) for _turn in range(2)]

    assert first.headers["location"] == again.headers["location"]
    assert await fetch_value("SELECT count(*) FROM booking") == 1


async def test_a_mistake_on_the_phone_keeps_what_was_typed_and_the_cursor_waits_there(browser_of):
    structure_id, session_id = await make_ours()
    nadia = await browser_of(await make_nadia(structure_id))

    answer = await nadia.post(
        f"/espace/seances/{session_id}/inscrire",
        data={"contact.name": "Marie Petit", "contact.phone": "06 12", "seats": "1", "channel": "phone"},
    )

    assert answer.status_code == 422
    assert 'value="Marie Petit"' in answer.text
    assert re.findall(r'name="([\w.]+)"[^>]* autofocus', answer.text) == ["contact.phone"]
    assert await fetch_value("SELECT count(*) FROM booking") == 0


async def test_who_has_a_booking_already_is_found(browser_of):
    structure_id, session_id = await make_ours()
    nadia = await browser_of(await make_nadia(structure_id))
    path = f"/espace/seances/{session_id}/inscrire"
    phone = {"contact.phone": "06 12 34 56 78"}
    await nadia.post(path, data=caller(await nadia.get(path), **phone))

    again = await nadia.post(path, data=caller(await nadia.get(path), **phone))

    [booking] = await list_bookings(session_id)
    assert again.status_code == 422
    assert f"/espace/inscriptions/{booking.id}" in again.text


async def test_when_no_seat_is_left_the_next_waits_and_a_seat_above_the_limit_is_a_knowing_act(browser_of):
    structure_id, session_id = await make_ours(capacity=1)
    await make_booking(session_id)
    nadia = await browser_of(await make_nadia(structure_id))
    path = f"/espace/seances/{session_id}/inscrire"

    made = await nadia.post(path, data=caller(await nadia.get(path)))
    shown = await nadia.get(made.headers["location"])
    waiting = (await list_bookings(session_id))[-1]
    booking_page = f"/espace/inscriptions/{waiting.id}"

    assert waiting.state.value == "waiting"
    assert "Marie Petit est sur la liste d’attente, rang 1." in text_of(shown)
    assert "1 place serait au-dessus de la limite" in text_of(await nadia.get(booking_page))
    given = await nadia.post(booking_page + "/donner")
    assert given.headers["location"] == booking_page
    assert (await get_booking(waiting.id)).state.value == "confirmed"
    page = text_of(await nadia.get(f"/espace/seances/{session_id}"))
    assert "1 place est réservée au-dessus de la limite" in page or "1 place au-dessus de la limite" in page
    assert (await nadia.post(booking_page + "/donner")).status_code == 303  # pressed twice

    answers = caller(await nadia.get(path), **{"contact.name": "Luc Roy", "insists": "1"})
    await nadia.post(path, data=answers)
    assert (await get_session(session_id)).overbooked == 2


async def test_an_events_questions_are_asked_on_the_phone_and_answers_shown(browser_of):
    structure_id, session_id = await make_ours()
    questions = [
        {"id": "q1", "text": "Avez-vous un téléphone ?", "answer": "yes_no", "choices": [], "is_required": True},
        {"id": "q2", "text": "Votre quartier", "answer": "text", "choices": [], "is_required": False},
    ]
    await execute("UPDATE event SET questions = $1", questions)
    nadia = await browser_of(await make_nadia(structure_id))
    path = f"/espace/seances/{session_id}/inscrire"
    shown = await nadia.get(path)

    wrong = await nadia.post(path, data=caller(shown, **{"answers.q1": "peut-être", "answers.q2": "Banlay"}))
    made = await nadia.post(path, data=caller(wrong, **{"answers.q1": "yes", "answers.q2": "Banlay", "voir": "1"}))
    hurried = await nadia.post(path, data=caller(await nadia.get(path), **{"contact.name": "Luc Roy"}))

    assert "Avez-vous un téléphone ?" in text_of(shown)
    assert (wrong.status_code, 'value="Banlay"' in wrong.text) == (422, True)
    assert "Avez-vous un téléphone ? Oui" in text_of(await nadia.get(made.headers["location"]))
    assert hurried.status_code == 303  # staff may leave out what they were not told
