"""Who is marked present at a training of the network was trained that day (A9)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from ateliers.agenda.kinds import RULES
from ateliers.bookings.bookings import OF_SESSION
from ateliers.database import fetch, fetch_rows, transaction
from ateliers.network.training import keep_attendance

LOOKED_BACK = timedelta(days=120)  # longer than names are kept: afterwards a list says nothing new
TRAINING_KINDS = [kind.value for kind, rules in RULES.items() if rules.trains]


class _Training(msgspec.Struct, frozen=True):
    id: UUID
    day: date


class _Seat(msgspec.Struct, frozen=True):
    email: str
    came: bool


async def notice_training(session_id: UUID, *, now: datetime) -> None:
    """Bring the trainings of people in line with the list of this session; other kinds have none. Opens no transaction."""
    rows = await fetch(
        _Training,
        "SELECT s.id, s.local_start::date AS day FROM session s JOIN event e ON e.id = s.event_id "
        "WHERE s.id = $1 AND e.kind = ANY($2)",
        session_id,
        TRAINING_KINDS,
    )
    for training in rows:
        # Who booked for somebody else was not there; the contact of a group is its first seat.
        seats = await fetch(
            _Seat,
            f"""SELECT b.email, COALESCE(a.state = 'present', false) AS came
                FROM (SELECT * FROM booking WHERE {OF_SESSION}) b
                LEFT JOIN attendance a ON a.booking_id = b.id AND a.session_id = $1 AND a.seat = 1
                WHERE b.email IS NOT NULL AND b.on_behalf IS NULL ORDER BY b.email""",
            session_id,
        )
        await keep_attendance(
            session_id,
            training.day,
            came=[seat.email for seat in seats if seat.came],
            others=[seat.email for seat in seats if not seat.came],
            now=now,
        )


async def sweep(now: datetime) -> None:
    """The same for every training of late: some people join the network after the training they came to."""
    rows = await fetch_rows(
        "SELECT s.id FROM session s JOIN event e ON e.id = s.event_id "
        "WHERE e.kind = ANY($1) AND s.starts_at BETWEEN $2 AND $3 AND s.outcome = 'held' ORDER BY s.id",
        TRAINING_KINDS,
        now - LOOKED_BACK,
        now,
    )
    for row in rows:
        async with transaction():
            await notice_training(row["id"], now=now)
