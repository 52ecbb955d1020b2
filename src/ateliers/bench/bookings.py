"""Bookings over HTTP on one session and on a thousand, against pgbench; and the desk's pure decision."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from ateliers import clock, database
from ateliers.bench.pages import make_sessions
from ateliers.bench.rush import Seen
from ateliers.bench.works import Measure, work
from ateliers.bench.yard import Yard
from ateliers.bookings.book import book_seats
from ateliers.bookings.booking import Contact, Wish
from ateliers.bookings.desk import decide
from ateliers.bookings.resize import resize_session
from ateliers.bookings.wishes import Book, Plan
from ateliers.network.people import Person, Role, RoleName

CLIENTS = 64
REFERENCE_CLIENTS = 32
SPREAD = 1_000  # sessions
LIMITED = 300  # seats of the session that is filled to the last
WAITING = 1_000  # people on the waiting list that is served at once
FAMOUS = 50_000  # seats of the webinar that everybody wants
CROWD = 256  # clients of the rush
SLOWEST = 150.0  # milliseconds, 99th percentile of the rush
SLOWER = 0.8  # of the rate without waiting list

# What one booking writes, one booking a transaction: lock, count, book, queue the e-mail.
BOOK_ONE = """
BEGIN;
SELECT s.capacity, s.seats_taken, e.party_limit FROM session s JOIN event e ON e.id = s.event_id
    WHERE s.id = {session} FOR NO KEY UPDATE OF s;
UPDATE session SET seats_taken = seats_taken + 1 WHERE id = {session};
WITH made AS (
    INSERT INTO booking (id, session_id, code, uid, state, seats, name, email, language, channel, person_key, contact_key,
                         created_at, confirmed_at, changed_at, told_revision)
    VALUES (gen_random_uuid(), {session}, substr(gen_random_uuid()::text, 1, 13), 'b-' || gen_random_uuid(), 'confirmed', 1,
            'Odile Marchand', gen_random_uuid() || '@example.org', 'fr', 'online',
            decode(md5(gen_random_uuid()::text), 'hex'), decode(md5(gen_random_uuid()::text), 'hex'), now(), now(), now(), 0)
    RETURNING id, uid)
INSERT INTO outbox (id, key, kind, subject_id, thread, sequence, created_at, due_at)
    SELECT gen_random_uuid(), 'booking_confirmed:' || id || ':0', 'booking_confirmed', id, uid, 0, now(), now() FROM made;
COMMIT;
"""


@work("hot-session", unit="bookings/s", goal=2, ratio=True)
async def hot_session(yard: Yard) -> Measure:
    """Everybody wants the same webinar: 64 clients on one web process, against pgbench with 32 on one row."""
    hot, reference, last = await _sessions(yard, 3, [None, None, LIMITED])
    rate = await yard.pgbench(BOOK_ONE.format(session=f"'{reference}'"), clients=REFERENCE_CLIENTS)
    await database.execute("DELETE FROM outbox")
    return await _rush(yard, [hot], rate, last)


@work("spread", unit="bookings/s", goal=0.6, ratio=True)
async def spread(yard: Yard) -> Measure:
    """The same over a thousand sessions."""
    *sessions, last = await _sessions(yard, SPREAD + 1, [None] * SPREAD + [LIMITED])
    await database.execute("CREATE TABLE numbered AS SELECT row_number() OVER () AS n, id FROM session")
    await database.execute("CREATE UNIQUE INDEX ON numbered (n) INCLUDE (id)")
    chosen = "(SELECT id FROM numbered WHERE n = :n)"
    script = f"\\set n random(1, {SPREAD})\n" + BOOK_ONE.format(session=chosen)
    rate = await yard.pgbench(script, clients=REFERENCE_CLIENTS)
    await database.execute("DELETE FROM outbox")
    return await _rush(yard, sessions, rate, last)


@work("rush", unit="bookings/s", goal=4_000)
async def the_rush(yard: Yard) -> Measure:
    """One webinar of 50,000 seats, 256 clients, two web processes: while seats are left, then when all join the waiting list.

    The value is the slower of the two; both are held against the same rush on a webinar without waiting list.
    """
    plain, famous = await _sessions(yard, 2, [FAMOUS, FAMOUS])
    await database.execute(
        "UPDATE event SET waiting_max = 1000000 WHERE id = (SELECT event_id FROM session WHERE id = $1)", famous
    )
    seconds = 2.0 if yard.quick else 5.0
    async with yard.web(workers=2) as base:
        await _clients(base, [plain], 1.0, yard, clients=CROWD)
        without = await _clients(base, [plain], seconds, yard, clients=CROWD)
        seated = await _clients(base, [famous], seconds, yard, clients=CROWD)
        await database.execute("UPDATE session SET capacity = GREATEST(seats_taken, 1) WHERE id = $1", famous)
        waited = await _clients(base, [famous], seconds, yard, clients=CROWD)
    runs = [without, seated, waited]
    lost = await database.fetch_value(LOST_SQL, [code for run in runs for code in run.codes])
    counted = await database.fetch_value(
        "SELECT count(*) FROM session WHERE id = $1 AND seats_taken <= capacity AND seats_waiting = $2",
        famous,
        waited.waiting,
    )
    await database.close_pool()
    value = min(seated.rate, waited.rate)
    slowest = max(run.slowest_percent for run in runs)
    wrong = sum(run.wrong + run.refused for run in runs)
    return Measure(
        value=value,
        note=(
            f"seats {seated.rate:,.0f}/s, waiting list {waited.rate:,.0f}/s, without one {without.rate:,.0f}/s; "
            f"p99 {slowest:.0f} ms; {lost} lost, {wrong} wrong answers"
        ),
        sound=not lost and not wrong and counted == 1 and slowest <= SLOWEST and value >= SLOWER * without.rate,
    )


@work("promotion", unit="s", goal=1, at_most=True)
async def promotion(yard: Yard) -> Measure:
    """A session with 1,000 people on its waiting list is given 1,000 more seats: all confirmed, all written to."""
    [session_id] = await _sessions(yard, 1, [1])
    await database.execute("UPDATE event SET waiting_max = 10000, visibility = 'public'")
    now = clock.now()
    wishes = [Wish(contact=Contact(name=f"Personne {n}", email=f"p{n}@example.org")) for n in range(1 + WAITING)]
    await asyncio.gather(*(book_seats(session_id, wish, now=now) for wish in wishes))
    structure_id = await database.fetch_value("SELECT id FROM structure")
    role = Role(role=RoleName.MANAGER, structure_id=structure_id, departements=None)
    manager = Person(id=await _manager(now), name="Samir", email="samir@example.org", language="fr", roles=[role])
    begun = time.perf_counter()
    resized = await resize_session(session_id, 1 + WAITING, by=manager, now=now)
    spent = time.perf_counter() - begun
    told = await database.fetch_value("SELECT count(*) FROM outbox WHERE kind = 'booking_promoted'")
    await database.close_pool()
    sound = len(resized.promoted) == told == WAITING
    return Measure(value=spent, note=f"{len(resized.promoted):,} promoted, {told:,} e-mails queued", sound=sound)


@work("desk", unit="wishes/s", goal=100_000)
async def desk(yard: Yard) -> Measure:
    """Rounds of 256 wishes for one to three seats, on a session with seats for half of them; the others wait."""
    now = datetime(2026, 11, 24, 11, tzinfo=UTC)
    plan = Plan(
        is_open=True,
        starts_at=now + timedelta(days=7),
        capacity=256,
        taken=0,
        waiting_seats=0,
        entries=0,
        ranks_given=0,
        party_limit=6,
        waiting_max=1_000_000,
        promotion_stop=timedelta(hours=2),
        cutoff=timedelta(hours=2),
    )
    wishes = [
        Book(booking=UUID(bytes=os.urandom(16)), person=os.urandom(16), seats=1 + turn % 3) for turn in range(256)
    ]
    seconds = 0.5 if yard.quick else 2.0
    begun, rounds = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        outcome = decide(plan, wishes, now=now)
        rounds += 1
    spent = time.perf_counter() - begun
    return Measure(value=rounds * len(wishes) / spent, sound=outcome.taken <= 256)


async def _manager(now: datetime) -> UUID:
    """Somebody whom the journal can name."""
    id = database.new_id()
    await database.execute(
        "INSERT INTO person (id, name, email, created_at) VALUES ($1, 'Samir', 'samir@example.org', $2)", id, now
    )
    return id


async def _sessions(yard: Yard, count: int, capacities: list[int | None]) -> list[UUID]:
    """Sessions with these capacities (None: no limit that matters), and no waiting list."""
    ids = await make_sessions(yard, max(count, 10))
    ids = ids[:count]
    await database.open_pool(yard.database_url)
    await database.execute("UPDATE event SET waiting_max = 0")
    await database.execute_many(
        "UPDATE session SET capacity = $2 WHERE id = $1",
        [(id, capacity or 1_000_000) for id, capacity in zip(ids, capacities, strict=True)],
    )
    await database.execute("ANALYZE")
    return ids


async def _rush(yard: Yard, sessions: list[UUID], reference: float, last: UUID) -> Measure:
    before = await database.fetch_value("SELECT count(*) FROM booking")
    async with yard.web() as base:
        await _clients(base, sessions, 1.0, yard)
        run = await _clients(base, sessions, 2.0 if yard.quick else 6.0, yard)
        final = await _clients(base, [last], 1.0, yard)
    made = await database.fetch_value("SELECT count(*) FROM booking") - before
    trouble = await _trouble(last)
    if final.refused == 0:
        trouble.append("the last session was not filled")
    lost = await database.fetch_value(LOST_SQL, run.codes + final.codes)
    if lost or run.wrong or final.wrong:
        trouble.append(f"{lost} lost, {run.wrong + final.wrong} wrong answers")
    await database.close_pool()
    note = f"p99 {run.slowest_percent:.0f} ms; {made} booked" + "".join(f"; {what}" for what in trouble)
    return Measure(value=run.rate, reference=reference, note=note, sound=not trouble)


async def _trouble(last: UUID) -> list[str]:
    """What the tables hold that they must not."""
    oversold = await database.fetch_value("SELECT count(*) FROM session WHERE seats_taken > capacity")
    miscounted = await database.fetch_value(
        """SELECT count(*) FROM session s WHERE seats_taken <>
           (SELECT COALESCE(sum(seats), 0) FROM booking b WHERE b.session_id = s.id AND b.state = 'confirmed')"""
    )
    silent = await database.fetch_value(
        """SELECT count(*) FROM booking b WHERE b.state = 'confirmed' AND b.created_at > $1
           AND length(b.code) = 6 AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.subject_id = b.id)""",
        clock.now() - timedelta(hours=1),
    )
    taken = await database.fetch_value("SELECT seats_taken FROM session WHERE id = $1", last)
    found = [
        (oversold, f"{oversold} oversold"),
        (miscounted, f"{miscounted} miscounted"),
        (silent, f"{silent} without e-mail"),
        (taken != LIMITED, f"{taken} of {LIMITED} last seats"),
    ]
    return [what for stands, what in found if stands]


LOST_SQL = "SELECT count(*) FROM unnest($1::text[]) c WHERE NOT EXISTS (SELECT 1 FROM booking b WHERE b.code = c)"


async def _clients(base: str, sessions: list[UUID], seconds: float, yard: Yard, *, clients: int = CLIENTS) -> Seen:
    """The clients, in a process of their own: they are not measured."""
    file = yard.folder / f"rush-{secrets.token_hex(4)}.json"
    task = {"base": base, "sessions": sessions, "seconds": seconds, "clients": clients}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ateliers.bench.rush", str(file), stdin=asyncio.subprocess.PIPE
    )
    await process.communicate(msgspec.json.encode(task))
    if process.returncode != 0:
        raise RuntimeError("the clients failed")
    return msgspec.json.decode(await asyncio.to_thread(file.read_bytes), type=Seen)
