"""Who must be called because nothing can be written to them: done, by whom (C10)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ateliers.agenda.sessions import get_session
from ateliers.bookings.bookings import get_booking
from ateliers.database import execute, transaction
from ateliers.network.people import Person
from ateliers.refusals import NotAllowed


async def note_call(booking_id: UUID, *, by: Person, now: datetime) -> None:
    """The contact was called and knows. Doing it twice changes nothing. Raises NotFound, NotAllowed."""
    booking = await get_booking(booking_id)
    if not by.serves((await get_session(booking.session_id)).structure_id):
        raise NotAllowed
    async with transaction():
        called = await execute(
            "UPDATE booking SET to_call_back = false, changed_at = $2 WHERE id = $1 AND to_call_back", booking_id, now
        )
        if called:
            await execute(
                """INSERT INTO booking_journal (session_id, booking_id, at, what, facts, by_id)
                   VALUES ($1, $2, $3, 'called', '{}', $4)""",
                booking.session_id,
                booking_id,
                now,
                by.id,
            )
