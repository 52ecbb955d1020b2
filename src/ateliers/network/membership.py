"""A structure's membership once it is admitted: suspended, gone, back (A6). What that means for its sessions is the agenda's."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ateliers.database import execute, fetch_one
from ateliers.mail import outbox
from ateliers.network.people import Person, list_managers
from ateliers.network.structure import Structure, StructureState
from ateliers.network.structures import COLUMNS, log_state
from ateliers.refusals import NotFound, Refusal

LETTERS = {
    StructureState.SUSPENDED: "structure_suspended",
    StructureState.WITHDRAWN: "structure_left",
    StructureState.ADMITTED: "structure_back",
}


class MembershipUnchanged(Refusal):
    """The structure stands where this cannot be done."""

    title = "The structure does not stand where this can be done: somebody may have just changed it."


def next_states(structure: Structure) -> list[StructureState]:
    """What the membership may become; nothing for whoever was never admitted."""
    if structure.admitted_at is None:
        return []
    match structure.state:
        case StructureState.ADMITTED:
            return [StructureState.SUSPENDED, StructureState.WITHDRAWN]
        case StructureState.SUSPENDED:
            return [StructureState.ADMITTED, StructureState.WITHDRAWN]
        case StructureState.WITHDRAWN:
            return [StructureState.ADMITTED]
        case _:
            return []


async def change_membership(
    structure_id: UUID, state: StructureState, why: str, *, by: Person, now: datetime
) -> Structure:
    """Lock the structure and change its state; history and managers are told why. The structure as it was. Opens no transaction.

    Raises NotFound for whoever does not coordinate its territory, MembershipUnchanged.
    """
    structure = await fetch_one(
        Structure, f"SELECT {COLUMNS} FROM structure o WHERE o.id = $1 FOR UPDATE", structure_id
    )
    if structure is None or not by.coordinates(structure.departement):
        raise NotFound
    if state not in next_states(structure):
        raise MembershipUnchanged
    await execute("UPDATE structure SET state = $2 WHERE id = $1", structure_id, state.value)
    entry = await log_state(structure_id, state, now=now, by_id=by.id, note=why)
    managers = await list_managers(structure_id)
    kind = LETTERS[state]
    await outbox.queue_many(
        outbox.NewMail(
            kind=kind,
            key=f"{kind}:{entry}:{person}",
            subject_id=structure_id,
            now=now,
            data={"person": str(person), "entry": str(entry)},
        )
        for person in managers
    )
    return structure
