"""Practical needs: no health information, no social security number, and gone the day after (C18, G5)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from ateliers.database import execute

KEPT = timedelta(days=1)  # after the end of the session

# Sex, year, month (or the codes of those born abroad), département (Corsica has letters), commune, order, perhaps the key:
# the numéro d'inscription au répertoire, however it is spaced.
NIR = re.compile(
    r"(?<!\d)[1-478](?:[\s.\-]?\d){2}[\s.\-]?(?:0[1-9]|1[0-2]|[2-9]\d)[\s.\-]?(?:\d\d|2[ABab])"
    r"(?:[\s.\-]?\d){6}(?:[\s.\-]?\d{2})?(?!\d)"
)


def looks_like_nir(text: str) -> bool:
    """Whether a social security number seems to be in `text`."""
    return NIR.search(text) is not None


async def purge_needs(now: datetime) -> int:
    """Forget the needs and the answers to extra questions of sessions, cycles whole, that ended more than a day ago; of how many bookings."""
    return await execute(
        """UPDATE booking b SET needs = NULL, answers = '{}' FROM session s
           WHERE b.session_id = s.id AND (b.needs IS NOT NULL OR b.answers <> '{}') AND s.ends_at < $1
           AND NOT EXISTS (SELECT FROM session d WHERE d.lead_id = s.id AND d.ends_at >= $1)""",
        now - KEPT,
    )
