"""The thread of messages between an applicant and the coordinators of its territory (A3)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.database import execute, fetch, fetch_one, fetch_value, new_id, transaction
from ateliers.mail import outbox
from ateliers.network.applications import get_applicant, get_application, tell_coordinators
from ateliers.network.people import Person
from ateliers.network.structures import get_structure_by_id
from ateliers.refusals import NotFound, Refusal

MOST_A_DAY = 20  # messages of one applicant: coordinators' mailboxes are not a target


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What one side writes to the other."""

    text: Annotated[str, Meta(min_length=1, max_length=2000, title="Your message", extra={"input": "textarea"})]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message of the thread."""

    id: UUID
    at: datetime
    by_name: str | None  # None: the applicant
    text: str


class TooManyMessages(Refusal):
    """The applicant wrote a great deal today."""

    status = 429
    title = "You have written many messages today. Wait for an answer, or write again tomorrow."


_SELECT = """
    SELECT m.id, m.at, p.name AS by_name, m.text
    FROM application_message m LEFT JOIN person p ON p.id = m.by_id
"""


async def list_messages(structure_id: UUID) -> list[Message]:
    """The whole thread, oldest first."""
    return await fetch(Message, f"{_SELECT} WHERE m.structure_id = $1 ORDER BY m.at, m.id", structure_id)


async def find_message(id: UUID) -> Message | None:
    """One message."""
    return await fetch_one(Message, f"{_SELECT} WHERE m.id = $1", id)


async def write_to_applicant(structure_id: UUID, message: NewMessage, *, by: Person, now: datetime) -> None:
    """A coordinator writes; the applicant is mailed. Raises NotFound."""
    structure, applicant = await get_application(structure_id, by=by)
    if applicant is None:
        raise NotFound
    async with transaction():
        id = await _add(structure.id, message, by_id=by.id, now=now)
        await outbox.queue(
            "application_message",
            key=f"application_message:{id}",
            subject_id=structure.id,
            now=now,
            data={"message": str(id)},
        )


async def write_to_coordinators(token: str, message: NewMessage, *, now: datetime) -> None:
    """The applicant writes; each coordinator of the territory is mailed.

    Raises NotFound, TooManyMessages, ApplicationLinkOver.
    """
    applicant = await get_applicant(token, now=now)
    if applicant.structure_id is None:
        raise NotFound
    async with transaction():
        structure = await get_structure_by_id(applicant.structure_id)
        await execute("SELECT id FROM structure WHERE id = $1 FOR NO KEY UPDATE", structure.id)
        written = await fetch_value(
            "SELECT count(*) FROM application_message WHERE structure_id = $1 AND by_id IS NULL AND at > $2",
            structure.id,
            now - timedelta(days=1),
        )
        if written >= MOST_A_DAY:
            raise TooManyMessages
        id = await _add(structure.id, message, by_id=None, now=now)
        await tell_coordinators("application_message", structure, id, now=now, data={"message": str(id)})


async def _add(structure_id: UUID, message: NewMessage, *, by_id: UUID | None, now: datetime) -> UUID:
    id = new_id()
    await execute(
        "INSERT INTO application_message (id, structure_id, at, by_id, text) VALUES ($1, $2, $3, $4, $5)",
        id,
        structure_id,
        now,
        by_id,
        message.text,
    )
    return id
