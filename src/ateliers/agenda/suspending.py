"""Suspending a structure, letting it go, taking it back: its sessions to come are called off, its past stays (A6)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.database import execute, fetch_one, transaction
from ateliers.network.membership import change_membership
from ateliers.network.people import Person
from ateliers.network.structure import StructureState


class MembershipEnd(msgspec.Struct, frozen=True, kw_only=True):
    """Why a structure is suspended or leaves, and what people who booked are told."""

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
    told: Annotated[
        str,
        Meta(
            min_length=3,
            max_length=500,
            title="What people who booked will read",
            description="A short sentence, without blaming anybody.",
            extra={"input": "textarea"},
        ),
    ]


AHEAD_SQL = """
    SELECT count(*) FILTER (WHERE s.onsite_id IS NULL) AS sessions, COALESCE(sum(s.seats_taken + s.seats_waiting + s.seats_offered), 0) AS seats
    FROM session s JOIN event e ON e.id = s.event_id
    WHERE e.structure_id = $1 AND e.state = 'published' AND s.called_off_at IS NULL AND s.starts_at > $2
"""


class AheadOf(msgspec.Struct, frozen=True, kw_only=True):
    """Sessions to come of a structure, and the seats held or waited for in them."""

    sessions: int
    seats: int


async def ahead_of(structure_id: UUID, *, now: datetime) -> AheadOf:
    """What suspending the structure would call off."""
    return await fetch_one(AheadOf, AHEAD_SQL, structure_id, now) or AheadOf(sessions=0, seats=0)


async def suspend_structure(structure_id: UUID, end: MembershipEnd, *, by: Person, now: datetime) -> None:
    """No more events until it is taken back. Raises NotFound, MembershipUnchanged."""
    await _end(structure_id, StructureState.SUSPENDED, end, by=by, now=now)


async def withdraw_structure(structure_id: UUID, end: MembershipEnd, *, by: Person, now: datetime) -> None:
    """It leaves the network. Raises NotFound, MembershipUnchanged."""
    await _end(structure_id, StructureState.WITHDRAWN, end, by=by, now=now)


async def take_back_structure(structure_id: UUID, why: str, *, by: Person, now: datetime) -> None:
    """In the network again; what was called off stays so. Raises NotFound, MembershipUnchanged."""
    async with transaction():
        await change_membership(structure_id, StructureState.ADMITTED, why, by=by, now=now)


async def _end(structure_id: UUID, state: StructureState, end: MembershipEnd, *, by: Person, now: datetime) -> None:
    async with transaction():
        await change_membership(structure_id, state, end.why, by=by, now=now)
        # Whoever moves a session locks its event first; then sessions in order of id, like the desk.
        await execute("SELECT id FROM event WHERE structure_id = $1 ORDER BY id FOR NO KEY UPDATE", structure_id)
        ahead = """SELECT s.id FROM session s JOIN event e ON e.id = s.event_id
                   WHERE e.structure_id = $1 AND e.state = 'published' AND s.called_off_at IS NULL AND s.starts_at > $2
                   ORDER BY s.lead_id IS NOT NULL, s.id FOR NO KEY UPDATE OF s"""
        await execute(
            f"""UPDATE session SET called_off_at = $2, called_off_reason = $3, revision = revision + 1, updated_at = $2
                WHERE id IN ({ahead})""",
            structure_id,
            now,
            end.told,
        )
