"""Signing a new version of the charter: who has yet to, their signature, and the sweep that asks for it (A5).

Nothing is scheduled in advance: the sweep looks who has not signed and which step of the plan has come for them. A step
is an occasion of the outbox, so it happens once whatever the number of workers; `emails.charter_to_sign` looks again
whether it still holds when it is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.database import fetch, fetch_rows, fetch_value, transaction
from ateliers.mail.outbox import NewMail, queue_many
from ateliers.network.charter import LONGEST_VERSION, current_charter, keep_charter, sign_charter
from ateliers.network.people import Person
from ateliers.network.structure import Structure
from ateliers.network.structures import list_structures_by_id
from ateliers.refusals import Invalid, NotAllowed, NotFound, Refusal

NOT_AGREED = {"agrees": "Tick this box to sign the charter."}
PLAN = (0, 14, 30)  # days after publication: the news, then two reminders


class CharterChanged(Refusal):
    """What they read is not what they would sign."""

    title = "The charter has a newer version since you opened this page: read it, then sign."


class NewSignature(msgspec.Struct, frozen=True, kw_only=True):
    """Who signs for the structure, and the version they have read."""

    version: Annotated[str, Meta(max_length=LONGEST_VERSION, extra={"input": "hidden"})]
    name: Annotated[
        str, Meta(min_length=1, max_length=100, title="First and last name of the person who signs the charter")
    ]
    role: Annotated[
        str,
        Meta(
            min_length=1, max_length=100, title="Role of this person", description="For example: director, president."
        ),
    ]
    agrees: Annotated[bool, Meta(title="Our structure has read the charter and signs it")] = False


class Unsigned(msgspec.Struct, frozen=True, kw_only=True):
    """A structure that has yet to sign the current version, and when its managers were last asked to."""

    structure_id: UUID
    name: str
    commune_name: str
    departement: str
    phone: str | None
    signed_version: str | None  # the latest it signed
    asked_at: datetime | None
    times: int  # that they were asked


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """How far the signatures of the current version have come in a coordinator's territory."""

    signed: int
    unsigned: list[Unsigned]


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A manager of a structure that has yet to sign."""

    structure_id: UUID
    person_id: UUID
    since: datetime  # when it became theirs to sign


# What an import made for its events is nobody's: there is no one to sign.
_UNSIGNED = """
    o.state = 'admitted' AND COALESCE(o.external_key, '') NOT LIKE 'import:%' AND NOT EXISTS (
        SELECT FROM signature g JOIN charter c ON c.id = g.charter_id WHERE g.structure_id = o.id AND c.version = $1)
"""

# Who came after the publication is given the same days as the others had.
_ASKED_SQL = f"""
    SELECT o.id AS structure_id, p.id AS person_id, greatest($2::timestamptz, o.admitted_at, r.granted_at) AS since
    FROM structure o
    JOIN role r ON r.structure_id = o.id AND r.role = 'manager' AND r.revoked_at IS NULL
    JOIN person p ON p.id = r.person_id AND p.closed_at IS NULL
    WHERE {_UNSIGNED}
"""


def sign_path(structure: Structure) -> str:
    """Where its managers sign."""
    return f"/espace/charte/{structure.slug}"


async def find_unsigned(structure_ids: Sequence[UUID]) -> set[UUID]:
    """Those admitted structures that have yet to sign the current version."""
    rows = await fetch_rows(
        f"SELECT o.id FROM structure o WHERE {_UNSIGNED} AND o.id = ANY ($2)",
        (await current_charter()).version,
        list(structure_ids),
    )
    return {row["id"] for row in rows}


async def list_to_sign(person: Person) -> list[Structure]:
    """The structures for which this manager has to sign, by name."""
    managed = person.managed_ids
    return await list_structures_by_id(list(await find_unsigned(managed))) if managed else []


async def campaign_of(*, by: Person) -> Campaign:
    """Of the current version; who waits longest for an answer first. Raises NotAllowed."""
    if not by.is_coordinator:
        raise NotAllowed
    version = (await current_charter()).version
    unsigned = await fetch(
        Unsigned,
        f"""SELECT o.id AS structure_id, o.name, o.commune_name, o.departement, o.phone,
                   (SELECT c.version FROM signature g JOIN charter c ON c.id = g.charter_id
                    WHERE g.structure_id = o.id ORDER BY g.signed_at DESC LIMIT 1) AS signed_version,
                   max(m.done_at) AS asked_at, count(DISTINCT m.data ->> 'days')::int AS times
            FROM structure o LEFT JOIN outbox m ON m.subject_id = o.id AND m.kind = 'charter_to_sign'
                 AND m.data ->> 'version' = $1 AND m.state = 'sent'
            WHERE {_UNSIGNED} AND ($2::text[] IS NULL OR o.departement = ANY ($2))
            GROUP BY o.id ORDER BY asked_at NULLS LAST, o.name, o.id""",
        version,
        by.coordinated_departements,
    )
    signed = await fetch_value(
        """SELECT count(*) FROM structure o JOIN signature g ON g.structure_id = o.id JOIN charter c ON c.id = g.charter_id
           WHERE o.state = 'admitted' AND c.version = $1 AND ($2::text[] IS NULL OR o.departement = ANY ($2))""",
        version,
        by.coordinated_departements,
    )
    return Campaign(signed=signed, unsigned=unsigned)


def allow_speaking_for(structure_id: UUID, *, by: Person) -> None:
    """Raises NotAllowed for its ambassadors, NotFound for everybody else who is not its manager."""
    if not by.manages(structure_id):
        raise NotAllowed if by.serves(structure_id) else NotFound


async def sign_again(structure_id: UUID, signature: NewSignature, *, by: Person, now: datetime) -> None:
    """Sign the current version for the structure; once it is signed, nothing changes any more.

    Raises NotAllowed, NotFound, CharterChanged, and Invalid when the box is not ticked.
    """
    allow_speaking_for(structure_id, by=by)
    if not signature.agrees:
        raise Invalid(NOT_AGREED)
    async with transaction():
        # The lock of its row: of two managers who sign at the same moment, the first does.
        state: str | None = await fetch_value("SELECT state FROM structure WHERE id = $1 FOR UPDATE", structure_id)
        if state != "admitted":
            raise NotFound
        if signature.version != (await current_charter()).version:
            raise CharterChanged
        if await find_unsigned([structure_id]):
            await sign_charter(structure_id, name=signature.name, role=signature.role, now=now)


async def sweep(now: datetime) -> int:
    """Queue what is due to the managers of structures that have yet to sign; how many e-mails.

    Of several steps missed by a worker that was down only the latest is queued.
    """
    charter = await current_charter()
    asked = await fetch(_Asked, _ASKED_SQL, charter.version, charter.published_at)
    due = [
        (one, days[-1]) for one in asked if (days := [days for days in PLAN if one.since + timedelta(days=days) <= now])
    ]
    if not due:
        return 0
    async with transaction():
        id = await keep_charter(charter)
        return await queue_many(
            NewMail(
                kind="charter_to_sign",
                key=f"charter_to_sign:{id}:{one.structure_id}:{one.person_id}:{days}",
                subject_id=one.structure_id,
                now=now,
                data={"version": charter.version, "person": str(one.person_id), "days": days},
            )
            for one, days in due
        )
