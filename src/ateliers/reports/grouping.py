"""What a row of a report stands for, how it is called, and in which order rows come."""

from __future__ import annotations

import enum
from datetime import date
from typing import Any

from babel.dates import format_date

from ateliers.agenda.kinds import Kind
from ateliers.places.communes import DEPARTEMENTS, REGIONS
from ateliers.words import T, fold, language


class Grouping(enum.Enum):
    """What a row of a report stands for."""

    STRUCTURE = "structure"
    COMMUNE = "commune"
    DEPARTEMENT = "departement"
    REGION = "region"
    NATION = "nation"
    KIND = "kind"
    MONTH = "month"

    @property
    def label(self) -> T:
        """Its name on screen."""
        return _GROUPINGS[self]


class Part(enum.Enum):
    """A part of a year, of which figures are told; each has a name that sorts: 2026-03, 2026-T1."""

    MONTH = "month"
    QUARTER = "quarter"

    @property
    def pattern(self) -> str:
        """How PostgreSQL writes the name."""
        return "YYYY-MM" if self is Part.MONTH else 'YYYY-"T"Q'


def months_of(start: date, end: date) -> list[str]:
    """Names of the months that these days lie in, in order."""
    months = range(start.year * 12 + start.month - 1, end.year * 12 + end.month)
    return [f"{year}-{month + 1:02d}" for year, month in (divmod(month, 12) for month in months)]


def quarter_of(part: str) -> str:
    """« 2026-T1 » of « 2026-03 », or of itself."""
    year, _, month = part.partition("-")
    return f"{year}-T{(int(month) + 2) // 3}" if month.isdigit() else part


_GROUPINGS = {
    Grouping.STRUCTURE: T("Structure"),
    Grouping.COMMUNE: T("Commune"),
    Grouping.DEPARTEMENT: T("Département"),
    Grouping.REGION: T("Région"),
    Grouping.NATION: T("Nation"),
    Grouping.KIND: T("Kind"),
    Grouping.MONTH: T("Month"),
}


def label_of(by: Grouping, key: str, name: str) -> str:
    """What a row is called; `name` is what the tables call it, where they do."""
    match by:
        case Grouping.DEPARTEMENT:
            return departement_text(key)
        case Grouping.REGION:
            return REGIONS.get(key, key)
        case Grouping.NATION:
            return "France"
        case Grouping.KIND:
            return str(Kind(key).label)
        case Grouping.MONTH:
            day = date(int(key[:4]), int(key[5:]), 1)
            return format_date(day, "MMMM y", locale="en_GB" if language() == "en" else "fr")
        case _:
            return name


def departement_text(code: str) -> str:
    """« Nièvre (58) »."""
    return f"{DEPARTEMENTS.get(code, code)} ({code})"


def order_of(by: Grouping, key: str, label: str) -> Any:
    """What rows are sorted by."""
    if by is Grouping.KIND:
        return [kind.value for kind in Kind].index(key)
    return key if by in {Grouping.MONTH, Grouping.DEPARTEMENT} else (fold(label), key)
