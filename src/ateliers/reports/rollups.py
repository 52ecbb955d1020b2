"""Sums of days long over, and of whole months of them: a nation's dashboard adds up few rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from ateliers.agenda.kinds import Kind
from ateliers.database import execute, fetch_rows, fetch_value, transaction
from ateliers.reports.grouping import Grouping
from ateliers.reports.indicator import Counts
from ateliers.reports.scope import Scope
from ateliers.reports.sessions import APART, COUNTS, Counted, chosen_sessions, counted_of, midnight

SETTLED = timedelta(days=4)  # days that lie further back are summed: over on every clock of the world
ROLLED_AT_ONCE = 31  # days
ROLLING = 0x726F6C  # advisory lock: one process sums at a time
ROLLED = tuple(field for field in Counts.__struct_fields__ if field != "planned")  # nothing long over is still to come

_BROAD = "departement, kind"  # what the table of a nation's months tells apart
_FINE = "structure_id, commune_code, departement, kind"  # and that of the structures'
_COLUMNS = ", ".join(ROLLED)
_SUMS = ", ".join(f"sum({field}) AS {field}" for field in ROLLED)
_KEYS = {
    Grouping.STRUCTURE: ("f.structure_id", "(SELECT name FROM structure WHERE id = f.structure_id)"),
    Grouping.COMMUNE: ("f.commune_code", "min(f.commune_name)"),
    Grouping.DEPARTEMENT: ("f.departement", "''"),
    Grouping.REGION: ("f.departement", "''"),
    Grouping.NATION: ("'FR'", "''"),
    Grouping.KIND: ("f.kind", "''"),
    Grouping.MONTH: ("to_char(f.day, 'YYYY-MM')", "''"),
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


async def count_rolled(by: Grouping, sums: Sums, kind: Kind | None, scope: Scope, *, apart: bool = False) -> Counted:
    """The counts of the sessions of months and days that are summed; `apart`: as `count` says."""
    key, name = _KEYS[by]
    group = "1"
    if apart:
        key, group = f"f.departement || '{APART}' || {key}", f"f.departement, {key}"
    is_broad = scope.structures is None and by not in {Grouping.STRUCTURE, Grouping.COMMUNE}
    table, columns = ("figure_month", _BROAD) if is_broad else ("structure_month", f"{_FINE}, commune_name")
    args: list[Any] = [sums.months, sums.days]
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
        f"SELECT {key} AS key, {name} AS name, {_SUMS} FROM ("
        f"SELECT month AS day, {columns}, {_COLUMNS} FROM {table} WHERE month = ANY ($1) "
        f"UNION ALL SELECT day, {columns}, {_COLUMNS} FROM figure_day WHERE day = ANY ($2)) f WHERE {' AND '.join(conditions)} GROUP BY {group}",
        *args,
    )
    return counted_of(rows)


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
        sums = ", ".join(f"COALESCE({field}, 0)" for field in ROLLED)
        await execute(
            f"INSERT INTO figure_day (day, {_FINE}, commune_name, {_COLUMNS}) SELECT day, {_FINE}, commune_name, {sums} FROM ("
            "SELECT s.local_start::date AS day, e.structure_id, COALESCE(p.commune_code, o.commune_code) AS commune_code, "
            "COALESCE(p.departement, o.departement) AS departement, e.kind, "
            f"min(COALESCE(p.commune_name, o.commune_name)) AS commune_name, {COUNTS} {chosen} GROUP BY 1, 2, 3, 4, 5) x",
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
