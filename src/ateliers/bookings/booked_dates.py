"""A further date of a cycle as one booking has it: its own calendar object (B3, rule U8)."""

from __future__ import annotations

from uuid import UUID

import msgspec

from ateliers.database import fetch_one

NOT_INVITED = -1  # SEQUENCE of a date that is in no calendar


class BookedDate(msgspec.Struct, frozen=True, kw_only=True):
    """The calendar object of a booking for one further date."""

    booking_id: UUID
    session_id: UUID
    uid: str
    sequence: int  # NOT_INVITED: in no calendar
    told_revision: int


async def find_booked_date(booking_id: UUID, session_id: UUID) -> BookedDate | None:
    """The object of a booking for this date, or None."""
    return await fetch_one(
        BookedDate,
        """SELECT booking_id, session_id, uid, sequence, told_revision FROM booking_date
           WHERE booking_id = $1 AND session_id = $2""",
        booking_id,
        session_id,
    )
