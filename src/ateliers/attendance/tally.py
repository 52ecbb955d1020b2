"""The lock on a session, and its counts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.agenda.changing import SessionCalledOff
from ateliers.agenda.kinds import Counter, Kind
from ateliers.agenda.outcome import Outcome
from ateliers.attendance.closing import ClosedPeriod, PeriodClosed, locked_by
from ateliers.attendance.recorder import LinkOver, Recorder, Volunteer, may_record
from ateliers.bookings.bookings import OF_SESSION
from ateliers.database import fetch_one, fetch_rows
from ateliers.refusals import NotAllowed, NotFound
from ateliers.words import date_in_words

Seat = tuple[UUID, int]  # booking, number


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A session, locked until the transaction ends."""

    id: UUID
    structure_id: UUID
    partners: list[UUID]  # co-organisers who accepted
    kind: Kind
    starts_at: datetime
    zone: str
    called_off_at: datetime | None
    outcome: Outcome | None
    closed: ClosedPeriod | None = None  # the closing that forbids to write


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """A session's counts of people on its list. Those only counted in passing are `get_counts`: never added to these."""

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


LOCK = (
    "SELECT s.id, e.structure_id, e.kind, s.starts_at, s.called_off_at, s.outcome, s.zone, "
    "ARRAY(SELECT c.structure_id FROM co_organiser c WHERE c.event_id = e.id AND c.accepted_at IS NOT NULL) AS partners "
    "FROM session s JOIN event e ON e.id = s.event_id WHERE s.id = $1 FOR NO KEY UPDATE OF s"
)


async def lock_session(session_id: UUID, *, by: Recorder, now: datetime) -> Held:
    """The session, locked against every other change of its attendance, and open to changes.

    Raises NotFound, NotAllowed, LinkOver, SessionCalledOff, PeriodClosed.
    """
    held = await lock_even_closed(session_id, by=by)
    if isinstance(by, Volunteer) and not by.is_open(now):
        raise LinkOver
    if held.called_off_at is not None:
        raise SessionCalledOff
    if held.closed is not None:
        raise PeriodClosed(day=date_in_words(held.closed.closed_at, held.zone))
    return held


async def lock_even_closed(session_id: UUID, *, by: Recorder) -> Held:
    """The session, locked, even where nothing of it may change. Raises NotFound, NotAllowed."""
    held = await fetch_one(Held, LOCK, session_id)
    if held is None:
        raise NotFound
    if not may_record(by, held.id, held.structure_id, held.partners):
        raise NotAllowed
    return msgspec.structs.replace(held, closed=await locked_by(held.id))


async def partners_of(event_id: UUID) -> list[UUID]:
    """Structures that organise the event besides its own, and accepted to."""
    rows = await fetch_rows(
        "SELECT structure_id FROM co_organiser WHERE event_id = $1 AND accepted_at IS NOT NULL", event_id
    )
    return [row["structure_id"] for row in rows]


async def get_tally(session_id: UUID) -> Tally:
    """The session's counts; zeros when nothing was recorded."""
    found = await fetch_one(
        Tally, "SELECT present, absent, excused, walk_ins FROM tally WHERE session_id = $1", session_id
    )
    return found or Tally()


async def get_counts(session_id: UUID) -> dict[Counter, int]:
    """How many people (or questions) were counted, by counter; a counter never tapped is absent."""
    rows = await fetch_rows(
        "SELECT counter, GREATEST(total, 0) AS total FROM count_sum WHERE session_id = $1", session_id
    )
    return {Counter(row["counter"]): row["total"] for row in rows}


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
