"""Walk-ins: people who came without a booking, one tap each, with or without a name, above capacity too (E3)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.attendance.record import stored
from ateliers.attendance.tally import lock_session, settle
from ateliers.database import execute, fetch, new_id, transaction
from ateliers.network.people import Person
from ateliers.words import plain

LONGEST_NAME = 120
WalkInName = Annotated[str, Meta(max_length=LONGEST_NAME, title="Name")]


class WalkIn(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who came without a booking."""

    id: UUID
    op: str  # as stored: what `undo` takes
    name: str | None
    at: datetime  # the device's time


async def add_walk_in(session_id: UUID, name: str | None, op: str, at: datetime, *, by: Person, now: datetime) -> bool:
    """Count one more person; False when this `op` was counted before, taken back or not.

    Raises SessionCalledOff, NotAllowed, NotFound. `record.undo` takes it back.
    """
    async with transaction():
        held = await lock_session(session_id, by=by)
        added = await execute(
            "INSERT INTO walk_in (id, op, session_id, name, at, recorded_at, by_id) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (op) DO NOTHING",
            new_id(),
            stored(session_id, op),
            session_id,
            plain(name or "")[:LONGEST_NAME] or None,
            min(at, now),
            now,
            by.id,
        )
        if added:
            await settle(held, set(), now=now, walk_ins=1)
        return bool(added)


async def list_walk_ins(session_id: UUID) -> list[WalkIn]:
    """Who came without a booking, in order of arrival; those taken back left out."""
    return await fetch(
        WalkIn,
        "SELECT id, op, name, at FROM walk_in WHERE session_id = $1 AND undone_at IS NULL ORDER BY at, id",
        session_id,
    )
