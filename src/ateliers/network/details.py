"""What a structure tells everybody of itself, kept up to date by its managers: where it is, how to reach it (A1)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ateliers.database import transaction
from ateliers.network.application import (
    Presentation,
    PublicEmail,
    PublicPhone,
    Street,
    Website,
    placed,
    with_scheme,
)
from ateliers.network.people import Person, YourCommune
from ateliers.network.resigning import allow_speaking_for
from ateliers.network.structure import Structure
from ateliers.network.structures import NewStructure, get_structure_by_id, rewrite_structure
from ateliers.places.communes import Commune, resolve
from ateliers.refusals import Invalid


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """All but its name, kind and numbers: under those it signed the charter."""

    address: Street
    commune: YourCommune
    phone: PublicPhone = ""
    email: PublicEmail = ""
    website: Website = ""
    presentation: Presentation = ""


async def update_details(structure_id: UUID, details: Details, *, by: Person, now: datetime) -> None:
    """Replace what is told. Another département is another coordinator's to admit to. Raises NotFound, NotAllowed, Invalid."""
    async with transaction():
        structure = await get_structure_by_id(structure_id)
        allow_speaking_for(structure_id, by=by)
        commune = resolve(details.commune)
        if commune is None:
            raise Invalid({"commune": "We do not know this commune: write its name or its postcode."})
        if commune.departement != structure.departement:
            raise Invalid({"commune": "This commune is in another département: there, the structure applies anew."})
        await change_structure(
            structure,
            now=now,
            address=details.address,
            phone=details.phone or None,
            email=details.email.lower() or by.email,
            website=with_scheme(details.website) or None,
            presentation=details.presentation,
            **moved(structure, details.commune, commune),
        )


def moved(structure: Structure, typed: str, commune: Commune) -> dict[str, Any]:
    """Where it is now, for `change_structure`. In the same commune its own position stays: it is better than the commune's."""
    where = placed(typed, commune)
    if commune.code == structure.commune_code:
        where |= {"latitude": structure.latitude, "longitude": structure.longitude}
    return where


async def change_structure(structure: Structure, *, now: datetime, **changes: Any) -> None:
    """Keep these fields of NewStructure, and the others as they are. Opens no transaction."""
    kept = {name: getattr(structure, name) for name in NewStructure.__struct_fields__}
    await rewrite_structure(structure.id, NewStructure(**{**kept, **changes}), now=now)
