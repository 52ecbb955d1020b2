"""How long a report over a million bookings takes, and an export of a hundred thousand rows."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import psutil

from ateliers import database
from ateliers.bench.works import Measure, work
from ateliers.bench.yard import Yard
from ateliers.documents.sheets import Cell, Format, Workbook
from ateliers.places.communes import DEPARTEMENTS
from ateliers.reports.grouping import Grouping
from ateliers.reports.report import period_before, report, report_before
from ateliers.reports.rollups import roll_days
from ateliers.reports.rows import booking_rows, csv_of, session_rows
from ateliers.reports.scope import Scope

STRUCTURES = 1000  # ten events each, ten sessions an event, ten bookings a session: a million
BOOKINGS = 1000  # of one structure
EXPORTED = 100_000  # rows
DASHBOARD_STRUCTURES = 3000  # a hundred sessions each
LARGE_BOOKINGS = 17  # a session: five million
DIRECT_SECONDS = 6
LARGEST = 150 * 1024 * 1024  # bytes of the whole process
BATCH = 2000  # rows
FLAT = 48 * 1024 * 1024  # bytes by which an export may grow the process, however long it is
START, END = date(2026, 1, 1), date(2026, 12, 31)
FIRST, YEAR_BEFORE = date(2026, 1, 5), date(2025, 4, 24)  # days of the first sessions: of one year, or of two
NOW = datetime(2026, 10, 1, tzinfo=UTC)
TODAY = datetime(2026, 9, 10, 9, tzinfo=UTC)  # while sessions go on: the last days are not summed

# Kinds, towns and what became of each booking go round, so that every answer can be checked against what was put in.
FILL = (
    """
    INSERT INTO structure (id, slug, name, kind, address, postcode, commune_code, commune_name, departement, region,
        latitude, longitude, zone, email, state, created_at)
    SELECT gen_random_uuid(), 's-' || n, 'Structure ' || n, 'association', '', '58000', lpad((n % 500)::text, 5, '0'),
        'Commune ' || n % 500, %(departements)s[1 + n % 500 % 101], '27', 47, 3,
        'Europe/Paris', 'contact@example.test', 'admitted', '2025-12-01' FROM generate_series(1, %(structures)s) n
    """,
    """
    INSERT INTO place (id, name, address, address_more, postcode, commune_code, commune_name, departement, latitude,
        longitude, zone, owner_id, created_at, updated_at)
    SELECT gen_random_uuid(), 'Salle', '', '', postcode, commune_code, commune_name, departement, 47, 3, zone, id,
        created_at, created_at FROM structure
    """,
    """
    INSERT INTO event (id, structure_id, kind, title, visibility, state, party_limit, waiting_max, promotion_stop, cutoff,
        words, created_at, updated_at, published_at)
    SELECT gen_random_uuid(), o.id, (ARRAY['workshop', 'webinar', 'information_meeting', 'training'])[1 + n % 4],
        'Atelier ' || n, 'public', 'published', 6, 20, '2 h', '2 h', '', o.created_at, o.created_at, o.created_at
    FROM structure o, generate_series(1, 10) n
    """,
    """
    INSERT INTO session (id, event_id, place_id, zone, local_start, starts_at, ends_at, capacity, seats_taken,
        seats_waiting, outcome, called_off_at, created_at, updated_at)
    SELECT gen_random_uuid(), e.id, CASE WHEN e.kind <> 'webinar' THEN p.id END, 'Europe/Paris', d,
        d AT TIME ZONE 'Europe/Paris', d AT TIME ZONE 'Europe/Paris' + interval '2 h', 12, 9, 1,
        CASE WHEN n > 1 THEN 'held' END, CASE WHEN n = 7 THEN e.created_at END, e.created_at, e.created_at
    FROM event e JOIN place p ON p.owner_id = e.structure_id, generate_series(1, 10) n,
        LATERAL (SELECT timestamp '%(first)s 14:00' + (hashtext(e.id::text || n) & (%(days)s - 1)) * interval '1 day' AS d) x
    """,
    """
    INSERT INTO booking (id, session_id, code, uid, state, seats, rank, name, email, language, channel, person_key,
        contact_key, created_at, confirmed_at, changed_at, told_revision)
    SELECT u, s.id, replace(u::text, '-', ''), u::text,
        CASE n WHEN 8 THEN 'given_back' WHEN 9 THEN 'waiting' ELSE 'confirmed' END, 1 + (n = 3)::int,
        CASE n WHEN 9 THEN 1 END, 'Personne ' || n, 'personne-' || n || '@example.test', 'fr', 'online',
        uuid_send(u), uuid_send(u), s.created_at, s.created_at, s.created_at, 0
    FROM session s, generate_series(1, %(bookings)s) n, LATERAL (SELECT gen_random_uuid() AS u WHERE s.id IS NOT NULL AND n > 0) g
    """,
    """
    INSERT INTO tally (session_id, present, absent, excused, walk_ins, first_at, last_at)
    SELECT id, 6, 2, 1, 1, starts_at, starts_at FROM session WHERE outcome = 'held' AND called_off_at IS NULL
    """,
)


@work("report", unit="s", goal=1.5, at_most=True)
async def a_report(yard: Yard) -> Measure:
    """The national report over 100,000 sessions, masked, by the slowest of all groupings (the better of two runs each)."""
    structures = STRUCTURES // 10 if yard.quick else STRUCTURES
    async with _filled(yard, structures):
        slowest, name, sound = 0.0, "", True
        for by in Grouping:
            times = []
            for _n in range(2):
                begun = time.perf_counter()
                made = await report(by=by, start=START, end=END, scope=Scope(is_outside=True), now=NOW)
                times.append(time.perf_counter() - begun)
            # One session in ten was called off; its bookings are in no figure.
            figures = {key: made.total.counts[key].value for key in ("sessions", "bookings", "participations")}
            sound = sound and figures == {
                "sessions": structures * 100,
                "bookings": structures * 900,
                "participations": structures * 560,
            }
            if min(times) > slowest:
                slowest, name = min(times), by.value
    return Measure(value=slowest, note=f"{structures * BOOKINGS:,} bookings, by {name}", sound=sound)


@work("export", unit="s", goal=3, at_most=True)
async def an_export(yard: Yard) -> Measure:
    """Bookings as CSV, 100,000 rows; and as many sessions, whose time stands in the note."""
    structures = STRUCTURES // 10 if yard.quick else STRUCTURES
    async with _filled(yard, structures):
        everyone = [row["id"] for row in await database.fetch_rows("SELECT id FROM structure ORDER BY slug")]
        some = everyone[: EXPORTED // BOOKINGS]
        bookings, many, grown = await _drain(some, is_bookings=True)
        sessions, rows, more = await _drain(everyone, is_bookings=False)
    grown = max(grown, more)
    return Measure(
        value=bookings,
        note=f"{many:,} bookings, {rows:,} sessions in {sessions:.1f} s, memory +{grown / 1024 / 1024:.0f} MiB",
        sound=many == len(some) * BOOKINGS and rows == structures * 100 and grown <= FLAT,
    )


@work("dashboard", unit="s", goal=0.3, at_most=True)
async def a_dashboard(yard: Yard) -> Measure:
    """The nation's figures of this year and of the year before, masked, by the slowest of all groupings (the best of three runs each)."""
    structures = STRUCTURES // 10 if yard.quick else DASHBOARD_STRUCTURES
    async with _filled(yard, structures, bookings=LARGE_BOOKINGS, first=YEAR_BEFORE, days=512):
        begun = time.perf_counter()
        while await roll_days(TODAY):
            pass
        rolled = time.perf_counter() - begun
        asked: dict[str, Any] = {"end": END, "scope": Scope(is_outside=True), "now": TODAY}
        took: dict[Grouping, float] = {}
        sound = True
        for by in Grouping:
            times = []
            for _n in range(3):
                begun = time.perf_counter()
                made = await report(by=by, start=START, **asked)
                before = await report_before(made, asked["scope"], now=TODAY)
                times.append(time.perf_counter() - begun)
            took[by] = min(times)
            counted = [one.total["sessions"].value or 0 for one in (made, before) if one]
            sound = sound and sum(counted) == structures * 100
        first = period_before(START, END)[0]
        begun = time.perf_counter()
        directly = await report(by=Grouping.MONTH, start=first, direct=True, **asked)
        direct = time.perf_counter() - begun
        sound = sound and directly == await report(by=Grouping.MONTH, start=first, **asked)
    slowest = max(took, key=lambda by: took[by])
    return Measure(
        value=took[slowest],
        note=f"{structures * 100:,} sessions, by {slowest.value}; by month {took[Grouping.MONTH]:.2f} s, directly {direct:.1f} s; "
        f"all days summed in {rolled:.0f} s",
        sound=sound and direct <= DIRECT_SECONDS,
    )


@work("workbook", unit="s", goal=6, at_most=True)
async def a_workbook(yard: Yard) -> Measure:
    """100,000 rows as XLSX; as ODS stands in the note. In at most 150 MiB."""
    rows = EXPORTED // 10 if yard.quick else EXPORTED
    line: list[Cell] = ["Structure", "2026-01-05", "14:00", "Europe/Paris", "Atelier", 58194, "Nevers", "tenue"]
    process = psutil.Process()
    times, highest = {}, 0
    for format in Format:
        begun = time.perf_counter()
        book = Workbook(format)
        book.start("Séances")
        for n in range(0, rows, BATCH):
            book.write([[f"{n + m}", *line, n, m, n + m, n - m, 1, 2, 3, 4, None] for m in range(BATCH)])
        book.close()
        times[format] = time.perf_counter() - begun
        highest = max(highest, process.memory_info().rss)
    return Measure(
        value=times[Format.XLSX],
        note=f"{rows:,} rows, ODS {times[Format.ODS]:.1f} s, {highest / 1024 / 1024:.0f} MiB in all",
        sound=highest <= LARGEST,
    )


async def _drain(structures: list[UUID], *, is_bookings: bool) -> tuple[float, int, int]:
    """Seconds, rows, and bytes by which the process grew while reading them."""
    process = psutil.Process()
    before = highest = process.memory_info().rss
    scope = Scope(structures=structures, is_outside=False)
    begun = time.perf_counter()
    make = booking_rows if is_bookings else session_rows
    lines = -1  # the heading
    async for chunk in csv_of(await make(start=START, end=END, scope=scope, now=NOW)):
        lines += chunk.count(b"\r\n")
        highest = max(highest, process.memory_info().rss)
    return time.perf_counter() - begun, lines, highest - before


@asynccontextmanager
async def _filled(
    yard: Yard, structures: int, *, bookings: int = 10, first: date = FIRST, days: int = 256
) -> AsyncIterator[None]:
    """The database with so many structures, a hundred sessions each, and so many bookings a session.

    Sessions lie on `days` days, a power of two, from `first`.
    """
    values = {
        "structures": structures,
        "bookings": bookings,
        "departements": f"(ARRAY{list(DEPARTEMENTS)})",
        "first": first,
        "days": days,
    }
    connection = await asyncpg.connect(yard.database_url)
    try:
        # Foreign keys hold by construction; checking a million of them is not what is measured.
        await connection.execute("SET session_replication_role = replica; SET synchronous_commit = off")
        for statement in FILL:
            sql = statement
            for name, value in values.items():
                sql = sql.replace(f"%({name})s", str(value))
            await connection.execute(sql)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
    await database.open_pool(yard.database_url)
    try:
        yield
    finally:
        await database.close_pool()
