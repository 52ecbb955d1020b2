"""Record who came: one seat, several seats of a program's list, everyone, nobody; and take the last tap back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ateliers.attendance import ledger
from ateliers.attendance.ledger import Entries, TakenBack, write
from ateliers.attendance.mark import Mark, SeatState, UnknownSeat, seat_id, stored
from ateliers.attendance.nobody import Declared, is_known, list_words
from ateliers.attendance.recorder import Recorder, device_of_page
from ateliers.attendance.tally import Held, confirmed_seats, get_counts, get_tally, lock_session, recorded_seats
from ateliers.database import fetch_rows, fetch_value, new_id, transaction
from ateliers.refusals import Refusal


class OperationReused(Refusal):
    """The name of an operation was used for another seat: one of the two would be lost."""

    title = "This operation name was already used for another seat."
    field = "op"


class SomebodyCame(Refusal):
    """People are marked present, or were counted: the session was not held with nobody."""

    title = "Some people are marked present: the session was not held with nobody."


class NothingToUndo(Refusal):
    """There is no such tap in this session, or it was taken back already."""

    title = "There is nothing left to undo."


async def record_attendance(session_id: UUID, marks: Sequence[Mark], *, by: Recorder, now: datetime) -> None:
    """Take in the marks of a program, in whatever order and as often as they arrive; of two on a seat the later `at` wins.

    All are taken or none. Raises UnknownSeat, OperationReused, and as `lock_session`. Devices use `operations`.
    """
    async with transaction():
        held = await lock_session(session_id, by=by, now=now)
        seats = await confirmed_seats(session_id)
        written = await _known_marks([stored(session_id, mark.op) for mark in marks])
        known = dict(written)
        rows = {}
        for mark in marks:
            booking_id, count = seats.get(mark.code, (None, 0))
            if booking_id is None or not 1 <= mark.seat <= count:
                raise UnknownSeat
            op = stored(session_id, mark.op)
            if known.setdefault(op, (booking_id, mark.seat)) != (booking_id, mark.seat):
                raise OperationReused
            # A clock that runs ahead would have the last word for hours: nothing is later than now.
            rows[op] = ledger.Mark(
                op=op, booking_id=booking_id, seat=mark.seat, state=_value(mark.state), at=min(mark.at, now), saw=()
            )
        fresh = [row for op, row in rows.items() if op not in written]
        if fresh:
            await write(held, Entries(marks=fresh), by=by, now=now)


async def mark_seat(
    session_id: UUID,
    code: str,
    seat: int,
    state: SeatState | None,
    *,
    saw: Sequence[str] | None = None,
    by: Recorder,
    now: datetime,
) -> None:
    """A tap on the page. Tapped twice it changes nothing the second time. Raises as `record_attendance`.

    `saw` are the marks that the page showed (`SeatLine.heads`): when others came since, a human is asked.
    """
    async with transaction():
        held = await lock_session(session_id, by=by, now=now)
        booking_id, count = (await confirmed_seats(session_id)).get(code, (None, 0))
        if booking_id is None or not 1 <= seat <= count:
            raise UnknownSeat
        known = (await recorded_seats(session_id)).get((booking_id, seat))
        if known == _value(state) and not await _is_disputed(session_id, booking_id, seat):
            return
        mark = ledger.Mark(
            op=stored(session_id, str(new_id())),
            booking_id=booking_id,
            seat=seat,
            state=_value(state),
            at=now,
            device=device_of_page(by),
            saw=None if saw is None else [stored(session_id, op) for op in saw],
        )
        await write(held, Entries(marks=[mark]), by=by, now=now)


async def mark_everyone_present(session_id: UUID, op: str, *, by: Recorder, now: datetime) -> int:
    """Every seat of which nothing is known becomes present; how many those were. Idempotent by `op`."""
    async with transaction():
        held = await lock_session(session_id, by=by, now=now)
        if await _has_action(session_id, stored(session_id, op)):
            return 0
        rows = await _rest(held, op, SeatState.PRESENT, by=by, now=now)
        if rows:
            await write(held, Entries(marks=rows), by=by, now=now)
        return len(rows)


async def record_nobody_came(session_id: UUID, op: str, *, by: Recorder, now: datetime) -> None:
    """The session was held with nobody (E2): every seat of which nothing is known becomes absent. Idempotent by `op`.

    `undo` takes it all back. Raises SomebodyCame.
    """
    async with transaction():
        held = await lock_session(session_id, by=by, now=now)
        action = stored(session_id, op)
        if await is_known(action):
            return
        if (await get_tally(session_id)).came or any((await get_counts(session_id)).values()):
            raise SomebodyCame
        rows = await _rest(held, op, SeatState.ABSENT, by=by, now=now)
        word = Declared(op=action, at=now, device=device_of_page(by))
        await write(held, Entries(marks=rows, declared=[word]), by=by, now=now)


async def undo(session_id: UUID, action: str, *, by: Recorder, now: datetime) -> None:
    """Take a tap back: each seat is again what its other marks say, people are not counted. It stays in the journal.

    `action` is `LastAction.action`, or the stored op. Raises NothingToUndo.
    """
    async with transaction():
        held = await lock_session(session_id, by=by, now=now)
        entries = Entries(taken_back=[_taken_back(held, action, by, now)])
        if not action.startswith(session_id.hex) or not await write(held, entries, by=by, now=now):
            raise NothingToUndo


async def correct_nobody_came(session_id: UUID, *, by: Recorder, now: datetime) -> None:
    """It is not true that nobody came: every such word is taken back, with the seats that became absent by it."""
    async with transaction():
        held = await lock_session(session_id, by=by, now=now)
        taken_back = [_taken_back(held, word.action, by, now) for word in await list_words(session_id)]
        if taken_back:
            await write(held, Entries(taken_back=taken_back), by=by, now=now)


def _taken_back(held: Held, action: str, by: Recorder, now: datetime) -> TakenBack:
    return TakenBack(op=stored(held.id, f"undo-{new_id()}"), action=action, at=now, device=device_of_page(by))


def _value(state: SeatState | None) -> str | None:
    return state.value if state else None


async def _rest(held: Held, op: str, state: SeatState, *, by: Recorder, now: datetime) -> list[ledger.Mark]:
    known = await recorded_seats(held.id)
    action = stored(held.id, op)
    return [
        ledger.Mark(
            op=f"{action}:{seat_id(code, seat)}",
            booking_id=booking_id,
            seat=seat,
            state=state.value,
            at=now,
            action=action,
            device=device_of_page(by),
        )
        for code, (booking_id, count) in (await confirmed_seats(held.id)).items()
        for seat in range(1, count + 1)
        if (booking_id, seat) not in known
    ]


async def _known_marks(ops: Sequence[str]) -> dict[str, tuple[UUID, int]]:
    rows = await fetch_rows("SELECT op, booking_id, seat FROM attendance_mark WHERE op = ANY($1)", ops)
    return {row["op"]: (row["booking_id"], row["seat"]) for row in rows}


async def _is_disputed(session_id: UUID, booking_id: UUID, seat: int) -> bool:
    found: bool = await fetch_value(
        "SELECT EXISTS (SELECT FROM attendance_conflict WHERE session_id = $1 AND booking_id = $2 AND seat = $3)",
        session_id,
        booking_id,
        seat,
    )
    return found


async def _has_action(session_id: UUID, action: str) -> bool:
    found: bool = await fetch_value(
        "SELECT EXISTS (SELECT FROM attendance_mark WHERE session_id = $1 AND action = $2)", session_id, action
    )
    return found
