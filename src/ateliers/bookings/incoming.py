"""Mail that comes in: each message told apart once, and given to who knows what to do with it (D3, D4, D10)."""

from __future__ import annotations

import enum
import hashlib
from datetime import datetime, timedelta

from ateliers.bookings import calendar_replies, human_replies
from ateliers.database import execute, fetch_value, transaction
from ateliers.mail import bounces
from ateliers.mail.inbound import Automatic, CalendarAnswer, Complaint, Junk, Received, Report, Verdict, Words, classify
from ateliers.mail.records import Records

KEPT = timedelta(days=30)  # the trace of a message; as long as a mail server may try to hand over the same one again


class Fate(enum.Enum):
    """What the mail server is told."""

    TAKEN = "taken"
    REFUSED = "refused"  # nobody reads it: its sender should know


async def take(received: Received, *, now: datetime, records: Records) -> Fate:
    """Deal with one message. The same bytes a second time change nothing (rule R1)."""
    digest = hashlib.blake2b(received.recipient.lower().encode() + b"\0" + received.raw, digest_size=20).digest()
    if await fetch_value("SELECT true FROM inbound WHERE digest = $1", digest):
        return Fate.TAKEN
    verdict = classify(received)
    kind, outcome = await _deal(verdict, received, digest, now=now, records=records)
    if outcome is human_replies.NOBODY:
        return Fate.REFUSED
    await execute(
        "INSERT INTO inbound (digest, at, kind, outcome) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        digest,
        now,
        kind,
        outcome,
    )
    return Fate.TAKEN


async def purge_incoming(now: datetime) -> None:
    """Forget the traces of old messages."""
    await execute("DELETE FROM inbound WHERE at < $1", now - KEPT)


async def _deal(
    verdict: Verdict, received: Received, digest: bytes, *, now: datetime, records: Records
) -> tuple[str, str]:
    """What it was, and what became of it."""
    match verdict:
        case Report():
            async with transaction():
                return "report", await bounces.note_report(verdict, now=now)
        case Complaint():
            async with transaction():
                await bounces.note_bounce(verdict.row_id, "", "", now=now, cause="complaint")
            return "complaint", "noted"
        case CalendarAnswer():
            return "calendar", await calendar_replies.treat(verdict, received.raw, digest, now=now, records=records)
        case Words():
            return "human", await human_replies.forward(verdict, digest, now=now)
        case Automatic():
            return "automatic", "dropped"
        case Junk():
            return "junk", verdict.why
