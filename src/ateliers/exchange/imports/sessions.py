"""Sessions imported by a structure from a table or a calendar file: held, looked at row by row, then taken over (B24)."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from ateliers.agenda.local_time import to_utc
from ateliers.agenda.permission import allow_managing
from ateliers.database import execute, fetch_one, fetch_value, new_id
from ateliers.documents.files import Upload
from ateliers.exchange.imports.keep_sessions import open_keeper
from ateliers.exchange.imports.reading import Reading, Row, UnreadableFile, read_rows
from ateliers.exchange.imports.repairs import Notes, Unusable
from ateliers.exchange.imports.report import ImportReport
from ateliers.exchange.imports.run import Entry, Progress, run_entries
from ateliers.exchange.imports.session_csv import parse_session, title_in
from ateliers.exchange.imports.session_ics import Occurrence, parse_occurrence, read_calendar
from ateliers.exchange.imports.session_rows import Context, SessionRow, Usual, too_many
from ateliers.network.people import Person, get_person
from ateliers.network.structures import get_structure, get_structure_by_id
from ateliers.places.place import list_places_of
from ateliers.refusals import Invalid, NotFound, Refusal
from ateliers.words import T, when_in_words

SEANCES = "seances"
LARGEST = 2_000_000  # bytes: thousands of sessions
MOST_SESSIONS = 500
KEPT = timedelta(days=1)


class NoManager(Refusal):
    """Nobody of the structure could publish."""

    title = "This structure has no manager."


class HeldFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that its sender has yet to look at."""

    id: UUID
    structure_id: UUID
    by_id: UUID
    name: str
    content: bytes
    usual: Usual


async def hold_file(upload: Upload, usual: Usual, structure_id: UUID, *, by: Person, now: datetime) -> UUID:
    """Keep the file for its preview, for a day. Raises UnreadableFile, Invalid, NotAllowed, NotFound."""
    allow_managing(by, structure_id)
    if usual.place_id is not None and usual.place_id not in {place.id for place in await list_places_of(structure_id)}:
        raise Invalid({"place_id": "We do not know this place."})
    await asyncio.to_thread(_read, upload.content, usual, now)
    held_id = new_id()
    await execute(
        "INSERT INTO import_file (id, structure_id, by_id, name, content, usual, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        held_id,
        structure_id,
        by.id,
        upload.name,
        upload.content,
        msgspec.to_builtins(usual),
        now,
    )
    return held_id


async def get_held_file(held_id: UUID, *, by: Person) -> HeldFile:
    """The file, for who sent it and manages its structure still. Raises NotAllowed, NotFound."""
    held = await fetch_one(HeldFile, "SELECT * FROM import_file WHERE id = $1", held_id)
    if held is None or held.by_id != by.id:
        raise NotFound
    allow_managing(by, held.structure_id)
    return held


async def forget_files(now: datetime) -> None:
    """Held files go after a day, whether they were imported or not."""
    await execute("DELETE FROM import_file WHERE created_at < $1", now - KEPT)


async def preview_file(held: HeldFile, *, by: Person, now: datetime) -> ImportReport:
    """What would become of each session of the file; nothing changes. Raises UnreadableFile."""
    return await import_sessions(
        held.name, held.content, held.usual, held.structure_id, publish=False, dry_run=True, by=by, now=now
    )


async def import_file(held: HeldFile, *, publish: bool, by: Person, now: datetime) -> ImportReport:
    """Take the sessions over. What was taken over before is known and left alone, however often this is sent.

    Raises UnreadableFile.
    """
    return await import_sessions(
        held.name, held.content, held.usual, held.structure_id, publish=publish, dry_run=False, by=by, now=now
    )


async def import_sessions(
    name: str,
    content: bytes,
    usual: Usual,
    structure_id: UUID,
    *,
    publish: bool,
    dry_run: bool,
    by: Person,
    now: datetime,
    progress: Progress | None = None,
) -> ImportReport:
    """Read `content` and take over its sessions for the structure, or with `dry_run` only tell what would become of them.

    Each session is its own transaction: a refused one stops nobody. Raises UnreadableFile, NotAllowed, NotFound.
    """
    allow_managing(by, structure_id)
    structure = await get_structure_by_id(structure_id)
    context = Context(
        structure_id=structure_id,
        departement=structure.departement,
        zone=structure.zone,
        places=await list_places_of(structure_id),
        usual=usual,
        now=now,
    )
    read = await asyncio.to_thread(_read, content, usual, now)
    entries = await asyncio.to_thread(_entries, read, context)
    keeper = await open_keeper(structure_id, publish=publish, by=by, now=now)
    rows = await run_entries(entries, keeper, dry_run=dry_run, now=now, progress=progress)
    return ImportReport(kind=SEANCES, file=name, dry_run=dry_run, rows=rows)


async def import_for(
    slug: str,
    name: str,
    content: bytes,
    *,
    publish: bool,
    dry_run: bool,
    now: datetime,
    progress: Progress | None = None,
) -> ImportReport:
    """The same from the command, in the name of the structure's first manager. Raises UnreadableFile, NoManager, NotFound."""
    structure = await get_structure(slug)
    manager_id = await fetch_value(
        """SELECT person_id FROM role WHERE structure_id = $1 AND role = 'manager' AND revoked_at IS NULL
           ORDER BY granted_at, id LIMIT 1""",
        structure.id,
    )
    if manager_id is None:
        raise NoManager
    by = await get_person(manager_id)
    return await import_sessions(
        name, content, Usual(), structure.id, publish=publish, dry_run=dry_run, by=by, now=now, progress=progress
    )


def _read(content: bytes, usual: Usual, now: datetime) -> Reading | list[Occurrence]:
    """Rows of a table, or dates of a calendar. Raises UnreadableFile."""
    if len(content) > LARGEST:
        raise UnreadableFile(why=T("it is larger than %(n)s MB.", n=LARGEST // 1_000_000))
    is_calendar = content.lstrip(b"\xef\xbb\xbf \r\n\t")[:15].upper() == b"BEGIN:VCALENDAR"
    found = read_calendar(content, now=now, past=usual.past) if is_calendar else read_rows(content)
    count = len(found) if isinstance(found, list) else len(found.rows)
    if count > MOST_SESSIONS:
        raise UnreadableFile(why=too_many(MOST_SESSIONS))
    if count == 0:
        raise UnreadableFile(why=T("it has no rows."))
    return found


def _entries(read: Reading | list[Occurrence], context: Context) -> list[Entry]:
    entries = []
    if isinstance(read, Reading):
        for number, row in enumerate(read.rows, 1):
            notes = Notes()
            usable = _usable(row, notes, context)
            entries.append(_entry(row, usable, [*(read.notes if number == 1 else ()), *notes.said], context))
        return entries
    for one in sorted(read, key=lambda occurrence: occurrence.row["start"]):
        notes = Notes()
        entries.append(_entry(one.row, _usable(one, notes, context), notes.said, context))
    return entries


def _usable(row: Row | Occurrence, notes: Notes, context: Context) -> SessionRow | Unusable:
    try:
        if isinstance(row, Occurrence):
            return parse_occurrence(row, notes, context)
        return parse_session(row, notes, context)
    except Unusable as why:
        return why


def _entry(row: Row, usable: SessionRow | Unusable, said: list[T], context: Context) -> Entry:
    if isinstance(usable, Unusable):
        return Entry(row=row, usable=usable, key="", name=title_in(row), said=said)
    key = f"{SEANCES}:{context.structure_id}:{usable.reference}"
    zone = usable.spot.zone
    starts_at = to_utc(usable.local_start, zone)
    when = when_in_words(starts_at, starts_at + timedelta(minutes=usable.minutes), zone)
    return Entry(row=row, usable=usable, key=key, name=usable.title, said=said, when=when)
