"""Writing what devices and pages say, and bringing the list, the counts and the outcome in line: under the session's lock.

Everything is written as it came and nothing is changed afterwards, except that a tap taken back is marked so. What the
list shows is computed from all of it, so that the order of arrival never matters.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from ateliers.agenda.kinds import RULES
from ateliers.agenda.outcome import Outcome, set_outcome
from ateliers.attendance.conflicts import Said, heads, is_disputed
from ateliers.attendance.nobody import Declared, is_said, take_words_back, write_words
from ateliers.attendance.recorder import Recorder, author, count_heard
from ateliers.attendance.tally import Held, Seat
from ateliers.attendance.trainings import notice_training
from ateliers.database import execute, fetch_rows, fetch_value, new_id

EARLY = timedelta(hours=12)  # a mark made longer before the start (an excuse by phone) does not say that it was held


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """One seat marked. `saw` None: whoever tapped saw all that the list says now."""

    op: str  # as stored, here and below: '<session>:<op>'
    booking_id: UUID
    seat: int
    state: str | None
    at: datetime
    action: str = ""  # of the tap that made it, when that made several
    device: str = ""
    seq: int = 0
    saw: Sequence[str] | None = None


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody without a booking."""

    op: str
    name: str | None
    at: datetime
    device: str = ""
    seq: int = 0


class Tap(msgspec.Struct, frozen=True, kw_only=True):
    """People counted."""

    op: str
    counter: str
    amount: int
    at: datetime
    device: str = ""
    seq: int = 0


class TakenBack(msgspec.Struct, frozen=True, kw_only=True):
    """A tap undone; the tap may come later."""

    op: str
    action: str
    at: datetime
    device: str = ""


class Entries(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be written at once; no op among them may be written already."""

    marks: Sequence[Mark] = ()
    arrivals: Sequence[Arrival] = ()
    taps: Sequence[Tap] = ()
    declared: Sequence[Declared] = ()
    taken_back: Sequence[TakenBack] = ()


class _Change(msgspec.Struct):
    """What the entries change of the session's counts."""

    seats: set[Seat]
    walk_ins: int = 0
    counted: collections.Counter[str] = msgspec.field(default_factory=collections.Counter)
    nobody: int = 0  # how many more say that nobody came


async def write(held: Held, entries: Entries, *, by: Recorder, now: datetime) -> int:
    """Write them; how many earlier taps were taken back."""
    await count_heard(by, sum(map(len, msgspec.structs.astuple(entries))))
    change = _Change(seats={(one.booking_id, one.seat) for one in entries.marks})
    undone = await _take_back(held.id, entries.taken_back, change, by=by, now=now) if entries.taken_back else 0
    dead = await _already_taken_back(held.id, entries)
    history = await _history(held.id, change.seats)
    if entries.marks:
        await _write_marks(held.id, entries.marks, history, dead, by=by, now=now)
    if entries.arrivals:
        await _write_arrivals(held.id, entries.arrivals, dead, by=by, now=now)
        change.walk_ins += sum(one.op not in dead for one in entries.arrivals)
    if entries.taps:
        await _write_taps(held.id, entries.taps, dead, by=by, now=now)
        for tap in entries.taps:
            if tap.op not in dead:
                change.counted[tap.counter] += tap.amount
    if entries.declared:
        await write_words(held.id, entries.declared, dead, by=by, now=now)
        change.nobody += sum(one.op not in dead for one in entries.declared)
    if change.seats or change.walk_ins or change.counted or change.nobody:
        await _settle(held, history, change, now=now)
    return undone


async def _take_back(
    session_id: UUID, taken_back: Sequence[TakenBack], change: _Change, *, by: Recorder, now: datetime
) -> int:
    person, volunteer = author(by)
    await execute(
        "INSERT INTO taken_back (op, session_id, action, device, at, recorded_at, by_id, volunteer_id) "
        "SELECT o, $1, c, d, a, $2, $3, $4 FROM unnest($5::text[], $6::text[], $7::text[], $8::timestamptz[]) AS t (o, c, d, a)",
        session_id,
        now,
        person,
        volunteer,
        [one.op for one in taken_back],
        [one.action for one in taken_back],
        [one.device for one in taken_back],
        [one.at for one in taken_back],
    )
    actions = [one.action for one in taken_back]
    of = "session_id = $1 AND undone_at IS NULL"
    marks = await fetch_rows(
        f"UPDATE attendance_mark SET undone_at = $2 WHERE {of} AND action = ANY($3) RETURNING booking_id, seat",
        session_id,
        now,
        actions,
    )
    walk_ins = await execute(f"UPDATE walk_in SET undone_at = $2 WHERE {of} AND op = ANY($3)", session_id, now, actions)
    taps = await fetch_rows(
        f"UPDATE count_tap SET undone_at = $2 WHERE {of} AND op = ANY($3) RETURNING counter, amount",
        session_id,
        now,
        actions,
    )
    change.seats |= {(row["booking_id"], row["seat"]) for row in marks}
    change.walk_ins -= walk_ins
    for row in taps:
        change.counted[row["counter"]] -= row["amount"]
    words = await take_words_back(session_id, actions, now=now)
    change.nobody -= words
    return len(marks) + walk_ins + len(taps) + words


async def _already_taken_back(session_id: UUID, entries: Entries) -> set[str]:
    """Actions among the entries that were undone before they arrived."""
    actions = {one.action or one.op for one in entries.marks}
    for others in (entries.arrivals, entries.taps, entries.declared):
        actions |= {one.op for one in others}
    if not actions:
        return set()
    rows = await fetch_rows(
        "SELECT action FROM taken_back WHERE session_id = $1 AND action = ANY($2)", session_id, list(actions)
    )
    return {row["action"] for row in rows}


async def _history(session_id: UUID, seats: Iterable[Seat]) -> dict[Seat, list[Said]]:
    """Everything ever said of these seats; a booking of a cycle is marked once a date."""
    found: dict[Seat, list[Said]] = {seat: [] for seat in sorted(seats, key=lambda seat: (seat[0].int, seat[1]))}
    if not found:
        return found
    rows = await fetch_rows(
        "SELECT m.booking_id, m.seat, m.op, m.device, m.seq, m.at, m.state, m.saw, m.undone_at FROM attendance_mark m "
        "JOIN unnest($2::uuid[], $3::int[]) AS t (b, n) ON m.booking_id = t.b AND m.seat = t.n WHERE m.session_id = $1",
        session_id,
        [booking for booking, _number in found],
        [number for _booking, number in found],
    )
    for row in rows:
        booking_id, seat, op, device, seq, at, state, saw, undone_at = row
        found[booking_id, seat].append(
            Said(op=op, device=device, seq=seq, at=at, state=state, saw=saw, is_undone=undone_at is not None)
        )
    return found


async def _write_marks(
    session_id: UUID,
    marks: Sequence[Mark],
    history: Mapping[Seat, list[Said]],
    dead: set[str],
    *,
    by: Recorder,
    now: datetime,
) -> None:
    """Write them, and add them to the `history`."""
    person, volunteer = author(by)
    said = []
    for mark in marks:
        before = history[mark.booking_id, mark.seat]
        one = Said(
            op=mark.op,
            device=mark.device,
            seq=mark.seq,
            at=mark.at,
            state=mark.state,
            saw=[head.op for head in heads(before)] if mark.saw is None else mark.saw,
            is_undone=(mark.action or mark.op) in dead,
        )
        before.append(one)
        said.append(one)
    await execute(
        "INSERT INTO attendance_mark (op, session_id, booking_id, seat, state, at, recorded_at, by_id, volunteer_id, action, "
        "device, seq, saw, undone_at) SELECT o, $1, b, n, s, a, $2, $3, $4, c, d, q, string_to_array(w, ' '), "
        "CASE WHEN u THEN $2::timestamptz END FROM unnest($5::text[], $6::uuid[], $7::int[], $8::text[], $9::timestamptz[], "
        "$10::text[], $11::text[], $12::bigint[], $13::text[], $14::bool[]) AS t (o, b, n, s, a, c, d, q, w, u)",
        session_id,
        now,
        person,
        volunteer,
        [mark.op for mark in marks],
        [mark.booking_id for mark in marks],
        [mark.seat for mark in marks],
        [mark.state for mark in marks],
        [mark.at for mark in marks],
        [mark.action or mark.op for mark in marks],
        [mark.device for mark in marks],
        [mark.seq for mark in marks],
        [" ".join(one.saw) for one in said],
        [one.is_undone for one in said],
    )


async def _write_arrivals(
    session_id: UUID, arrivals: Sequence[Arrival], dead: set[str], *, by: Recorder, now: datetime
) -> None:
    person, volunteer = author(by)
    await execute(
        "INSERT INTO walk_in (id, op, session_id, name, at, recorded_at, by_id, volunteer_id, device, seq, undone_at) "
        "SELECT i, o, $1, n, a, $2, $3, $4, d, q, CASE WHEN u THEN $2::timestamptz END FROM unnest($5::uuid[], $6::text[], "
        "$7::text[], $8::timestamptz[], $9::text[], $10::bigint[], $11::bool[]) AS t (i, o, n, a, d, q, u)",
        session_id,
        now,
        person,
        volunteer,
        [new_id() for _one in arrivals],
        [one.op for one in arrivals],
        [one.name for one in arrivals],
        [one.at for one in arrivals],
        [one.device for one in arrivals],
        [one.seq for one in arrivals],
        [one.op in dead for one in arrivals],
    )


async def _write_taps(session_id: UUID, taps: Sequence[Tap], dead: set[str], *, by: Recorder, now: datetime) -> None:
    person, volunteer = author(by)
    await execute(
        "INSERT INTO count_tap (op, session_id, counter, amount, at, recorded_at, by_id, volunteer_id, device, seq, undone_at) "
        "SELECT o, $1, c, m, a, $2, $3, $4, d, q, CASE WHEN u THEN $2::timestamptz END FROM unnest($5::text[], $6::text[], "
        "$7::int[], $8::timestamptz[], $9::text[], $10::bigint[], $11::bool[]) AS t (o, c, m, a, d, q, u)",
        session_id,
        now,
        person,
        volunteer,
        [one.op for one in taps],
        [one.counter for one in taps],
        [one.amount for one in taps],
        [one.at for one in taps],
        [one.device for one in taps],
        [one.seq for one in taps],
        [one.op in dead for one in taps],
    )


async def _settle(held: Held, history: Mapping[Seat, Sequence[Said]], change: _Change, *, now: datetime) -> None:
    """Bring `attendance`, the sums and the session's outcome in line."""
    states = await _settle_seats(held.id, history, now=now) if history else collections.Counter()
    if change.counted:
        await execute(
            "INSERT INTO count_sum (session_id, counter, total, last_at) SELECT $1, c, n, $2 FROM unnest($3::text[], $4::int[]) "
            "AS t (c, n) ON CONFLICT (session_id, counter) DO UPDATE SET total = count_sum.total + excluded.total, "
            "last_at = excluded.last_at",
            held.id,
            now,
            list(change.counted),
            list(change.counted.values()),
        )
    rows = await fetch_rows(
        "INSERT INTO tally (session_id, present, absent, excused, walk_ins, first_at, last_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (session_id) DO UPDATE SET "
        "present = tally.present + excluded.present, absent = tally.absent + excluded.absent, "
        "excused = tally.excused + excluded.excused, walk_ins = tally.walk_ins + excluded.walk_ins, last_at = excluded.last_at "
        "RETURNING present + walk_ins AS came, present + absent + excused AS recorded",
        held.id,
        states["present"],
        states["absent"],
        states["excused"],
        change.walk_ins,
        now,
    )
    counted = await fetch_value("SELECT EXISTS (SELECT FROM count_sum WHERE session_id = $1 AND total > 0)", held.id)
    outcome: Outcome | None = "held" if held.outcome == "held" or now >= held.starts_at - EARLY else None
    if not (rows[0]["came"] or counted):
        outcome = "held_empty" if await is_said(held.id) else outcome if rows[0]["recorded"] else None
    await set_outcome(held.id, outcome, now=now)
    if states and RULES[held.kind].trains:
        await notice_training(held.id, now=now)


async def _settle_seats(
    session_id: UUID, history: Mapping[Seat, Sequence[Said]], *, now: datetime
) -> collections.Counter[str]:
    """Write which mark stands on each seat, and where devices disagree; the change of each count."""
    bookings, numbers = [booking for booking, _number in history], [number for _booking, number in history]
    standing = [(seat, found[0]) for seat, said in history.items() if (found := heads(said)) and found[0].state]
    before = await fetch_rows(
        "DELETE FROM attendance a USING unnest($2::uuid[], $3::int[]) AS t (b, n) "
        "WHERE a.session_id = $1 AND a.booking_id = t.b AND a.seat = t.n RETURNING a.state",
        session_id,
        bookings,
        numbers,
    )
    change: collections.Counter[str] = collections.Counter(str(one.state) for _seat, one in standing)
    change.subtract(row["state"] for row in before)
    await execute(
        "INSERT INTO attendance (booking_id, seat, session_id, state, at, by_id) "
        "SELECT m.booking_id, m.seat, $1, m.state, m.at, m.by_id FROM attendance_mark m WHERE m.op = ANY($2)",
        session_id,
        [one.op for _seat, one in standing],
    )
    disputed = [seat for seat, said in history.items() if len(said) > 1 and is_disputed(said)]
    await execute(
        "DELETE FROM attendance_conflict c USING unnest($2::uuid[], $3::int[], $4::bool[]) AS t (b, n, d) "
        "WHERE c.session_id = $1 AND c.booking_id = t.b AND c.seat = t.n AND NOT t.d",
        session_id,
        bookings,
        numbers,
        [seat in disputed for seat in history],
    )
    if disputed:
        await execute(
            "INSERT INTO attendance_conflict (session_id, booking_id, seat, since) SELECT $1, b, n, $2 "
            "FROM unnest($3::uuid[], $4::int[]) AS t (b, n) ON CONFLICT DO NOTHING",
            session_id,
            now,
            [booking for booking, _number in disputed],
            [number for _booking, number in disputed],
        )
    return change
