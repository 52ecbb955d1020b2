"""Events that were held and of which nothing was told yet (A12)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from ateliers.agenda.kinds import RULES, Kind
from ateliers.database import fetch, fetch_rows
from ateliers.experiences.sharing import ORGANISED_SQL

WITHIN = timedelta(days=180)  # nobody is asked about what happened longer ago
PUBLIC_KINDS = [kind.value for kind in Kind if not RULES[kind].network_only]
_IS_HELD = "s.event_id = e.id AND s.outcome = 'held' AND s.called_off_at IS NULL AND s.ends_at <= $2 AND s.ends_at > $3"
_IS_UNTOLD = """e.state IN ('published', 'archived') AND e.kind = ANY ($4)
      AND NOT EXISTS (SELECT FROM experience x WHERE x.event_id = e.id AND x.state <> 'draft')"""


class Untold(msgspec.Struct, frozen=True, kw_only=True):
    """An event that was held."""

    event_id: UUID
    title: str
    structure_id: UUID
    structure_name: str
    last_at: datetime
    zone: str
    is_begun: bool  # a draft is kept


async def list_untold(structure_ids: Sequence[UUID], *, now: datetime, limit: int = 20) -> list[Untold]:
    """Those that these structures organised, alone or with others, the latest held first."""
    return await fetch(
        Untold,
        f"""SELECT e.id AS event_id, e.title, e.structure_id,
                   (SELECT o.name FROM structure o WHERE o.id = e.structure_id) AS structure_name,
                   max(s.starts_at) AS last_at, min(s.zone) AS zone,
                   EXISTS (SELECT FROM experience x WHERE x.event_id = e.id) AS is_begun
            FROM event e JOIN session s ON {_IS_HELD} WHERE {_IS_UNTOLD} AND {ORGANISED_SQL} GROUP BY e.id ORDER BY max(s.starts_at) DESC, e.id LIMIT $5""",
        list(structure_ids),
        now,
        now - WITHIN,
        PUBLIC_KINDS,
        limit,
    )


async def count_untold(structure_ids: Sequence[UUID], *, now: datetime) -> dict[UUID, int]:
    """How many, by the structure whose event it is; none: absent."""
    rows = await fetch_rows(
        f"""SELECT e.structure_id, count(*) AS untold FROM event e
            WHERE e.structure_id = ANY ($1) AND {_IS_UNTOLD} AND EXISTS (SELECT FROM session s WHERE {_IS_HELD})
            GROUP BY e.structure_id""",
        list(structure_ids),
        now,
        now - WITHIN,
        PUBLIC_KINDS,
    )
    return {row["structure_id"]: row["untold"] for row in rows}
