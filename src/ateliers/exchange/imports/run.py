"""The import itself: read a file, make each row usable or refuse it, apply what is new, tell what became of all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from msgspec.structs import replace

from ateliers.exchange.imports import keep_events, keep_places
from ateliers.exchange.imports.agenda_rows import EventRow
from ateliers.exchange.imports.evenements import parse_event, usual_departement
from ateliers.exchange.imports.ledger import Taken, digest_of, taken_over
from ateliers.exchange.imports.lieux import PlaceRow, parse_place
from ateliers.exchange.imports.openagenda import parse_openagenda
from ateliers.exchange.imports.reading import Row, UnreadableFile, read_rows
from ateliers.exchange.imports.repairs import Notes, Unusable, text_of
from ateliers.exchange.imports.report import KNOWN, KNOWN_CHANGED, ImportReport, Outcome, RowReport
from ateliers.exchange.imports.session_rows import SessionRow
from ateliers.words import T

LIEUX = "lieux"
OPENAGENDA = "openagenda"
EVENEMENTS = "evenements"
KINDS = (OPENAGENDA, LIEUX, EVENEMENTS)
NAME_COLUMNS = ("nom", "Nom", "Nom de votre structure", "title", "title_fr", "name")

Progress = Callable[[int, int], None]  # rows done, rows in all
Usable = PlaceRow | EventRow | SessionRow


class Entry(NamedTuple):
    """A row of a file, what it was read as, its key among all rows ever imported ('' for one that is refused)."""

    row: Row
    usable: Usable | Unusable
    key: str
    name: str
    said: Sequence[T]
    when: str = ""  # in words


class Keeper(Protocol):
    """What writes the usable rows of one kind of file."""

    latest_id: UUID

    def twin_of(self, row: Any, /) -> T | None:
        """Why the row is known already, though under another key."""

    def remarks(self, row: Any, /) -> tuple[T, ...]:
        """What to say of a row that is kept otherwise than it may be expected."""

    def remember(self, row: Any, number: int, /) -> None:
        """The row is kept, or would be."""

    async def keep(self, row: Any, key: str, digest: bytes, *, now: datetime) -> tuple[T, ...]:
        """Write it; why not, if it is refused after all."""


__all__ = ["EVENEMENTS", "KINDS", "LIEUX", "OPENAGENDA", "UnreadableFile", "run_import"]


async def run_import(
    kind: str, path: Path, *, dry_run: bool, now: datetime, progress: Progress | None = None
) -> ImportReport:
    """Take over the rows of `path` (`kind`: one of KINDS), or with `dry_run` only tell what would become of them.

    Each row is its own transaction: a refused one stops nobody. A second run over the same file changes nothing.
    Raises UnreadableFile; OSError when the file cannot be opened; ValueError for an unknown kind.
    """
    if kind not in KINDS:
        raise ValueError(kind)
    reading = read_rows(await asyncio.to_thread(path.read_bytes))
    departement = usual_departement(reading.rows) if kind == EVENEMENTS else ""
    entries = []
    for number, row in enumerate(reading.rows, 1):
        usable, notes = _parse(kind, row, departement)
        key = _key(kind, path.stem, usable) if isinstance(usable, (PlaceRow, EventRow)) else ""
        said = [*reading.notes, *notes.said] if number == 1 else list(notes.said)
        entries.append(Entry(row=row, usable=usable, key=key, name=_name(row), said=said))
    keeper: Keeper = await keep_places.open_keeper() if kind == LIEUX else keep_events.EventKeeper(source=kind, now=now)
    rows = await run_entries(entries, keeper, dry_run=dry_run, now=now, progress=progress)
    return ImportReport(kind=kind, file=path.name, dry_run=dry_run, rows=rows)


async def run_entries(
    entries: Sequence[Entry], keeper: Keeper, *, dry_run: bool, now: datetime, progress: Progress | None = None
) -> list[RowReport]:
    """What becomes of each row: kept by `keeper`, found known, or refused."""
    known = await taken_over(entry.key for entry in entries if entry.key)
    rows: list[RowReport] = []
    for number, entry in enumerate(entries, 1):
        key, row = entry.key, entry.row
        report = RowReport(
            number=number, name=entry.name, outcome=Outcome.REFUSED, when=entry.when, notes=tuple(entry.said)
        )
        rows.append(await _apply(report, row, entry.usable, key, known.get(key), keeper, dry_run=dry_run, now=now))
        if not dry_run and rows[-1].outcome in (Outcome.IMPORTED, Outcome.REPAIRED):
            known[key] = Taken(key, keeper.latest_id, digest_of(row))
        elif key and key not in known and rows[-1].outcome is not Outcome.REFUSED:
            known[key] = Taken(key, keep_places.NOBODY, digest_of(row))
        if progress is not None:
            progress(number, len(entries))
    return rows


def _parse(kind: str, row: Row, departement: str) -> tuple[PlaceRow | EventRow | Unusable, Notes]:
    notes = Notes()
    try:
        if kind == LIEUX:
            return parse_place(row, notes), notes
        if kind == OPENAGENDA:
            return parse_openagenda(row, notes), notes
        return parse_event(row, notes, departement=departement), notes
    except Unusable as why:
        return why, notes


def _key(kind: str, source: str, usable: PlaceRow | EventRow) -> str:
    """OpenAgenda's ids are the world's; the other files' are their own."""
    return f"{kind}:{usable.reference}" if kind == OPENAGENDA else f"{kind}:{source}:{usable.reference}"


def _name(row: Row) -> str:
    inner = row.get("fields")
    columns = inner if isinstance(inner, dict) else row
    found = next((columns[name] for name in NAME_COLUMNS if columns.get(name)), "")
    if isinstance(found, dict):  # by language
        found = found.get("fr") or next(iter(found.values()), "")
    return text_of(found, Notes(), longest=80)


async def _apply(
    report: RowReport,
    row: Row,
    usable: Usable | Unusable,
    key: str,
    taken: Taken | None,
    keeper: Keeper,
    *,
    dry_run: bool,
    now: datetime,
) -> RowReport:
    """The row's report once it is kept, found known, or refused."""
    if isinstance(usable, Unusable):
        return _ended(report, Outcome.REFUSED, usable.note)
    if taken is not None:
        ended = _ended(report, Outcome.KNOWN, KNOWN if taken.digest == digest_of(row) else KNOWN_CHANGED, alone=True)
        return ended if taken.subject_id == keep_places.NOBODY else replace(ended, became=taken.subject_id)
    twin = keeper.twin_of(usable)
    if twin is not None:
        return _ended(report, Outcome.KNOWN, twin, alone=True)
    if not dry_run:
        refused = await keeper.keep(usable, key, digest_of(row), now=now)
        if refused:
            return _ended(report, Outcome.REFUSED, *refused)
    keeper.remember(usable, report.number)
    ended = _ended(report, Outcome.REPAIRED if report.notes else Outcome.IMPORTED, *keeper.remarks(usable))
    return ended if dry_run else replace(ended, became=keeper.latest_id)


def _ended(report: RowReport, outcome: Outcome, *why: T, alone: bool = False) -> RowReport:
    notes: Sequence[T] = why if alone else (*report.notes, *why)
    return replace(report, outcome=outcome, notes=tuple(notes))
