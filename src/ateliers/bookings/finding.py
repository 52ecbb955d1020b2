"""« Retrouver ma réservation »: the private links once more, by e-mail; or the booking itself, by its code and a name (C13)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.bookings.book import contact_key, tidy_email, tidy_phone
from ateliers.bookings.booking import Booking
from ateliers.bookings.bookings import NOT_OVER, find_booking_by_code
from ateliers.bookings.calling import Why, ask_to_call
from ateliers.database import fetch, transaction
from ateliers.mail.outbox import NewMail, queue_many
from ateliers.refusals import Invalid, Refusal
from ateliers.words import fold

MOST = 20  # links at once: what one contact may hold (ledger.MOST_AHEAD)
SHORTEST_NAME = 3  # letters of at least one word, so that an initial alone opens nothing


class BookingNotFound(Refusal):
    """No booking has this code, or another name: the two look alike."""

    status = 404
    title = "We find no booking with this code and this name. Look at your paper again, or call the structure."


class _Found(msgspec.Struct, frozen=True):
    id: UUID
    has_email: bool


async def find_my_bookings(contact: str, *, now: datetime) -> None:
    """Send the links of all bookings to come of this e-mail address or phone number, once an hour at most.

    They go to the e-mail address of each booking; who has none is called by the structure. Says nothing of what it found.
    Raises Invalid when `contact` is neither.
    """
    address, number = tidy_email(contact), tidy_phone(contact)
    value: bytes | str
    if address:
        whose, value = "b.contact_key = $1", contact_key(address)
    elif number:
        whose, value = "b.phone = $1", number
    else:
        raise Invalid(
            {"contact": "Write an e-mail address such as name@example.fr, or a phone number such as 06 12 34 56 78."}
        )
    found = await fetch(
        _Found,
        f"""SELECT b.id, b.email IS NOT NULL AS has_email FROM booking b JOIN session s ON s.id = b.session_id
           WHERE {whose} AND b.state IN ('confirmed', 'waiting', 'offered') AND {NOT_OVER}
           ORDER BY s.starts_at LIMIT $3""",
        value,
        now,
        MOST,
    )
    async with transaction():
        await queue_many([_link(booking.id, now) for booking in found if booking.has_email])
        await ask_to_call([booking.id for booking in found if not booking.has_email], Why.LINK, now=now)


async def find_by_code_and_name(code: str, name: str) -> Booking:
    """The booking of this code, when `name` names its contact or somebody who comes. Raises BookingNotFound."""
    booking = await find_booking_by_code(code)
    if booking is None or not any(_names(name, known) for known in (booking.name, *booking.names)):
        raise BookingNotFound
    return booking


def _names(typed: str, known: str) -> bool:
    """Whether every word that was typed is in the name, in any order, accents and capitals aside."""
    words, there = set(fold(typed).split()), set(fold(known).split())
    is_long = any(len(word) >= SHORTEST_NAME for word in words) or words == there
    return bool(words) and words <= there and is_long


async def send_link(booking: Booking, *, now: datetime) -> bool:
    """Send the private link of one booking, once an hour at most; False when it has no address to send it to."""
    if booking.email is None:
        return False
    async with transaction():
        await queue_many([_link(booking.id, now)])
    return True


def _link(booking_id: UUID, now: datetime) -> NewMail:
    return NewMail(kind="booking_link", key=f"booking_link:{booking_id}:{now:%Y%m%d%H}", subject_id=booking_id, now=now)
