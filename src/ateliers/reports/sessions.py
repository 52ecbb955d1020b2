"""Count sessions one by one: what is summed up later, and what is asked about days that are not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import asyncpg

from ateliers.agenda.kinds import RULES, Counter, Kind
from ateliers.database import fetch_rows
from ateliers.reports.grouping import Grouping
from ateliers.reports.indicator import Counts
from ateliers.reports.scope import Scope

FEW_STRUCTURES = 50  # of which bookings are looked up session by session
FEW_SESSIONS = 20_000  # the same: days that are not summed are few, or empty, once the chore has caught up

Counted = dict[str, tuple[str, Counts]]  # by key of a row: its name in the tables, its counts

APART = "/"  # stands between a département and what of it is counted apart
KEYS = {
    Grouping.STRUCTURE: ("e.structure_id", "min(o.name)"),
    Grouping.COMMUNE: ("COALESCE(p.commune_code, o.commune_code)", "min(COALESCE(p.commune_name, o.commune_name))"),
    Grouping.DEPARTEMENT: ("COALESCE(p.departement, o.departement)", "''"),
    Grouping.REGION: ("COALESCE(p.departement, o.departement)", "''"),
    Grouping.NATION: ("'FR'", "''"),
    Grouping.KIND: ("e.kind", "''"),
    Grouping.MONTH: ("to_char(s.local_start, 'YYYY-MM')", "''"),
}


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
    LEFT JOIN (SELECT session_id, {_COUNTERS} FROM count_sum GROUP BY session_id) c ON c.session_id = s.id
    LEFT JOIN (SELECT session_id, {_OF_BOOKINGS} FROM booking GROUP BY session_id) b ON b.session_id = {_DESK}"""
_OF_EACH = f"""LEFT JOIN LATERAL (SELECT * FROM session WHERE onsite_id = s.id OFFSET 0) h ON true
    LEFT JOIN LATERAL (SELECT * FROM tally WHERE session_id = s.id OFFSET 0) t ON true
    LEFT JOIN LATERAL (SELECT * FROM effort_sum WHERE session_id = s.id OFFSET 0) f ON true
    LEFT JOIN LATERAL (SELECT {_COUNTERS} FROM count_sum WHERE session_id = s.id) c ON true
    LEFT JOIN LATERAL (SELECT {_OF_BOOKINGS} FROM booking WHERE session_id = {_DESK}) b ON true"""

COUNTS = f"""
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
        ("COALESCE(p.departement, o.departement) = ANY($%d)", scope.departements),
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
    return (
        f"FROM {sessions} JOIN event e ON e.id = s.event_id JOIN structure o ON o.id = e.structure_id "
        # The online half of a session counts where the session takes place.
        "LEFT JOIN session site ON site.id = s.onsite_id LEFT JOIN place p ON p.id = COALESCE(s.place_id, site.place_id) "
        f"{bookings or (_OF_ALL if is_everything else _OF_EACH)} WHERE {' AND '.join(conditions)}"
    )


def midnight(day: date) -> datetime:
    """The first moment of a day on any clock (naive)."""
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall clock


async def count_sessions(
    by: Grouping,
    start: date,
    end: date,
    kind: Kind | None,
    scope: Scope,
    *,
    now: datetime,
    only: list[date] | None = None,
    apart: bool = False,
) -> Counted:
    """The counts of the sessions of a period, or `only` of some of its days; `apart`: as `count` says."""
    one_by_one = False
    if only is not None:
        found = await _sessions_a_day(only)
        if not found:
            return {}
        start, end = min(found), max(found)
        only, one_by_one = list(found), sum(found.values()) <= FEW_SESSIONS
    key, name = KEYS[by]
    if apart:
        key = f"{KEYS[Grouping.DEPARTEMENT][0]} || '{APART}' || {key}"
    args: list[Any] = [midnight(start), midnight(end) + timedelta(days=1), now]
    chosen = chosen_sessions(scope, kind, args, only=only, one_by_one=one_by_one)
    return counted_of(await fetch_rows(f"SELECT {key} AS key, {name} AS name, {COUNTS} {chosen} GROUP BY 1", *args))


def counted_of(rows: Sequence[asyncpg.Record]) -> Counted:
    """Rows of key, name and counts."""
    return {
        str(row["key"]): (
            row["name"],
            Counts(**{field: int(row[field] or 0) for field in Counts.__struct_fields__ if field in row}),
        )
        for row in rows
    }


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
