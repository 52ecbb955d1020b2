"""A session's seats while wishes are decided: what is free, who waits and is served, what the journal will say."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ateliers.bookings.booking import BookingState
from ateliers.bookings.wishes import Entry, Holding, Note, Plan

NO_LIMIT = 2**40  # free seats of a session without capacity; below the infinity that stands for nobody's wish
PASSED_NOTED = 10  # entries passed over that the journal names each time; the others it counts


class Seats:
    """The session as it stands now, and the rules that need no wish: deadlines, and the order of the waiting list."""

    def __init__(self, plan: Plan, now: datetime) -> None:
        self.plan = plan
        self.now = now
        self.last_call = plan.starts_at - plan.promotion_stop
        self.is_open = plan.is_open and now < plan.starts_at
        self.is_early = plan.opens_at is not None and now < plan.opens_at
        self.takes_everybody = self.is_open and not self.is_early and now < plan.starts_at - plan.closing
        self.promotes = self.is_open and now < self.last_call
        self.is_late = now >= plan.starts_at - plan.cutoff
        self.capacity = plan.capacity
        self.taken = plan.taken
        self.offered = plan.offered
        self.held_back = plan.held_back
        self.held_back_until = plan.held_back_until
        self.waiting_seats = plan.waiting_seats
        self.entries = plan.entries
        self.ranks_given = plan.ranks_given
        self.waiting = {entry.booking: entry for entry in plan.waiting}
        self.known = dict(plan.known)
        self.promoted: list[UUID] = []
        self.notes: list[Note] = []
        self.changed: dict[UUID, Holding] = {}
        self.turn: int | None = None
        self.count_free()
        self.find_smallest()

    def count_free(self) -> None:
        held = self.taken + self.offered + self.held_back
        self.free = NO_LIMIT if self.capacity is None else self.capacity - held

    def find_smallest(self) -> None:
        """The smallest wish that waits: while no more seats than that are free, nobody who waits could be served."""
        self.smallest: float = min((entry.seats for entry in self.waiting.values()), default=math.inf)

    def do_what_is_due(self) -> bool:
        """End offers past their deadline, release seats past their date; whether there were any."""
        for offer in self.plan.offers:
            if offer.until is not None and offer.until < self.now:
                self.offered -= offer.seats
                self.note("expired", offer.booking, seats=offer.seats)
                self.end(offer.booking, self.standing(offer.booking) or _offered(offer), BookingState.EXPIRED)
        if self.held_back and (self.held_back_until is None or self.held_back_until <= self.now):
            self.note("released", None, seats=self.held_back)
            self.held_back = 0
        self.count_free()
        return bool(self.notes)

    def take(self, booking: UUID, seats: int, drawn: int) -> None:
        """`drawn` of the seats held back, the others free or, knowingly, above capacity."""
        self.held_back -= drawn
        if seats - drawn > self.free:
            self.note("overbooked", booking, seats=seats, above=seats - drawn - max(0, self.free))
        self.taken += seats
        self.free -= seats - drawn

    def promote(self, *, freed: bool) -> None:
        """Serve who waits, in order of rank. `freed`: something changed, so it is worth saying who was passed over."""
        if not self.promotes or self.free <= 0 or not self.waiting or (not freed and self.smallest > self.free):
            return
        served: list[Entry] = []
        passed = 0
        for entry in self.waiting.values():
            if self.free <= 0:
                break
            free = None if self.capacity is None else self.free
            if entry.seats <= self.free:
                served.append(entry)
                self.serve(entry, free)
                continue
            passed += 1
            if passed <= PASSED_NOTED:
                self.by_rule("passed", entry.booking, seats=entry.seats, free=free)
        if passed > PASSED_NOTED:
            self.by_rule("passed_too", None, entries=passed - PASSED_NOTED)
        for entry in served:
            del self.waiting[entry.booking]
        self.find_smallest()

    def serve(self, entry: Entry, free: int | None) -> None:
        """Confirm seats for who waited, or offer them until a deadline."""
        rank = self.rank_of(entry.booking)
        is_held_for = self.plan.offer_for if entry.has_email else self.plan.call_for
        if is_held_for is None:
            self.taken += entry.seats
            self.by_rule("promoted", entry.booking, seats=entry.seats, free=free)
            state, until = BookingState.CONFIRMED, None
        else:
            self.offered += entry.seats
            state, until = BookingState.OFFERED, min(self.now + is_held_for, self.last_call)
            what = "offered" if entry.has_email else "to_call"
            self.by_rule(what, entry.booking, seats=entry.seats, free=free, until=until.isoformat())
        self.free -= entry.seats
        self.entries -= 1
        self.waiting_seats -= entry.seats
        self.promoted.append(entry.booking)
        self.changed[entry.booking] = Holding(
            state=state,
            seats=entry.seats,
            person=entry.person,
            rank=rank,
            offered_until=until,
            has_email=entry.has_email,
        )

    def standing(self, booking: UUID) -> Holding | None:
        """Where a booking stands now, ended or not."""
        return self.changed.get(booking) or self.plan.holdings.get(booking)

    def holding(self, booking: UUID) -> Holding | None:
        """Where a booking stands now, if it is live."""
        held = self.standing(booking)
        return held if held is not None and held.state.is_live else None

    def rank_of(self, booking: UUID) -> int | None:
        held = self.standing(booking)
        return None if held is None else held.rank

    def set_seats(self, booking: UUID, held: Holding, left: int, ended: BookingState) -> None:
        """Note fewer seats; with none left the booking ends, and keeps the number it had last."""
        if left:
            self.changed[booking] = msgspec.structs.replace(held, seats=left)
        else:
            self.end(booking, held, ended)

    def end(self, booking: UUID, held: Holding, ended: BookingState) -> None:
        self.changed[booking] = msgspec.structs.replace(held, state=ended, offered_until=None)
        self.known.pop(held.person, None)

    def note(self, what: str, booking: UUID | None, **facts: Any) -> None:
        self.notes.append(Note(what=what, booking=booking, facts=facts, wish=self.turn))

    def by_rule(self, what: str, booking: UUID | None, **facts: Any) -> None:
        self.notes.append(Note(what=what, booking=booking, facts=facts))


def _offered(offer: Entry) -> Holding:
    return Holding(
        state=BookingState.OFFERED,
        seats=offer.seats,
        person=offer.person,
        offered_until=offer.until,
        has_email=offer.has_email,
    )
