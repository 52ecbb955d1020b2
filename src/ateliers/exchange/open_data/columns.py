"""What open data tells of a session, column by column: files, their schema and the page that explains them draw from this list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from ateliers.agenda.kinds import Kind
from ateliers.agenda.session import Session
from ateliers.exchange.directory import international
from ateliers.places.territories import DEPARTEMENTS, REGIONS, region_of
from ateliers.rendering import absolute
from ateliers.words import T

GONE = "retiree"
KINDS = {
    Kind.WORKSHOP: "atelier",
    Kind.WEBINAR: "webinaire",
    Kind.STAND: "stand",
    Kind.MEETING: "temps_information",
    Kind.TRAINING: "formation",
}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A session as open data knows it; of one that was withdrawn, its id and when."""

    id: str
    changed_at: datetime
    session: Session | None


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column: its type is one of Table Schema's."""

    name: str
    type: str
    meaning: T
    of: Callable[[Session], Any]
    one_of: tuple[str, ...] = ()


def _local(moment: datetime, session: Session) -> str:
    return moment.astimezone(ZoneInfo(session.zone)).isoformat(timespec="seconds")


def _state(session: Session) -> str:
    if session.is_called_off:
        return "annulee"
    return "reportee" if session.previous_start is not None else "prevue"


def _mode(session: Session) -> str:
    if session.is_online:
        return "en_ligne"
    return "les_deux" if session.online is not None else "sur_place"


def _phone(session: Session) -> str | None:
    return international(session.phone or session.structure_phone, session.departement) or None


def _region(session: Session) -> str | None:
    return REGIONS[region_of(session.departement)] if session.departement in DEPARTEMENTS else None


COLUMNS = (
    Column(
        name="evenement_id",
        type="string",
        meaning=T("Identifier of the event: the same for all its sessions."),
        of=lambda s: str(s.event_id),
    ),
    Column(
        name="url",
        type="string",
        meaning=T("Page of the session, where seats are booked."),
        of=lambda s: absolute(s.path),
    ),
    Column(name="titre", type="string", meaning=T("Title."), of=lambda s: s.title),
    Column(
        name="type",
        type="string",
        meaning=T("Kind of session."),
        of=lambda s: KINDS[s.kind],
        one_of=tuple(KINDS.values()),
    ),
    Column(
        name="etat",
        type="string",
        one_of=("prevue", "reportee", "annulee", GONE),
        of=_state,
        meaning=T("Planned, moved, called off, or withdrawn: then only id, etat and modifie_le are filled."),
    ),
    Column(
        name="debut",
        type="datetime",
        meaning=T("Start, with the offset of the place."),
        of=lambda s: _local(s.starts_at, s),
    ),
    Column(
        name="fin", type="datetime", meaning=T("End, with the offset of the place."), of=lambda s: _local(s.ends_at, s)
    ),
    Column(name="fuseau", type="string", meaning=T("Time zone of the place (IANA)."), of=lambda s: s.zone),
    Column(
        name="journee_entiere",
        type="boolean",
        meaning=T("No fixed hour: from midnight to midnight."),
        of=lambda s: s.all_day,
    ),
    Column(
        name="debut_precedent",
        type="datetime",
        meaning=T("Start before the session was moved."),
        of=lambda s: None if s.previous_start is None else _local(s.previous_start, s),
    ),
    Column(
        name="motif_annulation",
        type="string",
        meaning=T("Why it was called off."),
        of=lambda s: s.called_off_reason or None,
    ),
    Column(name="description", type="string", meaning=T("What it is about."), of=lambda s: s.description or None),
    Column(
        name="programme",
        type="string",
        meaning=T("What is done together, one step a line."),
        of=lambda s: s.programme or None,
    ),
    Column(
        name="a_apporter", type="string", meaning=T("What to bring, one thing a line."), of=lambda s: s.to_bring or None
    ),
    Column(name="niveau", type="string", meaning=T("Level."), of=lambda s: s.level or None),
    Column(
        name="accessibilite",
        type="string",
        meaning=T("What makes it accessible, as codes apart by |."),
        of=lambda s: "|".join(sorted({*s.place_accessibility, *s.accessibility})) or None,
    ),
    Column(
        name="participation",
        type="string",
        meaning=T("On site, online or both."),
        of=_mode,
        one_of=("sur_place", "en_ligne", "les_deux"),
    ),
    Column(name="lieu_nom", type="string", meaning=T("Name of the place."), of=lambda s: s.place_name),
    Column(
        name="lieu_adresse",
        type="string",
        meaning=T("Number and street, building."),
        of=lambda s: ", ".join(filter(None, (s.address, s.address_more))) or None,
    ),
    Column(name="code_postal", type="string", meaning=T("Postcode."), of=lambda s: s.postcode),
    Column(name="commune", type="string", meaning=T("Commune."), of=lambda s: s.commune_name),
    Column(name="code_insee", type="string", meaning=T("INSEE code of the commune."), of=lambda s: s.commune_code),
    Column(
        name="code_departement",
        type="string",
        meaning=T("Code of the département: the place’s; online, the structure’s."),
        of=lambda s: s.departement,
    ),
    Column(name="region", type="string", meaning=T("Région or collectivity overseas."), of=_region),
    Column(name="latitude", type="number", meaning=T("Degrees, WGS 84."), of=lambda s: s.latitude),
    Column(name="longitude", type="number", meaning=T("Degrees, WGS 84."), of=lambda s: s.longitude),
    Column(name="acces", type="string", meaning=T("How to get there."), of=lambda s: s.access_note or None),
    Column(
        name="structure_id",
        type="string",
        meaning=T("Identifier of the structure, as in the file of structures."),
        of=lambda s: str(s.structure_id),
    ),
    Column(name="structure_nom", type="string", meaning=T("Who organises."), of=lambda s: s.structure_name),
    Column(
        name="structure_url",
        type="string",
        meaning=T("Page of the structure."),
        of=lambda s: absolute(f"/signataires/{s.structure_slug}"),
    ),
    Column(
        name="coorganisateurs",
        type="string",
        meaning=T("Other structures that take part, apart by |."),
        of=lambda s: "|".join(one.name for one in s.co_organisers) or None,
    ),
    Column(name="telephone", type="string", meaning=T("Telephone for questions and bookings."), of=_phone),
    Column(name="gratuit", type="boolean", meaning=T("Always true."), of=lambda _s: True),
    Column(
        name="sur_inscription",
        type="boolean",
        meaning=T("Whether seats are booked."),
        of=lambda s: s.rules.takes_bookings,
    ),
    Column(
        name="places",
        type="integer",
        meaning=T("Seats on site, or of an online session; empty: no limit."),
        of=lambda s: s.capacity,
    ),
    Column(
        name="cycle_id",
        type="string",
        meaning=T("The same for all dates of a cycle, which are booked together."),
        of=lambda s: str(s.event_id) if s.is_cycle else None,
    ),
    Column(
        name="publie_le",
        type="datetime",
        meaning=T("When the event was published, UTC."),
        of=lambda s: None if s.published_at is None else _utc(s.published_at),
    ),
)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


FIRST = Column(name="id", type="string", meaning=T("Identifier of the session: it never changes."), of=lambda s: s.id)
LAST = Column(
    name="modifie_le",
    type="datetime",
    of=lambda _s: None,
    meaning=T("When this row was last seen to change, UTC: what updated_since compares."),
)
ALL = (FIRST, *COLUMNS, LAST)


def row_of(told: Told) -> dict[str, Any]:
    """One row, by column; of a withdrawn session what is left."""
    ends = {"id": told.id, "modifie_le": _utc(told.changed_at)}
    if told.session is None:
        return {column.name: None for column in ALL} | ends | {"etat": GONE}
    return {column.name: column.of(told.session) for column in ALL} | ends


def schema() -> dict[str, Any]:
    """The columns as a Table Schema (https://specs.frictionlessdata.io/table-schema/)."""
    fields = []
    for column in ALL:
        field: dict[str, Any] = {"name": column.name, "type": column.type, "description": str(column.meaning)}
        constraints: dict[str, Any] = {}
        if column in (FIRST, LAST) or column.name == "etat":
            constraints["required"] = True
        if column is FIRST:
            constraints["unique"] = True
        if column.one_of:
            constraints["enum"] = list(column.one_of)
        if column.type == "datetime":
            field["format"] = "any"
        fields.append(field | ({"constraints": constraints} if constraints else {}))
    return {
        "$schema": "https://specs.frictionlessdata.io/schemas/table-schema.json",
        "name": "seances",
        "fields": fields,
        "primaryKey": "id",
        "missingValues": [""],
    }
