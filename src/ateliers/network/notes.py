"""A coordinator's dated notes about a structure, and whom to follow up (A12)."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.database import execute, fetch, fetch_value, new_id, transaction
from ateliers.network.people import Person
from ateliers.network.structures import get_structure_by_id
from ateliers.refusals import NotFound
from ateliers.words import T


class NoteKind(enum.Enum):
    """What the contact was."""

    CALL = "call"
    VISIT = "visit"
    TRAINING = "training"
    E_MAIL = "e_mail"
    OTHER = "other"

    @property
    def label(self) -> T:
        """Its name on screen."""
        return _KINDS[self]


_KINDS = {
    NoteKind.CALL: T("Phone call"),
    NoteKind.VISIT: T("Visit"),
    NoteKind.TRAINING: T("Training given"),
    NoteKind.E_MAIL: T("E-mail exchanged"),
    NoteKind.OTHER: T("Another contact"),
}


class NewNote(msgspec.Struct, frozen=True, kw_only=True):
    """What a coordinator notes."""

    kind: Annotated[NoteKind, Meta(title="Kind of contact")]
    text: Annotated[str, Meta(min_length=1, max_length=2000, title="What was said", extra={"input": "textarea"})]
    follow_up_on: Annotated[
        date, Meta(title="To follow up on", description="Leave empty if nothing is to be done.")
    ] | (None) = None


class StructureNote(msgspec.Struct, frozen=True, kw_only=True):
    """A note, as the structure's page shows it."""

    id: UUID
    at: datetime
    by_name: str
    kind: NoteKind
    text: str
    follow_up_on: date | None
    settled_at: datetime | None


class FollowUp(msgspec.Struct, frozen=True, kw_only=True):
    """The latest contact of a structure, and since when it is to be followed up."""

    structure_id: UUID
    last_contact: datetime | None
    due_on: date | None  # the earliest day of what is still open


async def list_notes(structure_id: UUID) -> list[StructureNote]:
    """Every note about the structure, the newest first."""
    return await fetch(
        StructureNote,
        """SELECT n.id, n.at, p.name AS by_name, n.kind, n.text, n.follow_up_on, n.settled_at
           FROM structure_note n JOIN person p ON p.id = n.by_id
           WHERE n.structure_id = $1 ORDER BY n.at DESC, n.id DESC""",
        structure_id,
    )


async def follow_ups_of(structure_ids: Sequence[UUID]) -> dict[UUID, FollowUp]:
    """By structure; one without a note is absent."""
    found = await fetch(
        FollowUp,
        """SELECT structure_id, max(at) AS last_contact, min(follow_up_on) FILTER (WHERE settled_at IS NULL) AS due_on
           FROM structure_note WHERE structure_id = ANY ($1) GROUP BY structure_id""",
        list(structure_ids),
    )
    return {row.structure_id: row for row in found}


async def add_note(structure_id: UUID, note: NewNote, *, by: Person, now: datetime) -> None:
    """Keep a note. Raises NotFound for whoever does not coordinate the structure's territory."""
    structure = await get_structure_by_id(structure_id)
    if not by.coordinates(structure.departement):
        raise NotFound
    await keep_note(structure_id, note, by=by, now=now)


async def keep_note(structure_id: UUID, note: NewNote, *, by: Person, now: datetime) -> UUID:
    """Write a note down; its id. Opens no transaction."""
    id = new_id()
    await execute(
        "INSERT INTO structure_note (id, structure_id, at, by_id, kind, text, follow_up_on) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        id,
        structure_id,
        now,
        by.id,
        note.kind.value,
        note.text,
        note.follow_up_on,
    )
    return id


async def settle_follow_up(note_id: UUID, *, by: Person, now: datetime) -> UUID:
    """It was followed up; the structure's id. Doing it twice changes nothing. Raises NotFound."""
    async with transaction():
        structure_id = await fetch_value(
            "SELECT structure_id FROM structure_note WHERE id = $1 AND follow_up_on IS NOT NULL", note_id
        )
        if structure_id is None or not by.coordinates((await get_structure_by_id(structure_id)).departement):
            raise NotFound
        await execute("UPDATE structure_note SET settled_at = $2 WHERE id = $1 AND settled_at IS NULL", note_id, now)
        return UUID(str(structure_id))
