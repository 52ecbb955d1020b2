"""Whose figures a reader sees, and whether small counts are hidden from them."""

from __future__ import annotations

from uuid import UUID

import msgspec

from ateliers.network.people import Person, RoleName
from ateliers.refusals import NotAllowed


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Sessions of these structures, or held in these départements, or (both None) all of them."""

    structures: list[UUID] | None = None
    departements: list[str] | None = None
    is_outside: bool  # the reader is not of the structures: counts under 5 are hidden (F7)

    @classmethod
    def of(cls, structure_id: UUID | None, departements: list[str] | None, *, is_outside: bool = True) -> Scope:
        """Of one structure, or else of these départements; of the nation where both are None."""
        return cls(
            structures=[structure_id] if structure_id else None, departements=departements, is_outside=is_outside
        )


def own_structures(person: Person) -> Scope:
    """The structures the person manages. Raises NotAllowed when there are none."""
    if not person.managed_ids:
        raise NotAllowed
    return Scope(structures=person.managed_ids, is_outside=False)


def territory(person: Person) -> Scope:
    """The départements whose figures the person reads, or the nation. Raises NotAllowed when there are none."""
    readers = [role for role in person.roles if role.role in {RoleName.COORDINATOR, RoleName.FUNDER}]
    if person.is_national or any(role.role is RoleName.FUNDER and role.departements is None for role in readers):
        return Scope(is_outside=True)
    departements = sorted({departement for role in readers for departement in role.departements or ()})
    if not departements:
        raise NotAllowed
    return Scope(departements=departements, is_outside=True)
