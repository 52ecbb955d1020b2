"""No more reminders for one booking: the link in each of them, one click, no sign-in (rule E5). The booking stays."""

from __future__ import annotations

from datetime import datetime

from ateliers import signing
from ateliers.bookings.booking import Booking
from ateliers.bookings.bookings import find_booking_by_code
from ateliers.database import execute
from ateliers.refusals import NotFound

PURPOSE = "reminders"


def stop_reminders_path(booking: Booking) -> str:
    """Where reminders of this booking are stopped; its key opens nothing else."""
    return f"/rappels/{booking.code}/{signing.sign(PURPOSE, str(booking.id))}"


async def booking_by_reminder_key(code: str, key: str) -> Booking:
    """The booking of such a link. Raises NotFound: a wrong code and a wrong key look alike."""
    booking = await find_booking_by_code(code)
    if booking is None or not signing.is_signed(PURPOSE, str(booking.id), key):
        raise NotFound
    return booking


async def stop_reminders(code: str, key: str, *, now: datetime) -> Booking:
    """Send no reminder of this booking from now on. Raises NotFound."""
    booking = await booking_by_reminder_key(code, key)
    await execute("UPDATE booking SET reminders = false, changed_at = $2 WHERE id = $1 AND reminders", booking.id, now)
    return booking
