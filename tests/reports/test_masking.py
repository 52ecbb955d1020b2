"""Nobody computes a hidden count from what is shown: two attackers try, over many small tables."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ateliers.reports.indicator import Counts
from ateliers.reports.masking import FEW, PEOPLE, Mask, mask

KEYS = [indicator.key for indicator in PEOPLE]
SUMS = {  # what everybody can read in the definitions
    "seats_booked_or_given_back": ("seats_booked", "seats_given_back"),
    "participations": ("present", "walk_ins"),
    "seats_recorded": ("present", "absent", "excused"),
}


def a_row(chance: random.Random) -> Counts:
    """A structure with a few sessions, some of them held, and small counts."""
    held = chance.randint(0, 2)
    planned = chance.choice([0, 0, 1])
    limited = chance.random() < 0.8
    present, absent, excused, unanswered = (
        (chance.choice([0, 1, 2, 3, 4, 5, 6, 9, 20]) for _n in range(4)) if held else (0, 0, 0, 0)
    )
    ahead = chance.choice([0, 1, 4, 7]) if planned else 0
    booked = present + absent + excused + unanswered + ahead
    return Counts(
        sessions=held + planned,
        held=held,
        planned=planned,
        capacity=30 if limited else 0,
        seats_limited=booked if limited else 0,
        seats_unlimited=0 if limited else booked,
        bookings=chance.randint(0, booked),
        given_back=chance.choice([0, 0, 1, 3, 6]) if held + planned else 0,
        waiting=chance.choice([0, 0, 2, 8]) if held + planned else 0,
        present=present,
        absent=absent,
        excused=excused,
        unanswered=unanswered,
        walk_ins=chance.choice([0, 1, 2, 5]) if held else 0,
        informed=chance.choice([0, 0, 3, 40]) if held else 0,
        activated=chance.choice([0, 1, 6]) if held else 0,
    )


def a_table(chance: random.Random, rows: int) -> tuple[list[Counts], Counts]:
    lines = [a_row(chance) for _n in range(rows)]
    return lines, sum(lines, Counts())


Cell = tuple[int, str]
Equation = tuple[dict[Cell, int], int]  # coefficients of hidden cells, and what they add up to


def published(
    lines: list[Counts], masks: list[dict[str, Mask]]
) -> tuple[list[Equation], dict[Cell, tuple[int, float]]]:
    """What a reader knows: equations between hidden cells, and the bounds that « moins de 5 » says."""
    last = len(lines) - 1
    values = {(n, one.key): one.value(line) for n, line in enumerate(lines) for one in PEOPLE}
    bounds = {
        (n, key): (0, FEW - 1) if hidden is Mask.FEW else (0, float("inf"))
        for n, line in enumerate(masks)
        for key, hidden in line.items()
    }
    relations: list[dict[Cell, int]] = [{(last, key): -1, **{(n, key): 1 for n in range(last)}} for key in KEYS]
    for n, line in enumerate(lines):
        relations += [{(n, total): -1, **{(n, part): 1 for part in parts}} for total, parts in SUMS.items()]
        if line.planned + line.missing == 0:
            relations.append({(n, "seats_booked"): -1, (n, "seats_recorded"): 1, (n, "seats_unanswered"): 1})
        if not line.seats_unlimited:
            relations.append({(n, "seats_booked"): -1, (n, "seats_booked_limited"): 1})
    equations = []
    for relation in relations:
        known = sum(factor * values[cell] for cell, factor in relation.items() if cell not in bounds)
        unknown = {cell: factor for cell, factor in relation.items() if cell in bounds}
        if unknown:
            equations.append((unknown, -known))
    return equations, bounds


def narrowed(equations: list[Equation], bounds: dict[Cell, tuple[int, float]]) -> dict[Cell, tuple[float, float]]:
    """The bounds that follow by putting those of an equation's other cells in, again and again."""
    found: dict[Cell, tuple[float, float]] = dict(bounds)
    for _n in range(40):
        before = dict(found)
        for factors, total in equations:
            for cell, factor in factors.items():
                low, high = float(total), float(total)
                for other, theirs in factors.items():
                    if other != cell:
                        ends = [theirs * end for end in found[other]]
                        low, high = low - max(ends), high - min(ends)
                ends = sorted((low / factor, high / factor))
                found[cell] = (max(found[cell][0], ends[0]), min(found[cell][1], ends[1]))
        if found == before:
            break
    return found


def solved(equations: list[Equation]) -> set[Cell]:
    """Cells that the equations alone determine (Gauss, in fractions)."""
    cells = sorted({cell for factors, _total in equations for cell in factors})
    rows = [[Fraction(factors.get(cell, 0)) for cell in cells] for factors, _total in equations]
    rank = 0
    for column in range(len(cells)):
        pivot = next((n for n in range(rank, len(rows)) if rows[n][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        lead = rows[rank][column]
        rows[rank] = [value / lead for value in rows[rank]]
        for n, row in enumerate(rows):
            if n != rank and row[column]:
                times = row[column]
                rows[n] = [value - times * top for value, top in zip(row, rows[rank], strict=True)]
        rank += 1
    return {cells[row.index(1)] for row in rows[:rank] if sum(bool(value) for value in row) == 1}


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32), rows=st.integers(1, 5))
def test_no_hidden_small_count_can_be_computed(seed: int, rows: int) -> None:
    lines, total = a_table(random.Random(seed), rows)

    masks = mask(lines, total)

    everything = [*lines, total]
    equations, bounds = published(everything, masks)
    computed = solved(equations)
    possible = narrowed(equations, bounds)
    for n, line in enumerate(everything):
        for one in PEOPLE:
            value = one.value(line)
            if 0 < value < FEW:
                assert one.key in masks[n], f"{one.key} is shown"
                assert (n, one.key) not in computed, f"{one.key} follows from sums"
                low, high = possible[(n, one.key)]
                assert low < high, f"{one.key} follows from sums and classes"


def test_a_single_hidden_cell_does_not_stand_alone() -> None:
    one = Counts(sessions=1, held=1, capacity=20, seats_limited=20, bookings=20, present=20, walk_ins=3)
    others = [
        Counts(sessions=1, held=1, capacity=30, seats_limited=20 + n, bookings=20, present=20 + n, walk_ins=9 + n)
        for n in range(3)
    ]
    lines = [one, *others]

    masks = mask(lines, sum(lines, Counts()))

    assert masks[0]["walk_ins"] is Mask.FEW
    assert [sum(key in line for line in masks[:-1]) for key in ("walk_ins", "participations")] == [2, 2]
    assert masks[-1] == {}
    assert "present" not in masks[0]


def test_large_counts_and_zeros_are_shown() -> None:
    lines = [
        Counts(sessions=1, held=1, capacity=30, seats_limited=20, bookings=20, present=20),
        Counts(sessions=2, held=2, capacity=30, seats_limited=10, bookings=10, present=5, absent=5),
    ]

    assert mask(lines, sum(lines, Counts())) == [{}, {}, {}]


@pytest.mark.parametrize("rows", [0, 1])
def test_a_total_of_one_line_hides_as_the_line_does(rows: int) -> None:
    lines = [Counts(sessions=1, held=1, capacity=9, seats_limited=3, bookings=2, present=3)] * rows
    masks = mask(lines, sum(lines, Counts()))

    assert masks[:-1] == [masks[-1]] * rows


def test_a_thousand_lines_take_a_moment() -> None:
    lines, total = a_table(random.Random(1), 1500)

    assert len(mask(lines, total)) == 1501
