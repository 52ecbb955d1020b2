"""Files that go with a shared experience: added while it is written, read by whoever may read it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.database import execute, fetch_one, fetch_value, new_id, transaction
from ateliers.documents.files import EVERY_TYPE, FileContent, FileType, Upload, drop_file, get_file, keep_file
from ateliers.documents.photos import without_traces
from ateliers.experiences.experience import (
    DOCUMENT_SQL,
    Document,
    Experience,
    ExperienceState,
    get_experience,
)
from ateliers.experiences.sharing import NotBeingWritten, locked
from ateliers.network.people import Person
from ateliers.refusals import Invalid, NotFound, Refusal

MOST = 10
TYPES = EVERY_TYPE - {FileType.HEIC}  # most browsers show no HEIC


class TooManyDocuments(Refusal):
    """Ten is a file cabinet already."""

    title = "There are ten documents already: take one away first."
    field = "file"


class NewDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A file and what it is."""

    title: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=140,
            title="What is it?",
            description="Of a photo, say what can be seen on it: blind people are read these words.",
        ),
    ]
    file: Annotated[
        str,
        Meta(
            title="The file",
            description="PDF, photo (JPEG, PNG), text or table document: 20 MB at most. A photo loses the trace of where and when it was taken.",
            extra={"input": "file", "accept": ".pdf,.jpg,.jpeg,.png,.webp,.odt,.ods,.odp,.docx,.xlsx,.pptx,.mp4"},
        ),
    ] = ""


async def add_document(
    experience_id: UUID, new: NewDocument, upload: Upload | None, *, by: Person, now: datetime
) -> None:
    """Keep a file while it is being written. Raises NotFound, NotBeingWritten, TooManyDocuments, Invalid."""
    if upload is None or not upload.name:
        raise Invalid({"file": "Choose a file."})
    async with transaction():
        found = await _being_written(experience_id, by)
        many: int = await fetch_value("SELECT count(*) FROM experience_document WHERE experience_id = $1", found.id)
        if many >= MOST:
            raise TooManyDocuments
        clean = Upload(name=upload.name, content=without_traces(upload.content))
        file_id = await keep_file(clean, now=now, types=TYPES)
        await execute(
            """INSERT INTO experience_document (id, experience_id, file_id, title, added_at, added_by)
               VALUES ($1, $2, $3, $4, $5, $6)""",
            new_id(),
            found.id,
            file_id,
            new.title,
            now,
            by.id,
        )


async def remove_document(document_id: UUID, *, by: Person) -> Experience:
    """Take a file away while it is being written; what it belonged to. Raises NotFound, NotBeingWritten."""
    async with transaction():
        document = await _document(document_id)
        found = await _being_written(document.experience_id, by)
        await execute("DELETE FROM experience_document WHERE id = $1", document_id)
        await drop_file(document.file_id)
        return found


async def read_document(document_id: UUID, *, by: Person | None = None) -> FileContent:
    """The file: for everybody while its experience is shared, else for those who tell it and their coordinator. Raises NotFound."""
    document = await _document(document_id)
    found = await get_experience(document.experience_id)
    is_theirs = by is not None and (
        found.is_of(by) or (by.coordinates(found.departement) and found.state is not ExperienceState.DRAFT)
    )
    if not found.is_public and not is_theirs:
        raise NotFound
    return await get_file(document.file_id)


async def _document(id: UUID) -> Document:
    found = await fetch_one(Document, f"{DOCUMENT_SQL} WHERE d.id = $1", id)
    if found is None:
        raise NotFound
    return found


async def _being_written(experience_id: UUID, by: Person) -> Experience:
    found = await locked(experience_id)
    if not found.is_of(by):
        raise NotFound
    if found.state is not ExperienceState.DRAFT:
        raise NotBeingWritten
    return found
