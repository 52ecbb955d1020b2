"""Count sessions one by one: what is summed up later, and what is asked about days that are not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Any

import asyncpg

from ateliers.agenda.kinds import RULES, Counter, Kind
from ateliers.database import at_once, fetch_rows
from ateliers.reports.grouping import Grouping, Part
from ateliers.reports.indicator import Counts
from ateliers.reports.scope import Scope

FEW_STRUCTURES = 50  # of which bookings are looked up session by session
FEW_SESSIONS = 20_000  # the same: days that are not summed are few, or empty, once the chore has caught up
MANY_SESSIONS = 2_000  # days of so many are read in two halves, by two connections at once

# Name in the tables and counts, by key of a row; or by département, key of what is told apart in it, part of time.
Counted = dict[str, tuple[str, Counts]]
Cells = dict[tuple[str, str, str], tuple[str, Counts]]

DEPARTEMENT = "COALESCE(p.departement, o.departement)"
KEYS = {
    Grouping.STRUCTURE: "e.structure_id",
    Grouping.COMMUNE: "COALESCE(p.commune_code, o.commune_code)",
    Grouping.DEPARTEMENT: DEPARTEMENT,
    Grouping.REGION: DEPARTEMENT,
    Grouping.NATION: "'FR'",
    Grouping.KIND: "e.kind",
    Grouping.MONTH: "to_char(s.local_start, 'YYYY-MM')",
}
# What cells tell apart in a département, each beside its name in the tables.
_OF = {
    Grouping.STRUCTURE: ("e.structure_id::text", "''"),
    Grouping.COMMUNE: ("COALESCE(p.commune_code, o.commune_code)", "min(COALESCE(p.commune_name, o.commune_name))"),
    Grouping.KIND: ("e.kind", "''"),
}
NOTHING = ("''", "''")
FIELDS = Counts.__struct_fields__


# Seats confirmed and waiting are the session's own counters, which the desk keeps under its lock.
_OF_BOOKINGS = """
    count(*) AS bookings,
    COALESCE(sum(seats) FILTER (WHERE state = 'given_back'), 0) AS given_back
"""
# Those of a cycle stand at its first date, and hold a seat at each.
_DESK = "COALESCE(s.lead_id, s.id)"

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
# Over the whole nation, each table is read once; of a few sessions, what each needs is looked up: OFFSET 0 holds the planner to it.
_OF_ALL = f"""LEFT JOIN session h ON h.onsite_id = s.id
    LEFT JOIN tally t ON t.session_id = s.id
    LEFT JOIN effort_sum f ON f.session_id = s.id
    LEFT JOIN (SELECT session_id, {_COUNTERS} FROM count_sum GROUP BY session_id) c ON c.session_id = s.id"""
_BOOKINGS_OF_ALL = (
    f"LEFT JOIN (SELECT session_id, {_OF_BOOKINGS} FROM booking GROUP BY session_id) b ON b.session_id = {_DESK}"
)
_OF_EACH = f"""LEFT JOIN LATERAL (SELECT * FROM session WHERE onsite_id = s.id OFFSET 0) h ON true
    LEFT JOIN LATERAL (SELECT * FROM tally WHERE session_id = s.id AND s.outcome IS NOT NULL OFFSET 0) t ON true
    LEFT JOIN LATERAL (SELECT * FROM effort_sum WHERE session_id = s.id OFFSET 0) f ON true
    LEFT JOIN LATERAL (SELECT {_COUNTERS} FROM count_sum WHERE session_id = s.id) c ON true"""
_BOOKINGS_OF_EACH = f"LEFT JOIN LATERAL (SELECT {_OF_BOOKINGS} FROM booking WHERE session_id = {_DESK}) b ON true"

_HAPPENS = "s.called_off_at IS NULL"
_TOLD = f"{_HAPPENS} AND s.outcome IS NOT NULL"
# Of either half, if there are two.
_IS_HELD = f"{_HAPPENS} AND COALESCE(s.outcome, h.outcome, site.outcome) IS NOT NULL"
_COUNTED = {  # each field of Counts, and of which sessions
    "sessions": ("count(*)", _ONE),
    "held": ("count(*)", f"{_ONE} AND {_HAPPENS} AND {_OUTCOME} IS NOT NULL"),
    "held_empty": ("count(*)", f"{_ONE} AND {_HAPPENS} AND {_OUTCOME} = 'held_empty'"),
    "called_off": ("count(*)", f"{_ONE} AND s.called_off_at IS NOT NULL"),
    "planned": ("count(*)", f"{_ONE} AND {_HAPPENS} AND {_OUTCOME} IS NULL AND s.ends_at > $3"),
    "missing": ("count(*)", f"{_ONE} AND {_HAPPENS} AND {_OUTCOME} IS NULL AND s.ends_at <= $3"),
    "capacity": ("sum(s.capacity)", _HAPPENS),
    "seats_limited": ("sum(s.seats_taken)", f"{_HAPPENS} AND s.capacity IS NOT NULL"),
    "seats_unlimited": ("sum(s.seats_taken)", f"{_HAPPENS} AND s.capacity IS NULL"),
    "bookings": ("sum(b.bookings)", f"{_HAPPENS} AND {COUNTS_BOOKINGS}"),
    "given_back": ("sum(b.given_back)", _HAPPENS),
    "waiting": ("sum(s.seats_waiting)", _HAPPENS),
    "present": ("sum(t.present)", _TOLD),
    "absent": ("sum(t.absent)", _TOLD),
    "excused": ("sum(t.excused)", _TOLD),
    "unanswered": ("sum(GREATEST(s.seats_taken - COALESCE(t.present + t.absent + t.excused, 0), 0))", _IS_HELD),
    "walk_ins": ("sum(t.walk_ins)", _TOLD),
    "informed": ("sum(c.informed)", _STANDS),
    "helped": ("sum(c.helped)", _STANDS),
    "stand_activated": ("sum(c.activated)", _STANDS),
    "shown": ("sum(c.shown)", _OTHERS),
    "activated": ("sum(c.activated)", _OTHERS),
    "completed": ("sum(c.completed)", _OTHERS),
    "answered": ("sum(c.answered)", _OTHERS),
    "told": ("count(f.people)", _HAPPENS),
    "minutes": ("sum(f.minutes)", _HAPPENS),
    "preparation": ("sum(f.preparation)", _HAPPENS),
    "volunteer_minutes": ("sum(f.volunteer_minutes)", _HAPPENS),
    "volunteer_preparation": ("sum(f.volunteer_preparation)", _HAPPENS),
}


def sums(fields: Iterable[str]) -> str:
    """Columns of a SELECT: these fields of Counts, of the sessions that `chosen_sessions` chose."""
    return ", ".join(
        f"COALESCE({what} FILTER (WHERE {of}), 0)::bigint AS {field}"
        for field, (what, of) in ((field, _COUNTED[field]) for field in fields)
    )


def chosen_sessions(
    scope: Scope,
    kind: Kind | None,
    args: list[Any],
    *,
    bookings: str = "",
    only: list[date] | None = None,
    one_by_one: bool = False,
) -> str:
    """FROM and WHERE of the sessions of a report; `args` holds start, the day after the end and now, and is added to.

    `bookings` joins something else (as b) than what each session counts; `only` are the days of the period that count;
    `one_by_one`: what sessions need is looked up for each, however many there be.
    """
    sessions = "session s"
    conditions = ["s.local_start >= $1", "s.local_start < $2", "e.state IN ('published', 'archived')"]
    for condition, value in (
        ("e.structure_id = ANY($%d)", scope.structures),
        (f"{DEPARTEMENT} = ANY($%d)", scope.departements),
        ("e.kind = $%d", kind.value if kind else None),
    ):
        if value is not None:
            args.append(value)
            conditions.append(condition % len(args))
    if only is not None:
        args.append(only)
        if one_by_one:  # day by day; OFFSET 0 keeps the planner from reading every session instead
            sessions = (
                f"(SELECT s.* FROM unnest(${len(args)}::date[]) day CROSS JOIN LATERAL "
                "(SELECT * FROM session WHERE local_start >= day AND local_start < day + 1 OFFSET 0) s OFFSET 0) s"
            )
        else:
            conditions.append(f"s.local_start::date = ANY (${len(args)})")
    is_everything = (
        not one_by_one
        and scope.departements is None
        and (scope.structures is None or len(scope.structures) > FEW_STRUCTURES)
    )
    # Of some days, bookings are looked up even so: those of all other days are most of them.
    of_bookings = _BOOKINGS_OF_ALL if is_everything and only is None else _BOOKINGS_OF_EACH
    return (
        f"FROM {sessions} JOIN event e ON e.id = s.event_id JOIN structure o ON o.id = e.structure_id "
        # The online half of a session counts where the session takes place.
        "LEFT JOIN session site ON site.id = s.onsite_id LEFT JOIN place p ON p.id = COALESCE(s.place_id, site.place_id) "
        f"{bookings or f'{_OF_ALL if is_everything else _OF_EACH} {of_bookings}'} WHERE {' AND '.join(conditions)}"
    )


def midnight(day: date) -> datetime:
    """The first moment of a day on any clock (naive)."""
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall clock


async def count_sessions(
    by: Grouping,
    part: Part | None,
    start: date,
    end: date,
    kind: Kind | None,
    scope: Scope,
    *,
    now: datetime,
    only: list[date] | None = None,
) -> Cells:
    """The counts of the sessions of a period, or `only` of some of its days; structures without their names."""
    if only is None:
        return await _read(by, part, start, end, kind, scope, now=now)
    found = await _sessions_a_day(only)
    if not found:
        return {}
    sessions = sum(found.values())
    halves = [list(found)]
    if sessions > MANY_SESSIONS:
        sums = list(accumulate(found.values()))
        halves = [
            [day for day, so_far in zip(found, sums, strict=True) if (2 * so_far > sessions) is half]
            for half in (False, True)
        ]
    first, *others = await at_once(
        *(
            _read(by, part, min(days), max(days), kind, scope, now=now, only=days, one_by_one=sessions <= FEW_SESSIONS)
            for days in halves
            if days
        )
    )
    for other in others:
        add_cells(first, other.items())
    return first


async def _read(
    by: Grouping,
    part: Part | None,
    start: date,
    end: date,
    kind: Kind | None,
    scope: Scope,
    *,
    now: datetime,
    only: list[date] | None = None,
    one_by_one: bool = False,
) -> Cells:
    of, name = _OF.get(by, NOTHING)
    args: list[Any] = [midnight(start), midnight(end) + timedelta(days=1), now]
    chosen = chosen_sessions(scope, kind, args, only=only, one_by_one=one_by_one)
    rows = await fetch_rows(
        f"SELECT {DEPARTEMENT}, {of}, {part_of('s.local_start', part)}, {name}, {sums(FIELDS)} {chosen} GROUP BY 1, 2, 3",
        *args,
    )
    return cells_of(rows)


def part_of(day: str, part: Part | None) -> str:
    """SQL: the part of time that a day is in."""
    return "''" if part is None else f"to_char({day}, '{part.pattern}')"


def since_of(day: str, part: Part | None) -> str:
    """SQL: the first day of the part of time that a day is in."""
    return "NULL::date" if part is None else f"date_trunc('{part.value}', {day})::date"


def cells_of(rows: Iterable[asyncpg.Record]) -> Cells:
    """Rows of a cell's three keys, its name and its counts in the order of FIELDS."""
    return {(row[0], row[1], row[2]): (row[3], Counts(*row[4:])) for row in rows}


def add_cells(cells: Cells, more: Iterable[tuple[tuple[str, str, str], tuple[str, Counts]]]) -> Cells:
    """Both together; the first is added to."""
    for cell, (name, counts) in more:
        known = cells.get(cell)
        cells[cell] = (min(known[0], name), known[1] + counts) if known else (name, counts)
    return cells


async def _sessions_a_day(days: list[date]) -> dict[date, int]:
    """How many sessions there are on each of these days, of those that have any."""
    rows = await fetch_rows(
        """
        SELECT day, n FROM unnest($1::date[]) day
        CROSS JOIN LATERAL (SELECT count(*) AS n FROM session WHERE local_start >= day AND local_start < day + 1) s WHERE n > 0
        """,
        days,
    )
    return {row["day"]: row["n"] for row in rows}
