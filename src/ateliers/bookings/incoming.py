"""Mail that comes in: each message told apart once, and given to who knows what to do with it (D3, D4, D10)."""

from __future__ import annotations

import enum
from datetime import datetime

from ateliers.bookings import calendar_replies, human_replies
from ateliers.database import transaction
from ateliers.mail import bounces, trace
from ateliers.mail.inbound import Automatic, CalendarAnswer, Complaint, Junk, Received, Report, Verdict, Words, classify
from ateliers.mail.records import Records


class Fate(enum.Enum):
    """What the mail server is told."""

    TAKEN = "taken"
    REFUSED = "refused"  # nobody reads it: its sender should know


async def take(received: Received, *, now: datetime, records: Records) -> Fate:
    """Deal with one message. The same bytes a second time change nothing (rule R1)."""
    digest = trace.digest_of(received)
    if await trace.is_known(digest):
        return Fate.TAKEN
    kind, outcome = await _deal(classify(received), received, digest, now=now, records=records)
    if outcome is human_replies.NOBODY:
        return Fate.REFUSED
    await trace.keep_trace(digest, kind, outcome, now=now)
    return Fate.TAKEN


async def purge_incoming(now: datetime) -> None:
    """Forget what people wrote, and the traces of old messages."""
    await human_replies.purge_replies(now)
    await trace.purge_traces(now)


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
