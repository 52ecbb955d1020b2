"""The journal of a session's attendance: who changed what, and when; nothing written is ever taken out (E13)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ateliers.agenda.session import Session
from ateliers.agenda.sessions import get_session
from ateliers.attendance.aside import KeptAside, describe, list_kept_aside
from ateliers.attendance.closing import list_periods
from ateliers.attendance.counters import count_label
from ateliers.attendance.mark import SeatState, state_label
from ateliers.attendance.recorder import may_record
from ateliers.attendance.tally import partners_of
from ateliers.database import fetch
from ateliers.network.people import Person
from ateliers.refusals import NotFound
from ateliers.words import T

LONGEST = 500  # lines shown, the latest


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One change."""

    at: datetime  # the device's time, corrected
    recorded_at: datetime
    who: str
    text: T
    is_undone: bool = False

    @property
    def is_late(self) -> bool:
        """Whether it stayed on a device for a while before it reached us."""
        return (self.recorded_at - self.at).total_seconds() > 60


class Journal(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of how the list came to be."""

    session: Session
    kept_aside: list[KeptAside]
    lines: list[Line]  # latest first


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    at: datetime
    recorded_at: datetime
    who: str
    undone: bool
    n: int
    detail: str | None
    name: str | None


# Taps of one counter by one person are told by the quarter of an hour: a stand has hundreds.
SQL = """
    WITH who AS (SELECT id, name FROM person UNION ALL SELECT id, label FROM volunteer_link WHERE session_id = $1),
    line AS (
        (SELECT 'mark' AS kind, min(m.at) AS at, min(m.recorded_at) AS recorded_at, COALESCE(m.by_id, m.volunteer_id) AS by_id,
            bool_and(m.undone_at IS NOT NULL) AS undone, count(*)::int AS n, min(m.state) AS detail,
            min(COALESCE(NULLIF(b.names[m.seat], ''), b.name)) AS name
         FROM attendance_mark m JOIN booking b ON b.id = m.booking_id WHERE m.session_id = $1
         GROUP BY m.action, COALESCE(m.by_id, m.volunteer_id) ORDER BY 3 DESC LIMIT $2)
        UNION ALL (SELECT 'walk_in', at, recorded_at, COALESCE(by_id, volunteer_id), undone_at IS NOT NULL, 1, NULL, name
         FROM walk_in WHERE session_id = $1 ORDER BY 3 DESC LIMIT $2)
        UNION ALL (SELECT 'count', min(at), max(recorded_at), COALESCE(by_id, volunteer_id), undone_at IS NOT NULL,
            sum(amount)::int, counter, NULL
         FROM count_tap WHERE session_id = $1
         GROUP BY date_bin('15 minutes', at, '2000-01-01'), COALESCE(by_id, volunteer_id), undone_at IS NOT NULL, counter
         ORDER BY 3 DESC LIMIT $2)
        UNION ALL (SELECT 'nobody', at, recorded_at, COALESCE(by_id, volunteer_id), undone_at IS NOT NULL, 1, NULL, NULL
         FROM nobody_came WHERE session_id = $1 ORDER BY 3 DESC LIMIT $2)
        UNION ALL (SELECT 'undo', at, recorded_at, COALESCE(by_id, volunteer_id), false, 1, NULL, NULL
         FROM taken_back WHERE session_id = $1 ORDER BY 3 DESC LIMIT $2)
        UNION ALL (SELECT CASE WHEN taken THEN 'taken' ELSE 'put_away' END, settled_at, settled_at, settled_by, false, 1,
            operation::text, NULL
         FROM kept_aside WHERE session_id = $1 AND settled_at IS NOT NULL ORDER BY 3 DESC LIMIT $2)
    )
    SELECT line.kind, line.at, line.recorded_at, COALESCE(who.name, '') AS who, line.undone, line.n, line.detail, line.name
    FROM line LEFT JOIN who ON who.id = line.by_id ORDER BY line.recorded_at DESC, line.at DESC LIMIT $2
"""


async def get_journal(session_id: UUID, *, by: Person) -> Journal:
    """The journal, for people who take attendance of the session. Raises NotFound to everybody else."""
    session = await get_session(session_id)
    if not may_record(by, session.id, session.structure_id, await partners_of(session.event_id)):
        raise NotFound
    lines = [
        Line(at=row.at, recorded_at=row.recorded_at, who=row.who, text=_text(row), is_undone=row.undone)
        for row in await fetch(_Row, SQL, session_id, LONGEST)
    ]
    return Journal(
        session=session,
        kept_aside=await list_kept_aside(session_id),
        lines=sorted(lines + await _closings(session), key=lambda line: line.recorded_at, reverse=True),
    )


async def _closings(session: Session) -> list[Line]:
    """When its day was closed and reopened, by whom and why, as far as its structure is concerned."""
    day = session.local_start.date()
    lines = []
    for period in await list_periods(structure_ids=[session.structure_id]):
        if not period.first_day <= day <= period.last_day:
            continue
        closed = T("The period was closed.")
        lines.append(Line(at=period.closed_at, recorded_at=period.closed_at, who=period.closed_by or "", text=closed))
        if period.reopened_at is not None:
            lines.append(
                Line(
                    at=period.reopened_at,
                    recorded_at=period.reopened_at,
                    who=period.reopened_by or "",
                    text=T("The period was reopened: %(why)s", why=period.reopened_why),
                )
            )
    return lines


def _text(row: _Row) -> T:
    match row.kind:
        case "mark":
            state = state_label(SeatState(row.detail) if row.detail else None)
            several = T("%(n)s people: %(state)s", n=row.n, state=state)
            return T("%(name)s: %(state)s", name=row.name, state=state) if row.n == 1 else several
        case "walk_in":
            return T("%(name)s, without a booking", name=row.name) if row.name else T("Somebody without a booking")
        case "count":
            return count_label(row.detail or "", row.n)
        case "nobody" | "undo":
            return T("The session was held, nobody came") if row.kind == "nobody" else T("A tap taken back")
        case "taken":
            return T("Taken after all: %(what)s", what=_what(row))
        case _:
            return T("Put away: %(what)s", what=_what(row))


def _what(row: _Row) -> T:
    operation: dict[str, Any] = msgspec.json.decode(row.detail or "{}")
    return describe(operation)
