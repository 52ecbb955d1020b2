"""Who would be next? What the desk would do if seats came free now, without doing it (C11)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from ateliers.agenda.sessions import get_session
from ateliers.bookings import ledger
from ateliers.bookings.booking import Booking
from ateliers.bookings.bookings import list_bookings_by_id
from ateliers.bookings.desk import decide
from ateliers.bookings.wishes import Plan, Release
from ateliers.refusals import NotFound

Fate = Literal["confirmed", "offered", "call", "passed"]

_FATES: dict[str, Fate] = {"promoted": "confirmed", "offered": "offered", "to_call": "call", "passed": "passed"}


class Next(msgspec.Struct, frozen=True, kw_only=True):
    """What would become of one who waits. Who would not be reached is left out."""

    booking: Booking
    fate: Fate
    seats: int


async def plan_of(session_id: UUID, *, now: datetime) -> Plan:
    """The session as the desk sees it now, unlocked: to ask what it would decide. Raises NotFound."""
    session = await get_session(session_id)
    session_id = session.lead_id or session.id
    row = await ledger.find(session_id)
    if row is None:
        raise NotFound
    waiting = (await ledger.list_waiting([session_id])).get(session_id, [])
    overdue = (await ledger.list_overdue([session_id], now=now)).get(session_id, [])
    return row.plan(waiting, overdue, len(waiting), {}, {})


async def who_is_next(session_id: UUID, seats: int = 1, *, now: datetime) -> list[Next]:
    """Who would be served, and who passed over, if `seats` came free now; in order of rank. Nothing is written.

    Nobody when the list is empty or promotion has stopped. Raises NotFound.
    """
    plan = await plan_of(session_id, now=now)
    waiting = plan.waiting
    if plan.capacity is not None:
        plan = msgspec.structs.replace(plan, capacity=plan.capacity + seats)
    outcome = decide(plan, [Release()], now=now)
    fates = {note.booking: _FATES[note.what] for note in outcome.notes if note.booking and note.what in _FATES}
    asked = {entry.booking: entry.seats for entry in waiting}
    found = {booking.id: booking for booking in await list_bookings_by_id(list(fates))}
    return [
        Next(booking=found[entry], fate=fates[entry], seats=count)
        for entry, count in asked.items()
        if entry in fates and entry in found
    ]
