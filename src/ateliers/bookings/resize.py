"""Another number of seats for a session: more serves the waiting list, fewer cancels nobody (B9)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.agenda.sessions import get_session
from ateliers.bookings import admission
from ateliers.bookings.booking import Booking
from ateliers.bookings.rounds import Request
from ateliers.bookings.wishes import Resize
from ateliers.network.people import Person
from ateliers.refusals import Invalid, NotAllowed, NotFound

MOST = 100_000  # seats of a session


class Resized(msgspec.Struct, frozen=True, kw_only=True):
    """What the new capacity means."""

    capacity: int | None
    taken: int
    overbooked: int  # seats held above the new capacity: a warning, nobody is cancelled
    promoted: list[Booking]


async def resize_session(session_id: UUID, capacity: int | None, *, by: Person, now: datetime) -> Resized:
    """Give a session another capacity (None: no limit). Raises NotFound, NotAllowed, Invalid."""
    session = await get_session(session_id)
    if not by.manages(session.structure_id):
        raise NotAllowed
    if capacity is not None and not 1 <= capacity <= MOST:
        raise Invalid({"capacity": "Write a number of seats between 1 and 100,000."})
    answer = await admission.submit(
        Request(session_id=session_id, wish=Resize(capacity=capacity), now=now, by_id=by.id)
    )
    if answer.outcome is None:
        raise NotFound
    return Resized(
        capacity=answer.outcome.capacity,
        taken=answer.outcome.taken,
        overbooked=answer.outcome.overbooked,
        promoted=answer.promoted,
    )
