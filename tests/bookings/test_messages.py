"""The journal of messages of a booking, in words, and sending its confirmation again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ateliers import database
from ateliers.bookings.book import book_seats
from ateliers.bookings.booking import Contact, Wish
from ateliers.bookings.messages import NothingToSend, messages_of, resend
from ateliers.mail.outbox import claim, put_back, queue
from ateliers.network.people import get_person
from ateliers.refusals import NotFound
from tests.bookings.post import calendar_of, receive
from tests.world import NOON, START, make_booking, make_event, make_nadia, make_person, make_session, make_structure

MINUTE = timedelta(minutes=1)


async def nadia_and_booking():
    structure = await make_structure()
    nadia = await get_person(await make_nadia(structure))
    session = await make_session(await make_event(structure))
    wish = Wish(contact=Contact(name="Odile Marchand", email="odile@example.test"))
    return nadia, await book_seats(session, wish, now=NOON)


async def journal(booking_id) -> list[tuple[str, str]]:
    return [(told.what, told.ending) for told in await messages_of(booking_id)]


async def test_it_tells_what_was_sent_and_how_it_ended():
    _, booking = await nadia_and_booking()
    assert await journal(booking.id) == [("Inscription confirmée", "En attente d’envoi")]

    await receive(NOON)
    assert await journal(booking.id) == [("Inscription confirmée", "Envoyé")]


@pytest.mark.parametrize(
    ("state", "outcome", "ending", "detail"),
    [
        ("failed", "550 5.1.1 No such user", "Refusé par la messagerie du destinataire", "550 5.1.1 No such user"),
        ("unknown", "unknown: lost", "Envoyé, sans nouvelle de son arrivée", ""),
        (
            "dropped",
            "The session is over.",
            "Non envoyé\u00a0: La séance est terminée.",
            "",
        ),
    ],
)
async def test_every_ending_has_its_words(state, outcome, ending, detail):
    _, booking = await nadia_and_booking()
    await database.execute("UPDATE outbox SET state = $1, outcome = $2, done_at = $3", state, outcome, NOON)

    (told,) = await messages_of(booking.id)
    assert (told.ending, told.detail, told.done_at) == (ending, detail, NOON)


async def test_a_letter_that_is_tried_again_says_so():
    _, booking = await nadia_and_booking()
    (row,) = await claim(1, now=NOON)
    await put_back(row, "450 4.2.1 Later", due_at=NOON + MINUTE)

    (told,) = await messages_of(booking.id)
    assert (told.ending, told.detail) == ("Pas encore envoyé\u00a0: nous réessayons", "450 4.2.1 Later")


async def test_a_confirmation_sent_again_is_the_same_object_one_step_on():
    nadia, booking = await nadia_and_booking()
    (first,) = await receive(NOON)
    await resend(booking.id, by=nadia, now=NOON + MINUTE)

    (again,) = await receive(NOON + MINUTE)

    assert again["references"] == first["message-id"]
    assert [calendar_of(m)[1]["SEQUENCE"] for m in (first, again)] == [0, 1]
    assert calendar_of(first)[1]["UID"] == calendar_of(again)[1]["UID"]


async def test_strangers_send_nothing_again():
    _, booking = await nadia_and_booking()
    stranger = await get_person(
        await make_person("Stranger", "ambassador", structure_id=await make_structure("Ailleurs"))
    )

    with pytest.raises(NotFound):
        await resend(booking.id, by=stranger, now=NOON)


@pytest.mark.parametrize("values", [{"email": None}, {"state": "given_back"}, {"state": "waiting"}])
async def test_without_held_seats_or_address_there_is_nothing_to_send_again(values):
    structure = await make_structure()
    nadia = await get_person(await make_nadia(structure))
    booking = await make_booking(await make_session(await make_event(structure)), **values)

    with pytest.raises(NothingToSend):
        await resend(booking, by=nadia, now=NOON)


async def test_after_the_session_nothing_is_sent_again():
    nadia, booking = await nadia_and_booking()

    with pytest.raises(NothingToSend):
        await resend(booking.id, by=nadia, now=START + timedelta(hours=3))


async def test_a_kind_without_words_is_shown_by_its_name():
    _, booking = await nadia_and_booking()
    await queue("survey", key="survey", subject_id=booking.id, now=NOON + MINUTE)

    assert [what for what, _ in await journal(booking.id)] == ["Inscription confirmée", "survey"]
