"""The private page of who waits, is offered a seat, says yes or no, or answers too late."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ateliers.agenda.sessions import get_session
from ateliers.bookings.bookings import get_booking
from ateliers.bookings.links import manage_path
from ateliers.clock import now
from tests.web.test_booking_pages import text_of
from tests.world import make_booking, make_event, make_session

NEXT_WEEK = (now() + timedelta(days=7)).replace(hour=13, minute=0, second=0, microsecond=0)
ANSWERED = {"yes": "confirmed", "no": "declined"}


async def make_offer(*, left: timedelta = timedelta(hours=5), seats: int = 1, **values):
    """One seat, kept for Odile; Jean waits behind her."""
    event_id = await make_event(offer_for=timedelta(hours=24))
    session_id = await make_session(event_id, starts_at=NEXT_WEEK, capacity=seats)
    offered = await make_booking(
        session_id, state="offered", seats=seats, offered_until=now() + left, email="odile@example.test", **values
    )
    behind = await make_booking(session_id, state="waiting", name="Jean Petit", rank=2, email="jean@example.test")
    return session_id, await get_booking(offered), await get_booking(behind)


async def test_the_page_says_until_when_and_reading_it_answers_nothing(client):
    _session_id, offered, _behind = await make_offer()
    path = manage_path(offered)

    for _turn in range(3):
        shown = await client.get(path)

    assert "Une place est gardée pour vous" in text_of(shown)
    assert "Répondez avant le" in text_of(shown)
    assert (await client.get(path + "/reponse")).status_code == 405
    assert (await get_booking(offered.id)) == offered


@pytest.mark.parametrize("answer", ANSWERED)
async def test_yes_and_no_are_one_press_and_said_twice_change_nothing_more(client, answer):
    session_id, offered, behind = await make_offer()
    path = manage_path(offered)

    first = await client.post(path + "/reponse", data={"answer": answer})
    again = await client.post(path + "/reponse", data={"answer": answer})

    assert (first.status_code, again.status_code) == (303, 303)
    assert (await get_booking(offered.id)).state.value == ANSWERED[answer]
    assert (await get_booking(behind.id)).state.value == {"yes": "waiting", "no": "offered"}[answer]
    session = await get_session(session_id)
    assert (session.seats_taken, session.seats_offered) == {"yes": (1, 0), "no": (0, 1)}[answer]
    said = {"yes": "Votre place est confirmée.", "no": "Vous avez laissé cette place."}[answer]
    assert said in text_of(await client.get(path))


async def test_after_the_deadline_yes_comes_too_late_even_before_any_sweep(client):
    _session_id, offered, behind = await make_offer(left=timedelta(seconds=-1))
    path = manage_path(offered)

    shown = await client.get(path)
    answer = await client.post(path + "/reponse", data={"answer": "yes"})

    assert "Le délai de réponse est passé." in text_of(shown)
    assert "Oui, je viens" not in text_of(shown)
    assert answer.status_code == 410
    assert "Le délai de réponse est passé." in text_of(answer)
    assert (await get_booking(offered.id)).state.value == "expired"
    assert (await get_booking(behind.id)).state.value == "offered"


async def test_an_answer_that_is_none_leaves_the_offer_open(client):
    _session_id, offered, _behind = await make_offer()

    for wrong in ({}, {"answer": ""}, {"answer": "maybe"}):
        answer = await client.post(manage_path(offered) + "/reponse", data=wrong)
        assert answer.status_code == 422
        assert "Une place est gardée pour vous" in text_of(answer)
    assert (await get_booking(offered.id)).state.value == "offered"


async def test_who_only_waits_cannot_say_yes(client):
    _session_id, _offered, behind = await make_offer()

    answer = await client.post(manage_path(behind) + "/reponse", data={"answer": "yes"})

    assert answer.status_code == 409
    assert (await get_booking(behind.id)).state.value == "waiting"


async def test_the_waiting_list_explains_itself(client):
    session_id, _offered, behind = await make_offer()
    phone_only = await get_booking(
        await make_booking(session_id, state="waiting", name="Marie", rank=3, seats=2, email=None, phone="0612345678")
    )

    by_mail = text_of(await client.get(manage_path(behind)))
    by_phone = text_of(await client.get(manage_path(phone_only)))

    assert "numéro 1" in by_mail
    assert "nous la gardons pour vous et nous vous écrivons" in by_mail
    assert "numéro 2" in by_phone
    assert "nous la gardons pour vous et nous vous appelons" in by_phone
    assert "Demander moins de places, ou quitter la liste" in by_phone
    assert "Un groupe trop grand pour les places libres garde son rang." in by_phone
