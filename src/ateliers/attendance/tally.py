"""The lock on a session, the latest mark of each seat, and the session's counts: one transaction, always together."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from ateliers.agenda.changing import SessionCalledOff
from ateliers.agenda.outcome import Outcome, set_outcome
from ateliers.bookings.bookings import OF_SESSION
from ateliers.database import execute, fetch, fetch_one, fetch_rows, fetch_value
from ateliers.network.people import Person
from ateliers.refusals import NotAllowed, NotFound

EARLY = timedelta(hours=12)  # a mark made longer before the start (an excuse by phone) does not say that it was held

Seat = tuple[UUID, int]  # booking, number


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A session, locked until the transaction ends."""

    id: UUID
    structure_id: UUID
    starts_at: datetime
    called_off_at: datetime | None
    outcome: Outcome | None


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """A session's counts."""

    present: int = 0
    absent: int = 0
    excused: int = 0
    walk_ins: int = 0

    @property
    def recorded(self) -> int:
        """Seats of which something is known."""
        return self.present + self.absent + self.excused

    @property
    def came(self) -> int:
        """People who came, booked or not."""
        return self.present + self.walk_ins


async def lock_session(session_id: UUID, *, by: Person) -> Held:
    """The session, locked against every other change of its attendance. Raises NotFound, NotAllowed, SessionCalledOff."""
    held = await fetch_one(
        Held,
        "SELECT s.id, e.structure_id, s.starts_at, s.called_off_at, s.outcome FROM session s "
        "JOIN event e ON e.id = s.event_id WHERE s.id = $1 FOR NO KEY UPDATE OF s",
        session_id,
    )
    if held is None:
        raise NotFound
    if not by.serves(held.structure_id):
        raise NotAllowed
    if held.called_off_at is not None:
        raise SessionCalledOff
    return held


async def settle(held: Held, seats: set[Seat], *, now: datetime, walk_ins: int = 0, empty: bool = False) -> None:
    """Bring `attendance`, the tally and the session's outcome in line with the marks on `seats`.

    `walk_ins` is how many came on top (or, negative, were taken back); `empty`: the session was held with nobody.
    """
    change = (
        await _settle_seats(held.id, sorted(seats, key=lambda seat: (seat[0].int, seat[1]))) if seats else Counter()
    )
    await execute(
        "INSERT INTO tally (session_id, present, absent, excused, walk_ins, first_at, last_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (session_id) DO UPDATE SET "
        "present = tally.present + excluded.present, absent = tally.absent + excluded.absent, "
        "excused = tally.excused + excluded.excused, walk_ins = tally.walk_ins + excluded.walk_ins, last_at = excluded.last_at",
        held.id,
        change["present"],
        change["absent"],
        change["excused"],
        walk_ins,
        now,
    )
    tally = await get_tally(held.id)
    await set_outcome(held.id, _outcome(held, tally, now=now, empty=empty), now=now)


def _outcome(held: Held, tally: Tally, *, now: datetime, empty: bool) -> Outcome | None:
    if tally.came:
        return "held" if now >= held.starts_at - EARLY else held.outcome
    if empty or (held.outcome == "held_empty" and tally.recorded):
        return "held_empty"
    if tally.recorded:
        return "held" if now >= held.starts_at - EARLY else held.outcome
    return None


async def get_tally(session_id: UUID) -> Tally:
    """The session's counts; zeros when nothing was recorded."""
    found = await fetch_one(
        Tally, "SELECT present, absent, excused, walk_ins FROM tally WHERE session_id = $1", session_id
    )
    return found or Tally()


async def confirmed_seats(session_id: UUID) -> dict[str, tuple[UUID, int]]:
    """Booking id and number of seats of each confirmed booking of the session, by code."""
    rows = await fetch_rows(
        f"SELECT code, id, seats FROM booking WHERE {OF_SESSION} AND state = 'confirmed' ORDER BY code", session_id
    )
    return {row["code"]: (row["id"], row["seats"]) for row in rows}


async def recorded_seats(session_id: UUID) -> dict[Seat, str]:
    """State of each seat of the session of which something is known."""
    rows = await fetch_rows("SELECT booking_id, seat, state FROM attendance WHERE session_id = $1", session_id)
    return {(row["booking_id"], row["seat"]): row["state"] for row in rows}


async def has_action(session_id: UUID, action: str) -> bool:
    """Whether a tap of this name was already taken in, taken back or not."""
    found: bool = await fetch_value(
        "SELECT EXISTS (SELECT FROM attendance_mark WHERE session_id = $1 AND action = $2) "
        "OR EXISTS (SELECT FROM walk_in WHERE session_id = $1 AND op = $2)",
        session_id,
        action,
    )
    return found


class _Latest(msgspec.Struct, frozen=True):
    booking_id: UUID
    seat: int
    state: str | None
    at: datetime
    by_id: UUID | None


async def _settle_seats(session_id: UUID, seats: list[Seat]) -> Counter[str]:
    """The change of each count that the latest marks of `seats` make; a booking of a cycle is marked once a date."""
    bookings, numbers = [booking for booking, _number in seats], [number for _booking, number in seats]
    # Operations are compared byte by byte: every database and every device agrees which of two is the later one.
    latest = await fetch(
        _Latest,
        "SELECT DISTINCT ON (booking_id, seat) booking_id, seat, state, at, by_id FROM attendance_mark "
        "WHERE undone_at IS NULL AND session_id = $3 AND (booking_id, seat) IN (SELECT * FROM unnest($1::uuid[], $2::int[])) "
        'ORDER BY booking_id, seat, at DESC, op COLLATE "C" DESC',
        bookings,
        numbers,
        session_id,
    )
    before = await fetch_rows(
        "DELETE FROM attendance WHERE session_id = $3 AND (booking_id, seat) IN (SELECT * FROM unnest($1::uuid[], $2::int[])) "
        "RETURNING state",
        bookings,
        numbers,
        session_id,
    )
    change: Counter[str] = Counter()
    change.subtract(row["state"] for row in before)
    known = [mark for mark in latest if mark.state is not None]
    change.update(mark.state for mark in known if mark.state is not None)
    await execute(
        "INSERT INTO attendance (booking_id, seat, session_id, state, at, by_id) "
        "SELECT b, n, $1, s, a, p FROM unnest($2::uuid[], $3::int[], $4::text[], $5::timestamptz[], $6::uuid[]) "
        "AS t (b, n, s, a, p)",
        session_id,
        [mark.booking_id for mark in known],
        [mark.seat for mark in known],
        [mark.state for mark in known],
        [mark.at for mark in known],
        [mark.by_id for mark in known],
    )
    return change
