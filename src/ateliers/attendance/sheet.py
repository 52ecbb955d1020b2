"""The attendance list of a session, as a phone shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.agenda.kinds import Counter
from ateliers.agenda.session import Session
from ateliers.agenda.sessions import get_session
from ateliers.attendance.aside import list_kept_aside
from ateliers.attendance.closing import ClosedPeriod, locked_by
from ateliers.attendance.conflicts import Said, heads, is_disputed
from ateliers.attendance.counters import count_label
from ateliers.attendance.mark import SeatState, outside, seat_id, state_label
from ateliers.attendance.nobody import Word, list_words
from ateliers.attendance.recorder import Recorder, author, may_record
from ateliers.attendance.tally import Tally, get_counts, get_tally, partners_of
from ateliers.attendance.walk_ins import WalkIn, list_walk_ins
from ateliers.bookings.booking import Booking, BookingState, OnBehalf
from ateliers.bookings.bookings import list_bookings
from ateliers.database import fetch, fetch_one
from ateliers.refusals import NotFound
from ateliers.words import T, fold


class Voice(msgspec.Struct, frozen=True, kw_only=True):
    """What one device says of a seat of which another says something else."""

    state: SeatState | None
    who: str
    at: datetime

    @property
    def label(self) -> T:
        """Its state, in words."""
        return state_label(self.state)


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
    heads: list[str] = []  # names of the marks that stand, as their devices gave them: what a tap on this line has seen
    action: str = ""  # the tap that made the mark that stands
    voices: list[Voice] = []  # when two devices disagree: what each says, the one that stands for now first

    @property
    def shown_name(self) -> str:
        """A name for every seat: who comes, else whom they come with."""
        return self.name or str(T("With %(name)s (seat %(n)s)", name=self.contact, n=self.seat))

    def matches(self, words: list[str]) -> bool:
        """Whether each word (folded) stands in one of its names or its code."""
        text = fold(f"{self.name} {self.contact} {self.code}")
        return all(word in text for word in words)


class LastAction(msgspec.Struct, frozen=True, kw_only=True):
    """The last tap of a person on this list, which they may take back; with `nobody`, that nobody came."""

    action: str
    seats: int  # how many seats it marked; 0: a walk-in, or people counted
    state: SeatState | None
    name: str | None  # of the walk-in, or of the only seat's booking
    counter: Counter | None = None
    amount: int = 0
    nobody: bool = False

    @property
    def op(self) -> str:
        """The action's name as a device gives it."""
        return outside(self.action)

    @property
    def label(self) -> T:
        """What it did, in words."""
        state = state_label(self.state)
        if self.nobody:
            return T("The session was held, nobody came")
        if self.counter is not None:
            return count_label(self.counter.value, self.amount)
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
    counts: dict[Counter, int]  # every counter of this kind of session
    nobody: list[Word]  # who says that nobody came
    last: LastAction | None
    kept_aside: int  # operations of devices that wait for a human
    closed: ClosedPeriod | None  # the closing after which nothing changes any more

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
    def disputed(self) -> list[SeatLine]:
        """Seats of which two devices say different things."""
        return [line for line in self.lines if line.voices]

    @property
    def to_record(self) -> list[SeatLine]:
        """Seats of which nothing is known yet."""
        return [line for line in self.lines if line.state is None]

    @property
    def recorded(self) -> list[SeatLine]:
        """Seats of which something is known."""
        return [line for line in self.lines if line.state is not None]


async def get_sheet(session_id: UUID, *, search: str = "", by: Recorder) -> Sheet:
    """The list, for who takes its attendance. Raises NotFound to everybody else."""
    session = await get_session(session_id)
    if not may_record(by, session.id, session.structure_id, await partners_of(session.event_id)):
        raise NotFound
    said = await _said(session_id)
    lines = [
        _line(booking, seat, name, said.get((booking.id, seat), []))
        for booking in await list_bookings(session_id)
        if booking.state is BookingState.CONFIRMED
        for seat, name in enumerate(booking.attendees, start=1)
    ]
    words = fold(search).split()
    counts = await get_counts(session_id)
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
        counts={counter: counts.get(counter, 0) for counter in session.rules.counters},
        nobody=await list_words(session_id),
        last=await _last_action(session_id, by=by),
        kept_aside=len(await list_kept_aside(session_id)),
        closed=await locked_by(session_id),
    )


def _line(booking: Booking, seat: int, name: str, said: Sequence[_Mark]) -> SeatLine:
    standing = heads(said)
    who = {one.op: one.who for one in said}
    latest = standing[0] if standing else None
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
        state=SeatState(latest.state) if latest and latest.state else None,
        at=latest.at if latest and latest.state else None,
        heads=[outside(one.op) for one in standing],
        action=next((outside(one.action) for one in said if latest and one.op == latest.op), ""),
        voices=[
            Voice(state=SeatState(one.state) if one.state else None, who=who[one.op], at=one.at) for one in standing
        ]
        if is_disputed(said)
        else [],
    )


class _Mark(Said, frozen=True, kw_only=True):
    booking_id: UUID
    seat: int
    action: str
    who: str


async def _said(session_id: UUID) -> dict[tuple[UUID, int], list[_Mark]]:
    found: dict[tuple[UUID, int], list[_Mark]] = {}
    for mark in await fetch(
        _Mark,
        "SELECT m.booking_id, m.seat, m.action, m.op, m.device, m.seq, m.at, m.state, m.saw, m.undone_at IS NOT NULL AS is_undone, "
        "COALESCE(p.name, v.label, '') AS who FROM attendance_mark m LEFT JOIN person p ON p.id = m.by_id "
        "LEFT JOIN volunteer_link v ON v.id = m.volunteer_id WHERE m.session_id = $1",
        session_id,
    ):
        found.setdefault((mark.booking_id, mark.seat), []).append(mark)
    return found


async def _last_action(session_id: UUID, *, by: Recorder) -> LastAction | None:
    mine = "session_id = $1 AND (by_id = $2 OR volunteer_id = $3) AND undone_at IS NULL"
    return await fetch_one(
        LastAction,
        f"""
        SELECT action, seats, state, name, counter, amount, nobody FROM (
            (SELECT m.action, count(*)::int AS seats, min(m.state) AS state,
                min(COALESCE(NULLIF(b.names[m.seat], ''), b.name)) AS name, NULL AS counter, 0 AS amount, max(m.recorded_at) AS at, false AS nobody
             FROM attendance_mark m JOIN booking b ON b.id = m.booking_id
             WHERE m.session_id = $1 AND (m.by_id = $2 OR m.volunteer_id = $3) AND m.undone_at IS NULL
             GROUP BY m.action ORDER BY at DESC, m.action DESC LIMIT 1)
            UNION ALL
            (SELECT op, 0, NULL, name, NULL, 0, recorded_at, false FROM walk_in
             WHERE {mine} ORDER BY recorded_at DESC, id DESC LIMIT 1)
            UNION ALL
            (SELECT op, 0, NULL, NULL, counter, amount, recorded_at, false FROM count_tap
             WHERE {mine} ORDER BY recorded_at DESC, op DESC LIMIT 1)
            UNION ALL
            (SELECT op, 0, NULL, NULL, NULL, 0, recorded_at, true FROM nobody_came
             WHERE {mine} ORDER BY recorded_at DESC, op DESC LIMIT 1)
        ) AS last ORDER BY at DESC, nobody DESC LIMIT 1
        """,
        session_id,
        *author(by),
    )
