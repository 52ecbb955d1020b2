"""Booking over the public form, seeing and giving back by the private link, the staff's page of a session."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tuned
from hypothesis import strategies as st

from ateliers.agenda.sessions import get_session
from ateliers.bookings.bookings import get_booking, list_bookings
from ateliers.bookings.joining import join_path
from ateliers.bookings.links import manage_path
from ateliers.clock import now
from ateliers.database import fetch_rows, fetch_value, new_id
from ateliers.signing import timed_token
from ateliers.web.public.booking import FORM
from tests.world import make_booking, make_event, make_session, make_structure

NEXT_WEEK = (now() + timedelta(days=7)).replace(hour=13, minute=0, second=0, microsecond=0)


def text_of(answer) -> str:
    body = re.sub(r"(?s)<head>.*?</head>", " ", answer.text)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def token(session_id, *, age=timedelta(seconds=30), nonce="abc") -> str:
    return timed_token(FORM, f"{session_id} {nonce}", now=now() - age)


def odile(session_id, **fields):
    answers = {
        "who": "me",
        "contact.name": "Odile Marchand",
        "contact.email": "odile@example.test",
        "seats": "1",
        "token": token(session_id, nonce=new_id().hex),
    }
    return {**answers, **{name.replace("__", "."): text for name, text in fields.items()}}


async def test_odile_books_sees_her_booking_and_gives_it_back(client):
    session_id = await make_session(starts_at=NEXT_WEEK, capacity=2)
    path = f"/seances/{session_id}/reserver"

    shown = await client.get(path)
    sent = await client.post(path, data=odile(session_id, needs="près de la porte"))
    mine = await client.get(sent.headers["location"])

    assert (shown.status_code, sent.status_code, mine.status_code) == (200, 303, 200)
    [booking] = await list_bookings(session_id)
    assert sent.headers["location"] == manage_path(booking)
    assert (booking.name, booking.needs, booking.language) == ("Odile Marchand", "près de la porte", "fr")
    assert "Votre place est confirmée." in text_of(mine)
    assert mine.headers["cache-control"] == "no-store"

    asked = await client.get(manage_path(booking) + "/rendre")
    assert asked.status_code == 200
    assert (await get_booking(booking.id)).state.value == "confirmed"
    given_back = await client.post(manage_path(booking) + "/rendre", data={"seats": "1"})
    assert given_back.headers["location"] == manage_path(booking)
    assert (await get_booking(booking.id)).state.value == "given_back"
    assert "Vous avez rendu vos places." in text_of(await client.get(manage_path(booking)))


async def test_another_date_is_taken_before_the_first_is_given_back(client):
    home = await make_structure()
    event_id = await make_event(home)
    first, full, other = [
        await make_session(event_id, starts_at=NEXT_WEEK + timedelta(days=day), capacity=capacity)
        for day, capacity in ((0, 4), (1, 1), (2, 4))
    ]
    elsewhere = await make_session(await make_event(home), starts_at=NEXT_WEEK)
    sent = await client.post(f"/seances/{first}/reserver", data={**odile(first), "seats": "2"})
    path = sent.headers["location"]

    assert "Choisir une autre date" in text_of(await client.get(path))
    offered = await client.get(path + "/changer")
    assert (str(other) in offered.text, str(full) in offered.text) == (True, False)
    for wrong in (str(full), str(elsewhere), "", "x"):
        assert (await client.post(path + "/changer", data={"session_id": wrong})).status_code == 422
    changed = await client.post(path + "/changer", data={"session_id": str(other)})
    again = await client.post(path + "/changer", data={"session_id": str(other)})

    assert changed.status_code == again.status_code == 303
    assert changed.headers["location"] == again.headers["location"] == path
    assert "2 places sont confirmées" in text_of(await client.get(changed.headers["location"])).replace("\u00a0", " ")
    assert [(await get_session(id)).seats_taken for id in (first, full, other, elsewhere)] == [0, 0, 2, 0]


async def test_the_form_sent_twice_books_once(client):
    session_id = await make_session(starts_at=NEXT_WEEK)
    answers = odile(session_id)

    first = await client.post(f"/seances/{session_id}/reserver", data=answers)
    second = await client.post(f"/seances/{session_id}/reserver", data=answers)

    assert first.headers["location"] == second.headers["location"]
    assert await fetch_value("SELECT count(*) FROM booking") == 1


async def test_the_last_seat_goes_and_the_waiting_list_is_offered_without_retyping(client):
    session_id = await make_session(starts_at=NEXT_WEEK, capacity=1)
    path = f"/seances/{session_id}/reserver"
    await make_booking(session_id)
    answers = odile(session_id, contact__name="Jean D’Arc", needs="gros caractères")

    offered = await client.post(path, data=answers)
    joined = await client.post(path, data={**answers, "wait": "1"})

    assert offered.status_code == 409
    assert 'value="Jean D’Arc"' in offered.text
    assert "gros caractères" in offered.text
    assert 'name="wait" value="1"' in offered.text
    mine = await client.get(joined.headers["location"])
    assert "Vous êtes sur la liste d’attente" in text_of(mine)
    assert "numéro 1" in text_of(mine)
    left = await client.post(joined.headers["location"] + "/rendre", data={"seats": "1"})
    assert left.status_code == 303
    assert await fetch_value("SELECT state FROM booking WHERE name = 'Jean D’Arc'") == "left"


async def test_booking_for_a_person_one_helps(client):
    session_id = await make_session(starts_at=NEXT_WEEK)

    await client.post(
        f"/seances/{session_id}/reserver",
        data=odile(session_id, who="other", on_behalf="carer", attendee="Suzanne Petit", seats="2", others="Luc Petit"),
    )

    [booking] = await list_bookings(session_id)
    assert (booking.names, booking.on_behalf.value, booking.name) == (
        ["Suzanne Petit", "Luc Petit"],
        "carer",
        "Odile Marchand",
    )


async def test_english_is_kept_for_the_emails(client):
    session_id = await make_session(starts_at=NEXT_WEEK)

    sent = await client.post(f"/en/seances/{session_id}/reserver", data=odile(session_id))

    assert sent.headers["location"].startswith("/en/ma-reservation/")
    assert [booking.language for booking in await list_bookings(session_id)] == ["en"]


@pytest.mark.parametrize(
    "made",
    [
        {"token": ""},
        {"token": "forged.aaaaaaaaaaaaaaaa"},
        {"token": timed_token(FORM, "elsewhere abc", now=now() - timedelta(minutes=1))},
        {"site": "http://spam.example"},
    ],
)
async def test_programs_are_asked_again_and_people_keep_what_they_typed(client, made):
    session_id = await make_session(starts_at=NEXT_WEEK)

    answer = await client.post(f"/seances/{session_id}/reserver", data={**odile(session_id), **made})

    assert answer.status_code == 422
    assert 'value="Odile Marchand"' in answer.text
    assert await fetch_value("SELECT count(*) FROM booking") == 0


async def test_everything_wrong_is_said_at_once_beside_its_field(client):
    session_id = await make_session(starts_at=NEXT_WEEK)
    wrong = {"contact.name": "", "contact.email": "", "contact.phone": "06 12", "seats": "beaucoup", "who": ""}

    answer = await client.post(f"/seances/{session_id}/reserver", data={**odile(session_id), **wrong})

    assert answer.status_code == 422
    errors = set(re.findall(r'id="(f-[a-z-]+)-err"', answer.text))
    assert errors == {"f-contact-name", "f-contact-phone", "f-seats", "f-who"}
    assert set(re.findall(r'<li><a href="#(f-[a-z-]+)"', answer.text)) == errors


async def test_too_fast_and_too_late_are_asked_again_in_a_friendly_way(client):
    session_id = await make_session(starts_at=NEXT_WEEK)
    path = f"/seances/{session_id}/reserver"

    for age in (timedelta(0), timedelta(hours=13)):
        again = await client.post(path, data=odile(session_id, token=token(session_id, age=age)))
        assert again.status_code == 422
        assert 'value="odile@example.test"' in again.text
    assert await fetch_value("SELECT count(*) FROM booking") == 0


async def test_the_same_person_is_told_and_sent_the_link(client):
    session_id = await make_session(starts_at=NEXT_WEEK)
    path = f"/seances/{session_id}/reserver"
    await client.post(path, data=odile(session_id))

    again = await client.post(path, data=odile(session_id, contact__name="ODILE  MARCHAND"))

    [booking] = await list_bookings(session_id)
    assert again.status_code == 409
    assert booking.code not in again.text
    assert "Vous avez déjà une réservation" in text_of(again)
    kinds = await fetch_rows("SELECT kind FROM outbox ORDER BY id")
    assert [row["kind"] for row in kinds] == ["booking_confirmed", "booking_link"]


async def test_the_join_link_is_for_confirmed_seats_only(client):
    event_id = await make_event(kind="webinar")
    session_id = await make_session(
        event_id, starts_at=NEXT_WEEK, capacity=1, place_id=None, join_url="https://visio.example/secret"
    )
    sure = await get_booking(await make_booking(session_id))
    waits = await get_booking(await make_booking(session_id, state="waiting"))

    assert f"http://ateliers.test{join_path(sure)}" in (await client.get(manage_path(sure))).text
    for path in (manage_path(waits), f"/seances/{session_id}/reserver"):
        text = (await client.get(path)).text
        assert ("visio.example" in text, "/webinaire/" in text) == (False, False)


async def test_a_wrong_link_is_not_found(client):
    booking = await get_booking(await make_booking(await make_session(starts_at=NEXT_WEEK)))

    for path in (f"/ma-reservation/{booking.code}/{'a' * 16}", "/ma-reservation/ZZZZZZ/aaaaaaaaaaaaaaaa"):
        assert (await client.get(path)).status_code == 404
        assert (await client.post(path + "/rendre", data={"seats": "1"})).status_code == 404
    assert (await get_booking(booking.id)).state.value == "confirmed"


async def test_finding_ones_booking_answers_the_same_to_everybody(client):
    session_id = await make_session(starts_at=NEXT_WEEK)
    await client.post(f"/seances/{session_id}/reserver", data=odile(session_id))

    known = await client.post("/ma-reservation", data={"contact": "Odile@example.test"})
    unknown = await client.post("/ma-reservation", data={"contact": "personne@example.test"})

    assert known.text == unknown.text
    assert known.status_code == 200
    assert await fetch_value("SELECT count(*) FROM outbox WHERE kind = 'booking_link'") == 1
    assert (await client.post("/ma-reservation", data={"contact": "nimporte quoi"})).status_code == 422


async def test_drafts_and_network_events_are_not_found(client):
    for values in ({"state": "draft", "published_at": None}, {"visibility": "network", "kind": "training"}):
        session_id = await make_session(await make_event(await make_structure(slug=new_id().hex), **values))
        assert (await client.get(f"/seances/{session_id}/reserver")).status_code == 404
        assert (await client.post(f"/seances/{session_id}/reserver", data=odile(session_id))).status_code == 404


async def test_a_closed_session_says_so(client):
    session_id = await make_session(starts_at=now() - timedelta(hours=1))

    assert "n’accepte plus de réservation" in text_of(await client.get(f"/seances/{session_id}/reserver"))


TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "",
            "\x00",
            "\u202eabc",
            "a\r\nBcc: x@y.fr",
            "<script>alert(1)</script>",
            "😀",
            "1000000000",
            "-1",
            "0",
            "x" * 5000,
        ]
    ),
)
FIELDS = [
    "who",
    "on_behalf",
    "attendee",
    "contact.name",
    "contact.email",
    "contact.phone",
    "seats",
    "others",
    "needs",
    "wait",
]


@tuned(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wrong=st.dictionaries(st.sampled_from([*FIELDS, "token", "site", "unknown"]), TEXTS, min_size=1, max_size=4))
async def test_no_form_whatever_it_holds_is_a_fault(client, wrong):
    session_id = await fetch_value("SELECT id FROM session LIMIT 1") or await make_session(starts_at=NEXT_WEEK)

    answer = await client.post(f"/seances/{session_id}/reserver", data={**odile(session_id), **wrong})

    assert answer.status_code in {303, 409, 422, 429}
    assert "<script>alert" not in answer.text
