"""Files that go with a shared experience: changed while it is written, read by whoever may read it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.database import execute, fetch_one, fetch_value, new_id
from ateliers.documents.files import (
    EVERY_TYPE,
    FileContent,
    FileType,
    Upload,
    drop_file,
    get_file,
    keep_file,
    type_of,
    wrong_with,
)
from ateliers.documents.photos import without_traces
from ateliers.experiences.experience import DOCUMENT_SQL, Document, ExperienceState, get_experience
from ateliers.network.people import Person
from ateliers.refusals import NotFound, Refusal

MOST = 10
TYPES = EVERY_TYPE - {FileType.HEIC}  # most browsers show no HEIC


class TooManyDocuments(Refusal):
    """Ten is a file cabinet already."""

    title = "There are ten documents already: take one away first."
    field = "file"


class NewDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A file and what it is, as far as they were given."""

    title: str
    upload: Upload | None


def wrong_document(new: NewDocument) -> dict[str, str]:
    """What is wrong with it, by field of the form."""
    wrong = {}
    if not new.title:
        wrong["document"] = "Say in a few words what it is."
    if new.upload is None:
        wrong["file"] = "Choose a file."
    elif type_of(new.upload.content) is FileType.HEIC:
        wrong["file"] = "Most browsers do not show HEIC photos: send it as JPEG."
    elif (why := wrong_with(new.upload, types=TYPES)) is not None:
        wrong["file"] = why
    return wrong


async def keep_document(experience_id: UUID, new: NewDocument, *, by: Person, now: datetime) -> None:
    """Add a file that nothing is wrong with. Opens no transaction. Raises TooManyDocuments."""
    many: int = await fetch_value("SELECT count(*) FROM experience_document WHERE experience_id = $1", experience_id)
    if many >= MOST:
        raise TooManyDocuments
    if new.upload is None:
        raise ValueError("no file")
    clean = Upload(name=new.upload.name, content=without_traces(new.upload.content))
    await execute(
        """INSERT INTO experience_document (id, experience_id, file_id, title, added_at, added_by)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        new_id(),
        experience_id,
        await keep_file(clean, now=now, types=TYPES),
        new.title,
        now,
        by.id,
    )


async def drop_document(experience_id: UUID, document_id: UUID) -> None:
    """Take a file of it away. Twice is once. Opens no transaction."""
    file_id = await fetch_value(
        "DELETE FROM experience_document WHERE id = $1 AND experience_id = $2 RETURNING file_id",
        document_id,
        experience_id,
    )
    if file_id is not None:
        await drop_file(file_id)


async def read_document(document_id: UUID, *, by: Person | None = None) -> FileContent:
    """The file: for everybody while its experience is shared, else for those who tell it and their coordinator. Raises NotFound."""
    document = await fetch_one(Document, f"{DOCUMENT_SQL} WHERE d.id = $1", document_id)
    if document is None:
        raise NotFound
    found = await get_experience(document.experience_id)
    is_theirs = by is not None and (
        found.is_of(by) or (by.coordinates(found.departement) and found.state is not ExperienceState.DRAFT)
    )
    if not found.is_public and not is_theirs:
        raise NotFound
    return await get_file(document.file_id)
