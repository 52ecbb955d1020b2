"""What people receive about their booking, from the desk to the mailbox."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from ateliers import database
from ateliers.agenda.changing import call_off_session, move_session
from ateliers.agenda.drafts import Move
from ateliers.bookings import changes
from ateliers.bookings.book import book_seats
from ateliers.bookings.booking import Booking, BookingState, Contact, Wish
from ateliers.bookings.bookings import get_booking
from ateliers.bookings.give_back import give_back_seats
from ateliers.bookings.links import manage_path, private_key
from ateliers.mail.outbox import queue
from ateliers.network.people import Person, get_person
from tests.bookings.post import calendar_of, receive, text_of
from tests.world import NOON, START, make_event, make_place, make_samir, make_session, make_structure

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


async def samir_and_session(**values) -> tuple[Person, UUID]:
    structure = await make_structure()
    samir = await get_person(await make_samir(structure))
    return samir, await make_session(await make_event(structure), **values)


async def book(session_id: UUID, name: str = "Odile Marchand", *, seats: int = 1, **values) -> Booking:
    email = values.pop("email", f"{name.partition(' ')[0].lower()}@example.test")
    contact = Contact(name=name, email=email, phone=values.pop("phone", None))
    return await book_seats(session_id, Wish(contact=contact, seats=seats, **values), now=NOON)


async def outbox() -> list[tuple[str, str, str | None]]:
    rows = await database.fetch_rows("SELECT kind, state, outcome FROM outbox ORDER BY created_at, id")
    return [(row["kind"], row["state"], row["outcome"]) for row in rows]


async def test_a_confirmation_says_everything_in_the_first_screen():
    _, session = await samir_and_session()
    booking = await book(session, seats=2)

    (message,) = await receive(NOON)

    assert message["subject"].replace("\u00a0", " ") == (
        "Inscription confirmée : Activer Mon espace santé avec votre téléphone, mardi 1er décembre 2026"
    )
    assert message["to"] == "Odile Marchand <odile@example.test>"
    assert message["from"] == "CCAS de Nevers <rendez-vous@ateliers.test>"
    assert message["reply-to"] == "CCAS de Nevers <contact@ccas-nevers.test>"
    assert text_of(message).split("\n")[:14] == [
        "Bonjour Odile Marchand,",
        "",
        "Vos 2 places sont réservées.",
        "",
        "Activer Mon espace santé avec votre téléphone",
        "Quand : mardi 1er décembre 2026, de 14 h à 16 h",
        "Où : Médiathèque Jean-Jaurès, 17 rue Jean-Jaurès, 58000 Nevers",
        "Téléphone : 03 86 00 00 00",
        "À apporter :",
        "- Votre téléphone, chargé",
        "- Votre carte Vitale",
        "",
        f"Vous ne pouvez pas venir ? Annulez ici : http://ateliers.test{manage_path(booking)}",
        f"Ou par téléphone, avec votre code d’inscription : {booking.code}",
    ]


async def test_the_html_says_the_same_and_loads_nothing():
    _, session = await samir_and_session()
    booking = await book(session)

    (message,) = await receive(NOON)
    html = message.get_body(("html",)).get_content()

    for words in (
        "mardi 1er décembre 2026",
        "17 rue Jean-Jaurès",
        "03",
        "Votre carte Vitale",
        manage_path(booking),
        booking.code,
    ):
        assert words in html
    for loaded in ("<img", "src=", "@import", "url(", "<script", "<link"):
        assert loaded not in html
    assert '<html lang="fr"' in html


async def test_a_confirmation_carries_the_booking_for_the_calendar():
    _, session = await samir_and_session()
    booking = await book(session)

    (message,) = await receive(NOON)
    method, event = calendar_of(message)

    assert (method, event["UID"], event["SEQUENCE"], event["DTSTART"].dt) == ("REQUEST", booking.uid, 0, START)
    assert str(event["ATTENDEE"]) == f"mailto:{message['to'].addresses[0].addr_spec}"
    assert str(event["ORGANIZER"]) == f"mailto:{message['from'].addresses[0].addr_spec}"
    assert message["list-unsubscribe"] is None


async def test_a_booking_moved_twice_and_called_off_is_one_object_in_the_calendar():
    samir, session = await samir_and_session()
    place = await make_place(name="Salle des fêtes", owner_id=samir.structure_ids[0])
    booking = await book(session)
    (first,) = await receive(NOON)

    moved_start = START + timedelta(days=7)
    await move_session(session, Move(local_start=moved_start.replace(tzinfo=None) + HOUR), by=samir, now=NOON + HOUR)
    assert await changes.sweep(NOON + HOUR) == 1
    (second,) = await receive(NOON + HOUR)
    await move_session(session, Move(place_id=place), by=samir, now=NOON + 2 * HOUR)
    await changes.sweep(NOON + 2 * HOUR)
    (third,) = await receive(NOON + 2 * HOUR)
    await call_off_session(session, "La salle est inondée.", by=samir, now=NOON + 3 * HOUR)
    await changes.sweep(NOON + 3 * HOUR)
    (last,) = await receive(NOON + 3 * HOUR)

    found = [calendar_of(message) for message in (first, second, third, last)]
    assert [method for method, _ in found] == ["REQUEST", "REQUEST", "REQUEST", "CANCEL"]
    assert [event["SEQUENCE"] for _, event in found] == [0, 1, 2, 3]
    assert {str(event["UID"]) for _, event in found} == {booking.uid}
    assert [event["DTSTART"].dt for _, event in found] == [START, moved_start, moved_start, moved_start]
    assert found[2][1]["LOCATION"].startswith("Salle des fêtes")
    assert {message["references"] for message in (second, third, last)} == {first["message-id"]}
    assert second["subject"].startswith("Changement de date")
    assert "Elle devait avoir lieu le mardi 1er décembre 2026 à 14 h." in text_of(second)
    assert third["subject"].startswith("Changement")
    assert "devait avoir lieu" not in text_of(third)
    assert last["subject"].startswith("Séance annulée")
    assert "Pourquoi : La salle est inondée." in text_of(last)
    assert (await get_booking(booking.id)).told_revision == 3


async def test_nobody_is_told_twice():
    samir, session = await samir_and_session()
    await book(session)
    await call_off_session(session, "Malade", by=samir, now=NOON)

    assert [await changes.sweep(NOON), await changes.sweep(NOON)] == [1, 0]
    assert [kind for kind, _, _ in await outbox()] == ["booking_confirmed", "session_called_off"]


async def test_three_changes_before_anybody_looked_are_one_letter():
    samir, session = await samir_and_session()
    await book(session)
    await receive(NOON)
    for days in (1, 2, 3):
        start = (START + timedelta(days=days, hours=1)).replace(tzinfo=None)
        await move_session(session, Move(local_start=start), by=samir, now=NOON + MINUTE)
    await changes.sweep(NOON + HOUR)

    (message,) = await receive(NOON + HOUR)

    assert calendar_of(message)[1]["DTSTART"].dt == START + timedelta(days=3)
    assert message["subject"].startswith("Changement de date")
    assert "devait avoir lieu" not in text_of(message)


async def test_who_was_never_told_the_old_date_gets_a_confirmation_of_the_new_one():
    samir, session = await samir_and_session()
    await book(session)
    await move_session(
        session, Move(local_start=(START + timedelta(days=1, hours=1)).replace(tzinfo=None)), by=samir, now=NOON
    )
    await changes.sweep(NOON)

    (message,) = await receive(NOON)

    assert message["subject"].startswith("Inscription confirmée")
    method, event = calendar_of(message)
    assert (method, event["SEQUENCE"]) == ("REQUEST", 1)
    assert [(kind, state) for kind, state, _ in await outbox()] == [
        ("booking_confirmed", "dropped"),
        ("session_moved", "sent"),
    ]


async def test_a_calendar_that_knows_nothing_is_asked_to_cancel_nothing():
    samir, session = await samir_and_session()
    await book(session)
    await call_off_session(session, "Malade", by=samir, now=NOON)
    await changes.sweep(NOON)

    (message,) = await receive(NOON)

    assert message["subject"].startswith("Séance annulée")
    assert calendar_of(message) is None


async def test_seats_given_back_one_by_one():
    _, session = await samir_and_session()
    booking = await book(session, seats=3)
    await receive(NOON)

    await give_back_seats(booking.id, 1, now=NOON + HOUR)
    (fewer,) = await receive(NOON + HOUR)
    await give_back_seats(booking.id, None, now=NOON + 2 * HOUR)
    (none,) = await receive(NOON + 2 * HOUR)

    assert fewer["subject"].startswith("Inscription modifiée")
    assert "Une place a été rendue. Vous gardez 2 places." in text_of(fewer)
    assert none["subject"].startswith("Inscription annulée")
    assert "2 places ont été rendues. Votre inscription est annulée." in text_of(none)
    assert [(calendar_of(m)[0], calendar_of(m)[1]["SEQUENCE"]) for m in (fewer, none)] == [
        ("REQUEST", 1),
        ("CANCEL", 2),
    ]


async def test_waiting_then_promoted():
    _, session = await samir_and_session(capacity=1)
    first = await book(session, "Nora Petit")
    waiting = await book(session)
    await receive(NOON)

    (told,) = await _again(waiting)
    await give_back_seats(first.id, now=NOON + HOUR)
    messages = await receive(NOON + HOUR)
    promoted = next(m for m in messages if "odile" in m["to"])

    assert told["subject"].startswith("Liste d’attente")
    assert "Votre rang sur la liste d’attente : 1." in text_of(told)
    assert calendar_of(told) is None
    assert promoted["subject"].startswith("Une place pour vous")
    assert (calendar_of(promoted)[0], calendar_of(promoted)[1]["SEQUENCE"]) == ("REQUEST", 0)


async def _again(booking: Booking):
    await queue("waiting_list_joined", key="again", subject_id=booking.id, now=NOON)
    return await receive(NOON)


async def test_who_waits_is_told_of_changes_too_without_a_calendar():
    samir, session = await samir_and_session(capacity=1)
    await book(session, "Nora Petit")
    await book(session)
    await receive(NOON)
    await call_off_session(session, "Malade", by=samir, now=NOON)
    await changes.sweep(NOON)

    odile = next(m for m in await receive(NOON) if "odile" in m["to"])

    assert calendar_of(odile) is None


async def test_a_contact_without_e_mail_is_written_to_by_nobody_and_called():
    samir, session = await samir_and_session()
    booking = await book(session, email=None, phone="0612345678")
    await call_off_session(session, "Malade", by=samir, now=NOON)
    await changes.sweep(NOON)

    assert await outbox() == []
    after = await get_booking(booking.id)
    assert (after.to_call_back, after.told_revision, after.sequence) == (True, 1, 0)


async def test_a_confirmation_that_no_longer_holds_is_not_sent():
    _, session = await samir_and_session()
    booking = await book(session)
    await database.execute("UPDATE booking SET state = 'given_back', ended_at = $2 WHERE id = $1", booking.id, NOON)

    assert await receive(NOON) == []
    assert await outbox() == [("booking_confirmed", "dropped", "The seats were given back meanwhile.")]


async def test_after_the_session_nothing_is_confirmed():
    _, session = await samir_and_session()
    await book(session)

    assert await receive(START + 3 * HOUR) == []


async def test_in_english():
    _, session = await samir_and_session()
    booking = await book(session, language="en")

    (message,) = await receive(NOON)

    assert message["subject"] == "Booked: Activer Mon espace santé avec votre téléphone, Tuesday 1 December 2026"
    assert message["content-language"] == "en"
    assert f"http://ateliers.test/en{manage_path(booking)}" in text_of(message)


async def test_overseas_the_clock_is_named():
    _, session = await samir_and_session(zone="Indian/Reunion")
    await book(session)

    (message,) = await receive(NOON)

    assert "de 17 h à 19 h, heure de La Réunion" in text_of(message)


async def test_the_link_of_a_webinar_goes_to_who_holds_a_seat_and_to_nobody_else():
    structure = await make_structure()
    event = await make_event(structure, kind="webinar")
    session = await make_session(event, place_id=None, join_url="https://visio.example.test/salle", capacity=1)
    await book(session)
    await book(session, "Nora Petit")

    found = {m["to"].addresses[0].username: m.as_string() + text_of(m) for m in await receive(NOON)}

    assert "/webinaire/" in found["odile"]
    assert "/webinaire/" not in found["nora"]
    assert not [name for name, text in found.items() if "visio.example.test" in text]  # the room's own address


async def test_no_participant_sees_another():
    _, session = await samir_and_session()
    for name, phone in (("Odile Marchand", "0612345678"), ("Nora Petit", "0687654321")):
        await book(session, name, phone=phone)

    for message in await receive(NOON):
        other = {"odile": ("Nora", "0687654321"), "nora": ("Odile", "0612345678")}[message["to"].addresses[0].username]
        parts = [part.get_payload(decode=True).decode() for part in message.walk() if not part.is_multipart()]
        assert not [word for word in other for part in [message.as_string(), *parts] if word in part]


async def test_the_secret_link_is_in_the_letter_and_not_in_the_calendar():
    _, session = await samir_and_session()
    booking = await book(session)

    (message,) = await receive(NOON)

    assert private_key(booking) in text_of(message)
    calendars = [p.get_payload(decode=True) for p in message.walk() if p.get_content_subtype() in ("calendar", "ics")]
    assert [private_key(booking).encode() in raw.replace(b"\r\n ", b"") for raw in calendars] == [False, False]


@pytest.mark.parametrize("name", ["Odile\r\nBcc: x@y.test", '"Odile"; <b>', "Odile 😀 \u202e", "é" * 110])
async def test_any_name_arrives(name):
    _, session = await samir_and_session()
    booking = await book(session, email="odile@example.test", name=name)

    (message,) = await receive(NOON)

    assert message["bcc"] is None
    assert f"Bonjour {booking.name}," in text_of(message)
    assert "<b>" not in message.get_body(("html",)).get_content()


async def test_the_link_once_more():
    _, session = await samir_and_session()
    booking = await book(session)
    await receive(NOON)
    await queue("booking_link", key="link", subject_id=booking.id, now=NOON)

    (message,) = await receive(NOON)

    assert booking.state is BookingState.CONFIRMED
    assert manage_path(booking) in text_of(message)
    assert calendar_of(message) is None
