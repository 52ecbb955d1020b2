"""Messages that did not arrive: written down once each, whoever told us, and told to the room they were about."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from ateliers.database import execute, fetch, new_id
from ateliers.mail.inbound import Report
from ateliers.mail.status import Cause, cause_of, status_of

FRESH = timedelta(days=2)  # failures of our own sending are looked for this far back
STRIKES = 3  # soft bounces of one address within…
STRIKES_WITHIN = timedelta(days=30)

NOTE_SQL = """
    INSERT INTO bounce (id, outbox_id, at, cause, status, diagnostic)
    SELECT $1, o.id, $3, $4, $5, $6 FROM outbox o WHERE o.id = $2
    ON CONFLICT (outbox_id, cause) DO NOTHING
"""


class Bounce(msgspec.Struct, frozen=True, kw_only=True):
    """One bounce and what the message was."""

    id: UUID
    outbox_id: UUID
    kind: str
    subject_id: UUID | None
    at: datetime
    cause: Cause
    status: str
    diagnostic: str


class _Failure(msgspec.Struct, frozen=True):
    id: UUID
    outcome: str


async def note_bounce(row_id: UUID, status: str, diagnostic: str, *, now: datetime, cause: Cause | None = None) -> bool:
    """Write down a bounce, in the caller's transaction; False when it was known, or the message is not.

    The journal of messages then shows the failure in the place of « sent ».
    """
    cause = cause or cause_of(status)
    known = not await execute(NOTE_SQL, new_id(), row_id, now, cause, status, diagnostic)
    if cause != "complaint":
        await execute(
            "UPDATE outbox SET state = 'failed', outcome = $2 WHERE id = $1 AND state IN ('sent', 'unknown')",
            row_id,
            f"{status} {diagnostic}".strip() or "bounced",
        )
    return not known


async def note_report(report: Report, *, now: datetime) -> str:
    """Write down what a report says, in the caller's transaction; in a word."""
    if report.action == "failed":
        known = not await note_bounce(report.row_id, report.status, report.diagnostic, now=now)
        return "known bounce" if known else "bounce"
    if report.action == "delivered":
        await execute("UPDATE outbox SET state = 'sent' WHERE id = $1 AND state = 'unknown'", report.row_id)
    return report.action


async def collect_refusals(*, now: datetime) -> int:
    """What servers refused while we sent is a bounce too; how many there were."""
    found = await fetch(
        _Failure,
        """SELECT o.id, COALESCE(o.outcome, '') AS outcome FROM outbox o
           WHERE o.state = 'failed' AND o.done_at > $1 AND NOT EXISTS (SELECT 1 FROM bounce b WHERE b.outbox_id = o.id)
           ORDER BY o.done_at LIMIT 500""",
        now - FRESH,
    )
    for failure in found:
        answer = failure.outcome.removeprefix("unknown: ")
        status = status_of("", answer)
        # « This address cannot be written to. » has no code: nothing was asked of a server.
        cause: Cause = cause_of(status) if answer[:3].isdigit() else "dead" if answer.startswith("This") else "soft"
        await note_bounce(failure.id, status, answer[:300], now=now, cause=cause)
    return len(found)


async def list_unhandled(limit: int) -> list[Bounce]:
    """Bounces from which no conclusion was drawn yet, locked in the caller's transaction."""
    return await fetch(
        Bounce,
        """SELECT b.id, b.outbox_id, o.kind, o.subject_id, b.at, b.cause, b.status, b.diagnostic
           FROM bounce b JOIN outbox o ON o.id = b.outbox_id
           WHERE b.handled_at IS NULL ORDER BY b.at, b.id LIMIT $1 FOR UPDATE OF b SKIP LOCKED""",
        limit,
    )


async def mark_handled(bounces: list[Bounce], *, now: datetime) -> None:
    """Conclusions were drawn, in the caller's transaction."""
    await execute("UPDATE bounce SET handled_at = $2 WHERE id = ANY($1)", [bounce.id for bounce in bounces], now)
