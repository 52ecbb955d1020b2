"""The next sessions of a selection, for a frame in somebody else's site (B17)."""

from __future__ import annotations

from datetime import datetime

from ateliers.agenda.session import SESSION_SQL, Session
from ateliers.database import fetch
from ateliers.exchange.feeds.selection import Selection, conditions


async def next_sessions(selection: Selection, *, limit: int, now: datetime) -> list[Session]:
    """Public sessions of the selection that are to come, the soonest first; a cycle once, by its next date."""
    where, values = conditions(selection, now=now)
    end = f"${len(values) + 1}"
    return await fetch(
        Session,
        f"""{SESSION_SQL} WHERE {where} AND s.ends_at > $2 AND s.called_off_at IS NULL
            AND NOT (e.is_cycle AND EXISTS (
                SELECT FROM session d WHERE d.event_id = s.event_id AND d.onsite_id IS NULL AND d.called_off_at IS NULL
                AND d.ends_at > $2 AND (d.starts_at, d.id) < (s.starts_at, s.id)))
            ORDER BY s.starts_at, s.id LIMIT {end}""",
        *values,
        limit,
    )
