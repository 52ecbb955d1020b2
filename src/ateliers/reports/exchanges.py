"""Choose the worlds that hide small counts, for all tables of a period at once (F7).

An *exchange* is a few moves in different lines: all that is shown stays as it is when they happen. What an exchange changes
in any table is hidden there; and every small count of a line or total is changed by one of the exchanges, so that somebody who
holds all the tables knows two worlds that fit, at least. The tables of a period by their groupings are sums of the same cells:

- départements make régions, and these the nation: `exchange_territories` sees nothing but the counts of the départements, so the
  totals hide the same in every table of whatever grouping, and of whatever territory;
- communes and structures have their lines inside a département: `exchange_within` works on each alone, with nothing changed
  in its total but what is already hidden there, and needs no other département;
- kinds and months have lines in each département, in each région and in the nation: `exchange_across` finds four lines (two
  kinds in two départements), or hides in the sums as well.

Tables by different groupings have no lines in common but the totals: one that hides more of its lines lays open nothing of
the others, as long as an exchange that changes a total is carried on in every one of them. This is of one period, and of all kinds
together or the totals of each; what stays open is told in `docs/decisions/2026-11-22-figures.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import product

from ateliers.reports.exchange_tables import (
    LAST_RESORT,
    Best,
    Carried,
    Cell,
    Exchange,
    Leaf,
    Moved,
    Table,
    are_many,
    move_between,
)
from ateliers.reports.indicator import Counts
from ateliers.reports.masking import BITS, FEW, PEOPLE, Line, Mask, Move, opposites, sum_of, values_of

__all__ = ["Cell", "Exchange", "exchange_across", "exchange_territories", "exchange_within", "masks", "of_column"]


def exchange_territories(counts: Mapping[str, Counts]) -> list[Exchange]:
    """What hides small counts of the nation, its régions and départements (by code)."""
    table = Table({Cell(departement): its for departement, its in counts.items()}, with_sums=True, are_sums=True)

    def at_no_price(leaf: Leaf, bit: int, wanted: int) -> Moved | None:
        for other in table.regions[leaf.region, ""]:
            both = wanted & opposites(other.free_moves()) if other is not leaf and are_many(leaf, other, bit) else 0
            if both:
                return move_between(both, [leaf], [other])
        return None

    def offer(leaves: list[Leaf], move: Move, best: Best) -> None:
        back = move.back
        for own, _cell, leaf in table.cheapest(leaves, move, below=best.price):
            best.offer([(leaf, move)])
            for near in (table.regions[leaf.region, ""], table.leaves.values()):
                for _price, _its, other in table.cheapest(near, back, but=leaves, below=best.price - own):
                    best.offer([(leaf, move), (other, back)])

    table.cover(at_no_price, offer)
    return table.found


def exchange_within(cells: Mapping[Cell, Counts], under: Iterable[Exchange]) -> list[Exchange]:
    """The same for lines that lie each in one département; `under`: what was found for the totals."""
    table = Table(cells, with_sums=False, are_sums=False)
    carried = Carried(table, under, together=False)

    def at_no_price(leaf: Leaf, _bit: int, wanted: int) -> Moved | None:
        for other in table.rows[leaf.cell.departement]:
            both = wanted & opposites(other.free_moves()) if other is not leaf else 0
            if both:
                return move_between(both, [leaf], [other])
        return None

    def offer(leaves: list[Leaf], move: Move, best: Best) -> None:
        for own, _cell, leaf in table.cheapest(leaves, move, below=best.price):
            row = table.rows[leaf.cell.departement]
            for _price, _its, other in table.cheapest(row, move.back, but=leaves, below=best.price - own):
                best.offer([(leaf, move), (other, move.back)])
            for exchange in carried.by(leaf, move):
                best.offer_cells(exchange, dearer=LAST_RESORT)

    table.cover(at_no_price, offer)
    return table.found


def exchange_across(cells: Mapping[Cell, Counts], under: Iterable[Exchange], *, are_sums: bool) -> list[Exchange]:
    """The same for lines that each département, each région and the nation has; `are_sums`: of lines in other tables."""
    table = Table(cells, with_sums=True, are_sums=are_sums)
    carried = Carried(table, under, together=True)

    table.cover(partial(_cycle_at_no_price, table), partial(_offer_cycles, table, carried))
    return table.found


def _cycle_at_no_price(table: Table, leaf: Leaf, bit: int, wanted: int) -> Moved | None:
    row = [(one, wanted & opposites(one.free_moves())) for one in table.rows[leaf.cell.departement] if one is not leaf]
    for other in table.regions[leaf.region, leaf.cell.of]:
        both = wanted & opposites(other.free_moves()) if other is not leaf and are_many(leaf, other, bit) else 0
        for beside, three in row if both else ():
            fourth = table.leaves.get(Cell(other.cell.departement, beside.cell.of)) if both & three else None
            if fourth is not None and both & three & fourth.free_moves():
                return move_between(both & three & fourth.free_moves(), [leaf, fourth], [beside, other])
    return None


def _offer_cycles(table: Table, carried: Carried, leaves: list[Leaf], move: Move, best: Best) -> None:
    back = move.back
    for own, _cell, leaf in table.cheapest(leaves, move, below=best.price):
        for exchange in carried.by(leaf, move):
            best.offer_cells(exchange)
        row, column = table.rows[leaf.cell.departement], table.regions[leaf.region, leaf.cell.of]
        besides = table.cheapest(row, back, but=[leaf], below=best.price - own)
        others = table.cheapest(column, back, but=leaves, below=best.price - own)
        others = others or table.cheapest(table.columns[leaf.cell.of], back, but=leaves, below=best.price - own)
        for _price, _its, beside in besides:
            best.offer([(leaf, move), (beside, back)])
        for (price, _its, beside), (more, _theirs, other) in product(besides, others):
            fourth = table.leaves.get(Cell(other.cell.departement, beside.cell.of))
            if fourth is not None and own + price + more < best.price and fourth.allows(move):
                best.offer([(leaf, move), (beside, back), (other, back), (fourth, move)])


def of_column(exchanges: Iterable[Exchange], of: str) -> list[Exchange]:
    """What exchanges across kinds are for the totals of one kind."""
    found = ([(Cell(cell.departement), move) for cell, move in exchange if cell.of == of] for exchange in exchanges)
    return [exchange for exchange in found if exchange]


def masks(
    figures: Mapping[str, Counts], rows_of: Callable[[Cell], Iterable[str]], exchanges: Iterable[Exchange]
) -> dict[str, dict[str, Mask]]:
    """What is hidden of each row of a table, and how; `rows_of` names the rows that a cell is part of."""
    lines = {row: Line(values_of(counts)) for row, counts in figures.items()}
    crossing = dict.fromkeys(
        figures, 0
    )  # small counts that in another world are not: « moins de 5 » would tell them apart
    for exchange in exchanges:
        changes: dict[str, list[Move]] = {}
        for cell, move in exchange:
            for row in rows_of(cell):
                changes.setdefault(row, []).append(move)
        for row, moves in changes.items():
            move = sum_of(moves)
            lines[row].touched |= move.touches
            crossing[row] |= move.rises & lines[row].fours
    return {
        row: {
            one.key: Mask.FEW if value < FEW and not crossing[row] & bit else Mask.WITHHELD
            for bit, one, value in zip(BITS.values(), PEOPLE, line.values, strict=False)
            if line.hidden & bit
        }
        for row, line in lines.items()
    }
