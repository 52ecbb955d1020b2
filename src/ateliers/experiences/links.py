"""The links of a follow-up: its survey, and « no more of these ». Each key opens nothing else."""

from __future__ import annotations

from ateliers import signing
from ateliers.bookings.booking import Booking
from ateliers.bookings.bookings import find_booking_by_code
from ateliers.refusals import NotFound

PURPOSE = "survey"


def survey_path(booking: Booking) -> str:
    """Where the survey is answered."""
    return f"/avis/{booking.code}/{signing.sign(PURPOSE, str(booking.id))}"


def stop_path(booking: Booking) -> str:
    """Where surveys are stopped for the booking's address."""
    return f"{survey_path(booking)}/arreter"


async def booking_by_survey_key(code: str, key: str) -> Booking:
    """The booking of such a link. Raises NotFound: a wrong code and a wrong key look alike."""
    booking = await find_booking_by_code(code)
    if booking is None or not signing.is_signed(PURPOSE, str(booking.id), key):
        raise NotFound
    return booking


def done_key(booking: Booking) -> bytes:
    """What stands for a booking that answered: nothing leads from it to an answer."""
    return signing.keyed_hash("survey done", str(booking.id))
