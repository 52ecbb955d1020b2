"""A report: the indicators over a period, by structure, commune, département, région, nation, kind or month."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from babel.dates import format_date

from ateliers.agenda.kinds import Kind
from ateliers.database import fetch_rows
from ateliers.places.communes import DEPARTEMENTS, REGIONS, region_of
from ateliers.refusals import Invalid
from ateliers.reports.indicators import BY_KEY, COUNTED, INDICATORS, Counts, Indicator
from ateliers.reports.masking import Mask, mask
from ateliers.reports.scope import Scope
from ateliers.words import T, fold, language

LONGEST_YEARS = 20
FIRST_YEAR, LAST_YEAR = 2000, 2100
FEW_STRUCTURES = 50  # of which bookings are looked up session by session
MONTHS_SHOWN = 60  # of a longer period, months without a session are left out


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


_GROUPINGS = {
    Grouping.STRUCTURE: T("Structure"),
    Grouping.COMMUNE: T("Commune"),
    Grouping.DEPARTEMENT: T("Département"),
    Grouping.REGION: T("Région"),
    Grouping.NATION: T("Nation"),
    Grouping.KIND: T("Kind"),
    Grouping.MONTH: T("Month"),
}


class Cell(msgspec.Struct, frozen=True):
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
    counts: dict[str, Cell]  # by key of the indicator

    def __getitem__(self, key: str) -> Cell | Rate:
        indicator = BY_KEY[key]
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
        "figures": {
            key: figure.value if isinstance(figure, Cell) or figure.value is None else round(figure.value, 4)
            for key, figure in figures.items()
        },
        "masked": {key: figure.mask.value for key, figure in figures.items() if figure.mask is not None},
    }


async def report(
    *, by: Grouping, start: date, end: date, kind: Kind | None = None, scope: Scope, now: datetime
) -> Report:
    """The figures of the sessions promised for a day from `start` to `end`, both included. Raises Invalid."""
    check_period(start, end)
    counted = await _count(by, start, end, kind, scope, now)
    if by is Grouping.REGION:
        counted = _fold_regions(counted)
    if by is Grouping.NATION and not counted:
        counted = {"FR": ("", Counts())}
    if by is Grouping.MONTH:
        counted = {key: ("", Counts()) for key in _months(start, end)} | counted
    labelled = sorted(
        ((key, _label(by, key, name), counts) for key, (name, counts) in counted.items()),
        key=lambda one: _order(by, one),
    )
    total = sum((counts for _key, _name, counts in labelled), Counts())
    # In a thread: over thousands of lines it takes a moment, and others are waiting for their pages.
    masks = (
        await asyncio.to_thread(mask, [counts for _key, _name, counts in labelled], total)
        if scope.is_outside
        else [dict[str, Mask]()] * (len(labelled) + 1)
    )
    return Report(
        by=by,
        start=start,
        end=end,
        kind=kind,
        made_at=now,
        is_masked=scope.is_outside,
        rows=[_row(key, label, counts, hidden) for (key, label, counts), hidden in zip(labelled, masks, strict=False)],
        total=_row("", str(T("Total")), total, masks[-1]),
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


def _row(key: str, label: str, counts: Counts, hidden: dict[str, Mask]) -> Row:
    cells = {one.key: Cell(None, hidden[one.key]) if one.key in hidden else Cell(one.value(counts)) for one in COUNTED}
    return Row(key=key, label=label, counts=cells)


# counting ------------------------------------------------------------------------------------------

_KEYS = {
    Grouping.STRUCTURE: ("e.structure_id::text", "min(o.name)"),
    Grouping.COMMUNE: ("COALESCE(p.commune_code, o.commune_code)", "min(COALESCE(p.commune_name, o.commune_name))"),
    Grouping.DEPARTEMENT: ("COALESCE(p.departement, o.departement)", "''"),
    Grouping.REGION: ("COALESCE(p.departement, o.departement)", "''"),
    Grouping.NATION: ("'FR'", "''"),
    Grouping.KIND: ("e.kind", "''"),
    Grouping.MONTH: ("to_char(s.local_start, 'YYYY-MM')", "''"),
}

# Seats confirmed and waiting are the session's own counters, which the desk keeps under its lock.
_OF_BOOKINGS = """
    count(*) AS bookings,
    COALESCE(sum(seats) FILTER (WHERE state = 'given_back'), 0) AS given_back
"""
# Over the whole nation, bookings are summed by session in one pass over the index; for a few structures, session by session.
# Those of a cycle stand at its first date, and hold a seat at each.
_DESK = "COALESCE(s.lead_id, s.id)"
_ALL_BOOKINGS = (
    f"LEFT JOIN (SELECT session_id, {_OF_BOOKINGS} FROM booking GROUP BY session_id) b ON b.session_id = {_DESK}"
)
_THEIR_BOOKINGS = f"LEFT JOIN LATERAL (SELECT {_OF_BOOKINGS} FROM booking WHERE session_id = {_DESK}) b ON true"

# A booking of a cycle is one: it counts at the first date that takes place.
COUNTS_BOOKINGS = """CASE WHEN e.is_cycle THEN s.id = (
    SELECT d.id FROM session d WHERE (d.id = COALESCE(s.lead_id, s.id) OR d.lead_id = COALESCE(s.lead_id, s.id))
        AND d.called_off_at IS NULL ORDER BY d.starts_at, d.id LIMIT 1) ELSE true END"""

# A hybrid session is one: it was held when people came on site, online or both.
_ONE = "s.onsite_id IS NULL"
_OUTCOME = "CASE WHEN 'held' IN (s.outcome, h.outcome) THEN 'held' ELSE COALESCE(s.outcome, h.outcome) END"

_COUNTS = f"""
    count(*) FILTER (WHERE {_ONE}) AS sessions,
    count(*) FILTER (WHERE {_ONE} AND s.called_off_at IS NULL AND {_OUTCOME} IS NOT NULL) AS held,
    count(*) FILTER (WHERE {_ONE} AND s.called_off_at IS NULL AND {_OUTCOME} = 'held_empty') AS held_empty,
    count(*) FILTER (WHERE {_ONE} AND s.called_off_at IS NOT NULL) AS called_off,
    count(*) FILTER (WHERE {_ONE} AND s.called_off_at IS NULL AND {_OUTCOME} IS NULL AND s.ends_at > $3) AS planned,
    count(*) FILTER (WHERE {_ONE} AND s.called_off_at IS NULL AND {_OUTCOME} IS NULL AND s.ends_at <= $3) AS missing,
    sum(s.capacity) FILTER (WHERE s.called_off_at IS NULL) AS capacity,
    sum(s.seats_taken) FILTER (WHERE s.called_off_at IS NULL AND s.capacity IS NOT NULL) AS seats_limited,
    sum(s.seats_taken) FILTER (WHERE s.called_off_at IS NULL AND s.capacity IS NULL) AS seats_unlimited,
    sum(b.bookings) FILTER (WHERE s.called_off_at IS NULL AND {COUNTS_BOOKINGS}) AS bookings,
    sum(b.given_back) FILTER (WHERE s.called_off_at IS NULL) AS given_back,
    sum(s.seats_waiting) FILTER (WHERE s.called_off_at IS NULL) AS waiting,
    sum(t.present) FILTER (WHERE s.called_off_at IS NULL AND s.outcome IS NOT NULL) AS present,
    sum(t.absent) FILTER (WHERE s.called_off_at IS NULL AND s.outcome IS NOT NULL) AS absent,
    sum(t.excused) FILTER (WHERE s.called_off_at IS NULL AND s.outcome IS NOT NULL) AS excused,
    sum(t.walk_ins) FILTER (WHERE s.called_off_at IS NULL AND s.outcome IS NOT NULL) AS walk_ins,
    sum(GREATEST(s.seats_taken - COALESCE(t.present + t.absent + t.excused, 0), 0))
        FILTER (WHERE s.called_off_at IS NULL AND s.outcome IS NOT NULL) AS unanswered
"""


def chosen_sessions(scope: Scope, kind: Kind | None, args: list[Any], *, bookings: str = "") -> str:
    """FROM and WHERE of the sessions of a report; `args` holds start, the day after the end and now, and is added to.

    `bookings` joins something else (as b) than the sums of each session's bookings.
    """
    conditions = ["s.local_start >= $1", "s.local_start < $2", "e.state IN ('published', 'archived')"]
    for condition, value in (
        ("e.structure_id = ANY($%d)", scope.structures),
        ("COALESCE(p.departement, o.departement) = ANY($%d)", scope.departements),
        ("e.kind = $%d", kind.value if kind else None),
    ):
        if value is not None:
            args.append(value)
            conditions.append(condition % len(args))
    is_everything = scope.departements is None and (scope.structures is None or len(scope.structures) > FEW_STRUCTURES)
    bookings = bookings or (_ALL_BOOKINGS if is_everything else _THEIR_BOOKINGS)
    return (
        "FROM session s JOIN event e ON e.id = s.event_id JOIN structure o ON o.id = e.structure_id "
        # The online half of a session counts where the session takes place.
        "LEFT JOIN session site ON site.id = s.onsite_id LEFT JOIN session h ON h.onsite_id = s.id "
        f"LEFT JOIN place p ON p.id = COALESCE(s.place_id, site.place_id) LEFT JOIN tally t ON t.session_id = s.id {bookings} "
        f"WHERE {' AND '.join(conditions)}"
    )


def midnight(day: date) -> datetime:
    """The first moment of a day on any clock (naive)."""
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall clock


async def _count(
    by: Grouping, start: date, end: date, kind: Kind | None, scope: Scope, now: datetime
) -> dict[str, tuple[str, Counts]]:
    key, name = _KEYS[by]
    args: list[Any] = [midnight(start), midnight(end) + timedelta(days=1), now]
    chosen = chosen_sessions(scope, kind, args)
    rows = await fetch_rows(f"SELECT {key} AS key, {name} AS name, {_COUNTS} {chosen} GROUP BY 1", *args)
    return {
        row["key"]: (row["name"], Counts(**{field: int(row[field] or 0) for field in Counts.__struct_fields__}))
        for row in rows
    }


def _fold_regions(counted: dict[str, tuple[str, Counts]]) -> dict[str, tuple[str, Counts]]:
    regions: dict[str, tuple[str, Counts]] = {}
    for departement, (_name, counts) in counted.items():
        region = region_of(departement)
        regions[region] = ("", regions[region][1] + counts if region in regions else counts)
    return regions


# labels --------------------------------------------------------------------------------------------


def _label(by: Grouping, key: str, name: str) -> str:
    match by:
        case Grouping.DEPARTEMENT:
            return f"{DEPARTEMENTS.get(key, key)} ({key})"
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


def _order(by: Grouping, one: tuple[str, str, Counts]) -> Any:
    key, label, _counts = one
    if by is Grouping.KIND:
        return [kind.value for kind in Kind].index(key)
    return key if by in {Grouping.MONTH, Grouping.DEPARTEMENT} else (fold(label), key)


def _months(start: date, end: date) -> Iterable[str]:
    months = [divmod(month, 12) for month in range(start.year * 12 + start.month - 1, end.year * 12 + end.month)]
    return [f"{year}-{month + 1:02d}" for year, month in months] if len(months) <= MONTHS_SHOWN else []
