"""What calendars answer to our invites: a decline gives the seat back, the rest is recorded or answered (D3, rules R3 to R9).

Whatever comes in, nothing is ever booked by it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from ateliers.bookings import human_replies
from ateliers.bookings.booking import Booking, BookingState
from ateliers.bookings.bookings import find_booking
from ateliers.bookings.give_back import TooLateToGiveBack, give_back_seats
from ateliers.bookings.messages import NothingToSend, send_again
from ateliers.database import execute, fetch_one, fetch_value, new_id, transaction
from ateliers.mail.authenticity import is_own_answer
from ateliers.mail.inbound import CalendarAnswer
from ateliers.mail.mime import ascii_address
from ateliers.mail.outbox import NewMail, queue_many
from ateliers.mail.records import Records
from ateliers.refusals import Refusal

MOST_A_DAY = 5  # answers about one calendar object that are treated (rule R9)
MOST_AN_HOUR = 300  # seats given back by mail; beyond, everybody is asked for a click
UNKNOWN = "unknown calendar object"


class _Object(msgspec.Struct, frozen=True):
    """A calendar object of ours: a booking's own, or that of a further date of a cycle."""

    booking_id: UUID
    session_id: UUID  # its date
    sequence: int
    is_whole: bool  # declining it concerns the whole booking


class _Past(msgspec.Struct, frozen=True):
    """What was answered about an object before."""

    today: int
    stamp: datetime | None


FIND_SQL = """
    SELECT id AS booking_id, session_id, sequence, NOT EXISTS (SELECT 1 FROM booking_date d WHERE d.booking_id = b.id) AS is_whole
    FROM booking b WHERE uid = $1
    UNION ALL SELECT booking_id, session_id, sequence, false FROM booking_date WHERE uid = $1
"""


async def treat(answer: CalendarAnswer, raw: bytes, digest: bytes, *, now: datetime, records: Records) -> str:
    """Deal with one answer; what came of it, in words for the operator."""
    itip = answer.itip
    found = await fetch_one(_Object, FIND_SQL, itip.uid)
    booking = await find_booking(found.booking_id) if found else None
    if found is None or booking is None:
        return UNKNOWN
    obstacle = await _obstacle(answer, found, booking, now=now)
    if obstacle:
        return obstacle
    own = itip.attendees[0].answer == "DECLINED" and await is_own_answer(answer, raw, records)
    outcome = await _act(answer, found, booking, digest, is_own=own, now=now)
    await execute(
        """INSERT INTO calendar_reply (id, booking_id, uid, at, stamp, method, answer, is_strong, outcome)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        new_id(),
        booking.id,
        itip.uid,
        now,
        itip.stamp,
        itip.method,
        itip.attendees[0].answer[:40],
        own,
        outcome,
    )
    return outcome


async def _obstacle(answer: CalendarAnswer, found: _Object, booking: Booking, *, now: datetime) -> str:
    """Why this answer is not treated, or ''."""
    itip = answer.itip
    if len(itip.attendees) != 1:
        return "not exactly one attendee"
    try:
        address = ascii_address(booking.email or "").lower()
    except UnicodeError:
        address = ""
    if itip.attendees[0].address != address:
        return "from somebody else than the contact"  # a forwarded invite
    if itip.sequence < found.sequence:
        return "about an earlier state"
    past = await fetch_one(
        _Past,
        "SELECT count(*) FILTER (WHERE at > $2) AS today, max(stamp) AS stamp FROM calendar_reply WHERE uid = $1",
        itip.uid,
        now - timedelta(days=1),
    )
    if past and past.stamp and itip.stamp and itip.stamp <= past.stamp:
        return "an earlier answer, or the same"
    if past and past.today >= MOST_A_DAY:
        return "too many answers today"
    return ""


async def _act(
    answer: CalendarAnswer, found: _Object, booking: Booking, digest: bytes, *, is_own: bool, now: datetime
) -> str:
    match answer.itip.method:
        case "COUNTER":
            return await _answer_counter(answer, booking, now=now)
        case "REFRESH":
            return await _refresh(booking, now=now)
        case _ if answer.itip.attendees[0].answer == "DECLINED":
            return await _decline(answer, found, booking, digest, is_own=is_own, now=now)
        case _:
            return "recorded"


async def _decline(
    answer: CalendarAnswer, found: _Object, booking: Booking, digest: bytes, *, is_own: bool, now: datetime
) -> str:
    if booking.state is not BookingState.CONFIRMED:
        return "holds no seat"
    if not found.is_whole:  # a date of a cycle cannot be given back alone: somebody should know that a seat stays empty
        return await _tell_staff(answer, found, booking, digest, now=now)
    if not is_own or await _asks_first(booking, now=now):
        return await _ask_for_a_click(answer, booking, now=now)
    try:
        await give_back_seats(booking.id, now=now)
    except TooLateToGiveBack:
        return await _tell_staff(answer, found, booking, digest, now=now)
    except Refusal as refusal:
        return refusal.slug
    return "given back"


async def _asks_first(booking: Booking, *, now: datetime) -> bool:
    """Whether a decline, however genuine, may mean something else than « nobody comes »; or when too many come at once.

    Who booked for somebody else tidies their own calendar; who booked for four may stay at home alone.
    """
    if booking.seats > 1 or booking.on_behalf is not None:
        return True
    lately: int = await fetch_value(
        "SELECT count(*) FROM calendar_reply WHERE outcome = 'given back' AND at > $1", now - timedelta(hours=1)
    )
    return lately >= MOST_AN_HOUR


async def _ask_for_a_click(answer: CalendarAnswer, booking: Booking, *, now: datetime) -> str:
    stamp = answer.itip.stamp or now
    await _queue("decline_to_confirm", f"{booking.id}:{stamp:%Y%m%dT%H%M%S}", booking, now=now)
    return "asked to confirm"


async def _answer_counter(answer: CalendarAnswer, booking: Booking, *, now: datetime) -> str:
    if booking.state is not BookingState.CONFIRMED:
        return "holds no seat"
    await _queue("counter_answered", f"{booking.id}:{now:%Y%m%d}", booking, now=now, counted=answer.itip.sequence)
    return "proposal declined"


async def _refresh(booking: Booking, *, now: datetime) -> str:
    try:
        await send_again(booking.id, now=now, key=f"booking_confirmed:{booking.id}:refresh:{now:%Y%m%d%H}")
    except NothingToSend:
        return "holds no seat"
    return "sent again"


async def _tell_staff(answer: CalendarAnswer, found: _Object, booking: Booking, digest: bytes, *, now: datetime) -> str:
    await human_replies.forward_decline(booking, found.session_id, answer.sender, digest, now=now)
    return "told to the structure"


async def _queue(kind: str, occasion: str, booking: Booking, *, now: datetime, **data: int) -> None:
    row = NewMail(kind=kind, key=f"{kind}:{occasion}", subject_id=booking.id, now=now, data=data)
    async with transaction():
        await queue_many([row])
