"""The further dates of a cycle: one booking, and a calendar object for each date, told and taken back on its own (B3, rule U8).

The confirmation carries the first date. Nobody tells this room of the others: it looks for dates that a confirmed booking has no
object for, objects whose booking has ended, and objects behind their date's revision, so that a missed beat is caught up.
Who waits or is offered seats has their dates noted too, to hear of changes: with a SEQUENCE below 0, in no calendar yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.bookings import codes
from ateliers.bookings.booked_dates import NOT_INVITED
from ateliers.bookings.texts import TEXT_OF
from ateliers.database import execute, fetch, fetch_rows, transaction
from ateliers.mail.outbox import NewMail, queue_many
from ateliers.settings import settings

AT_ONCE = 1000  # objects
FOR_A_CHANGE = "change"  # calling.Why

MISSING_SQL = """
    SELECT b.id AS booking_id, d.id AS session_id, b.email IS NOT NULL AND b.unreachable = '' AS has_email, d.revision,
           b.state = 'confirmed' AS is_confirmed, COALESCE(d.created_at > b.confirmed_at, false) AS is_added
    FROM session d JOIN event e ON e.id = d.event_id JOIN booking b ON b.session_id = d.lead_id
    WHERE d.lead_id IS NOT NULL AND d.ends_at > $1 AND d.called_off_at IS NULL AND e.state = 'published'
      AND b.state IN ('confirmed', 'waiting', 'offered')
      AND NOT EXISTS (SELECT FROM booking_date x WHERE x.booking_id = b.id AND x.session_id = d.id)
    ORDER BY b.id, d.starts_at LIMIT $2
"""

MAKE_SQL = """
    INSERT INTO booking_date (booking_id, session_id, uid, sequence, told_revision)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[], $5::integer[])
    ON CONFLICT DO NOTHING RETURNING uid
"""

# Who waited has a seat now.
INVITE_SQL = """
    UPDATE booking_date x SET sequence = 0, told_revision = d.revision FROM session d, booking b
    WHERE d.lead_id IS NOT NULL AND d.ends_at > $1 AND d.called_off_at IS NULL AND x.session_id = d.id AND x.sequence < 0
      AND b.id = x.booking_id AND b.state = 'confirmed' AND b.session_id = d.lead_id
    RETURNING x.booking_id, x.session_id, x.uid, x.sequence, b.email IS NOT NULL AND b.unreachable = '' AS has_email
"""

# Given back, or taken to another session.
END_SQL = """
    DELETE FROM booking_date x USING session d, booking b
    WHERE d.lead_id IS NOT NULL AND d.ends_at > $1 AND x.session_id = d.id AND b.id = x.booking_id
      AND (b.state NOT IN ('confirmed', 'waiting', 'offered') OR b.session_id <> d.lead_id)
    RETURNING x.booking_id, x.session_id, x.uid, x.sequence + 1 AS sequence,
              b.email IS NOT NULL AND b.unreachable = '' AS has_email
"""

TELL_SQL = """
    UPDATE booking_date x SET told_revision = d.revision,
           sequence = CASE WHEN x.sequence < 0 THEN x.sequence ELSE x.sequence + 1 END
    FROM session d, booking b, booking_date was
    WHERE d.lead_id IS NOT NULL AND d.ends_at > $1 AND d.revision > 0 AND x.session_id = d.id AND x.told_revision < d.revision
      AND b.id = x.booking_id AND was.booking_id = x.booking_id AND was.session_id = x.session_id
    RETURNING x.booking_id, x.session_id, x.uid, x.sequence, b.email IS NOT NULL AND b.unreachable = '' AS has_email,
              (b.email IS NULL OR b.unreachable <> '') AND b.phone IS NOT NULL AND EXISTS (
                  SELECT FROM sms_gateway g JOIN event e ON e.structure_id = g.structure_id
                  WHERE e.id = d.event_id AND g.is_on) AS may_text, d.revision,
              d.called_off_at, d.moved_at, d.previous_start, was.told_revision,
              COALESCE((SELECT max(o.created_at) FROM outbox o WHERE o.thread = x.uid AND o.state <> 'dropped'),
                       b.created_at) AS told_at
"""


class _Missing(msgspec.Struct, frozen=True, kw_only=True):
    booking_id: UUID
    session_id: UUID
    has_email: bool
    revision: int
    is_confirmed: bool
    is_added: bool  # a date that was not there yet when the cycle was booked


class _Object(msgspec.Struct, frozen=True, kw_only=True):
    booking_id: UUID
    session_id: UUID
    uid: str
    sequence: int
    has_email: bool


class _Changed(_Object, frozen=True, kw_only=True):
    may_text: bool  # the structure sends SMS, and there is a number but no address
    revision: int
    called_off_at: datetime | None
    moved_at: datetime | None
    previous_start: datetime | None
    told_revision: int  # before
    told_at: datetime


async def sweep(now: datetime) -> int:
    """Make, take back and bring up to date the objects that need it, an e-mail for each; how many."""
    async with transaction():
        ended = await fetch(_Object, END_SQL, now)
        invited = await fetch(_Object, INVITE_SQL, now)
        changed = await fetch(_Changed, TELL_SQL, now)
        missing = await fetch(_Missing, MISSING_SQL, now, AT_ONCE)
        uids = [codes.new_uid(settings().mail_domain) for _ in missing]
        made: set[str] = set()
        if missing:
            made = {
                row["uid"]
                for row in await fetch_rows(
                    MAKE_SQL,
                    [one.booking_id for one in missing],
                    [one.session_id for one in missing],
                    uids,
                    [0 if one.is_confirmed else NOT_INVITED for one in missing],
                    [one.revision for one in missing],
                )
            }
        new = [(one, uid) for one, uid in zip(missing, uids, strict=True) if uid in made]  # others' are not ours
        await _ask_to_call(
            [one.booking_id for one, _ in new if one.is_added and not one.has_email]
            + [one.booking_id for one in changed if not one.has_email],
            now=now,
        )
        await queue_many(
            [
                *(_cancelled(one, now=now) for one in ended if one.has_email and one.sequence > 0),
                *(_invite(one.booking_id, one.session_id, one.uid, now=now) for one in invited if one.has_email),
                *(_told(one, now=now) for one in changed if one.has_email or one.may_text),
                *(
                    _invite(one.booking_id, one.session_id, uid, now=now)
                    for one, uid in new
                    if one.has_email and one.is_confirmed
                ),
            ]
        )
        return len(ended) + len(invited) + len(changed) + len(new)


async def _ask_to_call(booking_ids: Iterable[UUID], *, now: datetime) -> None:
    """Who has no e-mail address learns of the change by phone."""
    ids = list(booking_ids)
    if ids:
        await execute(
            """UPDATE booking SET to_call_back = true, call_why = $2, changed_at = $3
               WHERE id = ANY($1) AND NOT to_call_back""",
            ids,
            FOR_A_CHANGE,
            now,
        )


def _invite(booking_id: UUID, session_id: UUID, uid: str, *, now: datetime) -> NewMail:
    return NewMail(
        kind="booking_date_invite",
        key=f"booking_date_invite:{uid}",
        subject_id=booking_id,
        now=now,
        data={"date": str(session_id)},
        thread=uid,
        sequence=0,
    )


def _cancelled(date: _Object, *, now: datetime) -> NewMail:
    return NewMail(
        kind="booking_date_cancelled",
        key=f"booking_date_cancelled:{date.uid}",
        subject_id=date.booking_id,
        now=now,
        data={"date": str(date.session_id)},
        thread=date.uid,
        sequence=date.sequence,
    )


def _told(date: _Changed, *, now: datetime) -> NewMail:
    kind = "session_moved" if date.called_off_at is None else "session_called_off"
    has_new_date = date.moved_at is not None and date.moved_at > date.told_at
    # Of several moves since, only the latest left a trace: the date that was known is lost.
    knew = date.previous_start if has_new_date and date.told_revision == date.revision - 1 else None
    is_invited = date.sequence >= 0 and date.has_email
    if not date.has_email:
        kind = TEXT_OF[kind]
    return NewMail(
        kind=kind,
        key=f"{kind}:{date.uid}:{date.revision}",
        subject_id=date.booking_id,
        now=now,
        data={
            "date": str(date.session_id),
            "revision": date.revision,
            "has_new_date": has_new_date,
            "before": knew.isoformat() if knew else None,
        },
        thread=date.uid if is_invited else None,
        sequence=date.sequence if is_invited else None,
    )
