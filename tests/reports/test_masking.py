"""Nobody computes a hidden count from what is shown: two attackers hold all the tables of a period, over many small networks."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import pairwise

import pytest

from ateliers.places.territories import region_of
from ateliers.reports.exchanges import Cell, Exchange, exchange_across, exchange_territories, exchange_within, masks
from ateliers.reports.indicator import Counts
from ateliers.reports.masking import FEW, PEOPLE, Mask

KEYS = [indicator.key for indicator in PEOPLE]
SUMS = {  # what everybody can read in the definitions
    "seats_booked_or_given_back": ("seats_booked", "seats_given_back"),
    "participations": ("present", "walk_ins"),
    "seats_recorded": ("present", "absent", "excused"),
}
TERRITORIES = [["58"], ["58", "21"], ["58", "21", "75"], ["58", "21", "75", "77"], ["58", "21", "89", "971"]]
SOME = "a coordinator's own"
PRIME = (1 << 61) - 1  # equations are solved modulo a large prime: whole numbers that stay small, and no luck

Tables = dict[str, dict[Cell, Counts]]  # by grouping
Place = tuple[str, str, str]  # extent, grouping, line of the table
Figure = tuple[str, str, str, str]  # the same, and key of the indicator
Equation = tuple[dict[Figure, int], int]  # coefficients of hidden figures, and what they add up to
Bounds = dict[Figure, tuple[float, float]]


def a_session(chance: random.Random) -> Counts:
    """Or a few, some of them held, and small counts. Sessions to come have a limit: see the decision on figures."""
    held = chance.randint(0, 2)
    planned = chance.choice([0, 0, 1])
    limited = planned or chance.random() < 0.8
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


def a_network(chance: random.Random, departements: list[str], structures: int, sessions: int) -> Tables:
    """The counts by each grouping; a session in ten is held in another département than its structure's."""
    homes = [chance.choice(departements) for _n in range(structures)]
    found: dict[str, dict[Cell, list[Counts]]] = defaultdict(lambda: defaultdict(list))
    for _n in range(sessions):
        structure = chance.randrange(structures)
        code = chance.choice(departements) if chance.random() < 0.1 else homes[structure]
        counts = a_session(chance)
        for by, of in (
            ("territory", ""),
            ("commune", f"{code}-{chance.randint(0, 2)}"),
            ("structure", str(structure)),
            ("kind", chance.choice("abc")),
            ("month", chance.choice(["2026-01", "2026-02", "2026-03"])),
        ):
            found[by][Cell(code, of)].append(counts)
    return {by: {cell: Counts.sum_of(some) for cell, some in cells.items()} for by, cells in found.items()}


def hide(tables: Tables) -> dict[str, list[Exchange]]:
    """What hides the small counts, by grouping."""
    totals = exchange_territories({cell.departement: counts for cell, counts in tables["territory"].items()})
    return {
        "territory": totals,
        "commune": exchange_within(tables["commune"], totals),
        "structure": exchange_within(tables["structure"], totals),
        "kind": exchange_across(tables["kind"], totals, are_sums=True),
        "month": exchange_across(tables["month"], totals, are_sums=False),
    }


def extents_of(tables: Tables) -> dict[str, list[str]]:
    """The nation, its régions and its départements; and two départements of somebody who coordinates just these."""
    codes = sorted(cell.departement for cell in tables["territory"])
    regions = sorted({region_of(code) for code in codes})
    return {
        "nation": codes,
        **{f"région {one}": [code for code in codes if region_of(code) == one] for one in regions},
        **{code: [code] for code in codes},
        SOME: codes[:: max(1, len(codes) - 1)],
    }


def published(tables: Tables, extents: dict[str, list[str]]) -> dict[Place, tuple[Counts, dict[str, Mask]]]:
    """Every line of every table, and what is hidden of it."""
    exchanges = hide(tables)
    lines: dict[Place, tuple[Counts, dict[str, Mask]]] = {}
    for extent, codes in extents.items():
        for by, cells in tables.items():
            inside = {cell: counts for cell, counts in cells.items() if cell.departement in codes}
            found: dict[str, list[Counts]] = defaultdict(list)
            for cell, counts in inside.items():
                found[cell.of].append(counts)
            figures = {of: Counts.sum_of(some) for of, some in found.items()}
            rows_of: Callable[[Cell], Iterable[str]] = lambda cell, inside=inside: [cell.of] if cell in inside else []  # type: ignore[misc]  # noqa: E731
            hidden = masks(figures, rows_of, exchanges[by])
            lines |= {(extent, by, of): (figures[of], hidden[of]) for of in figures}
    return lines


def relations(
    lines: dict[Place, tuple[Counts, dict[str, Mask]]], extents: dict[str, list[str]]
) -> Iterable[dict[Figure, int]]:
    """What adds up to what, as everybody knows: each sums to nothing."""
    for extent, by, of in lines:
        parts = [code for code in extents[extent] if code != extent]
        for key in KEYS:
            if parts:
                yield {
                    (extent, by, of, key): -1,
                    **{(part, by, of, key): 1 for part in parts if (part, by, of) in lines},
                }
            if by == "territory":
                for grouping in {other for _extent, other, _of in lines} - {"territory"}:
                    table = [place for place in lines if place[:2] == (extent, grouping)]
                    yield {(extent, by, of, key): -1, **{(*place, key): 1 for place in table}}
    for place, (line, _hidden) in lines.items():
        for total, some in SUMS.items():
            yield {(*place, total): -1, **{(*place, part): 1 for part in some}}
        if line.planned + line.missing == 0:
            yield {(*place, "seats_booked"): -1, (*place, "seats_recorded"): 1, (*place, "seats_unanswered"): 1}


def narrowed(equations: list[Equation], bounds: Bounds) -> Bounds:
    """The bounds that follow by putting those of an equation's other figures in, again and again."""
    found = dict(bounds)
    for _n in range(30):
        before = dict(found)
        for factors, total in equations:
            ends = {one: sorted(factor * end for end in found[one]) for one, factor in factors.items()}
            low, high = (sum(two[n] for two in ends.values()) for n in (0, 1))
            for one, factor in factors.items():
                at_least, at_most = sorted(
                    end / factor for end in (total - high + ends[one][1], total - low + ends[one][0])
                )
                found[one] = max(found[one][0], at_least), min(found[one][1], at_most)
        if found == before:
            break
    return found


def solved(equations: list[Equation]) -> set[Figure]:
    """Figures that the equations alone determine (Gauss)."""
    rows: dict[Figure, dict[Figure, int]] = {}

    def add(row: dict[Figure, int], other: dict[Figure, int], times: int) -> None:
        for one, factor in other.items():
            row[one] = (row.get(one, 0) + times * factor) % PRIME
            if not row[one]:
                del row[one]

    for factors, _total in equations:
        row = {one: factor % PRIME for one, factor in factors.items()}
        for one in list(row):
            if one in rows and one in row:
                add(row, rows[one], -row[one])
        if row:
            first = min(row)
            inverse = pow(row[first], -1, PRIME)
            row = {one: factor * inverse % PRIME for one, factor in row.items()}
            for other in rows.values():
                if first in other:
                    add(other, row, -other[first])
            rows[first] = row
    return {one for one, row in rows.items() if len(row) == 1}


def computed(tables: Tables) -> list[Figure]:
    """Small counts that somebody who holds every table knows.

    What two départements that make no région have together is hidden when it is small, but is a sum that others may tell.
    """
    extents = extents_of(tables)
    lines = published(tables, extents)
    values = {(*place, one.key): one.value(line) for place, (line, _hidden) in lines.items() for one in PEOPLE}
    bounds: Bounds = {
        (*place, key): (0, FEW - 1 if why is Mask.FEW else 10**9)
        for place, (_line, hidden) in lines.items()
        for key, why in hidden.items()
    }
    equations: list[Equation] = []
    for relation in relations(lines, extents):
        unknown = {one: factor for one, factor in relation.items() if one in bounds}
        if unknown:
            equations.append((unknown, -sum(n * values[one] for one, n in relation.items() if one not in bounds)))
    known = solved(equations)
    possible = narrowed(equations, bounds)
    return [
        one
        for one, value in values.items()
        if 0 < value < FEW
        and (one not in bounds or (one[0] != SOME and (one in known or possible[one][0] == possible[one][1])))
    ]


@pytest.mark.parametrize("seeds", list(pairwise(range(0, 101, 20))))
def test_who_holds_every_table_computes_no_small_count(seeds: tuple[int, int]) -> None:
    for seed in range(*seeds):
        chance = random.Random(seed)
        network = a_network(chance, chance.choice(TERRITORIES), chance.randint(1, 6), chance.randint(1, 24))

        assert computed(network) == [], f"seed {seed}"


def masks_alone(cells: dict[str, Counts]) -> dict[str, dict[str, Mask]]:
    """Of the communes of one département, and their total."""
    total = Counts.sum_of(cells.values())
    within = {Cell("58", of): counts for of, counts in cells.items()}
    exchanges = exchange_within(within, exchange_territories({"58": total}))
    return masks({**cells, "": total}, lambda cell: [cell.of, ""], exchanges)


def test_a_single_hidden_count_does_not_stand_alone() -> None:
    one = Counts(sessions=1, held=1, capacity=20, seats_limited=20, bookings=20, present=20, walk_ins=3)
    others = {
        f"other {n}": Counts(
            sessions=1, held=1, capacity=30, seats_limited=20 + n, bookings=20, present=20 + n, walk_ins=9 + n
        )
        for n in range(3)
    }

    hidden = masks_alone({"one": one, **others})

    assert hidden["one"]["walk_ins"] is Mask.FEW
    lines = [hidden[of] for of in ("one", *others)]
    assert [sum(key in line for line in lines) for key in ("walk_ins", "participations")] == [2, 2]
    assert hidden[""] == {}
    assert "present" not in hidden["one"]


def test_large_counts_and_zeros_are_shown() -> None:
    lines = {
        "one": Counts(sessions=1, held=1, capacity=30, seats_limited=20, bookings=20, present=20),
        "two": Counts(sessions=2, held=2, capacity=30, seats_limited=10, bookings=10, present=5, absent=5),
    }

    assert masks_alone(lines) == {"one": {}, "two": {}, "": {}}


def test_a_total_of_one_line_hides_as_the_line_does() -> None:
    hidden = masks_alone({"one": Counts(sessions=1, held=1, capacity=9, seats_limited=3, bookings=2, present=3)})

    assert hidden["one"] == hidden[""]
    assert hidden[""]["present"] is Mask.FEW


def test_a_thousand_lines_take_a_moment() -> None:
    chance = random.Random(1)
    cells = {Cell(f"{21 + n % 60}", str(n)): a_session(chance) for n in range(1500)}

    assert exchange_within(cells, [])
