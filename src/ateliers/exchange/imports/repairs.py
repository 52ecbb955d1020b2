"""Mending of values that real files get wrong, each with a note of what was done: no database, no guess left unsaid."""

from __future__ import annotations

import difflib
import html
import re
from collections.abc import Sequence
from functools import lru_cache
from html.parser import HTMLParser
from statistics import median
from typing import Any

import msgspec

from ateliers.places.communes import Commune, all_communes, find_commune
from ateliers.places.distance import kilometres
from ateliers.words import T, fold, plain

FAR_FROM_COMMUNE = 30.0  # km from its centre; Arles, the widest commune, reaches 27
FAR_FROM_DEPARTEMENT = 700.0  # km; the reference gives some islands a position in another ocean
NEAR_ENOUGH = 12.0  # km, to tell which commune of a postcode a hamlet lies in
ALIKE = 0.8  # likeness from which two spellings are of one name, inside one postcode
VERY_ALIKE = 0.9  # the same, inside one département
POSTCODE = re.compile(r"\b(\d{5})\b")
POSTCODE_LENGTH = 5
INSEE = re.compile(r"\d[\dAB]\d{3}")
_BLOCKS = {"p", "br", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "blockquote"}
_CEDEX = re.compile(r"\bc[eé]dex\b\s*\d*", re.IGNORECASE)
_ARTICLES = ("", "le ", "la ", "les ", "l ")


class Notes:
    """What was mended in one row, in order, each thing once."""

    def __init__(self) -> None:
        self.said: list[T] = []

    def add(self, message: str, **facts: Any) -> None:
        """Tell that something was mended; `message` is a message id."""
        note = T(message, **facts)
        if note not in self.said:
            self.said.append(note)


class Unusable(Exception):
    """This row cannot become anything; `note` says why."""

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.note = T(message, **facts)


# text ---------------------------------------------------------------------------------------------


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        del attrs
        if tag in {"script", "style"}:
            self.silent += 1
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"}:
            self.silent = max(0, self.silent - 1)
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(data)


def text_of(value: Any, notes: Notes, *, lines: bool = False, longest: int = 10_000) -> str:
    """`value` as plain text: HTML undone, control characters gone, cut at `longest` characters."""
    if value is None:
        return ""
    if not isinstance(value, str):
        value = f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)
    if re.search(r"</?[a-zA-Z][^>]*>", value):
        parser = _Text()
        parser.feed(value)
        parser.close()
        value = re.sub(r"\n[ \t]*(\n[ \t]*)+", "\n\n", "".join(parser.parts))
        notes.add("HTML turned into plain text.")
    elif re.search(r"&(#\d+|#x[0-9a-f]+|[a-z]{2,8});", value, re.IGNORECASE):
        value = html.unescape(value)
        notes.add("HTML turned into plain text.")
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]", value):
        notes.add("Control characters removed.")
    text = plain(value.replace("\ufffd", ""), lines=lines)
    if len(text) > longest:
        notes.add("Text shortened to %(n)s characters.", n=longest)
        text = text[: longest - 1].rstrip() + "…"
    return text


# communes -----------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _by_name() -> dict[str, list[Commune]]:
    found: dict[str, list[Commune]] = {}
    for commune in all_communes():
        found.setdefault(bare(commune.name), []).append(commune)
    return found


@lru_cache(maxsize=1)
def _by_postcode() -> dict[str, list[Commune]]:
    found: dict[str, list[Commune]] = {}
    for commune in all_communes():
        for postcode in commune.postcodes:
            found.setdefault(postcode, []).append(commune)
    return found


@lru_cache(maxsize=200)
def _middle(departement: str) -> tuple[float, float]:
    inside = [c for c in all_communes() if c.departement == departement]
    return median(c.latitude for c in inside), median(c.longitude for c in inside)


@lru_cache(maxsize=100_000)
def bare(name: str) -> str:
    """A commune's name as it compares: no accents, figures or CEDEX, "st" written out, articles kept."""
    words = fold(_CEDEX.sub(" ", name)).split()
    return " ".join({"st": "saint", "ste": "sainte"}.get(word, word) for word in words if not word.isdigit())


def postcode_of(value: Any, notes: Notes) -> str:
    """Five digits, the leading zero that a spreadsheet dropped put back; '' if there is none."""
    text = text_of(value, notes).replace(" ", "").removesuffix(".0")
    if text.isascii() and text.isdigit() and len(text) == POSTCODE_LENGTH - 1:
        notes.add("Postcode: the leading zero put back.")
        return "0" + text
    found = POSTCODE.search(text)
    return found[1] if found else ""


def insee_of(value: Any, notes: Notes) -> str:
    """The five characters of an INSEE code, leading zero put back; '' if there is none."""
    text = text_of(value, notes).replace(" ", "").removesuffix(".0").upper()
    if text.isascii() and text.isdigit() and len(text) == POSTCODE_LENGTH - 1:
        notes.add("INSEE code: the leading zero put back.")
        text = "0" + text
    return text if INSEE.fullmatch(text) else ""


class Position(msgspec.Struct, frozen=True):
    """Degrees, WGS 84."""

    latitude: float
    longitude: float

    def far_from(self, commune: Commune) -> float:
        """Kilometres to the commune's centre."""
        return kilometres(self.latitude, self.longitude, commune.latitude, commune.longitude)


def commune_of(
    *, code: str, name: str, postcode: str, position: Position | None, notes: Notes, departement: str = ""
) -> Commune:
    """The commune meant by what a row says of it. Raises Unusable when nothing tells.

    In this order: its INSEE code; its name within the postcode, however spelt; its name in the département, then near the
    position (a mistyped postcode); the one commune of the postcode nearest to the position (a hamlet).
    """
    if code and (known := find_commune(code)) is not None:
        return known
    wanted = bare(name)
    around = _by_postcode().get(postcode, [])
    found = _same_name(wanted, around) or _alike(wanted, around)
    if found is None and wanted:
        found = _by_name_alone(wanted, _departements(postcode) or ((departement,) if departement else ()), position)
        if found is not None and postcode:
            notes.add("The postcode %(postcode)s is not one of %(commune)s.", postcode=postcode, commune=found.name)
    if found is None and position is not None and around:
        nearest = min(around, key=position.far_from)
        if position.far_from(nearest) <= NEAR_ENOUGH:
            notes.add("Commune told by the postcode and the position: %(commune)s.", commune=nearest.name)
            return nearest
    if found is None:
        if not name and not postcode:
            raise Unusable("Neither commune nor postcode.")
        raise Unusable("Unknown commune: %(what)s.", what=" ".join(filter(None, (postcode, name))))
    if code:
        notes.add("INSEE code %(code)s does not exist: %(commune)s found by name.", code=code, commune=found.name)
    elif name and name != found.name:
        notes.add("Commune written %(name)s: %(commune)s.", name=name, commune=found.name)
    return found


def _same_name(wanted: str, among: Sequence[Commune]) -> Commune | None:
    return next((c for c in among if bare(c.name) == wanted), None) if wanted else None


def _alike(wanted: str, among: Sequence[Commune]) -> Commune | None:
    """The commune of `among` that a misspelt, shortened or lengthened name means."""
    if not wanted:
        return None
    longer = [c for c in among if _contains(wanted, bare(c.name)) or _contains(bare(c.name), wanted)]
    if longer:
        return max(longer, key=lambda c: len(c.name))
    best = max(among, key=lambda c: _likeness(wanted, bare(c.name)), default=None)
    return best if best is not None and _likeness(wanted, bare(best.name)) >= ALIKE else None


def _contains(text: str, words: str) -> bool:
    return f" {words} " in f" {text} "


def _likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other).ratio()


def _by_name_alone(wanted: str, departements: tuple[str, ...], position: Position | None) -> Commune | None:
    """The only commune of that name in these départements, or near the position; last, the only one spelt nearly so."""
    named = [c for article in _ARTICLES for c in _by_name().get(article + wanted, [])]
    inside = [c for c in named if not departements or c.departement in departements]
    if len(inside) == 1:
        return inside[0]
    near = [c for c in named if position is not None and position.far_from(c) <= NEAR_ENOUGH]
    if len(near) == 1:
        return near[0]
    close = difflib.get_close_matches(wanted, _names_of(departements), n=2, cutoff=VERY_ALIKE) if departements else []
    alike = [c for name in close[:1] for c in _by_name()[name] if c.departement in departements]
    return alike[0] if len(close) == len(alike) == 1 else None


@lru_cache(maxsize=100)
def _names_of(departements: tuple[str, ...]) -> list[str]:
    return sorted({bare(c.name) for c in all_communes() if c.departement in departements})


def _departements(postcode: str) -> tuple[str, ...]:
    if postcode.startswith("20"):
        return ("2A", "2B")
    prefix = postcode[:3] if postcode[:2] in {"97", "98"} else postcode[:2]
    return (prefix,) if prefix else ()


def commune_in_text(text: str, *, departement: str, position: Position | None = None) -> Commune | None:
    """The commune of `departement` whose name stands in `text`, the longest name first; only near `position` if given."""
    folded = bare(text)
    named = [
        c
        for c in all_communes()
        if (not departement or c.departement == departement)
        and _contains(folded, bare(c.name))
        and (position is None or position.far_from(c) <= NEAR_ENOUGH)
    ]
    return max(named, key=lambda c: (len(c.name), c.population), default=None)


# positions ----------------------------------------------------------------------------------------


def number_of(value: Any, notes: Notes) -> float | None:
    """A decimal number, comma or point, what follows it dropped."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    text = text_of(value, notes)
    found = re.match(r"[-+]?\d+(?:[.,]\d+)?", text.replace(" ", ""))
    if found is None:
        return None
    if found[0] != text.replace(" ", ""):
        notes.add("Number written %(text)s: read as %(number)s.", text=text, number=found[0])
    elif "," in found[0]:
        notes.add("Decimal comma turned into a point.")
    return float(found[0].replace(",", "."))


def position_of(latitude: Any, longitude: Any, notes: Notes) -> Position | None:
    """The position a row gives, if it can be one at all."""
    lat, lon = number_of(latitude, notes), number_of(longitude, notes)
    if lat is None or lon is None or (lat == 0 and lon == 0):
        return None
    if abs(lat) > 90 and abs(lon) <= 90:
        lat, lon = lon, lat
        notes.add("Latitude and longitude were swapped.")
    return Position(lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 else None


def settle(position: Position | None, commune: Commune, notes: Notes) -> Position:
    """The position to keep: the row's if it lies in its commune, swapped if that helps, else the commune's centre."""
    centre = Position(commune.latitude, commune.longitude)
    middle = _middle(commune.departement)
    trusted = kilometres(*middle, commune.latitude, commune.longitude) < FAR_FROM_DEPARTEMENT
    if position is None:
        notes.add("No position: the commune's centre stands for it.")
        return centre
    if not trusted or position.far_from(commune) <= FAR_FROM_COMMUNE:
        return position
    swapped = Position(position.longitude, position.latitude) if abs(position.longitude) <= 90 else None
    if swapped is not None and swapped.far_from(commune) <= FAR_FROM_COMMUNE:
        notes.add("Latitude and longitude were swapped.")
        return swapped
    notes.add(
        "Position %(km)s km away from %(commune)s: the commune's centre stands for it.",
        km=round(position.far_from(commune)),
        commune=commune.name,
    )
    return centre
