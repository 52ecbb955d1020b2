"""Places out of the national schema of digital-help places, and out of four inventories that came before it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from ateliers.exchange.imports.reading import Row
from ateliers.exchange.imports.repairs import (
    Notes,
    Position,
    Unusable,
    bare,
    commune_in_text,
    commune_of,
    insee_of,
    position_of,
    postcode_of,
    settle,
    text_of,
)
from ateliers.places.communes import Commune

LONGEST_NAME = 200
SAME_PLACE = 0.15  # km: two rows of one name this close are one place
OSM_HOURS = re.compile(r"(?:(?:Mo|Tu|We|Th|Fr|Sa|Su|PH|24/7|\d\d:\d\d|off|week|easter)[\s,;:\-\d/\"|+]*)+")

# What each inventory calls the columns of the national schema (https://schema.data.gouv.fr/LaMednum/…, v1.0.2).
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "ID", "ObjectID", "GlobalID"),
    "nom": ("nom", "Nom", "Nom de votre structure", "name"),
    "commune": ("commune", "Commune", "ville"),
    "code_postal": ("code_postal", "Code postal", "cp"),
    "code_insee": ("code_insee", "Code INSEE"),
    "adresse": ("adresse", "Adresse", "Adresse de la structure"),
    "complement_adresse": ("complement_adresse",),
    "latitude": ("latitude", "y", "lat"),
    "longitude": ("longitude", "x", "lon"),
    "telephone": ("telephone",),
    "horaires": ("horaires", "Horaires d'ouverture__1"),
    "services": ("services", "Qu'apportez vous aux usagers qui viennent à votre rencontre ?"),
    "source": ("source",),
}


class PlaceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A place ready to be kept. Degrees are WGS 84; `services` are the source's own words."""

    reference: str  # the row's id at its source
    name: str
    address: str
    address_more: str
    postcode: str
    commune: Commune
    position: Position
    phone: str | None
    opening_hours: str
    access_note: str
    services: tuple[str, ...]


def parse_place(row: Row, notes: Notes) -> PlaceRow:
    """One row of any of the known shapes. Raises Unusable."""
    given = {field: _first(row, names) for field, names in COLUMNS.items()}
    name = text_of(given["nom"], notes, longest=LONGEST_NAME)
    if not name:
        raise Unusable("No name.")
    address = text_of(given["adresse"], notes, longest=300)
    position = position_of(given["latitude"], given["longitude"], notes)
    commune, postcode = _commune(given, name, address, position, notes)
    hours = text_of(given["horaires"], notes, longest=500)
    is_osm = bool(OSM_HOURS.fullmatch(hours))
    street = _street(address, postcode, commune)
    if not street:
        street = name
        notes.add("No address: the name stands for it.")
    return PlaceRow(
        reference=text_of(given["id"], notes) or f"{bare(name)}/{commune.code}",
        name=name,
        address=street,
        address_more=text_of(given["complement_adresse"], notes, longest=300),
        postcode=postcode,
        commune=commune,
        position=settle(position, commune, notes),
        phone=text_of(given["telephone"], notes, longest=30) or None,
        opening_hours=hours if is_osm else "",
        access_note="" if is_osm else hours,
        services=tuple(
            service.strip().replace("_", " ")
            for service in re.split(r"[|;]|,\s*(?=[A-ZÀ-Ý])", text_of(given["services"], notes))
            if service.strip()
        ),
    )


def _first(row: Row, names: tuple[str, ...]) -> Any:
    return next((row[name] for name in names if row.get(name) not in (None, "")), "")


def _commune(
    given: Mapping[str, Any], name: str, address: str, position: Position | None, notes: Notes
) -> tuple[Commune, str]:
    """The commune, and its postcode: the row's if it is one of the commune's or a business one, else the commune's."""
    said = text_of(given["commune"], notes)
    postcode = postcode_of(given["code_postal"], notes)
    if not postcode:
        written = re.findall(r"\b\d{5}\b", address)
        postcode = written[-1] if written else ""
    if not said and postcode:
        said = _after_postcode(address, postcode)
    if not said and not postcode and position is not None:
        told = commune_in_text(f"{name} {address}", departement="", position=position)
        if told is not None:
            notes.add("Neither commune nor postcode: %(commune)s told by name and position.", commune=told.name)
            return told, told.postcodes[0]
    commune = commune_of(
        code=insee_of(given["code_insee"], notes), name=said, postcode=postcode, position=position, notes=notes
    )
    if postcode in commune.postcodes or not commune.postcodes:
        return commune, postcode
    if postcode:
        notes.add(
            "Postcode %(postcode)s replaced by %(right)s, that of %(commune)s.",
            postcode=postcode,
            right=commune.postcodes[0],
            commune=commune.name,
        )
    return commune, commune.postcodes[0]


def _after_postcode(address: str, postcode: str) -> str:
    """The town in "1 Rue Paul Gravet, 51530, Magenta, Marne, Grand Est, FRA" or "8 rue Cerveaux - 51200 Épernay"."""
    rest = address.rpartition(postcode)[2].strip(" ,-")
    return rest.split(",")[0].strip()


def _street(address: str, postcode: str, commune: Commune) -> str:
    """The address without the postcode and town that end it."""
    for code in {postcode, *re.findall(r"\b\d{5}\b", address)}:
        head, found, tail = address.rpartition(code) if code else ("", "", "")
        if found and head and (code in commune.postcodes or bare(commune.name) in bare(tail) or code == postcode):
            address = head
    return address.strip(" ,-\n")
