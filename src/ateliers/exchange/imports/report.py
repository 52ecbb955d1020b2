"""What became of each row of an import, in words that whoever sent the file understands."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from ateliers.words import T

KNOWN = T("Already imported.")
KNOWN_CHANGED = T("Already imported; the source has changed since, nothing was touched.")


class Outcome(enum.Enum):
    """How a row ended."""

    IMPORTED = "imported"
    REPAIRED = "repaired"  # imported, after mending what the notes say
    KNOWN = "known"  # imported by an earlier run, or the same thing as an earlier row
    REFUSED = "refused"

    @property
    def label(self) -> T:
        """The outcome on screen."""
        return _LABELS[self]


_LABELS = {
    Outcome.IMPORTED: T("imported"),
    Outcome.REPAIRED: T("imported after repair"),
    Outcome.KNOWN: T("already known"),
    Outcome.REFUSED: T("refused"),
}


class RowReport(msgspec.Struct, frozen=True, kw_only=True):
    """One row: its number in the file (from 1, headers not counted), what it is about, how it ended and why."""

    number: int
    name: str
    outcome: Outcome
    notes: tuple[T, ...] = ()
    when: str = ""  # of a session, in words
    became: UUID | None = None  # the place or event that it is now; None in a preview


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """Every row of one file."""

    kind: str
    file: str
    dry_run: bool
    rows: Sequence[RowReport]

    @property
    def counts(self) -> Mapping[Outcome, int]:
        """How many rows ended each way; all four outcomes are there."""
        return {outcome: sum(row.outcome is outcome for row in self.rows) for outcome in Outcome}
