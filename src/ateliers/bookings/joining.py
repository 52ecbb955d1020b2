"""The way into a webinar: a personal link that leads to the meeting while its booking holds a seat, and nowhere afterwards (B7).

The meeting's own address stands in no e-mail and no calendar: who gives the seat back, or is given another date, keeps nothing
that still opens the room, and a new address reaches everybody without a new invite being needed.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from ateliers import signing
from ateliers.agenda.session import SESSION_SQL, Session
from ateliers.bookings.booking import Booking, BookingState
from ateliers.bookings.bookings import find_booking
from ateliers.database import fetch
from ateliers.refusals import NotFound
from ateliers.rendering import absolute

PURPOSE = "join"
NAME_LENGTH = 26  # base32 letters of a UUID
OVERTIME = timedelta(hours=1)  # a webinar may run late, and people come back after a cut


class WayIn(msgspec.Struct, frozen=True, kw_only=True):
    """Where a personal link leads at this moment: to `url`, or to a page that says why not."""

    booking: Booking
    session: Session
    url: str | None
    is_over: bool


def join_path(booking: Booking) -> str:
    """The personal link, without language prefix.

    It stands in calendars, which people share: neither the code of the booking nor the key of its private page is in it.
    """
    name = base64.b32encode(booking.id.bytes).decode().lower()[:NAME_LENGTH]
    return f"/webinaire/{name}{signing.sign(PURPOSE, str(booking.id))}"


def join_link(booking: Booking, session: Session) -> str | None:
    """The whole address, for who holds a seat of an online session that takes place; else None."""
    holds = booking.state is BookingState.CONFIRMED and not session.is_called_off
    return absolute(join_path(booking)) if holds and session.is_online and session.join_url else None


async def find_way_in(key: str, *, now: datetime) -> WayIn:
    """What stands behind the last part of a personal link. Raises NotFound."""
    booking_id = _booking_id(key)
    booking = await find_booking(booking_id) if booking_id else None
    if booking is None:
        raise NotFound
    session = _present_date(await _dates_of(booking), now)
    is_over = session.ends_at + OVERTIME <= now
    url = session.join_url if join_link(booking, session) is not None and not is_over else None
    return WayIn(booking=booking, session=session, url=url, is_over=is_over)


def _booking_id(key: str) -> UUID | None:
    """Of a key that is ours."""
    try:
        raw = base64.b32decode(key[:NAME_LENGTH].upper() + "=" * 6)
    except (binascii.Error, ValueError):
        return None
    booking_id = UUID(bytes=raw) if len(raw) == 16 else None
    return booking_id if booking_id and signing.is_signed(PURPOSE, str(booking_id), key[NAME_LENGTH:]) else None


async def _dates_of(booking: Booking) -> list[Session]:
    """The session, with the further dates of its cycle, in order of time."""
    return await fetch(
        Session, f"{SESSION_SQL} WHERE s.id = $1 OR s.lead_id = $1 ORDER BY s.starts_at, s.id", booking.session_id
    )


def _present_date(dates: list[Session], now: datetime) -> Session:
    """The date under way or next, called-off ones only when there is no other; the last when all are over."""
    left = [date for date in dates if now < date.ends_at + OVERTIME]
    return next((date for date in left if not date.is_called_off), left[0] if left else dates[-1])
