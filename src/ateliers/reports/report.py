"""A report: the indicators over a period, by structure, commune, département, région, nation, kind or month."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from ateliers.agenda.kinds import Kind
from ateliers.refusals import Invalid
from ateliers.reports.counting import count, count_persons
from ateliers.reports.grouping import Grouping, label_of, months_of, order_of
from ateliers.reports.indicator import Counts, Indicator, Unit
from ateliers.reports.indicators import BY_KEY, COUNTED, INDICATORS
from ateliers.reports.masking import Mask
from ateliers.reports.periods import FIRST_YEAR, LAST_YEAR, Period
from ateliers.reports.published import TOTAL, Masks, count_published, told_whole
from ateliers.reports.scope import Scope
from ateliers.words import T, today_of

LONGEST_YEARS = 20
MONTHS_SHOWN = 60  # of a longer period, months without a session are left out


class Cell(msgspec.Struct, frozen=True, gc=False):
    """A count, or why it is not shown."""

    value: int | None
    mask: Mask | None = None


class Rate(msgspec.Struct, frozen=True):
    """A share with what it is made of; None where nothing is to be divided, or where one of the two is not shown."""

    numerator: Cell
    denominator: Cell

    @property
    def mask(self) -> Mask | None:
        """Why it is not shown."""
        return Mask.WITHHELD if self.numerator.mask or self.denominator.mask else None

    @property
    def value(self) -> float | None:
        """Between 0 and 1, or above where staff booked over capacity."""
        if self.numerator.value is None or not self.denominator.value:
            return None
        return self.numerator.value / self.denominator.value


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a report."""

    key: str
    label: str
    counts: dict[str, Cell]  # by key of the indicator, those that add up
    persons: int | None = None  # who came, at least; None: not known here

    def __getitem__(self, key: str) -> Cell | Rate:
        indicator = BY_KEY[key]
        if key == "persons":
            return Cell(self.persons)
        if indicator.is_rate:
            return Rate(self.counts[indicator.numerator], self.counts[indicator.denominator])
        return self.counts[key]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The figures, row by row, and their total; `made_at` is when."""

    by: Grouping
    start: date
    end: date  # the last day counted
    kind: Kind | None
    made_at: datetime
    is_masked: bool
    rows: list[Row]
    total: Row

    @property
    def period(self) -> Period:
        """The days counted."""
        return Period(self.start, self.end)

    @property
    def is_told(self) -> bool:
        """Whether the reader may be told counts of people of these days, line by line."""
        return not self.is_masked or told_whole(self.by, self.kind, self.start, self.end)

    @property
    def is_total_told(self) -> bool:
        """The same of the total."""
        return self.is_told or told_whole(Grouping.NATION, self.kind, self.start, self.end)

    @property
    def is_over(self) -> bool:
        """Whether nothing is still to come: its last day is here."""
        return self.end <= today_of(self.made_at)

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """What each row has."""
        return INDICATORS

    def plain(self) -> dict[str, Any]:
        """The report as JSON types: a figure not shown is null, and `masked` says why."""
        return {
            "by": self.by.value,
            "from": self.start.isoformat(),
            "to": self.end.isoformat(),
            "kind": self.kind.value if self.kind else None,
            "made_at": self.made_at.isoformat(),
            "indicators": [
                {
                    "key": one.key,
                    "label": str(one.label),
                    "definition": str(one.definition),
                    "formula": str(one.formula),
                    "unit": one.unit.value,
                    "privacy": one.privacy.value,
                    "numerator": one.numerator or None,
                    "denominator": one.denominator or None,
                }
                for one in INDICATORS
            ],
            "rows": [_plain_row(row) for row in self.rows],
            "total": _plain_row(self.total),
        }


def _plain_row(row: Row) -> dict[str, Any]:
    figures = {one.key: row[one.key] for one in INDICATORS}
    return {
        "key": row.key,
        "label": row.label,
        "figures": {key: plain_value(BY_KEY[key], figure) for key, figure in figures.items()},
        "masked": {key: figure.mask.value for key, figure in figures.items() if figure.mask is not None},
    }


def plain_value(indicator: Indicator, found: Cell | Rate) -> float | None:
    """The figure as a number: a share between 0 and 1, hours as hours; None when it is not shown."""
    if found.value is None:
        return None
    if indicator.unit is Unit.HOURS:
        return round(found.value / 60, 2)
    return round(found.value, 4) if isinstance(found, Rate) else found.value


async def report(
    *, by: Grouping, start: date, end: date, kind: Kind | None = None, scope: Scope, now: datetime, direct: bool = False
) -> Report:
    """The figures of the sessions promised for a day from `start` to `end`, both included. Raises Invalid.

    `direct`: counted session by session, without the sums of days long over. It is slower, and says the same.
    """
    check_period(start, end)
    masks: Masks = {}
    if scope.is_outside:
        counted, masks = await count_published(by, start, end, kind, scope, now=now, direct=direct)
    else:
        counted = await count(by, start, end, kind, scope, now=now, direct=direct)
    persons = await count_persons(by, start, end, kind, scope, now=now)
    if by is Grouping.NATION and not counted:
        counted = {"FR": ("", Counts())}
    if by is Grouping.MONTH and len(months := months_of(start, end)) <= MONTHS_SHOWN:
        counted = {key: ("", Counts()) for key in months} | counted
    labelled = sorted(
        ((key, label_of(by, key, name), counts) for key, (name, counts) in counted.items()),
        key=lambda one: order_of(by, one[0], one[1]),
    )
    total = Counts.sum_of(counts for _key, _name, counts in labelled)
    return Report(
        by=by,
        start=start,
        end=end,
        kind=kind,
        made_at=now,
        is_masked=scope.is_outside,
        rows=[
            _row(key, label, counts, masks.get(key, {}), persons.get(key, 0) if persons else None)
            for key, label, counts in labelled
        ],
        total=_row("", str(T("Total")), total, masks.get(TOTAL, {}), persons.get(None)),
    )


def check_period(start: date, end: date) -> None:
    """Refuse a period that nobody can mean. Raises Invalid."""
    for name, day in (("start", start), ("end", end)):
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise Invalid({name: "Write a date between 2000 and 2100."})
    if end < start:
        raise Invalid({"end": "The period ends before it starts."})
    if end.year - start.year > LONGEST_YEARS:
        raise Invalid({"end": "A period is at most 20 years long."})


def check_days(first_day: date, last_day: date) -> None:
    """The same of a form that asks for a first and a last day. Raises Invalid."""
    try:
        check_period(first_day, last_day)
    except Invalid as wrong:
        names = {"start": "first_day", "end": "last_day"}
        raise Invalid({names[name]: text for name, text in wrong.errors.items()}) from None


def period_before(start: date, end: date) -> tuple[date, date]:
    """The period of the same length just before: as many months when these are whole months, else as many days."""
    after = end + timedelta(days=1)
    if start.day == after.day == 1:
        months = (after.year - start.year) * 12 + after.month - start.month
        year, month = divmod(start.year * 12 + start.month - 1 - months, 12)
        if year >= FIRST_YEAR:
            return date(year, month + 1, 1), start - timedelta(days=1)
    return start - (after - start), start - timedelta(days=1)


async def report_before(made: Report, scope: Scope, *, now: datetime) -> Report | None:
    """The total of the same question for the period before; None where there is no such period."""
    start, end = period_before(made.start, made.end)
    if start.year < FIRST_YEAR:
        return None
    return await report(by=Grouping.NATION, start=start, end=end, kind=made.kind, scope=scope, now=now)


# A nation's structures are thousands of lines: fields are taken by their place, and zeros are one.
_NONE_COUNTED = Cell(0)
_PLACES = [(one.key, [Counts.__struct_fields__.index(name) for name in one.adds]) for one in COUNTED]


def _row(key: str, label: str, counts: Counts, hidden: dict[str, Mask], persons: int | None) -> Row:
    fields = msgspec.structs.astuple(counts)
    cells = {}
    for name, places in _PLACES:
        value = fields[places[0]] if len(places) == 1 else sum([fields[place] for place in places])
        cells[name] = Cell(value) if value else _NONE_COUNTED
    for name, mask in hidden.items():
        cells[name] = Cell(None, mask)
    return Row(key=key, label=label, counts=cells, persons=persons)
