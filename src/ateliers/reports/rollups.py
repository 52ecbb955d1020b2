"""Sums of days long over, and of whole months of them: a nation's dashboard adds up few rows."""

from __future__ import annotations

from collections.abc import Iterable
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
    cells_of,
    chosen_sessions,
    midnight,
    part_of,
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
_COUNTS = ", ".join(f"sum({field})::bigint" if field in ROLLED else "0" for field in FIELDS)
_OF = {
    Grouping.STRUCTURE: ("f.structure_id::text", "''"),
    Grouping.COMMUNE: ("f.commune_code", "min(f.commune_name)"),
    Grouping.KIND: ("f.kind", "''"),
}


class Sums(msgspec.Struct, frozen=True):
    """What of a period is summed, and what is not; each in order."""

    months: list[date]  # first days of months that lie wholly in the period, every day of them summed
    days: list[date]  # the others that are summed
    left: list[date]  # days whose sums are not there, or no longer true


async def sums_of(start: date, end: date) -> Sums:
    """What is there to answer for a period."""
    rows = await fetch_rows(
        """
        SELECT d::date AS day FROM generate_series($1::date, $2::date, '1 day') d
        WHERE NOT EXISTS (SELECT FROM rolled_day WHERE day = d::date) OR EXISTS (SELECT FROM stale_day WHERE day = d::date)
        ORDER BY 1
        """,
        start,
        end,
    )
    left = [row["day"] for row in rows]
    broken = _months(left)
    if start.day > 1:
        broken.add(start.replace(day=1))
    if (end + timedelta(days=1)).day > 1:
        broken.add(end.replace(day=1))
    period = {start + timedelta(days=n) for n in range((end - start).days + 1)}
    return Sums(
        months=sorted(_months(period) - broken),
        days=sorted(day for day in period.difference(left) if day.replace(day=1) in broken),
        left=left,
    )


async def count_rolled(by: Grouping, part: Part | None, rolled: Sums, kind: Kind | None, scope: Scope) -> Cells:
    """The counts of the sessions of months and days that are summed; structures without their names."""
    of, name = _OF.get(by, NOTHING)
    is_broad = scope.structures is None and by not in {Grouping.STRUCTURE, Grouping.COMMUNE}
    table, columns = ("figure_month", _BROAD) if is_broad else ("structure_month", f"{_FINE}, commune_name")
    args: list[Any] = [rolled.months, rolled.days]
    conditions = ["true"]
    for condition, value in (
        ("f.structure_id = ANY ($%d)", scope.structures),
        ("f.departement = ANY ($%d)", scope.departements),
        ("f.kind = $%d", kind.value if kind else None),
    ):
        if value is not None:
            args.append(value)
            conditions.append(condition % len(args))
    rows = await fetch_rows(
        f"SELECT f.departement, {of}, {part_of('f.day', part)}, {name}, {_COUNTS} FROM ("
        f"SELECT month AS day, {columns}, {_COLUMNS} FROM {table} WHERE month = ANY ($1) "
        f"UNION ALL SELECT day, {columns}, {_COLUMNS} FROM figure_day WHERE day = ANY ($2)) f "
        f"WHERE {' AND '.join(conditions)} GROUP BY 1, 2, 3",
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
        await _roll_months(sorted(_months(days)))
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


def _months(days: Iterable[date]) -> set[date]:
    return {day.replace(day=1) for day in days}
