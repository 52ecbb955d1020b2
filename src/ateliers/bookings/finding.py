"""« Retrouver ma réservation »: the private links once more, to the address the bookings were made with (C13)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.bookings.book import contact_key, tidy_email
from ateliers.bookings.booking import Booking
from ateliers.database import fetch, transaction
from ateliers.mail.outbox import NewMail, queue_many
from ateliers.refusals import Invalid

MOST = 20  # links at once: what one contact may hold (ledger.MOST_AHEAD)


class _Found(msgspec.Struct, frozen=True):
    id: UUID


async def find_my_bookings(email: str, *, now: datetime) -> None:
    """Send the links of all bookings to come of this address, once an hour at most. Says nothing of what it found.

    Raises Invalid when it is not an e-mail address.
    """
    address = tidy_email(email)
    if not address:
        raise Invalid({"email": "Write an e-mail address such as name@example.fr."})
    found = await fetch(
        _Found,
        """SELECT b.id FROM booking b JOIN session s ON s.id = b.session_id
           WHERE b.contact_key = $1 AND b.email = $2 AND b.state IN ('confirmed', 'waiting', 'offered') AND s.ends_at > $3
           ORDER BY s.starts_at LIMIT $4""",
        contact_key(address),
        address,
        now,
        MOST,
    )
    async with transaction():
        await queue_many([_link(booking.id, now) for booking in found])


async def send_link(booking: Booking, *, now: datetime) -> bool:
    """Send the private link of one booking, once an hour at most; False when it has no address to send it to."""
    if booking.email is None:
        return False
    async with transaction():
        await queue_many([_link(booking.id, now)])
    return True


def _link(booking_id: UUID, now: datetime) -> NewMail:
    return NewMail(kind="booking_link", key=f"booking_link:{booking_id}:{now:%Y%m%d%H}", subject_id=booking_id, now=now)
