"""Sums of days long over, and of whole months of them: a nation's dashboard adds up few rows."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from ateliers.agenda.kinds import Kind
from ateliers.database import execute, fetch_rows, fetch_value, transaction
from ateliers.reports.grouping import Grouping, Part
from ateliers.reports.scope import Scope
from ateliers.reports.sessions import (
    DEPARTEMENT,
    FIELDS,
    KEYS,
    NOTHING,
    Cells,
    add_cells,
    cells_of,
    chosen_sessions,
    midnight,
    part_of,
    since_of,
    sums,
)

SETTLED = timedelta(days=4)  # days that lie further back are summed: over on every clock of the world
ROLLED_AT_ONCE = 31  # days
ROLLING = 0x726F6C  # advisory lock: one process sums at a time
ROLLED = tuple(field for field in FIELDS if field != "planned")  # nothing long over is still to come

_BROAD = "departement, kind"  # what the table of a nation's months tells apart
_FINE = "structure_id, commune_code, departement, kind"  # and that of the structures'
_COLUMNS = ", ".join(ROLLED)
_SUMS = ", ".join(f"sum({field})::bigint AS {field}" for field in ROLLED)
_COUNTS = ", ".join(field if field in ROLLED else "0" for field in FIELDS)
_OF = {
    Grouping.STRUCTURE: ("structure_id", "structure_id::text", "''"),
    Grouping.COMMUNE: ("commune_code", "commune_code", "min(commune_name)"),
    Grouping.KIND: ("kind", "kind", "''"),
}
_LOCAL = (Grouping.STRUCTURE, Grouping.COMMUNE)


class Sums(msgspec.Struct, frozen=True):
    """What of a period is summed, and what is not; each in order. Quarters and months are named by their first days."""

    quarters: list[date]  # of which every day that is summed is true, and in the period
    months: list[date]  # the same; those of the quarters, and others
    days: list[date]  # the others that are summed
    left: list[date]  # days whose sums are not there, or no longer true


async def sums_of(start: date, end: date) -> Sums:
    """What is there to answer for a period."""
    rows = await fetch_rows(
        """
        SELECT day, EXISTS (SELECT FROM stale_day s WHERE s.day = r.day) AS is_stale FROM rolled_day r
        WHERE day >= date_trunc('quarter', $1::date) AND day < date_trunc('quarter', $2::date) + interval '3 months'
        ORDER BY day
        """,
        start,
        end,
    )
    summed = [row["day"] for row in rows]
    true = [row["day"] for row in rows if start <= row["day"] <= end and not row["is_stale"]]
    wrong = set(summed).difference(true)
    months = {_month(day) for day in true}.difference(map(_month, wrong))
    known = set(true)
    period = (start + timedelta(days=n) for n in range((end - start).days + 1))
    return Sums(
        quarters=sorted({_quarter(day) for day in true}.difference(map(_quarter, wrong))),
        months=sorted(months),
        days=[day for day in true if _month(day) not in months],
        left=[day for day in period if day not in known],
    )


async def count_rolled(by: Grouping, part: Part | None, rolled: Sums, kind: Kind | None, scope: Scope) -> Cells:
    """The counts of the sessions of months and days that are summed; structures without their names."""
    cells: Cells = {}
    months = rolled.months
    if scope.structures is None and by in _LOCAL and part is Part.QUARTER:
        cells = await _count_quarters(by, rolled.quarters, kind, scope)
        months = [month for month in months if _quarter(month) not in rolled.quarters]
    more = await _count_days(by, part, months, rolled.days, kind, scope)
    return add_cells(cells, more.items()) if cells else more


async def _count_quarters(by: Grouping, quarters: list[date], kind: Kind | None, scope: Scope) -> Cells:
    rows = await fetch_rows(
        f"""
        SELECT departement, of, {part_of("quarter", Part.QUARTER)}, name, {_COUNTS} FROM figure_quarter
        WHERE quarter = ANY ($1) AND by = $2 AND kind = $3 AND ($4::text[] IS NULL OR departement = ANY ($4))
        """,
        quarters,
        by.value,
        kind.value if kind else "",
        scope.departements,
    )
    return cells_of(rows)


async def _count_days(
    by: Grouping, part: Part | None, months: list[date], days: list[date], kind: Kind | None, scope: Scope
) -> Cells:
    if not months and not days:
        return {}
    group, of, name = _OF.get(by, ("", *NOTHING))
    is_broad = scope.structures is None and by not in _LOCAL
    table, columns = ("figure_month", _BROAD) if is_broad else ("structure_month", f"{_FINE}, commune_name")
    args: list[Any] = [months, days]
    conditions = ["true"]
    for condition, value in (
        ("structure_id = ANY ($%d)", scope.structures),
        ("departement = ANY ($%d)", scope.departements),
        ("kind = $%d", kind.value if kind else None),
    ):
        if value is not None:
            args.append(value)
            conditions.append(condition % len(args))
    wanted = " AND ".join(conditions)
    # Names are written once a line, not once a row that is added up.
    rows = await fetch_rows(
        f"SELECT departement, of, {part_of('since', part)}, name, {_COUNTS} FROM ("
        f"SELECT departement, {of} AS of, {since_of('day', part)} AS since, {name} AS name, {_SUMS} FROM ("
        f"SELECT month AS day, {columns}, {_COLUMNS} FROM {table} WHERE month = ANY ($1) AND {wanted} "
        f"UNION ALL SELECT day, {columns}, {_COLUMNS} FROM figure_day WHERE day = ANY ($2) AND {wanted}"
        f") f GROUP BY departement, 3{group and f', {group}'}) x",
        *args,
    )
    return cells_of(rows)


async def roll_days(now: datetime) -> int:
    """A chore: sum up days long over that are not, or in which something changed since; how many days it summed."""
    async with transaction():
        if not await fetch_value("SELECT pg_try_advisory_xact_lock($1)", ROLLING):
            return 0
        rows = await fetch_rows(
            """
            SELECT d::date AS day
            FROM generate_series((SELECT date_trunc('month', min(local_start)) FROM session), $1::date, '1 day') d
            WHERE (NOT EXISTS (SELECT FROM rolled_day WHERE day = d::date) OR EXISTS (SELECT FROM stale_day WHERE day = d::date))
              AND NOT EXISTS (SELECT FROM session WHERE local_start >= d AND local_start < d + interval '1 day' AND ends_at > $2)
            ORDER BY 1 LIMIT $3
            """,
            (now - SETTLED).date(),
            now,
            ROLLED_AT_ONCE,
        )
        days = [row["day"] for row in rows]
        if not days:
            return 0
        # First what is stale: whatever is noted after this statement is not in the sums below for sure, and stays noted.
        await execute("DELETE FROM stale_day WHERE day = ANY ($1)", days)
        await execute("DELETE FROM figure_day WHERE day = ANY ($1)", days)
        args: list[Any] = [midnight(days[0]), midnight(days[-1]) + timedelta(days=1), now]
        chosen = chosen_sessions(Scope(is_outside=False), None, args, only=days, one_by_one=True)
        await execute(
            f"INSERT INTO figure_day (day, {_FINE}, commune_name, {_COLUMNS}) "
            f"SELECT s.local_start::date, e.structure_id, {KEYS[Grouping.COMMUNE]}, {DEPARTEMENT}, e.kind, "
            f"min(COALESCE(p.commune_name, o.commune_name)), {sums(ROLLED)} {chosen} GROUP BY 1, 2, 3, 4, 5",
            *args,
        )
        await _roll_months(sorted(set(map(_month, days))))
        await _roll_quarters(sorted(set(map(_quarter, days))))
        await execute(
            "INSERT INTO rolled_day (day, at) SELECT d, $2 FROM unnest($1::date[]) d "
            "ON CONFLICT (day) DO UPDATE SET at = excluded.at",
            days,
            now,
        )
        return len(days)


async def _roll_months(months: list[date]) -> None:
    for table, columns, name in (("figure_month", _BROAD, ""), ("structure_month", _FINE, "commune_name, ")):
        await execute(f"DELETE FROM {table} WHERE month = ANY ($1)", months)
        await execute(
            f"INSERT INTO {table} (month, {columns}, {name}{_COLUMNS}) "
            f"SELECT m, {columns}, {name and 'min(commune_name), '}{_SUMS} FROM unnest($1::date[]) m "
            f"JOIN figure_day ON day >= m AND day < m + interval '1 month' GROUP BY m, {columns}",
            months,
        )


async def _roll_quarters(quarters: list[date]) -> None:
    await execute("DELETE FROM figure_quarter WHERE quarter = ANY ($1)", quarters)
    await execute(
        f"""
        INSERT INTO figure_quarter (quarter, by, kind, departement, of, name, {_COLUMNS})
        SELECT q, line.by, COALESCE(kind, ''), departement, line.of, min(line.name), {_SUMS} FROM unnest($1::date[]) q
        JOIN structure_month ON month >= q AND month < q + interval '3 months'
        CROSS JOIN LATERAL (
            VALUES ('structure', structure_id::text, ''), ('commune', commune_code, commune_name)) line (by, of, name)
        GROUP BY GROUPING SETS ((q, line.by, departement, line.of, kind), (q, line.by, departement, line.of))
        ORDER BY 1, 2, 3
        """,
        quarters,
    )


def _month(day: date) -> date:
    return day.replace(day=1)


def _quarter(day: date) -> date:
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
