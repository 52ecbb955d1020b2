"""The attendance list of a session, as a phone shows it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.agenda.session import Session
from ateliers.agenda.sessions import get_session
from ateliers.attendance.mark import SeatState, seat_id
from ateliers.attendance.tally import Tally, get_tally
from ateliers.attendance.walk_ins import WalkIn, list_walk_ins
from ateliers.bookings.booking import Booking, BookingState, OnBehalf
from ateliers.bookings.bookings import list_bookings
from ateliers.database import fetch, fetch_one
from ateliers.network.people import Person
from ateliers.refusals import NotFound
from ateliers.words import T, fold


class SeatLine(msgspec.Struct, frozen=True, kw_only=True):
    """One seat of the list."""

    id: str  # '<booking code>-<n>'
    code: str
    seat: int
    name: str  # who comes, or '' when nobody told
    contact: str  # who booked
    seats: int  # of the whole booking
    on_behalf: OnBehalf | None
    needs: str | None
    phone: str | None
    state: SeatState | None
    at: datetime | None

    @property
    def shown_name(self) -> str:
        """A name for every seat: who comes, else whom they come with."""
        return self.name or str(T("With %(name)s (seat %(n)s)", name=self.contact, n=self.seat))

    def matches(self, words: list[str]) -> bool:
        """Whether each word (folded) stands in one of its names or its code."""
        text = fold(f"{self.name} {self.contact} {self.code}")
        return all(word in text for word in words)


class LastAction(msgspec.Struct, frozen=True, kw_only=True):
    """The last tap of a person on this list, which they may take back."""

    action: str
    seats: int  # how many seats it marked; 0: a walk-in
    state: SeatState | None
    name: str | None  # of the walk-in, or of the only seat's booking

    @property
    def label(self) -> T:
        """What it did, in words."""
        state = T("Not recorded") if self.state is None else self.state.label
        if self.seats == 0:
            return T("%(name)s, without a booking", name=self.name) if self.name else T("somebody without a booking")
        if self.seats == 1:
            return T("%(name)s: %(state)s", name=self.name, state=state)
        return T("%(n)s people: %(state)s", n=self.seats, state=state)


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the attendance page says. `lines` follow the search; the counts do not."""

    session: Session
    lines: list[SeatLine]  # those not recorded first, then by name
    seats: int  # confirmed
    unrecorded: int
    tally: Tally
    walk_ins: list[WalkIn]
    last: LastAction | None

    def is_released(self, now: datetime) -> bool:
        """Seats of which nothing is known may be given to people on the spot (E9)."""
        moment = self.session.releases_at
        return moment is not None and moment <= now

    def free_on_the_spot(self, now: datetime) -> int | None:
        """Seats for people who come without a booking; None: no limit. A seat somebody may still claim is not free."""
        if self.session.capacity is None:
            return None
        awaited = 0 if self.is_released(now) else self.unrecorded
        return max(0, self.session.capacity - self.tally.came - awaited)

    @property
    def to_record(self) -> list[SeatLine]:
        """Seats of which nothing is known yet."""
        return [line for line in self.lines if line.state is None]

    @property
    def recorded(self) -> list[SeatLine]:
        """Seats of which something is known."""
        return [line for line in self.lines if line.state is not None]


class _Known(msgspec.Struct, frozen=True):
    booking_id: UUID
    seat: int
    state: SeatState
    at: datetime


async def get_sheet(session_id: UUID, *, search: str = "", by: Person) -> Sheet:
    """The list, for who serves its structure. Raises NotFound to everybody else."""
    session = await get_session(session_id)
    if not by.serves(session.structure_id):
        raise NotFound
    known = {
        (one.booking_id, one.seat): one
        for one in await fetch(
            _Known, "SELECT booking_id, seat, state, at FROM attendance WHERE session_id = $1", session_id
        )
    }
    lines = [
        _line(booking, seat, name, known.get((booking.id, seat)))
        for booking in await list_bookings(session_id)
        if booking.state is BookingState.CONFIRMED
        for seat, name in enumerate(booking.attendees, start=1)
    ]
    words = fold(search).split()
    return Sheet(
        session=session,
        lines=sorted(
            (line for line in lines if line.matches(words)),
            key=lambda line: (line.state is not None, fold(line.name or line.contact), line.code, line.seat),
        ),
        seats=len(lines),
        unrecorded=sum(line.state is None for line in lines),
        tally=await get_tally(session_id),
        walk_ins=await list_walk_ins(session_id),
        last=await _last_action(session_id, by=by),
    )


def _line(booking: Booking, seat: int, name: str, known: _Known | None) -> SeatLine:
    return SeatLine(
        id=seat_id(booking.code, seat),
        code=booking.code,
        seat=seat,
        # Who books for somebody else and names nobody does not come themselves.
        name="" if booking.on_behalf is not None and not booking.names else name,
        contact=booking.name,
        seats=booking.seats,
        on_behalf=booking.on_behalf,
        needs=booking.needs,
        phone=booking.phone,
        state=known.state if known else None,
        at=known.at if known else None,
    )


async def _last_action(session_id: UUID, *, by: Person) -> LastAction | None:
    return await fetch_one(
        LastAction,
        """
        SELECT action, seats, state, name FROM (
            (SELECT m.action, count(*)::int AS seats, min(m.state) AS state, min(COALESCE(NULLIF(b.names[m.seat], ''), b.name)) AS name, max(m.recorded_at) AS at
             FROM attendance_mark m JOIN booking b ON b.id = m.booking_id
             WHERE m.session_id = $1 AND m.by_id = $2 AND m.undone_at IS NULL
             GROUP BY m.action ORDER BY at DESC, m.action DESC LIMIT 1)
            UNION ALL
            (SELECT op, 0, NULL, name, recorded_at FROM walk_in
             WHERE session_id = $1 AND by_id = $2 AND undone_at IS NULL ORDER BY recorded_at DESC, id DESC LIMIT 1)
        ) AS last ORDER BY at DESC LIMIT 1
        """,
        session_id,
        by.id,
    )
