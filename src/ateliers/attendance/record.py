"""Record who came: one seat, several seats of an offline device, everyone, nobody; and take the last tap back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.attendance.mark import LONGEST_OP, OP_PATTERN, Mark, SeatState, UnknownSeat
from ateliers.attendance.tally import Held, Seat, confirmed_seats, has_action, lock_session, recorded_seats, settle
from ateliers.database import execute, fetch_one, fetch_rows, new_id, transaction
from ateliers.network.people import Person
from ateliers.refusals import Invalid, Refusal


class OperationReused(Refusal):
    """The name of an operation was used for another seat: one of the two would be lost."""

    title = "This operation name was already used for another seat."
    field = "op"


class SomebodyCame(Refusal):
    """People are marked present: the session was not held with nobody."""

    title = "Some people are marked present: the session was not held with nobody."


class NothingToUndo(Refusal):
    """There is no such tap in this session, or it was taken back already."""

    title = "There is nothing left to undo."


class _Row(msgspec.Struct, frozen=True):
    op: str  # as stored: unique over all sessions
    booking_id: UUID
    seat: int
    state: SeatState | None
    at: datetime
    action: str


async def record_attendance(session_id: UUID, marks: Sequence[Mark], *, by: Person, now: datetime) -> None:
    """Take in the operations of a device, in whatever order and as often as they arrive.

    All are taken or none. Raises UnknownSeat, OperationReused, SessionCalledOff, NotAllowed, NotFound.
    """
    async with transaction():
        held = await lock_session(session_id, by=by)
        if not marks:
            return
        seats = await confirmed_seats(session_id)
        rows = []
        for mark in marks:
            booking_id, count = seats.get(mark.code, (None, 0))
            if booking_id is None or not 1 <= mark.seat <= count:
                raise UnknownSeat
            op = stored(session_id, mark.op)
            # A clock that runs ahead would have the last word for hours: nothing is later than now.
            rows.append(_Row(op, booking_id, mark.seat, mark.state, min(mark.at, now), op))
        await _take_in(held, rows, by=by, now=now)


async def mark_seat(
    session_id: UUID, code: str, seat: int, state: SeatState | None, *, by: Person, now: datetime
) -> None:
    """A tap on the page. Tapped twice it changes nothing the second time. Raises as `record_attendance`."""
    async with transaction():
        held = await lock_session(session_id, by=by)
        booking_id, count = (await confirmed_seats(session_id)).get(code, (None, 0))
        if booking_id is None or not 1 <= seat <= count:
            raise UnknownSeat
        known = (await recorded_seats(session_id)).get((booking_id, seat))
        if known != (state.value if state else None):
            op = stored(session_id, str(new_id()))
            await _take_in(held, [_Row(op, booking_id, seat, state, now, op)], by=by, now=now)


async def mark_everyone_present(session_id: UUID, op: str, *, by: Person, now: datetime) -> int:
    """Every seat of which nothing is known becomes present; how many those were. Idempotent by `op`."""
    async with transaction():
        held = await lock_session(session_id, by=by)
        if await has_action(session_id, stored(session_id, op)):
            return 0
        rows = await _rest(held, op, SeatState.PRESENT, now=now)
        await _take_in(held, rows, by=by, now=now)
        return len(rows)


async def record_nobody_came(session_id: UUID, op: str, *, by: Person, now: datetime) -> None:
    """The session was held with nobody (E2): every seat of which nothing is known becomes absent. Idempotent.

    Raises SomebodyCame.
    """
    async with transaction():
        held = await lock_session(session_id, by=by)
        came = await fetch_one(_Count, "SELECT present + walk_ins AS came FROM tally WHERE session_id = $1", session_id)
        if came is not None and came.came:
            raise SomebodyCame
        rows = await _rest(held, op, SeatState.ABSENT, now=now)
        await _insert(session_id, rows, by=by, now=now)
        await settle(held, {(row.booking_id, row.seat) for row in rows}, now=now, empty=True)


async def undo(session_id: UUID, action: str, *, by: Person, now: datetime) -> None:
    """Take a tap back: each seat is again what its other marks say, a walk-in is not counted. It stays in the journal.

    `action` is `LastAction.action`, or the stored op. Raises NothingToUndo.
    """
    async with transaction():
        held = await lock_session(session_id, by=by)
        undone = await fetch_rows(
            "UPDATE attendance_mark SET undone_at = $3 WHERE session_id = $1 AND action = $2 AND undone_at IS NULL "
            "RETURNING booking_id, seat",
            session_id,
            action,
            now,
        )
        walk_ins = await execute(
            "UPDATE walk_in SET undone_at = $3 WHERE session_id = $1 AND op = $2 AND undone_at IS NULL",
            session_id,
            action,
            now,
        )
        if not undone and not walk_ins:
            raise NothingToUndo
        seats: set[Seat] = {(row["booking_id"], row["seat"]) for row in undone}
        await settle(held, seats, now=now, walk_ins=-walk_ins)


async def forget_outcome(session_id: UUID, *, by: Person, now: datetime) -> None:
    """Take back « held with nobody » where no mark tells it: the outcome follows the counts again."""
    async with transaction():
        held = await lock_session(session_id, by=by)
        await settle(msgspec.structs.replace(held, outcome=None), set(), now=now)


def stored(session_id: UUID, op: str) -> str:
    """An operation's name in the tables: two sessions' devices may count from one each. Raises Invalid."""
    if not re.fullmatch(OP_PATTERN, op) or len(op) > LONGEST_OP:
        raise Invalid({"op": "An operation is named with 1 to 100 letters, digits and signs, without spaces."})
    return f"{session_id.hex}:{op}"


class _Count(msgspec.Struct, frozen=True):
    came: int


async def _rest(held: Held, op: str, state: SeatState, *, now: datetime) -> list[_Row]:
    known = await recorded_seats(held.id)
    action = stored(held.id, op)
    return [
        _Row(f"{action}:{code}-{seat}", booking_id, seat, state, now, action)
        for code, (booking_id, count) in (await confirmed_seats(held.id)).items()
        for seat in range(1, count + 1)
        if (booking_id, seat) not in known
    ]


async def _take_in(held: Held, rows: Sequence[_Row], *, by: Person, now: datetime) -> None:
    fresh = await _insert(held.id, rows, by=by, now=now)
    if fresh:
        await settle(held, fresh, now=now)


async def _insert(session_id: UUID, rows: Sequence[_Row], *, by: Person, now: datetime) -> set[Seat]:
    """Keep the marks; the seats of those that were new. Raises OperationReused."""
    new = await fetch_rows(
        "INSERT INTO attendance_mark (op, session_id, booking_id, seat, state, at, recorded_at, by_id, action) "
        "SELECT o, $1, b, n, s, a, $2, $3, c FROM unnest($4::text[], $5::uuid[], $6::int[], $7::text[], "
        "$8::timestamptz[], $9::text[]) AS t (o, b, n, s, a, c) ON CONFLICT (op) DO NOTHING RETURNING op, booking_id, seat",
        session_id,
        now,
        by.id,
        [row.op for row in rows],
        [row.booking_id for row in rows],
        [row.seat for row in rows],
        [row.state.value if row.state else None for row in rows],
        [row.at for row in rows],
        [row.action for row in rows],
    )
    if len(new) < len(rows):
        await _refuse_reuse(rows)
    return {(row["booking_id"], row["seat"]) for row in new}


async def _refuse_reuse(rows: Iterable[_Row]) -> None:
    meant = {(row.op, row.booking_id, row.seat) for row in rows}
    kept = await fetch_rows(
        "SELECT op, booking_id, seat FROM attendance_mark WHERE op = ANY($1)", [op for op, _booking, _seat in meant]
    )
    if not meant <= {(row["op"], row["booking_id"], row["seat"]) for row in kept}:
        raise OperationReused
