"""The desk: who gets which seat, decided without a database.

`decide` takes a session as it stands, the moment, and wishes in order of arrival; it gives back one decision a wish, who was
promoted, what to write in the journal, and the session as it stands afterwards. Its rules:

- a wish that fits is confirmed at once, unless somebody who waits would fit as well: nobody jumps the waiting list (C7, C8);
- seats that become free go to the waiting list in order of rank; a group that does not fit is passed over and keeps its rank (C9);
- nobody is promoted later than `promotion_stop` before the start (C10), and nobody joins the list when nobody can be promoted;
- a capacity below what is held cancels nobody: the session is overbooked, visibly, until enough seats are given back (B9, C17);
- one person has one booking on a session (C15).
"""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from ateliers.bookings.booking import BookingState

NO_LIMIT = 2**40  # free seats of a session without capacity; below the infinity that stands for nobody's wish


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A booking that waits."""

    booking: UUID
    seats: int
    person: bytes


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """Where one booking stands."""

    state: BookingState
    seats: int
    person: bytes
    rank: int | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A session before the wishes.

    `waiting` is in order of rank. It may be left out while no seat is free and no wish can free one; `entries` counts it anyway.
    `known` tells which live booking a person has; `holdings` where the bookings named by wishes stand.
    """

    is_open: bool  # published, not called off, of a kind that takes bookings
    starts_at: datetime
    capacity: int | None  # seats; None: no limit
    taken: int
    waiting_seats: int
    entries: int
    ranks_given: int
    party_limit: int
    waiting_max: int  # seats; 0: no waiting list
    promotion_stop: timedelta
    cutoff: timedelta
    waiting: Sequence[Entry] = ()
    known: dict[bytes, UUID] = {}
    holdings: dict[UUID, Holding] = {}


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """Seats for one person and who comes along. `insists`: staff, knowingly above capacity and before the waiting list."""

    booking: UUID  # the id it is to have
    person: bytes
    seats: int
    may_wait: bool = True
    insists: bool = False


class GiveBack(msgspec.Struct, frozen=True, kw_only=True):
    """Seats held or waited for, given back; None: all of them. `by_staff`: the cutoff does not hold."""

    booking: UUID
    seats: int | None = None
    by_staff: bool = False


class Leave(msgspec.Struct, frozen=True, kw_only=True):
    """Off the waiting list. Refused when the booking was confirmed meanwhile."""

    booking: UUID


class Resize(msgspec.Struct, frozen=True, kw_only=True):
    """Another capacity; None: no limit."""

    capacity: int | None


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """Serve who waits with the seats that are free, if any."""


DeskWish = Book | GiveBack | Leave | Resize | Release


class Verdict(enum.Enum):
    """What the desk says to one wish."""

    CONFIRMED = "confirmed"
    WAITING = "waiting"
    DONE = "done"  # given back, left, resized, released
    DUPLICATE = "duplicate"
    FULL = "full"
    TOO_LARGE = "too_large"
    CLOSED = "closed"
    TOO_LATE = "too_late"
    NOT_HELD = "not_held"  # no such live booking, or fewer seats than were to be given back


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one wish."""

    verdict: Verdict
    booking: UUID | None = None  # DUPLICATE: the one there is
    seats: int = 0  # DONE: given back; TOO_LARGE: the most one booking can have
    rank: int | None = None  # WAITING: order on the list
    position: int | None = None  # WAITING: place on the list now, from 1
    waiting_open: bool = False  # FULL: a place on the waiting list is to be had
    kept: bool = False  # FULL: seats are free, for people who wait and can no longer be promoted


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the journal. `wish`: index of the wish it answers; None: the desk did it by rule."""

    what: str
    booking: UUID | None
    facts: dict[str, Any]
    wish: int | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A session after the wishes. `changed` holds every booking, new or old, that now stands elsewhere."""

    decisions: list[Decision]
    promoted: list[UUID]
    notes: list[Note]
    changed: dict[UUID, Holding]
    capacity: int | None
    taken: int
    waiting_seats: int
    overbooked: int
    ranks_given: int


def decide(plan: Plan, wishes: Sequence[DeskWish], *, now: datetime) -> Outcome:
    """Decide `wishes` in order. Pure: the same arguments give the same outcome."""
    desk = _Desk(plan, now)
    desk.promote(freed=False)
    decisions = [desk.answer(turn, wish) for turn, wish in enumerate(wishes)]
    return Outcome(
        decisions=decisions,
        promoted=desk.promoted,
        notes=desk.notes,
        changed=desk.changed,
        capacity=desk.capacity,
        taken=desk.taken,
        waiting_seats=desk.waiting_seats,
        overbooked=0 if desk.capacity is None else max(0, desk.taken - desk.capacity),
        ranks_given=desk.ranks_given,
    )


_CLOSED = Decision(verdict=Verdict.CLOSED)
_NOT_HELD = Decision(verdict=Verdict.NOT_HELD)
_TOO_LATE = Decision(verdict=Verdict.TOO_LATE)


class _Desk:
    """The session while wishes are decided."""

    def __init__(self, plan: Plan, now: datetime) -> None:
        self.plan = plan
        self.is_open = plan.is_open and now < plan.starts_at
        self.promotes = self.is_open and now < plan.starts_at - plan.promotion_stop
        self.is_late = now >= plan.starts_at - plan.cutoff
        self.capacity = plan.capacity
        self.taken = plan.taken
        self.waiting_seats = plan.waiting_seats
        self.entries = plan.entries
        self.ranks_given = plan.ranks_given
        self.waiting = {entry.booking: entry for entry in plan.waiting}
        self.known = dict(plan.known)
        self.promoted: list[UUID] = []
        self.notes: list[Note] = []
        self.changed: dict[UUID, Holding] = {}
        self.turn = 0
        self.count_free()
        self.find_smallest()

    def count_free(self) -> None:
        self.free = NO_LIMIT if self.capacity is None else self.capacity - self.taken

    def find_smallest(self) -> None:
        """The smallest wish that waits: while no more seats than that are free, nobody who waits could be served."""
        self.smallest: float = min((entry.seats for entry in self.waiting.values()), default=math.inf)

    def answer(self, turn: int, wish: DeskWish) -> Decision:
        self.turn = turn
        match wish:
            case Book():
                return self.book(wish)
            case GiveBack():
                return self.give_back(wish)
            case Leave():
                return self.leave(wish)
            case Resize():
                return self.resize(wish)
            case Release():
                self.promote(freed=True)
                return Decision(verdict=Verdict.DONE)

    def book(self, wish: Book) -> Decision:
        if not self.is_open:
            return _CLOSED
        limit = self.plan.party_limit if self.capacity is None else min(self.plan.party_limit, self.capacity)
        if wish.seats > limit and not wish.insists:
            return Decision(verdict=Verdict.TOO_LARGE, seats=limit)
        known = self.known.get(wish.person)
        if known is not None:
            return Decision(verdict=Verdict.DUPLICATE, booking=known)
        if wish.insists or self.smallest > self.free >= wish.seats:
            return self.confirm(wish)
        return self.wait(wish)

    def confirm(self, wish: Book) -> Decision:
        if wish.seats > self.free:
            above = wish.seats - max(0, self.free)
            self.note("overbooked", wish.booking, seats=wish.seats, above=above)
        self.taken += wish.seats
        self.free -= wish.seats
        self.known[wish.person] = wish.booking
        self.changed[wish.booking] = Holding(state=BookingState.CONFIRMED, seats=wish.seats, person=wish.person)
        return Decision(verdict=Verdict.CONFIRMED, booking=wish.booking)

    def wait(self, wish: Book) -> Decision:
        is_room = self.promotes and self.waiting_seats + wish.seats <= self.plan.waiting_max
        if not is_room or not wish.may_wait:
            return Decision(verdict=Verdict.FULL, waiting_open=is_room, kept=wish.seats <= self.free)
        self.ranks_given += 1
        self.entries += 1
        self.waiting_seats += wish.seats
        self.smallest = min(self.smallest, wish.seats)
        self.waiting[wish.booking] = Entry(booking=wish.booking, seats=wish.seats, person=wish.person)
        self.known[wish.person] = wish.booking
        self.changed[wish.booking] = Holding(
            state=BookingState.WAITING, seats=wish.seats, person=wish.person, rank=self.ranks_given
        )
        return Decision(verdict=Verdict.WAITING, booking=wish.booking, rank=self.ranks_given, position=self.entries)

    def give_back(self, wish: GiveBack) -> Decision:
        held = self.holding(wish.booking)
        seats = held.seats if held is not None and wish.seats is None else wish.seats
        if held is None or seats is None or not 0 < seats <= held.seats:
            return _NOT_HELD
        if not self.is_open:
            return _CLOSED
        if held.state is BookingState.WAITING:
            return self.ask_for_less(wish.booking, held, seats)
        if self.is_late and not wish.by_staff:
            return _TOO_LATE
        self.taken -= seats
        self.note("given_back", wish.booking, seats=seats, left=held.seats - seats)
        self.set_seats(wish.booking, held, held.seats - seats, BookingState.GIVEN_BACK)
        self.count_free()
        self.promote(freed=True)
        return Decision(verdict=Verdict.DONE, booking=wish.booking, seats=seats)

    def leave(self, wish: Leave) -> Decision:
        held = self.holding(wish.booking)
        if held is None or held.state is not BookingState.WAITING:
            return _NOT_HELD
        return self.ask_for_less(wish.booking, held, held.seats)

    def ask_for_less(self, booking: UUID, held: Holding, seats: int) -> Decision:
        """Wait for fewer seats, or for none: a smaller group may fit at once."""
        left = held.seats - seats
        self.waiting_seats -= seats
        self.set_seats(booking, held, left, BookingState.LEFT)
        if left:
            self.note("asks_for_less", booking, seats=seats, left=left)
            self.waiting[booking] = Entry(booking=booking, seats=left, person=held.person)
        else:
            self.note("left", booking, seats=seats)
            self.waiting.pop(booking, None)
            self.entries -= 1
        self.find_smallest()
        self.promote(freed=bool(left))
        return Decision(verdict=Verdict.DONE, booking=booking, seats=seats)

    def resize(self, wish: Resize) -> Decision:
        before, self.capacity = self.capacity, wish.capacity
        self.count_free()
        self.note("resized", None, before=before, after=wish.capacity, taken=self.taken)
        self.promote(freed=True)
        return Decision(verdict=Verdict.DONE)

    def promote(self, *, freed: bool) -> None:
        """Serve who waits, in order of rank. `freed`: something changed, so it is worth saying who was passed over."""
        if not self.promotes or self.free <= 0 or not self.waiting:
            return
        served: list[Entry] = []
        notes: list[Note] = []
        for entry in self.waiting.values():
            if self.free <= 0:
                break
            free = None if self.capacity is None else self.free
            fits = entry.seats <= self.free
            notes.append(
                Note(
                    what="promoted" if fits else "passed",
                    booking=entry.booking,
                    facts={"seats": entry.seats, "free": free},
                )
            )
            if fits:
                served.append(entry)
                self.free -= entry.seats
        if served or freed:
            self.notes += notes
        for entry in served:
            del self.waiting[entry.booking]
            self.entries -= 1
            self.taken += entry.seats
            self.waiting_seats -= entry.seats
            self.promoted.append(entry.booking)
            self.changed[entry.booking] = Holding(
                state=BookingState.CONFIRMED, seats=entry.seats, person=entry.person, rank=self.rank_of(entry.booking)
            )
        self.find_smallest()

    def holding(self, booking: UUID) -> Holding | None:
        """Where a booking stands now, if it is live."""
        held = self.changed.get(booking) or self.plan.holdings.get(booking)
        is_live = held is not None and held.state in (BookingState.CONFIRMED, BookingState.WAITING)
        return held if is_live else None

    def rank_of(self, booking: UUID) -> int | None:
        held = self.changed.get(booking) or self.plan.holdings.get(booking)
        return None if held is None else held.rank

    def set_seats(self, booking: UUID, held: Holding, left: int, ended: BookingState) -> None:
        """Note fewer seats; with none left the booking ends, and keeps the number it had last."""
        if left:
            self.changed[booking] = msgspec.structs.replace(held, seats=left)
        else:
            self.changed[booking] = msgspec.structs.replace(held, state=ended)
            self.known.pop(held.person, None)

    def note(self, what: str, booking: UUID | None, **facts: Any) -> None:
        self.notes.append(Note(what=what, booking=booking, facts=facts, wish=self.turn))
