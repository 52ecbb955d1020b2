"""Another date of the same event, by the private link (C12): the new seats first, then the old ones given back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ateliers.agenda.session import Session
from ateliers.agenda.sessions import get_session, list_sessions_of_event
from ateliers.bookings.book import book_seats
from ateliers.bookings.booking import Booking, BookingState, Contact, Wish
from ateliers.bookings.bookings import get_booking
from ateliers.bookings.give_back import SeatsNotHeld, TooLateToGiveBack, give_back_seats
from ateliers.refusals import NotFound


async def list_other_dates(booking: Booking, *, now: datetime) -> list[Session]:
    """Sessions of the same event that take bookings and have room for as many seats, in order of time."""
    event_id = (await get_session(booking.session_id)).event_id
    return [
        session
        for session in await list_sessions_of_event(event_id)
        if session.id != booking.session_id
        and session.takes_bookings(now)
        and (session.seats_left is None or session.seats_left >= booking.seats)
    ]


async def change_session(booking_id: UUID, session_id: UUID, *, now: datetime) -> Booking:
    """The same seats for the same people on another session of the event; the new booking.

    Two transactions, the seats on the new date first: whatever happens between them, nobody is left without a seat, and
    the same request sent again finishes the change. Raises NotFound, SeatsNotHeld, TooLateToGiveBack, SessionFull,
    AlreadyBooked, TooManyBookings.
    """
    booking = await get_booking(booking_id)
    session, other = await get_session(booking.session_id), await get_session(session_id)
    if other.event_id != session.event_id or other.id == session.id:
        raise NotFound
    if booking.state is not BookingState.CONFIRMED:
        raise SeatsNotHeld(field="session_id")
    if not session.takes_bookings(now) or now >= session.starts_at - session.cutoff:
        raise TooLateToGiveBack
    wish = Wish(
        contact=Contact(name=booking.name, email=booking.email, phone=booking.phone),
        seats=booking.seats,
        names=booking.names,
        on_behalf=booking.on_behalf,
        needs=booking.needs,
        language="en" if booking.language == "en" else "fr",
        request_key=f"change:{booking.id}:{other.id}",
        may_wait=False,
    )
    made = await book_seats(other.id, wish, now=now)
    await give_back_seats(booking.id, now=now)
    return made
