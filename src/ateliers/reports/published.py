"""Counts as they may be read outside the structures: with what of them is hidden, the same in every table of a period (F7)."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from ateliers.agenda.kinds import Kind
from ateliers.places.territories import region_of
from ateliers.reports.counting import count
from ateliers.reports.exchanges import (
    Cell,
    Exchange,
    exchange_across,
    exchange_territories,
    exchange_within,
    masks,
    of_column,
)
from ateliers.reports.grouping import Grouping
from ateliers.reports.indicator import Counts
from ateliers.reports.masking import Mask
from ateliers.reports.scope import Scope
from ateliers.reports.sessions import APART, Counted

TOTAL = ""  # stands for the total among the keys of rows

Cells = dict[Cell, Counts]
Masks = dict[str, dict[str, Mask]]  # by key of a row, then of an indicator

_ROW: dict[Grouping, Callable[[Cell], str]] = {
    Grouping.NATION: lambda _cell: "FR",
    Grouping.REGION: lambda cell: region_of(cell.departement),
    Grouping.DEPARTEMENT: lambda cell: cell.departement,
}


def told_whole(by: Grouping, kind: Kind | None, start: date, end: date) -> bool:
    """Whether counts of people are told of these days outside the structures: of whole months, or (in finer lines) quarters.

    Of one kind alone they are told of territories, not of a structure, commune or month: no days help there.
    """
    if kind is not None and by in {Grouping.STRUCTURE, Grouping.COMMUNE, Grouping.MONTH}:
        return False
    after = end + timedelta(days=1)
    is_fine = kind is not None or by in {Grouping.STRUCTURE, Grouping.COMMUNE, Grouping.KIND}
    return start.day == after.day == 1 and not (is_fine and (start.month % 3 != 1 or after.month % 3 != 1))


async def count_published(
    by: Grouping, start: date, end: date, kind: Kind | None, scope: Scope, *, now: datetime, direct: bool = False
) -> tuple[Counted, Masks]:
    """The counts of each row, and what is hidden of them and of their total.

    Whoever reads a département is hidden what whoever reads the nation is: it all begins with the counts of the nation, or of
    the structures whose figures these are.
    """

    async def cells_of(by: Grouping, kind: Kind | None, scope: Scope) -> Counted:
        by = Grouping.DEPARTEMENT if by in _ROW else by
        return await count(by, start, end, kind, scope, now=now, direct=direct, apart=by not in _ROW)

    everywhere = Scope(structures=scope.structures, is_outside=True)
    is_local = by in {Grouping.STRUCTURE, Grouping.COMMUNE}
    counted = await cells_of(by, kind, scope if is_local else everywhere)
    # What lies in the totals: the kinds of each département when one kind is asked for, else the départements.
    above = counted
    if kind is not None:
        above = await cells_of(Grouping.KIND, None, everywhere)
    elif is_local and scope.departements is not None:
        above = await cells_of(Grouping.DEPARTEMENT, None, everywhere)
    row_of = _ROW.get(by, _of)
    inside = {
        cell: row_of(cell)
        for cell in map(_cell, counted)
        if scope.departements is None or cell.departement in scope.departements
    }
    # In a thread: over thousands of lines it takes a moment, and others are waiting for their pages.
    return await asyncio.to_thread(_hide, by, kind, counted, above, inside)


def _of(cell: Cell) -> str:
    return cell.of


def _hide(
    by: Grouping, kind: Kind | None, counted: Counted, above: Counted, inside: Mapping[Cell, str]
) -> tuple[Counted, Masks]:
    cells = _cells(counted)
    exchanges = _exchanges(by, kind, cells, _cells(above) if above is not counted else cells)
    names: dict[str, list[str]] = defaultdict(list)
    parts: dict[str, list[Counts]] = defaultdict(list)
    for (name, counts), cell in zip(counted.values(), cells, strict=True):
        if cell in inside:
            names[inside[cell]].append(name)
            parts[inside[cell]].append(counts)
    figures = {row: Counts.sum_of(some) for row, some in parts.items()}
    total = Counts.sum_of(figures.values())
    hidden = masks({**figures, TOTAL: total}, lambda cell: (inside[cell], TOTAL) if cell in inside else (), exchanges)
    return {row: (min(names[row]), counts) for row, counts in figures.items()}, hidden


def _exchanges(by: Grouping, kind: Kind | None, cells: Cells, above: Cells) -> list[Exchange]:
    totals = exchange_territories(_by_departement(above))
    if kind is not None:
        totals = of_column(exchange_across(above, totals, are_sums=True), kind.value)
    if by in _ROW:
        return totals
    if by in {Grouping.STRUCTURE, Grouping.COMMUNE}:
        return exchange_within(cells, totals)
    return exchange_across(cells, totals, are_sums=by is Grouping.KIND)


def _by_departement(cells: Cells) -> dict[str, Counts]:
    found: dict[str, list[Counts]] = {}
    for cell, counts in cells.items():
        found.setdefault(cell.departement, []).append(counts)
    return {departement: Counts.sum_of(some) for departement, some in found.items()}


def _cells(counted: Counted) -> Cells:
    return {_cell(key): counts for key, (_name, counts) in counted.items()}


def _cell(key: str) -> Cell:
    departement, _, of = key.partition(APART)
    return Cell(departement, of)
