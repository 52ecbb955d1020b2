"""The further dates of a cycle: one booking, and a calendar object for each date, told and taken back on its own (B3, rule U8).

The confirmation carries the first date. Nobody tells this room of the others: it looks for dates that a confirmed booking has no
object for, objects whose booking has ended, and objects behind their date's revision, so that a missed beat is caught up.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ateliers.bookings import codes
from ateliers.database import execute, fetch, fetch_one, fetch_rows, transaction
from ateliers.mail.outbox import NewMail, queue_many
from ateliers.settings import settings

AT_ONCE = 1000  # objects
FOR_A_CHANGE = "change"  # calling.Why

MISSING_SQL = """
    SELECT b.id AS booking_id, d.id AS session_id, b.email IS NOT NULL AS has_email, d.revision,
           d.created_at > b.confirmed_at AS is_added
    FROM session d JOIN event e ON e.id = d.event_id JOIN booking b ON b.session_id = d.lead_id
    WHERE d.lead_id IS NOT NULL AND d.ends_at > $1 AND d.called_off_at IS NULL AND e.state = 'published'
      AND b.state = 'confirmed'
      AND NOT EXISTS (SELECT FROM booking_date x WHERE x.booking_id = b.id AND x.session_id = d.id)
    ORDER BY b.id, d.starts_at LIMIT $2
"""

MAKE_SQL = """
    INSERT INTO booking_date (booking_id, session_id, uid, told_revision)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[]) ON CONFLICT DO NOTHING RETURNING uid
"""

# Given back, or taken to another session.
END_SQL = """
    DELETE FROM booking_date x USING session d, booking b
    WHERE d.lead_id IS NOT NULL AND d.ends_at > $1 AND x.session_id = d.id AND b.id = x.booking_id
      AND (b.state <> 'confirmed' OR b.session_id <> d.lead_id)
    RETURNING x.booking_id, x.session_id, x.uid, x.sequence + 1 AS sequence, b.email IS NOT NULL AS has_email
"""

TELL_SQL = """
    UPDATE booking_date x SET told_revision = d.revision, sequence = x.sequence + 1
    FROM session d, booking b, booking_date was
    WHERE d.lead_id IS NOT NULL AND d.ends_at > $1 AND d.revision > 0 AND x.session_id = d.id AND x.told_revision < d.revision
      AND b.id = x.booking_id AND was.booking_id = x.booking_id AND was.session_id = x.session_id
    RETURNING x.booking_id, x.session_id, x.uid, x.sequence, b.email IS NOT NULL AS has_email, d.revision,
              d.called_off_at, d.moved_at, d.previous_start, was.told_revision,
              COALESCE((SELECT max(o.created_at) FROM outbox o WHERE o.thread = x.uid AND o.state <> 'dropped'),
                       b.created_at) AS told_at
"""


class BookedDate(msgspec.Struct, frozen=True, kw_only=True):
    """The calendar object of a booking for one further date."""

    booking_id: UUID
    session_id: UUID
    uid: str
    sequence: int
    told_revision: int


class _Missing(msgspec.Struct, frozen=True, kw_only=True):
    booking_id: UUID
    session_id: UUID
    has_email: bool
    revision: int
    is_added: bool  # a date that was not there yet when the cycle was booked


class _Ended(msgspec.Struct, frozen=True, kw_only=True):
    booking_id: UUID
    session_id: UUID
    uid: str
    sequence: int
    has_email: bool


class _Changed(_Ended, frozen=True, kw_only=True):
    revision: int
    called_off_at: datetime | None
    moved_at: datetime | None
    previous_start: datetime | None
    told_revision: int  # before
    told_at: datetime


async def find_booked_date(booking_id: UUID, session_id: UUID) -> BookedDate | None:
    """The object of a booking for this date, or None."""
    return await fetch_one(
        BookedDate,
        """SELECT booking_id, session_id, uid, sequence, told_revision FROM booking_date
           WHERE booking_id = $1 AND session_id = $2""",
        booking_id,
        session_id,
    )


async def find_booked_date_by_uid(uid: str) -> BookedDate | None:
    """The object of this UID, or None: a reply to it is about one date, not about the seats of the cycle."""
    return await fetch_one(
        BookedDate,
        "SELECT booking_id, session_id, uid, sequence, told_revision FROM booking_date WHERE uid = $1",
        uid,
    )


async def sweep(now: datetime) -> int:
    """Make, take back and bring up to date the objects that need it, an e-mail for each; how many."""
    async with transaction():
        ended = await fetch(_Ended, END_SQL, now)
        changed = await fetch(_Changed, TELL_SQL, now)
        missing = await fetch(_Missing, MISSING_SQL, now, AT_ONCE)
        uids = [codes.new_uid(settings().mail_domain) for _ in missing]
        made: set[str] = set()
        if missing:
            columns = [[getattr(one, name) for one in missing] for name in ("booking_id", "session_id", "revision")]
            made = {row["uid"] for row in await fetch_rows(MAKE_SQL, *columns[:2], uids, columns[2])}
        new = [(one, uid) for one, uid in zip(missing, uids, strict=True) if uid in made]  # others' are not ours
        await _ask_to_call(
            [one.booking_id for one, _ in new if one.is_added and not one.has_email]
            + [one.booking_id for one in changed if not one.has_email],
            now=now,
        )
        await queue_many(
            [
                *(_cancelled(one, now=now) for one in ended if one.has_email),
                *(_told(one, now=now) for one in changed if one.has_email),
                *(_invite(one, uid, now=now) for one, uid in new if one.has_email),
            ]
        )
        return len(ended) + len(changed) + len(new)


async def _ask_to_call(booking_ids: Iterable[UUID], *, now: datetime) -> None:
    """Who has no e-mail address learns of the change by phone."""
    ids = list(booking_ids)
    if ids:
        await execute(
            "UPDATE booking SET to_call_back = true, call_why = $2, changed_at = $3 WHERE id = ANY($1)",
            ids,
            FOR_A_CHANGE,
            now,
        )


def _invite(date: _Missing, uid: str, *, now: datetime) -> NewMail:
    return _mail("booking_date_invite", date.booking_id, date.session_id, uid, 0, {}, now=now)


def _cancelled(date: _Ended, *, now: datetime) -> NewMail:
    return _mail("booking_date_cancelled", date.booking_id, date.session_id, date.uid, date.sequence, {}, now=now)


def _told(date: _Changed, *, now: datetime) -> NewMail:
    kind = "session_moved" if date.called_off_at is None else "session_called_off"
    has_new_date = date.moved_at is not None and date.moved_at > date.told_at
    # Of several moves since, only the latest left a trace: the date that was known is lost.
    knew = date.previous_start if has_new_date and date.told_revision == date.revision - 1 else None
    facts = {
        "revision": date.revision,
        "has_new_date": has_new_date,
        "before": knew.isoformat() if knew else None,
    }
    return _mail(kind, date.booking_id, date.session_id, date.uid, date.sequence, facts, now=now)


def _mail(
    kind: str, booking_id: UUID, session_id: UUID, uid: str, sequence: int, facts: dict[str, Any], *, now: datetime
) -> NewMail:
    return NewMail(
        kind=kind,
        key=f"{kind}:{uid}:{sequence}",
        subject_id=booking_id,
        now=now,
        data={"date": str(session_id), **facts},
        thread=uid,
        sequence=sequence,
    )
