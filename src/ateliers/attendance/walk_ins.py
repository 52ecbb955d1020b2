"""Walk-ins: people who came without a booking, one tap each, with or without a name, above capacity too (E3)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.attendance.ledger import Arrival, Entries, write
from ateliers.attendance.mark import outside, stored
from ateliers.attendance.recorder import Recorder, device_of_page
from ateliers.attendance.tally import lock_session
from ateliers.database import fetch, fetch_value, transaction
from ateliers.words import plain

LONGEST_NAME = 120
WalkInName = Annotated[str, Meta(max_length=LONGEST_NAME, title="Name")]


class WalkIn(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who came without a booking."""

    id: UUID
    action: str  # what `record.undo` takes
    name: str | None
    at: datetime  # the device's time

    @property
    def op(self) -> str:
        """The action's name as a device gives it."""
        return outside(self.action)


async def add_walk_in(
    session_id: UUID, name: str | None, op: str, at: datetime, *, by: Recorder, now: datetime
) -> bool:
    """Count one more person; False when this `op` was counted before, taken back or not.

    Raises SessionCalledOff, PeriodClosed, NotAllowed, NotFound. `record.undo` takes it back.
    """
    async with transaction():
        held = await lock_session(session_id, by=by, now=now)
        op = stored(session_id, op)
        if await fetch_value("SELECT EXISTS (SELECT FROM walk_in WHERE op = $1)", op):
            return False
        arrival = Arrival(op=op, name=tidy_name(name), at=min(at, now), device=device_of_page(by))
        await write(held, Entries(arrivals=[arrival]), by=by, now=now)
        return True


def tidy_name(name: str | None) -> str | None:
    """A name as it is kept: on one line, not too long, or none."""
    return plain(name or "")[:LONGEST_NAME] or None


async def list_walk_ins(session_id: UUID) -> list[WalkIn]:
    """Who came without a booking, in order of arrival; those taken back left out."""
    return await fetch(
        WalkIn,
        "SELECT id, op AS action, name, at FROM walk_in WHERE session_id = $1 AND undone_at IS NULL ORDER BY at, id",
        session_id,
    )
