"""The map beside the list: a dot for each place of the page, the communes named where there is room."""

from __future__ import annotations

from collections import Counter

import msgspec

from ateliers.agenda.search import Results
from ateliers.places.map import Map, is_on_map, map_around, point_of

SMALLEST = 30  # kilometres around; a map never shows less
LETTER = 0.56  # width of a letter on average, of its height
MOST_NAMES = 8

Box = tuple[float, float, float, float]  # left, top, right, bottom


class Name(msgspec.Struct, frozen=True, kw_only=True):
    """A commune's name beside its dot; `anchor` is 'start' or 'end'."""

    x: float
    y: float
    anchor: str
    text: str


class Drawing(msgspec.Struct, frozen=True, kw_only=True):
    """All that is drawn, in the map's units: `dot` and `letter` are the radius of a dot and the height of a letter."""

    map: Map
    dots: list[tuple[float, float]]
    home: tuple[float, float]
    names: list[Name]
    dot: float
    letter: float
    departement: str
    label: str  # the commune in the middle


def draw(results: Results, kilometres: int) -> Drawing | None:
    """The map of the results around a commune of metropolitan France; None elsewhere."""
    commune = results.commune
    if commune is None or not is_on_map(commune.latitude, commune.longitude):
        return None
    unit = max(kilometres, SMALLEST) / 60
    there: Counter[tuple[float, float]] = Counter()
    named: dict[str, tuple[float, float]] = {}
    for found in results.found:
        session = found.session
        if session.latitude is not None and session.longitude is not None:
            point = point_of(session.latitude, session.longitude)
            there[point] += 1
            named.setdefault(session.commune_name or "", point)
    home = point_of(commune.latitude, commune.longitude)
    area = map_around(commune.latitude, commune.longitude, kilometres=kilometres)
    by_sessions = sorted(named.items(), key=lambda item: -there[item[1]])
    letter = 4 * unit
    return Drawing(
        map=area,
        dots=list(there),
        home=home,
        names=_names([(commune.name, home), *by_sessions], area, letter),
        dot=round(1.6 * unit, 1),
        letter=round(letter, 1),
        departement=commune.departement,
        label=commune.label,
    )


def _names(wanted: list[tuple[str, tuple[float, float]]], area: Map, letter: float) -> list[Name]:
    """Names that hide neither one another nor leave the map, the first ones first; a name once."""
    left, top, width, height = area.window
    taken: list[Box] = []
    names: dict[str, Name] = {}
    for text, (x, y) in wanted:
        long = LETTER * letter * len(text)
        for anchor, start in (("start", x + 0.8 * letter), ("end", x - 0.8 * letter - long)):
            box = (start, y - 0.6 * letter, start + long, y + 0.6 * letter)
            inside = left < box[0] and box[2] < left + width and top < box[1] and box[3] < top + height
            if text and text not in names and inside and not any(_meet(box, other) for other in taken):
                at = start if anchor == "start" else start + long
                names[text] = Name(x=round(at, 1), y=round(y + 0.35 * letter, 1), anchor=anchor, text=text)
                taken.append(box)
        if len(names) == MOST_NAMES:
            break
    return list(names.values())


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
