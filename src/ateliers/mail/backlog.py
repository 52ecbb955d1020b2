"""Letting old mail go: what was queued for occasions long past is not sent when somebody at last starts a worker."""

from __future__ import annotations

from datetime import datetime

from ateliers.database import execute

REASON = "queued for the past"


async def drop_backlog(before: datetime, *, now: datetime) -> int:
    """Drop every message queued before that moment and not sent yet; how many those were."""
    return await execute(
        "UPDATE outbox SET state = 'dropped', outcome = $3, done_at = $2 WHERE state = 'queued' AND created_at < $1",
        before,
        now,
        REASON,
    )
