"""Asking a session's team for its attendance: the day after, four days after, and when the coordinator asks (E11).

Nothing is scheduled in advance: the sweep looks what is missing and which step has come for it. A step of one day is an
occasion of the outbox, so it happens once whatever the number of workers, and one letter speaks of everything that is missing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from ateliers.attendance.missing import IS_MISSING, list_missing
from ateliers.database import fetch, fetch_rows, transaction
from ateliers.mail.email import Dropped, Email
from ateliers.mail.letters import letter
from ateliers.mail.outbox import NewMail, OutboxRow, queue_many
from ateliers.network.people import Person, get_person, list_members
from ateliers.network.structures import get_structure_by_id
from ateliers.refusals import NotFound, Refusal
from ateliers.words import local

KIND = "attendance_missing"
PLAN = (1, 4)  # days after the session's day
HOUR = timedelta(hours=9)  # of the morning, on the clock of the place
UNTIL = timedelta(days=14)  # after the start: later than that nobody remembers, and the coordinator calls
SENDER = "Ateliers"
ASKED = "asked"  # the step of a letter that the coordinator had sent
MOST_SHOWN = 10  # sessions named in one letter

# Each member of a team, with each day of which they have to tell, and how many mornings have come since.
_DUE_SQL = f"""
    SELECT DISTINCT e.structure_id, p.id AS person_id, s.local_start::date AS day,
           (($1::timestamptz - $2::interval) AT TIME ZONE s.zone)::date - s.local_start::date AS days
    FROM session s JOIN event e ON e.id = s.event_id
    JOIN role r ON r.structure_id = e.structure_id AND r.role IN ('manager', 'ambassador') AND r.revoked_at IS NULL
    JOIN person p ON p.id = r.person_id AND p.closed_at IS NULL
    WHERE {IS_MISSING} AND s.starts_at > $1::timestamptz - $3::interval AND s.ends_at < $1
"""


class AskedToday(Refusal):
    """Their team was written to today."""

    title = "This team was asked today already."


class NothingMissing(Refusal):
    """Somebody recorded it meanwhile."""

    title = "No attendance is missing any more."


class _Due(msgspec.Struct, frozen=True, kw_only=True):
    structure_id: UUID
    person_id: UUID
    day: date
    days: int


async def sweep(now: datetime) -> int:
    """Queue what is due to the teams; how many letters. Of several steps missed by a worker that was down only the latest."""
    due = [
        (one, steps[-1])
        for one in await fetch(_Due, _DUE_SQL, now, HOUR, UNTIL)
        if (steps := [days for days in PLAN if days <= one.days])
    ]
    return await queue_many(_mail(one, str(step), f"{one.day}:{step}", now=now) for one, step in due)


async def ask_for_attendance(structure_id: UUID, *, by: Person, now: datetime) -> int:
    """The coordinator asks the team once more, at most once a day; how many people are written to.

    Raises NotFound, NothingMissing, AskedToday.
    """
    structure = await get_structure_by_id(structure_id)
    if not by.coordinates(structure.departement):
        raise NotFound
    missing = await list_missing([structure_id], now=now)
    if not missing:
        raise NothingMissing
    today = local(now, structure.zone).date()
    team = {member.person_id for member in await list_members(structure_id)}
    async with transaction():
        asked = await queue_many(
            _mail(
                _Due(structure_id=structure_id, person_id=person_id, day=missing[0].day, days=0),
                ASKED,
                f"{ASKED}:{today}",
                now=now,
            )
            for person_id in team
        )
    if not asked:
        raise AskedToday
    return asked


async def attendance_missing(row: OutboxRow, now: datetime) -> Email | Dropped:
    """To a member of the team: which sessions, and where to tell who came; dropped once it is told."""
    if row.subject_id is None:
        raise ValueError(row.kind)
    structure_id, day = row.subject_id, date.fromisoformat(row.data["day"])
    person = await get_person(UUID(row.data["person"]))
    if not person.serves(structure_id):
        return Dropped("No longer of this structure.")
    missing = await list_missing([structure_id], now=now, after=timedelta())
    if not any(one.day == day for one in missing):
        return Dropped("Recorded meanwhile.")
    structure = await get_structure_by_id(structure_id)
    subject, text, html = letter(
        KIND,
        person.language,
        name=person.name,
        structure=structure,
        sessions=missing[:MOST_SHOWN],
        more=max(0, len(missing) - MOST_SHOWN),
        again=row.data["step"] != str(PLAN[0]),
    )
    return Email(
        to_name=person.name,
        to_address=person.email,
        sender_name=SENDER,
        subject=subject,
        text=text,
        html=html,
        language=person.language,
    )


async def last_asked(structure_ids: list[UUID]) -> dict[UUID, datetime]:
    """By structure, when its team was last asked; never: absent."""
    rows = await fetch_rows(
        "SELECT subject_id, max(created_at) AS at FROM outbox WHERE kind = $1 AND subject_id = ANY ($2) GROUP BY 1",
        KIND,
        structure_ids,
    )
    return {row["subject_id"]: row["at"] for row in rows}


COMPOSERS: dict[str, Callable[[OutboxRow, datetime], Awaitable[Email | Dropped]]] = {KIND: attendance_missing}


def _mail(due: _Due, step: str, occasion: str, *, now: datetime) -> NewMail:
    return NewMail(
        kind=KIND,
        key=f"{KIND}:{due.structure_id}:{due.person_id}:{occasion}",
        subject_id=due.structure_id,
        now=now,
        data={"person": str(due.person_id), "day": due.day.isoformat(), "step": step},
    )
