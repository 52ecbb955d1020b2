"""Reminders: when each step of an event's plan comes, and the sweep that queues them (D5 to D7, rules N1 to N4).

Nothing is scheduled in advance. The sweep looks which sessions have come to a step of the plan and writes down that it did, so
that each step happens once for each revision of a session, whatever the number of workers and restarts. Whether a reminder still
holds is looked at again when it is sent (`emails.reminder`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from ateliers.agenda.reminder import Reminder
from ateliers.bookings.quiet import EVENING, MORNING, quiet_until
from ateliers.database import fetch, fetch_rows, transaction
from ateliers.mail.outbox import NewMail, queue_many

JUST_TOLD = timedelta(hours=6)  # who booked or was written to this shortly before a step needs no reminder
LATEST = timedelta(hours=2)  # after the last step's moment, a reminder would only disturb
LATE_EVENING = time(20)  # where a step that falls into the night is brought forward to
MISSED = timedelta(minutes=5)  # a step that no sweep has taken for this long: no worker is at it
AHEAD = timedelta(days=max(step.days for step in Reminder) + 1)


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """When a step comes for a session, and until when it makes sense: a worker that was down catches up till then."""

    step: str
    at: datetime
    until: datetime


class _Coming(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    lead_id: UUID | None
    starts_at: datetime
    zone: str
    revision: int
    reminder_plan: list[str]
    done: list[str]


COMING_SQL = """
    SELECT s.id, s.lead_id, s.starts_at, s.zone, s.revision, e.reminder_plan,
           ARRAY(SELECT r.step FROM reminder_round r WHERE r.session_id = s.id AND r.revision = s.revision) AS done
    FROM session s JOIN event e ON e.id = s.event_id
    WHERE s.starts_at > $1 AND s.starts_at < $1::timestamptz + $2::interval AND s.called_off_at IS NULL
      AND e.state = 'published' AND s.seats_taken > 0
"""

ROUND_SQL = """
    INSERT INTO reminder_round (session_id, revision, step, at)
    SELECT session_id, revision, step, $4 FROM unnest($1::uuid[], $2::integer[], $3::text[]) AS r (session_id, revision, step)
    ON CONFLICT DO NOTHING RETURNING session_id, step
"""

# Any message about the booking since just before the moment has already told them what the reminder would.
TO_REMIND_SQL = """
    SELECT r.n - 1 AS turn, b.id FROM unnest($1::uuid[], $2::timestamptz[]) WITH ORDINALITY AS r (session_id, since, n)
    JOIN booking b ON b.session_id = r.session_id
    WHERE b.state = 'confirmed' AND b.email IS NOT NULL AND b.reminders AND b.confirmed_at <= r.since
      AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.subject_id = b.id AND o.created_at > r.since
                      AND o.state IN ('queued', 'sent', 'unknown'))
"""


def moments(starts_at: datetime, zone: str, plan: Sequence[str]) -> list[Moment]:
    """The steps of an event's plan for a session that starts then, in order; those that the night swallows are left out."""
    times = [(step.value, _moment(step, starts_at, zone)) for step in Reminder if step.value in plan]
    times = [(name, at) for name, at in times if at < starts_at]
    following = [at for _name, at in times[1:]]
    last = times[-1][1] + LATEST if times else starts_at
    return [
        Moment(step=name, at=at, until=min(until, starts_at))
        for (name, at), until in zip(times, [*following, last], strict=False)
        if at < until
    ]


async def sweep(now: datetime) -> int:
    """Queue the reminders that are due; how many."""
    coming = await fetch(_Coming, COMING_SQL, now, AHEAD)
    due = list(_due(coming, now=now))
    if not due:
        return 0
    async with transaction():
        begun = await fetch_rows(
            ROUND_SQL,
            [session.id for session, _ in due],
            [session.revision for session, _ in due],
            [moment.step for _, moment in due],
            now,
        )
        ours = {(row["session_id"], row["step"]) for row in begun}  # another worker has the others
        due = [(session, moment) for session, moment in due if (session.id, moment.step) in ours]
        found = await fetch_rows(
            TO_REMIND_SQL,
            [session.lead_id or session.id for session, _ in due],
            [moment.at - JUST_TOLD for _, moment in due],
        )
        return await queue_many(_letter(row["id"], *due[row["turn"]], now=now) for row in found)


async def count_missed(now: datetime) -> int:
    """Sessions' steps whose moment has come and that no sweep has taken: above 0 when no worker runs."""
    coming = await fetch(_Coming, COMING_SQL, now, AHEAD)
    return sum(moment.at <= now - MISSED for _session, moment in _due(coming, now=now))


def _due(coming: list[_Coming], *, now: datetime) -> Iterator[tuple[_Coming, Moment]]:
    for session in coming:
        if quiet_until(now, session.zone) is not None:
            continue
        for moment in moments(session.starts_at, session.zone, session.reminder_plan):
            if moment.step not in session.done and moment.at <= now < moment.until:
                yield session, moment


def _letter(booking_id: UUID, session: _Coming, moment: Moment, *, now: datetime) -> NewMail:
    return NewMail(
        kind="reminder",
        key=f"reminder:{booking_id}:{session.id}:{moment.step}:{session.revision}",
        subject_id=booking_id,
        now=now,
        data={
            "step": moment.step,
            "revision": session.revision,
            "until": moment.until.isoformat(),
            "session": str(session.id),
            **({"date": str(session.id)} if session.lead_id else {}),
        },
    )


def _moment(step: Reminder, starts_at: datetime, zone: str) -> datetime:
    """When a step comes: on the clock of the place, outside the night."""
    clock = ZoneInfo(zone)
    if step.days:
        start = starts_at.astimezone(clock)
        local = datetime.combine(start.date() - timedelta(days=step.days), start.time(), clock)
    else:
        local = (starts_at - timedelta(hours=step.hours)).astimezone(clock)
    if local.time() >= EVENING:
        local = datetime.combine(local.date(), LATE_EVENING, clock)
    elif local.time() < MORNING:
        local = datetime.combine(local.date(), MORNING, clock)
    return local.astimezone(UTC)
