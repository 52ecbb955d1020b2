"""The cells of a year, the lines that they add up to, and the cheapest exchanges that hide small counts in them (F7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest
from math import inf
from typing import NamedTuple

from ateliers.places.territories import region_of
from ateliers.reports.grouping import quarter_of
from ateliers.reports.indicator import Counts
from ateliers.reports.masking import (
    FEW,
    MOVES,
    MOVES_OF,
    SHOWN,
    Line,
    Move,
    bits_of,
    room_of,
    sum_of,
    values_of,
)

TRIED = 3  # lines of each sort that are tried, the cheapest
MOVES_TRIED = 4  # in one cell, when one of them will do
# How much dearer it is to hide a figure of a région or the nation than of a département, of a quarter or year than of what it is made of.
OF_REGION, OF_NATION, OF_LONGER = 8.0, 64.0, 2.0
# Dearer: lines of which it is known that they are few together, in two départements or at two times.
TOGETHER, TOGETHER_OVER_TIME = 500.0, 1e5
LAST_RESORT = 1e6
NATION, YEAR = "FR", ""


class Cell(NamedTuple):
    """The smallest part of a table: a commune, structure or kind in a département, in a month or quarter; '' is all there is."""

    departement: str
    of: str = ""
    part: str = ""


class Node(NamedTuple):
    """A figure that may be shown: of a département, région or the nation, in a month, a quarter or the whole year (YEAR)."""

    place: str
    of: str
    time: str


Exchange = list[tuple[Cell, Move]]


def region_place(region: str) -> str:
    """The place of a Node that is a région: départements have codes that look like theirs."""
    return f"R{region}"


def times_of(part: str) -> tuple[str, ...]:
    """A month or quarter, and what of the year it is part of."""
    quarter = quarter_of(part)
    return (part, YEAR) if part == quarter else (part, quarter, YEAR)


class Leaf:
    """A cell, and the lines that it is part of."""

    __slots__ = (
        "_free",
        "_possible",
        "_seen",
        "cell",
        "line",
        "lines",
        "others",
        "own",
        "region",
        "room",
    )

    def __init__(self, cell: Cell, counts: Counts, others: dict[str, Leaf]) -> None:
        self.cell = cell
        self.region = region_of(cell.departement)
        self.room = room_of(counts)
        self.line = Line(values_of(counts))
        self.lines = [self.line]
        self.own = [self.line]  # those of its département: at this time, and of the year
        self.others = others  # the same at all times, by part
        others[cell.part] = self
        self._possible: list[Move] | None = None
        self._seen = -1
        self._free = 0

    def allows(self, move: Move) -> bool:
        return self.room & move.needs == move.needs

    @property
    def free(self) -> int:
        """Moves that need nothing more to be hidden in the département, at this time and over the year, as a set."""
        seen = sum(line.touched for line in self.own)  # which only grow
        if self._seen != seen:
            self._seen = seen
            self._free = shown = fours = 0
            for line in self.own:
                shown |= SHOWN & ~line.hidden
                fours |= line.fours
            if self._possible is None:
                self._possible = [move for move in MOVES if self.allows(move)]
            for move in self._possible:
                if not (move.touches & shown or move.rises & fours):
                    self._free |= move.bit
        return self._free


Moved = list[tuple[Leaf, Move]]


class Best:
    """The cheapest exchange that was offered."""

    def __init__(self, table: Table, line: Line | None = None, bit: int = 0) -> None:
        self.table = table
        self.line = line
        self.bit = bit
        self.price = inf
        self.moved: Moved = []
        self.near_price = inf  # of what was offered, when sums over time are left aside
        self.near: Moved = []

    def offer(self, moved: Moved) -> None:
        """Perhaps this one."""
        near = self._compare(moved)
        if near < self.near_price:
            self.near_price, self.near = near, moved

    def offer_cells(self, exchange: Exchange, *, dearer: float = 0.0) -> None:
        """Perhaps these cells, but not the other way round at another time."""
        self._compare([(self.table.leaves[cell], move) for cell, move in exchange], dearer)

    def offer_twins(self) -> None:
        """Perhaps the cheapest with its opposite at another time of the year: what the year adds up to stays as it is."""
        if self.near_price < self.price and self.line and not self.line.is_longer:
            for twins in _twins(self.near):
                self._compare([*self.near, *twins])
        self.near_price, self.near = inf, []

    def _compare(self, moved: Moved, dearer: float = 0.0) -> float:
        price, near = self.table.price(moved, self.line, self.bit)
        price += dearer
        if price < self.price and self.line:
            price += known_together(self.line, self.bit, moved)
        if price < self.price:
            self.price, self.moved = price, moved
        return near


def _twins(moved: Moved) -> Iterator[Moved]:
    for part in moved[0][0].others:
        twins = [(leaf.others.get(part), move.back) for leaf, move in moved]
        found = [(leaf, back) for leaf, back in twins if leaf is not None and leaf.allows(back)]
        if len(found) == len(moved) and part != moved[0][0].cell.part:
            yield found


class Table:
    """The cells of a year and their sums, of which small counts are to be hidden; `with_sums`: of régions and the nation too."""

    def __init__(self, cells: Mapping[Cell, Counts], *, with_sums: bool) -> None:
        self.leaves: dict[Cell, Leaf] = {}
        self.blocks: dict[tuple[str, str], list[Leaf]] = defaultdict(list)  # of a département at a time
        self.regions: dict[tuple[str, str, str], list[Leaf]] = defaultdict(list)
        self.columns: dict[tuple[str, str], list[Leaf]] = defaultdict(list)
        self.found: list[Exchange] = []
        self._known: set[frozenset[tuple[Cell, Move]]] = set()
        times: dict[tuple[str, str], dict[str, Leaf]] = defaultdict(dict)
        for cell in sorted(cells):
            leaf = self.leaves[cell] = Leaf(cell, cells[cell], times[cell[:2]])
            self.blocks[cell.departement, cell.part].append(leaf)
            self.regions[leaf.region, cell.of, cell.part].append(leaf)
            self.columns[cell.of, cell.part].append(leaf)
        self.nodes: dict[Node, tuple[Line, list[Leaf]]] = {}
        # The widest first: what hides a sum hides parts of it as well.
        for node, parts in sorted(self._sums(with_sums).items(), key=lambda one: -one[1][0]):
            weight, leaves = parts
            self.nodes[node] = _sum(leaves, weight, is_longer=node.time != leaves[0].cell.part), leaves
            if node.place == leaves[0].cell.departement:
                for leaf in leaves:
                    leaf.own.append(self.nodes[node][0])
        for cell, leaf in self.leaves.items():
            leaf.line.few &= SHOWN  # nothing that is shown is finer
            self.nodes[Node(*cell)] = leaf.line, [leaf]

    def _sums(self, with_sums: bool) -> dict[Node, tuple[float, list[Leaf]]]:
        found: dict[Node, tuple[float, list[Leaf]]] = {}
        for leaf in self.leaves.values():
            of, part = leaf.cell.of, leaf.cell.part
            places = [(leaf.cell.departement, 1.0)]
            if with_sums:
                places += [(region_place(leaf.region), OF_REGION), (NATION, OF_NATION)]
            for n, time in enumerate(times_of(part)):
                for place, weight in places:
                    if n or place != leaf.cell.departement:
                        found.setdefault(Node(place, of, time), (weight * OF_LONGER**n, []))[1].append(leaf)
        return found

    @property
    def hidden(self) -> dict[Node, tuple[int, int]]:
        """What is hidden of each figure: told to be few, and not shown at all."""
        return {node: line.masks for node, (line, _leaves) in self.nodes.items() if line.hidden & SHOWN}

    def cover(
        self,
        offer_free: Callable[[Leaf, int, int], Moved | None],
        offer: Callable[[list[Leaf], Move, Best], None],
    ) -> None:
        """Find an exchange for each small count: one that hides nothing more, or the cheapest of those that are offered."""
        for line, leaves in self.nodes.values():
            for bit in bits_of(line.few):
                for moves in () if line.covered & bit & SHOWN else MOVES_OF[bit]:
                    if line is leaves[0].line:
                        wanted = leaves[0].free & sum(move.bit for move in moves)
                        moved = offer_free(leaves[0], bit, wanted) if wanted else None
                        if moved:
                            self.take([(leaf.cell, move) for leaf, move in moved])
                            continue
                    best = Best(self, line, bit)
                    for n, move in enumerate(sorted(moves, key=leaves[0].line.price)):
                        if not best.price or (n >= MOVES_TRIED and best.price < TOGETHER and len(leaves) == 1):
                            break
                        offer(leaves, move, best)
                        best.offer_twins()
                    if best.moved:
                        self.take([(leaf.cell, move) for leaf, move in best.moved], covers=best.price < LAST_RESORT)
                        line.covered |= bit

    def price(self, moved: Moved, changing: Line | None, bit: int = 0) -> tuple[float, float]:
        """What it costs the readers when this happens, and what without sums over time; infinite when that figure stays."""
        changes: dict[Line, Move | None] = {}
        for leaf, move in moved:
            for line in leaf.lines:
                known = changes.get(line)
                changes[line] = move if known is None else None if known is move.back else sum_of([known, move])
        if changing is not None:
            found = changes[changing]
            if found is None or not found.touches & bit:
                return inf, inf
        now = later = 0.0
        for line, its in changes.items():
            if its is not None:
                if line.is_longer:
                    later += line.price(its)
                else:
                    now += line.price(its)
        return now + later, now

    def take(self, exchange: Exchange, *, covers: bool = True) -> None:
        """From now on this is something that readers must reckon with."""
        moved = [(self.leaves[cell], move) for cell, move in exchange]
        changes: dict[Line, list[Move]] = {}
        for leaf, move in moved:
            for line in leaf.lines:
                changes.setdefault(line, []).append(move)
        for line, moves in changes.items():
            move = sum_of(moves)
            line.touched |= move.touches
            line.crossed |= move.rises & line.fours
            if covers:
                line.covered |= sum(
                    bit
                    for bit in bits_of(line.few & move.touches & ~line.covered)
                    if not known_together(line, bit, moved)
                )
        if (key := frozenset(exchange)) not in self._known:
            self._known.add(key)
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

    def others(self, leaf: Leaf, move: Move, *, but: Sequence[Leaf], below: float) -> list[tuple[float, Cell, Leaf]]:
        """The cheapest of its name and time in other départements: of its région, or else of all."""
        of, part = leaf.cell.of, leaf.cell.part
        near = self.cheapest(self.regions[leaf.region, of, part], move, but=but, below=below)
        return near or self.cheapest(self.columns[of, part], move, but=but, below=below)


def are_many(leaf: Leaf, other: Leaf, bit: int) -> bool:
    """Whether the two together are not few: their sum is known, and may be a line somewhere."""
    place = bit.bit_length() - 1
    return leaf.line.values[place] + other.line.values[place] >= FEW


def known_together(line: Line, bit: int, moved: Moved) -> float:
    """What it costs that a line is few together with a partner of its name: nothing hides their sum, which may be a line somewhere."""
    own, move = next(((leaf, move) for leaf, move in moved if line in leaf.lines and move.touches & bit), (None, None))
    if own is None or move is None:
        return 0.0
    place = bit.bit_length() - 1
    return max(
        (
            TOGETHER if leaf.cell.part == own.cell.part else TOGETHER_OVER_TIME
            for leaf, its in moved
            if its is move.back
            and leaf.cell.of == own.cell.of
            and line not in leaf.lines
            and line.values[place] + leaf.line.values[place] < FEW
        ),
        default=0.0,
    )


def move_between(moves: int, there: list[Leaf], back: list[Leaf]) -> Moved:
    """The first of a set of moves, in some cells, and its opposite in others."""
    move = next(move for move in MOVES if move.bit & moves)
    return [*((leaf, move) for leaf in there), *((leaf, move.back) for leaf in back)]


def _sum(leaves: list[Leaf], weight: float, *, is_longer: bool) -> Line:
    values = [sum(some) for some in zip(*(leaf.line.values for leaf in leaves), strict=True)]
    line = Line(values, weight, is_longer=is_longer)
    for leaf in leaves:
        leaf.lines.append(line)
    return line
