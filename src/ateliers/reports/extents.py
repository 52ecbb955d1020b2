"""What somebody may close or share: one of their structures, one of their départements, or all of their territory."""

from __future__ import annotations

from uuid import UUID

import msgspec

from ateliers.database import fetch_rows, fetch_value
from ateliers.network.people import Person
from ateliers.places.territories import DEPARTEMENTS, REGIONS, departements_of, region_of
from ateliers.refusals import NotAllowed, Refusal
from ateliers.reports.scope import Scope
from ateliers.words import T

WHOLE = "tout"


class Extent(msgspec.Struct, frozen=True, kw_only=True):
    """One choice: `value` stands in forms; both others None: the nation."""

    value: str
    label: str
    structure_id: UUID | None = None
    departements: list[str] | None = None

    @property
    def shared(self) -> Scope:
        """Its figures as somebody outside reads them."""
        structures = [self.structure_id] if self.structure_id else None
        return Scope(structures=structures, departements=self.departements, is_outside=True)


class UnknownExtent(Refusal):
    """Not one of the choices."""

    status = 422
    title = "Choose one of the territories in the list."
    field = "where"


async def list_extents(person: Person, *, of_structures: bool) -> list[Extent]:
    """The structures they manage, or their territory and its départements. Raises NotAllowed when there are none."""
    if of_structures:
        managed = [one for one in person.structure_ids if person.manages(one)]
        rows = await fetch_rows("SELECT id, name, slug FROM structure WHERE id = ANY ($1) ORDER BY name", managed)
        found = [Extent(value=row["slug"], label=row["name"], structure_id=row["id"]) for row in rows]
    elif person.is_coordinator:
        codes = person.coordinated_departements
        parts = [
            Extent(value=code, label=departement_text(code), departements=[code])
            for code in (codes if codes is not None else DEPARTEMENTS)
        ]
        found = [*parts]
        if len(parts) > 1:
            label = T("All of my territory") if codes is not None else T("The whole nation")
            found = [Extent(value=WHOLE, label=str(label), departements=codes), *parts]
    else:
        found = []
    if not found:
        raise NotAllowed
    return found


async def chosen_extent(value: str, person: Person, *, of_structures: bool) -> Extent:
    """The choice that a form names. Raises UnknownExtent, NotAllowed."""
    for one in await list_extents(person, of_structures=of_structures):
        if one.value == value:
            return one
    raise UnknownExtent


def departement_text(code: str) -> str:
    """« Nièvre (58) »."""
    return f"{DEPARTEMENTS.get(code, code)} ({code})"


async def extent_text(structure_id: UUID | None, departements: list[str] | None) -> str:
    """What a closing or a link is of, in words."""
    if structure_id is not None:
        name: str = await fetch_value("SELECT name FROM structure WHERE id = $1", structure_id)
        return name
    if departements is None:
        return "France"
    region = REGIONS.get(region_of(departements[0])) if departements[0] in DEPARTEMENTS else None
    if region is not None and sorted(departements) == departements_of(region_of(departements[0])):
        return region
    return ", ".join(departement_text(code) for code in departements)
