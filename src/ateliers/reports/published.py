"""Counts as they may be read outside the structures: with what of them is hidden, the same in every table of a year (F7).

Counts of people are told of years, quarters and months, and of sums of these. What is hidden of a longer period, or of several
départements that are no région, is what is hidden of any part of it: so it tells nothing that its parts do not.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from itertools import groupby

from msgspec.structs import astuple

from ateliers.agenda.kinds import Kind
from ateliers.places.territories import departements_of, region_of
from ateliers.reports.counting import count, count_cells, count_year, row_of
from ateliers.reports.exchange_carried import in_quarters
from ateliers.reports.exchange_tables import NATION, YEAR, Cell, Node, region_place
from ateliers.reports.exchanges import exchange_across, exchange_territories, exchange_within
from ateliers.reports.grouping import Grouping, Part, months_of, quarter_of
from ateliers.reports.indicator import Counts
from ateliers.reports.masking import BITS, FEW, PEOPLE, Mask, Move
from ateliers.reports.scope import Scope
from ateliers.reports.sessions import Cells, Counted

TOTAL = ""  # stands for the total among the keys of rows
FINE = {Grouping.STRUCTURE, Grouping.COMMUNE}

Masks = dict[str, dict[str, Mask]]  # by key of a row, then of an indicator
Hidden = Mapping[Node, tuple[int, int]]  # what is told to be few, and what is not shown at all
Exchanges = tuple[tuple[tuple[Cell, Move], ...], ...]  # between totals, by quarter
Content = tuple[tuple[tuple[str, str, str], tuple[int, ...]], ...]  # cells with their counts, in order


def told_whole(by: Grouping, kind: Kind | None, start: date, end: date) -> bool:
    """Whether counts of people are told of these days outside the structures: of whole months, or (in finer lines) quarters.

    Of one kind alone they are told of territories, not of a structure, commune or month: no days help there.
    """
    if kind is not None and by in {*FINE, Grouping.MONTH}:
        return False
    after = end + timedelta(days=1)
    is_fine = kind is not None or by in {*FINE, Grouping.KIND}
    return start.day == after.day == 1 and not (is_fine and (start.month % 3 != 1 or after.month % 3 != 1))


async def count_published(
    by: Grouping, start: date, end: date, kind: Kind | None, scope: Scope, *, now: datetime, direct: bool = False
) -> tuple[Counted, Masks]:
    """The counts of each row, and what is hidden of them and of their total.

    Whoever reads a département is hidden what whoever reads the nation is: it all begins with the counts of the nation, or of
    the structures whose figures these are.
    """
    if not told_whole(by, kind, start, end):
        counted = await count(by, start, end, kind, scope, now=now, direct=direct)
        masks = {row: dict.fromkeys(BITS, Mask.WITHHELD) for row in (*counted, TOTAL)}
        if told_whole(Grouping.NATION, kind, start, end):
            _nation, told = await count_published(Grouping.NATION, start, end, kind, scope, now=now, direct=direct)
            masks[TOTAL] = told.get(TOTAL, {})
        return counted, masks
    table = _Table(by, start, end, kind, scope)
    everywhere = Scope(structures=scope.structures, is_outside=True)
    for year in range(start.year, end.year + 1):
        of_year = partial(
            count_cells, start=date(year, 1, 1), end=date(year, 12, 31), kind=None, now=now, direct=direct
        )
        if by is Grouping.KIND or kind is not None:
            months, cells = await count_year(Grouping.KIND, year, everywhere, now=now, direct=direct)
        elif by in FINE and scope == everywhere:
            months, cells = await count_year(by, year, scope, now=now, direct=direct)
        else:
            months = cells = await of_year(Grouping.DEPARTEMENT, Part.MONTH, scope=everywhere)
            if by in FINE:
                cells = await of_year(by, Part.QUARTER, scope=scope)
        # In a thread: over thousands of lines it takes a moment, and others are waiting for their pages.
        await asyncio.to_thread(table.add, year, months, cells)
    return table.result()


class _Table:
    """The rows of a report, added up year by year."""

    def __init__(self, by: Grouping, start: date, end: date, kind: Kind | None, scope: Scope) -> None:
        self.by = by
        self.of = kind.value if kind is not None else ""  # whose figures the totals are
        self.months = months_of(start, end)
        self.codes = None if scope.departements is None else set(scope.departements)
        self.places = {NATION} if self.codes is None else {self._place(code) for code in self.codes}
        self.names: dict[str, str] = {}
        self.parts: dict[str, list[Counts]] = defaultdict(list)
        self.hidden: dict[str, list[tuple[int, int]]] = defaultdict(list)

    def add(self, year: int, months: Cells, cells: Cells) -> None:
        """The cells of a year: of its départements by month, and those of the rows."""
        totals, found = _hide_territories(_content(months))
        hidden = totals
        if self.by in FINE:
            hidden = _hide_fine(_content(cells), found)
        elif cells is not months:
            hidden = _hide_kinds(_content(cells), found)
        of_year = {month for month in self.months if month.startswith(f"{year}-")}
        wanted = of_year | {quarter_of(month) for month in of_year}
        sources: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for (departement, of, part), (name, counts) in cells.items():
            if part in wanted and self.of in ("", of) and (self.codes is None or departement in self.codes):
                row = row_of(self.by, departement, of, part)
                self.names[row] = min(self.names.get(row, name), name)
                self.parts[row].append(counts)
                sources[row] |= {(place, self.of or of) for place in self._places_of(departement)}
        for row, some in sources.items():
            times = {row} if self.by is Grouping.MONTH else _times(of_year)
            self.hidden[row] += [hidden[node] for node in _nodes(some, times) if node in hidden]
        above = hidden if self.of else totals
        total = {(place, self.of) for place in self.places}
        self.hidden[TOTAL] += [above[node] for node in _nodes(total, _times(of_year)) if node in above]

    def result(self) -> tuple[Counted, Masks]:
        """The counts by key of a row, and what is hidden of the rows and of the total, and how."""
        counts = {row: Counts.sum_of(some) for row, some in self.parts.items()}
        total = Counts.sum_of(counts.values())
        masks = {row: dict(_masks(some, counts.get(row, total))) for row, some in self.hidden.items()}
        return {row: (self.names[row], its) for row, its in counts.items()}, masks

    def _place(self, departement: str) -> str:
        """The widest figure that a département is shown in, and nothing that is not asked for."""
        region = region_of(departement)
        is_whole = self.codes is None or self.codes.issuperset(departements_of(region))
        return region_place(region) if is_whole else departement

    def _places_of(self, departement: str) -> Iterable[str]:
        if self.by in {*FINE, Grouping.DEPARTEMENT}:
            return [departement]
        return [self._place(departement)] if self.by is Grouping.REGION else self.places


def _masks(hidden: list[tuple[int, int]], counts: Counts) -> Iterator[tuple[str, Mask]]:
    """« Moins de 5 » where one part of the row alone is hidden, and says so."""
    for one in PEOPLE:
        bit = BITS[one.key]
        of_parts = [bool(few & bit) for few, withheld in hidden if (few | withheld) & bit]
        if of_parts:
            yield one.key, Mask.FEW if of_parts == [True] and one.value(counts) < FEW else Mask.WITHHELD


def _nodes(sources: Iterable[tuple[str, str]], times: Iterable[str]) -> Iterator[Node]:
    return (Node(place, of, time) for place, of in sources for time in times)


def _times(months: set[str]) -> set[str]:
    """The fewest figures of a year that these months of it are the sum of."""
    if len(months) == 12:
        return {YEAR}
    quarters = Counter(map(quarter_of, months))
    return {quarter if quarters[quarter] == 3 else month for month in months for quarter in [quarter_of(month)]}


def _content(cells: Cells) -> Content:
    return tuple(sorted((cell, astuple(counts)) for cell, (_name, counts) in cells.items()))


def _counts(content: Content) -> dict[Cell, Counts]:
    return {Cell(*cell): Counts(**dict(zip(Counts.__struct_fields__, values, strict=True))) for cell, values in content}


# Choosing exchanges takes a while, and the same cells come again with each report until somebody books.
@lru_cache(8)
def _hide_territories(months: Content) -> tuple[Hidden, Exchanges]:
    table = exchange_territories(_counts(months))
    return table.hidden, tuple(filter(None, dict.fromkeys(map(tuple, map(in_quarters, table.found)))))


@lru_cache(8)
def _hide_kinds(cells: Content, found: Exchanges) -> Hidden:
    return exchange_across(_counts(cells), found).hidden


def _hide_fine(cells: Content, found: Exchanges) -> Hidden:
    """Of each département on its own."""
    under: dict[str, dict[tuple[tuple[Cell, Move], ...], None]] = defaultdict(dict)
    for exchange in found:
        for departement in {cell.departement for cell, _move in exchange}:
            under[departement][tuple(one for one in exchange if one[0].departement == departement)] = None
    hidden: dict[Node, tuple[int, int]] = {}
    for departement, some in groupby(cells, key=lambda one: one[0][0]):
        hidden |= _hide_departement(tuple(some), tuple(under[departement]))
    return hidden


@lru_cache(512)
def _hide_departement(cells: Content, found: Exchanges) -> Hidden:
    return exchange_within(_counts(cells), found).hidden
