"""What an imported event is, whatever file it comes from."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from ateliers.agenda.kinds import Kind
from ateliers.exchange.imports.repairs import Notes, Position, Unusable
from ateliers.places.communes import Commune

LONGEST_TITLE = 150  # characters, as in the form
LONGEST_DESCRIPTION = 5000
SHORTEST_MINUTES = 5
LONGEST_MINUTES = 2 * 24 * 60


class Venue(msgspec.Struct, frozen=True, kw_only=True):
    """Where it takes place. Degrees are WGS 84."""

    reference: str  # the venue's id at its source
    name: str
    address: str
    postcode: str
    commune: Commune
    position: Position
    access_note: str = ""
    accessibility: tuple[str, ...] = ()  # values of places.Accessibility


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """One dated occurrence; instants, aware."""

    begins: datetime
    minutes: int


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """An event ready to be kept, its sessions with it."""

    reference: str  # the row's id at its source
    kind: Kind
    title: str
    description: str
    venue: Venue | None
    join_url: str | None
    timings: tuple[Timing, ...]
    capacity: int | None  # seats; None: no limit
    written_at: datetime | None  # when the source wrote it
    phone: str | None = None


def instant(value: object, zone: str) -> datetime | None:
    """An ISO 8601 moment as an instant; without an offset it is meant on the clock of `zone`."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=ZoneInfo(zone))


def timing(begins: datetime, ends: datetime | None, usual_minutes: int, notes: Notes) -> Timing:
    """A session's start and length. Raises Unusable when it ends before it begins."""
    if ends is None:
        notes.add("No end: %(n)s minutes, as is usual.", n=usual_minutes)
        return Timing(begins=begins, minutes=usual_minutes)
    minutes = round((ends - begins).total_seconds() / 60)
    if minutes <= 0:
        raise Unusable("It ends before it begins.")
    if minutes < SHORTEST_MINUTES:
        notes.add("Shorter than %(n)s minutes: %(n)s written.", n=SHORTEST_MINUTES)
        minutes = SHORTEST_MINUTES
    if minutes > LONGEST_MINUTES:
        raise Unusable("It lasts more than two days: give its dates one by one.")
    return Timing(begins=begins, minutes=minutes)
