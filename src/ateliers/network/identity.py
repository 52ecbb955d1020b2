"""What a structure is registered under, corrected by its coordinator: name, kind, numbers, where it sits (A1, A12)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Meta

from ateliers.database import fetch_one, transaction
from ateliers.mail.outbox import NewMail, queue_many
from ateliers.network.application import RnaNumber, SiretNumber, Street, StructureName, wrong_answers
from ateliers.network.applications import AlreadyKnown
from ateliers.network.details import change_structure, moved
from ateliers.network.people import Person, YourCommune, list_coordinators, list_managers
from ateliers.network.structure import Structure, StructureKind, StructureState, compact
from ateliers.network.structures import COLUMNS, get_structure_by_id, log_state
from ateliers.places.communes import resolve
from ateliers.refusals import Invalid, NotFound, Refusal
from ateliers.words import gettext, speaking

MEMBERS = (StructureState.ADMITTED, StructureState.SUSPENDED)


class NotAMember(Refusal):
    """Before it is admitted the applicant corrects the form; who left is no longer ours to describe."""

    title = "Only a structure of the network is corrected here. Ask an applicant for changes instead."


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """As it should be, and why."""

    name: StructureName
    kind: Annotated[StructureKind, Meta(title="Kind of structure")]
    siret: SiretNumber = ""
    rna: RnaNumber = ""
    address: Street
    commune: YourCommune
    why: Annotated[
        str,
        Meta(
            min_length=3,
            max_length=1000,
            title="Why",
            description="Kept in the history and sent to the managers of the structure. The public does not see it.",
            extra={"input": "textarea"},
        ),
    ]


async def correct_structure(structure_id: UUID, wanted: Identity, *, by: Person, now: datetime) -> None:
    """Replace what it is registered under; history and managers are told what changed. Without a change nothing happens.

    In another département, its coordinators are told too. Raises NotFound, NotAMember, Invalid, AlreadyKnown.
    """
    try:
        async with transaction():
            await _correct(structure_id, wanted, by=by, now=now)
    except asyncpg.UniqueViolationError as violation:
        raise AlreadyKnown(field="rna" if "rna" in str(violation.constraint_name) else "siret") from violation


async def _correct(structure_id: UUID, wanted: Identity, *, by: Person, now: datetime) -> None:
    before = await fetch_one(Structure, f"SELECT {COLUMNS} FROM structure o WHERE o.id = $1 FOR UPDATE", structure_id)
    if before is None or not by.coordinates(before.departement):
        raise NotFound
    if before.state not in MEMBERS:
        raise NotAMember
    commune = resolve(wanted.commune)
    errors = wrong_answers(wanted.siret, wanted.rna, wanted.commune, agrees=True)
    if commune is not None and not by.coordinates(commune.departement):
        errors["commune"] = "This commune is not in your territory: the national team can move the structure there."
    if errors or commune is None:
        raise Invalid(errors)
    await change_structure(
        before,
        now=now,
        name=wanted.name,
        kind=wanted.kind,
        siret=compact(wanted.siret) or None,
        rna=compact(wanted.rna) or None,
        address=wanted.address,
        **moved(before, wanted.commune, commune),
    )
    after = await get_structure_by_id(structure_id)
    changes = _changes(before, after)
    if not changes:
        return
    entry = await log_state(
        structure_id, before.state, now=now, by_id=by.id, note="\n".join([*changes, wanted.why]), corrected=True
    )
    told = await list_managers(structure_id)
    if after.departement != before.departement:
        told += [person.id for person in await list_coordinators(after.departement) if person.id != by.id]
    await queue_many(
        NewMail(
            kind="structure_corrected",
            key=f"structure_corrected:{entry}:{person}",
            subject_id=structure_id,
            now=now,
            data={"person": str(person), "entry": str(entry), "by": str(by.id)},
        )
        for person in dict.fromkeys(told)
    )


def _changes(before: Structure, after: Structure) -> list[str]:
    """A line for each thing that is no longer the same, in the structure's language."""
    with speaking(after.language):
        lines = zip(_lines(before), _lines(after), strict=True)
        nothing = gettext("Not given")
        return [
            gettext("%(what)s: %(before)s → %(after)s")
            % {"what": what, "before": was or nothing, "after": now or nothing}
            for (what, was), (_what, now) in lines
            if was != now
        ]


def _lines(structure: Structure) -> list[tuple[str, str | None]]:
    where = f"{structure.address}, {structure.postcode} {structure.commune_name} ({structure.departement})"
    return [
        (gettext("Name of the structure"), structure.name),
        (gettext("Kind of structure"), str(structure.kind.label)),
        (gettext("SIRET number"), structure.siret),
        (gettext("RNA number"), structure.rna),
        (gettext("Address"), where),
    ]
