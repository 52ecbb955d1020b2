"""The communes of France: found by code, by postcode, by name as people type it."""

from __future__ import annotations

import gzip
import re
from bisect import bisect_left
from functools import lru_cache
from heapq import nsmallest
from math import cos, hypot, radians
from typing import NamedTuple

import msgspec

from ateliers.places.distance import kilometres
from ateliers.places.territories import DEPARTEMENTS, REGIONS, departements_of, region_of, zone_of
from ateliers.resources import resource
from ateliers.words import fold

__all__ = [
    "DEPARTEMENTS",
    "REGIONS",
    "Commune",
    "all_communes",
    "departements_of",
    "find_commune",
    "nearest_commune",
    "region_of",
    "resolve",
    "search_communes",
    "zone_of",
]

FARTHEST_HOME = 100.0  # kilometres: beyond, somebody is not in France
POSTCODE = re.compile(r"(?<!\d)\d{5}(?!\d)")
SHORT = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
REMEMBERED = 1024  # beginnings of names whose communes are kept ranked
PLACE = slice(-6, -1)  # of an entry of `starts`
LAST = "\uffff"  # sorts after every letter
MOST_RANKED = 50  # communes of one beginning; more than any page shows


class Commune(msgspec.Struct, frozen=True, gc=False):
    """A commune or a municipal arrondissement. Its position is its centre, or a neighbour's where none is known."""

    code: str  # INSEE
    name: str
    postcodes: tuple[str, ...]
    departement: str
    population: int
    latitude: float
    longitude: float

    @property
    def label(self) -> str:
        """« Nevers (58000) »: what the search field shows and understands."""
        return f"{self.name} ({self.postcodes[0]})" if self.postcodes else self.name


class _Index(NamedTuple):
    communes: tuple[Commune, ...]
    by_code: dict[str, Commune]
    by_postcode: dict[str, list[Commune]]
    starts: list[str]  # sorted: a name from one of its words on, tab, five digits of place in `communes`, = or +
    postcodes: list[str]  # sorted


@lru_cache(maxsize=1)
def _index() -> _Index:
    communes = []
    with gzip.open(resource("data") / "geo" / "communes.tsv.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            code, name, postcodes, departement, population, latitude, longitude, _own = line.rstrip("\n").split("\t")
            known = tuple(postcodes.split("|")) if postcodes else ()
            communes.append(
                Commune(code, name, known, departement, int(population or 0), float(latitude), float(longitude))
            )
    communes.sort(key=lambda commune: -commune.population)
    by_postcode: dict[str, list[Commune]] = {}
    starts: list[str] = []
    for place, commune in enumerate(communes):
        for postcode in commune.postcodes:
            by_postcode.setdefault(postcode, []).append(commune)
        words = _folded(commune.name).split()
        starts += [
            f"{' '.join(words[n:])}\t{place:05d}{'+' if n else '='}"
            for n in range(len(words))
            if not n or len(words[n]) > 2
        ]
    return _Index(
        tuple(communes),
        {commune.code: commune for commune in communes},
        by_postcode,
        sorted(starts),
        sorted(by_postcode),
    )


def all_communes() -> tuple[Commune, ...]:
    """Every commune, most populated first."""
    return _index().communes


def find_commune(code: str) -> Commune | None:
    """The commune with this INSEE code."""
    return _index().by_code.get(code)


def search_communes(text: str, limit: int = 10) -> list[Commune]:
    """Communes whose name or postcode begins as typed, best first.

    Accents, hyphens, apostrophes and case do not matter; « st » is « saint ». A name that begins with the text comes
    before one with the text inside, then the more populated.
    """
    typed = POSTCODE.search(text)
    name = _folded(POSTCODE.sub(" ", text))
    index = _index()
    if typed:
        sharing = index.by_postcode.get(typed[0], [])
        return ([c for c in sharing if _folded(c.name).startswith(name)] or sharing)[:limit]
    if name.isdigit():
        begin = bisect_left(index.postcodes, name)
        near = [code for code in index.postcodes[begin : begin + 40] if code.startswith(name)]
        found = {commune.code: commune for code in near for commune in index.by_postcode[code]}
        return sorted(found.values(), key=lambda commune: -commune.population)[:limit]
    if not name:
        return []
    return [index.communes[place] for place in _ranked(name)[:limit]]


@lru_cache(maxsize=REMEMBERED)
def _ranked(name: str) -> list[int]:
    """Places in the index of the communes that are entered under a word beginning so, best first."""
    starts = _index().starts
    longer = starts[bisect_left(starts, name) : bisect_left(starts, name + LAST)]
    best = [start[PLACE] for start in _exact(name) if start[-1] == "="]
    best += nsmallest(MOST_RANKED, [start[PLACE] for start in longer if start[-1] == "="])
    if len(best) < MOST_RANKED:
        best += nsmallest(MOST_RANKED, [start[PLACE] for start in longer if start[-1] == "+"])
    return list(dict.fromkeys(map(int, best)))[:MOST_RANKED]


def nearest_commune(latitude: float, longitude: float) -> Commune | None:
    """The commune whose centre is nearest to a point in degrees; None farther than 100 km from all of them."""
    near = min(
        all_communes(), key=lambda c: hypot(c.latitude - latitude, (c.longitude - longitude) * cos(radians(latitude)))
    )
    return near if kilometres(near.latitude, near.longitude, latitude, longitude) <= FARTHEST_HOME else None


def resolve(text: str) -> Commune | None:
    """The commune that « Nevers », « 58000 », « Nevers (58000) » or an INSEE code means; None when none or unclear.

    Where several communes share a name or a postcode, the most populated is meant.
    """
    index = _index()
    typed = POSTCODE.search(text)
    name = _folded(POSTCODE.sub(" ", text))
    if typed:
        sharing = index.by_postcode.get(typed[0], [])
        for commune in sharing:
            if _folded(commune.name) == name:
                return commune
        if sharing:
            return sharing[0]
        return index.by_code.get(typed[0])
    named = _named(name)
    if named is not None:
        return named
    by_code = index.by_code.get(text.strip().upper())
    if by_code is not None:
        return by_code
    close = search_communes(text, limit=2)
    return close[0] if len(close) == 1 else None


def _named(name: str) -> Commune | None:
    """The most populated commune of exactly this name, folded."""
    index = _index()
    for start in _exact(name):
        if start[-1] == "=":  # not only the end of a longer name
            return index.communes[int(start[PLACE])]
    return None


def _exact(name: str) -> list[str]:
    """Entries of `starts` that read exactly so, most populated first."""
    starts = _index().starts
    return starts[bisect_left(starts, f"{name}\t") : bisect_left(starts, f"{name}\n")]


def _folded(name: str) -> str:
    return " ".join(SHORT.get(word, word) for word in fold(name).split())
