"""What somebody may read, close or share: one structure of theirs, one région or département, or all of their territory."""

from __future__ import annotations

from uuid import UUID

import msgspec

from ateliers.database import fetch_rows, fetch_value
from ateliers.network.people import Person
from ateliers.places.territories import DEPARTEMENTS, REGIONS, departements_of, region_of
from ateliers.refusals import NotAllowed, Refusal
from ateliers.reports.grouping import departement_text
from ateliers.reports.scope import Scope
from ateliers.words import gettext

WHOLE = "tout"
REGION = "region-"  # and its code: départements have codes that look like those of régions


class Extent(msgspec.Struct, frozen=True, kw_only=True):
    """One choice: `value` stands in forms; both others None: the nation."""

    value: str
    label: str
    structure_id: UUID | None = None
    departements: list[str] | None = None

    @property
    def shared(self) -> Scope:
        """Its figures as somebody outside reads them."""
        return Scope.of(self.structure_id, self.departements)


class UnknownExtent(Refusal):
    """Not one of the choices."""

    status = 422
    title = "Choose one of the territories in the list."
    field = "where"


async def list_extents(person: Person, *, of_structures: bool) -> list[Extent]:
    """The structures they manage, or their territory and its départements. Raises NotAllowed when there are none."""
    found = []
    if of_structures:
        found = await _structures(person.managed_ids)
    elif person.is_coordinator:
        found = _territories(person.coordinated_departements)
    if not found:
        raise NotAllowed
    return found


async def extents_within(scope: Scope) -> list[Extent]:
    """What a reader may narrow their figures to: all of it first, where there are several."""
    if scope.structures is None:
        return _territories(scope.departements)
    found = await _structures(scope.structures)
    return [Extent(value=WHOLE, label=gettext("All my structures")), *found] if len(found) > 1 else found


def narrow(scope: Scope, extents: list[Extent], value: str) -> Scope:
    """The part of the scope that `value` names; all of it for ''. Raises UnknownExtent."""
    if value in ("", WHOLE):
        return scope
    for one in extents:
        if one.value == value:
            return Scope.of(one.structure_id, one.departements, is_outside=scope.is_outside)
    raise UnknownExtent


async def _structures(ids: list[UUID]) -> list[Extent]:
    rows = await fetch_rows("SELECT id, name, slug FROM structure WHERE id = ANY ($1) ORDER BY name", ids)
    return [Extent(value=row["slug"], label=row["name"], structure_id=row["id"]) for row in rows]


def _territories(codes: list[str] | None) -> list[Extent]:
    """All of it first, then its whole régions where there are several, then its départements. None: the nation."""
    every = sorted(DEPARTEMENTS if codes is None else codes)
    found = [Extent(value=code, label=departement_text(code), departements=[code]) for code in every]
    whole = {
        region: departements_of(region)
        for region in sorted({region_of(code) for code in every if code in DEPARTEMENTS})
    }
    regions = [
        Extent(value=f"{REGION}{region}", label=REGIONS[region], departements=parts)
        for region, parts in whole.items()
        if 1 < len(parts) < len(every) and set(parts) <= set(every)
    ]
    if len(found) > 1:
        label = gettext("All of my territory") if codes is not None else gettext("The whole nation")
        found = [Extent(value=WHOLE, label=label, departements=codes), *regions, *found]
    return found


async def chosen_extent(value: str, person: Person, *, of_structures: bool) -> Extent:
    """The choice that a form names. Raises UnknownExtent, NotAllowed."""
    for one in await list_extents(person, of_structures=of_structures):
        if one.value == value:
            return one
    raise UnknownExtent


async def scope_text(scope: Scope) -> str:
    """Whose figures these are, in words."""
    if scope.structures is None:
        return await extent_text(None, scope.departements)
    return ", ".join(one.label for one in await _structures(scope.structures))


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
