"""Nobody computes a hidden count from what is shown: two attackers hold all the tables of a year, over many small networks."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise

import pytest

from ateliers.places.territories import region_of
from ateliers.reports.exchange_tables import NATION, YEAR, Cell, Node, Table, region_place, times_of
from ateliers.reports.exchanges import exchange_across, exchange_territories, exchange_within
from ateliers.reports.grouping import quarter_of
from ateliers.reports.indicator import Counts
from ateliers.reports.masking import BITS, FEW, PEOPLE

KEYS = [indicator.key for indicator in PEOPLE]
SUMS = {  # what everybody can read in the definitions
    "seats_booked_or_given_back": ("seats_booked", "seats_given_back"),
    "participations": ("present", "walk_ins"),
    "seats_recorded": ("present", "absent", "excused"),
}
TERRITORIES = [["58"], ["58", "21"], ["58", "21", "75"], ["58", "21", "75", "77"], ["58", "21", "89", "971"]]
MONTHS = ["2026-01", "2026-02", "2026-03", "2026-04", "2026-07"]
PRIME = (1 << 61) - 1  # equations are solved modulo a large prime: whole numbers that stay small, and no luck

Cells = dict[Cell, Counts]
Figure = tuple[str, Node, str]  # grouping, of what, key of the indicator
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


def a_network(chance: random.Random, departements: list[str], structures: int, sessions: int) -> dict[str, Cells]:
    """The cells by grouping; a session in ten is held in another département than its structure's."""
    homes = [chance.choice(departements) for _n in range(structures)]
    found: dict[str, dict[Cell, list[Counts]]] = defaultdict(lambda: defaultdict(list))
    for _n in range(sessions):
        structure = chance.randrange(structures)
        code = chance.choice(departements) if chance.random() < 0.1 else homes[structure]
        month = chance.choice(MONTHS)
        counts = a_session(chance)
        found["territory"][Cell(code, "", month)].append(counts)
        for by, of in (
            ("commune", f"{code}-{chance.randint(0, 2)}"),
            ("structure", str(structure)),
            ("kind", chance.choice("abc")),
        ):
            found[by][Cell(code, of, quarter_of(month))].append(counts)
    return {by: {cell: Counts.sum_of(some) for cell, some in cells.items()} for by, cells in found.items()}


def hide(network: Mapping[str, Cells]) -> dict[str, Table]:
    """What hides the small counts, by grouping."""
    totals = exchange_territories(network["territory"])
    return {
        "territory": totals,
        "commune": exchange_within(network["commune"], totals.found),
        "structure": exchange_within(network["structure"], totals.found),
        "kind": exchange_across(network["kind"], totals.found),
    }


def nodes_of(cell: Cell, *, with_sums: bool) -> list[Node]:
    """What a cell is part of."""
    places = [cell.departement, region_place(region_of(cell.departement)), NATION]
    return [
        Node(place, cell.of, time) for place in (places if with_sums else places[:1]) for time in times_of(cell.part)
    ]


def is_sum(node: Node) -> bool:
    """Whether it is of more than a département."""
    return node.place == NATION or node.place.startswith("R")


def is_within(departement: str, place: str) -> bool:
    """Whether the département is part of the région, or of the nation."""
    return place in {NATION, region_place(region_of(departement))}


def figures_of(network: Mapping[str, Cells]) -> dict[str, dict[Node, Counts]]:
    """Every figure of every table."""
    found = {}
    for by, cells in network.items():
        parts: dict[Node, list[Counts]] = defaultdict(list)
        for cell, counts in cells.items():
            for node in nodes_of(cell, with_sums=by != "commune"):
                parts[node].append(counts)
        found[by] = {node: Counts.sum_of(some) for node, some in parts.items()}
    return found


def relations(figures: Mapping[str, Mapping[Node, Counts]]) -> Iterable[dict[Figure, int]]:
    """What adds up to what, as everybody knows: each sums to nothing."""
    for by, nodes in figures.items():
        parts: dict[tuple[str, Node], list[tuple[str, Node]]] = defaultdict(list)
        for node in nodes:
            if by == "kind" or (by != "territory" and not is_sum(node)):
                parts["territory", Node(node.place, "", node.time)].append((by, node))
            if node.time != YEAR:
                longer = quarter_of(node.time) if quarter_of(node.time) != node.time else YEAR
                parts[by, Node(node.place, node.of, longer), "time"].append((by, node))  # type: ignore[index]
            if by != "commune" and node.place != NATION:
                wider = NATION if node.place.startswith("R") else region_place(region_of(node.place))
                parts[by, Node(wider, node.of, node.time), "place"].append((by, node))  # type: ignore[index]
        for total, some in parts.items():
            for key in KEYS:
                yield {(*total[:2], key): -1, **{(*one, key): 1 for one in some}}
        for node, line in nodes.items():
            for sum_key, some_keys in SUMS.items():
                yield {(by, node, sum_key): -1, **{(by, node, key): 1 for key in some_keys}}
            if line.planned + line.missing == 0:
                yield {
                    (by, node, "seats_booked"): -1,
                    (by, node, "seats_recorded"): 1,
                    (by, node, "seats_unanswered"): 1,
                }


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


def computed(network: Mapping[str, Cells]) -> list[Figure]:
    """Small counts that somebody who holds every table knows."""
    figures = figures_of(network)
    tables = hide(network)
    values = {
        (by, node, one.key): one.value(counts)
        for by, nodes in figures.items()
        for node, counts in nodes.items()
        for one in PEOPLE
    }
    bounds: Bounds = {
        (by, node, one.key): (0, FEW - 1 if few & BITS[one.key] else 10**9)
        for by, table in tables.items()
        for node, (few, withheld) in table.hidden.items()
        for one in PEOPLE
        if (few | withheld) & BITS[one.key]
    }
    for node in figures[
        "structure"
    ]:  # of a structure in several départements nothing is told that its parts do not tell
        inside = [Node(code, node.of, node.time) for code in {cell.departement for cell in network["structure"]}]
        for key in KEYS if is_sum(node) else ():
            if any(("structure", part, key) in bounds for part in inside if is_within(part.place, node.place)):
                bounds["structure", node, key] = (0, 10**9)
    equations: list[Equation] = []
    for relation in relations(figures):
        unknown = {one: factor for one, factor in relation.items() if one in bounds}
        if unknown:
            equations.append((unknown, -sum(n * values[one] for one, n in relation.items() if one not in bounds)))
    known = solved(equations)
    possible = narrowed(equations, bounds)
    return [
        one
        for one, value in values.items()
        if 0 < value < FEW and (one not in bounds or one in known or possible[one][0] == possible[one][1])
    ]


@pytest.mark.parametrize("seeds", list(pairwise(range(0, 101, 20))))
def test_who_holds_every_table_computes_no_small_count(seeds: tuple[int, int]) -> None:
    for seed in range(*seeds):
        chance = random.Random(seed)
        network = a_network(chance, chance.choice(TERRITORIES), chance.randint(1, 6), chance.randint(1, 24))

        assert computed(network) == [], f"seed {seed}"


def masks_alone(lines: dict[str, Counts]) -> dict[str, dict[str, str]]:
    """Of the communes of one département in a quarter, and of their total."""
    month = {Cell("58", "", "2026-01"): Counts.sum_of(lines.values())}
    totals = exchange_territories(month)
    within = exchange_within({Cell("58", of, "2026-T1"): counts for of, counts in lines.items()}, totals.found)
    hidden = totals.hidden | within.hidden
    return {
        of: {
            key: "few" if few & bit else "withheld"
            for few, withheld in [hidden.get(Node("58", of, "2026-T1"), (0, 0))]
            for key, bit in BITS.items()
            if (few | withheld) & bit
        }
        for of in (*lines, "")
    }


def test_a_single_hidden_count_does_not_stand_alone() -> None:
    one = Counts(sessions=1, held=1, capacity=20, seats_limited=20, bookings=20, present=20, walk_ins=3)
    others = {
        f"other {n}": Counts(
            sessions=1, held=1, capacity=30, seats_limited=20 + n, bookings=20, present=20 + n, walk_ins=9 + n
        )
        for n in range(3)
    }

    hidden = masks_alone({"one": one, **others})

    assert hidden["one"]["walk_ins"] == "few"
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
    assert hidden[""]["present"] == "few"


def test_a_thousand_lines_take_a_moment() -> None:
    chance = random.Random(1)
    cells = {Cell(f"{21 + n % 60}", str(n), f"2026-T{n % 4 + 1}"): a_session(chance) for n in range(1500)}

    assert exchange_within(cells, []).found
