"""Dates of the demo: counted in weekdays, so that no day on which it is started makes it look different."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

SUNDAY = 7


def weekday_from(now: datetime, weekdays: int, zone: str) -> date:
    """The day that many weekdays (Monday to Saturday) after today, or before, by the clock of `zone`."""
    day = now.astimezone(ZoneInfo(zone)).date()
    step = timedelta(days=1 if weekdays > 0 else -1)
    for _turn in range(abs(weekdays)):
        day += step
        if day.isoweekday() == SUNDAY:
            day += step
    return day
