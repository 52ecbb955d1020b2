"""Hours at which nobody is written to unless they have just asked for it (rule N2)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

EVENING = time(21)
MORNING = time(8)


def quiet_until(now: datetime, zone: str) -> datetime | None:
    """When the quiet hours of `zone` end, if it is night there now; else None."""
    local = now.astimezone(ZoneInfo(zone))
    if MORNING <= local.time() < EVENING:
        return None
    day = local.date() + timedelta(days=1 if local.time() >= EVENING else 0)
    return datetime.combine(day, MORNING, ZoneInfo(zone)).astimezone(UTC)
