"""What devices sent and the list could not take: shown to a human, who has it taken after all or puts it away."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ateliers.attendance.counters import count_label
from ateliers.attendance.mark import outside, state_label
from ateliers.attendance.operations import Batch, Operation, OperationKind, Status, Why, take
from ateliers.attendance.tally import lock_even_closed, lock_session
from ateliers.database import execute, fetch, fetch_one, transaction
from ateliers.network.people import Person
from ateliers.refusals import NotFound, Refusal
from ateliers.words import T

TAKEN = "#taken"


class StillImpossible(Refusal):
    """What stood in the way still does."""

    title = "This answer still cannot be taken. Add the person by hand, or put it away."


class KeptAside(msgspec.Struct, frozen=True, kw_only=True):
    """One operation that waits for a human."""

    op: str
    operation: dict[str, Any]
    why: Why
    at: datetime
    received_at: datetime
    who: str  # '' : nobody known
    name: str  # of a mark: who booked that seat, even if it was given back since; '' : nobody known

    @property
    def label(self) -> T:
        """What it says, in words."""
        return describe(self.operation)


def describe(operation: dict[str, Any]) -> T:
    """An operation as it was sent, in words."""
    try:
        one = msgspec.convert({**operation, "device": ""}, Operation)
    except (msgspec.ValidationError, ValueError):
        return T("An answer we could not read")
    if one.kind is OperationKind.MARK:
        return T("Code %(code)s: %(state)s", code=one.seat, state=state_label(one.state))
    if one.kind is OperationKind.COUNT:
        return count_label(one.counter, one.amount)
    if one.kind is OperationKind.NOBODY:
        return T("The session was held, nobody came")
    if one.kind is OperationKind.UNDO:
        return T("A tap taken back")
    return T("%(name)s, without a booking", name=one.name) if one.name else T("Somebody without a booking")


KEPT_SQL = (
    "SELECT k.op, k.operation, k.why, k.at, k.received_at, COALESCE(p.name, v.label, '') AS who, COALESCE(b.name, '') AS name "
    # A code of another structure's session, guessed, names nobody.
    "FROM kept_aside k JOIN session s ON s.id = k.session_id JOIN event e ON e.id = s.event_id LEFT JOIN (SELECT b.code, b.name, "
    "o.structure_id FROM booking b JOIN session t ON t.id = b.session_id JOIN event o ON o.id = t.event_id) b "
    "ON b.code = upper(split_part(k.operation->>'seat', '-', 1)) AND b.structure_id = e.structure_id "
    "LEFT JOIN person p ON p.id = k.by_id LEFT JOIN volunteer_link v ON v.id = k.volunteer_id WHERE k.session_id = $1 AND k.settled_at IS NULL"
)


async def list_kept_aside(session_id: UUID) -> list[KeptAside]:
    """Those that wait, in order of arrival."""
    return await fetch(KeptAside, f"{KEPT_SQL} ORDER BY k.received_at, k.at, k.op", session_id)


async def take_after_all(session_id: UUID, op: str, *, by: Person, now: datetime) -> None:
    """Take one in, now that nothing stands in its way, signed by whoever decides it.

    Raises StillImpossible, NotFound, and as `lock_session`.
    """
    async with transaction():
        held = await lock_session(session_id, by=by, now=now)
        kept = await _get(session_id, op)
        # Its name is free again, for what it says to be written under.
        await execute(
            "UPDATE kept_aside SET op = op || $2, settled_at = $3, settled_by = $4, taken = true WHERE op = $1",
            op,
            TAKEN,
            now,
            by.id,
        )
        operation = {**kept.operation, "op": outside(op), "at": kept.at}
        batch = Batch(device=str(operation.pop("device", "aside")), now=now, operations=[operation])
        [ack] = await take(held, batch, by=by, now=now)
        if ack.status is Status.KEPT_ASIDE:
            raise StillImpossible


async def put_away(session_id: UUID, op: str, *, by: Person, now: datetime) -> None:
    """Leave one out, on purpose; the journal keeps it. Raises NotFound, NotAllowed."""
    async with transaction():
        await lock_even_closed(session_id, by=by)
        await _get(session_id, op)
        await execute("UPDATE kept_aside SET settled_at = $2, settled_by = $3 WHERE op = $1", op, now, by.id)


async def _get(session_id: UUID, op: str) -> KeptAside:
    found = await fetch_one(KeptAside, f"{KEPT_SQL} AND k.op = $2", session_id, op)
    if found is None:
        raise NotFound
    return found
