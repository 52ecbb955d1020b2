"""The outbox: which e-mail about what is still to be sent, claimed by lease, sent once per occasion.

A row is queued in the transaction of what it tells. Claiming moves `due_at` forward by the lease and counts the attempt; the
count is the fencing token: who lost the lease can no longer write how it ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from ateliers import database

# More than the longest SMTP exchange (delivery.DATA_TIMEOUT) plus the wait for a connection.
LEASE = timedelta(minutes=20)
HANDING_OVER = "handing over"  # outcome of a reminder while its text is on the wire (rule N4)
UNKNOWN = "unknown: "  # begins the outcome of a message whose final answer never came (rule E9)

EndState = Literal["sent", "dropped", "failed", "unknown"]


class NewMail(msgspec.Struct, frozen=True, kw_only=True):
    """A row to queue. `key` names the occasion: queued twice, it is sent once."""

    kind: str
    key: str
    subject_id: UUID | None
    now: datetime
    data: dict[str, Any] = {}
    thread: str | None = None  # calendar UID
    sequence: int | None = None  # SEQUENCE of its calendar object
    due_at: datetime | None = None  # None: now


class OutboxRow(msgspec.Struct, frozen=True, kw_only=True):
    """A claimed row, as composers see it."""

    id: UUID
    kind: str
    subject_id: UUID | None
    data: dict[str, Any]
    thread: str | None
    sequence: int | None
    created_at: datetime
    attempts: int  # this one included: the fencing token
    refusals: int  # temporary ones so far: they decide how long to wait
    last_outcome: str | None  # how the attempt before ended; None on a second attempt: its process died
    superseded: bool  # a later message of the thread is queued
    first_of_thread: str | None  # Message-ID of the thread's first message that was handed over

    @property
    def is_in_doubt(self) -> bool:
        """An earlier attempt may have arrived. Where no process said how it ended, that matters to calendars only."""
        if self.attempts == 1:
            return False
        if self.last_outcome is None:
            return self.thread is not None
        return self.last_outcome.startswith((UNKNOWN, HANDING_OVER))

    @property
    def is_first(self) -> bool:
        """No earlier message of its thread was ever handed over. Its own attempts do not count: a retry says the same again."""
        return self.first_of_thread is None


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A row as the journal shows it (D11)."""

    id: UUID
    kind: str
    created_at: datetime
    due_at: datetime
    attempts: int
    state: str
    done_at: datetime | None
    outcome: str | None


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """How far behind the outbox is."""

    queued: int
    late: int  # due, not sent
    oldest: datetime | None  # when the oldest unsent row was queued


QUEUE_SQL = """
    INSERT INTO outbox (id, key, kind, subject_id, data, thread, sequence, created_at, due_at)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::jsonb[], $6::text[], $7::integer[],
                         $8::timestamptz[], $9::timestamptz[])
    ON CONFLICT (key) DO NOTHING
"""

CLAIM_SQL = """
    UPDATE outbox o SET due_at = $1::timestamptz + $2::interval, attempts = o.attempts + 1, outcome = NULL,
        holder = $4
    FROM (
        SELECT id, outcome FROM outbox q
        WHERE state = 'queued' AND due_at <= $1
          AND (thread IS NULL OR NOT EXISTS (
              SELECT 1 FROM outbox e WHERE e.thread = q.thread AND e.state = 'queued'
              AND (COALESCE(e.sequence, 0), e.id) < (COALESCE(q.sequence, 0), q.id)))
        ORDER BY due_at, id LIMIT $3 FOR UPDATE SKIP LOCKED
    ) AS due
    WHERE o.id = due.id
    RETURNING o.id, o.kind, o.subject_id, o.data, o.thread, o.sequence, o.created_at, o.attempts, o.refusals,
        due.outcome AS last_outcome,
        o.thread IS NOT NULL AND EXISTS (
            SELECT 1 FROM outbox l WHERE l.thread = o.thread AND l.state = 'queued' AND l.sequence > o.sequence
        ) AS superseded,
        (SELECT f.message_id FROM outbox f WHERE f.thread = o.thread AND f.state IN ('sent', 'unknown')
         ORDER BY f.sequence, f.id LIMIT 1) AS first_of_thread
"""


def queue_arguments(rows: Iterable[NewMail]) -> Sequence[list[Any]]:
    """The nine arrays that QUEUE_SQL takes."""
    made = [
        (
            database.new_id(),
            row.key,
            row.kind,
            row.subject_id,
            row.data,
            row.thread,
            row.sequence,
            row.now,
            row.due_at or row.now,
        )
        for row in rows
    ]
    return [list(column) for column in zip(*made, strict=True)] or [[] for _ in range(9)]


async def queue_many(rows: Iterable[NewMail]) -> int:
    """Queue rows in the caller's transaction, in one statement; how many were new."""
    return await database.execute(QUEUE_SQL, *queue_arguments(rows))


async def queue(
    kind: str,
    *,
    key: str,
    subject_id: UUID | None,
    now: datetime,
    data: dict[str, Any] | None = None,
    thread: str | None = None,
    sequence: int | None = None,
    due_at: datetime | None = None,
) -> None:
    """Queue one row in the caller's transaction. A known `key` changes nothing."""
    row = NewMail(
        kind=kind,
        key=key,
        subject_id=subject_id,
        now=now,
        data=data or {},
        thread=thread,
        sequence=sequence,
        due_at=due_at,
    )
    await queue_many([row])


async def claim(limit: int, *, now: datetime, lease: timedelta = LEASE, holder: UUID | None = None) -> list[OutboxRow]:
    """Take up to `limit` due rows for `lease`, the longest due first; of each thread only its earliest."""
    rows = await database.fetch(OutboxRow, CLAIM_SQL, now, lease, limit, holder)
    return sorted(rows, key=lambda row: row.id)


async def take_back(holder: UUID, *, leaving: Sequence[UUID], now: datetime) -> int:
    """Make due what `holder` had claimed and said nothing of, but for what was `leaving` when it died; how many rows."""
    return await database.execute(
        """UPDATE outbox SET due_at = $3 WHERE holder = $1 AND state = 'queued' AND outcome IS NULL AND due_at > $3
           AND id <> ALL($2::uuid[])""",
        holder,
        leaving,
        now,
    )


async def mark_handing_over(row: OutboxRow) -> bool:
    """Note that the text is about to leave; False when the lease was lost."""
    return bool(
        await database.execute(
            "UPDATE outbox SET outcome = $3 WHERE id = $1 AND attempts = $2 AND state = 'queued'",
            row.id,
            row.attempts,
            HANDING_OVER,
        )
    )


FINISH_SQL = """
    WITH done AS (
        UPDATE outbox SET state = $3, outcome = $4, done_at = $5, message_id = $6
        WHERE id = $1 AND attempts = $2 AND state = 'queued' RETURNING id
    ), counted AS (
        INSERT INTO mail_day (day, recipient, sent)
        SELECT ($5::timestamptz AT TIME ZONE 'UTC')::date, $7, 1 FROM done WHERE $7::bytea IS NOT NULL
        ON CONFLICT (day, recipient) DO UPDATE SET sent = mail_day.sent + 1 RETURNING sent
    )
    SELECT COALESCE((SELECT sent FROM counted), (SELECT count(*) FROM done))
"""


async def finish(
    row: OutboxRow,
    state: EndState,
    outcome: str,
    *,
    now: datetime,
    message_id: str | None = None,
    recipient: bytes | None = None,
) -> int:
    """Write how it ended, and count it for whom it went to (a keyed hash).

    Returns how many messages that person was sent today, this one included (1 when nobody is named); 0: the lease was lost.
    """
    sent: int = await database.fetch_value(FINISH_SQL, row.id, row.attempts, state, outcome, now, message_id, recipient)
    return sent


async def put_back(row: OutboxRow, outcome: str, *, due_at: datetime, refused: bool = False) -> bool:
    """Try again at `due_at`; False when the lease was lost meanwhile. A doubt is not forgotten for a later outcome."""
    if row.is_in_doubt and not outcome.startswith(UNKNOWN):
        outcome = f"{UNKNOWN}{outcome}"
    return bool(
        await database.execute(
            """UPDATE outbox SET outcome = $3, due_at = $4, refusals = refusals + $5
               WHERE id = $1 AND attempts = $2 AND state = 'queued'""",
            row.id,
            row.attempts,
            outcome,
            due_at,
            int(refused),
        )
    )


async def list_messages(subject_id: UUID) -> list[Message]:
    """Every message about one subject, in order of time."""
    return await database.fetch(
        Message,
        """SELECT id, kind, created_at, due_at, attempts, state, done_at, outcome FROM outbox
           WHERE subject_id = $1 ORDER BY created_at, id""",
        subject_id,
    )


async def waiting(*, now: datetime) -> Waiting:
    """How many rows wait, and since when, for /metrics and /health/ready."""
    found = await database.fetch_one(
        Waiting,
        """SELECT count(*) AS queued, count(*) FILTER (WHERE due_at <= $1) AS late, min(created_at) AS oldest
           FROM outbox WHERE state = 'queued'""",
        now,
    )
    return found or Waiting(queued=0, late=0, oldest=None)
