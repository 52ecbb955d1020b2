"""Sessions whose attendance nobody recorded (E11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from ateliers.attendance.closing import FORBIDS, forbids
from ateliers.database import fetch, fetch_rows

GRACE = timedelta(days=1)  # after the end: the sheet is often filled in the day after
SHOWN_TO_COORDINATORS = timedelta(days=4)  # after the end: by then the team was asked twice

# Of a session `s` and its event `e`: it took place as far as we know, nothing of it is told, and it still may be.
_OVER = "e.state IN ('published', 'archived') AND s.called_off_at IS NULL AND s.outcome IS NULL AND s.onsite_id IS NULL"
IS_MISSING = f"{_OVER} AND NOT EXISTS (SELECT FROM closed_period c WHERE {FORBIDS})"
# Where it takes place is joined, not looked up for each period that may be closed: a nation has many of both.
_IS_MISSING_AT_PLACE = (
    f"{_OVER} AND NOT EXISTS (SELECT FROM closed_period c WHERE {forbids('COALESCE(p.departement, o.departement)')})"
)


class MissingSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session that is over, and of which nothing was recorded."""

    id: UUID
    title: str
    structure_id: UUID
    structure_name: str
    starts_at: datetime
    ends_at: datetime
    zone: str  # IANA
    day: date  # of its start, on the clock of the place
    seats: int  # booked


async def count_missing(structure_ids: Sequence[UUID], *, now: datetime, after: timedelta = GRACE) -> dict[UUID, int]:
    """By structure, how many sessions ended longer than `after` ago without anything recorded; none: absent."""
    rows = await fetch_rows(
        f"""SELECT e.structure_id, count(*) AS missing FROM session s JOIN event e ON e.id = s.event_id
            JOIN structure o ON o.id = e.structure_id LEFT JOIN place p ON p.id = s.place_id
            WHERE e.structure_id = ANY ($1) AND {_IS_MISSING_AT_PLACE} AND s.ends_at < $2 GROUP BY e.structure_id""",
        list(structure_ids),
        now - after,
    )
    return {row["structure_id"]: row["missing"] for row in rows}


async def list_missing(
    structure_ids: Sequence[UUID], *, now: datetime, after: timedelta = GRACE, limit: int = 200
) -> list[MissingSession]:
    """Those of these structures that ended longer than `after` ago, the latest first."""
    return await fetch(
        MissingSession,
        f"""SELECT s.id, e.title, e.structure_id, o.name AS structure_name, s.starts_at, s.ends_at, s.zone, s.local_start::date AS day,
                   s.seats_taken AS seats
            FROM session s JOIN event e ON e.id = s.event_id JOIN structure o ON o.id = e.structure_id
            WHERE e.structure_id = ANY ($1) AND {IS_MISSING} AND s.ends_at < $2
            ORDER BY s.starts_at DESC, s.id LIMIT $3""",
        list(structure_ids),
        now - after,
        limit,
    )
