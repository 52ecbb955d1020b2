"""The sign-in sheet once it is signed: a scan or photos of it, received or missing, destroyed when it is no longer needed (E7)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.agenda.sessions import get_session
from ateliers.database import execute, fetch, fetch_value, new_id, transaction
from ateliers.documents.files import PAPERS, FileContent, Upload, drop_file, get_file, keep_file
from ateliers.documents.photos import without_traces
from ateliers.network.people import Person
from ateliers.refusals import Invalid, NotFound, Refusal

MOST = 20  # pages kept of one session


class TooManySheets(Refusal):
    """There is room for the pages of one session, not for an album."""

    title = "Twenty pages at most are kept for a session. Remove one first."
    field = "file"


class SignedSheet(msgspec.Struct, frozen=True, kw_only=True):
    """One page that was handed in; `name` is None once it is destroyed."""

    id: UUID
    name: str | None
    media_type: str | None
    size: int | None  # bytes
    received_at: datetime
    received_by: str | None
    dropped_at: datetime | None
    dropped_by: str | None


async def keep_signed_sheet(session_id: UUID, upload: Upload | None, *, by: Person, now: datetime) -> UUID:
    """Keep a photo or PDF of the signed sheet. Raises NotFound, Invalid, TooManySheets."""
    await _served(session_id, by)
    if upload is None or not (upload.name or upload.content):
        raise Invalid({"file": "Choose a photo or a PDF of the signed sheet."})
    id = new_id()
    # Where a photo was taken is nobody's business.
    bare = Upload(name=upload.name, content=without_traces(upload.content))
    async with transaction():
        await fetch_value("SELECT id FROM session WHERE id = $1 FOR NO KEY UPDATE", session_id)
        kept = await fetch_value(
            "SELECT count(*) FROM signed_sheet WHERE session_id = $1 AND file_id IS NOT NULL", session_id
        )
        if kept >= MOST:
            raise TooManySheets
        file_id = await keep_file(bare, now=now, types=PAPERS)
        await execute(
            "INSERT INTO signed_sheet (id, session_id, file_id, received_at, received_by) VALUES ($1, $2, $3, $4, $5)",
            id,
            session_id,
            file_id,
            now,
            by.id,
        )
    return id


async def list_signed_sheets(session_id: UUID) -> list[SignedSheet]:
    """What was handed in, in order of time; those destroyed as well."""
    return await fetch(
        SignedSheet,
        """SELECT s.id, f.name, f.media_type, f.size, s.received_at, r.name AS received_by, s.dropped_at, d.name AS dropped_by
           FROM signed_sheet s LEFT JOIN file f ON f.id = s.file_id LEFT JOIN person r ON r.id = s.received_by
           LEFT JOIN person d ON d.id = s.dropped_by WHERE s.session_id = $1 ORDER BY s.received_at, s.id""",
        session_id,
    )


async def get_signed_sheet(session_id: UUID, sheet_id: UUID, *, by: Person) -> FileContent:
    """The photo or PDF. Raises NotFound."""
    await _served(session_id, by)
    return await get_file(await _file_of(session_id, sheet_id))


async def drop_signed_sheet(session_id: UUID, sheet_id: UUID, *, by: Person, now: datetime) -> None:
    """Destroy the photo or PDF; that it was received, and who destroyed it, stays known. Raises NotFound."""
    await _served(session_id, by)
    async with transaction():
        file_id = await _file_of(session_id, sheet_id)
        await execute(
            "UPDATE signed_sheet SET file_id = NULL, dropped_at = $2, dropped_by = $3 WHERE id = $1",
            sheet_id,
            now,
            by.id,
        )
        await drop_file(file_id)


async def _served(session_id: UUID, by: Person) -> None:
    if not by.serves((await get_session(session_id)).structure_id):
        raise NotFound


async def _file_of(session_id: UUID, sheet_id: UUID) -> UUID:
    file_id: UUID | None = await fetch_value(
        "SELECT file_id FROM signed_sheet WHERE id = $2 AND session_id = $1 FOR UPDATE", session_id, sheet_id
    )
    if file_id is None:
        raise NotFound
    return file_id
