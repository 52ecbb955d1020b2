"""How lively a structure is: its last and its next session, for those who support it (A12)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.database import fetch


class Liveliness(msgspec.Struct, frozen=True, kw_only=True):
    """Starts of the last session begun and of the next published one, called off ones left out; instants are UTC."""

    structure_id: UUID
    last_at: datetime | None
    next_at: datetime | None


async def liveliness_of(structure_ids: Sequence[UUID], *, now: datetime) -> dict[UUID, Liveliness]:
    """By structure; one that never published anything is absent."""
    found = await fetch(
        Liveliness,
        """
        SELECT e.structure_id, max(s.starts_at) FILTER (WHERE s.starts_at <= $2) AS last_at,
               min(s.starts_at) FILTER (WHERE s.starts_at > $2 AND e.state = 'published') AS next_at
        FROM event e JOIN session s ON s.event_id = e.id
        WHERE e.structure_id = ANY ($1) AND e.state IN ('published', 'archived') AND s.called_off_at IS NULL
        GROUP BY e.structure_id
        """,
        list(structure_ids),
        now,
    )
    return {row.structure_id: row for row in found}
