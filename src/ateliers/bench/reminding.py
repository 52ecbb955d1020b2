"""What one confirmation costs to compose, and how long a hundred thousand reminders take to be queued and shared out."""

from __future__ import annotations

import asyncio
import inspect
import sys
import time
from datetime import UTC, datetime, timedelta

from ateliers import database
from ateliers.bench.pages import make_sessions
from ateliers.bench.works import Measure, work
from ateliers.bench.yard import Yard

TURNS = 2_000
SESSIONS = 1_000
BOOKINGS = 100  # a session: a hundred thousand in all
WORKERS = 4
NOON = datetime(2027, 3, 2, 11, 0, tzinfo=UTC)

FILL = """
    INSERT INTO booking (id, session_id, code, uid, state, seats, name, email, language, channel, person_key, created_at,
        confirmed_at, changed_at, told_revision)
    SELECT gen_random_uuid(), s.id, 'C' || s.number || 'X' || n, md5(s.id::text || n) || '@example.test', 'confirmed', 1,
        'Personne', 'personne-' || n || '@example.test', 'fr', 'online', decode(md5(s.id::text || n), 'hex'),
        $2, $2, $2, 0
    FROM (SELECT id, row_number() OVER () AS number FROM session) s, generate_series(1, $1) n
"""

# Claims until nothing is left, as a worker does before it sends, and says how many rows it was given.
CLAIM = """
import asyncio, sys
from datetime import datetime
from ateliers import database
from ateliers.mail.delivery import CLAIMED
from ateliers.mail.outbox import claim

async def main():
    await database.open_pool(sys.argv[1])
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    taken = 0
    while rows := await claim(CLAIMED, now=datetime.fromisoformat(sys.argv[2])):
        taken += len(rows)
    print(taken, flush=True)
asyncio.run(main())
"""


@work("compose", unit="ms of CPU", goal=1.5, at_most=True)
async def compose(yard: Yard) -> Measure:
    """One confirmation: subject, text, HTML, calendar object, MIME bytes; the tables are not asked."""
    from ateliers.bookings.emails import booking_confirmed
    from ateliers.mail.email import Email
    from ateliers.mail.mime import message_id, mime_bytes
    from ateliers.mail.outbox import OutboxRow
    from ateliers.web.gallery import a_booking, a_session

    booking, session = a_booking(), a_session()
    row = OutboxRow(
        id=database.new_id(),
        kind="booking_confirmed",
        subject_id=booking.id,
        data={},
        thread=booking.uid,
        sequence=0,
        created_at=NOON,
        attempts=1,
        refusals=0,
        last_outcome=None,
        superseded=False,
        first_of_thread=None,
    )
    inner = inspect.unwrap(booking_confirmed)

    async def once() -> bytes:
        email = await inner(row, booking, session, NOON)
        return (
            mime_bytes(email, message_id=message_id(row.kind, row.id), date=NOON) if isinstance(email, Email) else b""
        )

    first = await once()
    turns = TURNS // 10 if yard.quick else TURNS
    begun = time.process_time()
    for _turn in range(turns):
        last = await once()
    spent = (time.process_time() - begun) / turns * 1000
    return Measure(
        value=spent,
        note=f"{len(first):,} bytes",
        sound=first == last and b"method=REQUEST" in first and len(first) < 30_000,
    )


@work("sweep", unit="s", goal=5, at_most=True)
async def sweep(yard: Yard) -> Measure:
    """All reminders due at one moment into the outbox; then four processes claim them, and nobody gets one twice."""
    from ateliers.bookings import reminders

    sessions = SESSIONS // 10 if yard.quick else SESSIONS
    await make_sessions(yard, sessions)
    await database.open_pool(yard.database_url)
    try:
        start = NOON + timedelta(days=1) - timedelta(minutes=10)
        await database.execute(
            """UPDATE session SET zone = 'Europe/Paris', starts_at = $1::timestamptz, ends_at = $1::timestamptz + interval '2 h', seats_taken = $2,
                   capacity = NULL, local_start = $1::timestamptz AT TIME ZONE 'Europe/Paris'""",
            start,
            BOOKINGS,
        )
        await database.execute(FILL, BOOKINGS, NOON - timedelta(days=30))
        await database.execute("ANALYZE")
        begun, cpu = time.perf_counter(), time.process_time()
        queued = await reminders.sweep(NOON)
        spent, cpu = time.perf_counter() - begun, time.process_time() - cpu
        taken, claiming = await _claim(yard)
        twice = await database.fetch_value("SELECT count(*) FROM outbox WHERE attempts <> 1")
    finally:
        await database.close_pool()
    return Measure(
        value=spent,
        note=f"{queued:,} reminders, {cpu:.1f} s of our CPU; {WORKERS} workers claimed {sum(taken):,} in {claiming:.1f} s, {twice} twice",
        sound=queued == sum(taken) == sessions * BOOKINGS and twice == 0 and all(taken),
    )


async def _claim(yard: Yard) -> tuple[list[int], float]:
    """How many rows each process claimed, and the seconds it took them all."""
    workers = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            CLAIM,
            yard.database_url,
            NOON.isoformat(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for _n in range(WORKERS)
    ]
    for worker in workers:
        await _line(worker)
    begun = time.perf_counter()
    for worker in workers:
        assert worker.stdin is not None  # noqa: S101 - asked for above
        worker.stdin.write(b"go\n")
    taken = [int(await _line(worker)) for worker in workers]
    spent = time.perf_counter() - begun
    for worker in workers:
        await worker.wait()
    return taken, spent


async def _line(worker: asyncio.subprocess.Process) -> bytes:
    assert worker.stdout is not None  # noqa: S101 - asked for above
    return await worker.stdout.readline()
