"""What people are written the day after: those who came, or those who did not; never anybody else (D13)."""

from __future__ import annotations

import enum
import re
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.agenda.permission import allow_managing
from ateliers.agenda.sessions import get_event
from ateliers.bookings.quiet import quiet_until
from ateliers.bookings.session_message import paragraphs
from ateliers.database import execute, fetch, fetch_one, fetch_value
from ateliers.mail.opt_outs import list_opted_out
from ateliers.mail.outbox import NewMail, queue_many
from ateliers.network.people import Person
from ateliers.refusals import Invalid
from ateliers.words import T

KIND = "follow_up"
AFTER = timedelta(hours=12)  # the end: attendance is recorded by then, and it is the next morning
UNTIL = timedelta(days=14)  # attendance recorded later than that thanks nobody
MOST_LINKS = 5
LINK = re.compile(r"https?://[^\s<>\"]+\.[^\s<>\"]+")


class Audience(enum.Enum):
    """Whom it is for."""

    CAME = "came"
    MISSED = "missed"

    @property
    def label(self) -> T:
        """Its name on screen."""
        return T("Those who came") if self is Audience.CAME else T("Those who did not come")


class NewFollowUp(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be written, and whether it is."""

    audience: Annotated[Audience, Meta(title="Who is it for?", extra={"input": "hidden"})]
    subject: Annotated[str, Meta(min_length=1, max_length=120, title="Subject")]
    body: Annotated[str, Meta(min_length=1, max_length=3000, title="Your message", extra={"input": "textarea"})]
    links: Annotated[
        str,
        Meta(
            max_length=1500,
            title="Documents to read again",
            description="One address a line, beginning with https://.",
            extra={"input": "textarea"},
        ),
    ] = ""
    with_survey: Annotated[bool, Meta(title="Ask for their opinion with the survey below")] = False
    is_on: Annotated[bool, Meta(title="Send it the day after each session")] = False


class FollowUp(msgspec.Struct, frozen=True, kw_only=True):
    """What is written, or would be."""

    event_id: UUID
    audience: Audience
    subject: str
    body: str
    links: str
    with_survey: bool
    is_on: bool

    @property
    def paragraphs(self) -> list[str]:
        """The body, apart by empty lines."""
        return paragraphs(self.body)

    @property
    def documents(self) -> list[str]:
        """Addresses of documents."""
        return self.links.split()


FOLLOW_UP_SQL = "SELECT event_id, audience, subject, body, links, with_survey, is_on FROM follow_up"

# Of each session that ended in time: bookings with an address of whom somebody came, or of whom everybody was missed.
DUE_SQL = """
    SELECT f.event_id, f.audience, s.id AS session_id, s.zone, b.id, b.email
    FROM follow_up f JOIN session s ON s.event_id = f.event_id JOIN event e ON e.id = f.event_id
    JOIN LATERAL (
        SELECT a.booking_id, bool_or(a.state = 'present') AS came, bool_and(a.state = 'absent') AS missed
        FROM attendance a WHERE a.session_id = s.id GROUP BY a.booking_id
    ) AS seen ON CASE f.audience WHEN 'came' THEN seen.came ELSE seen.missed END
    JOIN booking b ON b.id = seen.booking_id
    WHERE f.is_on AND s.called_off_at IS NULL AND b.state = 'confirmed' AND b.email IS NOT NULL
      AND s.ends_at <= $1::timestamptz - $2::interval AND s.ends_at > GREATEST(f.since, $1::timestamptz - $3::interval)
      AND (NOT e.is_cycle OR NOT EXISTS (SELECT FROM session l WHERE l.event_id = e.id AND l.starts_at > s.starts_at
                                         AND l.called_off_at IS NULL))
      AND NOT EXISTS (SELECT FROM outbox o WHERE o.key = 'follow_up:' || b.id || ':' || s.id)
"""
CAME_SQL = """
    SELECT CASE WHEN bool_or(state = 'present') THEN 'came' WHEN bool_and(state = 'absent') THEN 'missed' END
    FROM attendance WHERE booking_id = $1 AND session_id = $2
"""


class _Due(msgspec.Struct, frozen=True, kw_only=True):
    event_id: UUID
    audience: Audience
    session_id: UUID
    zone: str
    id: UUID
    email: str


async def list_follow_ups(event_id: UUID) -> dict[Audience, FollowUp]:
    """What an event's people are written afterwards, by audience."""
    rows = await fetch(FollowUp, f"{FOLLOW_UP_SQL} WHERE event_id = $1", event_id)
    return {row.audience: row for row in rows}


async def find_follow_up(event_id: UUID, audience: Audience) -> FollowUp | None:
    """What those of an event are written afterwards, or None."""
    return await fetch_one(FollowUp, f"{FOLLOW_UP_SQL} WHERE event_id = $1 AND audience = $2", event_id, audience.value)


async def write_follow_up(event_id: UUID, new: NewFollowUp, *, by: Person, now: datetime) -> None:
    """Write it down. Sessions that ended before it was switched on are left alone. Raises NotFound, NotAllowed, Invalid."""
    allow_managing(by, (await get_event(event_id)).structure_id)
    links = new.links.split()
    if any(not LINK.fullmatch(link) for link in links):
        raise Invalid({"links": "Write one address a line, such as https://example.fr/document.pdf."})
    if len(links) > MOST_LINKS:
        raise Invalid({"links": "Give five documents at most."})
    await execute(
        """INSERT INTO follow_up AS f (event_id, audience, subject, body, links, with_survey, is_on, since, updated_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
           ON CONFLICT (event_id, audience) DO UPDATE SET subject = $3, body = $4, links = $5, with_survey = $6, is_on = $7,
               since = CASE WHEN f.is_on THEN f.since ELSE $8 END, updated_at = $8""",
        event_id,
        new.audience.value,
        new.subject,
        new.body,
        "\n".join(links),
        new.with_survey,
        new.is_on,
        now,
    )


async def sweep(now: datetime) -> int:
    """Queue what is due, once for each booking and session; how many."""
    due = [row for row in await fetch(_Due, DUE_SQL, now, AFTER, UNTIL) if quiet_until(now, row.zone) is None]
    unwanted = await list_opted_out({row.email for row in due}, "survey") if due else set()
    return await queue_many(
        NewMail(
            kind=KIND,
            key=f"{KIND}:{row.id}:{row.session_id}",
            subject_id=row.id,
            now=now,
            data={"event": str(row.event_id), "audience": row.audience.value, "session": str(row.session_id)},
        )
        for row in due
        if row.email not in unwanted
    )


async def audience_of(booking_id: UUID, session_id: UUID) -> Audience | None:
    """Which of the two the booking belongs to by now; None: neither, or nothing was recorded."""
    found = await fetch_value(CAME_SQL, booking_id, session_id)
    return Audience(found) if found else None
