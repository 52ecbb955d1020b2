"""The communes of France: found by code, by postcode, by name as people type it."""

from __future__ import annotations

import gzip
import re
from bisect import bisect_left
from functools import lru_cache
from heapq import nsmallest
from itertools import islice
from math import cos, hypot, radians
from typing import NamedTuple

import msgspec

from ateliers.places.distance import kilometres
from ateliers.places.territories import DEPARTEMENTS, REGIONS, departements_of, names_of_territories, region_of, zone_of
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
SPACED = re.compile(r"(?<!\d)(\d\d) (\d{3})(?!\d)")  # « 58 000 »
CEDEX = re.compile(r"\bcedex( \d\d?)?\b")
ARTICLES = {"l", "la", "le", "les"}
SHORT = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
CITIES = {"paris": "751{:02d}", "lyon": "6938{}", "marseille": "132{:02d}"}  # codes of their arrondissements
ARRONDISSEMENT = re.compile(r"(751|6938|132)\d\d?$")  # INSEE codes of municipal arrondissements
NUMBERED = re.compile(
    r"(?:(?P<city>paris|lyon|marseille) )?(?P<number>\d\d?) ?(?:e|er|eme|ieme|ere)?(?: arr(?:t|dt|ondissement)?)?(?: (?:de |a )?(?P<city_after>paris|lyon|marseille))?"
)
REMEMBERED = 1024  # beginnings of names whose communes are kept ranked
PLACE = slice(-6, -1)  # of an entry of `starts`
WHOLE, BUT_ARTICLE, END = "=~+"  # « le mans », « mans », « sur loire »
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
    # Sorted: a name from one of its words on, tab, five digits of place in `communes`, mark of the part.
    starts: list[str]
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
            f"{' '.join(words[n:])}\t{place:05d}{WHOLE if not n else BUT_ARTICLE if set(words[:n]) <= ARTICLES else END}"
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
    typed, name = _read(text)
    index = _index()
    if typed:
        sharing = index.by_postcode.get(typed, [])
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
    ranked = [index.communes[place] for place in _ranked(name)]
    largest = _of_territory(name, limit)
    return list(dict.fromkeys([*_named(name), *largest, *ranked]))[:limit] if largest else ranked[:limit]


@lru_cache(maxsize=REMEMBERED)
def _ranked(name: str) -> list[int]:
    """Places in the index of the communes that are entered under a word beginning so, best first."""
    starts = _index().starts
    longer = starts[bisect_left(starts, name) : bisect_left(starts, name + LAST)]
    best = [start[PLACE] for mark in (WHOLE, BUT_ARTICLE) for start in _exact(name) if start[-1] == mark]
    best += nsmallest(MOST_RANKED, [start[PLACE] for start in longer if start[-1] != END])
    if len(best) < MOST_RANKED:
        best += nsmallest(MOST_RANKED, [start[PLACE] for start in longer if start[-1] == END])
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
    typed, name = _read(text)
    if typed:
        return _by_postcode(typed, name) or find_commune(typed)
    named = _named(name)
    meant = (named[0] if named else None) or find_commune(text.strip().upper())
    meant = meant or _arrondissement(name) or _named_within(name)
    if meant is None and name not in _territories():
        close = search_communes(text, limit=2)
        return close[0] if len(close) == 1 else None
    return meant


def namesakes(text: str, meant: Commune, limit: int = 8) -> list[Commune]:
    """Other communes that `text` could mean than the one that `resolve` took it for: of the same name, or the same postcode."""
    typed, name = _read(text)
    if typed:
        # What is no postcode may be one of large organisations (« 58020 Nevers cedex »), or an INSEE code.
        sharing = _index().by_postcode.get(typed) or search_communes(typed[:2])
        others = [] if name and folded_name(meant.name) == name else sharing
    else:
        others = _named(name)
        if meant.departement not in _territories().get(name, {meant.departement}):
            others = others + _of_territory(name, limit)
    return [commune for commune in others if commune.code != meant.code][:limit]


def _by_postcode(postcode: str, name: str) -> Commune | None:
    """Of those that share it the one so named, else the one whose name begins so, else the first.

    A postcode of large organisations (cedex) is no commune's: the name counts then.
    """
    sharing = _index().by_postcode.get(postcode, [])
    if not sharing and name:
        return next((commune for commune in _named(name) if (commune.postcodes or ("",))[0][:2] == postcode[:2]), None)
    exact = [commune for commune in sharing if folded_name(commune.name) == name]
    begun = [commune for commune in sharing if name and folded_name(commune.name).startswith(name)]
    return next(iter([*exact, *begun, *sharing]), None)


def _arrondissement(name: str) -> Commune | None:
    """« paris 12 », « 12eme arrondissement de paris », « lyon 3e »."""
    found = NUMBERED.fullmatch(name)
    city = found and (found["city"] or found["city_after"])
    return _index().by_code.get(CITIES[city].format(int(found["number"]))) if found and city else None


def _named_within(name: str) -> Commune | None:
    """The commune whose name is followed by its territory: « saint denis 93 », « nevers nievre », « saint denis reunion »."""
    words = name.split()
    for n in range(1, len(words)):
        within = _territories().get(" ".join(words[n:]), ())
        meant = [commune for commune in _named(" ".join(words[:n])) if commune.departement in within]
        if meant:
            return meant[0]
    return None


@lru_cache(maxsize=1)
def _territories() -> dict[str, set[str]]:
    """Codes of départements by what they or their région are called, folded, with and without article, and by themselves."""
    found: dict[str, set[str]] = {code.lower(): {code} for code in DEPARTEMENTS}
    for name, codes in names_of_territories():
        words = folded_name(name).split()
        for called in (words, words[words[0] in ARTICLES :]):
            found[" ".join(called)] = set(codes)
    return found


def _of_territory(name: str, limit: int) -> list[Commune]:
    """The largest communes of the territory so called; none where it is no territory."""
    within = _territories().get(name, ())
    return (
        list(islice((commune for commune in all_communes() if commune.departement in within), limit)) if within else []
    )


def _named(name: str) -> list[Commune]:
    """The communes of exactly this name, folded, else with an article before it; most populated first."""
    found = _exact(name)
    for mark in (WHOLE, BUT_ARTICLE):
        named = [_index().communes[int(start[PLACE])] for start in found if start[-1] == mark]
        if named:
            return named
    return []


def _read(text: str) -> tuple[str, str]:
    """The postcode in a text, or none, and the rest of it, folded."""
    text = SPACED.sub(r"\1\2", text)
    typed = POSTCODE.search(text)
    return typed[0] if typed else "", CEDEX.sub("", folded_name(POSTCODE.sub(" ", text))).strip()


def _exact(name: str) -> list[str]:
    """Entries of `starts` that read exactly so, most populated first."""
    starts = _index().starts
    return starts[bisect_left(starts, f"{name}\t") : bisect_left(starts, f"{name}\n")]


def folded_name(name: str) -> str:
    """`name` without accents, hyphens or capitals, « st » in full."""
    return " ".join(SHORT.get(word, word) for word in fold(name).split())
