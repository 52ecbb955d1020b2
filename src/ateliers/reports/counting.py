"""Count sessions by structure, territory, kind or month: days long over from their sums, all others session by session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from ateliers.agenda.kinds import Kind
from ateliers.database import at_once, fetch_rows
from ateliers.places.communes import region_of
from ateliers.reports.grouping import Grouping, Part, quarter_of
from ateliers.reports.indicator import Counts
from ateliers.reports.rollups import count_rolled, sums_of
from ateliers.reports.scope import Scope
from ateliers.reports.sessions import KEYS, Cells, Counted, add_cells, chosen_sessions, count_sessions, midnight


async def count(
    by: Grouping,
    start: date,
    end: date,
    kind: Kind | None,
    scope: Scope,
    *,
    now: datetime,
    direct: bool = False,
) -> Counted:
    """The counts of the sessions promised for a day from `start` to `end`, by key of a row; `direct`: without the sums."""
    part = Part.MONTH if by is Grouping.MONTH else None
    found: dict[str, list[tuple[str, Counts]]] = {}
    for cell, counted in (await count_cells(by, part, start, end, kind, scope, now=now, direct=direct)).items():
        found.setdefault(row_of(by, *cell), []).append(counted)
    return {
        row: (min(name for name, _counts in some), Counts.sum_of(counts for _name, counts in some))
        for row, some in found.items()
    }


async def count_cells(
    by: Grouping,
    part: Part | None,
    start: date,
    end: date,
    kind: Kind | None,
    scope: Scope,
    *,
    now: datetime,
    direct: bool = False,
) -> Cells:
    """The same counts told apart by département, by what lines stand for in it, and by part of time.

    What stands for territories or months is '' and its part alone tells it; without `part`, the whole period is one.
    """
    if direct:
        cells = await count_sessions(by, part, start, end, kind, scope, now=now)
    else:
        cells, more = await _count([(by, part)], start, end, kind, scope, by=by, part=part, now=now)
        add_cells(cells, more.items())
    return await _named(cells) if by is Grouping.STRUCTURE else cells


async def count_year(
    by: Grouping, year: int, scope: Scope, *, now: datetime, direct: bool = False
) -> tuple[Cells, Cells]:
    """The cells of each département by month, and those of structures, communes or kinds by quarter.

    The same as `count_cells` says of each; the sessions that are not summed are read once for both.
    """
    start, end = date(year, 1, 1), date(year, 12, 31)
    wanted = [(Grouping.DEPARTEMENT, Part.MONTH), (by, Part.QUARTER)]
    if direct:
        months, cells, read = {}, {}, await count_sessions(by, Part.MONTH, start, end, None, scope, now=now)
    else:
        months, cells, read = await _count(wanted, start, end, None, scope, by=by, part=Part.MONTH, now=now)
    add_cells(months, (((place, "", month), ("", counts)) for (place, _, month), (_name, counts) in read.items()))
    add_cells(cells, (((place, of, quarter_of(month)), told) for (place, of, month), told in read.items()))
    return months, await _named(cells) if by is Grouping.STRUCTURE else cells


async def _count(
    wanted: Sequence[tuple[Grouping, Part | None]],
    start: date,
    end: date,
    kind: Kind | None,
    scope: Scope,
    *,
    by: Grouping,
    part: Part | None,
    now: datetime,
) -> list[Cells]:
    """The cells of each table as far as days are summed, and those of the sessions of other days, by `by` and `part`."""
    rolled = await sums_of(start, end)
    while True:
        found = await at_once(
            *(count_rolled(*table, rolled, kind, scope) for table in wanted),
            count_sessions(by, part, start, end, kind, scope, now=now, only=rolled.left),
        )
        before, rolled = rolled, await sums_of(start, end)
        if rolled == before:  # else a day that was summed meanwhile would be counted twice
            return found


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
        f"SELECT {KEYS[by]} AS key, count(DISTINCT b.contact_key) AS persons {chosen} "
        "AND s.called_off_at IS NULL AND $3::timestamptz IS NOT NULL GROUP BY GROUPING SETS ((1), ())",
        *args,
    )
    found = {None if row["key"] is None else str(row["key"]): row["persons"] for row in rows}
    if len(scope.structures) != 1:
        del found[None]
    return found


async def _named(cells: Cells) -> Cells:
    """With the names of structures, each looked up once."""
    rows = await fetch_rows(
        "SELECT id::text, name FROM structure WHERE id = ANY ($1::uuid[])", list({of for _, of, _ in cells})
    )
    names = {row[0]: row[1] for row in rows}
    return {cell: (names[cell[1]], counts) for cell, (_name, counts) in cells.items()}


def row_of(by: Grouping, departement: str, of: str, part: str) -> str:
    """Key of the row that a cell is part of."""
    match by:
        case Grouping.NATION:
            return "FR"
        case Grouping.REGION:
            return region_of(departement)
        case Grouping.DEPARTEMENT:
            return departement
        case _:
            return of or part
