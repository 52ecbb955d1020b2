"""People of the network, their roles, and what each role lets them do (A7)."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.database import execute, fetch, fetch_one, fetch_value, new_id
from ateliers.refusals import NotFound
from ateliers.words import T, fold

# One address in ASCII, as SMTP carries it everywhere; whether it is somebody's only an e-mail can tell.
EMAIL = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"

# Two questions that strangers answer in several forms.
YourEmail = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=254,
        pattern=EMAIL,
        title="Your e-mail address",
        extra={
            "input": "email",
            "autocomplete": "email",
            "error": "Write a whole address, such as nom@exemple.fr.",
        },
    ),
]
YourCommune = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=120,
        title="Commune or postcode",
        description="For example: Nevers, or 58000.",
        extra={"list": "communes", "autocomplete": "off"},
    ),
]


class RoleName(enum.Enum):
    """What somebody is in the network."""

    AMBASSADOR = "ambassador"
    MANAGER = "manager"
    COORDINATOR = "coordinator"
    NATIONAL = "national"
    FUNDER = "funder"
    OPERATOR = "operator"

    @property
    def label(self) -> T:
        """Its name on screen."""
        return _LABELS[self]

    @property
    def is_of_a_structure(self) -> bool:
        """Whether it is held in a structure rather than over a territory."""
        return self in {RoleName.AMBASSADOR, RoleName.MANAGER}


_LABELS = {
    RoleName.AMBASSADOR: T("Ambassador"),
    RoleName.MANAGER: T("Manager"),
    RoleName.COORDINATOR: T("Regional coordinator"),
    RoleName.NATIONAL: T("National team"),
    RoleName.FUNDER: T("Funder"),
    RoleName.OPERATOR: T("Operator"),
}


class Role(msgspec.Struct, frozen=True):
    """One role and where it holds."""

    role: RoleName
    structure_id: UUID | None = None
    departements: list[str] | None = None  # None: the whole nation, or a role of a structure


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who can sign in, with the roles they hold now."""

    id: UUID
    name: str
    email: str
    language: str
    roles: list[Role] = []

    def manages(self, structure_id: UUID) -> bool:
        """Whether they publish and receive bookings for the structure."""
        return any(r.role is RoleName.MANAGER and r.structure_id == structure_id for r in self.roles)

    def serves(self, structure_id: UUID) -> bool:
        """Whether they are ambassador or manager of the structure."""
        return any(r.role.is_of_a_structure and r.structure_id == structure_id for r in self.roles)

    def coordinates(self, departement: str) -> bool:
        """Whether they admit and support the structures of the département."""
        return self.is_national or any(
            r.role is RoleName.COORDINATOR and departement in (r.departements or ()) for r in self.roles
        )

    def reads(self, departement: str) -> bool:
        """Whether the figures of the département are theirs to see."""
        return self.coordinates(departement) or any(
            r.role is RoleName.FUNDER and (r.departements is None or departement in r.departements) for r in self.roles
        )

    @property
    def is_national(self) -> bool:
        """Whether they are of the national team."""
        return any(r.role is RoleName.NATIONAL for r in self.roles)

    @property
    def is_coordinator(self) -> bool:
        """Whether they coordinate anything: some département, or the nation."""
        return self.is_national or any(r.role is RoleName.COORDINATOR for r in self.roles)

    @property
    def is_reader(self) -> bool:
        """Whether figures of some territory are theirs to see."""
        return self.is_coordinator or any(r.role is RoleName.FUNDER for r in self.roles)

    @property
    def structure_ids(self) -> list[UUID]:
        """The structures they serve, each once, longest served first."""
        return list(dict.fromkeys(r.structure_id for r in self.roles if r.role.is_of_a_structure and r.structure_id))

    @property
    def managed_ids(self) -> list[UUID]:
        """The structures they manage, each once, longest managed first."""
        return list(dict.fromkeys(r.structure_id for r in self.roles if r.role is RoleName.MANAGER and r.structure_id))

    @property
    def coordinated_departements(self) -> list[str] | None:
        """Codes of the départements they coordinate, sorted; None: all of them."""
        if self.is_national:
            return None
        return sorted({d for r in self.roles if r.role is RoleName.COORDINATOR for d in r.departements or ()})


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A person as the people page of a structure shows them: one line a role."""

    role_id: UUID
    person_id: UUID
    name: str
    email: str
    role: RoleName
    granted_at: datetime
    seen_at: datetime | None


PERSON_SQL = """
    SELECT p.id, p.name, p.email, p.language,
           COALESCE((SELECT jsonb_agg(jsonb_build_object('role', r.role, 'structure_id', r.structure_id,
                                                         'departements', r.departements) ORDER BY r.granted_at, r.id)
                     FROM role r WHERE r.person_id = p.id AND r.revoked_at IS NULL), '[]') AS roles
    FROM person p
"""


async def get_person(id: UUID) -> Person:
    """The person, account closed or not. Raises NotFound."""
    person = await fetch_one(Person, f"{PERSON_SQL} WHERE p.id = $1", id)
    if person is None:
        raise NotFound
    return person


async def find_person_by_email(email: str) -> Person | None:
    """The person whose account is open under this address, in whatever case it is typed."""
    return await fetch_one(Person, f"{PERSON_SQL} WHERE p.email = $1 AND p.closed_at IS NULL", email.strip().lower())


async def list_members(structure_id: UUID) -> list[Member]:
    """Ambassadors and managers of the structure, managers first, then by name."""
    members = await fetch(
        Member,
        """
        SELECT r.id AS role_id, p.id AS person_id, p.name, p.email, r.role, r.granted_at, p.seen_at
        FROM role r JOIN person p ON p.id = r.person_id
        WHERE r.structure_id = $1 AND r.revoked_at IS NULL AND p.closed_at IS NULL
        """,
        structure_id,
    )
    return sorted(members, key=lambda m: (m.role is not RoleName.MANAGER, fold(m.name), m.role_id))


async def list_managers(structure_id: UUID) -> list[UUID]:
    """Ids of its managers, by name."""
    return [m.person_id for m in await list_members(structure_id) if m.role is RoleName.MANAGER]


async def list_coordinators(departement: str) -> list[Person]:
    """Who looks after the département: its coordinators, or the national team where there is none."""
    return await fetch(
        Person,
        f"""
        WITH close AS (
            SELECT person_id FROM role WHERE revoked_at IS NULL AND role = 'coordinator' AND $1 = ANY (departements)
        )
        {PERSON_SQL}
        WHERE p.closed_at IS NULL
          AND (p.id IN (SELECT person_id FROM close)
               OR (NOT EXISTS (SELECT FROM close)
                   AND p.id IN (SELECT person_id FROM role WHERE revoked_at IS NULL AND role = 'national')))
        ORDER BY p.id
        """,
        departement,
    )


async def add_person(name: str, email: str, *, now: datetime, language: str = "fr", phone: str | None = None) -> UUID:
    """The id of the person with this address, made if there is none, reopened if it was closed. Opens no transaction."""
    id: UUID = await fetch_value(
        """
        INSERT INTO person (id, name, email, phone, language, created_at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (email) DO UPDATE SET closed_at = NULL
        RETURNING id
        """,
        new_id(),
        name,
        email.strip().lower(),
        phone,
        language,
        now,
    )
    return id


async def add_role(
    person_id: UUID,
    role: RoleName,
    *,
    now: datetime,
    structure_id: UUID | None = None,
    departements: list[str] | None = None,
) -> None:
    """Grant a role, or widen the territory of the one they hold. Opens no transaction."""
    await execute(
        """
        INSERT INTO role (id, person_id, role, structure_id, departements, granted_at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (person_id, role, structure_id) WHERE revoked_at IS NULL
        DO UPDATE SET departements = CASE
            WHEN role.departements IS NULL OR excluded.departements IS NULL THEN NULL
            ELSE (SELECT array_agg(DISTINCT d ORDER BY d) FROM unnest(role.departements || excluded.departements) d) END
        """,
        new_id(),
        person_id,
        role.value,
        structure_id,
        departements,
        now,
    )
