"""How lively a structure is: its last and its next session, for those who support it (A12)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from ateliers.database import fetch

LATELY = timedelta(days=30)


class Liveliness(msgspec.Struct, frozen=True, kw_only=True):
    """Starts of the last session begun and of the next published one, called off ones left out; instants are UTC."""

    structure_id: UUID
    last_at: datetime | None
    next_at: datetime | None


async def liveliness_of(structure_ids: Sequence[UUID], *, now: datetime) -> dict[UUID, Liveliness]:
    """By structure; one that never published anything is absent."""
    # Most did something lately: the sessions of all time are read of the others alone.
    found = await _liveliness(structure_ids, "AND s.starts_at > $3", now, now - LATELY)
    others = [one for one in structure_ids if one not in found or found[one].last_at is None]
    return found | await _liveliness(others, "", now) if others else found


async def _liveliness(structure_ids: Sequence[UUID], condition: str, *moments: datetime) -> dict[UUID, Liveliness]:
    found = await fetch(
        Liveliness,
        f"""
        SELECT e.structure_id, max(s.starts_at) FILTER (WHERE s.starts_at <= $2) AS last_at,
               min(s.starts_at) FILTER (WHERE s.starts_at > $2 AND e.state = 'published') AS next_at
        FROM event e JOIN session s ON s.event_id = e.id
        WHERE e.structure_id = ANY ($1) AND e.state IN ('published', 'archived') AND s.called_off_at IS NULL {condition}
        GROUP BY e.structure_id
        """,
        list(structure_ids),
        *moments,
    )
    return {row.structure_id: row for row in found}
