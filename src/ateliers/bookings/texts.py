"""SMS about a booking, for those who have a mobile number and no e-mail address, where the structure sends any (D8)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID

import msgspec

from ateliers.agenda.session import Session
from ateliers.agenda.sessions import find_session
from ateliers.bookings.booking import Booking, BookingState
from ateliers.bookings.bookings import find_booking
from ateliers.bookings.composing import (
    CALLED_OFF,
    GIVEN_BACK,
    IS_OVER,
    NO_BOOKING,
    OUTDATED,
    UNWANTED,
    first_obstacle,
)
from ateliers.bookings.quiet import quiet_until
from ateliers.bookings.session_message import find_message
from ateliers.database import fetch
from ateliers.mail.email import Dropped, Postponed
from ateliers.mail.gsm7 import EACH, places, transliterated
from ateliers.mail.outbox import NewMail, OutboxRow, queue_many
from ateliers.mail.sms import Text, find_gateway, mobile_number
from ateliers.rendering import environment
from ateliers.words import _, day_in_words, phone_in_words, plain, speaking, time_in_words

Composed = Text | Dropped | Postponed
Composer = Callable[[OutboxRow, datetime], Awaitable[Composed]]
_Inner = Callable[[OutboxRow, Booking, Session], Awaitable[Dropped | dict[str, Any]]]

LONGEST = 2 * EACH  # places: two messages at most are paid for
URGENT = timedelta(hours=12)  # before the start, night or not
REMINDED = timedelta(hours=24)  # before the start
LATE = timedelta(hours=3)  # nearer to the start an SMS would only disturb
JUST_BOOKED = timedelta(hours=6)
NO_NUMBER = Dropped("There is no mobile number to write to.")
NO_GATEWAY = Dropped("The structure sends no SMS.")
NOTHING_WRITTEN = Dropped("This message no longer exists.")

# E-mail → what stands in for it, and its words.
TEXT_OF = {
    "booking_confirmed": "sms_booking_confirmed",
    "session_moved": "sms_session_moved",
    "session_called_off": "sms_session_called_off",
    "reminder": "sms_reminder",
    "session_message": "sms_session_message",
}
WORDS = {
    "sms_booking_confirmed": "sms/booking_confirmed.txt",
    "sms_session_moved": "sms/session_moved.txt",
    "sms_session_called_off": "sms/session_called_off.txt",
    "sms_reminder": "sms/reminder.txt",
    "sms_session_message": "sms/session_message.txt",
}

# Bookings of structures that send SMS, on sessions to come; what was booked before the gateway was switched on is left alone.
REACHABLE = """
    FROM sms_gateway g JOIN event e ON e.structure_id = g.structure_id JOIN session s ON s.event_id = e.id
    JOIN booking b ON b.session_id = COALESCE(s.lead_id, s.id)
    WHERE g.is_on AND b.state = 'confirmed' AND (b.email IS NULL OR b.unreachable <> '') AND b.phone IS NOT NULL AND s.called_off_at IS NULL
      AND s.starts_at > $1 AND NOT EXISTS (SELECT FROM outbox o WHERE o.key = {key})
"""
CONFIRMED_SQL = f"""SELECT b.id, {{key}} AS key, s.revision, NULL::uuid AS date {REACHABLE}
    AND s.lead_id IS NULL AND b.confirmed_at > GREATEST(g.updated_at, $1::timestamptz - interval '1 day')""".replace(
    "{key}", "'sms_booking_confirmed:' || b.id"
)
REMIND_SQL = f"""SELECT b.id, {{key}} AS key, s.revision, CASE WHEN s.lead_id IS NOT NULL THEN s.id END AS date {REACHABLE}
    AND b.reminders AND s.starts_at BETWEEN $1::timestamptz + $2::interval AND $1::timestamptz + $3::interval
    AND b.confirmed_at < s.starts_at - $3::interval - $4::interval""".replace(
    "{key}", "'sms_reminder:' || b.id || ':' || s.id || ':' || s.revision"
)


class _Due(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    key: str
    revision: int
    date: UUID | None  # further date of a cycle


async def sweep(now: datetime) -> int:
    """Queue the confirmations and reminders that are due; how many. News of changes are queued with the others' (changes.py)."""
    confirmed = await fetch(_Due, CONFIRMED_SQL, now)
    remind = await fetch(_Due, REMIND_SQL, now, LATE, REMINDED, JUST_BOOKED)
    return await queue_many(
        NewMail(
            kind=kind,
            key=row.key,
            subject_id=row.id,
            now=now,
            data={"revision": row.revision} | ({"date": str(row.date)} if row.date else {}),
        )
        for kind, rows in (("sms_booking_confirmed", confirmed), ("sms_reminder", remind))
        for row in rows
    )


def _about_a_booking(compose: _Inner) -> Composer:
    """`compose` with the booking and its session read, its facts put into the words of the SMS."""

    @wraps(compose)
    async def composed(row: OutboxRow, now: datetime) -> Composed:
        booking = await find_booking(row.subject_id) if row.subject_id else None
        date = row.data.get("date")
        session = await find_session(UUID(date) if date else booking.session_id) if booking else None
        if booking is None or session is None:
            return NO_BOOKING
        number, gateway = mobile_number(booking.phone or ""), await find_gateway(session.structure_id)
        if number is None or gateway is None or not gateway.is_on:
            return NO_NUMBER if number is None else NO_GATEWAY
        facts = await compose(row, booking, session)
        if isinstance(facts, Dropped):
            return facts
        if session.starts_at - now > URGENT and (until := quiet_until(now, session.zone)) is not None:
            return Postponed(until)
        text = in_words(row.kind, booking, session, **facts)
        return Text(number=number, text=text, gateway=gateway, starts_at=session.starts_at)

    return composed


def in_words(kind: str, booking: Booking, session: Session, **facts: Any) -> str:
    """The SMS, in letters that every telephone has; a long title is cut so that two messages suffice."""
    title = session.title
    while True:
        text = _written(kind, booking, session, title, facts)
        over = places(text) - LONGEST
        if over <= 0 or len(title) < over + 4:
            return text[: LONGEST // 2] if over > LONGEST else text
        title = title[: len(title) - over - 3].rstrip() + "..."


def _written(kind: str, booking: Booking, session: Session, title: str, facts: dict[str, Any]) -> str:
    with speaking(booking.language):
        shown = {
            "structure": session.structure_name,
            "title": title,
            "day": day_in_words(session.starts_at, session.zone),
            "time": time_in_words(session.starts_at, session.zone),
            "place": ", ".join(filter(None, (session.place_name, session.commune_name))) or _("online"),
            "phone": phone_in_words(session.phone or session.structure_phone or ""),
            "code": booking.code,
        }
        return plain(transliterated(environment().get_template(WORDS[kind]).render(shown | facts)))


@_about_a_booking
async def sms_booking_confirmed(_row: OutboxRow, booking: Booking, session: Session) -> Dropped | dict[str, Any]:
    """A seat is held."""
    return _held(booking, session) or {}


@_about_a_booking
async def sms_session_moved(row: OutboxRow, booking: Booking, session: Session) -> Dropped | dict[str, Any]:
    """Another date, place or link."""
    return _held(booking, session) or (OUTDATED if session.revision != row.data["revision"] else {})


@_about_a_booking
async def sms_session_called_off(_row: OutboxRow, booking: Booking, _session: Session) -> Dropped | dict[str, Any]:
    """It does not take place."""
    return {} if booking.is_live else GIVEN_BACK


@_about_a_booking
async def sms_reminder(row: OutboxRow, booking: Booking, session: Session) -> Dropped | dict[str, Any]:
    """Tomorrow, or today."""
    outdated = first_obstacle((not booking.reminders, UNWANTED), (session.revision != row.data["revision"], OUTDATED))
    return _held(booking, session) or outdated or {}


@_about_a_booking
async def sms_session_message(row: OutboxRow, booking: Booking, _session: Session) -> Dropped | dict[str, Any]:
    """What staff wrote to all: the subject, and whom to call."""
    message = await find_message(UUID(row.data["message"]))
    if message is None:
        return NOTHING_WRITTEN
    return {"subject": message.subject} if booking.state in message.audience.states else GIVEN_BACK


COMPOSERS: dict[str, Composer] = {
    "sms_booking_confirmed": sms_booking_confirmed,
    "sms_session_moved": sms_session_moved,
    "sms_session_called_off": sms_session_called_off,
    "sms_reminder": sms_reminder,
    "sms_session_message": sms_session_message,
}


def _held(booking: Booking, session: Session) -> Dropped | None:
    return first_obstacle(
        (booking.state is not BookingState.CONFIRMED, GIVEN_BACK),
        (session.is_called_off, CALLED_OFF),
        (session.outcome is not None, IS_OVER),
    )
