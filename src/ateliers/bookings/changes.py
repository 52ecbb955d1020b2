"""News of changes: whoever booked a session that has moved or was called off since is written to, or put on the list to call.

Nobody tells this room. It looks for bookings whose `told_revision` is behind their session's `revision`, so that a missed beat
is caught up by the next, and ten changes in a row become one e-mail.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from ateliers.bookings.texts import TEXT_OF
from ateliers.database import fetch, transaction
from ateliers.mail.outbox import NewMail, queue_many

SESSIONS = 100  # at a time
LONGEST_SESSION = timedelta(days=3)

BEHIND_SQL = """
    SELECT s.id, s.revision, s.called_off_at, s.moved_at, s.previous_start
    FROM session s
    WHERE s.revision > 0 AND s.starts_at > $1::timestamptz - $2::interval AND s.ends_at > $1
      AND EXISTS (SELECT 1 FROM booking b WHERE b.session_id = s.id AND b.state IN ('confirmed', 'waiting', 'offered')
                  AND b.told_revision < s.revision)
    ORDER BY s.id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
"""

# What was known is read before it is overwritten.
TELL_SQL = """
    UPDATE booking b
    SET told_revision = s.revision,
        sequence = b.sequence + CASE WHEN b.state = 'confirmed' AND b.email IS NOT NULL THEN 1 ELSE 0 END,
        to_call_back = b.to_call_back OR b.email IS NULL OR b.unreachable <> '',
        call_why = CASE WHEN NOT b.to_call_back AND (b.email IS NULL OR b.unreachable <> '') THEN 'change' ELSE b.call_why END,
        changed_at = $2
    FROM session s, (SELECT id, told_revision FROM booking WHERE session_id = ANY($1)) AS was
    WHERE b.session_id = ANY($1) AND s.id = b.session_id AND was.id = b.id
      AND b.state IN ('confirmed', 'waiting', 'offered') AND b.told_revision < s.revision
    RETURNING b.id, b.session_id, b.uid, b.state = 'confirmed' AS is_confirmed,
              b.email IS NOT NULL AND b.unreachable = '' AS has_email,
              (b.email IS NULL OR b.unreachable <> '') AND b.phone IS NOT NULL AND EXISTS (
                  SELECT FROM sms_gateway g JOIN event e ON e.structure_id = g.structure_id
                  WHERE e.id = s.event_id AND g.is_on) AS may_text,
              b.sequence, was.told_revision,
              COALESCE((SELECT max(o.created_at) FROM outbox o WHERE o.subject_id = b.id AND o.state <> 'dropped'),
                       b.created_at) AS told_at
"""


class _Changed(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    revision: int
    called_off_at: datetime | None
    moved_at: datetime | None
    previous_start: datetime | None


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    session_id: UUID
    uid: str
    is_confirmed: bool
    has_email: bool
    may_text: bool  # the structure sends SMS, and there is a number but no address that takes mail
    sequence: int
    told_revision: int  # before
    told_at: datetime


async def sweep(now: datetime) -> int:
    """Queue an e-mail for everybody who has one and does not know yet; how many bookings were dealt with."""
    async with transaction():
        changed = {row.id: row for row in await fetch(_Changed, BEHIND_SQL, now, LONGEST_SESSION, SESSIONS)}
        if not changed:
            return 0
        told = await fetch(_Told, TELL_SQL, list(changed), now)
        await queue_many(
            _letter(row, changed[row.session_id], now=now) for row in told if row.has_email or row.may_text
        )
        return len(told)


def _letter(told: _Told, session: _Changed, *, now: datetime) -> NewMail:
    kind = "session_moved" if session.called_off_at is None else "session_called_off"
    has_new_date = session.moved_at is not None and session.moved_at > told.told_at
    # Of several moves since, only the latest left a trace: the date that was known is lost.
    knew = session.previous_start if has_new_date and told.told_revision == session.revision - 1 else None
    thread = told.uid if told.is_confirmed and told.has_email else None
    if not told.has_email:
        kind = TEXT_OF[kind]
    return NewMail(
        kind=kind,
        key=f"{kind}:{told.id}:{session.revision}",
        subject_id=told.id,
        now=now,
        data={
            "revision": session.revision,
            "has_new_date": has_new_date,
            "before": knew.isoformat() if knew else None,
        },
        thread=thread,
        sequence=told.sequence if thread else None,
    )
