"""The map of a report: its départements, darker where the figure is larger; the table beside it says the same."""

from __future__ import annotations

import msgspec

from ateliers.places.map import Outline, map_of
from ateliers.places.territories import DEPARTEMENTS
from ateliers.reports.grouping import Grouping, departement_text
from ateliers.reports.indicators import BY_KEY
from ateliers.reports.report import Report
from ateliers.reports.scope import Scope
from ateliers.reports.wording import figure

SHADES = 4
DRAWN = "participations"


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """One département: its outline (none overseas: a box), its shade from 0 to SHADES or 'masked', and the figure in words."""

    name: str
    path: str
    shade: str
    text: str


class TerritoriesMap(msgspec.Struct, frozen=True, kw_only=True):
    """What to draw, and what each shade means."""

    label: str
    view_box: str
    shapes: list[Shape]
    around: list[Outline]  # neighbours, only drawn
    overseas: list[Shape]
    has_empty: bool  # a shape without a line in the table
    steps: list[tuple[str, str]]  # shade and its meaning


def territories_map(made: Report, scope: Scope) -> TerritoriesMap | None:
    """The map of a report by département, those of the scope without a session included.

    None for other reports, and where nothing is to be told apart.
    """
    if made.by is not Grouping.DEPARTEMENT:
        return None
    indicator = BY_KEY[DRAWN]
    figures = {row.key: row[DRAWN] for row in made.rows}
    largest = max((found.value or 0 for found in figures.values()), default=0)
    if not largest:
        return None
    step = -(-largest // SHADES)
    territory = set(scope.departements or (DEPARTEMENTS if scope.structures is None else ())) | set(figures)
    if len(territory) < 2:
        return None
    drawing = map_of(territory)
    outlines = {outline.code: outline for outline in drawing.outlines}
    empty = [
        Shape(name=departement_text(code), path=outlines[code].path, shade="0", text="0")
        for code in sorted(territory - set(figures))
        if code in outlines
    ]
    shapes = {
        row.key: Shape(
            name=row.label,
            path=outlines[row.key].path if row.key in outlines else "",
            shade="masked" if row[DRAWN].mask else str(-(-int(row[DRAWN].value or 0) // step)),
            text=figure(row[DRAWN], indicator),
        )
        for row in made.rows
    }
    return TerritoriesMap(
        label=str(indicator.label),
        view_box=drawing.view_box,
        shapes=[*empty, *(shape for shape in shapes.values() if shape.path)],
        around=[outline for outline in drawing.outlines if outline.code not in territory],
        overseas=[shape for shape in shapes.values() if not shape.path],
        has_empty=bool(empty),
        steps=[("0", "0")]
        + [
            (str(shade), f"{(shade - 1) * step + 1}–{shade * step}" if step > 1 else str(shade))
            for shade in range(1, SHADES + 1)
            if (shade - 1) * step < largest
        ],
    )
