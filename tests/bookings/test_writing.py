"""A message to all of a session: each gets their own, once, and nobody sees the others."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ateliers import database
from ateliers.agenda.sessions import get_session
from ateliers.bookings.session_message import Audience, NewMessage, list_messages_of
from ateliers.bookings.writing import WRITTEN_AFTER, NobodyToWriteTo, TooLongAgo, reach, write_to_session
from ateliers.mail.sms import keep_gateway
from ateliers.network.people import get_person
from ateliers.refusals import Invalid, NotFound
from tests.bookings.post import receive, text_of
from tests.mail.test_sms import a_gateway
from tests.world import NOON, START, make_booking, make_event, make_nadia, make_person, make_session, make_structure

KEY = database.new_id()
DOOR = NewMessage(
    audience=Audience.CONFIRMED,
    subject="Entrez par la porte de côté",
    body="Bonjour,\nla porte est close.\n\nÀ mardi !",
)


async def a_session():
    structure = await make_structure()
    nadia = await get_person(await make_nadia(structure))
    session = await make_session(await make_event(structure))
    await make_booking(session, name="Odile Marchand")
    await make_booking(session, name="Paul Roy", email="paul@example.test")
    await make_booking(session, name="Luc Petit", email=None, phone="0612345678")
    await make_booking(session, name="Wanda", email="wanda@example.test", state="waiting")
    await make_booking(session, name="Gone", email="gone@example.test", state="given_back")
    return nadia, session


async def test_each_gets_their_own_and_sees_nobody_else():
    nadia, session = await a_session()
    assert await write_to_session(session, DOOR, key=KEY, by=nadia, now=NOON) == 2

    letters = await receive(NOON)

    assert sorted(letter["to"].addresses[0].addr_spec for letter in letters) == [
        "odile@example.test",
        "paul@example.test",
    ]
    for letter in letters:
        mine, other = ("odile", "paul") if "odile" in letter["to"] else ("paul", "odile")
        assert (mine in letter["to"], other in letter.as_string().lower()) == (True, False)
        assert letter["subject"] == "Entrez par la porte de côté"
        assert "la porte est close.\n\nÀ mardi !" in text_of(letter)
        assert "List-Unsubscribe" not in letter


@pytest.mark.parametrize(("audience", "told"), [("confirmed", 2), ("waiting", 1), ("everybody", 3)])
async def test_the_count_is_told_before_and_kept_after(audience, told):
    nadia, session = await a_session()
    found = await reach(await get_session(session), Audience(audience))
    assert found.told == told

    await write_to_session(
        session, NewMessage(audience=Audience(audience), subject="S", body="B"), key=KEY, by=nadia, now=NOON
    )
    await receive(NOON)
    (message,) = await list_messages_of(session)
    assert (message.told, message.sent, message.waits, message.by_name) == (told, told, 0, "Nadia Ferrand")


async def test_who_can_only_be_called_is_named_or_gets_an_sms():
    nadia, session = await a_session()
    found = await reach(await get_session(session), Audience.CONFIRMED)
    assert [booking.name for booking in found.to_call] == ["Luc Petit"]

    structure = (await get_session(session)).structure_id
    await keep_gateway(a_gateway("https://sms.example.test/", structure_id=structure), now=NOON)
    found = await reach(await get_session(session), Audience.CONFIRMED)
    assert ([booking.name for booking in found.by_text], found.to_call) == (["Luc Petit"], [])
    assert await write_to_session(session, DOOR, key=KEY, by=nadia, now=NOON) == 3


async def test_the_same_message_sent_twice_leaves_once():
    nadia, session = await a_session()
    await write_to_session(session, DOOR, key=KEY, by=nadia, now=NOON)

    assert await write_to_session(session, DOOR, key=KEY, by=nadia, now=NOON) == 0
    assert len(await receive(NOON)) == 2


async def test_who_gave_their_seat_back_meanwhile_hears_nothing():
    nadia, session = await a_session()
    await write_to_session(session, DOOR, key=KEY, by=nadia, now=NOON)
    await database.execute("UPDATE booking SET state = 'given_back', ended_at = $1 WHERE name = 'Paul Roy'", NOON)

    assert [letter["to"].addresses[0].addr_spec for letter in await receive(NOON)] == ["odile@example.test"]


async def test_strangers_write_to_nobody():
    _, session = await a_session()
    stranger = await get_person(
        await make_person("Stranger", "ambassador", structure_id=await make_structure("Ailleurs"))
    )

    with pytest.raises(NotFound):
        await write_to_session(session, DOOR, key=KEY, by=stranger, now=NOON)


async def test_what_is_long_past_is_left_in_peace():
    nadia, session = await a_session()

    with pytest.raises(TooLongAgo):
        await write_to_session(session, DOOR, key=KEY, by=nadia, now=START + WRITTEN_AFTER + timedelta(hours=3))


async def test_without_anybody_to_write_to_nothing_is_kept():
    nadia, session = await a_session()
    await database.execute("UPDATE booking SET email = NULL")

    with pytest.raises(NobodyToWriteTo):
        await write_to_session(session, DOOR, key=KEY, by=nadia, now=NOON)
    assert await list_messages_of(session) == []


async def test_no_social_security_number_is_written_to_anybody():
    nadia, session = await a_session()
    new = NewMessage(audience=Audience.CONFIRMED, subject="S", body="Le 2 84 05 58 194 123 45 est à vous ?")

    with pytest.raises(Invalid):
        await write_to_session(session, new, key=KEY, by=nadia, now=NOON)
