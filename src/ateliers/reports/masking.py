"""Hide small counts from readers outside the structure, so that no sum or difference gives them away (F7).

A count of people from 1 to 4 is hidden: « moins de 5 ». That alone protects nothing: a total less its other lines, or
participations less walk-ins, tells it. So each hidden count must come with another table of figures that differs in that
count and agrees with everything still shown: sums of columns, sums inside a line, the classes "under 5" and "5 or more". Such a
table is made by a *move*: one person more here and one fewer there inside a line (say present and absent), and the opposite in
another line, or the same in the total. Where what a move touches is still shown, it is hidden too, « non communiqué » when it is
5 or more; of all moves the one that hides least is taken.

This holds inside one report. Two reports over periods that differ by a day are two publications: their difference is not guarded.
"""

from __future__ import annotations

import enum
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations

from ateliers.reports.indicator import Counts
from ateliers.reports.indicators import COUNTED
from ateliers.words import T

FEW = 5  # counts under this are not shown
LEAST_VALUABLE = 1000.0  # how much dearer it is to hide a figure of the total than one of a line

Move = tuple[tuple[str, int], ...]  # field of Counts, +1 or -1


class Mask(enum.Enum):
    """Why a count is not shown."""

    FEW = "few"
    WITHHELD = "withheld"

    @property
    def label(self) -> T:
        """What stands in its place."""
        return T("fewer than 5") if self is Mask.FEW else T("not shown")


# What a line's hidden counts can be exchanged for without changing what is known of the line otherwise. The seats of a session
# held are present, absent, excused or unanswered, so one more booked is one more unanswered, unless sessions are still to come.
_AMONG_SEATS = ("present", "absent", "excused", "unanswered")
# Counted without a list: nothing else is known of them.
_COUNTERS = ("informed", "helped", "stand_activated", "shown", "activated", "completed", "answered")
_UP: tuple[Move, ...] = (
    *(((one, 1), (other, -1)) for one, other in combinations(_AMONG_SEATS, 2)),
    *(((name, 1),) for name in ("walk_ins", "given_back", "waiting", "bookings", *_COUNTERS)),
    (("seats_limited", 1),),
    (("seats_unlimited", 1),),
    (("seats_limited", 1), ("unanswered", 1)),
    (("seats_unlimited", 1), ("unanswered", 1)),
    # These keep a sum (participations, seats booked, seats held at some time) on its side of 5.
    *((("present", 1), (other, -1), ("walk_ins", -1)) for other in _AMONG_SEATS[1:]),
    (("seats_limited", 1), ("seats_unlimited", -1)),
    (("seats_limited", 1), ("unanswered", 1), ("given_back", -1)),
    (("seats_unlimited", 1), ("unanswered", 1), ("given_back", -1)),
)


def _opposite(move: Move) -> Move:
    return tuple((name, -step) for name, step in move)


MOVES: tuple[Move, ...] = (*_UP, *map(_opposite, _UP))
PEOPLE = tuple(indicator for indicator in COUNTED if indicator.is_about_people)


def _touched(move: Move) -> dict[str, int]:
    """By how much each shown count changes."""
    steps = dict(move)
    changes = {indicator.key: sum(steps.get(name, 0) for name in indicator.adds) for indicator in PEOPLE}
    return {key: change for key, change in changes.items() if change}


TOUCHED = {move: _touched(move) for move in MOVES}
NAMES = {move: frozenset(name for name, _step in move) for move in MOVES}
OF_CELL: dict[str, list[Move]] = defaultdict(list)
for _move, _changes in TOUCHED.items():
    for _key in _changes:
        OF_CELL[_key].append(_move)


def mask(rows: Sequence[Counts], total: Counts) -> list[dict[str, Mask]]:
    """What to hide of each row, then of the total: key of the indicator, and how it is shown."""
    return _Masking(rows, total).run()


class _Masking:
    def __init__(self, rows: Sequence[Counts], total: Counts) -> None:
        self.lines = [*rows, total]
        self.last = len(rows)
        self.values = [{indicator.key: indicator.value(line) for indicator in PEOPLE} for line in self.lines]
        self.hidden: list[set[str]] = [
            {key for key, value in values.items() if 0 < value < FEW} for values in self.values
        ]
        self.free: dict[Move, set[int]] = defaultdict(set)  # lines where the move needs nothing more to be hidden
        self.cheapest: dict[Move, list[int]] = {}
        self.blank: set[int] = set()

    def run(self) -> list[dict[str, Mask]]:
        primary = [(line, key) for line, hidden in enumerate(self.hidden) for key in sorted(hidden)]
        for line in {line for line, _key in primary}:
            self._note_free(line)
        for line, key in primary:
            if not any(self._protect(line, key) or self._blank(blank) for blank in (line, self.last, None)):
                # No table but this one fits: nothing about people can be shown at all.
                return [dict.fromkeys(values, Mask.WITHHELD) for values in self.values]
        return [
            {
                key: Mask.FEW if values[key] < FEW and line not in self.blank else Mask.WITHHELD
                for key in self.hidden[line]
            }
            for line, values in enumerate(self.values)
        ]

    def _blank(self, line: int | None) -> bool:
        """Last resort: say nothing of the people of a line, not even whether they are few. Always False."""
        if line is not None:
            self.blank.add(line)
            self.hidden[line] |= self.values[line].keys()
            self.cheapest.clear()
            self._note_free(line)
        return False

    def _protect(self, line: int, key: str) -> bool:
        best: tuple[float, Move, int, Move] | None = None
        for move in OF_CELL[key]:
            if not self._is_possible(line, move):
                continue
            here = self._cost(line, move)
            if best is not None and here >= best[0]:
                continue
            for other, back in self._partners(line, move):
                cost = here + self._cost(other, back)
                if best is None or cost < best[0]:
                    best = (cost, move, other, back)
            if best is not None and best[0] == 0:
                return True
        if best is None:
            return False
        _price, move, other, back = best
        self._hide(line, move)
        self._hide(other, back)
        return True

    def _partners(self, line: int, move: Move) -> Iterable[tuple[int, Move]]:
        """Lines that can make up for the move, the cheapest ones; the total moves along instead."""
        if line == self.last:
            yield from ((other, move) for other in self._candidates(move, but=line))
            return
        back = _opposite(move)
        yield from ((other, back) for other in self._candidates(back, but=line))
        if self._is_possible(self.last, move):
            yield self.last, move

    def _candidates(self, move: Move, *, but: int) -> list[int]:
        free = [line for line in self.free[move] if line not in (but, self.last)][:1]
        if free:
            return free
        if move not in self.cheapest:
            possible = [line for line in range(self.last) if self._is_possible(line, move)]
            self.cheapest[move] = sorted(possible, key=lambda line: self._price(line, TOUCHED[move]))[:4]
        return [line for line in self.cheapest[move] if line != but]

    def _is_possible(self, line: int, move: Move) -> bool:
        """Whether the line after the move is one that a reader who sees its classes must reckon with."""
        counts, values = self.lines[line], self.values[line]
        if any(getattr(counts, name) + step < 0 for name, step in move):
            return False
        if not _makes_sense(counts, NAMES[move]):
            return False
        if line in self.blank:
            return True
        return all(
            0 <= values[key] + change < FEW if values[key] < FEW else values[key] + change >= FEW
            for key, change in TOUCHED[move].items()
        )

    def _cost(self, line: int, move: Move) -> float:
        return self._price(line, (key for key in TOUCHED[move] if key not in self.hidden[line]))

    def _price(self, line: int, keys: Iterable[str]) -> float:
        price = sum(1 + math.log2(1 + self.values[line][key]) for key in keys)
        return price * LEAST_VALUABLE if line == self.last else price

    def _hide(self, line: int, move: Move) -> None:
        self.hidden[line] |= TOUCHED[move].keys()
        self._note_free(line)

    def _note_free(self, line: int) -> None:
        for move in MOVES:
            if (
                line not in self.free[move]
                and TOUCHED[move].keys() <= self.hidden[line]
                and self._is_possible(line, move)
            ):
                self.free[move].add(line)


def _makes_sense(counts: Counts, names: frozenset[str]) -> bool:
    """Whether the line's sessions, which are always shown, leave room for the counts to differ."""
    if names & {"present", "walk_ins"} and counts.held == counts.held_empty:
        return False
    if names & {"absent", "excused", "unanswered"} and not counts.held:
        return False
    if "seats_limited" in names and not counts.capacity:
        return False
    if "seats_unlimited" in names and not counts.seats_unlimited:
        return False
    if names in ({"seats_limited"}, {"seats_unlimited"}):
        # Booked seats that are neither answered nor unanswered are those of sessions without attendance.
        booked = counts.seats_limited + counts.seats_unlimited
        answered = counts.present + counts.absent + counts.excused + counts.unanswered
        return counts.planned + counts.missing > 0 and booked > answered
    return counts.sessions > counts.called_off
