"""What a line of figures may hide behind: small counts, and the moves that make another line of it (F7).

A count of people from 1 to 4 is hidden: « moins de 5 ». That alone protects nothing: a total less its other lines, or
participations less walk-ins, tells it. So a hidden count must also come with another world that differs in it and agrees with
everything that is shown. Worlds are made of *moves*: one person more here and one fewer there inside a line (say present and
absent), or one more alone, which other lines make up for: `exchanges.py` finds them. Whatever a move touches is hidden as well,
« non communiqué », which says nothing of its size.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable
from functools import cache
from itertools import combinations
from operator import attrgetter

from ateliers.reports.indicator import Counts
from ateliers.reports.indicators import COUNTED
from ateliers.words import T

FEW = 5  # counts under this are not shown
PEOPLE = tuple(indicator for indicator in COUNTED if indicator.is_about_people)
BITS = {indicator.key: 1 << n for n, indicator in enumerate(PEOPLE)}  # sets of indicators are numbers below
# What anybody can compute of a line, and what a line of another table may consist of: seats where there is no limit, seats of
# sessions to come, and of sessions held.
_NO_LIMIT, _TO_COME, _OVER = (1 << len(PEOPLE) + n for n in range(3))
SHOWN = (1 << len(PEOPLE)) - 1
_VALUED = (*BITS.values(), _NO_LIMIT, _TO_COME, _OVER)

Steps = tuple[tuple[str, int], ...]  # field of Counts, +1 or -1


class Mask(enum.Enum):
    """Why a count is not shown."""

    FEW = "few"
    WITHHELD = "withheld"

    @property
    def label(self) -> T:
        """What stands in its place."""
        return T("fewer than 5") if self is Mask.FEW else T("not shown")


# What is known of a line's sessions, which are always shown, leaves room for its counts to differ, or does not.
_FIELDS = tuple(dict.fromkeys(name for indicator in PEOPLE for name in indicator.adds))
_FIELDS_OF = attrgetter(*_FIELDS)
_PLACES = tuple(tuple(map(_FIELDS.index, indicator.adds)) for indicator in PEOPLE)
_SOME = {name: 1 << n for n, name in enumerate(_FIELDS)}  # there is one to take away
_ALIVE, _HELD, _CAME, _LIMITED, _AHEAD = (1 << len(_FIELDS) + n for n in range(5))
_ROOM = {"present": _CAME, "walk_ins": _CAME, "seats_limited": _LIMITED}
_ROOM |= dict.fromkeys(("absent", "excused", "unanswered"), _HELD)


# The seats of a session held are present, absent, excused or unanswered, so one more booked is one more of these, unless
# sessions are still to come.
_AMONG_SEATS = ("present", "absent", "excused", "unanswered")
# Counted without a list: nothing else is known of them.
_COUNTERS = ("informed", "helped", "stand_activated", "shown", "activated", "completed", "answered")
_SEATS = ("seats_limited", "seats_unlimited")


class Move:
    """A change of one person inside a line, and what of the line it changes."""

    __slots__ = ("back", "bit", "needs", "rises", "steps", "takes", "touches")

    def __init__(self, steps: Steps) -> None:
        changes = {BITS[one.key]: sum(step for name, step in steps if name in one.adds) for one in PEOPLE}
        changes[_NO_LIMIT] = sum(step for name, step in steps if name == "seats_unlimited")
        changes[_TO_COME] = sum(
            step if name in _SEATS else -step for name, step in steps if name in {*_SEATS, *_AMONG_SEATS}
        )
        changes[_OVER] = sum(step for name, step in steps if name in _AMONG_SEATS)
        self.steps = steps
        self.rises = sum(bit for bit, change in changes.items() if change > 0)
        self.touches = sum(bit for bit, change in changes.items() if change)
        self.takes = sum(_SOME[name] for name, step in steps if step < 0)
        self.needs = self.takes | _ALIVE
        for name, _step in steps:
            self.needs |= _ROOM.get(name, 0)
        if self.touches & _TO_COME:
            self.needs |= _AHEAD
        self.back: Move
        self.bit = 0  # in sets of moves; the opposite's is next to it

    @property
    def splits(self) -> list[list[Move]]:
        """How two lines or more can make the move together, the likelier first."""
        steps = dict(self.steps)
        step = steps.get("unanswered", 0)
        found: list[tuple[Steps, ...]] = []
        if steps.keys() == {"unanswered"}:
            found = [(((seats, -step),), ((seats, step), ("unanswered", step))) for seats in _SEATS]
        elif steps.keys() == {"unanswered", *_SEATS}:
            gone, come = sorted(_SEATS, key=lambda seats: steps[seats] == step)
            found = [(((gone, -step),), ((come, step), ("unanswered", step)))]
        elif steps.keys() == set(_SEATS):
            one, other = self.steps
            found = [((one,), (other,))]
            found += [((one, (answer, one[1])), (other, (answer, other[1]))) for answer in _AMONG_SEATS]
        elif len(steps) == 2 and "unanswered" in steps and not steps.keys().isdisjoint(_SEATS):
            [seats] = steps.keys() - {"unanswered"}
            found = [
                (((seats, step), (answer, step)), ((answer, -step), ("unanswered", step)))
                for answer in _AMONG_SEATS[:-1]
            ]
        for name in ("walk_ins", "given_back"):
            if name in steps:
                rest, alone = tuple(each for each in self.steps if each[0] != name), ((name, steps[name]),)
                found = [(rest, alone)]
                if len(rest) > 1:
                    found += [(*(part.steps for part in parts), alone) for parts in move_of(rest).splits]
        return [[move_of(part) for part in parts] for parts in (*found, tuple((each,) for each in self.steps))]


@cache
def move_of(steps: Steps) -> Move:
    """The move of these steps; `back` is its opposite."""
    move, back = Move(steps), Move(tuple((name, -step) for name, step in steps))
    move.back, back.back = back, move
    return move


def sum_of(moves: list[Move]) -> Move:
    """What several moves in a line come to."""
    if len(moves) == 1:
        return moves[0]
    steps: dict[str, int] = {}
    for move in moves:
        for name, step in move.steps:
            steps[name] = steps.get(name, 0) + step
    return move_of(tuple(sorted((name, step) for name, step in steps.items() if step)))


_UP: tuple[Steps, ...] = (
    *(((one, 1), (other, -1)) for one, other in combinations(_AMONG_SEATS, 2)),
    *(((name, 1),) for name in ("walk_ins", "given_back", "waiting", "bookings", *_COUNTERS, *_SEATS)),
    *(((seats, 1), (answer, 1)) for seats in _SEATS for answer in _AMONG_SEATS),
    # These keep a sum (participations, seats booked, seats held at some time) as it is.
    *((("present", 1), (other, -1), ("walk_ins", -1)) for other in _AMONG_SEATS[1:]),
    (("seats_limited", 1), ("seats_unlimited", -1)),
    (("seats_limited", 1), ("unanswered", 1), ("given_back", -1)),
    (("seats_unlimited", 1), ("unanswered", 1), ("given_back", -1)),
)
# A seat of a session to come becomes one of a session held: two lines must fit for it, of which each may have a limit or not.
_ARRIVALS: tuple[Steps, ...] = tuple(
    tuple(sorted({"unanswered": 1, **{seats: step for seats, step in change if step}}.items()))
    for change in (
        (("seats_limited", 0),),
        (("seats_limited", -1), ("seats_unlimited", 1)),
        (("seats_limited", 1), ("seats_unlimited", -1)),
    )
)
MOVES = tuple(one for steps in (*_UP, *_ARRIVALS) for one in (move_of(steps), move_of(steps).back))
for _place, _move in enumerate(MOVES):
    _move.bit = 1 << _place
_FIRST = sum(one.bit for one in MOVES[::2])
_ALONE = MOVES[: 2 * len(_UP)]
# By what is to be hidden: one move of each group.
MOVES_OF: dict[int, tuple[tuple[Move, ...], ...]] = {
    bit: (tuple(one for one in _ALONE if one.touches & bit),) for bit in (*BITS.values(), _NO_LIMIT)
}
MOVES_OF[_TO_COME] = MOVES_OF[_OVER] = tuple((move_of(steps), move_of(steps).back) for steps in _ARRIVALS)
MOVES_OF[_NO_LIMIT] += MOVES_OF[_TO_COME][1:]


def opposites(moves: int) -> int:
    """Of each move of a set the opposite."""
    return (moves & _FIRST) << 1 | (moves >> 1 & _FIRST)


def bits_of(number: int) -> Iterable[int]:
    """Its single bits, lowest first."""
    while number:
        lowest = number & -number
        yield lowest
        number ^= lowest


class Line:
    """A line of a table, or the sum of some: its counts of people, and what of them is not shown."""

    __slots__ = ("covered", "crossed", "few", "fours", "is_longer", "prices", "touched", "values", "weight")

    def __init__(self, values: list[int], weight: float = 1.0, *, is_longer: bool = False) -> None:
        self.values = values
        self.weight = weight
        self.is_longer = is_longer  # than the cells: of several months or quarters
        self.few = self.fours = 0  # not only of what is shown
        for bit, value in zip(_VALUED, values, strict=True):
            if 0 < value < FEW:
                self.few |= bit
                if value == FEW - 1:
                    self.fours |= bit
        self.touched = 0  # by an exchange, and hidden
        self.crossed = 0  # small, but not in another world: « moins de 5 » would tell them apart
        self.covered = 0  # by an exchange: not to be computed
        self.prices: dict[int, float] = {}

    @property
    def hidden(self) -> int:
        """What is not shown."""
        return self.few | self.touched

    @property
    def masks(self) -> tuple[int, int]:
        """What is told to be few, and what is not shown without a word on its size."""
        hidden = self.hidden & SHOWN
        small = sum(bit for bit, value in zip(_VALUED, self.values, strict=True) if value < FEW) if hidden else 0
        return hidden & small & ~self.crossed, hidden & ~(small & ~self.crossed)

    def price(self, move: Move) -> float:
        """What it costs the readers to let the move happen here: the more, the larger what they lose."""
        lost = move.touches & SHOWN & ~(self.few | self.touched)
        price = self.prices.get(lost)
        if price is None:
            logs = (math.log2(1 + self.values[bit.bit_length() - 1]) for bit in bits_of(lost))
            price = self.prices[lost] = self.weight * sum(1 + log for log in logs)
        if move.rises & self.fours:  # « moins de 5 » could no longer be said
            price += self.weight
        return price


def values_of(counts: Counts) -> list[int]:
    """The counts of people, in the order of PEOPLE, then what follows from them."""
    fields = _FIELDS_OF(counts)
    values = [sum(fields[place] for place in places) if len(places) > 1 else fields[places[0]] for places in _PLACES]
    values.append(counts.seats_unlimited)
    values += (counts.seats_limited + counts.seats_unlimited - _answered(counts), _answered(counts))
    return values


def room_of(counts: Counts) -> int:
    """What moves may need of a line: a move is possible where all that it needs is there."""
    room = 0
    for bit, value in zip(_SOME.values(), _FIELDS_OF(counts), strict=True):
        if value:
            room |= bit
    # Booked seats that are neither answered nor unanswered are those of sessions without attendance.
    booked = counts.seats_limited + counts.seats_unlimited
    for is_there, bit in (
        (counts.sessions > counts.called_off, _ALIVE),
        (counts.held, _HELD),
        (counts.held > counts.held_empty, _CAME),
        (counts.capacity, _LIMITED),
        (counts.planned + counts.missing and booked > _answered(counts), _AHEAD),
    ):
        if is_there:
            room |= bit
    return room


def _answered(counts: Counts) -> int:
    return counts.present + counts.absent + counts.excused + counts.unanswered
