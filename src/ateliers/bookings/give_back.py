"""Giving seats back, or leaving the waiting list: whoever waits is served in the same transaction."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ateliers.agenda.sessions import get_session
from ateliers.bookings import admission
from ateliers.bookings.book import BookingClosed
from ateliers.bookings.booking import Booking
from ateliers.bookings.bookings import get_booking
from ateliers.bookings.rounds import Request
from ateliers.bookings.wishes import GiveBack, Leave, Verdict
from ateliers.network.people import Person
from ateliers.refusals import NotAllowed, NotFound, Refusal


class TooLateToGiveBack(Refusal):
    """Past the event's cutoff: the structure must be called."""

    title = "It is too late to give seats back here. Please call the structure."


class SeatsNotHeld(Refusal):
    """Already given back, or more than are held."""

    title = "This booking does not hold that many seats."
    field = "seats"


class NotWaiting(Refusal):
    """The booking was confirmed or ended meanwhile."""

    title = "This booking is no longer on the waiting list."


async def give_back_seats(
    booking_id: UUID, seats: int | None = None, *, now: datetime, by: Person | None = None
) -> Booking:
    """Give back `seats` of a booking (None: all), held or waited for; the booking as it is then.

    Citizens may until the event's cutoff, staff (`by`) until the start. Raises NotFound, NotAllowed, SeatsNotHeld,
    TooLateToGiveBack, BookingClosed.
    """
    return await _change(booking_id, GiveBack(booking=booking_id, seats=seats, by_staff=by is not None), now=now, by=by)


async def leave_waiting_list(booking_id: UUID, *, now: datetime, by: Person | None = None) -> Booking:
    """Off the waiting list. Raises NotFound, NotAllowed, NotWaiting when it was confirmed meanwhile, BookingClosed."""
    return await _change(booking_id, Leave(booking=booking_id), now=now, by=by)


async def _change(booking_id: UUID, wish: GiveBack | Leave, *, now: datetime, by: Person | None) -> Booking:
    booking = await get_booking(booking_id)
    if by is not None and not by.serves((await get_session(booking.session_id)).structure_id):
        raise NotAllowed
    answer = await admission.submit(
        Request(session_id=booking.session_id, wish=wish, now=now, by_id=by.id if by is not None else None)
    )
    match answer.decision.verdict:
        case Verdict.DONE:
            return answer.booking or await get_booking(booking_id)
        case Verdict.TOO_LATE:
            raise TooLateToGiveBack
        case Verdict.NOT_HELD:
            raise NotWaiting if isinstance(wish, Leave) else SeatsNotHeld
        case _:
            raise NotFound if answer.obstacle else BookingClosed
