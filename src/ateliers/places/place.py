"""Venues: where sessions take place, and what they offer to whom has trouble moving, hearing or reading."""

from __future__ import annotations

import enum
from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.database import execute, fetch, fetch_one, new_id
from ateliers.words import T


class Accessibility(enum.Enum):
    """One fact that decides whether somebody can come (B12)."""

    STEP_FREE = "step_free"
    INDUCTION_LOOP = "induction_loop"
    SIGN_LANGUAGE = "sign_language"
    SUBTITLES = "subtitles"
    PLAIN_LANGUAGE = "plain_language"
    PUBLIC_TRANSPORT = "public_transport"
    DEVICE_LENT = "device_lent"

    @property
    def label(self) -> T:
        """Its words on screen."""
        return _LABELS[self]


_LABELS = {
    Accessibility.STEP_FREE: T("No steps, wheelchairs can enter"),
    Accessibility.INDUCTION_LOOP: T("Induction loop"),
    Accessibility.SIGN_LANGUAGE: T("French sign language"),
    Accessibility.SUBTITLES: T("Subtitles"),
    Accessibility.PLAIN_LANGUAGE: T("Plain language"),
    Accessibility.PUBLIC_TRANSPORT: T("Public transport nearby"),
    Accessibility.DEVICE_LENT: T("Phone or tablet lent"),
}


class NewPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A venue to be kept. Position in degrees, `zone` an IANA name, `opening_hours` as OpenStreetMap writes them."""

    name: str
    address: str
    postcode: str
    commune_code: str
    commune_name: str
    departement: str
    latitude: float
    longitude: float
    zone: str
    address_more: str = ""
    accessibility: list[Accessibility] = []
    access_note: str = ""
    phone: str | None = None
    opening_hours: str = ""
    services: list[str] = []
    external_key: str | None = None


class Place(NewPlace, frozen=True, kw_only=True):
    """A venue as it is kept; `owner_id` is the structure whose own it is."""

    id: UUID
    owner_id: UUID | None
    created_at: datetime
    updated_at: datetime

    @property
    def full_address(self) -> str:
        """« 17 rue Jean-Jaurès, 58000 Nevers »."""
        street = ", ".join(filter(None, (self.address, self.address_more)))
        return ", ".join(filter(None, (street, f"{self.postcode} {self.commune_name}".strip())))


_COLUMNS = ", ".join(field.name for field in msgspec.structs.fields(Place))
_NEW = [field.name for field in msgspec.structs.fields(NewPlace)]
_INSERT = f"""
    INSERT INTO place (id, owner_id, created_at, updated_at, {", ".join(_NEW)})
    VALUES ($1, $2, $3, $3, {", ".join(f"${number}" for number in range(4, 4 + len(_NEW)))})
"""


async def add_place(new: NewPlace, *, owner_id: UUID | None, now: datetime) -> Place:
    """Keep a venue. Opens no transaction: it belongs to whatever needs the venue."""
    id = new_id()
    await execute(_INSERT, id, owner_id, now, *_values(new))
    return Place(id=id, owner_id=owner_id, created_at=now, updated_at=now, **msgspec.structs.asdict(new))


async def find_place(id: UUID) -> Place | None:
    """The venue, or None."""
    return await fetch_one(Place, f"SELECT {_COLUMNS} FROM place WHERE id = $1", id)


async def list_places_of(structure_id: UUID) -> list[Place]:
    """The venues that a structure keeps for its own, by name."""
    return await fetch(Place, f"SELECT {_COLUMNS} FROM place WHERE owner_id = $1 ORDER BY name, id", structure_id)


async def update_place(id: UUID, new: NewPlace, *, now: datetime) -> None:
    """Write the venue anew; whose it is stays. Opens no transaction."""
    columns = ", ".join(f"{name} = ${number}" for number, name in enumerate(_NEW, 3))
    await execute(f"UPDATE place SET updated_at = $2, {columns} WHERE id = $1", id, now, *_values(new))


async def release_place(id: UUID, *, now: datetime) -> None:
    """Nobody's own any more: it is no longer offered, and stays where sessions took place. Opens no transaction."""
    await execute("UPDATE place SET owner_id = NULL, updated_at = $2 WHERE id = $1", id, now)


def _values(new: NewPlace) -> list[object]:
    values = msgspec.structs.asdict(new)
    values["accessibility"] = [fact.value for fact in new.accessibility]
    return list(values.values())
