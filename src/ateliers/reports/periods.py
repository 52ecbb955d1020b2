"""Periods as people name them (a year, its quarters, its months), and those that are told outside the structures (F1, F7)."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
from babel.dates import format_date

from ateliers.agenda.kinds import Kind
from ateliers.reports.grouping import Grouping
from ateliers.reports.published import told_whole
from ateliers.words import date_in_words, gettext, language

MONTH, QUARTER, YEAR = 1, 3, 12  # months
FIRST_YEAR, LAST_YEAR = 2000, 2100  # of any report
_NAMES = {MONTH: "MMMM y", QUARTER: "QQQQ y", YEAR: "y"}
_SHORT = {MONTH: "LLLL", QUARTER: "QQQQ", YEAR: "y"}


class Period(msgspec.Struct, frozen=True):
    """Days from the first to the last, both included."""

    start: date
    end: date

    @property
    def name(self) -> str:
        """« 2026 », « 3e trimestre 2026 », « mars 2026 », or « du 05/03/2026 au 12/04/2026 »."""
        if self._length:
            return self._called(_NAMES[self._length])
        return gettext("from %(first)s to %(last)s") % {
            "first": date_in_words(self.start),
            "last": date_in_words(self.end),
        }

    @property
    def short_name(self) -> str:
        """The same among others of its year: « 3e trimestre », « mars »."""
        return self._called(_SHORT[self._length]) if self._length else self.name

    @property
    def _length(self) -> int:
        """In months, when the calendar has a name for it; else 0."""
        first = _month(self.start)
        named = (length for length in _NAMES if first % length == 0 and _of_months(first, length) == self)
        return next(named, 0)

    def _called(self, pattern: str) -> str:
        return format_date(self.start, pattern, locale="en_GB" if language() == "en" else "fr")


def year_of(year: int) -> Period:
    """The whole of it."""
    return _of_months(year * YEAR, YEAR)


def periods_around(shown: Period, today: date, *, shortest: int) -> list[list[Period]]:
    """What a page offers beside the one that it shows: years, the quarters of its last year, and the months unless QUARTER is shortest."""
    year = shown.end.year
    years = {today.year - 1, today.year, year - 1, year, min(year + 1, max(year, today.year))}
    parts = [
        [_of_months(year * YEAR + first, length) for first in range(0, YEAR, length)]
        for length in (QUARTER, MONTH)
        if length >= shortest
    ]
    return [[year_of(one) for one in sorted(years) if one >= FIRST_YEAR], *parts]


def nearest_told(by: Grouping, kind: Kind | None, asked: Period) -> list[Period]:
    """Of days that cannot be told outside: the longest period inside them that can (where there is one), and the shortest around."""
    unit = told_by(by, kind)
    if unit is None:
        return []
    after = asked.end + timedelta(days=1)
    first = _month(asked.start)
    inside = -(-(first + (asked.start.day > 1)) // unit) * unit, _month(after) // unit * unit
    around = first // unit * unit, (_month(asked.end) // unit + 1) * unit
    return [_of_months(start, end - start) for start, end in (inside, around) if start < end]


def told_by(by: Grouping, kind: Kind | None) -> int | None:
    """By what counts of people are told outside the structures: MONTH or QUARTER; None: they never are."""
    of_some_year = {length: _of_months(2000 * YEAR, length) for length in (MONTH, QUARTER)}
    told = (length for length, one in of_some_year.items() if told_whole(by, kind, one.start, one.end))
    return next(told, None)


def _month(day: date) -> int:
    """Its number, counted from the year 0."""
    return day.year * YEAR + day.month - 1


def _of_months(first: int, length: int) -> Period:
    return Period(_first_day(first), _first_day(first + length) - timedelta(days=1))


def _first_day(month: int) -> date:
    return date(month // YEAR, month % YEAR + 1, 1)
