"""Another number of seats for a session: more serves the waiting list, fewer cancels nobody (B9)."""

from __future__ import annotations

import asyncio
from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.agenda.drafts import Which
from ateliers.agenda.series_changing import list_concerned
from ateliers.agenda.sessions import get_session
from ateliers.bookings import admission
from ateliers.bookings.booking import Booking
from ateliers.bookings.desk import decide
from ateliers.bookings.next_in_line import plan_of
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


class Foreseen(msgspec.Struct, frozen=True, kw_only=True):
    """What another capacity would mean, before anything is changed."""

    capacity: int | None
    held: int  # seats that people have or are offered
    overbooked: int  # of those, above the new capacity
    released: int  # seats held back that would no longer be

    @property
    def is_warning(self) -> bool:
        """Somebody should think twice."""
        return bool(self.overbooked or self.released)


async def foresee_resize(
    session_id: UUID, capacity: int | None, *, which: Which = Which.THIS, now: datetime
) -> Foreseen:
    """What `resize_sessions` would bring about, added up; nothing is changed. Raises NotFound."""
    concerned = await list_concerned(await get_session(session_id), which, now=now)
    each = [await _foresee(one.id, capacity, now=now) for one in concerned]
    return Foreseen(
        capacity=capacity,
        held=sum(one.held for one in each),
        overbooked=sum(one.overbooked for one in each),
        released=sum(one.released for one in each),
    )


async def _foresee(session_id: UUID, capacity: int | None, *, now: datetime) -> Foreseen:
    plan = await plan_of(session_id, now=now)
    outcome = decide(plan, [Resize(capacity=capacity)], now=now)
    return Foreseen(
        capacity=capacity,
        held=outcome.taken + outcome.offered,
        overbooked=outcome.overbooked,
        released=max(0, plan.held_back - outcome.held_back),
    )


async def resize_sessions(
    session_id: UUID, capacity: int | None, *, which: Which = Which.THIS, by: Person, now: datetime
) -> None:
    """Give a session another capacity, and with it other dates of its series. Raises NotFound, NotAllowed, Invalid."""
    concerned = await list_concerned(await get_session(session_id), which, now=now)
    # The desk decides them together: in one round, whatever their number.
    await asyncio.gather(*(resize_session(one.id, capacity, by=by, now=now) for one in concerned))


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
