"""How fast the outbox empties into an SMTP server on this machine: confirmations with their calendar object, four connections."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ateliers import clock, database
from ateliers.bench.pages import make_sessions
from ateliers.bench.works import Measure, work
from ateliers.bench.yard import Yard
from ateliers.mail.delivery import CONNECTIONS

MESSAGES = 3_000
SESSIONS = 50
PATIENCE = 300.0  # seconds

# The far end, in a process of its own: says yes to everything, as fast as it can, and counts.
SINK = """
import asyncio, time

class Sink(asyncio.Protocol):
    taken, first, last = 0, 0.0, 0.0
    def connection_made(self, transport):
        self.transport, self.buffer, self.in_text = transport, b"", False
        transport.write(b"220 sink\\r\\n")
    def data_received(self, data):
        self.buffer += data
        while True:
            if self.in_text:
                text, dot, rest = self.buffer.partition(b"\\r\\n.\\r\\n")
                if not dot:
                    return
                self.buffer, self.in_text = rest, False
                Sink.last = time.monotonic()
                Sink.first = Sink.first or Sink.last
                Sink.taken += b"text/calendar" in text
                self.transport.write(b"250 kept\\r\\n")
                continue
            line, end, rest = self.buffer.partition(b"\\r\\n")
            if not end:
                return
            self.buffer = rest
            word = line[:4].upper()
            if word == b"DATA":
                self.in_text = True
                self.transport.write(b"354 go on\\r\\n")
            elif word == b"TAKE":
                self.transport.write(b"250 %d %f\\r\\n" % (Sink.taken, Sink.last - Sink.first))
            else:
                self.transport.write(b"250 yes\\r\\n")

async def main():
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""

FILL = """
    INSERT INTO booking (id, session_id, code, uid, state, seats, name, email, language, channel, person_key, created_at,
        confirmed_at, changed_at, told_revision, reminders)
    SELECT gen_random_uuid(), s.id, 'C' || s.number || 'X' || n, md5(s.id::text || n) || '@example.test', 'confirmed', 1,
        'Personne Numéro ' || n, 'personne-' || s.number || '-' || n || '@example.test', 'fr', 'online', decode(md5(s.id::text || n), 'hex'),
        $2, $2, $2, 0, false
    FROM (SELECT id, row_number() OVER () AS number FROM session) s, generate_series(1, $1) n
"""
QUEUE = """
    INSERT INTO outbox (id, key, kind, subject_id, thread, sequence, created_at, due_at)
    SELECT gen_random_uuid(), 'booking_confirmed:' || id, 'booking_confirmed', id, uid, 0, $1, $1 FROM booking
"""


@work("outbox", unit="messages/s", goal=500)
async def outbox(yard: Yard) -> Measure:
    """The service's own worker: rows claimed, letters composed, sent, written down as sent. From first to last arrival."""
    await make_sessions(yard, SESSIONS)
    messages = MESSAGES // 5 if yard.quick else MESSAGES
    now = clock.now()
    await database.open_pool(yard.database_url)
    try:
        # What was promised, or the sessions are moved to it while we measure.
        await database.execute("UPDATE session SET local_start = starts_at AT TIME ZONE zone")
        await database.execute(FILL, messages // SESSIONS, now)
        await database.execute(QUEUE, now)
        await database.execute("ANALYZE")
        async with _sink() as port, yard.worker(smtp_url=f"smtp://127.0.0.1:{port}"):
            async with asyncio.timeout(PATIENCE):
                while await database.fetch_value("SELECT count(*) FROM outbox WHERE state = 'queued'"):  # noqa: ASYNC110 - another process does it
                    await asyncio.sleep(0.5)
            taken, span = await _taken(port)
        sent = await database.fetch_value("SELECT count(*) FROM outbox WHERE state = 'sent'")
    finally:
        await database.close_pool()
    note = f"{sent:,} sent, {taken:,} invites arrived, {CONNECTIONS} connections"
    return Measure(value=(taken - 1) / span, note=note, sound=sent == taken == messages)


@asynccontextmanager
async def _sink() -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", SINK, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None  # noqa: S101 - asked for above
        yield int(await process.stdout.readline())
    finally:
        process.terminate()
        await process.wait()


async def _taken(port: int) -> tuple[int, float]:
    """Invites that arrived, and seconds from the first to the last."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.readline()
    writer.write(b"TAKEN\r\n")
    _code, taken, span = (await reader.readline()).split()
    writer.close()
    return int(taken), float(span)
