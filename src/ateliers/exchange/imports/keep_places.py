"""Keeping imported places: each one once, whatever the number of files it stands in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.database import fetch, transaction
from ateliers.exchange.imports.ledger import take_over
from ateliers.exchange.imports.lieux import SAME_PLACE, PlaceRow
from ateliers.places.communes import zone_of
from ateliers.places.distance import kilometres
from ateliers.places.place import NewPlace, add_place
from ateliers.words import T, fold

NOBODY = UUID(int=0)


class _Known(msgspec.Struct, frozen=True):
    name: str
    commune_code: str
    latitude: float
    longitude: float
    number: int | None = None  # of the row in this file; None: in the database before


async def open_keeper() -> PlaceKeeper:
    """A keeper that knows every place of nobody in particular."""
    return PlaceKeeper(
        await fetch(_Known, "SELECT name, commune_code, latitude, longitude FROM place WHERE owner_id IS NULL")
    )


class PlaceKeeper:
    """Writes places, and knows those there are."""

    def __init__(self, known: Iterable[_Known]) -> None:
        self._known: dict[str, list[_Known]] = {}
        for place in known:
            self._known.setdefault(place.commune_code, []).append(place)
        self.latest_id = NOBODY

    def twin_of(self, row: PlaceRow) -> T | None:
        """What to say when the place is known: same commune, same name, a stone's throw apart."""
        for place in self._known.get(row.commune.code, []):
            apart = kilometres(row.position.latitude, row.position.longitude, place.latitude, place.longitude)
            if apart <= SAME_PLACE and fold(place.name) == fold(row.name):
                if place.number is None:
                    return T("The same place as one that is known: same name, same commune, same position.")
                return T("The same place as row %(number)s.", number=place.number)
        return None

    def remarks(self, _row: PlaceRow) -> tuple[T, ...]:
        """Nothing to say: a place is kept as it was read."""
        return ()

    def remember(self, row: PlaceRow, number: int) -> None:
        """From now on this place is known."""
        place = _Known(row.name, row.commune.code, row.position.latitude, row.position.longitude, number)
        self._known.setdefault(row.commune.code, []).append(place)

    async def keep(self, row: PlaceRow, key: str, digest: bytes, *, now: datetime) -> tuple[T, ...]:
        """Write the place. Never refuses: what could be wrong was settled when the row was read."""
        async with transaction():
            place = await add_place(
                NewPlace(
                    name=row.name,
                    address=row.address,
                    address_more=row.address_more,
                    postcode=row.postcode,
                    commune_code=row.commune.code,
                    commune_name=row.commune.name,
                    departement=row.commune.departement,
                    latitude=row.position.latitude,
                    longitude=row.position.longitude,
                    zone=zone_of(row.commune.departement),
                    access_note=row.access_note,
                    phone=row.phone,
                    opening_hours=row.opening_hours,
                    services=list(row.services),
                    external_key=key,
                ),
                owner_id=None,
                now=now,
            )
            await take_over(key, place.id, digest, now=now)
        self.latest_id = place.id
        return ()
