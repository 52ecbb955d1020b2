"""What people write back: forwarded to the structure with the booking it is about (D4), kept a while, then forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from ateliers.bookings.booking import Booking
from ateliers.database import execute, fetch, fetch_one, fetch_value, new_id, transaction
from ateliers.mail.inbound import Words
from ateliers.mail.outbox import NewMail, queue_many
from ateliers.settings import settings

KEPT = timedelta(days=30)
MOST_A_DAY = 20  # letters about one booking, or from one address about none, that are forwarded
AFTERWARDS = timedelta(days=7)  # people still answer this long after a session
NOBODY = "nobody reads this"


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """One letter that came back."""

    id: UUID
    booking_id: UUID | None
    at: datetime
    what: Literal["words", "declined", "counter"]
    sender: str
    name: str
    subject: str
    words: str


class _Of(msgspec.Struct, frozen=True):
    booking_id: UUID
    session_id: UUID
    structure_id: UUID


COLUMNS = "id, booking_id, at, what, sender, name, subject, words"
ANSWERED_SQL = """
    SELECT b.id AS booking_id, b.session_id, e.structure_id
    FROM outbox o JOIN booking b ON b.id = o.subject_id JOIN session s ON s.id = b.session_id JOIN event e ON e.id = s.event_id
    WHERE o.id = ANY($1) ORDER BY o.created_at DESC LIMIT 1
"""
BY_ADDRESS_SQL = """
    SELECT b.id AS booking_id, b.session_id, e.structure_id
    FROM booking b JOIN session s ON s.id = b.session_id JOIN event e ON e.id = s.event_id
    WHERE b.email = $1 AND s.ends_at > $2::timestamptz - $3::interval
    ORDER BY b.state IN ('confirmed', 'offered', 'waiting') DESC, s.ends_at < $2, abs(extract(epoch FROM s.starts_at - $2)), b.id
    LIMIT 20
"""


async def forward(words: Words, digest: bytes, *, now: datetime) -> str:
    """Send somebody's words on to the structure, or to the operator's contact when they belong to no booking."""
    found = await _booking_of(words, now=now)
    if found is None and not settings().mail_contact:
        return NOBODY
    today: int = await fetch_value(
        "SELECT count(*) FROM reply WHERE at > $1 AND CASE WHEN $2::uuid IS NULL THEN sender = $3 ELSE booking_id = $2 END",
        now - timedelta(days=1),
        found.booking_id if found else None,
        words.sender,
    )
    if today >= MOST_A_DAY:
        return "too many today"
    async with transaction():
        await _keep(
            found.booking_id if found else None,
            digest,
            what="words",
            sender=words.sender,
            name=words.name,
            subject=words.subject,
            words=words.text,
            now=now,
        )
        if found is not None:
            await _journal(found.session_id, found.booking_id, "replied", now=now)
    return "forwarded"


async def forward_decline(booking: Booking, session_id: UUID, sender: str, digest: bytes, *, now: datetime) -> None:
    """Tell the structure of a decline that gave nothing back: too late, or one date of a cycle, which `session_id` names."""
    async with transaction():
        await _keep(
            booking.id,
            digest,
            what="declined",
            sender=sender,
            name=booking.name,
            subject="",
            words="",
            now=now,
            date=str(session_id),
        )
        await _journal(booking.session_id, booking.id, "declined_in_calendar", now=now)


async def list_replies(booking_id: UUID) -> list[Reply]:
    """What was written back about a booking, in order of time."""
    return await fetch(Reply, f"SELECT {COLUMNS} FROM reply WHERE booking_id = $1 ORDER BY at, id", booking_id)


async def find_reply(reply_id: UUID) -> Reply | None:
    """One letter, or None once it is forgotten."""
    return await fetch_one(Reply, f"SELECT {COLUMNS} FROM reply WHERE id = $1", reply_id)


async def purge_replies(now: datetime) -> None:
    """Forget letters older than thirty days."""
    await execute("DELETE FROM reply WHERE at < $1", now - KEPT)


async def _booking_of(words: Words, *, now: datetime) -> _Of | None:
    """The booking of the message that is answered; else the nearest one of this address, if one structure alone has any."""
    found = await fetch_one(_Of, ANSWERED_SQL, words.answers) if words.answers else None
    if found is not None:
        return found
    held = await fetch(_Of, BY_ADDRESS_SQL, words.sender, now, AFTERWARDS)
    return held[0] if len({one.structure_id for one in held}) == 1 else None


async def _keep(
    booking_id: UUID | None,
    digest: bytes,
    *,
    what: str,
    sender: str,
    name: str,
    subject: str,
    words: str,
    now: datetime,
    **data: str,
) -> None:
    reply_id = new_id()
    kept = await execute(
        """INSERT INTO reply (id, digest, booking_id, at, what, sender, name, subject, words)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (digest) DO NOTHING""",
        reply_id,
        digest,
        booking_id,
        now,
        what,
        sender,
        name,
        subject,
        words,
    )
    if kept:
        key = f"reply_received:{reply_id}"
        await queue_many([NewMail(kind="reply_received", key=key, subject_id=reply_id, now=now, data=data)])


async def _journal(session_id: UUID, booking_id: UUID, what: str, *, now: datetime) -> None:
    await execute(
        "INSERT INTO booking_journal (session_id, booking_id, at, what) VALUES ($1, $2, $3, $4)",
        session_id,
        booking_id,
        now,
        what,
    )
