"""The attendance lists that somebody may want these days."""

from __future__ import annotations

from datetime import datetime, timedelta

from ateliers.agenda.session import SESSION_SQL, Session
from ateliers.database import fetch
from ateliers.network.people import Person

BEFORE, AFTER = timedelta(days=7), timedelta(days=3)
MOST = 60


async def list_lists(by: Person, *, now: datetime) -> list[Session]:
    """Sessions of today and soon, and of the past week, whose list is theirs; the nearest first."""
    return await fetch(
        Session,
        f"{SESSION_SQL} WHERE (e.structure_id = ANY ($1) OR e.id IN (SELECT c.event_id FROM co_organiser c "
        "WHERE c.structure_id = ANY ($2) AND c.accepted_at IS NOT NULL)) AND e.state = 'published' AND s.called_off_at IS NULL "
        "AND s.ends_at > $3 AND s.starts_at < $4 ORDER BY abs(extract(epoch FROM s.starts_at - $5)), s.id LIMIT $6",
        by.structure_ids,
        by.managed_ids,
        now - BEFORE,
        now + AFTER,
        now,
        MOST,
    )
