"""Sessions and bookings of a structure, row by row: as CSV, any number of them in flat memory, or as a workbook.

No name and no contact leaves this way: what is exported is counted, not known.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from datetime import date, datetime, timedelta
from typing import Any

import asyncpg

from ateliers.agenda.kinds import Kind
from ateliers.bookings.booking import BookingState, Channel
from ateliers.database import batches
from ateliers.documents.csv_tables import BOM, csv_text, safe
from ateliers.documents.sheets import Cell, Format, Style, Styled, Workbook
from ateliers.refusals import NotAllowed
from ateliers.reports.report import check_period
from ateliers.reports.scope import Scope
from ateliers.reports.sessions import COUNTS_BOOKINGS, chosen_sessions, midnight
from ateliers.words import gettext

BATCH = 2000  # rows a chunk
WIDTHS = (16, 12, 8, 16, 30, 36, 20, 8, 24, 16)  # of a workbook's first columns

Line = Sequence[Cell]
Lines = AsyncGenerator[Sequence[Line], None]  # the heading alone first

_WHICH = (
    "s.id::text, s.local_start::date, to_char(s.local_start, 'HH24:MI'), s.zone, o.name, e.title, e.kind, "
    "COALESCE(p.commune_code, o.commune_code), COALESCE(p.commune_name, o.commune_name)"
)
_WHICH_HEAD = ("Session", "Date", "Time", "Time zone", "Structure", "Title", "Kind", "INSEE code", "Commune")
_STATE = (
    "CASE WHEN s.called_off_at IS NOT NULL THEN 'called_off' WHEN s.outcome IS NOT NULL THEN s.outcome "
    "WHEN s.ends_at > $3 THEN 'planned' ELSE 'missing' END"
)
_SESSION_HEAD = (
    "State", "Seats offered", "Seats booked", "Seats given back", "Seats on the waiting list", "Bookings",
    "Present", "Absent", "Absent, excused", "Came without a booking", "Online half of the session",
)  # fmt: skip
_BOOKING_HEAD = (
    "Booking", "Booked on", "State", "Channel", "Seats", "Present", "Absent", "Absent, excused",
)  # fmt: skip
_STATES = {
    "called_off": "called off",
    "held": "held",
    "held_empty": "held with nobody",
    "planned": "still to come",
    "missing": "attendance missing",
}


# Each booking with what became of its seats; one of a cycle at each of its dates.
_THEIR_SEATS = """JOIN booking b ON b.session_id = COALESCE(s.lead_id, s.id) LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE state = 'present') AS present, count(*) FILTER (WHERE state = 'absent') AS absent,
           count(*) FILTER (WHERE state = 'excused') AS excused
    FROM attendance WHERE booking_id = b.id AND session_id = s.id) a ON true
"""


async def session_rows(*, start: date, end: date, kind: Kind | None = None, scope: Scope, now: datetime) -> Lines:
    """One line a session of the scope's structures; the online half of one has its own, and names it. Raises Invalid, NotAllowed."""
    args = _period(start, end, scope, now)
    chosen = chosen_sessions(scope, kind, args)
    sql = (
        f"SELECT {_WHICH}, {_STATE}, s.capacity, s.seats_taken, COALESCE(b.given_back, 0), s.seats_waiting, "
        f"CASE WHEN {COUNTS_BOOKINGS} THEN COALESCE(b.bookings, 0) ELSE 0 END, "
        f"t.present, t.absent, t.excused, t.walk_ins, s.onsite_id::text {chosen} ORDER BY s.local_start, s.id"
    )
    states = {key: gettext(text) for key, text in _STATES.items()}
    kinds = {one.value: str(one.label) for one in Kind}

    def line(row: asyncpg.Record) -> Line:
        return (*row[:6], kinds[row[6]], *row[7:9], states[row[9]], *row[10:])

    return _read([*_WHICH_HEAD, *_SESSION_HEAD], sql, args, line)


async def booking_rows(*, start: date, end: date, kind: Kind | None = None, scope: Scope, now: datetime) -> Lines:
    """One line a booking of the scope's structures, without names; of a cycle, one a date. Raises Invalid, NotAllowed."""
    args = _period(start, end, scope, now)
    chosen = chosen_sessions(scope, kind, args, bookings=_THEIR_SEATS)
    sql = f"""
        SELECT {_WHICH}, b.id::text, (b.created_at AT TIME ZONE s.zone)::date, b.state, b.channel, b.seats,
               a.present, a.absent, a.excused, $3::timestamptz
        {chosen} ORDER BY s.local_start, s.id, b.id
    """
    states = {one.value: str(one.label) for one in BookingState}
    channels = {one.value: str(one.label) for one in Channel}
    kinds = {one.value: str(one.label) for one in Kind}

    def line(row: asyncpg.Record) -> Line:
        return (*row[:6], kinds[row[6]], *row[7:11], states[row[11]], channels[row[12]], *row[13:17])

    return _read([*_WHICH_HEAD, *_BOOKING_HEAD], sql, args, line)


async def csv_of(lines: Lines) -> AsyncIterator[bytes]:
    """The lines as CSV, chunk by chunk."""
    start = BOM
    async with aclosing(lines):
        async for batch in lines:
            yield (start + csv_text([safe(c) if isinstance(c, str) else c for c in line] for line in batch)).encode()
            start = ""


async def workbook_of(lines: Lines, name: str, format: Format) -> bytes:
    """The lines as a workbook of one sheet, called `name`."""
    book = Workbook(format)
    book.start(name, widths=WIDTHS, frozen=1)
    async with aclosing(lines):
        head = await anext(lines)
        book.write([[Styled(str(text), Style.HEAD) for text in one] for one in head])
        async for batch in lines:
            # In a thread: others are waiting for their pages.
            await asyncio.to_thread(book.write, batch)
    return await asyncio.to_thread(book.close)


def _period(start: date, end: date, scope: Scope, now: datetime) -> list[Any]:
    check_period(start, end)
    if scope.is_outside:
        # A row stands for few people by nature: rows are for the structure that knows them.
        raise NotAllowed
    return [midnight(start), midnight(end) + timedelta(days=1), now]


async def _read(head: Sequence[str], sql: str, args: list[Any], line: Callable[[asyncpg.Record], Line]) -> Lines:
    yield [[gettext(text) for text in head]]
    async with aclosing(batches(sql, *args, size=BATCH)) as found:
        async for batch in found:
            yield list(map(line, batch))
