"""Count sessions by structure, territory, kind or month: days long over from their sums, all others session by session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import asyncpg

from ateliers.agenda.kinds import RULES, Counter, Kind
from ateliers.database import execute, fetch_rows, fetch_value, transaction
from ateliers.places.communes import region_of
from ateliers.reports.grouping import Grouping
from ateliers.reports.indicator import Counts
from ateliers.reports.scope import Scope

FEW_STRUCTURES = 50  # of which bookings are looked up session by session
FEW_SESSIONS = 20_000  # the same: days that are not summed are few, or empty, once the chore has caught up
SETTLED = timedelta(days=4)  # days that lie further back are summed: over on every clock of the world
ROLLED_AT_ONCE = 31  # days
ROLLING = 0x726F6C  # advisory lock: one process sums at a time

Counted = dict[str, tuple[str, Counts]]  # by key of a row: its name in the tables, its counts


async def count(
    by: Grouping, start: date, end: date, kind: Kind | None, scope: Scope, *, now: datetime, direct: bool = False
) -> Counted:
    """The counts of the sessions promised for a day from `start` to `end`; `direct`: without the sums."""
    days = None if direct else await _unrolled(start, end)
    counted: Counted = {}
    if days is not None:
        counted = await _count_rolled(by, start, end, kind, scope, but=days)
    if days is None or days:
        first, last = (start, end) if days is None else (days[0], days[-1])
        is_whole = days is None or (last - first).days + 1 == len(days)
        few = days is not None and await _has_few_sessions(first, last)
        more = await _count_sessions(by, first, last, kind, scope, now, only=None if is_whole else days, one_by_one=few)
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
        f"SELECT {_KEYS[by][0]} AS key, count(DISTINCT b.contact_key) AS persons {chosen} "
        "AND s.called_off_at IS NULL AND $3::timestamptz IS NOT NULL GROUP BY GROUPING SETS ((1), ())",
        *args,
    )
    found = {row["key"]: row["persons"] for row in rows}
    if len(scope.structures) != 1:
        del found[None]
    return found


async def roll_days(now: datetime) -> int:
    """A chore: sum up days long over that are not, or in which something changed since; how many days it summed."""
    async with transaction():
        if not await fetch_value("SELECT pg_try_advisory_xact_lock($1)", ROLLING):
            return 0
        rows = await fetch_rows(
            """
            SELECT d::date AS day
            FROM generate_series((SELECT min(local_start)::date FROM session), $1::date, '1 day') d
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
        args: list[Any] = [midnight(days[0]), midnight(days[-1]) + timedelta(days=1), now, days]
        chosen = chosen_sessions(Scope(is_outside=False), None, args, one_by_one=True)
        sums = ", ".join(f"COALESCE({field}, 0)" for field in ROLLED)
        await execute(
            f"INSERT INTO figure_day (day, structure_id, commune_code, departement, kind, commune_name, {', '.join(ROLLED)}) "
            f"SELECT day, structure_id, commune_code, departement, kind, commune_name, {sums} FROM ("
            "SELECT s.local_start::date AS day, e.structure_id, COALESCE(p.commune_code, o.commune_code) AS commune_code, "
            "COALESCE(p.departement, o.departement) AS departement, e.kind, "
            f"min(COALESCE(p.commune_name, o.commune_name)) AS commune_name, {_COUNTS} "
            f"{chosen} AND s.local_start::date = ANY ($4) GROUP BY 1, 2, 3, 4, 5) x",
            *args,
        )
        await execute(
            "INSERT INTO rolled_day (day, at) SELECT d, $2 FROM unnest($1::date[]) d "
            "ON CONFLICT (day) DO UPDATE SET at = excluded.at",
            days,
            now,
        )
        return len(days)


_KEYS = {
    Grouping.STRUCTURE: ("e.structure_id::text", "min(o.name)"),
    Grouping.COMMUNE: ("COALESCE(p.commune_code, o.commune_code)", "min(COALESCE(p.commune_name, o.commune_name))"),
    Grouping.DEPARTEMENT: ("COALESCE(p.departement, o.departement)", "''"),
    Grouping.REGION: ("COALESCE(p.departement, o.departement)", "''"),
    Grouping.NATION: ("'FR'", "''"),
    Grouping.KIND: ("e.kind", "''"),
    Grouping.MONTH: ("to_char(s.local_start, 'YYYY-MM')", "''"),
}

_ROLLED_KEYS = {
    Grouping.STRUCTURE: ("f.structure_id::text", "min(o.name)", "JOIN structure o ON o.id = f.structure_id"),
    Grouping.COMMUNE: ("f.commune_code", "min(f.commune_name)", ""),
    Grouping.DEPARTEMENT: ("f.departement", "''", ""),
    Grouping.REGION: ("f.departement", "''", ""),
    Grouping.NATION: ("'FR'", "''", ""),
    Grouping.KIND: ("f.kind", "''", ""),
    Grouping.MONTH: ("to_char(f.day, 'YYYY-MM')", "''", ""),
}
ROLLED = tuple(field for field in Counts.__struct_fields__ if field != "planned")  # nothing long over is still to come

# Seats confirmed and waiting are the session's own counters, which the desk keeps under its lock.
_OF_BOOKINGS = """
    count(*) AS bookings,
    COALESCE(sum(seats) FILTER (WHERE state = 'given_back'), 0) AS given_back
"""
# Over the whole nation, bookings are summed by session in one pass over the index; for a few structures, session by session.
# Those of a cycle stand at its first date, and hold a seat at each.
_DESK = "COALESCE(s.lead_id, s.id)"
_ALL_BOOKINGS = (
    f"LEFT JOIN (SELECT session_id, {_OF_BOOKINGS} FROM booking GROUP BY session_id) b ON b.session_id = {_DESK}"
)
_THEIR_BOOKINGS = f"LEFT JOIN LATERAL (SELECT {_OF_BOOKINGS} FROM booking WHERE session_id = {_DESK}) b ON true"

# A booking of a cycle is one: it counts at the first date that takes place.
COUNTS_BOOKINGS = """CASE WHEN e.is_cycle THEN s.id = (
    SELECT d.id FROM session d WHERE (d.id = COALESCE(s.lead_id, s.id) OR d.lead_id = COALESCE(s.lead_id, s.id))
        AND d.called_off_at IS NULL ORDER BY d.starts_at, d.id LIMIT 1) ELSE true END"""

# A hybrid session is one: it was held when people came on site, online or both.
_ONE = "s.onsite_id IS NULL"
_OUTCOME = "CASE WHEN 'held' IN (s.outcome, h.outcome) THEN 'held' ELSE COALESCE(s.outcome, h.outcome) END"

# At a stand people are counted as they pass; elsewhere, what came of the session.
_AT_STANDS = ", ".join(f"'{kind.value}'" for kind in Kind if RULES[kind].has_counter)
_STANDS = f"s.called_off_at IS NULL AND e.kind IN ({_AT_STANDS})"
_OTHERS = f"s.called_off_at IS NULL AND e.kind NOT IN ({_AT_STANDS})"
_COUNTERS = ", ".join(
    f"sum(GREATEST(total, 0)) FILTER (WHERE counter = '{one.value}') AS {one.value}" for one in Counter
)
_ALL_COUNTERS = (
    f"LEFT JOIN (SELECT session_id, {_COUNTERS} FROM count_sum GROUP BY session_id) c ON c.session_id = s.id"
)
_THEIR_COUNTERS = f"LEFT JOIN LATERAL (SELECT {_COUNTERS} FROM count_sum WHERE session_id = s.id) c ON true"

_COUNTS = f"""
    count(*) FILTER (WHERE {_ONE}) AS sessions,
    count(*) FILTER (WHERE {_ONE} AND s.called_off_at IS NULL AND {_OUTCOME} IS NOT NULL) AS held,
    count(*) FILTER (WHERE {_ONE} AND s.called_off_at IS NULL AND {_OUTCOME} = 'held_empty') AS held_empty,
    count(*) FILTER (WHERE {_ONE} AND s.called_off_at IS NOT NULL) AS called_off,
    count(*) FILTER (WHERE {_ONE} AND s.called_off_at IS NULL AND {_OUTCOME} IS NULL AND s.ends_at > $3) AS planned,
    count(*) FILTER (WHERE {_ONE} AND s.called_off_at IS NULL AND {_OUTCOME} IS NULL AND s.ends_at <= $3) AS missing,
    sum(s.capacity) FILTER (WHERE s.called_off_at IS NULL) AS capacity,
    sum(s.seats_taken) FILTER (WHERE s.called_off_at IS NULL AND s.capacity IS NOT NULL) AS seats_limited,
    sum(s.seats_taken) FILTER (WHERE s.called_off_at IS NULL AND s.capacity IS NULL) AS seats_unlimited,
    sum(b.bookings) FILTER (WHERE s.called_off_at IS NULL AND {COUNTS_BOOKINGS}) AS bookings,
    sum(b.given_back) FILTER (WHERE s.called_off_at IS NULL) AS given_back,
    sum(s.seats_waiting) FILTER (WHERE s.called_off_at IS NULL) AS waiting,
    sum(t.present) FILTER (WHERE s.called_off_at IS NULL AND s.outcome IS NOT NULL) AS present,
    sum(t.absent) FILTER (WHERE s.called_off_at IS NULL AND s.outcome IS NOT NULL) AS absent,
    sum(t.excused) FILTER (WHERE s.called_off_at IS NULL AND s.outcome IS NOT NULL) AS excused,
    sum(t.walk_ins) FILTER (WHERE s.called_off_at IS NULL AND s.outcome IS NOT NULL) AS walk_ins,
    sum(c.informed) FILTER (WHERE {_STANDS}) AS informed,
    sum(c.helped) FILTER (WHERE {_STANDS}) AS helped,
    sum(c.activated) FILTER (WHERE {_STANDS}) AS stand_activated,
    sum(c.shown) FILTER (WHERE {_OTHERS}) AS shown,
    sum(c.activated) FILTER (WHERE {_OTHERS}) AS activated,
    sum(c.completed) FILTER (WHERE {_OTHERS}) AS completed,
    sum(c.answered) FILTER (WHERE {_OTHERS}) AS answered,
    count(f.people) FILTER (WHERE s.called_off_at IS NULL) AS told,
    sum(f.minutes) FILTER (WHERE s.called_off_at IS NULL) AS minutes,
    sum(f.preparation) FILTER (WHERE s.called_off_at IS NULL) AS preparation,
    sum(f.volunteer_minutes) FILTER (WHERE s.called_off_at IS NULL) AS volunteer_minutes,
    sum(f.volunteer_preparation) FILTER (WHERE s.called_off_at IS NULL) AS volunteer_preparation,
    sum(GREATEST(s.seats_taken - COALESCE(t.present + t.absent + t.excused, 0), 0))
        FILTER (WHERE s.called_off_at IS NULL AND s.outcome IS NOT NULL) AS unanswered
"""


def chosen_sessions(
    scope: Scope, kind: Kind | None, args: list[Any], *, bookings: str = "", one_by_one: bool = False
) -> str:
    """FROM and WHERE of the sessions of a report; `args` holds start, the day after the end and now, and is added to.

    `bookings` joins something else (as b) than the sums of each session's bookings, counters and hours;
    `one_by_one`: these are looked up session by session, however many there may be.
    """
    conditions = ["s.local_start >= $1", "s.local_start < $2", "e.state IN ('published', 'archived')"]
    for condition, value in (
        ("e.structure_id = ANY($%d)", scope.structures),
        ("COALESCE(p.departement, o.departement) = ANY($%d)", scope.departements),
        ("e.kind = $%d", kind.value if kind else None),
    ):
        if value is not None:
            args.append(value)
            conditions.append(condition % len(args))
    is_everything = (
        not one_by_one
        and scope.departements is None
        and (scope.structures is None or len(scope.structures) > FEW_STRUCTURES)
    )
    bookings = bookings or (
        f"LEFT JOIN effort_sum f ON f.session_id = s.id {_ALL_COUNTERS} {_ALL_BOOKINGS}"
        if is_everything
        else f"LEFT JOIN effort_sum f ON f.session_id = s.id {_THEIR_COUNTERS} {_THEIR_BOOKINGS}"
    )
    return (
        "FROM session s JOIN event e ON e.id = s.event_id JOIN structure o ON o.id = e.structure_id "
        # The online half of a session counts where the session takes place.
        "LEFT JOIN session site ON site.id = s.onsite_id LEFT JOIN session h ON h.onsite_id = s.id "
        f"LEFT JOIN place p ON p.id = COALESCE(s.place_id, site.place_id) LEFT JOIN tally t ON t.session_id = s.id {bookings} "
        f"WHERE {' AND '.join(conditions)}"
    )


def midnight(day: date) -> datetime:
    """The first moment of a day on any clock (naive)."""
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall clock


async def _unrolled(start: date, end: date) -> list[date]:
    """Days of the period whose sums are not there, or no longer true; in order."""
    rows = await fetch_rows(
        """
        SELECT d::date AS day FROM generate_series($1::date, $2::date, '1 day') d
        WHERE NOT EXISTS (SELECT FROM rolled_day WHERE day = d::date) OR EXISTS (SELECT FROM stale_day WHERE day = d::date)
        ORDER BY 1
        """,
        start,
        end,
    )
    return [row["day"] for row in rows]


async def _has_few_sessions(start: date, end: date) -> bool:
    counted: int = await fetch_value(
        "SELECT count(*) FROM (SELECT FROM session WHERE local_start >= $1 AND local_start < $2 LIMIT $3) s",
        midnight(start),
        midnight(end) + timedelta(days=1),
        FEW_SESSIONS + 1,
    )
    return counted <= FEW_SESSIONS


async def _count_rolled(
    by: Grouping, start: date, end: date, kind: Kind | None, scope: Scope, *, but: list[date]
) -> Counted:
    key, name, join = _ROLLED_KEYS[by]
    args: list[Any] = [start, end, but]
    conditions = ["f.day BETWEEN $1 AND $2", "f.day <> ALL ($3)"]
    for condition, value in (
        ("f.structure_id = ANY ($%d)", scope.structures),
        ("f.departement = ANY ($%d)", scope.departements),
        ("f.kind = $%d", kind.value if kind else None),
    ):
        if value is not None:
            args.append(value)
            conditions.append(condition % len(args))
    sums = ", ".join(f"sum(f.{field}) AS {field}" for field in ROLLED)
    rows = await fetch_rows(
        f"SELECT {key} AS key, {name} AS name, {sums} FROM figure_day f {join} WHERE {' AND '.join(conditions)} GROUP BY 1",
        *args,
    )
    return _counted(rows)


async def _count_sessions(
    by: Grouping,
    start: date,
    end: date,
    kind: Kind | None,
    scope: Scope,
    now: datetime,
    *,
    only: list[date] | None,
    one_by_one: bool,
) -> Counted:
    key, name = _KEYS[by]
    args: list[Any] = [midnight(start), midnight(end) + timedelta(days=1), now]
    chosen = chosen_sessions(scope, kind, args, one_by_one=one_by_one)
    if only is not None:
        args.append(only)
        chosen += f" AND s.local_start::date = ANY (${len(args)})"
    return _counted(await fetch_rows(f"SELECT {key} AS key, {name} AS name, {_COUNTS} {chosen} GROUP BY 1", *args))


def _counted(rows: Sequence[asyncpg.Record]) -> Counted:
    return {
        row["key"]: (
            row["name"],
            Counts(**{field: int(row[field] or 0) for field in Counts.__struct_fields__ if field in row}),
        )
        for row in rows
    }


def _fold_regions(counted: Counted) -> Counted:
    regions: Counted = {}
    for departement, (_name, counts) in counted.items():
        region = region_of(departement)
        regions[region] = ("", regions[region][1] + counts if region in regions else counts)
    return regions
