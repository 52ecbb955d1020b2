"""Wall-clock times into instants, refusing those that do not exist (rule T4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

LONGEST_AHEAD = timedelta(days=3 * 366)  # further away it is a slip of the keyboard
NEVER_BEFORE = datetime(2000, 1, 1)  # noqa: DTZ001 - a wall clock


def exists(local: datetime, zone: str) -> bool:
    """Whether the clock of `zone` ever shows `local` (naive): it does not in the hour skipped in spring."""
    there = local.replace(tzinfo=ZoneInfo(zone), fold=0)
    return there.astimezone(UTC).astimezone(there.tzinfo).replace(tzinfo=None) == local.replace(fold=0)


def to_utc(local: datetime, zone: str) -> datetime:
    """The instant at which the clock of `zone` shows `local` (naive); of two such, in autumn, the first."""
    return local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def wrong_start(local: datetime, zone: str, *, now: datetime) -> str | None:
    """Why a session cannot start at `local` in `zone` (a message id), or None."""
    today = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    if local < NEVER_BEFORE or local <= today:
        # Compared on the clock first: the year 1 has no instant in most zones.
        return "This date is in the past."
    if local > today + LONGEST_AHEAD:
        return "This date is more than three years away."
    if not exists(local, zone):
        return "This time does not exist: clocks go forward that night."
    return None
