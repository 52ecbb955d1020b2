"""The venues that a structure keeps: added, corrected, no longer kept; who booked there is told of a new address (B12, B13)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.agenda.drafts import Venue
from ateliers.agenda.permission import allow_managing, choose_structure
from ateliers.agenda.where import typed_place
from ateliers.database import execute, fetch_rows, fetch_value, transaction
from ateliers.network.people import Person
from ateliers.places.place import (
    Accessibility,
    NewPlace,
    Place,
    add_place,
    find_place,
    list_places_of,
    release_place,
    update_place,
)
from ateliers.refusals import Invalid, NotFound


class KeptVenue(msgspec.Struct, frozen=True, kw_only=True):
    """A venue of a structure, and how many published sessions are still to come there."""

    place: Place
    ahead: int


async def list_venues(structure_ids: list[UUID], *, now: datetime) -> list[KeptVenue]:
    """The venues of these structures, each structure's by name."""
    places = [place for id in structure_ids for place in await list_places_of(id)]
    counted = await fetch_rows(
        """SELECT s.place_id, count(*) AS n FROM session s JOIN event e ON e.id = s.event_id
           WHERE s.place_id = ANY($1) AND e.state = 'published' AND s.starts_at > $2 AND s.called_off_at IS NULL
           GROUP BY s.place_id""",
        [place.id for place in places],
        now,
    )
    ahead = {row["place_id"]: row["n"] for row in counted}
    return [KeptVenue(place=place, ahead=ahead.get(place.id, 0)) for place in places]


async def find_usual_venue(structure_id: UUID) -> UUID | None:
    """Where a structure's next event most likely takes place: its only venue, or the one of the latest event it wrote."""
    venues = await list_places_of(structure_id)
    if len(venues) == 1:
        return venues[0].id
    latest: UUID | None = await fetch_value(
        """SELECT p.id FROM event e JOIN session s ON s.event_id = e.id JOIN place p ON p.id = s.place_id
           WHERE e.structure_id = $1 AND p.owner_id = $1 ORDER BY e.created_at DESC, s.created_at DESC, s.id LIMIT 1""",
        structure_id,
    )
    return latest


async def get_venue(place_id: UUID, *, by: Person) -> Place:
    """A venue that `by` may correct. Raises NotFound, NotAllowed."""
    place = await find_place(place_id)
    if place is None or place.owner_id is None:
        raise NotFound
    allow_managing(by, place.owner_id)
    return place


async def keep_venue(venue: Venue, *, by: Person, now: datetime) -> Place:
    """Keep one more venue. Raises Invalid, NotAllowed, NotFound."""
    owner_id = choose_structure(venue.structure_id, by)
    async with transaction():
        return await add_place(_typed(venue), owner_id=owner_id, now=now)


async def correct_venue(place_id: UUID, venue: Venue, *, by: Person, now: datetime) -> None:
    """Write it anew. Another name or address is told to everybody who booked a session to come there.

    Raises Invalid, NotAllowed, NotFound.
    """
    async with transaction():
        before = await get_venue(place_id, by=by)
        after = _typed(venue)
        known = {name: getattr(before, name) for name in ("phone", "opening_hours", "services", "external_key")}
        if after.commune_code == before.commune_code:
            # The same commune: the point on the map may be more exact than the middle of it.
            known |= {"latitude": before.latitude, "longitude": before.longitude, "zone": before.zone}
        await update_place(place_id, msgspec.structs.replace(after, **known), now=now)
        is_elsewhere = _address(after) != _address(before)
        await execute(
            """UPDATE session s SET updated_at = $2, revision = s.revision + CASE WHEN $3
                   AND e.state = 'published' AND s.starts_at > $2 AND s.called_off_at IS NULL THEN 1 ELSE 0 END
               FROM event e WHERE e.id = s.event_id AND s.id IN (
                   SELECT id FROM session WHERE place_id = $1 AND ends_at > $2
                   ORDER BY lead_id IS NOT NULL, id FOR NO KEY UPDATE)""",
            place_id,
            now,
            is_elsewhere,
        )


async def drop_venue(place_id: UUID, *, by: Person, now: datetime) -> None:
    """No longer offered; sessions that take place there stay. Raises NotAllowed, NotFound."""
    async with transaction():
        await get_venue(place_id, by=by)
        await release_place(place_id, now=now)


def venue_of(place: Place) -> Venue:
    """The venue as the form to correct it shows first."""
    return Venue(
        structure_id=place.owner_id,
        place_name=place.name,
        address=place.address,
        address_more=place.address_more,
        commune=f"{place.commune_name} ({place.postcode})",
        access_note=place.access_note,
        place_accessibility=[Accessibility(fact) for fact in place.accessibility],
    )


def _typed(venue: Venue) -> NewPlace:
    new, errors = typed_place(venue)
    if new is None:
        raise Invalid(errors)
    return new


def _address(place: NewPlace) -> tuple[str, ...]:
    return place.name, place.address, place.address_more, place.postcode, place.commune_code
