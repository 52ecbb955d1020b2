"""How fast the outbox empties into an SMTP server on this machine: confirmations with their calendar object, four connections."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ateliers import clock, database
from ateliers.bench.pages import make_sessions
from ateliers.bench.works import Measure, work
from ateliers.bench.yard import Yard
from ateliers.mail.delivery import CONNECTIONS
from ateliers.mailbox import free_port

MESSAGES = 3_000
SESSIONS = 50
PATIENCE = 300.0  # seconds
POLL = 0.1  # seconds

# The far end, in a process of its own: says yes to everything, as fast as it can, and counts.
SINK = """
import asyncio

class Sink(asyncio.Protocol):
    taken = 0
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
                self.transport.write(b"250 %d\\r\\n" % Sink.taken)
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
    SELECT gen_random_uuid(), 'booking_confirmed:' || id, 'booking_confirmed', id, uid, 0, $1, $1
    FROM (SELECT id, uid FROM booking ORDER BY id LIMIT $2) AS b ON CONFLICT DO NOTHING
"""


@work("outbox", unit="messages/s", goal=500)
async def outbox(yard: Yard) -> Measure:
    """The service's own worker: rows claimed, letters composed, sent, written down as sent.

    First to a far end that looks whether each invite arrives, then, measured, to Postfix's smtp-sink where it is installed: it
    leaves the cores to the worker.
    """
    await make_sessions(yard, SESSIONS)
    messages = MESSAGES // 5 if yard.quick else MESSAGES
    now = clock.now()
    await database.open_pool(yard.database_url)
    try:
        # What was promised, or the sessions are moved to it while we measure.
        await database.execute("UPDATE session SET local_start = starts_at AT TIME ZONE zone")
        await database.execute(FILL, messages // SESSIONS, now)
        await database.execute(QUEUE, now, messages // 5)
        await database.execute("ANALYZE")
        async with _sink() as port, yard.worker(smtp_url=f"smtp://127.0.0.1:{port}"):
            await _rate_of_sending(messages // 5)
            taken = await _taken(port)
        await database.execute(QUEUE, now, messages)
        async with _fast_sink() as port, yard.worker(smtp_url=f"smtp://127.0.0.1:{port}"):
            rate = await _rate_of_sending(messages)
        sent = await database.fetch_value("SELECT count(*) FROM outbox WHERE state = 'sent'")
    finally:
        await database.close_pool()
    note = f"{sent:,} sent, {taken:,} of {messages // 5:,} invites looked at, {CONNECTIONS} connections"
    return Measure(value=rate, note=note, sound=sent == messages and taken == messages // 5)


async def _rate_of_sending(until: int) -> float:
    """Messages a second, from the first that is seen to have been sent till there are `until`."""
    clock = asyncio.get_running_loop().time
    count = "SELECT count(*) FROM outbox WHERE state = 'sent'"
    before: int = await database.fetch_value(count)
    first, began = before, 0.0
    sent = before
    async with asyncio.timeout(PATIENCE):
        while (sent := await database.fetch_value(count)) < until:
            if first == before < sent:
                first, began = sent, clock()
            await asyncio.sleep(POLL)
    return (sent - first) / (clock() - began)


@asynccontextmanager
async def _sink() -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", SINK, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None  # noqa: S101 - asked for above
        yield int(await process.stdout.readline())
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def _fast_sink() -> AsyncIterator[int]:
    program = shutil.which("smtp-sink", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None:
        async with _sink() as port:
            yield port
        return
    port = free_port()
    as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = await asyncio.create_subprocess_exec(program, *as_nobody, f"127.0.0.1:{port}", "100")
    try:
        await asyncio.sleep(1)
        yield port
    finally:
        process.terminate()
        await process.wait()


async def _taken(port: int) -> int:
    """Invites that arrived."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.readline()
    writer.write(b"TAKEN\r\n")
    _code, taken = (await reader.readline()).split()
    writer.close()
    return int(taken)
