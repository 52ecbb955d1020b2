"""Bookings read from the database."""

from __future__ import annotations

from uuid import UUID

from ateliers.bookings.booking import Booking, BookingState
from ateliers.database import fetch, fetch_one, fetch_value
from ateliers.refusals import NotFound

COLUMNS = (
    "id, session_id, code, uid, state, seats, rank, name, email, phone, names, on_behalf, needs, language, channel, "
    "to_call_back, call_why, offered_until, answers, created_at, confirmed_at, ended_at, changed_at, sequence, told_revision, reminders, created_by, unreachable"
)
BOOKING_SQL = f"SELECT {COLUMNS} FROM booking"
# Those of a session; of any date of a cycle, those of its first (B3).
OF_SESSION = "session_id = (SELECT COALESCE(s.lead_id, s.id) FROM session s WHERE s.id = $1)"
# Of session s, at $2: it is not over; of a cycle, not all of its dates are.
NOT_OVER = "(s.ends_at > $2 OR EXISTS (SELECT FROM session d WHERE d.lead_id = s.id AND d.ends_at > $2))"


async def find_booking(booking_id: UUID) -> Booking | None:
    """The booking, or None."""
    return await fetch_one(Booking, f"{BOOKING_SQL} WHERE id = $1", booking_id)


async def get_booking(booking_id: UUID) -> Booking:
    """The booking. Raises NotFound."""
    booking = await find_booking(booking_id)
    if booking is None:
        raise NotFound
    return booking


async def find_booking_by_code(code: str) -> Booking | None:
    """The booking of a six-letter code, however it was typed; or None."""
    return await fetch_one(Booking, f"{BOOKING_SQL} WHERE code = $1", tidy_code(code))


async def list_bookings(session_id: UUID) -> list[Booking]:
    """All bookings of a session, ended ones too: confirmed first, then the waiting list by rank, then the others."""
    return await fetch(
        Booking,
        f"{BOOKING_SQL} WHERE {OF_SESSION} ORDER BY array_position(ARRAY['confirmed', 'offered', 'waiting', 'given_back', 'left',"
        " 'declined', 'expired'], state), CASE state WHEN 'waiting' THEN rank END, lower(name), id",
        session_id,
    )


async def list_live_bookings_of(email: str, session_ids: list[UUID]) -> dict[UUID, Booking]:
    """By session, what this address holds or waits for in these sessions."""
    found = await fetch(
        Booking,
        f"{BOOKING_SQL} WHERE session_id = ANY($1) AND email = $2 AND state IN ('confirmed', 'waiting', 'offered') ORDER BY id",
        session_ids,
        email,
    )
    return {booking.session_id: booking for booking in found}


async def list_bookings_by_id(ids: list[UUID]) -> list[Booking]:
    """The bookings of these ids that exist, in no order."""
    return await fetch(Booking, f"{BOOKING_SQL} WHERE id = ANY($1)", ids)


async def rank_of(booking: Booking) -> int | None:
    """The place on the waiting list, from 1; None for a booking that does not wait."""
    if booking.state is not BookingState.WAITING:
        return None
    if booking.position is not None:
        return booking.position
    ahead: int = await fetch_value(
        "SELECT count(*) FROM booking WHERE session_id = $1 AND state = 'waiting' AND rank < $2",
        booking.session_id,
        booking.rank,
    )
    return ahead + 1


def tidy_code(typed: str) -> str:
    """A code as it is stored: upper case, without the spaces and dashes people add. Never longer than 12 characters."""
    return "".join(letter for letter in typed[:40].upper() if letter.isascii() and letter.isalnum())[:12]
