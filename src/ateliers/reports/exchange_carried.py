"""Exchanges between totals, carried on in the lines that the totals are made of (F7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from ateliers.reports.exchange_tables import TRIED, Best, Cell, Exchange, Leaf, Table
from ateliers.reports.grouping import quarter_of
from ateliers.reports.masking import FEW, SHOWN, Move, bits_of, sum_of


class Carried:
    """Exchanges between totals, carried on in lines of each: whatever happens to a total happens in a line of it."""

    def __init__(self, table: Table, under: Iterable[Iterable[tuple[Cell, Move]]], *, together: bool) -> None:
        self.table = table
        # Who carries each move of an exchange between totals, and which of its moves is this.
        self.of_total: dict[tuple[str, str, Move], list[tuple[list[Exchange], int]]] = defaultdict(list)
        for exchange in under:
            moves = sorted(
                (one for one in in_quarters(exchange) if (one[0].departement, one[0].part) in table.blocks),
                key=lambda one: one[0].departement,
            )
            if not moves:
                continue
            carriers = (together and self._in_one_column(moves)) or self._by_departement(moves)
            is_sound = all(table.leaves[cell].allows(move) for carrier in carriers for cell, move in carrier)
            # The other half may be carried by the same structure, elsewhere: its sum would be known.
            table.take([moved for carrier in carriers for moved in carrier], covers=together and is_sound)
            if is_sound:
                for place, (cell, move) in enumerate(moves):
                    self.of_total[cell.departement, cell.part, move].append((carriers, place))

    def by(self, leaf: Leaf, move: Move) -> Iterable[Exchange]:
        """The same exchanges between totals where this cell is the one that carries the move."""
        for known, place in self.of_total[leaf.cell.departement, leaf.cell.part, move][:TRIED]:
            carriers = [*known]
            carriers[place] = [(leaf.cell, move)]
            yield [moved for carrier in carriers for moved in carrier]
            # What the same line carries elsewhere leaves a sum of both as it is: somebody else may.
            for n, carrier in enumerate(carriers):
                if n != place and any(cell.of == leaf.cell.of for cell, _its in carrier):
                    for other in self._others(carrier):
                        yield [moved for one in (*carriers[:n], other, *carriers[n + 1 :]) for moved in one]

    def _others(self, carrier: Exchange) -> Iterable[Exchange]:
        """Other ways to carry what these cells of a département carry."""
        block = self.table.blocks[carrier[0][0].departement, carrier[0][0].part]
        known = [self.table.leaves[cell] for cell, _move in carrier]
        move = sum_of([move for _cell, move in carrier])
        for _price, cell, _leaf in self.table.cheapest(block, move, but=known):
            yield [(cell, move)]
        for parts in move.splits:
            found = [self.table.cheapest(block, part) for part in parts]
            if all(found):
                yield [(cheapest[0][1], part) for cheapest, part in zip(found, parts, strict=True)]

    def _by_departement(self, moves: Exchange) -> list[Exchange]:
        """Of lines of each département: the same at all times where this can be, so that their years stay as they are."""
        carriers: list[Exchange] = []
        for departement in dict.fromkeys(cell.departement for cell, _move in moves):
            own = [(cell, move) for cell, move in moves if cell.departement == departement]
            carriers += (len(own) > 1 and self._in_one_column(own)) or [self._carry(*moved) for moved in own]
        return carriers

    def _in_one_column(self, moves: Exchange) -> list[Exchange]:
        """Of lines of the same kind or structure, so that their sums stay as they are."""
        best = Best(self.table)
        for leaf in self.table.blocks[moves[0][0].departement, moves[0][0].part]:
            cells = [
                (self.table.leaves.get(Cell(total.departement, leaf.cell.of, total.part)), move)
                for total, move in moves
            ]
            moved = [(one, move) for one, move in cells if one is not None and one.allows(move)]
            if len(moved) == len(moves):
                best.offer_cells([(one.cell, move) for one, move in moved])
        return [[(leaf.cell, move)] for leaf, move in best.moved]

    def _carry(self, total: Cell, move: Move) -> Exchange:
        block = self.table.blocks[total.departement, total.part]
        possible = [leaf for _price, _cell, leaf in self.table.cheapest(block, move)]
        if possible:
            return [(min(possible, key=lambda leaf: _few_of_many(leaf, move, block)).cell, move)]
        for parts in move.splits:
            carriers = [self.table.cheapest(block, part) for part in parts]
            if all(carriers):
                return [(cheapest[0][1], part) for cheapest, part in zip(carriers, parts, strict=True)]
        # What is known of the sessions of these lines says no, that of their sum did not: the likeliest then.
        return [(max(block, key=lambda leaf: (leaf.room & move.needs).bit_count()).cell, move)]


def _few_of_many(leaf: Leaf, move: Move, block: list[Leaf]) -> int:
    """How many small counts of the cell would be changed though the total's are large: elsewhere it may be changed back."""
    places = [bit.bit_length() - 1 for bit in bits_of(move.touches & SHOWN)]
    few = [place for place in places if leaf.line.values[place] < FEW]
    return sum(sum(other.line.values[place] for other in block) >= FEW for place in few)


def in_quarters(exchange: Iterable[tuple[Cell, Move]]) -> Exchange:
    """What an exchange between months, or quarters, comes to in quarters."""
    moves: dict[Cell, list[Move]] = {}
    for cell, move in exchange:
        moves.setdefault(Cell(cell.departement, "", quarter_of(cell.part)), []).append(move)
    sums = [(cell, sum_of(some)) for cell, some in moves.items()]
    return [(cell, move) for cell, move in sums if move.steps]
