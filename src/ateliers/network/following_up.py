"""Following up several structures at once: a note for each, and a message to their managers if wanted (A12)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.database import fetch_one, transaction
from ateliers.mail.outbox import NewMail, queue_many
from ateliers.network.notes import NewNote, NoteKind, keep_note
from ateliers.network.people import Person, list_managers
from ateliers.network.structures import list_structures_by_id
from ateliers.refusals import Invalid, NotFound

MOST = 100  # structures at once


class ManyFollowUps(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to follow up, from when, and what is said."""

    structures: Annotated[list[UUID], Meta(max_length=MOST, title="Structures")]
    text: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=2000,
            title="Your note, or your message to them",
            extra={"input": "textarea"},
        ),
    ]
    write: Annotated[bool, Meta(title="Send it to their managers by e-mail")] = False
    follow_up_on: (
        Annotated[date, Meta(title="To follow up on", description="Leave empty if nothing is to be done.")] | None
    ) = None


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A message as its e-mail shows it."""

    text: str
    by_name: str
    by_email: str


async def follow_up_many(asked: ManyFollowUps, *, by: Person, now: datetime) -> tuple[int, int]:
    """Keep the note for each; how many structures, and how many people are written to. Raises Invalid, NotFound."""
    structures = await list_structures_by_id(asked.structures)
    if not structures:
        raise Invalid({"structures": "Tick one structure at least."})
    if len(structures) < len(set(asked.structures)) or not all(by.coordinates(one.departement) for one in structures):
        raise NotFound
    note = NewNote(
        kind=NoteKind.E_MAIL if asked.write else NoteKind.OTHER, text=asked.text, follow_up_on=asked.follow_up_on
    )
    mails = []
    async with transaction():
        for structure in structures:
            note_id = await keep_note(structure.id, note, by=by, now=now)
            if not asked.write:
                continue
            managers = await list_managers(structure.id)
            mails += [
                NewMail(
                    kind="coordinator_message",
                    key=f"coordinator_message:{note_id}:{person}",
                    subject_id=structure.id,
                    now=now,
                    data={"person": str(person), "note": str(note_id)},
                )
                for person in managers
            ]
        await queue_many(mails)
    return len(structures), len(mails)


async def find_sent(note_id: UUID) -> Sent | None:
    """What was written with a note, and by whom."""
    return await fetch_one(
        Sent,
        """SELECT n.text, p.name AS by_name, p.email AS by_email FROM structure_note n JOIN person p ON p.id = n.by_id
           WHERE n.id = $1""",
        note_id,
    )
