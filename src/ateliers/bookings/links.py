"""The private link of a booking: whoever holds it may see the booking and give its seats back (C12)."""

from __future__ import annotations

from ateliers import signing
from ateliers.bookings.booking import Booking
from ateliers.bookings.bookings import find_booking_by_code

PURPOSE = "booking"


def private_key(booking: Booking) -> str:
    """The secret half of the link, computed and never stored: also the API's bearer key."""
    return signing.sign(PURPOSE, str(booking.id))


def manage_path(booking: Booking) -> str:
    """The path of the booking's private page, without language prefix."""
    return f"/ma-reservation/{booking.code}/{private_key(booking)}"


async def booking_by_private_key(code: str, key: str) -> Booking | None:
    """The booking whose link this is; None when code or key is wrong, which look alike."""
    booking = await find_booking_by_code(code)
    if booking is None or not signing.is_signed(PURPOSE, str(booking.id), key):
        return None
    return booking
