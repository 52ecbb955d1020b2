"""What every e-mail about a booking is made from: the booking and its session as they are when it leaves, and the words they share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID

import msgspec

from ateliers.agenda.calendar import location
from ateliers.agenda.session import Session
from ateliers.agenda.sessions import find_session
from ateliers.bookings import invites
from ateliers.bookings.booked_dates import BookedDate, find_booked_date
from ateliers.bookings.booking import Booking
from ateliers.bookings.bookings import find_booking
from ateliers.bookings.joining import join_link
from ateliers.bookings.links import manage_path
from ateliers.mail.email import Dropped, Email, Postponed
from ateliers.mail.letters import letter
from ateliers.mail.outbox import OutboxRow
from ateliers.rendering import absolute
from ateliers.settings import settings
from ateliers.words import speaking, when_in_words

Composed = Email | Dropped | Postponed
Composer = Callable[[OutboxRow, datetime], Awaitable[Composed]]
_Inner = Callable[[OutboxRow, Booking, Session, datetime], Awaitable[Composed]]

NO_BOOKING = Dropped("This booking no longer exists.")
NO_ADDRESS = Dropped("There is no e-mail address to write to.")
UNREACHABLE = Dropped("This address takes no mail any more.")
GIVEN_BACK = Dropped("The seats were given back meanwhile.")
CALLED_OFF = Dropped("The session was called off meanwhile.")
IS_OVER = Dropped("The session is over.")
NOT_OFFERED = Dropped("The offer was answered meanwhile, or has expired.")
NOT_WAITING = Dropped("This booking no longer waits for a seat.")
OUTDATED = Dropped("A later message says it all.")
TOO_LATE = Dropped("It was too late for this reminder.")
UNWANTED = Dropped("The person asked for no reminder.")


ABOUT_ONE_DATE = {"session_moved", "session_called_off", "reminder", "booking_date_invite", "booking_date_cancelled"}


def about_a_booking(compose: _Inner) -> Composer:
    """`compose` with the booking and its session read; without them, or without an address, nothing goes.

    A message about a further date of a cycle sees that date, and the booking with the date's own calendar object.
    """

    @wraps(compose)
    async def composed(row: OutboxRow, now: datetime) -> Composed:
        booking = await find_booking(row.subject_id) if row.subject_id else None
        if booking is not None and "date" in row.data:
            date = await find_booked_date(booking.id, UUID(row.data["date"]))
            if date is None and row.kind != "booking_date_cancelled":
                return GIVEN_BACK
            booking = _on_its_date(booking, date, row)
        session = await find_session(booking.session_id) if booking else None
        if booking is None or session is None:
            return NO_BOOKING
        if booking.email is None:
            return NO_ADDRESS
        return UNREACHABLE if booking.unreachable else await compose(row, booking, session, now)

    return composed


def _on_its_date(booking: Booking, date: BookedDate | None, row: OutboxRow) -> Booking:
    return msgspec.structs.replace(
        booking,
        session_id=UUID(row.data["date"]),
        uid=row.thread or booking.uid,
        told_revision=date.told_revision if date else booking.told_revision,
    )


def first_obstacle(*obstacles: tuple[bool, Dropped]) -> Dropped | None:
    """The first that stands in the way."""
    return next((why for stands, why in obstacles if stands), None)


def dates_in_words(session: Session) -> list[str]:
    """The dates of its cycle that take place, each with its place where that is not the usual one; none outside a cycle."""
    usual = session.dates[0].place if session.dates else ""
    return [
        when_in_words(date.starts_at, date.ends_at, session.zone) + (f" – {date.place}" if date.place != usual else "")
        for date in session.coming_dates
    ]


def email_about(kind: str, booking: Booking, session: Session, facts: dict[str, Any]) -> Email:
    """The e-mail `kind` in the words of its templates, which see the booking, its session and `facts`."""
    with speaking(booking.language):
        shown = {
            "booking": booking,
            "session": session,
            "dates": [] if kind in ABOUT_ONE_DATE else dates_in_words(session),
            "when": when_in_words(session.starts_at, session.ends_at, session.zone),
            "where": location(session),
            "phone": invites.phone_in_pairs(session.phone or session.structure_phone or ""),
            "bring": [thing.strip() for thing in session.to_bring.splitlines() if thing.strip()],
            "join_url": join_link(booking, session),
            "manage_url": absolute(manage_path(booking)),
            "page_url": absolute(session.path),
            "search_url": absolute("/seances"),
        }
    subject, text, html = letter(kind, booking.language, **shown, **facts)
    return Email(
        to_name=booking.name,
        to_address=booking.email or "",
        sender_name=session.structure_name,
        subject=subject,
        text=text,
        html=html,
        language=booking.language,
        # Where answers are read here, they come to the sender and are sent on with the booking (D4).
        reply_to=None if settings().reads_mail else session.structure_email,
        structure_id=session.structure_id,
        starts_at=session.starts_at,
    )
