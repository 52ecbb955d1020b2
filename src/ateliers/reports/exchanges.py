"""Choose the worlds that hide small counts, for all tables of a year at once (F7).

An *exchange* is a few moves in different lines: all that is shown stays as it is when they happen. What an exchange changes
in any table is hidden there; and every small count of a line or total is changed by one of the exchanges, so that somebody who
holds all the tables knows two worlds that fit, at least. The tables of a year are sums of the same cells:

- départements make régions, and these the nation; months make quarters, and these the year: `exchange_territories` sees nothing
  but the counts of the départements month by month, so the totals hide the same in every table of whatever grouping, and of
  whatever territory;
- communes and structures have their lines inside a département, quarter by quarter: `exchange_within` works on each alone, with
  nothing changed in its total but what is already hidden there, and needs no other département;
- kinds have lines in each département, in each région and in the nation, quarter by quarter: `exchange_across` finds four lines
  (two kinds in two départements), or hides in the sums as well.

Each of these may happen the other way round at another time of the year, so that sums over time stay as they are. Tables by
different groupings have no lines in common but the totals: one that hides more of its lines lays open nothing of the others, as
long as an exchange that changes a total is carried on in every one of them. Years have no cell in common.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ateliers.reports.exchange_carried import Carried
from ateliers.reports.exchange_tables import (
    LAST_RESORT,
    Best,
    Cell,
    Leaf,
    Moved,
    Table,
    are_many,
    move_between,
)
from ateliers.reports.indicator import Counts
from ateliers.reports.masking import Move, opposites


def exchange_territories(cells: Mapping[Cell, Counts]) -> Table:
    """What hides small counts of the nation, its régions and its départements, by month."""
    table = Table(cells, with_sums=True)

    def offer_free(leaf: Leaf, bit: int, wanted: int) -> Moved | None:
        near = table.regions[leaf.region, "", leaf.cell.part]
        return _pair(leaf, [other for other in near if are_many(leaf, other, bit)], wanted)

    def offer(leaves: list[Leaf], move: Move, best: Best) -> None:
        for own, _cell, leaf in table.cheapest(leaves, move, below=best.price):
            best.offer([(leaf, move)])
            for _price, _its, other in table.others(leaf, move.back, but=leaves, below=best.price - own):
                best.offer([(leaf, move), (other, move.back)])

    table.cover(offer_free, offer)
    return table


def exchange_within(cells: Mapping[Cell, Counts], under: Iterable[Iterable[tuple[Cell, Move]]]) -> Table:
    """The same for lines that lie each in one département, by quarter; `under`: what was found for the totals."""
    table = Table(cells, with_sums=False)
    carried = Carried(table, under, together=False)

    def offer_free(leaf: Leaf, _bit: int, wanted: int) -> Moved | None:
        return _pair(leaf, table.blocks[leaf.cell.departement, leaf.cell.part], wanted)

    def offer(leaves: list[Leaf], move: Move, best: Best) -> None:
        for own, _cell, leaf in table.cheapest(leaves, move, below=best.price):
            block = table.blocks[leaf.cell.departement, leaf.cell.part]
            for _price, _its, other in table.cheapest(block, move.back, but=leaves, below=best.price - own):
                best.offer([(leaf, move), (other, move.back)])
            for exchange in carried.by(leaf, move):
                best.offer_cells(exchange, dearer=LAST_RESORT)

    table.cover(offer_free, offer)
    return table


def exchange_across(cells: Mapping[Cell, Counts], under: Iterable[Iterable[tuple[Cell, Move]]]) -> Table:
    """The same for kinds, which each département, each région and the nation has, by quarter."""
    table = Table(cells, with_sums=True)
    carried = Carried(table, under, together=True)

    def offer_free(leaf: Leaf, bit: int, wanted: int) -> Moved | None:
        return _cycle(table, leaf, bit, wanted)

    def offer(leaves: list[Leaf], move: Move, best: Best) -> None:
        for own, _cell, leaf in table.cheapest(leaves, move, below=best.price):
            for exchange in carried.by(leaf, move):
                best.offer_cells(exchange)
            _offer_cycles(table, leaf, move, best, own, leaves)

    table.cover(offer_free, offer)
    return table


def _pair(leaf: Leaf, near: list[Leaf], wanted: int) -> Moved | None:
    for other in near:
        both = wanted & opposites(other.free) if other is not leaf else 0
        if both:
            return move_between(both, [leaf], [other])
    return None


def _cycle(table: Table, leaf: Leaf, bit: int, wanted: int) -> Moved | None:
    part = leaf.cell.part
    block = table.blocks[leaf.cell.departement, part]
    beside = [(one, wanted & opposites(one.free)) for one in block if one is not leaf]
    for other in table.regions[leaf.region, leaf.cell.of, part]:
        both = wanted & opposites(other.free) if other is not leaf and are_many(leaf, other, bit) else 0
        for one, three in beside if both else ():
            fourth = table.leaves.get(Cell(other.cell.departement, one.cell.of, part)) if both & three else None
            if fourth is not None and both & three & fourth.free:
                return move_between(both & three & fourth.free, [leaf, fourth], [one, other])
    return None


def _offer_cycles(table: Table, leaf: Leaf, move: Move, best: Best, own: float, but: list[Leaf]) -> None:
    back, part = move.back, leaf.cell.part
    beside = table.cheapest(table.blocks[leaf.cell.departement, part], back, but=[leaf], below=best.price - own)
    others = table.others(leaf, back, but=but, below=best.price - own)
    for price, _its, one in beside:
        best.offer([(leaf, move), (one, back)])
        for more, _theirs, other in others:
            fourth = table.leaves.get(Cell(other.cell.departement, one.cell.of, part))
            if fourth is not None and own + price + more < best.price and fourth.allows(move):
                best.offer([(leaf, move), (one, back), (other, back), (fourth, move)])
