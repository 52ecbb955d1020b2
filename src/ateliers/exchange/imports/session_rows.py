"""A session to import, whatever file it comes from, and what its kind and its place are told by (B24)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from ateliers.agenda.kinds import RULES, Kind
from ateliers.agenda.local_time import to_utc, wrong_start
from ateliers.exchange.imports.agenda_rows import LONGEST_MINUTES, SHORTEST_MINUTES, Venue
from ateliers.exchange.imports.evenements import MOST_SEATS, commune_of_text, name_and_street
from ateliers.exchange.imports.repairs import Notes, Unusable, bare, position_of, settle, text_of
from ateliers.exchange.open_data.columns import KINDS as OPEN_DATA_KINDS
from ateliers.places.communes import resolve
from ateliers.places.place import Place
from ateliers.places.territories import zone_of
from ateliers.words import T, fold

SHORTEST_TITLE = 3
BEFORE = timedelta(days=1)  # a session that is over is kept as if written this long before it began
LONGEST_BACK = timedelta(days=1100)  # three years, as far as sessions are announced ahead
LINK = re.compile(r"https://[^\s<>\"]{1,490}")
PHONE = re.compile(r"\+?[0-9][0-9 .\-]{2,24}")
# Words that tell a kind, in its own column or in a title; the first kind that has one wins.
WORDS_OF_KIND = {
    Kind.WEBINAR: ("webinaire", "webinar", "visio", "visioconference", "en ligne"),
    Kind.STAND: ("stand", "forum", "salon", "marche"),
    Kind.TRAINING: ("formation des ambassadeurs", "formation ambassadeurs", "ambassador training"),
    Kind.MEETING: ("temps d information", "reunion d information", "reunion", "conference", "information meeting"),
    Kind.WORKSHOP: ("atelier", "ateliers", "workshop"),
}
OFF = {"annule", "annulee", "cancelled", "canceled", "called off", "retiree", "supprime", "supprimee"}


class Usual(msgspec.Struct, frozen=True, kw_only=True):
    """What holds where a row says nothing."""

    kind: Kind = Kind.WORKSHOP
    place_id: UUID | None = None
    capacity: int | None = None  # None: what is usual for the kind
    join_url: str | None = None
    past: bool = False  # whether sessions that are over are taken as well


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """For whom a file is read, and when."""

    structure_id: UUID
    departement: str
    zone: str
    places: Sequence[Place]
    usual: Usual
    now: datetime


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """Where: one of the structure's places, another one, or online."""

    place: Place | None = None
    venue: Venue | None = None
    join_url: str | None = None
    zone: str


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A session ready to be kept."""

    reference: str  # its id at its source
    group: str  # sessions with the same one are dates of one event
    kind: Kind
    title: str
    description: str = ""
    programme: str = ""
    to_bring: str = ""
    level: str = ""
    phone: str | None = None
    spot: Spot
    local_start: datetime  # naive, on the clock of the place
    minutes: int
    all_day: bool = False
    capacity: int | None = None  # seats; None: no limit


def kind_of(told: str, title: str, usual: Kind) -> Kind:
    """The kind that a row names, else that its title tells, else the usual one."""
    code = told.strip().lower()
    known = {name: kind for kind, name in OPEN_DATA_KINDS.items()} | {kind.value: kind for kind in Kind}
    if code in known:
        return known[code]
    for text in (told, title):
        words = f" {bare(text)} "
        for kind, names in WORDS_OF_KIND.items():
            if any(f" {name} " in words for name in names):
                return kind
    return usual


def spot_of(
    kind: Kind,
    name: str,
    address: str,
    town: str,
    postcode: str,
    position: Any,
    link: str,
    context: Context,
    notes: Notes,
) -> Spot:
    """Where it takes place. `town` may be a whole address. Raises Unusable when nothing tells."""
    if RULES[kind].needs_link:
        found = LINK.search(f"{link} {name} {address}")
        join_url = found[0] if found else context.usual.join_url
        if join_url is None:
            raise Unusable("Online, without a link that begins with https://")
        return Spot(join_url=join_url, zone=context.zone)
    own = _own_place(name, town, postcode, context)
    if own is not None:
        return Spot(place=own, zone=own.zone)
    where = ", ".join(part for part in (name, address, f"{postcode} {town}".strip()) if part)
    if where:
        quiet = Notes()
        alone = re.search(r"\b\d{5}$", where)
        if alone and not town:  # a postcode without a name: the largest of its communes
            meant = resolve(alone[0])
            town = meant.name if meant is not None and alone[0] in meant.postcodes else ""
        try:
            commune, code = commune_of_text(where, town, context.departement, quiet)
        except Unusable:
            if context.usual.place_id is None:
                raise
            notes.add("Place %(name)s not understood: the usual place stands for it.", name=where[:80])
        else:
            notes.said += [note for note in quiet.said if note not in notes.said]
            guessed, street = name_and_street(", ".join(filter(None, (name, address))) or where, commune)
            venue = Venue(
                reference=f"{bare(name or guessed)}/{commune.code}",
                name=(name if name and address else guessed)[:150],
                address=(address or street)[:200],
                postcode=code,
                commune=commune,
                position=settle(position, commune, Notes()),
            )
            return Spot(venue=venue, zone=zone_of(commune.departement))
    usual = next((place for place in context.places if place.id == context.usual.place_id), None)
    if usual is None:
        raise Unusable("No place: give its commune or postcode, or choose a usual place.")
    return Spot(place=usual, zone=usual.zone)


def _own_place(name: str, town: str, postcode: str, context: Context) -> Place | None:
    """The structure's own place of that name, if only one can be meant and the row puts it nowhere else."""
    wanted = fold(re.split(r",| - ", name)[0])
    codes = {*re.findall(r"\b\d{5}\b", name), *filter(None, (postcode,))}
    named = [
        place
        for place in context.places
        if wanted
        and fold(place.name) == wanted
        and (not town or bare(place.commune_name) in bare(town))
        and (not codes or place.postcode in codes)
    ]
    return named[0] if len(named) == 1 else None


def position(latitude: Any, longitude: Any) -> Any:
    """The position a row gives, if any."""
    return position_of(latitude, longitude, Notes())


def title_of(value: Any, notes: Notes) -> str:
    """Raises Unusable when there is none."""
    title = text_of(value, notes, longest=150)
    if len(title) < SHORTEST_TITLE:
        raise Unusable("No title.")
    return title


def minutes_of(minutes: int, notes: Notes) -> int:
    """A length that a session may have. Raises Unusable."""
    if minutes <= 0:
        raise Unusable("It ends before it begins.")
    if minutes > LONGEST_MINUTES:
        raise Unusable("It lasts more than two days: give its dates one by one.")
    if minutes < SHORTEST_MINUTES:
        notes.add("Shorter than %(n)s minutes: %(n)s written.", n=SHORTEST_MINUTES)
    return max(minutes, SHORTEST_MINUTES)


def capacity_of(text: str, kind: Kind, context: Context, notes: Notes) -> int | None:
    """Seats: what the row says, what is usual for the file, or for the kind."""
    if not RULES[kind].takes_bookings:
        return None
    usual = context.usual.capacity or RULES[kind].default_capacity
    if not text:
        return usual
    seats = int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else 0
    if not 1 <= seats <= MOST_SEATS:
        notes.add("Number of seats %(text)s: the usual number was set.", text=text[:40])
        return usual
    return seats


def check_start(start: datetime, zone: str, context: Context) -> None:
    """Raises Unusable for a start that no session can have, or that is over where only what is to come is wanted."""
    now = context.now
    if context.usual.past and start > now.astimezone(ZoneInfo(zone)).replace(tzinfo=None) - LONGEST_BACK:
        now = moment_of_writing(to_utc(start, zone), now)
    wrong = wrong_start(start, zone, now=now)
    if wrong:
        raise Unusable(wrong)


def moment_of_writing(starts_at: datetime, now: datetime) -> datetime:
    """When a session is taken to be written: before it began, whenever that was."""
    return min(now, starts_at - BEFORE)


def too_many(most: int) -> T:
    """Why a file is refused whole."""
    return T("it holds more than %(n)s sessions.", n=most)
