"""Events as OpenAgenda gives them, by its own API or through the public data portals: one record an event, sessions in `timings`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from ateliers.agenda.kinds import RULES, Kind
from ateliers.exchange.imports.agenda_rows import (
    LONGEST_DESCRIPTION,
    LONGEST_TITLE,
    EventRow,
    Timing,
    Venue,
    instant,
    timing,
)
from ateliers.exchange.imports.reading import Row
from ateliers.exchange.imports.repairs import (
    Notes,
    Position,
    Unusable,
    commune_of,
    insee_of,
    position_of,
    postcode_of,
    settle,
    text_of,
)
from ateliers.places.communes import Commune, zone_of
from ateliers.places.place import Accessibility
from ateliers.words import fold

SCHEDULED = 1  # https://developers.openagenda.com: status 1 scheduled, 3 online, 4 postponed, 5 full, 6 cancelled
GOING_ON = {1, 3, 5}
ONLINE = 2  # attendancemode: 1 on the spot, 2 online, 3 both
WORDS_OF_KIND = {
    Kind.WORKSHOP: ("atelier", "ateliers", "workshop", "masterclass", "initiation", "apprentis"),
    Kind.STAND: ("stand", "salon", "forum", "vide"),
}
MOST_TIMINGS = 400
HTTPS = re.compile(r"https://\S{1,490}")


def parse_openagenda(row: Row, notes: Notes) -> EventRow:
    """One record. Raises Unusable."""
    fields = row.get("fields", row)
    if not isinstance(fields, Mapping):
        raise Unusable("No title.")
    if isinstance(fields.get("title"), Mapping):
        fields = _as_portals_write(fields)
    title = text_of(fields.get("title_fr"), notes, longest=LONGEST_TITLE)
    if not title:
        raise Unusable("No title.")
    reference = text_of(fields.get("uid"), notes)
    if not reference:
        raise Unusable("No identifier.")
    status = _choice(fields.get("status"), SCHEDULED)
    if status not in GOING_ON:
        raise Unusable("Postponed or called off at its source.")
    is_online = _choice(fields.get("attendancemode"), 1) == ONLINE
    join_url = _join_url(fields) if is_online else None
    if is_online and join_url is None:
        raise Unusable("Online, without a link that begins with https://")
    kind = Kind.WEBINAR if is_online else _kind(title)
    venue = None if is_online else _venue(fields, notes)
    zone = zone_of(venue.commune.departement) if venue is not None else "Europe/Paris"
    return EventRow(
        reference=reference,
        kind=kind,
        title=title,
        description=_description(fields, notes),
        venue=venue,
        join_url=join_url,
        timings=_timings(fields, zone, RULES[kind].default_minutes, notes),
        capacity=None,
        written_at=instant(fields.get("updatedat"), "UTC"),
        phone=None,
    )


def _as_portals_write(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event of OpenAgenda's own API under the names that the portals give its fields."""
    place = event.get("location")
    place = place if isinstance(place, Mapping) else {}
    known = event.get("accessibility")
    return {
        "uid": event.get("uid"),
        **{f"{name.lower()}_fr": _in_french(event.get(name)) for name in ("title", "description", "longDescription")},
        "conditions_fr": _in_french(event.get("conditions")),
        "canonicalurl": event.get("canonicalUrl"),
        "location_uid": place.get("uid"),
        "location_name": place.get("name"),
        "location_address": place.get("address"),
        "location_city": place.get("city"),
        "location_postalcode": place.get("postalCode"),
        "location_insee": place.get("insee"),
        "location_coordinates": [place.get("latitude"), place.get("longitude")],
        "location_access_fr": _in_french(place.get("access")),
        "timings": event.get("timings"),
        "attendancemode": event.get("attendanceMode"),
        "status": event.get("status"),
        "updatedat": event.get("updatedAt"),
        "accessibility": ";".join(name for name, yes in known.items() if yes) if isinstance(known, Mapping) else "",
        "onlineaccesslink": event.get("onlineAccessLink"),
        "registration": event.get("registration"),
    }


def _in_french(text: Any) -> Any:
    """The French one of texts by language, else any."""
    if isinstance(text, Mapping):
        return text.get("fr") or next(iter(text.values()), None)
    return text


def _choice(value: Any, default: int) -> int:
    """The id inside {"id": 1, "label": …}, which the portals export as text."""
    try:
        found = msgspec.json.decode(value) if isinstance(value, str) else value
        return int(found["id"]) if isinstance(found, Mapping) else int(found)
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        return default


def _kind(title: str) -> Kind:
    words = set(fold(title).split())
    return next((kind for kind, names in WORDS_OF_KIND.items() if words & set(names)), Kind.MEETING)


def _description(fields: Mapping[str, Any], notes: Notes) -> str:
    short = text_of(fields.get("description_fr"), notes, lines=True, longest=1000)
    long = text_of(fields.get("longdescription_fr"), notes, lines=True, longest=LONGEST_DESCRIPTION - 1500)
    whole = long if long.startswith(short[:60]) and long else "\n\n".join(filter(None, (short, long)))
    conditions = text_of(fields.get("conditions_fr"), notes, longest=200)
    link = text_of(fields.get("canonicalurl"), notes, longest=200)
    ends = [conditions, f"Source\u00a0: {link}" if link else ""]
    return "\n\n".join(filter(None, (whole, *ends)))[:LONGEST_DESCRIPTION]


def _join_url(fields: Mapping[str, Any]) -> str | None:
    """The first https link among those where people take part or register."""
    links = [str(fields.get("onlineaccesslink") or "")]
    registration = fields.get("registration") or []
    try:
        registration = msgspec.json.decode(registration) if isinstance(registration, str) else registration
    except msgspec.DecodeError:
        registration = []
    if isinstance(registration, list):
        links += [str(item.get("value", "")) for item in registration if isinstance(item, Mapping)]
    return next((link for link in links if HTTPS.fullmatch(link)), None)


def _venue(fields: Mapping[str, Any], notes: Notes) -> Venue:
    pair = fields.get("location_coordinates")
    position: Position | None = None
    if isinstance(pair, list) and len(pair) == 2:
        position = position_of(pair[0], pair[1], notes)
    postcode = postcode_of(fields.get("location_postalcode"), notes)
    commune = commune_of(
        code=insee_of(fields.get("location_insee"), notes),
        name=text_of(fields.get("location_city"), notes),
        postcode=postcode,
        position=position,
        notes=notes,
    )
    name = text_of(fields.get("location_name"), notes, longest=150) or commune.name
    codes = str(fields.get("accessibility") or "").split(";")
    return Venue(
        reference=text_of(fields.get("location_uid"), notes) or f"{fold(name)}/{commune.code}",
        name=name,
        address=_street(text_of(fields.get("location_address"), notes, longest=200), commune) or name,
        postcode=_postcode(postcode, commune),
        commune=commune,
        position=settle(position, commune, notes),
        access_note=text_of(fields.get("location_access_fr"), notes, longest=500),
        accessibility=(Accessibility.STEP_FREE.value,) if "mi" in codes else (),
    )


def _postcode(postcode: str, commune: Commune) -> str:
    return postcode if postcode or not commune.postcodes else commune.postcodes[0]


def _street(address: str, commune: Commune) -> str:
    """The address without the town and country that end it."""
    for code in commune.postcodes:
        head, found, _tail = address.rpartition(code)
        if found:
            return head.strip(" ,-")
    return address.removesuffix(", France").strip(" ,-")


def _timings(fields: Mapping[str, Any], zone: str, usual_minutes: int, notes: Notes) -> tuple[Timing, ...]:
    raw = fields.get("timings")
    try:
        listed = msgspec.json.decode(raw) if isinstance(raw, str) else raw
    except msgspec.DecodeError:
        listed = None
    if not isinstance(listed, list) or not listed:
        listed = [{"begin": fields.get("firstdate_begin"), "end": fields.get("firstdate_end")}]
        notes.add("No list of dates: the first date was taken.")
    found: dict[str, Timing] = {}
    for item in listed[:MOST_TIMINGS]:
        begins = instant(item.get("begin"), zone) if isinstance(item, Mapping) else None
        if begins is None:
            notes.add("A date that cannot be read was left out.")
            continue
        try:
            one = timing(begins, instant(item.get("end"), zone), usual_minutes, notes)
        except Unusable as why:
            notes.said.append(why.note)
            continue
        if begins.isoformat() in found:
            notes.add("A date given twice was kept once.")
        found[begins.isoformat()] = one
    if not found:
        raise Unusable("No date that can be read.")
    return tuple(sorted(found.values(), key=lambda t: t.begins))
