"""Contacts whom messages no longer reach: marked, put on the list to call, told to the structure (D10, rules B3, B4, B6).

An address is given up for the bookings it has; a later booking is written to again, which is how a mended address comes back.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import structlog

from ateliers.database import execute, execute_many, fetch, transaction
from ateliers.mail import bounces
from ateliers.mail.bounces import STRIKES, STRIKES_WITHIN, Bounce
from ateliers.mail.outbox import NewMail, queue_many

log = structlog.get_logger()

AT_ONCE = 500  # bounces
GATHERING = timedelta(minutes=10)  # what bounces together is told together
# Who does not get these goes where nothing takes place, or stays away from a seat of theirs: once is enough to call.
URGENT = ("session_called_off", "session_moved", "booking_changed", "booking_promoted", "seat_offered")

ADDRESSES_SQL = """
    SELECT x.bounce_id, b.id AS booking_id, b.email,
        (SELECT count(*) FROM bounce f JOIN outbox o ON o.id = f.outbox_id JOIN booking k ON k.id = o.subject_id
         WHERE k.email = b.email AND f.cause = 'soft' AND f.at > $3::timestamptz - $4::interval) AS strikes
    FROM unnest($1::uuid[], $2::uuid[]) AS x (bounce_id, subject_id)
        LEFT JOIN reply r ON r.id = x.subject_id
        JOIN booking b ON b.id = COALESCE(r.booking_id, x.subject_id)
"""

MARK_SQL = """
    UPDATE booking b SET unreachable = $2, changed_at = $3,
        to_call_back = b.to_call_back OR x.is_awaited,
        call_why = CASE WHEN x.is_awaited AND NOT b.to_call_back THEN 'bounced' ELSE b.call_why END
    FROM (SELECT k.id, k.state IN ('confirmed', 'waiting', 'offered') AND (s.ends_at > $3 OR EXISTS (SELECT FROM session d WHERE d.lead_id = s.id AND d.ends_at > $3))
              AND s.called_off_at IS NULL AS is_awaited
          FROM booking k JOIN session s ON s.id = k.session_id WHERE k.email = ANY($1) AND k.unreachable = '') AS x
    WHERE b.id = x.id RETURNING b.id, b.session_id, x.is_awaited
"""

CALL_SQL = """
    UPDATE booking b SET to_call_back = true, call_why = $2, changed_at = $3 FROM session s
    WHERE b.id = ANY($1) AND NOT b.to_call_back AND s.id = b.session_id
      AND (s.ends_at > $3 OR EXISTS (SELECT FROM session d WHERE d.lead_id = s.id AND d.ends_at > $3))
      AND b.state IN ('confirmed', 'waiting', 'offered')
    RETURNING b.id, b.session_id, true AS is_awaited
"""


class _Found(msgspec.Struct, frozen=True):
    bounce_id: UUID
    booking_id: UUID
    email: str | None
    strikes: int


class _Marked(msgspec.Struct, frozen=True):
    id: UUID
    session_id: UUID
    is_awaited: bool


async def sweep(now: datetime) -> int:
    """Draw the conclusions of new bounces; how many there were."""
    async with transaction():
        await bounces.collect_refusals(now=now)
        new = await bounces.list_unhandled(AT_ONCE)
        if not new:
            return 0
        found = await fetch(
            _Found, ADDRESSES_SQL, [one.id for one in new], [one.subject_id for one in new], now, STRIKES_WITHIN
        )
        by_bounce = {one.bounce_id: one for one in found}
        of = {one.id: one for one in new}
        forwarded = [one for one in found if of[one.bounce_id].kind == "reply_received"]
        letters = [one for one in found if of[one.bounce_id].kind != "reply_received" and one.email]
        await _give_up("dead", {one.email for one in letters if of[one.bounce_id].cause == "dead"}, now=now)
        tired = {one.email for one in letters if of[one.bounce_id].cause == "soft" and one.strikes >= STRIKES}
        await _give_up("soft", tired, now=now)
        urgent = [one.booking_id for one in letters if _is_urgent(of[one.bounce_id])]
        await _tell(await fetch(_Marked, CALL_SQL, urgent, "bounced", now), now=now)
        await execute(CALL_SQL, [one.booking_id for one in forwarded], "reply", now)
        complained = {one.email for one in letters if of[one.bounce_id].cause == "complaint"}
        await execute("UPDATE booking SET reminders = false WHERE email = ANY($1) AND reminders", list(complained))
        await bounces.mark_handled(new, now=now)
    for bounce in new:
        if bounce.cause == "policy":
            log.error("mail_refused_by_policy", kind=bounce.kind, status=bounce.status, id=str(bounce.outbox_id))
        elif bounce.id not in by_bounce:
            log.warning("mail_bounced", kind=bounce.kind, status=bounce.status, id=str(bounce.outbox_id))
    return len(new)


def _is_urgent(bounce: Bounce) -> bool:
    return bounce.kind in URGENT and bounce.cause in {"soft", "policy"}


async def _give_up(why: str, addresses: set[str | None], *, now: datetime) -> None:
    """Mark every booking of these addresses, and have those called whom a seat awaits."""
    if not addresses:
        return
    marked = await fetch(_Marked, MARK_SQL, list(addresses), why, now)
    await _tell([one for one in marked if one.is_awaited], now=now)


async def _tell(marked: list[_Marked], *, now: datetime) -> None:
    """A line in each session's journal, and one letter a session to its structure."""
    await execute_many(
        "INSERT INTO booking_journal (session_id, booking_id, at, what) VALUES ($1, $2, $3, 'unreachable')",
        [(one.session_id, one.id, now) for one in marked],
    )
    await queue_many(
        NewMail(
            kind="contacts_unreachable",
            key=f"contacts_unreachable:{session_id}:{now:%Y%m%d%H}",
            subject_id=session_id,
            now=now,
            due_at=now + GATHERING,
        )
        for session_id in {one.session_id for one in marked}
    )
