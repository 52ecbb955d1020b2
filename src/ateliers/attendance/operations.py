"""What devices kept while they had no network, taken in: each operation once, whatever the order and however often it comes.

A device sends its operations in batches, with what its clock says, and gets an answer for each: taken, known already, or
kept aside for a human with the reason. Nothing is dropped, and one that cannot be taken never holds up the others.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.agenda.kinds import RULES
from ateliers.attendance import ledger
from ateliers.attendance.counters import MOST
from ateliers.attendance.ledger import Arrival, Entries, TakenBack, Tap, write
from ateliers.attendance.mark import Op, SeatState, UnknownSeat, read_seat_id, stored
from ateliers.attendance.nobody import Declared
from ateliers.attendance.recorder import Recorder, Volunteer, author, count_heard
from ateliers.attendance.tally import Held, confirmed_seats, lock_even_closed
from ateliers.attendance.walk_ins import LONGEST_NAME, tidy_name
from ateliers.database import execute, fetch_rows, transaction
from ateliers.refusals import Refusal
from ateliers.words import T

MOST_AT_ONCE = 200
WORST_CLOCK = timedelta(days=3660)  # a phone that thinks it is 1970 is corrected as well as one that is an hour late
At = Annotated[datetime, Meta(tz=True)]
Device = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[!-~]+$", title="Device")]


class OperationKind(enum.Enum):
    """What an operation does."""

    MARK = "mark"
    WALK_IN = "walk_in"
    COUNT = "count"
    NOBODY = "nobody"  # the session was held, and nobody came
    UNDO = "undo"


class Operation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One tap of a device. `seq` is its order on the device and `at` its clock; which other fields count is told by `kind`."""

    op: Op  # given by the device, unique in its session
    kind: OperationKind
    seq: Annotated[int, Meta(ge=0, le=2**53)]
    at: At
    seat: Annotated[str, Meta(max_length=40)] = ""  # mark: '<booking code>-<n>'
    state: SeatState | None = None  # mark: null takes it back
    saw: Annotated[list[Op], Meta(max_length=50)] = []  # mark: the operations that the list showed for this seat
    action: Annotated[str, Meta(max_length=100, pattern=r"^[!-~]*$")] = (
        ""  # mark: the tap that made several; undo: the tap
    )
    name: Annotated[str, Meta(max_length=LONGEST_NAME)] = ""  # walk_in
    counter: Annotated[str, Meta(max_length=40)] = ""  # count
    amount: Annotated[int, Meta(ge=-MOST, le=MOST)] = 1  # count


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What a device sends at once. Operations are read one by one: a broken one is kept aside, and the others go on."""

    device: Device
    now: At  # the device's clock at the moment of sending: how wrong it is shows against ours
    operations: Annotated[list[dict[str, Any]], Meta(max_length=MOST_AT_ONCE)]
    by: Annotated[str, Meta(max_length=40)] = (
        ""  # id of who tapped: a page left open must not send it as somebody else's
    )


class SomebodyElse(Refusal):
    """Who tapped is not who is signed in on the device now."""

    status = 401
    title = "Somebody else is signed in on this device now. Answers leave only in the name of whoever noted them."


class Status(enum.Enum):
    """What became of an operation."""

    TAKEN = "taken"
    KNOWN = "known"
    KEPT_ASIDE = "kept_aside"


class Why(enum.Enum):
    """Why an operation was kept aside."""

    NO_SEAT = "no_seat"
    CLOSED = "closed"
    CALLED_OFF = "called_off"
    EXPIRED = "expired"
    NO_COUNTER = "no_counter"
    REUSED = "reused"
    UNREADABLE = "unreadable"

    @property
    def label(self) -> T:
        """The reason in words."""
        return _REASONS[self]


_REASONS = {
    Why.NO_SEAT: T("This seat is no longer on the list: it was given back or moved."),
    Why.CLOSED: T("The period of this session is closed."),
    Why.CALLED_OFF: T("This session was called off."),
    Why.EXPIRED: T("The volunteer’s link no longer worked when this arrived."),
    Why.NO_COUNTER: T("This is not counted for sessions of this kind."),
    Why.REUSED: T("Another answer has the same number: one of the two may be a mistake."),
    Why.UNREADABLE: T("We could not read this answer."),
}


class Ack(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to one operation: once it is here, the device need not keep it."""

    op: str
    status: Status
    why: Why | None = None


class _Aside(msgspec.Struct, frozen=True):
    op: str  # as stored
    operation: dict[str, Any]
    why: Why
    at: datetime


class _Sorted(msgspec.Struct):
    """A batch, told apart."""

    marks: list[ledger.Mark] = []
    arrivals: list[Arrival] = []
    taps: list[Tap] = []
    declared: list[Declared] = []
    taken_back: list[TakenBack] = []
    aside: list[_Aside] = []
    acks: list[Ack] = []


async def take_operations(session_id: UUID, batch: Batch, *, by: Recorder, now: datetime) -> list[Ack]:
    """Take in the batch, all that can be in one go; the answers stand in the order of the operations.

    Raises SomebodyElse, NotAllowed, NotFound.
    """
    if batch.by and batch.by != str(by.id):
        raise SomebodyElse
    async with transaction():
        held = await lock_even_closed(session_id, by=by)
        return await take(held, batch, by=by, now=now)


async def take(held: Held, batch: Batch, *, by: Recorder, now: datetime) -> list[Ack]:
    """As `take_operations`, of a session whose lock is held."""
    found = _Sorted()
    refused = _why_nothing(held, by, now)
    names = [stored(held.id, op) for raw in batch.operations if (op := _op_of(raw))]
    known = await _known(names)
    seats = {} if refused else await confirmed_seats(held.id)
    for raw in batch.operations:
        _sort(found, raw, held, batch, known, seats, refused, now=now)
    if found.aside:
        await _keep_aside(held.id, found.aside, by=by, now=now)
    entries = Entries(
        marks=found.marks,
        arrivals=found.arrivals,
        taps=found.taps,
        declared=found.declared,
        taken_back=found.taken_back,
    )
    if entries != Entries():
        await write(held, entries, by=by, now=now)
    return found.acks


def _why_nothing(held: Held, by: Recorder, now: datetime) -> Why | None:
    """Why nothing at all may be written now, or None."""
    if isinstance(by, Volunteer) and not by.is_open(now):
        return Why.EXPIRED
    if held.called_off_at is not None:
        return Why.CALLED_OFF
    return Why.CLOSED if held.closed else None


def _sort(
    found: _Sorted,
    raw: dict[str, Any],
    held: Held,
    batch: Batch,
    known: dict[str, str],
    seats: dict[str, tuple[UUID, int]],
    refused: Why | None,
    *,
    now: datetime,
) -> None:
    """Say what becomes of one operation, and remember it as known."""
    given = _op_of(raw)
    try:
        one = msgspec.convert(raw, Operation)
    except (msgspec.ValidationError, ValueError, OverflowError):
        # Without a name of its own it is known by what it says, so that the same one sent again is one.
        name = given or "unreadable-" + hashlib.blake2b(msgspec.json.encode(raw), digest_size=16).hexdigest()
        op = stored(held.id, name)
        if op not in known:
            known[op] = ""
            found.aside.append(_Aside(op, raw, Why.UNREADABLE, now))
        found.acks.append(Ack(op=given, status=Status.KEPT_ASIDE, why=Why.UNREADABLE))
        return
    op, about = stored(held.id, one.op), _about(one, held.id, seats)
    if op in known:
        if known[op] in ("", about) or refused:
            found.acks.append(Ack(op=one.op, status=Status.KNOWN))
            return
        op = f"{op}#{hashlib.blake2b(about.encode(), digest_size=8).hexdigest()}"
        why: Why | None = Why.REUSED
    else:
        why = refused or _fault(one, held, seats)
    at = corrected(one.at, sent=batch.now, now=now)
    if why is None:
        _add(found, one, op, at, held.id, batch.device, seats)
        found.acks.append(Ack(op=one.op, status=Status.TAKEN))
    else:
        if op not in known:
            found.aside.append(_Aside(op, {**raw, "device": batch.device}, why, at))
        found.acks.append(Ack(op=one.op, status=Status.KEPT_ASIDE, why=why))
    known[op] = about


def corrected(at: datetime, *, sent: datetime, now: datetime) -> datetime:
    """The device's time on our clock: as long ago as the device says, and never later than now."""
    ago = sent - at
    return now - min(max(ago, timedelta(0)), WORST_CLOCK)


def _op_of(raw: dict[str, Any]) -> str:
    """The operation's name as given, or '' when it has none that we could keep."""
    op = raw.get("op")
    try:
        return msgspec.convert(op, Op)
    except msgspec.ValidationError:
        return ""


def _about(one: Operation, session_id: UUID, seats: dict[str, tuple[UUID, int]]) -> str:
    """What an operation is about, as `_known` tells it of those written."""
    if one.kind is OperationKind.MARK:
        found = _seat(one, seats)
        return f"mark {found[0]} {found[1]}" if found else f"mark {one.seat}"
    if one.kind is OperationKind.COUNT:
        return f"count {one.counter} {one.amount}"
    if one.kind is OperationKind.UNDO:
        return f"undo {stored(session_id, one.action)}" if one.action else "undo"
    return "walk_in" if one.kind is OperationKind.WALK_IN else "nobody"


def _seat(one: Operation, seats: dict[str, tuple[UUID, int]]) -> tuple[UUID, int] | None:
    try:
        code, number = read_seat_id(one.seat)
    except UnknownSeat:
        return None
    booking_id, count = seats.get(code, (None, 0))
    return (booking_id, number) if booking_id is not None and 1 <= number <= count else None


def _fault(one: Operation, held: Held, seats: dict[str, tuple[UUID, int]]) -> Why | None:
    if one.kind is OperationKind.MARK and _seat(one, seats) is None:
        return Why.NO_SEAT
    if one.kind is OperationKind.COUNT:
        if one.counter not in {counter.value for counter in RULES[held.kind].counters}:
            return Why.NO_COUNTER
        return Why.UNREADABLE if one.amount == 0 else None
    return Why.UNREADABLE if one.kind is OperationKind.UNDO and not one.action else None


def _add(
    found: _Sorted,
    one: Operation,
    op: str,
    at: datetime,
    session_id: UUID,
    device: str,
    seats: dict[str, tuple[UUID, int]],
) -> None:
    if one.kind is OperationKind.MARK:
        booking_id, number = _seat(one, seats) or (session_id, 0)
        mark = ledger.Mark(
            op=op,
            booking_id=booking_id,
            seat=number,
            state=one.state.value if one.state else None,
            at=at,
            action=stored(session_id, one.action) if one.action else "",
            device=device,
            seq=one.seq,
            saw=[stored(session_id, seen) for seen in one.saw],
        )
        found.marks.append(mark)
    elif one.kind is OperationKind.WALK_IN:
        found.arrivals.append(Arrival(op=op, name=tidy_name(one.name), at=at, device=device, seq=one.seq))
    elif one.kind is OperationKind.COUNT:
        found.taps.append(Tap(op=op, counter=one.counter, amount=one.amount, at=at, device=device, seq=one.seq))
    elif one.kind is OperationKind.NOBODY:
        found.declared.append(Declared(op=op, at=at, device=device, seq=one.seq))
    else:
        found.taken_back.append(TakenBack(op=op, action=stored(session_id, one.action), at=at, device=device))


async def _known(ops: Sequence[str]) -> dict[str, str]:
    """What each of these operations was about, of those that came before; '' where any answer will do."""
    rows = await fetch_rows(
        "SELECT op, 'mark ' || booking_id || ' ' || seat AS about FROM attendance_mark WHERE op = ANY($1) "
        "UNION ALL SELECT op, 'walk_in' FROM walk_in WHERE op = ANY($1) "
        "UNION ALL SELECT op, 'count ' || counter || ' ' || amount FROM count_tap WHERE op = ANY($1) "
        "UNION ALL SELECT op, 'nobody' FROM nobody_came WHERE op = ANY($1) "
        "UNION ALL SELECT op, 'undo ' || action FROM taken_back WHERE op = ANY($1) "
        "UNION ALL SELECT op, '' FROM kept_aside WHERE op = ANY($1)",
        ops,
    )
    return {row["op"]: row["about"] for row in rows}


async def _keep_aside(session_id: UUID, aside: Sequence[_Aside], *, by: Recorder, now: datetime) -> None:
    await count_heard(by, len(aside))
    person, volunteer = author(by)
    await execute(
        "INSERT INTO kept_aside (op, session_id, operation, why, at, received_at, by_id, volunteer_id) "
        "SELECT o, $1, r::jsonb, w, a, $2, $3, $4 FROM unnest($5::text[], $6::text[], $7::text[], $8::timestamptz[]) "
        "AS t (o, r, w, a) ON CONFLICT DO NOTHING",
        session_id,
        now,
        person,
        volunteer,
        [one.op for one in aside],
        [msgspec.json.encode(one.operation).decode().replace("\\u0000", "\\ufffd") for one in aside],
        [one.why.value for one in aside],
        [one.at for one in aside],
    )
