"""People whose role is over a territory or the nation: coordinators, funders, the national team; who invites and lets them go (A7, A8)."""

from __future__ import annotations

import enum
import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.database import execute, fetch, fetch_value, transaction
from ateliers.network.invitations import INVITATION_SQL, Invitation, invite_person
from ateliers.network.people import EMAIL, Person, RoleName
from ateliers.places.territories import DEPARTEMENTS, REGIONS, departements_of
from ateliers.refusals import Invalid, NotAllowed, NotFound, Refusal
from ateliers.words import T, fold


class TerritoryRole(enum.Enum):
    """The roles that the national team gives."""

    COORDINATOR = "coordinator"
    FUNDER = "funder"
    NATIONAL = "national"

    @property
    def label(self) -> T:
        """What it lets people do, on screen."""
        return _LABELS[self]


_LABELS = {
    TerritoryRole.COORDINATOR: T("Coordinator: admits and supports the structures of a territory"),
    TerritoryRole.FUNDER: T("Funder: reads the figures of a territory, or of the whole country"),
    TerritoryRole.NATIONAL: T("National team: coordinates every territory, publishes the charter, invites people"),
}


class NewTerritoryMember(msgspec.Struct, frozen=True, kw_only=True):
    """The form that invites somebody over a territory."""

    name: Annotated[str, Meta(min_length=1, max_length=100, title="First and last name")]
    email: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=254,
            pattern=EMAIL,
            title="Their e-mail address",
            extra={"input": "email", "error": "Write a whole address, such as nom@exemple.fr."},
        ),
    ]
    role: Annotated[TerritoryRole, Meta(title="Role", extra={"input": "radio"})]
    territory: Annotated[
        str,
        Meta(
            max_length=600,
            title="Territory",
            description="Codes of départements or names of régions: 58, 71, or Bourgogne-Franche-Comté. Empty: the whole country.",
        ),
    ] = ""


class TerritoryMember(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody over a territory: one line a role."""

    role_id: UUID
    person_id: UUID
    name: str
    email: str
    role: RoleName
    departements: list[str] | None
    granted_at: datetime
    seen_at: datetime | None


class LastOfTheTeam(Refusal):
    """Somebody must be left to invite the others."""

    title = "This person is the last of the national team. Invite somebody else first."


async def list_territory_members(*, by: Person) -> list[TerritoryMember]:
    """Everybody over a territory, the national team first, then by name. Raises NotAllowed."""
    _allow(by)
    found = await fetch(
        TerritoryMember,
        """SELECT r.id AS role_id, p.id AS person_id, p.name, p.email, r.role, r.departements, r.granted_at, p.seen_at
           FROM role r JOIN person p ON p.id = r.person_id
           WHERE r.structure_id IS NULL AND r.role <> 'operator' AND r.revoked_at IS NULL AND p.closed_at IS NULL""",
    )
    order = [RoleName.NATIONAL, RoleName.COORDINATOR, RoleName.FUNDER]
    return sorted(found, key=lambda one: (order.index(one.role), fold(one.name), one.role_id))


async def list_territory_invitations(*, by: Person) -> list[Invitation]:
    """Every invitation over a territory, the latest first. Raises NotAllowed."""
    _allow(by)
    return await fetch(
        Invitation, f"{INVITATION_SQL} WHERE i.structure_id IS NULL ORDER BY i.sent_at DESC, i.id DESC LIMIT 200"
    )


async def invite_over_territory(new: NewTerritoryMember, *, by: Person, now: datetime) -> None:
    """Send an invitation. Raises NotAllowed, Invalid, AlreadyMember, AlreadyInvited."""
    _allow(by)
    departements = read_territory(new.territory)
    if departements is not None and new.role is TerritoryRole.NATIONAL:
        raise Invalid({"territory": "The national team is everywhere: leave this empty."})
    if departements is None and new.role is TerritoryRole.COORDINATOR:
        raise Invalid({"territory": "A coordinator needs at least one département."})
    await invite_person(new.email, new.name, RoleName(new.role.value), None, departements, by=by, now=now)


async def revoke_over_territory(role_id: UUID, *, by: Person, now: datetime) -> None:
    """Take a role over a territory away. Raises NotAllowed, NotFound, LastOfTheTeam."""
    _allow(by)
    async with transaction():
        await execute("SELECT pg_advisory_xact_lock(hashtextextended('national team', 2))")
        role = await fetch_value(
            "SELECT role FROM role WHERE id = $1 AND structure_id IS NULL AND role <> 'operator' AND revoked_at IS NULL",
            role_id,
        )
        if role is None:
            raise NotFound
        others = await fetch_value(
            """SELECT count(*) FROM role r JOIN person p ON p.id = r.person_id
               WHERE r.role = 'national' AND r.revoked_at IS NULL AND p.closed_at IS NULL AND r.id <> $1""",
            role_id,
        )
        if role == "national" and not others:
            raise LastOfTheTeam
        await execute("UPDATE role SET revoked_at = $2 WHERE id = $1", role_id, now)


def read_territory(text: str) -> list[str] | None:
    """Codes of départements from codes and names of régions or départements; None for nothing written. Raises Invalid."""
    known = {fold(name): departements_of(code) for code, name in REGIONS.items()}
    known |= {fold(name): [code] for code, name in DEPARTEMENTS.items()}
    found: set[str] = set()
    for part in filter(None, (one.strip() for one in re.split(r"[,;\n]", text))):
        pieces = [part] if fold(part) in known else part.split()
        for piece in pieces:
            code = piece.upper()
            if code in DEPARTEMENTS:
                found.add(code)
            elif fold(piece) in known:
                found.update(known[fold(piece)])
            else:
                raise Invalid(
                    {"territory": "We do not know “%(part)s”: write codes or names, apart by commas."}, part=part
                )
    return sorted(found) or None


def _allow(by: Person) -> None:
    if not by.is_national:
        raise NotAllowed
