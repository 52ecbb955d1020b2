"""Sessions whose attendance nobody recorded (E11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from ateliers.database import fetch_rows

GRACE = timedelta(days=1)  # after the end: the sheet is often filled in the day after


async def count_missing(structure_ids: Sequence[UUID], *, now: datetime) -> dict[UUID, int]:
    """By structure, how many sessions ended more than a day ago without anything recorded; none: absent."""
    rows = await fetch_rows(
        """SELECT e.structure_id, count(*) AS missing
           FROM session s JOIN event e ON e.id = s.event_id
           WHERE e.structure_id = ANY ($1) AND e.state IN ('published', 'archived') AND s.called_off_at IS NULL AND s.outcome IS NULL
             AND s.onsite_id IS NULL AND s.ends_at < $2
           GROUP BY e.structure_id""",
        list(structure_ids),
        now - GRACE,
    )
    return {row["structure_id"]: row["missing"] for row in rows}
