"""SMS for those who have no e-mail address: what they say, whom they reach, and when they are left out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ateliers import database
from ateliers.agenda.changing import call_off_session, move_session
from ateliers.agenda.drafts import Move
from ateliers.bookings import changes, texts
from ateliers.bookings.texts import COMPOSERS, LONGEST, WORDS, in_words
from ateliers.mail.gsm7 import places
from ateliers.mail.outbox import claim
from ateliers.mail.sms import Text, keep_gateway
from ateliers.network.people import get_person
from tests.agenda.values import a_session
from tests.bookings.values import a_booking
from tests.mail.test_sms import a_gateway
from tests.world import NOON, START, make_booking, make_event, make_samir, make_session, make_structure

HOUR = timedelta(hours=1)
LUC = {"name": "Luc Petit", "email": None, "phone": "06 12 34 56 78", "confirmed_at": NOON}


async def a_structure_with_sms(**values):
    structure = await make_structure()
    gateway = a_gateway("https://sms.example.test/", structure_id=structure, **values)
    await keep_gateway(gateway, now=NOON - HOUR)
    samir = await get_person(await make_samir(structure))
    return samir, await make_session(await make_event(structure))


async def sent(now) -> list[str]:
    """What is due, composed: the text of an SMS, the reason of a drop, or '…' for later."""
    found = []
    for row in await claim(50, now=now):
        composed = await COMPOSERS[row.kind](row, now)
        found.append(composed.text if isinstance(composed, Text) else getattr(composed, "reason", "…"))
    return found


async def test_who_has_a_mobile_and_no_address_gets_a_confirmation_once():
    _, session = await a_structure_with_sms()
    await make_booking(session, code="K7M2PX", **LUC)
    await make_booking(session, name="Odile")
    await make_booking(session, name="Fixe", email=None, phone="03 86 00 00 00", confirmed_at=NOON)
    await texts.sweep(NOON + HOUR)
    await texts.sweep(NOON + HOUR)

    assert sorted(await sent(NOON + HOUR)) == [
        (
            'CCAS de Nevers : place réservée pour "Activer Mon espace santé avec votre téléphone", mardi 1er décembre 2026 à 14 h, '
            "Médiathèque Jean-Jaurès, Nevers. Code K7M2PX. Empeché ? Appelez le 03 86 00 00 00."
        ),
        "There is no mobile number to write to.",
    ]


async def test_a_gateway_switched_off_sends_nothing():
    _, session = await a_structure_with_sms(is_on=False)
    await make_booking(session, **LUC)

    assert await texts.sweep(NOON + HOUR) == 0


async def test_who_booked_before_the_gateway_is_left_alone():
    _, session = await a_structure_with_sms()
    await make_booking(session, **{**LUC, "confirmed_at": NOON - 2 * HOUR})

    assert await texts.sweep(NOON + HOUR) == 0


async def test_a_change_and_a_calling_off_are_told_by_sms():
    samir, session = await a_structure_with_sms()
    await make_booking(session, **{**LUC, "confirmed_at": NOON - 2 * HOUR})
    later = (START + timedelta(days=1, hours=1)).replace(tzinfo=None)
    await move_session(session, Move(local_start=later), by=samir, now=NOON)
    await changes.sweep(NOON)
    (moved,) = await sent(NOON)
    assert moved.startswith(
        'CCAS de Nevers : "Activer Mon espace santé avec votre téléphone" change. C\'est maintenant le mercredi'
    )

    await call_off_session(session, "Plus de salle", by=samir, now=NOON + HOUR)
    await changes.sweep(NOON + HOUR)
    *_, off = await sent(NOON + HOUR)
    assert off.endswith("est annulé. Une question ? Appelez le 03 86 00 00 00.")


async def test_a_reminder_goes_the_day_before_unless_it_is_not_wanted_or_too_late():
    _, session = await a_structure_with_sms()
    await make_booking(session, **{**LUC, "confirmed_at": NOON - 2 * HOUR})
    await make_booking(session, **{**LUC, "confirmed_at": NOON - 2 * HOUR, "reminders": False})

    assert await texts.sweep(START - timedelta(hours=25)) == 0
    assert await texts.sweep(START - timedelta(hours=23)) == 1
    assert await texts.sweep(START - timedelta(hours=22)) == 0
    (reminder,) = await sent(START - timedelta(hours=22))
    assert reminder.startswith("CCAS de Nevers : à bientot, mardi 1er décembre")


async def test_at_night_an_sms_waits_unless_the_session_is_near():
    _, session = await a_structure_with_sms()
    await make_booking(session, **LUC)
    night = NOON + 11 * HOUR  # 23 h in Paris
    await texts.sweep(night)

    assert await sent(night) == ["…"]


async def test_seats_given_back_meanwhile_need_no_sms():
    _, session = await a_structure_with_sms()
    await make_booking(session, **LUC)
    await texts.sweep(NOON + HOUR)
    await database.execute("UPDATE booking SET state = 'given_back'")

    assert await sent(NOON + HOUR) == ["The seats were given back meanwhile."]


@pytest.mark.parametrize("kind", sorted(WORDS))
@pytest.mark.parametrize("language", ["fr", "en"])
def test_two_messages_are_enough_whatever_the_title(kind, language):
    session = a_session(
        title="Découvrir l’« espace » €[santé] " * 10, structure_name="Centre communal d’action sociale"
    )
    text = in_words(kind, a_booking(language=language), session, subject="Entrez par la porte de côté")

    assert places(text) <= LONGEST
    assert "..." in text
