"""Cells of tables, the lines that they add up to, and the cheapest exchanges that hide small counts in them (F7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import nsmallest
from math import inf
from typing import NamedTuple

from ateliers.places.territories import region_of
from ateliers.reports.indicator import Counts
from ateliers.reports.masking import FEW, MOVES, MOVES_OF, SHOWN, Line, Move, bits_of, room_of, sum_of, values_of

TRIED = 3  # lines of each sort that are tried, the cheapest
MOVES_TRIED = 4  # in one cell, when one of them will do
OF_REGION, OF_NATION = 8.0, 64.0  # how much dearer it is to hide a figure of these than of a département
TOGETHER = 50.0  # dearer: partners that are few together
LAST_RESORT = 1000.0


class Cell(NamedTuple):
    """The smallest part of a table: a commune, structure, kind or month in a département; '' is all that is there."""

    departement: str
    of: str = ""


Exchange = list[tuple[Cell, Move]]


class Leaf:
    """A cell, and the lines that it is part of."""

    __slots__ = ("cell", "free", "line", "lines", "possible", "region", "room", "seen")

    def __init__(self, cell: Cell, counts: Counts) -> None:
        self.cell = cell
        self.region = region_of(cell.departement)
        self.room = room_of(counts)
        self.possible: list[Move] | None = None
        self.line = Line(values_of(counts))
        self.lines = [self.line]
        self.seen = -1
        self.free = 0

    def allows(self, move: Move) -> bool:
        return self.room & move.needs == move.needs

    def free_moves(self) -> int:
        """Those that need nothing more to be hidden here, as a set."""
        line = self.line
        if self.seen != line.touched:
            self.seen = line.touched
            shown = SHOWN & ~(line.few | line.touched)
            self.free = 0
            if self.possible is None:
                self.possible = [move for move in MOVES if self.allows(move)]
            for move in self.possible:
                if not (move.touches & shown or move.rises & line.fours):
                    self.free |= move.bit
        return self.free


Moved = list[tuple[Leaf, Move]]


class Best:
    """The cheapest exchange that was offered."""

    def __init__(self, table: Table, line: Line | None = None, bit: int = 0) -> None:
        self.table = table
        self.line = line
        self.bit = bit
        self.price = inf
        self.moved: Moved = []

    def offer(self, moved: Moved, *, dearer: float = 0.0) -> None:
        price = self.table.price(moved, self.line) + dearer
        if price < self.price and self.line and _is_known_together(self.line, moved[0][0].cell.of, self.bit, moved):
            price += TOGETHER
        if price < self.price:
            self.price, self.moved = price, moved

    def offer_cells(self, exchange: Exchange, *, dearer: float = 0.0) -> None:
        self.offer([(self.table.leaves[cell], move) for cell, move in exchange], dearer=dearer)


class Table:
    """Cells and their sums, of which small counts are to be hidden."""

    def __init__(self, cells: Mapping[Cell, Counts], *, with_sums: bool, are_sums: bool) -> None:
        self.leaves = {cell: Leaf(cell, cells[cell]) for cell in sorted(cells)}
        self.rows: dict[str, list[Leaf]] = defaultdict(list)
        self.columns: dict[str, list[Leaf]] = defaultdict(list)
        self.regions: dict[tuple[str, str], list[Leaf]] = defaultdict(list)
        for leaf in self.leaves.values():
            self.rows[leaf.cell.departement].append(leaf)
            self.columns[leaf.cell.of].append(leaf)
            self.regions[leaf.region, leaf.cell.of].append(leaf)
        # The widest first: what hides a sum hides parts of it as well.
        self.lines: list[tuple[Line, list[Leaf]]] = []
        if with_sums:
            self.lines += [_sum(column, OF_NATION) for column in self.columns.values()]
            self.lines += [_sum(region, OF_REGION) for region in self.regions.values()]
        for leaf in self.leaves.values():
            self.lines.append((leaf.line, [leaf]))
            if not are_sums:
                leaf.line.few &= SHOWN
        self.found: list[Exchange] = []

    def cover(
        self,
        at_no_price: Callable[[Leaf, int, int], Moved | None],
        offer: Callable[[list[Leaf], Move, Best], None],
    ) -> None:
        """Find an exchange for each small count: one that hides nothing more, or the cheapest of those that are offered."""
        for line, leaves in self.lines:
            for bit in bits_of(line.few):
                for moves in () if line.covered & bit & SHOWN else MOVES_OF[bit]:
                    if len(leaves) == 1 and line is leaves[0].line:
                        wanted = leaves[0].free_moves() & sum(move.bit for move in moves)
                        moved = at_no_price(leaves[0], bit, wanted) if wanted else None
                        if moved:
                            self.take([(leaf.cell, move) for leaf, move in moved])
                            continue
                    best = Best(self, line, bit)
                    for n, move in enumerate(sorted(moves, key=leaves[0].line.price)):
                        if not best.price or (n >= MOVES_TRIED and best.price < TOGETHER and len(leaves) == 1):
                            break
                        offer(leaves, move, best)
                    if best.moved:
                        self.take([(leaf.cell, move) for leaf, move in best.moved], covers=best.price < LAST_RESORT)
                        line.covered |= bit

    def price(self, moved: Moved, changing: Line | None) -> float:
        """What it costs the readers when this happens; infinite when it does not change that line."""
        changes: dict[Line, Move | None] = {}
        for leaf, move in moved:
            for line in leaf.lines:
                other = changes.get(line)
                changes[line] = None if other is move.back else move
        if changing is not None and changes[changing] is None:
            return inf
        return sum(line.price(move) for line, move in changes.items() if move is not None)

    def take(self, exchange: Exchange, *, covers: bool = True) -> None:
        """From now on this is something that readers must reckon with."""
        moved = [(self.leaves[cell], move) for cell, move in exchange]
        changes: dict[Line, list[Move]] = {}
        of: dict[Line, str] = {}
        for leaf, move in moved:
            for line in leaf.lines:
                changes.setdefault(line, []).append(move)
                of[line] = leaf.cell.of
        for line, moves in changes.items():
            touches = sum_of(moves).touches
            line.touched |= touches
            if covers:
                line.covered |= sum(
                    bit
                    for bit in bits_of(line.few & touches & ~line.covered)
                    if not _is_known_together(line, of[line], bit, moved)
                )
        self.found.append(exchange)

    def cheapest(
        self, leaves: Iterable[Leaf], move: Move, *, but: Sequence[Leaf] = (), below: float = inf
    ) -> list[tuple[float, Cell, Leaf]]:
        """Those where the move is possible and costs the least, less than `below`, with the price."""
        priced = []
        for leaf in leaves:
            if leaf.room & move.needs == move.needs and leaf not in but:
                price = leaf.line.price(move)
                if price < below:
                    priced.append((price, leaf.cell, leaf))
        return nsmallest(TRIED, priced)


def move_between(moves: int, there: list[Leaf], back: list[Leaf]) -> Moved:
    """The first of a set of moves, in some cells, and its opposite in others."""
    move = next(move for move in MOVES if move.bit & moves)
    return [*((leaf, move) for leaf in there), *((leaf, move.back) for leaf in back)]


def are_many(leaf: Leaf, other: Leaf, bit: int) -> bool:
    """Whether the two together are not few: their sum is known, and may be a line somewhere."""
    place = bit.bit_length() - 1
    return leaf.line.values[place] + other.line.values[place] >= FEW


def _is_known_together(line: Line, of: str, bit: int, moved: Moved) -> bool:
    """Whether a line and its partners elsewhere are few together: nothing hides their sum, and it may be a line somewhere."""
    partners = [leaf for leaf, move in moved if leaf.cell.of == of and move.touches & bit and line not in leaf.lines]
    place = bit.bit_length() - 1
    return bool(partners) and line.values[place] + sum(leaf.line.values[place] for leaf in partners) < FEW


def _sum(leaves: list[Leaf], weight: float) -> tuple[Line, list[Leaf]]:
    line = Line([sum(values) for values in zip(*(leaf.line.values for leaf in leaves), strict=True)], weight)
    for leaf in leaves:
        leaf.lines.append(line)
    return line, leaves


class Carried:
    """Exchanges between totals, carried on in lines of each: whatever happens to a total happens in a line of it."""

    def __init__(self, table: Table, under: Iterable[Exchange], *, together: bool) -> None:
        self.table = table
        # Who carries each move of an exchange between totals, and which of its moves is this.
        self.of_total: dict[tuple[str, Move], list[tuple[list[Exchange], int]]] = defaultdict(list)
        for exchange in under:
            moves = [(cell.departement, move) for cell, move in exchange if cell.departement in table.rows]
            if not moves:
                continue
            carriers = (together and self._in_one_column(moves)) or [self._carry(*moved) for moved in moves]
            is_sound = all(table.leaves[cell].allows(move) for carrier in carriers for cell, move in carrier)
            # The other half may be carried by the same structure, elsewhere: its sum would be known.
            table.take([moved for carrier in carriers for moved in carrier], covers=together and is_sound)
            if is_sound:
                for place, moved in enumerate(moves):
                    self.of_total[moved].append((carriers, place))

    def by(self, leaf: Leaf, move: Move) -> Iterable[Exchange]:
        """The same exchanges between totals where this cell is the one that carries the move."""
        for known, place in self.of_total[leaf.cell.departement, move][:TRIED]:
            carriers = [*known]
            carriers[place] = [(leaf.cell, move)]
            yield [moved for carrier in carriers for moved in carrier]

    def _in_one_column(self, moves: list[tuple[str, Move]]) -> list[Exchange]:
        """Of lines of the same kind or month, so that their sums stay as they are."""
        best = Best(self.table)
        for leaf in self.table.rows[moves[0][0]]:
            moved = [(self.table.leaves.get(Cell(place, leaf.cell.of)), move) for place, move in moves]
            if all(one is not None and one.allows(move) for one, move in moved):
                best.offer([(one, move) for one, move in moved if one is not None])
        return [[(leaf.cell, move)] for leaf, move in best.moved]

    def _carry(self, departement: str, move: Move) -> Exchange:
        row = self.table.rows[departement]
        possible = [leaf for _price, _cell, leaf in self.table.cheapest(row, move)]
        if possible:
            return [(min(possible, key=lambda leaf: self._few_of_many(leaf, move)).cell, move)]
        for parts in move.splits:
            carriers = [self.table.cheapest(row, part) for part in parts]
            if all(carriers):
                return [(cheapest[0][1], part) for cheapest, part in zip(carriers, parts, strict=True)]
        # What is known of the sessions of these lines says no, that of their sum did not: the likeliest then.
        return [(max(row, key=lambda leaf: (leaf.room & move.needs).bit_count()).cell, move)]

    def _few_of_many(self, leaf: Leaf, move: Move) -> int:
        """How many small counts of the cell would be changed though the total's are large: elsewhere it may be changed back."""
        row = self.table.rows[leaf.cell.departement]
        places = [bit.bit_length() - 1 for bit in bits_of(move.touches & SHOWN)]
        few = [place for place in places if leaf.line.values[place] < FEW]
        return sum(sum(other.line.values[place] for other in row) >= FEW for place in few)
