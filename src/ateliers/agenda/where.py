"""Where and when a session takes place, worked out from what was filled in: venue or link, zone, instants."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID

import msgspec

from ateliers.agenda.drafts import LONGEST_MINUTES, Move, NewSession, Venue, Where
from ateliers.agenda.kinds import Rules
from ateliers.agenda.local_time import exists, to_utc, wrong_start
from ateliers.network.structure import Structure
from ateliers.places.communes import Commune, resolve
from ateliers.places.place import NewPlace, Place, add_place, find_place
from ateliers.places.territories import zone_of

Errors = dict[str, str]  # field to message id

NOWHERE = "Say where it takes place."
NO_LINK = "Give the link of the online meeting."


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """Place or link, and whose clock counts there."""

    place_id: UUID | None
    join_url: str | None
    zone: str  # IANA


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """When: what was promised on the clock of the place, and the instants that follow."""

    local_start: datetime  # naive
    starts_at: datetime
    ends_at: datetime
    all_day: bool = False
    recurs_on: datetime | None = None  # naive: the date of a rule that it is


async def find_spot(
    where: Where, rules: Rules, structure: Structure, *, before: Spot | None = None, now: datetime
) -> tuple[Spot, Errors]:
    """The spot that `where` tells of, `before` where it tells nothing; keeps a typed place. Inside a transaction.

    With errors, nothing is kept and the spot is only good for judging dates.
    """
    nowhere = Spot(place_id=None, join_url=None, zone=before.zone if before else structure.zone)
    tells_place = where.place_id is not None or any((where.place_name, where.address, where.commune))
    errors: Errors = {}
    if tells_place and not rules.needs_place:
        errors["place_id" if where.place_id else "commune"] = (
            "This kind of event takes place online: leave the place empty."
        )
    if where.join_url and not rules.needs_link:
        errors["join_url"] = "Only an online event has a link."
    if rules.needs_link and not where.join_url and before is None:
        errors["join_url"] = NO_LINK
    if errors:
        return nowhere, errors
    if rules.needs_link:
        join_url = where.join_url or (before.join_url if before else None)
        return Spot(place_id=None, join_url=join_url, zone=before.zone if before else structure.zone), {}
    if not tells_place and before is not None:
        return before, {}
    place, errors = await _find_or_keep_place(where, structure, now=now)
    if place is None:
        return nowhere, errors
    return Spot(place_id=place.id, join_url=None, zone=place.zone), {}


async def _find_or_keep_place(where: Where, structure: Structure, *, now: datetime) -> tuple[Place | None, Errors]:
    if where.place_id is not None and (where.place_name or where.address or where.commune):
        return None, {"place_id": "Choose one of our places or write another one, not both."}
    if where.place_id is not None:
        place = await find_place(where.place_id)
        return place, {} if place else {"place_id": "We do not know this place."}
    if not where.commune and not where.place_name and not where.address:
        return None, {"place_id": NOWHERE}
    new, errors = typed_place(where)
    if new is None:
        return None, errors
    return await add_place(new, owner_id=structure.id if where.keep_place else None, now=now), {}


def typed_place(where: Where | Venue) -> tuple[NewPlace | None, Errors]:
    """The place whose name and address were written, or what is wrong with them."""
    errors: Errors = {}
    commune = resolve(where.commune) if where.commune else None
    if not where.place_name:
        errors["place_name"] = "Give the name of the place."
    if commune is None:
        errors["commune"] = (
            "We do not know this commune. Try its postcode." if where.commune else "Give the commune or its postcode."
        )
    if errors or commune is None:
        return None, errors
    new = NewPlace(
        name=where.place_name,
        address=where.address,
        address_more=where.address_more,
        postcode=_postcode(where.commune, commune),
        commune_code=commune.code,
        commune_name=commune.name,
        departement=commune.departement,
        latitude=commune.latitude,
        longitude=commune.longitude,
        zone=zone_of(commune.departement),
        access_note=where.access_note,
        accessibility=where.place_accessibility,
    )
    return new, {}


def _postcode(typed: str, commune: Commune) -> str:
    """The postcode that was typed when it is one of the commune's, else its first."""
    return next(
        (code for code in commune.postcodes if code in typed), commune.postcodes[0] if commune.postcodes else ""
    )


def find_span(
    asked: NewSession | Move, zone: str, *, start: datetime, usual: timedelta, all_day: bool, now: datetime
) -> tuple[Span | None, Errors]:
    """From `start` (naive, clock of `zone`) until the end or for the minutes asked for, else for the `usual` length."""
    start = midnight(start) if all_day else start
    wrong = wrong_start(start, zone, now=now)
    if wrong:
        return None, {"local_start": wrong}
    length = usual if asked.minutes is None else timedelta(minutes=asked.minutes)
    if asked.local_end is not None:
        wrong = _wrong_end(asked, asked.local_end, zone, start)
        if wrong:
            return None, {"local_end": wrong}
        if not all_day:
            return Span(local_start=start, starts_at=to_utc(start, zone), ends_at=to_utc(asked.local_end, zone)), {}
        length = asked.local_end - start
    return span(start, zone, length, all_day=all_day), {}


def _wrong_end(asked: NewSession | Move, end: datetime, zone: str, start: datetime) -> str | None:
    if asked.minutes is not None:
        return "Give either an end or a length in minutes."
    if end <= start:
        return "The end comes before the start."
    if end - start > timedelta(minutes=LONGEST_MINUTES):
        return "A session lasts two days at most."
    if not exists(end, zone):
        return "This time does not exist: clocks go forward that night."
    # A start in the hour that autumn plays twice is its first reading, and so is an end: both can only grow.
    return None


def span(start: datetime, zone: str, length: timedelta, *, all_day: bool = False) -> Span:
    """From `start` (naive, clock of `zone`, known to exist) for `length` of elapsed time, or for whole days."""
    starts_at = to_utc(start, zone)
    if not all_day:
        return Span(local_start=start.replace(fold=0), starts_at=starts_at, ends_at=starts_at + length)
    # Whole days are counted on the clock: the days when clocks change have 23 and 25 hours.
    days = max(1, round(length / timedelta(days=1)))
    end = start + timedelta(days=days)
    return Span(local_start=start, starts_at=starts_at, ends_at=to_utc(end, zone), all_day=True)


def midnight(moment: datetime) -> datetime:
    """When its day begins, on the same clock."""
    return datetime.combine(moment.date(), time())
