"""Who may change what a structure offers: its managers, and the operator."""

from __future__ import annotations

from uuid import UUID

from ateliers.network.people import Person, RoleName
from ateliers.refusals import Invalid, NotAllowed, NotFound


def may_manage(by: Person, structure_id: UUID) -> bool:
    """Whether `by` publishes, moves and calls off for the structure."""
    return by.manages(structure_id) or any(role.role is RoleName.OPERATOR for role in by.roles)


def allow_managing(by: Person, structure_id: UUID) -> None:
    """Raises NotAllowed for people of the structure who are not its managers, NotFound for everybody else."""
    if not may_manage(by, structure_id):
        raise NotAllowed if by.serves(structure_id) else NotFound


def choose_structure(structure_id: UUID | None, by: Person) -> UUID:
    """The structure meant: the one named, else the only one that `by` manages. Raises Invalid, NotAllowed, NotFound."""
    if structure_id is None:
        if not by.managed_ids:
            raise NotAllowed
        if len(by.managed_ids) > 1:
            raise Invalid({"structure_id": "Choose the structure."})
        return by.managed_ids[0]
    allow_managing(by, structure_id)
    return structure_id
