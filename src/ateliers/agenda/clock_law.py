"""When a territory changes its clock: what was promised is the hour on the wall, and the instants follow (rule T1).

A new release of tzdata comes with a new version of the service, so looking once a day is more than enough.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from ateliers.agenda.local_time import to_utc
from ateliers.database import execute_many, fetch, transaction


class _Coming(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    zone: str
    local_start: datetime  # naive
    starts_at: datetime
    ends_at: datetime
    all_day: bool


COMING_SQL = """SELECT id, zone, local_start, starts_at, ends_at, all_day FROM session
    WHERE starts_at > $1 ORDER BY lead_id IS NOT NULL, id FOR NO KEY UPDATE"""


async def sweep(now: datetime) -> None:
    """Set right the instants of sessions to come that are no longer those of their hour; who booked is written to."""
    async with transaction():
        wrong = [
            (one.id, start, _end(one, start), now)
            for one in await fetch(_Coming, COMING_SQL, now)
            if (start := _start(one)) != one.starts_at
        ]
        await execute_many(
            """UPDATE session s SET starts_at = $2, ends_at = $3, updated_at = $4, revision = s.revision + (e.state IN ('published', 'archived'))::int,
               held_back_until = s.held_back_until + ($2::timestamptz - s.starts_at)
               FROM event e WHERE s.id = $1 AND e.id = s.event_id""",
            wrong,
        )


def _start(session: _Coming) -> datetime:
    """When its hour is; of an hour that comes twice, the reading that was meant."""
    second = session.local_start.replace(tzinfo=ZoneInfo(session.zone), fold=1).astimezone(UTC)
    return session.starts_at if second == session.starts_at else to_utc(session.local_start, session.zone)


def _end(session: _Coming, start: datetime) -> datetime:
    """It lasts as long as before; whole days end at midnight."""
    end = start + (session.ends_at - session.starts_at)
    if not session.all_day:
        return end
    local = end.astimezone(ZoneInfo(session.zone)).replace(tzinfo=None)
    return to_utc((local + timedelta(hours=12)).replace(hour=0, minute=0, second=0, microsecond=0), session.zone)
