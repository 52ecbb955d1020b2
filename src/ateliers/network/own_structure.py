"""The coordination's own structure: under its name a coordinator publishes trainings (A9)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.database import fetch_value, transaction
from ateliers.network.application import Street, placed
from ateliers.network.people import Person, RoleName, YourCommune, add_role
from ateliers.network.structure import StructureKind, StructureState
from ateliers.network.structures import NewStructure, add_structure
from ateliers.places.communes import resolve
from ateliers.refusals import Invalid, NotAllowed, Refusal


class AlreadyManages(Refusal):
    """One is enough."""

    title = "You manage a structure already: publish under its name."


class OwnStructure(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of it by everybody who is invited to a training."""

    name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=150,
            title="Name of the structure",
            description="That of the coordination, or of the body that carries it.",
            extra={"autocomplete": "organization"},
        ),
    ]
    address: Street
    commune: YourCommune


async def open_own_structure(new: OwnStructure, *, by: Person, now: datetime) -> UUID:
    """A structure of the network whose manager is the coordinator; its id. She would admit it herself.

    Raises NotAllowed, Invalid, AlreadyManages.
    """
    if not by.is_coordinator:
        raise NotAllowed
    commune = resolve(new.commune)
    if commune is None:
        raise Invalid({"commune": "We do not know this commune: write its name or its postcode."})
    if not by.coordinates(commune.departement):
        raise Invalid({"commune": "Choose a commune of your territory."})
    async with transaction():
        await fetch_value("SELECT 1 FROM person WHERE id = $1 FOR UPDATE", by.id)  # pressed twice, opened once
        if await fetch_value(
            "SELECT EXISTS (SELECT FROM role WHERE person_id = $1 AND role = 'manager' AND revoked_at IS NULL)", by.id
        ):
            raise AlreadyManages
        made = await add_structure(
            NewStructure(
                name=new.name,
                kind=StructureKind.OTHER,
                address=new.address,
                email=by.email,
                language=by.language,
                **placed(new.commune, commune),
            ),
            state=StructureState.ADMITTED,
            now=now,
        )
        if made is None:
            raise ValueError("a structure without number and key is known already")
        await add_role(by.id, RoleName.MANAGER, structure_id=made.id, now=now)
        return made.id
