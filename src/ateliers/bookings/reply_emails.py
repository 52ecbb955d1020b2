"""The e-mails that follow what came back: to the contact after a calendar's answer, to the structure after words or bounces."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ateliers.agenda.session import Session
from ateliers.agenda.sessions import find_session
from ateliers.bookings import invites
from ateliers.bookings.booking import Booking, BookingState
from ateliers.bookings.bookings import BOOKING_SQL, find_booking
from ateliers.bookings.change import list_other_dates
from ateliers.bookings.composing import GIVEN_BACK, IS_OVER, Composed, Composer, about_a_booking, email_about
from ateliers.bookings.human_replies import Reply, find_reply
from ateliers.database import fetch, fetch_value
from ateliers.mail.email import Dropped, Email
from ateliers.mail.letters import letter
from ateliers.mail.outbox import OutboxRow
from ateliers.rendering import absolute
from ateliers.settings import settings
from ateliers.words import gettext, speaking, when_in_words

FORGOTTEN = Dropped("The message was forgotten meanwhile.")
NOBODY_READS = Dropped("Nobody is named to read this.")
NOBODY_TO_CALL = Dropped("Nobody is to be called any more.")


@about_a_booking
async def decline_to_confirm(_row: OutboxRow, booking: Booking, session: Session, now: datetime) -> Composed:
    """A calendar declined, and one click is asked for before seats are given back (rule R6)."""
    if booking.state is not BookingState.CONFIRMED:
        return GIVEN_BACK
    if session.starts_at <= now:
        return IS_OVER
    return email_about("decline_to_confirm", booking, session, {})


@about_a_booking
async def counter_answered(row: OutboxRow, booking: Booking, session: Session, now: datetime) -> Composed:
    """A calendar proposed another time: it stays as it is, and here are the other dates (rule R8)."""
    if booking.state is not BookingState.CONFIRMED:
        return GIVEN_BACK
    if session.starts_at <= now:
        return IS_OVER
    others = await list_other_dates(booking, now=now)
    with speaking(booking.language):
        dates = [when_in_words(other.starts_at, other.ends_at, other.zone) for other in others[:5]]
        calendar = invites.decline_counter(booking, session, sequence=row.data.get("counted", 0), at=row.created_at)
    email = email_about("counter_answered", booking, session, {"other_dates": dates})
    return msgspec.structs.replace(email, calendar=calendar, method="DECLINECOUNTER")


async def reply_received(row: OutboxRow, _now: datetime) -> Composed:
    """Somebody wrote back: to the structure, with the booking; to the operator's contact when there is none (D4)."""
    reply = await find_reply(row.subject_id) if row.subject_id else None
    if reply is None:
        return FORGOTTEN
    booking = await find_booking(reply.booking_id) if reply.booking_id else None
    date = UUID(row.data["date"]) if "date" in row.data else None  # of a cycle, the one that was declined
    session = await find_session(date or booking.session_id) if booking else None
    if booking is None or session is None:
        return _to_contact(reply)
    language = await _language_of(session)
    facts = {
        "reply": reply,
        "booking": booking,
        "is_other": reply.what == "words" and reply.sender != booking.email,
    }
    return _to_structure("reply_received", session, language, reply_to=reply, **facts)


async def contacts_unreachable(row: OutboxRow, now: datetime) -> Composed:
    """Messages to these people come back: they are to be called (D10)."""
    session = await find_session(row.subject_id) if row.subject_id else None
    if session is None or session.ends_at <= now:
        return IS_OVER
    bookings: Sequence[Booking] = await fetch(
        Booking,
        f"""{BOOKING_SQL} WHERE session_id = $1 AND to_call_back AND call_why = 'bounced'
            AND state IN ('confirmed', 'waiting', 'offered') ORDER BY lower(name), id""",
        session.id,
    )
    if not bookings:
        return NOBODY_TO_CALL
    phones = [invites.phone_in_pairs(booking.phone or "") for booking in bookings]
    language = await _language_of(session)
    return _to_structure("contacts_unreachable", session, language, people=list(zip(bookings, phones, strict=True)))


COMPOSERS: dict[str, Composer] = {
    "decline_to_confirm": decline_to_confirm,
    "counter_answered": counter_answered,
    "reply_received": reply_received,
    "contacts_unreachable": contacts_unreachable,
}


async def _language_of(session: Session) -> str:
    return str(await fetch_value("SELECT language FROM structure WHERE id = $1", session.structure_id))


def _to_structure(kind: str, session: Session, language: str, *, reply_to: Reply | None = None, **facts: Any) -> Email:
    with speaking(language):
        shown = {
            "session": session,
            "when": when_in_words(session.starts_at, session.ends_at, session.zone),
            "list_url": absolute(f"/espace/seances/{session.id}"),
        }
    subject, text, html = letter(kind, language, **shown, **facts)
    return Email(
        to_name=session.structure_name,
        to_address=session.structure_email,
        sender_name=_through(reply_to) if reply_to and reply_to.what == "words" else "Ateliers",
        subject=subject,
        text=text,
        html=html,
        language=language,
        reply_to=reply_to.sender if reply_to else None,
    )


def _to_contact(reply: Reply) -> Composed:
    if not settings().mail_contact:
        return NOBODY_READS
    subject, text, html = letter("reply_received", "fr", reply=reply, booking=None, session=None, is_other=False)
    return Email(
        to_name="",
        to_address=settings().mail_contact,
        sender_name=_through(reply),
        subject=subject,
        text=text,
        html=html,
        language="fr",
        reply_to=reply.sender,
    )


def _through(reply: Reply) -> str:
    return gettext("%(name)s, through Ateliers") % {"name": reply.name or reply.sender.partition("@")[0]}
