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
from ateliers.reports.sessions import COUNTS, Counted, chosen_sessions, counted_of, midnight

SETTLED = timedelta(days=4)  # days that lie further back are summed: over on every clock of the world
ROLLED_AT_ONCE = 31  # days
ROLLING = 0x726F6C  # advisory lock: one process sums at a time
ROLLED = tuple(field for field in Counts.__struct_fields__ if field != "planned")  # nothing long over is still to come

_COLUMNS = ", ".join(ROLLED)
_SUMS = ", ".join(f"sum({field}) AS {field}" for field in ROLLED)
_DAY = "day, structure_id, commune_code, departement, kind, commune_name"
_KEYS = {
    Grouping.STRUCTURE: ("f.structure_id::text", "min(o.name)"),
    Grouping.COMMUNE: ("f.commune_code", "min(f.commune_name)"),
    Grouping.DEPARTEMENT: ("f.departement", "''"),
    Grouping.REGION: ("f.departement", "''"),
    Grouping.NATION: ("'FR'", "''"),
    Grouping.KIND: ("f.kind", "''"),
    Grouping.MONTH: ("to_char(f.day, 'YYYY-MM')", "''"),
}


class Sums(msgspec.Struct, frozen=True):
    """What of a period is summed, and what is not; each in order."""

    days: list[date]  # whose sums are there, and true
    left: list[date]  # the others
    months: list[date]  # first days of months that lie wholly in the period, every day of them summed


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
    others = set(left)
    days = [day for n in range((end - start).days + 1) if (day := start + timedelta(days=n)) not in others]
    broken = _months(left)
    if start.day > 1:
        broken.add(start.replace(day=1))
    if (end + timedelta(days=1)).day > 1:
        broken.add(end.replace(day=1))
    return Sums(days=days, left=left, months=sorted(_months(days) - broken))


async def count_rolled(by: Grouping, sums: Sums, kind: Kind | None, scope: Scope) -> Counted:
    """The counts of the sessions of months and days that are summed."""
    key, name = _KEYS[by]
    join = "JOIN structure o ON o.id = f.structure_id" if by is Grouping.STRUCTURE else ""
    args: list[Any] = [sums.days]
    summed = "SELECT * FROM figure_day WHERE day = ANY ($1)"
    if scope.structures is None and by not in {Grouping.STRUCTURE, Grouping.COMMUNE}:
        args = [[day for day in sums.days if day.replace(day=1) not in sums.months], sums.months]
        summed = (
            f"SELECT day, departement, kind, {_COLUMNS} FROM figure_day WHERE day = ANY ($1) "
            f"UNION ALL SELECT month, departement, kind, {_COLUMNS} FROM figure_month WHERE month = ANY ($2)"
        )
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
        f"SELECT {key} AS key, {name} AS name, {_SUMS} FROM ({summed}) f {join} WHERE {' AND '.join(conditions)} GROUP BY 1",
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
            f"INSERT INTO figure_day ({_DAY}, {_COLUMNS}) SELECT {_DAY}, {sums} FROM ("
            "SELECT s.local_start::date AS day, e.structure_id, COALESCE(p.commune_code, o.commune_code) AS commune_code, "
            "COALESCE(p.departement, o.departement) AS departement, e.kind, "
            f"min(COALESCE(p.commune_name, o.commune_name)) AS commune_name, {COUNTS} {chosen} GROUP BY 1, 2, 3, 4, 5) x",
            *args,
        )
        months = sorted(_months(days))
        await execute("DELETE FROM figure_month WHERE month = ANY ($1)", months)
        await execute(
            f"INSERT INTO figure_month (month, departement, kind, {_COLUMNS}) "
            f"SELECT m, departement, kind, {_SUMS} FROM unnest($1::date[]) m "
            "JOIN figure_day ON day >= m AND day < m + interval '1 month' GROUP BY 1, 2, 3",
            months,
        )
        await execute(
            "INSERT INTO rolled_day (day, at) SELECT d, $2 FROM unnest($1::date[]) d "
            "ON CONFLICT (day) DO UPDATE SET at = excluded.at",
            days,
            now,
        )
        return len(days)


def _months(days: Iterable[date]) -> set[date]:
    return {day.replace(day=1) for day in days}
