"""A list of workshops, one dated session a row: id, when, where, city, title, maxCount, type, count."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from ateliers.agenda.kinds import RULES, Kind
from ateliers.exchange.imports.agenda_rows import LONGEST_TITLE, EventRow, Venue, instant, timing
from ateliers.exchange.imports.reading import Row
from ateliers.exchange.imports.repairs import (
    Notes,
    Unusable,
    bare,
    commune_in_text,
    commune_of,
    settle,
    text_of,
)
from ateliers.places.communes import Commune, all_communes, zone_of

KINDS = {"atelier": Kind.WORKSHOP, "stand": Kind.STAND, "formation": Kind.TRAINING}
MOST_SEATS = 100_000
_POSTCODE = re.compile(r"\b(\d{5})\b")


def usual_departement(rows: Sequence[Row]) -> str:
    """The département most postcodes of the file lie in: what tells Croix in the Nord from the other Croix."""
    counted = Counter(code[:2] for row in rows for code in _POSTCODE.findall(str(row.get("where", ""))))
    return counted.most_common(1)[0][0] if counted else ""


def parse_event(row: Row, notes: Notes, *, departement: str) -> EventRow:
    """One row. Raises Unusable."""
    title = text_of(row.get("title"), notes, longest=LONGEST_TITLE)
    if not title:
        raise Unusable("No title.")
    where = text_of(row.get("where"), notes, longest=300)
    commune, postcode = commune_of_text(where, text_of(row.get("city"), notes), departement, notes)
    begins = instant(row.get("when"), zone_of(commune.departement))
    if begins is None:
        raise Unusable("No date that can be read.")
    kind = KINDS.get(text_of(row.get("type"), notes).lower(), Kind.MEETING)
    session = timing(begins, instant(row.get("end"), zone_of(commune.departement)), RULES[kind].default_minutes, notes)
    name, address = name_and_street(where, commune)
    if _whole(row.get("count")):
        notes.add("%(n)s bookings counted at the source, without names: not taken over.", n=_whole(row.get("count")))
    return EventRow(
        reference=text_of(row.get("id"), notes) or f"{bare(title)}/{begins.isoformat()}",
        kind=kind,
        title=title,
        description=text_of(row.get("description"), notes, lines=True, longest=5000),
        venue=Venue(
            reference=f"{bare(name)}/{commune.code}",
            name=name,
            address=address,
            postcode=postcode,
            commune=commune,
            position=settle(None, commune, notes),
        ),
        join_url=None,
        timings=(session,),
        capacity=_capacity(row.get("maxCount"), notes),
        written_at=instant(row.get("createdAt"), zone_of(commune.departement)),
    )


def _whole(value: Any) -> int | None:
    try:
        return int(str(value).strip())
    except ValueError:
        return None


def _capacity(value: Any, notes: Notes) -> int | None:
    if value in (None, ""):
        return None
    seats = _whole(value)
    if seats is None or not 1 <= seats <= MOST_SEATS:
        notes.add("Number of seats %(text)s: no limit was set.", text=str(value)[:40])
        return None
    return seats


def commune_of_text(where: str, city: str, departement: str, notes: Notes) -> tuple[Commune, str]:
    """The commune by postcode, by its name in the text of the place, or by the short name in the column city."""
    codes = _POSTCODE.findall(where)
    if codes:
        after = where.rpartition(codes[-1])[2].strip(" ,-") or city
        quiet = Notes()
        try:
            found = commune_of(code="", name=after, postcode=codes[-1], position=None, notes=quiet)
        except Unusable:
            found = commune_of(code="", name=city, postcode=codes[-1], position=None, notes=quiet)
        return found, codes[-1]
    named = commune_in_text(where, departement=departement) or _by_short_name(city, departement)
    if named is None:
        raise Unusable("Unknown commune: %(what)s.", what=city or where)
    notes.add("No postcode: %(commune)s told by its name.", commune=f"{named.name} ({named.departement})")
    return named, named.postcodes[0] if named.postcodes else ""


def _by_short_name(city: str, departement: str) -> Commune | None:
    """The most populous commune with all words of `city` in its name: "marcq" is Marcq-en-Barœul."""
    words = set(bare(city).split())
    if not words:
        return None
    found = [
        c
        for c in all_communes()
        if (not departement or c.departement == departement) and words <= set(bare(c.name).split())
    ]
    return max(found, key=lambda c: c.population, default=None)


def name_and_street(where: str, commune: Commune) -> tuple[str, str]:
    """Name and street out of "Salle Florin - 20 avenue de Bordeaux - 59155 Faches Thumesnil"."""
    text = _POSTCODE.split(where)[0] if _POSTCODE.search(where) else where
    text = text.strip(" ,-–")
    spelt = re.search(rf"[\s,\-–]+(?:à\s+)?{re.escape(commune.name)}$", text, re.IGNORECASE)
    if spelt:
        text = text[: spelt.start()].strip(" ,-–")
    street = re.search(r"\b\d+\s*(?:bis|ter|quater)?\b[\s,]+[^\d,]{4,}", text, re.IGNORECASE)
    if street is None:
        return text[:150] or commune.name, text[:200] or commune.name
    name = text[: street.start()].strip(" ,-–")
    address = text[street.start() :].strip(" ,-–")
    return name[:150] or address[:150], address[:200]
