"""Two phones that send what they kept of one session, in batches of fifty."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ateliers import clock, database
from ateliers.attendance.operations import Batch, take_operations
from ateliers.attendance.sheet import get_sheet
from ateliers.bench.pages import make_sessions
from ateliers.bench.works import Measure, work
from ateliers.bench.yard import Yard
from ateliers.network.people import Person, Role, RoleName, add_person

SEATS = 300
BATCH = 50
PHONES = 2
SLOWEST = 0.030  # seconds that a batch may take
FILL = """
    INSERT INTO booking (id, session_id, code, uid, state, seats, name, email, language, channel, person_key,
        created_at, confirmed_at, changed_at, told_revision)
    SELECT u, $1, 'B' || n, u::text, 'confirmed', 1, 'Personne ' || n, 'personne-' || n || '@example.test', 'fr', 'online',
        uuid_send(u), $2, $2, $2, 0 FROM generate_series(1, $3) n, LATERAL (SELECT gen_random_uuid() AS u WHERE n > 0) g
"""


@work("attendance", unit="operations/s", goal=1500)
async def attendance(yard: Yard) -> Measure:
    """Operations a second that one process takes in, marks, people counted and taps taken back, from two phones at once."""
    [session_id, *_others] = await make_sessions(yard, 1)
    await database.open_pool(yard.database_url)
    try:
        now = clock.now()
        structure_id = await database.fetch_value("SELECT id FROM structure")
        async with database.transaction():
            person_id = await add_person("Nadia Ferrand", "nadia@example.test", now=now)
        nadia = Person(
            id=person_id,
            name="Nadia Ferrand",
            email="nadia@example.test",
            language="fr",
            roles=[Role(RoleName.AMBASSADOR, structure_id)],
        )
        await database.execute(FILL, session_id, now, SEATS)
        await database.execute("UPDATE session SET capacity = $2, seats_taken = $2 WHERE id = $1", session_id, SEATS)
        batches = 10 if yard.quick else 60
        started = time.perf_counter()
        phones = [_phone(session_id, f"phone-{n}", batches, nadia, now) for n in range(PHONES)]
        seconds = sorted(second for phone in await asyncio.gather(*phones) for second in phone)
        took = time.perf_counter() - started
        sheet = await get_sheet(session_id, by=nadia)
        # One phone alone: how long a batch takes without waiting for the other's.
        alone = sorted(await _phone(session_id, "phone-9", 10, nadia, now))[5]
    finally:
        await database.close_pool()
    counted = sum(sheet.counts.values())
    wanted = PHONES * batches * BATCH // 10 * 2
    return Measure(
        value=PHONES * batches * BATCH / took,
        note=f"a batch of {BATCH}: {alone * 1000:.1f} ms alone, {seconds[len(seconds) // 2] * 1000:.1f} ms when both send",
        sound=alone <= SLOWEST and counted == wanted and sheet.unrecorded + sheet.tally.recorded == SEATS,
    )


async def _phone(session_id: UUID, device: str, batches: int, by: Person, now: datetime) -> list[float]:
    """Send them one after the other; how long each took."""
    took = []
    for turn in range(batches):
        operations = [_tap(device, turn * BATCH + n, now) for n in range(BATCH)]
        started = time.perf_counter()
        answers = await take_operations(
            session_id, Batch(device=device, now=now, operations=operations), by=by, now=now
        )
        took.append(time.perf_counter() - started)
        if {one.status.value for one in answers} != {"taken"}:
            raise RuntimeError("an operation was not taken")
    return took


def _tap(device: str, number: int, now: datetime) -> dict[str, Any]:
    """Of ten taps seven mark somebody, two count, one takes the last mark back."""
    known = {
        "op": f"{device}-{number}",
        "seq": number,
        "at": (now - timedelta(seconds=5000 - number % 5000)).isoformat(),
    }
    match number % 10:
        case 7 | 8:
            return known | {"kind": "count", "counter": "shown"}
        case 9:
            return known | {"kind": "undo", "action": f"{device}-{number - 3}"}
        case _:
            state = ("present", "absent")[number % 2]
            return known | {"kind": "mark", "seat": f"B{1 + number * 7 % SEATS}-1", "state": state}
