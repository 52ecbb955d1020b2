"""Offers: a seat that came free is held for somebody who waited, until they say yes or no or the deadline passes (C9 to C11)."""

from __future__ import annotations

import asyncio
from datetime import datetime
from uuid import UUID

from ateliers.agenda.sessions import get_session
from ateliers.bookings import admission
from ateliers.bookings.book import BookingClosed
from ateliers.bookings.booking import Booking
from ateliers.bookings.bookings import get_booking
from ateliers.bookings.give_back import NotWaiting
from ateliers.bookings.rounds import Answer, Request
from ateliers.bookings.wishes import Accept, Decline, GiveSeat, Release, Verdict
from ateliers.database import fetch_rows
from ateliers.network.people import Person
from ateliers.refusals import NotAllowed, NotFound, Refusal

SESSIONS = 256  # at a time: a round

# Offers and seats held back past their date; and seats that are free for somebody who waits, whatever freed them: the session was
# moved to a later date, the event published again, its deadline for serving people shortened.
DUE_SQL = """
    (SELECT DISTINCT session_id FROM booking WHERE state = 'offered' AND offered_until < $1 LIMIT $2)
    UNION (SELECT id FROM session WHERE seats_held_back > 0 AND held_back_until <= $1 LIMIT $2)
    UNION (SELECT s.id FROM session s JOIN event e ON e.id = s.event_id
           WHERE s.seats_waiting > 0 AND e.state = 'published' AND s.called_off_at IS NULL AND s.lead_id IS NULL
             AND s.starts_at - e.promotion_stop > $1
             AND EXISTS (SELECT FROM booking b WHERE b.session_id = s.id AND b.state = 'waiting'
                         AND (s.capacity IS NULL OR b.seats <= s.capacity - s.seats_taken - s.seats_offered - s.seats_held_back))
           LIMIT $2)
"""


class OfferExpired(Refusal):
    """Nobody answered in time; whoever came next was served."""

    status = 410
    title = "This offer has expired: the seat is no longer kept for you."


class NotOffered(Refusal):
    """No seat is offered for this booking: not yet, or it was answered already."""

    title = "No seat is offered for this booking at present."


async def accept_offer(booking_id: UUID, *, now: datetime, by: Person | None = None) -> Booking:
    """Yes: the seats are confirmed, until the deadline and that moment included. Saying it twice changes nothing.

    Raises NotFound, NotAllowed, OfferExpired, NotOffered, BookingClosed.
    """
    return await _answer(booking_id, Accept(booking=booking_id), now=now, by=by)


async def decline_offer(booking_id: UUID, *, now: datetime, by: Person | None = None) -> Booking:
    """No: whoever waits next is served in the same transaction. Raises as `accept_offer`."""
    return await _answer(booking_id, Decline(booking=booking_id), now=now, by=by)


async def give_seat(booking_id: UUID, *, by: Person, now: datetime) -> Booking:
    """Staff give a seat to somebody who waits, knowingly: before others, after promotion has stopped, above capacity.

    Raises NotFound, NotAllowed, NotWaiting, BookingClosed.
    """
    return await _answer(booking_id, GiveSeat(booking=booking_id), now=now, by=by)


async def sweep(now: datetime) -> int:
    """End the offers that nobody answered, release seats held back long enough, serve who waits; how many sessions changed."""
    due = [row["session_id"] for row in await fetch_rows(DUE_SQL, now, SESSIONS)]
    answers = await asyncio.gather(*(admission.submit(Request(session_id=one, wish=Release(), now=now)) for one in due))
    return sum(answer.outcome is not None and bool(answer.outcome.notes) for answer in answers)


async def _answer(booking_id: UUID, wish: Accept | Decline | GiveSeat, *, now: datetime, by: Person | None) -> Booking:
    booking = await get_booking(booking_id)
    if by is not None and not by.serves((await get_session(booking.session_id)).structure_id):
        raise NotAllowed
    answer = await admission.submit(
        Request(session_id=booking.session_id, wish=wish, now=now, by_id=by.id if by is not None else None)
    )
    match answer.decision.verdict:
        case Verdict.DONE:
            return answer.booking or await get_booking(booking_id)
        case Verdict.EXPIRED:
            raise OfferExpired
        case Verdict.NOT_HELD:
            return await _said_already(booking_id, wish)
        case _:
            raise _obstacle(answer)


async def _said_already(booking_id: UUID, wish: Accept | Decline | GiveSeat) -> Booking:
    """The booking, when it stands where the wish would have put it; else a refusal."""
    booking = await get_booking(booking_id)
    if booking.rank is not None and booking.state.value == _WANTED[type(wish)]:
        return booking
    raise NotWaiting if isinstance(wish, GiveSeat) else NotOffered


_WANTED = {Accept: "confirmed", Decline: "declined", GiveSeat: "confirmed"}


def _obstacle(answer: Answer) -> Refusal:
    return NotFound() if answer.obstacle else BookingClosed()
