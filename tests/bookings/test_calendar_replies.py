"""What calendars answer: the seat is given back when it is surely the person's own word, otherwise one click is asked for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ateliers import database
from ateliers.bookings import cycle_dates
from ateliers.bookings.booked_dates import find_booked_date
from ateliers.bookings.booking import BookingState
from ateliers.bookings.bookings import get_booking
from ateliers.bookings.calendar_replies import MOST_AN_HOUR
from ateliers.bookings.incoming import Fate, take
from tests.bookings.cycles import book, make_cycle
from tests.bookings.post import calendar_of, receive, text_of
from tests.mail.letters_back import STAMP, US, calendar_letter, itip, signed, to_us, zone
from tests.world import NOON, make_booking, make_event, make_session

GOOGLE = "calendar-notification@google.com"
WORLD = zone("example.test", "google.com", "evil.test")


async def answer(raw: bytes, *, now=NOON, records=WORLD) -> str:
    """What becomes of a letter."""
    assert await take(to_us(raw), now=now, records=records) is Fate.TAKEN
    return str(await database.fetch_value("SELECT outcome FROM inbound ORDER BY at DESC, outcome LIMIT 1"))


async def booked(**values):
    """A confirmed booking of one seat by ODILE, and its calendar UID."""
    session = await make_session()
    booking = await get_booking(await make_booking(session, **values))
    return booking, booking.uid


async def state_of(booking) -> BookingState:
    return (await get_booking(booking.id)).state


@pytest.mark.parametrize("program", ["gmail", "outlook", "apple", "thunderbird"])
async def test_a_decline_that_is_surely_theirs_gives_the_seat_back(program):
    booking, uid = await booked()

    outcome = await answer(signed(calendar_letter(itip(uid, program=program))))

    assert (outcome, await state_of(booking)) == ("given back", BookingState.GIVEN_BACK)
    assert await database.fetch_value("SELECT seats_taken FROM session") == 0


async def test_google_answers_for_addresses_that_are_not_its_own():
    booking, uid = await booked()
    raw = calendar_letter(itip(uid), sender=GOOGLE, reply_to="odile@example.test")

    assert await answer(signed(raw, "google.com")) == "given back"
    assert await state_of(booking) is BookingState.GIVEN_BACK


async def test_whoever_waits_is_served_when_a_calendar_declines():
    session = await make_session(capacity=1)
    booking = await get_booking(await make_booking(session))
    waiting = await make_booking(session, state="waiting", name="Lucien", email="lucien@example.test")

    await answer(signed(calendar_letter(itip(booking.uid))))

    assert (await get_booking(waiting)).state is BookingState.CONFIRMED
    assert {str(mail["To"]) for mail in await receive(NOON)} == {
        "Odile Marchand <odile@example.test>",
        "Lucien <lucien@example.test>",
    }


FORGERIES = {
    "not signed": lambda raw: raw,
    "signed by somebody else": lambda raw: signed(raw, "evil.test"),
    "changed after signing": lambda raw: signed(raw).replace(b"Odile a refuse.", b"Odile a accepte"),
    "signed over a part only": lambda raw: signed(raw, length=True),
    "its sender is written twice": lambda raw: b"From: odile@example.test\r\n" + signed(raw),
    "somebody claims that it was verified": lambda raw: (
        b"Authentication-Results: mx.ateliers.test; dkim=pass header.d=example.test\r\n" + raw
    ),
    "from another address": lambda raw: signed(raw.replace(b"From: Odile <odile@", b"From: Odile <x@")),
    "google's name without its signature": lambda _raw: calendar_letter(
        itip("UID"), sender=GOOGLE, reply_to="odile@example.test"
    ),
    "google for somebody else": lambda _raw: signed(
        calendar_letter(itip("UID"), sender=GOOGLE, reply_to="x@example.test"), "google.com"
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_decline_that_anybody_may_have_sent_asks_for_one_click(forgery):
    booking, uid = await booked()
    raw = FORGERIES[forgery](calendar_letter(itip(uid))).replace(b"UID:UID", b"UID:" + uid.encode())

    assert await answer(raw) == "asked to confirm"
    assert await state_of(booking) is BookingState.CONFIRMED
    [mail] = await receive(NOON)
    assert str(mail["Subject"]).startswith("Faut-il annuler votre inscription ?")
    assert f"/ma-reservation/{booking.code}/" in text_of(mail)
    assert calendar_of(mail) is None


async def test_a_server_that_we_trust_is_believed(monkeypatch):
    from ateliers.settings import settings

    booking, uid = await booked()
    monkeypatch.setenv("ATELIERS_AUTHSERV_ID", "mx.ateliers.test")
    settings.cache_clear()
    try:
        raw = calendar_letter(itip(uid))
        result = b"Authentication-Results: mx.ateliers.test;\r\n dkim=pass (2048-bit key) header.d=example.test\r\n"
        assert await answer(result + raw) == "given back"
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert await state_of(booking) is BookingState.GIVEN_BACK


@pytest.mark.parametrize("partstat", ["ACCEPTED", "TENTATIVE", "DELEGATED", "NEEDS-ACTION"])
async def test_any_other_answer_is_recorded_and_never_answered(partstat):
    booking, uid = await booked()

    assert await answer(signed(calendar_letter(itip(uid, partstat)))) == "recorded"
    assert await state_of(booking) is BookingState.CONFIRMED
    assert await receive(NOON) == []
    assert await database.fetch_value("SELECT answer FROM calendar_reply") == partstat


async def test_who_was_forwarded_the_invite_decides_nothing():
    booking, uid = await booked()
    raw = calendar_letter(itip(uid, attendee="lucien@example.test"), sender="lucien@example.test")

    assert await answer(signed(raw)) == "from somebody else than the contact"
    assert await state_of(booking) is BookingState.CONFIRMED


async def test_an_unknown_calendar_object_changes_nothing():
    booking, _uid = await booked()

    assert await answer(signed(calendar_letter(itip("b-0@ateliers.test")))) == "unknown calendar object"
    assert await state_of(booking) is BookingState.CONFIRMED


async def test_an_answer_to_an_earlier_state_is_ignored():
    booking, uid = await booked(sequence=3)

    assert await answer(signed(calendar_letter(itip(uid, sequence=2)))) == "about an earlier state"
    assert await state_of(booking) is BookingState.CONFIRMED


async def test_an_earlier_answer_that_arrives_late_is_ignored():
    booking, uid = await booked()
    await answer(signed(calendar_letter(itip(uid, "ACCEPTED", stamp=STAMP))))

    late = signed(calendar_letter(itip(uid, stamp=STAMP - timedelta(hours=1))))

    assert await answer(late, now=NOON + timedelta(minutes=1)) == "an earlier answer, or the same"
    assert await state_of(booking) is BookingState.CONFIRMED


async def test_the_same_bytes_again_change_nothing():
    booking, uid = await booked()
    raw = calendar_letter(itip(uid))

    await answer(raw)
    await answer(raw)

    assert await database.fetch_value("SELECT count(*) FROM calendar_reply") == 1
    assert len(await receive(NOON)) == 1
    assert await state_of(booking) is BookingState.CONFIRMED


async def test_a_calendar_that_cannot_make_up_its_mind_is_heard_five_times_a_day():
    booking, uid = await booked()
    outcomes = [
        await answer(
            signed(calendar_letter(itip(uid, "TENTATIVE", stamp=STAMP + timedelta(minutes=n)))),
            now=NOON + timedelta(minutes=n),
        )
        for n in range(7)
    ]

    assert outcomes == ["recorded"] * 5 + ["too many answers today"] * 2
    assert await state_of(booking) is BookingState.CONFIRMED


@pytest.mark.parametrize("values", [{"seats": 3}, {"on_behalf": "carer", "names": ["Lucien"]}])
async def test_who_booked_for_others_too_is_asked_first(values):
    booking, uid = await booked(**values)

    assert await answer(signed(calendar_letter(itip(uid)))) == "asked to confirm"
    assert await state_of(booking) is BookingState.CONFIRMED


async def test_a_decline_past_the_cutoff_is_told_to_the_structure():
    booking, uid = await booked()
    soon = NOON + timedelta(days=7) + timedelta(hours=1)  # an hour before the start

    assert await answer(signed(calendar_letter(itip(uid))), now=soon) == "told to the structure"
    assert await state_of(booking) is BookingState.CONFIRMED
    [mail] = await receive(soon)
    assert str(mail["To"]) == "CCAS de Nevers <contact@ccas-nevers.test>"
    assert "Odile Marchand a refusé cette date dans son agenda" in text_of(mail)


async def test_one_declined_date_of_a_cycle_gives_nothing_back_and_the_structure_reads_which():
    _samir, dates = await make_cycle()
    booking = await book(dates[0])
    await cycle_dates.sweep(NOON)
    await receive(NOON)
    second = await find_booked_date(booking.id, dates[1])
    assert second is not None

    told = [await answer(signed(calendar_letter(itip(uid)))) for uid in (second.uid, booking.uid)]

    assert (told, await state_of(booking)) == (["told to the structure"] * 2, BookingState.CONFIRMED)
    for mail, day in zip(await receive(NOON), ("8 décembre 2026", "1er décembre 2026"), strict=True):
        assert f"Quand : mardi {day}" in text_of(mail)


async def test_another_time_proposed_is_declined_with_the_other_dates():
    event = await make_event()
    booking = await get_booking(await make_booking(await make_session(event)))
    await make_session(event, starts_at=NOON + timedelta(days=14))
    raw = calendar_letter(itip(booking.uid, "TENTATIVE", method="COUNTER", sequence=0), method="COUNTER")

    assert await answer(signed(raw)) == "proposal declined"
    assert await state_of(booking) is BookingState.CONFIRMED
    [mail] = await receive(NOON)
    method, found = calendar_of(mail)
    assert (method, str(found["UID"]), int(found["SEQUENCE"])) == ("DECLINECOUNTER", booking.uid, 0)
    assert "mardi 8 décembre 2026" in text_of(mail)


async def test_a_calendar_that_asks_again_is_told_again_once_an_hour():
    booking, uid = await booked()
    first = calendar_letter(itip(uid, "NEEDS-ACTION", method="REFRESH"))
    second = calendar_letter(
        itip(uid, "NEEDS-ACTION", method="REFRESH", stamp=STAMP + timedelta(seconds=1), sequence=1)
    )

    assert await answer(first) == "sent again"
    assert await answer(second, now=NOON + timedelta(minutes=1)) == "sent again"

    [mail] = await receive(NOON + timedelta(minutes=2))
    method, found = calendar_of(mail)
    assert (method, int(found["SEQUENCE"])) == ("REQUEST", 1)
    assert (await get_booking(booking.id)).sequence == 1


async def test_when_very_many_decline_at_once_everybody_is_asked():
    booking, uid = await booked()
    await database.execute(
        """INSERT INTO calendar_reply (id, booking_id, uid, at, method, outcome)
           SELECT gen_random_uuid(), $1, 'another', $2, 'REPLY', 'given back' FROM generate_series(1, $3)""",
        booking.id,
        NOON - timedelta(minutes=30),
        MOST_AN_HOUR,
    )

    assert await answer(signed(calendar_letter(itip(uid)))) == "asked to confirm"
    assert await state_of(booking) is BookingState.CONFIRMED


async def test_nothing_is_ever_answered_to_the_organizer_himself():
    """A letter of our own that comes round to us starts nothing."""
    booking, _uid = await booked()
    raw = f"From: <{US}>\r\nTo: {US}\r\nSubject: x\r\n\r\nBonjour".encode()

    assert await answer(raw) == "dropped"
    assert await state_of(booking) is BookingState.CONFIRMED
