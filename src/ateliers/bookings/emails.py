"""The e-mails about a booking, composed when they are sent, from the state of that moment (rule E11).

Each composer is named after what happened and pairs with the templates of the same name.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ateliers.agenda.session import Session
from ateliers.agenda.sessions import find_session
from ateliers.bookings import invites, reply_emails
from ateliers.bookings.booking import Booking, BookingState
from ateliers.bookings.bookings import rank_of
from ateliers.bookings.composing import (
    CALLED_OFF,
    GIVEN_BACK,
    IS_OVER,
    NOT_OFFERED,
    NOT_WAITING,
    OUTDATED,
    TOO_LATE,
    UNWANTED,
    Composed,
    Composer,
    about_a_booking,
    dates_in_words,
    email_about,
    first_obstacle,
)
from ateliers.bookings.opt_out import stop_reminders_path
from ateliers.bookings.quiet import quiet_until
from ateliers.bookings.session_message import find_message
from ateliers.mail.email import Email, Postponed
from ateliers.mail.outbox import OutboxRow
from ateliers.rendering import absolute
from ateliers.words import speaking, when_in_words


@about_a_booking
async def booking_confirmed(row: OutboxRow, booking: Booking, session: Session, now: datetime) -> Composed:
    """Seats are held, at once or sent again."""
    return _held("booking_confirmed", row, booking, session, now)


@about_a_booking
async def booking_promoted(row: OutboxRow, booking: Booking, session: Session, now: datetime) -> Composed:
    """Seats came free and are held for somebody who waited."""
    return _held("booking_promoted", row, booking, session, now)


@about_a_booking
async def waiting_list_joined(_row: OutboxRow, booking: Booking, session: Session, now: datetime) -> Composed:
    """A place on the waiting list."""
    obstacle = first_obstacle(
        (booking.state is not BookingState.WAITING, NOT_WAITING),
        (session.is_off, CALLED_OFF),
        (session.ends_at <= now, IS_OVER),
    )
    return obstacle or email_about("waiting_list_joined", booking, session, {"rank": await rank_of(booking)})


@about_a_booking
async def seat_offered(_row: OutboxRow, booking: Booking, session: Session, now: datetime) -> Composed:
    """A seat is held for somebody who waited, until they answer."""
    until = booking.offered_until
    if booking.state is not BookingState.OFFERED or until is None or until < now:
        return NOT_OFFERED
    return CALLED_OFF if session.is_off else email_about("seat_offered", booking, session, {"until": until})


@about_a_booking
async def offer_expired(_row: OutboxRow, booking: Booking, session: Session, now: datetime) -> Composed:
    """The offer was not answered in time."""
    obstacle = first_obstacle(
        (booking.state is not BookingState.EXPIRED, OUTDATED),
        (session.is_off, CALLED_OFF),
        (session.starts_at <= now, IS_OVER),
    )
    return obstacle or email_about("offer_expired", booking, session, {"takes_bookings": session.takes_bookings(now)})


@about_a_booking
async def booking_changed(row: OutboxRow, booking: Booking, session: Session, now: datetime) -> Composed:
    """The same booking is now for another session: one message, and the calendar's entry moves with it."""
    before = await find_session(UUID(row.data["before"]))
    if before is None or row.is_first:  # they never heard of the other one: there is no change to speak of
        return _held("booking_confirmed", row, booking, session, now)
    return _held("booking_changed", row, booking, session, now, before=before)


@about_a_booking
async def seats_given_back(row: OutboxRow, booking: Booking, session: Session, now: datetime) -> Composed:
    """Some seats were given back, or all: the calendar's entry is changed, or removed."""
    if session.ends_at <= now:
        return IS_OVER
    facts = {"seats": row.data.get("seats", booking.seats), "left": row.data.get("left", 0)}
    if booking.state is not BookingState.CONFIRMED:
        return _with_cancel("seats_given_back", row, booking, session, facts)
    if session.is_off:
        return CALLED_OFF
    if row.is_first:
        return _held("booking_confirmed", row, booking, session, now)
    return _with_request("seats_given_back", row, booking, session, facts)


@about_a_booking
async def session_moved(row: OutboxRow, booking: Booking, session: Session, now: datetime) -> Composed:
    """Another date, place or link."""
    obstacle = first_obstacle(
        (not booking.is_live, GIVEN_BACK),
        (session.is_called_off, CALLED_OFF),
        (session.ends_at <= now, IS_OVER),
        (booking.told_revision > row.data["revision"], OUTDATED),
    )
    if obstacle is not None:
        return obstacle
    before = row.data.get("before")
    facts = {
        "before": datetime.fromisoformat(before) if before else None,
        "has_new_date": row.data["has_new_date"],
        "is_waiting": row.thread is None,
    }
    if row.thread is None:
        return email_about("session_moved", booking, session, facts)
    if row.is_first:  # they never heard of the old date: there is no change to speak of
        kind = "booking_date_invite" if "date" in row.data else "booking_confirmed"
        return _held(kind, row, booking, session, now)
    return _with_request("session_moved", row, booking, session, facts)


@about_a_booking
async def session_called_off(row: OutboxRow, booking: Booking, session: Session, now: datetime) -> Composed:
    """It does not take place."""
    obstacle = first_obstacle((not booking.is_live, GIVEN_BACK), (session.ends_at <= now, IS_OVER))
    if obstacle is not None:
        return obstacle
    # Of the dates of a cycle that were called off together, the first tells of all; the others only leave the calendar.
    together = [date for date in session.dates if date.called_off_at == session.called_off_at]
    if together and together[0].id != session.id:
        return await booking_date_cancelled(row, now)
    facts = {
        "is_waiting": booking.state is BookingState.WAITING,
        "dates_off": [when_in_words(date.starts_at, date.ends_at, session.zone) for date in together],
        "dates_left": dates_in_words(session),
    }
    return _with_cancel("session_called_off", row, booking, session, facts)


@about_a_booking
async def booking_date_invite(row: OutboxRow, booking: Booking, session: Session, now: datetime) -> Composed:
    """A further date of a cycle, for the calendar: the confirmation told all dates."""
    return CALLED_OFF if session.is_called_off else _held("booking_date_invite", row, booking, session, now)


@about_a_booking
async def booking_date_cancelled(row: OutboxRow, booking: Booking, session: Session, now: datetime) -> Composed:
    """A further date of a cycle is no longer booked, or called off with others: it leaves the calendar, if it is there."""
    obstacle = first_obstacle((row.is_first, OUTDATED), (session.ends_at <= now, IS_OVER))
    return obstacle or _with_cancel("booking_date_cancelled", row, booking, session, {})


@about_a_booking
async def reminder(row: OutboxRow, booking: Booking, session: Session, now: datetime) -> Composed:
    """A plain reminder, without a calendar part: that would ask for an answer again (rule N1)."""
    obstacle = first_obstacle(
        (booking.state is not BookingState.CONFIRMED, GIVEN_BACK),
        (not booking.reminders, UNWANTED),
        (session.is_called_off, CALLED_OFF),
        (session.revision != row.data["revision"], OUTDATED),
        (row.data.get("session", str(booking.session_id)) != str(booking.session_id), OUTDATED),
        (now >= min(session.starts_at, datetime.fromisoformat(row.data["until"])), TOO_LATE),
    )
    if obstacle is not None:
        return obstacle
    if (until := quiet_until(now, session.zone)) is not None:
        return Postponed(until)
    with speaking(booking.language):
        stop = absolute(stop_reminders_path(booking))
    email = email_about("reminder", booking, session, {"stop_url": stop})
    return msgspec.structs.replace(email, purpose="reminder", unsubscribe_url=stop)


@about_a_booking
async def booking_link(_row: OutboxRow, booking: Booking, session: Session, now: datetime) -> Composed:
    """« Retrouver ma réservation »: the private link once more."""
    obstacle = first_obstacle((not booking.is_live, GIVEN_BACK), (session.is_all_over(now), IS_OVER))
    return obstacle or email_about("booking_link", booking, session, {})


@about_a_booking
async def session_message(row: OutboxRow, booking: Booking, session: Session, now: datetime) -> Composed:
    """What staff wrote to all of a session; each gets their own."""
    message = await find_message(UUID(row.data["message"]))
    if message is None or booking.state not in message.audience.states:
        return GIVEN_BACK
    return email_about("session_message", booking, session, {"message": message, "is_over": session.is_over(now)})


COMPOSERS: dict[str, Composer] = {
    "booking_confirmed": booking_confirmed,
    "booking_promoted": booking_promoted,
    "waiting_list_joined": waiting_list_joined,
    "seat_offered": seat_offered,
    "offer_expired": offer_expired,
    "booking_changed": booking_changed,
    "seats_given_back": seats_given_back,
    "session_moved": session_moved,
    "session_called_off": session_called_off,
    "booking_date_invite": booking_date_invite,
    "booking_date_cancelled": booking_date_cancelled,
    "reminder": reminder,
    "booking_link": booking_link,
    "session_message": session_message,
    **reply_emails.COMPOSERS,
}


def _held(kind: str, row: OutboxRow, booking: Booking, session: Session, now: datetime, **facts: Any) -> Composed:
    obstacle = first_obstacle(
        (booking.state is not BookingState.CONFIRMED, GIVEN_BACK),
        (session.is_off, CALLED_OFF),
        (session.ends_at <= now, IS_OVER),
    )
    return obstacle or _with_request(kind, row, booking, session, facts)


def _with_request(kind: str, row: OutboxRow, booking: Booking, session: Session, facts: dict[str, Any]) -> Email:
    email = email_about(kind, booking, session, facts)
    if session.is_called_off:  # a cycle whose first date is called off: the others have objects of their own
        return email
    with speaking(booking.language):
        calendar = invites.request(booking, session, sequence=row.sequence or 0, at=row.created_at)
    return msgspec.structs.replace(email, calendar=calendar, method="REQUEST", references=row.first_of_thread)


def _with_cancel(kind: str, row: OutboxRow, booking: Booking, session: Session, facts: dict[str, Any]) -> Email:
    """A calendar that was never told of the booking is not told of its end (rule U7); the person is."""
    email = email_about(kind, booking, session, facts)
    if row.thread is None or row.is_first:
        return email
    with speaking(booking.language):
        calendar = invites.cancel(booking, session, sequence=row.sequence or 0, at=row.created_at)
    return msgspec.structs.replace(email, calendar=calendar, method="CANCEL", references=row.first_of_thread)
