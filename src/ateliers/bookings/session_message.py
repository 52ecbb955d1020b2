"""A message that staff write to all of a session: who it is for, its words, and what became of it (D12)."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.bookings.booking import BookingState
from ateliers.database import fetch, fetch_one
from ateliers.words import T

KIND = "session_message"


class Audience(enum.Enum):
    """Whom a message is for."""

    CONFIRMED = "confirmed"
    WAITING = "waiting"
    EVERYBODY = "everybody"

    @property
    def label(self) -> T:
        """Its name on screen."""
        return _LABELS[self]

    @property
    def states(self) -> list[BookingState]:
        """Bookings that hear of it; who is offered a seat still waits."""
        confirmed, waiting = [BookingState.CONFIRMED], [BookingState.WAITING, BookingState.OFFERED]
        return {
            Audience.CONFIRMED: confirmed,
            Audience.WAITING: waiting,
            Audience.EVERYBODY: [*confirmed, *waiting],
        }[self]


_LABELS = {
    Audience.CONFIRMED: T("Those who have a seat"),
    Audience.WAITING: T("Those who wait for one"),
    Audience.EVERYBODY: T("Everybody"),
}


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be written."""

    audience: Annotated[Audience, Meta(title="Who is it for?", extra={"input": "radio"})]
    subject: Annotated[
        str, Meta(min_length=1, max_length=120, title="Subject", description="For example: Come by the side door.")
    ]
    body: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=3000,
            title="Your message",
            description="Date, place and how to give a seat back are added below it. Do not write anything about health.",
            extra={"input": "textarea"},
        ),
    ]


class SessionMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was written."""

    id: UUID
    session_id: UUID
    audience: Audience
    subject: str
    body: str
    told: int  # how many it was queued for
    by_name: str | None
    at: datetime
    sent: int  # of those, how many left
    waits: int  # and how many are still to leave

    @property
    def paragraphs(self) -> list[str]:
        """The body, apart by empty lines."""
        return paragraphs(self.body)


def paragraphs(body: str) -> list[str]:
    """A text apart by empty lines."""
    return [part.strip() for part in body.split("\n\n") if part.strip()]


MESSAGE_SQL = """
    SELECT m.id, m.session_id, m.audience, m.subject, m.body, m.told, m.at, p.name AS by_name,
           (SELECT count(*) FROM outbox o WHERE o.key LIKE 'session_message:' || m.id || ':%'
            AND o.state IN ('sent', 'unknown')) AS sent,
           (SELECT count(*) FROM outbox o WHERE o.key LIKE 'session_message:' || m.id || ':%'
            AND o.state = 'queued') AS waits
    FROM session_message m LEFT JOIN person p ON p.id = m.by_id
"""


async def find_message(message_id: UUID) -> SessionMessage | None:
    """The message, without counting what became of it; or None."""
    return await fetch_one(
        SessionMessage,
        """SELECT id, session_id, audience, subject, body, told, at, NULL AS by_name, 0 AS sent, 0 AS waits
           FROM session_message WHERE id = $1""",
        message_id,
    )


async def list_messages_of(session_id: UUID) -> list[SessionMessage]:
    """What was written to a session, the latest first."""
    return await fetch(SessionMessage, f"{MESSAGE_SQL} WHERE m.session_id = $1 ORDER BY m.at DESC, m.id", session_id)
