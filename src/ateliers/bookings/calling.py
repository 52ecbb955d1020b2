"""Calls to make: whom nothing can be written to, why they must be called, and what came of it (C10, D9)."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from ateliers.agenda.session import Session
from ateliers.agenda.sessions import get_session, list_sessions
from ateliers.bookings.booking import Booking, BookingState
from ateliers.bookings.bookings import BOOKING_SQL, NOT_OVER, get_booking
from ateliers.bookings.give_back import give_back_seats
from ateliers.bookings.offers import accept_offer, decline_offer
from ateliers.database import execute, fetch, fetch_value, new_id, transaction
from ateliers.network.people import Person
from ateliers.refusals import NotAllowed, Refusal
from ateliers.words import T

SAME_TAP = timedelta(minutes=1)  # the same answer of the same person within it is one button pressed twice
MOST = 200  # calls shown at once, the most urgent first


class Why(enum.Enum):
    """Why somebody must be called: what stands in `Booking.call_why`."""

    SEAT = "seat"
    CHANGE = "change"
    NETWORK = "network"
    BOUNCED = "bounced"
    LINK = "link"
    REPLY = "reply"

    @property
    def label(self) -> T:
        """What the page says of it."""
        return _REASONS[self]


class Result(enum.Enum):
    """What came of a call."""

    REACHED = "reached"
    MESSAGE_LEFT = "message_left"
    COMES = "comes"
    DOES_NOT_COME = "does_not_come"

    @property
    def label(self) -> T:
        """What the page says of it."""
        return _RESULTS[self]


_REASONS = {
    Why.SEAT: T("A seat came free. It is held until this person answers."),
    Why.CHANGE: T("The session was moved or called off."),
    Why.NETWORK: T("Many bookings came from the same place: make sure that this one is meant."),
    Why.BOUNCED: T("Our e-mails do not arrive at this address."),
    Why.LINK: T("This person asked for their booking and has no e-mail address."),
    Why.REPLY: T("This person answered one of our e-mails."),
}
_UNKNOWN_WHY = T("Nothing can be written to this person.")
_RESULTS = {
    Result.REACHED: T("Reached"),
    Result.MESSAGE_LEFT: T("Message left"),
    Result.COMES: T("Comes"),
    Result.DOES_NOT_COME: T("Does not come"),
}


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call that was made."""

    booking_id: UUID
    at: datetime
    result: Result
    by_name: str | None


class ToCall(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody on a call list. `calls`: those made so far, the latest first."""

    booking: Booking
    session: Session
    calls: Sequence[Call]

    @property
    def why(self) -> T:
        """Why to call, in words."""
        return why_of(self.booking)

    @property
    def is_done(self) -> bool:
        """They were reached, and nothing new is to be said."""
        return not self.booking.to_call_back and any(call.result is not Result.MESSAGE_LEFT for call in self.calls)


class NobodyToCall(Refusal):
    """The booking has ended: what the person says changes nothing any more."""

    title = "This booking has ended: there is nothing left to say by phone."


def why_of(booking: Booking) -> T:
    """Why somebody must be called, in words."""
    known = {why.value: why for why in Why}
    return known[booking.call_why].label if booking.call_why in known else _UNKNOWN_WHY


def possible_results(booking: Booking, session: Session, *, now: datetime) -> list[Result]:
    """What can come of a call now: whether somebody comes matters only while the session is ahead."""
    if not booking.is_live:
        return []
    if session.is_off or session.begins_at <= now:
        return [Result.REACHED, Result.MESSAGE_LEFT]
    if booking.state is BookingState.WAITING:
        return [Result.REACHED, Result.MESSAGE_LEFT, Result.DOES_NOT_COME]
    return list(Result)


async def ask_to_call(booking_ids: Iterable[UUID], why: Why, *, now: datetime) -> int:
    """Put live bookings on the call list, in the caller's transaction; how many. A seat that is held stays the first reason."""
    return await execute(
        """UPDATE booking SET to_call_back = true, changed_at = $3,
                  call_why = CASE WHEN to_call_back AND call_why = 'seat' THEN call_why ELSE $2 END
           WHERE id = ANY($1) AND state IN ('confirmed', 'waiting', 'offered')""",
        list(booking_ids),
        why.value,
        now,
    )


async def record_call(booking_id: UUID, result: Result, *, by: Person, now: datetime) -> None:
    """Write down what came of a call, and do what the person said: take an offered seat, or give seats back.

    The same answer twice within a minute is one. Raises NotFound, NotAllowed, NobodyToCall, OfferExpired, BookingClosed.
    """
    booking = await get_booking(booking_id)
    session = await get_session(booking.session_id)
    if not by.serves(session.structure_id):
        raise NotAllowed
    latest = await fetch(
        Call, f"{CALL_SQL} WHERE c.booking_id = $1 AND c.by_id = $2 ORDER BY c.at DESC LIMIT 1", booking_id, by.id
    )
    if latest and latest[0].result is result and now - latest[0].at < SAME_TAP:
        return
    if result not in possible_results(booking, session, now=now):
        raise NobodyToCall
    # What was said comes first: a refusal leaves the call to be made again.
    if booking.state is BookingState.OFFERED and result is Result.COMES:
        await accept_offer(booking_id, now=now, by=by)
    elif booking.state is BookingState.OFFERED and result is Result.DOES_NOT_COME:
        await decline_offer(booking_id, now=now, by=by)
    elif result is Result.DOES_NOT_COME:
        await give_back_seats(booking_id, now=now, by=by)
    async with transaction():
        # The desk writes bookings under this lock; ours must not be undone by a round that read before it.
        await fetch_value("SELECT id FROM session WHERE id = $1 FOR NO KEY UPDATE", booking.session_id)
        if result is not Result.MESSAGE_LEFT:
            await execute(
                "UPDATE booking SET to_call_back = false, call_why = '', changed_at = $2 WHERE id = $1 AND to_call_back",
                booking_id,
                now,
            )
        await execute(
            "INSERT INTO call (id, booking_id, at, result, by_id) VALUES ($1, $2, $3, $4, $5)",
            new_id(),
            booking_id,
            now,
            result.value,
            by.id,
        )
        await execute(
            """INSERT INTO booking_journal (session_id, booking_id, at, what, facts, by_id)
               VALUES ($1, $2, $3, $4, '{}', $5)""",
            booking.session_id,
            booking_id,
            now,
            f"called_{result.value}",
            by.id,
        )


async def list_calls_to_make(structure_ids: list[UUID], *, now: datetime) -> list[ToCall]:
    """Everybody these structures must call, sessions that are not over; the seat that is soonest lost first."""
    bookings = await fetch(
        Booking,
        f"{BOOKING_SQL} {TO_CALL_SQL} ORDER BY offered_until NULLS LAST, changed_at, id LIMIT {MOST}",
        structure_ids,
        now,
    )
    found = await _with_calls(bookings)
    return sorted(found, key=lambda one: one.booking.offered_until or one.session.starts_at)


async def count_calls_to_make(structure_ids: list[UUID], *, now: datetime) -> int:
    """How many bookings these structures must call about."""
    count: int = await fetch_value(f"SELECT count(*) FROM booking {TO_CALL_SQL}", structure_ids, now)
    return count


async def list_calls_of_session(session_id: UUID) -> list[ToCall]:
    """Whom to call about one session: those who must be, then those with a seat to whom nothing can be written (D9)."""
    bookings = await fetch(
        Booking,
        f"""{BOOKING_SQL} WHERE session_id = $1
            AND (to_call_back AND state IN ('confirmed', 'waiting', 'offered')
                 OR (email IS NULL OR unreachable <> '') AND state = 'confirmed')
            ORDER BY NOT to_call_back, offered_until NULLS LAST, lower(name), id LIMIT {MOST}""",
        session_id,
    )
    return await _with_calls(bookings)


async def count_calls_of_session(session_id: UUID) -> int:
    """How many bookings of a session must be called."""
    count: int = await fetch_value(
        """SELECT count(*) FROM booking WHERE session_id = $1 AND to_call_back
           AND state IN ('confirmed', 'waiting', 'offered')""",
        session_id,
    )
    return count


async def list_calls(booking_ids: Iterable[UUID]) -> dict[UUID, list[Call]]:
    """The calls made about each of these bookings, the latest first."""
    found: dict[UUID, list[Call]] = {}
    for call in await fetch(
        Call, f"{CALL_SQL} WHERE c.booking_id = ANY($1) ORDER BY c.at DESC, c.id", list(booking_ids)
    ):
        found.setdefault(call.booking_id, []).append(call)
    return found


TO_CALL_SQL = f"""
    WHERE to_call_back AND state IN ('confirmed', 'waiting', 'offered') AND session_id IN (
        SELECT s.id FROM session s JOIN event e ON e.id = s.event_id WHERE e.structure_id = ANY($1) AND {NOT_OVER})
"""
CALL_SQL = """
    SELECT c.booking_id, c.at, c.result, p.name AS by_name FROM call c LEFT JOIN person p ON p.id = c.by_id
"""


async def _with_calls(bookings: list[Booking]) -> list[ToCall]:
    sessions = {one.id: one for one in await list_sessions([booking.session_id for booking in bookings])}
    calls = await list_calls(booking.id for booking in bookings)
    return [
        ToCall(booking=booking, session=sessions[booking.session_id], calls=calls.get(booking.id, []))
        for booking in bookings
    ]
