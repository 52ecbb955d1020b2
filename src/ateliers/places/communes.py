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
    "namesakes",
    "nearest_commune",
    "region_of",
    "resolve",
    "search_communes",
    "zone_of",
]

FARTHEST_HOME = 100.0  # kilometres: beyond, somebody is not in France
POSTCODE = re.compile(r"(?<!\d)\d{5}(?!\d)")
SHORT = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
CITIES = {"paris": "751{:02d}", "lyon": "6938{}", "marseille": "132{:02d}"}  # codes of their arrondissements
ARRONDISSEMENT = re.compile(r"(751|6938|132)\d\d?$")  # INSEE codes of municipal arrondissements
NUMBERED = re.compile(
    r"(?:(?P<city>paris|lyon|marseille) )?(?P<number>\d\d?) ?(?:e|er|eme|ieme|ere)?(?: arr(?:t|dt|ondissement)?)?(?: (?:de |a )?(?P<city_after>paris|lyon|marseille))?"
)
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

    @property
    def label_in_full(self) -> str:
        """« Saint-Denis (93200), Seine-Saint-Denis »: where several communes could be meant."""
        return f"{self.label}, {DEPARTEMENTS[self.departement]}"


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
        words = folded_name(commune.name).split()
        starts += [
            f"{' '.join(words[n:])}\t{place:05d}{'+' if n else '='}"
            for n in range(len(words))
            if not n or len(words[n]) > 2
        ]
    for sharing in by_postcode.values():  # « 75012 » is the twelfth arrondissement rather than all of Paris
        sharing.sort(key=lambda commune: not ARRONDISSEMENT.match(commune.code))
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
    name = folded_name(POSTCODE.sub(" ", text))
    index = _index()
    if typed:
        sharing = index.by_postcode.get(typed[0], [])
        return ([c for c in sharing if folded_name(c.name).startswith(name)] or sharing)[:limit]
    if name.isdigit():
        begin = bisect_left(index.postcodes, name)
        near = [code for code in index.postcodes[begin : begin + 40] if code.startswith(name)]
        found = {commune.code: commune for code in near for commune in index.by_postcode[code]}
        return sorted(found.values(), key=lambda commune: -commune.population)[:limit]
    if not name:
        return []
    numbered = _arrondissement(name)
    if numbered is not None:
        return [numbered]
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
    """The commune that « Nevers », « 58000 », « Nevers (58000) », « Nevers, Nièvre » or an INSEE code means; None: unclear.

    Where several communes share a name or a postcode, the most populated is meant (`namesakes` has the others);
    « Lyon 3e » and « 75012 » are arrondissements.
    """
    typed = POSTCODE.search(text)
    name = folded_name(POSTCODE.sub(" ", text))
    if typed:
        return _by_postcode(typed[0], name) or find_commune(typed[0])
    named = _named(name)
    meant = (named[0] if named else None) or find_commune(text.strip().upper())
    meant = meant or _arrondissement(name) or _named_within(name)
    if meant is None:
        close = search_communes(text, limit=2)
        return close[0] if len(close) == 1 else None
    return meant


def namesakes(text: str, meant: Commune, limit: int = 8) -> list[Commune]:
    """Other communes that `text` could mean than the one that `resolve` took it for: of the same name, or the same postcode."""
    typed = POSTCODE.search(text)
    name = folded_name(POSTCODE.sub(" ", text))
    if typed:
        sharing = _index().by_postcode.get(typed[0], [])
        others = [] if name and folded_name(meant.name) == name else sharing
    else:
        others = _named(name)
    return [commune for commune in others if commune.code != meant.code][:limit]


def _by_postcode(postcode: str, name: str) -> Commune | None:
    """Of those that share it the one so named, else the one whose name begins so, else the first."""
    sharing = _index().by_postcode.get(postcode, [])
    exact = [commune for commune in sharing if folded_name(commune.name) == name]
    begun = [commune for commune in sharing if name and folded_name(commune.name).startswith(name)]
    return next(iter([*exact, *begun, *sharing]), None)


def _arrondissement(name: str) -> Commune | None:
    """« paris 12 », « 12eme arrondissement de paris », « lyon 3e »."""
    found = NUMBERED.fullmatch(name)
    city = found and (found["city"] or found["city_after"])
    return _index().by_code.get(CITIES[city].format(int(found["number"]))) if found and city else None


def _named_within(name: str) -> Commune | None:
    """The commune whose name is followed by its département: « saint denis 93 », « nevers nievre »."""
    for departement, its_name in DEPARTEMENTS.items():
        for end in (departement.lower(), folded_name(its_name)):
            if name.endswith(f" {end}"):
                named = _named(name.removesuffix(f" {end}"))
                within = [commune for commune in named if commune.departement == departement]
                if within:
                    return within[0]
    return None


def _named(name: str) -> list[Commune]:
    """The communes of exactly this name, folded; most populated first."""
    index = _index()
    return [
        index.communes[int(start[PLACE])] for start in _exact(name) if start[-1] == "="
    ]  # else the end of a longer name


def _exact(name: str) -> list[str]:
    """Entries of `starts` that read exactly so, most populated first."""
    starts = _index().starts
    return starts[bisect_left(starts, f"{name}\t") : bisect_left(starts, f"{name}\n")]


def folded_name(name: str) -> str:
    """`name` without accents, hyphens or capitals, « st » in full."""
    return " ".join(SHORT.get(word, word) for word in fold(name).split())
