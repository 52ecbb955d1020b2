"""Domains that asked for fewer messages: left alone for a while, then written to slowly (rule E9). All workers know of them."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from ateliers.database import execute, fetch, fetch_one

FIRST_PAUSE = timedelta(minutes=10)  # doubled at each further complaint
LONGEST_PAUSE = timedelta(hours=4)
PROBATION = timedelta(hours=1)  # after a pause
A_MINUTE = 20  # messages of one process to a domain on probation


class Slow(msgspec.Struct, frozen=True, kw_only=True):
    """A domain that complained."""

    domain: str
    until: datetime
    strikes: int


class Pace:
    """How fast this process may write to whom."""

    def __init__(self) -> None:
        self._slow: dict[str, Slow] = {}
        self._lately: dict[str, tuple[datetime, int]] = {}  # the minute that began, and messages since

    async def look(self, now: datetime) -> None:
        """Learn what every process knows; forget who has long been content."""
        rows = await fetch(Slow, "SELECT domain, until, strikes FROM slow_domain WHERE until > $1", now - PROBATION)
        self._slow = {row.domain: row for row in rows}

    def wait(self, domain: str, *, now: datetime) -> datetime | None:
        """Until when to leave the domain alone; None: write. Counts the message that may go."""
        slow = self._slow.get(domain)
        if slow is None or slow.until + PROBATION <= now:
            return None
        if slow.until > now:
            return slow.until
        began, sent = self._lately.get(domain, (now, 0))
        if now - began >= timedelta(minutes=1):
            began, sent = now, 0
        if sent >= A_MINUTE:
            return began + timedelta(minutes=1)
        self._lately[domain] = (began, sent + 1)
        return None

    async def slow_down(self, domain: str, *, now: datetime) -> None:
        """The domain complains: a pause, longer each time it does so again within its probation.

        Complaints about messages that were on their way when the pause began do not lengthen it.
        """
        found = await fetch_one(
            Slow,
            """INSERT INTO slow_domain AS d (domain, until, strikes) VALUES ($1, $2::timestamptz + $3::interval, 1)
               ON CONFLICT (domain) DO UPDATE SET
                   strikes = CASE WHEN d.until > $2 THEN d.strikes WHEN d.until + $5::interval < $2 THEN 1
                                  ELSE d.strikes + 1 END,
                   until = CASE WHEN d.until > $2 THEN d.until WHEN d.until + $5::interval < $2 THEN excluded.until
                                ELSE $2 + LEAST($3 * power(2, d.strikes), $4::interval) END
               RETURNING domain, until, strikes""",
            domain,
            now,
            FIRST_PAUSE,
            LONGEST_PAUSE,
            PROBATION,
        )
        if found is not None:
            self._slow[domain] = found


async def forget_content(now: datetime) -> int:
    """Forget domains whose probation is over; how many."""
    return await execute("DELETE FROM slow_domain WHERE until < $1", now - 2 * PROBATION)
