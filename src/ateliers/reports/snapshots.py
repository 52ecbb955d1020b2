"""Figures frozen when a period is closed, signed, and compared with what the sessions say later (F6)."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from ateliers.attendance.closing import ClosedPeriod, close_period, get_period
from ateliers.database import execute, fetch_one, fetch_rows
from ateliers.network.people import Person
from ateliers.refusals import NotFound
from ateliers.reports.grouping import Grouping
from ateliers.reports.indicators import COUNTED, INDICATORS
from ateliers.reports.masking import FEW, Mask
from ateliers.reports.report import Cell, Rate, Report, Row, check_days, report
from ateliers.reports.scope import Scope
from ateliers.reports.wording import figure
from ateliers.signing import sign
from ateliers.words import speaking

PURPOSE = "figures of a closed period"
INSIDE = "figures of a closed period, for the structure itself"
SIGNATURE = 32  # letters
FORMAT = "ateliers-figures/1"


class FrozenRow(msgspec.Struct, frozen=True):
    """A line as it was: counts that are neither zero nor hidden, and why others are not shown."""

    key: str
    label: str
    counts: dict[str, int] = {}
    masked: dict[str, Mask] = {}

    def row(self) -> Row:
        """The same as a report has it."""
        cells = {
            one.key: Cell(None, self.masked[one.key]) if one.key in self.masked else Cell(self.counts.get(one.key, 0))
            for one in COUNTED
        }
        return Row(key=self.key, label=self.label, counts=cells)


class FrozenTable(msgspec.Struct, frozen=True):
    """The figures by one grouping."""

    rows: list[FrozenRow]
    total: FrozenRow


Tables = dict[str, FrozenTable]  # by grouping


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What the hash is of. Small counts are hidden: it may be shown to anybody."""

    format: str
    closing: UUID
    structure: UUID | None
    departements: list[str] | None
    first_day: date
    last_day: date
    closed_at: datetime
    made_at: datetime
    tables: Tables
    inside: str = ""  # a structure's: the keyed seal of its figures with the small counts, which it alone reads


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a closing, as they were then."""

    period_id: UUID
    made_at: datetime
    content: str  # canonical JSON
    sha256: bytes
    signature: str
    inside: str | None  # JSON, as the content's tables

    @property
    def hash(self) -> str:
        """The SHA-256 of the content, in hexadecimal."""
        return self.sha256.hex()

    @property
    def is_genuine(self) -> bool:
        """Whether nobody touched it since: the hash is that of the content, and the signature ours."""
        digest = hashlib.sha256(self.content.encode())
        if digest.digest() != self.sha256 or self.signature != _seal(PURPOSE, digest.digest()):
            return False
        content = msgspec.json.decode(self.content, type=Content)
        return self.inside is None or content.inside == _seal(INSIDE, hashlib.sha256(self.inside.encode()).digest())

    def table(self, by: Grouping, *, is_masked: bool) -> dict[str, Row] | None:
        """The lines by key, the total under ''; None when those with the small counts are asked for and were not frozen."""
        if is_masked:
            tables = msgspec.json.decode(self.content, type=Content).tables
        elif self.inside is not None:
            tables = msgspec.json.decode(self.inside, type=Tables)
        else:
            return None
        frozen = tables[by.value]
        return {row.key: row.row() for row in (*frozen.rows, frozen.total)}


class Rectified(msgspec.Struct, frozen=True, kw_only=True):
    """A report beside the figures that were frozen: what they were, where they are not the same any more."""

    snapshot: Snapshot
    closed_at: datetime
    is_closed: bool  # now; otherwise it was reopened
    is_compared: bool  # line by line, with frozen figures that this reader may be shown
    before: dict[str, dict[str, str]]  # by key of the row ('' for the total) and of the indicator
    gone: list[str]  # names of lines that are no longer there

    @property
    def count(self) -> int:
        """How many figures differ."""
        return sum(len(row) for row in self.before.values())


_SQL = "SELECT period_id, made_at, content, sha256, signature, inside FROM snapshot"


async def close_figures(
    *,
    first_day: date,
    last_day: date,
    structure_id: UUID | None = None,
    departements: list[str] | None = None,
    by: Person,
    now: datetime,
) -> ClosedPeriod:
    """Close the period, then freeze its figures. Raises as `close_period`.

    Should the process die in between, `freeze_missing` freezes the same figures: nothing of a closed period changes.
    """
    check_days(first_day, last_day)
    period = await close_period(
        first_day=first_day, last_day=last_day, structure_id=structure_id, departements=departements, by=by, now=now
    )
    await _freeze(period, now=now)
    return period


async def freeze_missing(now: datetime) -> int:
    """A chore: freeze the figures of closings that have none yet; how many."""
    rows = await fetch_rows(
        "SELECT id FROM closed_period c WHERE reopened_at IS NULL "
        "AND NOT EXISTS (SELECT FROM snapshot WHERE period_id = c.id)"
    )
    for row in rows:
        await _freeze(await get_period(row["id"]), now=now)
    return len(rows)


async def find_snapshot(period_id: UUID) -> Snapshot | None:
    """The figures frozen at a closing."""
    return await fetch_one(Snapshot, f"{_SQL} WHERE period_id = $1", period_id)


async def get_snapshot(period_id: UUID, *, by: Person) -> Snapshot:
    """The same, for who manages the structure or reads the territory. Raises NotFound."""
    found = await find_snapshot(period_id)
    if found is None or not may_read(await get_period(period_id), by=by):
        raise NotFound
    return found


def may_read(period: ClosedPeriod, *, by: Person) -> bool:
    """Whether the figures that were frozen are for them: a territory's are not for its structures."""
    if period.structure_id is not None:
        return by.serves(period.structure_id) or by.is_coordinator
    return by.is_national or all(by.reads(one) for one in period.departements or ["?"])


async def compare(made: Report, scope: Scope) -> Rectified | None:
    """The report beside the first figures frozen of the same days and territory; None when they never were."""
    if made.kind is not None or (scope.structures is not None and len(scope.structures) != 1):
        return None
    found = await fetch_one(
        _Found,
        """SELECT s.period_id, s.made_at, s.content, s.sha256, s.signature, s.inside, c.closed_at,
               EXISTS (SELECT FROM closed_period d WHERE d.reopened_at IS NULL AND (d.first_day, d.last_day) = ($1, $2)
                   AND d.structure_id IS NOT DISTINCT FROM $3 AND d.departements IS NOT DISTINCT FROM $4) AS is_closed
           FROM snapshot s JOIN closed_period c ON c.id = s.period_id
           WHERE (c.first_day, c.last_day) = ($1, $2) AND c.structure_id IS NOT DISTINCT FROM $3
             AND c.departements IS NOT DISTINCT FROM $4 ORDER BY c.closed_at, c.id LIMIT 1""",
        made.start,
        made.end,
        scope.structures[0] if scope.structures else None,
        sorted(scope.departements) if scope.departements is not None else None,
    )
    if found is None:
        return None
    frozen = found.table(made.by, is_masked=made.is_masked)
    rows = {row.key: row for row in (*made.rows, made.total)}
    return Rectified(
        snapshot=found,
        closed_at=found.closed_at,
        is_closed=found.is_closed,
        is_compared=frozen is not None and made.is_told,
        before=_differences(frozen, rows) if frozen else {},
        gone=[row.label for key, row in (frozen or {}).items() if key not in rows],
    )


def _differences(frozen: dict[str, Row], rows: dict[str, Row]) -> dict[str, dict[str, str]]:
    nothing = FrozenRow("", "").row()
    found: dict[str, dict[str, str]] = {}
    for key, row in rows.items():
        was = frozen.get(key, nothing)
        changed = {
            one.key: figure(was[one.key], one) or "–"
            for one in INDICATORS
            if (one.is_counted or one.is_rate) and _is_other(was[one.key], row[one.key])
        }
        if changed:
            found[key] = changed
    return found


def _is_other(was: Cell | Rate, now: Cell | Rate) -> bool:
    """Whether a figure changed for sure: of one hidden for the sake of another, even a zero that is told elsewhere, nobody can say."""
    if Mask.WITHHELD in (was.mask, now.mask):
        return False
    if Mask.FEW in (was.mask, now.mask):
        return (was.value or 0) >= FEW or (now.value or 0) >= FEW
    return was != now


class _Found(Snapshot, frozen=True, kw_only=True):
    closed_at: datetime
    is_closed: bool


async def _freeze(period: ClosedPeriod, *, now: datetime) -> None:
    scope = Scope.of(period.structure_id, period.departements)
    tables = await _tables(period, scope, now=now)
    inside = None
    if period.structure_id is not None:
        known = await _tables(period, msgspec.structs.replace(scope, is_outside=False), now=now)
        inside = msgspec.json.encode(known, order="sorted")
    content = msgspec.json.encode(
        Content(
            format=FORMAT,
            closing=period.id,
            structure=period.structure_id,
            departements=period.departements,
            first_day=period.first_day,
            last_day=period.last_day,
            closed_at=period.closed_at,
            made_at=now,
            tables=tables,
            inside=_seal(INSIDE, hashlib.sha256(inside).digest()) if inside is not None else "",
        ),
        order="sorted",
    )
    digest = hashlib.sha256(content).digest()
    await execute(
        "INSERT INTO snapshot (period_id, made_at, content, sha256, signature, inside) VALUES ($1, $2, $3, $4, $5, $6) "
        "ON CONFLICT (period_id) DO NOTHING",
        period.id,
        now,
        content.decode(),
        digest,
        _seal(PURPOSE, digest),
        inside.decode() if inside is not None else None,
    )


async def _tables(period: ClosedPeriod, scope: Scope, *, now: datetime) -> Tables:
    tables = {}
    with speaking("fr"):
        for by in Grouping:
            made = await report(by=by, start=period.first_day, end=period.last_day, scope=scope, now=now)
            tables[by.value] = FrozenTable([_frozen(row) for row in made.rows], _frozen(made.total))
    return tables


def _seal(purpose: str, digest: bytes) -> str:
    return sign(purpose, digest.hex(), length=SIGNATURE)


def _frozen(row: Row) -> FrozenRow:
    cells: dict[str, Any] = row.counts
    return FrozenRow(
        row.key,
        row.label,
        {key: cell.value for key, cell in cells.items() if cell.value},
        {key: cell.mask for key, cell in cells.items() if cell.mask},
    )
