"""Count sessions by structure, territory, kind or month: days long over from their sums, all others session by session."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from ateliers.agenda.kinds import Kind
from ateliers.database import fetch_rows
from ateliers.places.communes import region_of
from ateliers.reports.grouping import Grouping
from ateliers.reports.rollups import count_rolled, sums_of
from ateliers.reports.scope import Scope
from ateliers.reports.sessions import KEYS, Counted, chosen_sessions, count_sessions, midnight


async def count(
    by: Grouping,
    start: date,
    end: date,
    kind: Kind | None,
    scope: Scope,
    *,
    now: datetime,
    direct: bool = False,
    apart: bool = False,
) -> Counted:
    """The counts of the sessions promised for a day from `start` to `end`.

    `direct`: without the sums; `apart`: those of each département, whose code and APART begin the keys.
    """
    if direct:
        counted = await count_sessions(by, start, end, kind, scope, now=now, apart=apart)
    else:
        sums = await sums_of(start, end)
        counted = await count_rolled(by, sums, kind, scope, apart=apart)
        more = await count_sessions(by, start, end, kind, scope, now=now, only=sums.left, apart=apart)
        for key, (name, counts) in more.items():
            known = counted.get(key)
            counted[key] = (min(known[0], name), known[1] + counts) if known else (name, counts)
    return _fold_regions(counted) if by is Grouping.REGION else counted


async def count_persons(
    by: Grouping, start: date, end: date, kind: Kind | None, scope: Scope, *, now: datetime
) -> dict[str | None, int]:
    """How many different contacts came, by key of a row; under None in all. Only what is of one structure is there (F2)."""
    if scope.is_outside or scope.structures is None or (len(scope.structures) != 1 and by is not Grouping.STRUCTURE):
        return {}
    args: list[Any] = [midnight(start), midnight(end) + timedelta(days=1), now]
    came = (
        "JOIN attendance a ON a.session_id = s.id AND a.state = 'present' "
        "JOIN booking b ON b.id = a.booking_id AND b.contact_key IS NOT NULL"
    )
    chosen = chosen_sessions(scope, kind, args, bookings=came)
    rows = await fetch_rows(
        f"SELECT {KEYS[by][0]} AS key, count(DISTINCT b.contact_key) AS persons {chosen} "
        "AND s.called_off_at IS NULL AND $3::timestamptz IS NOT NULL GROUP BY GROUPING SETS ((1), ())",
        *args,
    )
    found = {None if row["key"] is None else str(row["key"]): row["persons"] for row in rows}
    if len(scope.structures) != 1:
        del found[None]
    return found


def _fold_regions(counted: Counted) -> Counted:
    regions: Counted = {}
    for departement, (_name, counts) in counted.items():
        region = region_of(departement)
        regions[region] = ("", regions[region][1] + counts if region in regions else counts)
    return regions
