"""The journal of messages about a booking, in plain words, and sending its confirmation again (D11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.agenda.sessions import get_session
from ateliers.bookings.booking import BookingState
from ateliers.bookings.bookings import get_booking
from ateliers.database import execute, fetch, fetch_rows, fetch_value, transaction
from ateliers.mail.outbox import Message, NewMail, list_messages, queue_many
from ateliers.network.people import Person
from ateliers.refusals import NotFound, Refusal
from ateliers.words import T, gettext

KINDS = {
    "booking_confirmed": T("Booking confirmed"),
    "booking_promoted": T("Seat that came free"),
    "waiting_list_joined": T("On the waiting list"),
    "seat_offered": T("Seat offered"),
    "offer_expired": T("Offer expired"),
    "booking_changed": T("Moved to another session"),
    "seats_given_back": T("Seats given back"),
    "session_moved": T("Session changed"),
    "session_called_off": T("Session called off"),
    "booking_date_invite": T("Date of the cycle for the calendar"),
    "booking_date_cancelled": T("Date of the cycle taken off the calendar"),
    "reminder": T("Reminder"),
    "booking_link": T("Link to the booking"),
    "session_message": T("Message to all of the session"),
    "follow_up": T("Afterwards: thanks and survey"),
    "sms_booking_confirmed": T("SMS: booking confirmed"),
    "sms_session_moved": T("SMS: session changed"),
    "sms_session_called_off": T("SMS: session called off"),
    "sms_reminder": T("SMS: reminder"),
    "sms_session_message": T("SMS: message to all of the session"),
    "decline_to_confirm": T("Declined in a calendar: one click asked for"),
    "counter_answered": T("Answer to another time proposed"),
}


LATEST = 200  # messages of a session shown


class NothingToSend(Refusal):
    """Only seats that are held, for somebody with an e-mail address, have a confirmation to send again."""

    title = "There is no confirmation to send again for this booking."


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One message of the journal."""

    kind: str
    what: str  # in the reader's language, as the two below
    queued_at: datetime
    done_at: datetime | None
    state: str  # 'queued', 'sent', 'dropped', 'failed', 'unknown'
    ending: str
    detail: str  # the mail server's own words, or ''


class ToldWho(msgspec.Struct, frozen=True, kw_only=True):
    """One message about a session, and whom it is for."""

    booking_id: UUID
    name: str
    told: Told


class _SessionMessage(Message, frozen=True, kw_only=True):
    booking_id: UUID
    name: str


async def messages_of(booking_id: UUID) -> list[Told]:
    """Every message about this booking, in order of time."""
    return [_told(message) for message in await list_messages(booking_id)]


async def messages_of_session(session_id: UUID, states: Sequence[str] | None = None) -> list[ToldWho]:
    """The latest messages to everybody who has booked, the newest first; of these states, or of all."""
    found = await fetch(
        _SessionMessage,
        """SELECT o.id, o.kind, o.created_at, o.due_at, o.attempts, o.state, o.done_at, o.outcome, b.id AS booking_id, b.name
           FROM booking b JOIN outbox o ON o.subject_id = b.id
           WHERE b.session_id = $1 AND ($2::text[] IS NULL OR o.state = ANY($2))
           ORDER BY o.created_at DESC, o.id DESC LIMIT $3""",
        session_id,
        states,
        LATEST,
    )
    return [ToldWho(booking_id=one.booking_id, name=one.name, told=_told(one)) for one in found]


async def count_messages_of_session(session_id: UUID) -> dict[str, int]:
    """How many messages there are about a session, by state."""
    rows = await fetch_rows(
        """SELECT o.state, count(*) AS n FROM booking b JOIN outbox o ON o.subject_id = b.id
           WHERE b.session_id = $1 GROUP BY o.state""",
        session_id,
    )
    return {row["state"]: row["n"] for row in rows}


async def resend(booking_id: UUID, *, by: Person, now: datetime) -> None:
    """Send the confirmation again, with its calendar object. Raises NotFound, NothingToSend."""
    booking = await get_booking(booking_id)
    session = await get_session(booking.session_id)
    if not by.serves(session.structure_id):
        raise NotFound
    await send_again(booking_id, now=now)


async def send_again(booking_id: UUID, *, now: datetime, key: str | None = None) -> None:
    """Queue the confirmation once more, with its calendar object; a known `key` changes nothing. Raises NothingToSend."""
    session = await get_session((await get_booking(booking_id)).session_id)
    async with transaction():
        await fetch_value("SELECT id FROM session WHERE id = $1 FOR NO KEY UPDATE", session.id)
        booking = await get_booking(booking_id)
        if booking.state is not BookingState.CONFIRMED or booking.email is None or session.ends_at <= now:
            raise NothingToSend
        sequence = booking.sequence + 1
        row = NewMail(
            kind="booking_confirmed",
            key=key or f"booking_confirmed:{booking_id}:{sequence}",
            subject_id=booking_id,
            now=now,
            thread=booking.uid,
            sequence=sequence,
        )
        if await queue_many([row]):
            await execute("UPDATE booking SET sequence = $2, changed_at = $3 WHERE id = $1", booking_id, sequence, now)


def _told(message: Message) -> Told:
    ending, detail = _ending(message)
    return Told(
        kind=message.kind,
        what=str(KINDS.get(message.kind, message.kind)),
        queued_at=message.created_at,
        done_at=message.done_at,
        state=message.state,
        ending=ending,
        detail=detail,
    )


def _ending(message: Message) -> tuple[str, str]:
    """How it ended, in words, and the server's answer where that helps whoever must mend something."""
    match message.state:
        case "sent":
            return gettext("Sent"), ""
        case "dropped":
            why = str(T(message.outcome or "queued for the past"))
            return gettext("Not sent: %(why)s") % {"why": why}, ""
        case "failed":
            return gettext("Refused by the recipient’s mail server"), message.outcome or ""
        case "unknown":
            return gettext("Sent, without news of its arrival"), ""
        case _ if message.attempts == 0 or message.outcome is None:
            return gettext("Waiting to be sent"), ""
        case _:
            return gettext("Not sent yet: we try again"), str(T(message.outcome))
