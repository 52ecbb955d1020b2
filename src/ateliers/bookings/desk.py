"""The desk: who gets which seat, decided without a database.

`decide` takes a session as it stands, the moment, and wishes in order of arrival; it gives back one decision a wish, who was
served from the waiting list, what to write in the journal, and the session as it stands afterwards. Its rules:

- a wish that fits is confirmed at once, unless somebody who waits would fit as well: nobody jumps the waiting list (C7, C8);
- seats that become free go to the waiting list in order of rank; a group that does not fit is passed over and keeps its rank (C9);
- whoever is served is confirmed at once, or offered the seats until a deadline: the event says which, and who has no e-mail
  address is always offered them, because somebody has to call (C9, C10). Offered seats are nobody else's;
- nobody is served later than `promotion_stop` before the start (C10), and nobody joins the list when nobody can be served;
- seats held back are given out through phone, paper and partners first, and are everybody's from a moment on (B11);
- a capacity below what is held cancels nobody: seats held back go first, then the session is overbooked, visibly (B9, C17);
- one person has one booking on a session (C15).

What is due at the moment happens first: an offer past its deadline has ended and seats past their date are released, whether
or not a sweep has come by.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ateliers.bookings.booking import BookingState
from ateliers.bookings.seats import Seats
from ateliers.bookings.wishes import (
    Accept,
    Book,
    Decision,
    Decline,
    DeskWish,
    Entry,
    GiveBack,
    GiveSeat,
    HoldBack,
    Holding,
    Leave,
    MoveAway,
    Outcome,
    Plan,
    Release,
    Resize,
    Verdict,
)

_CLOSED = Decision(verdict=Verdict.CLOSED)
_NOT_YET = Decision(verdict=Verdict.NOT_YET)
_NOT_HELD = Decision(verdict=Verdict.NOT_HELD)
_TOO_LATE = Decision(verdict=Verdict.TOO_LATE)
_EXPIRED = Decision(verdict=Verdict.EXPIRED)


def decide(plan: Plan, wishes: Sequence[DeskWish], *, now: datetime) -> Outcome:
    """Decide `wishes` in order. Pure: the same arguments give the same outcome."""
    desk = _Desk(plan, now)
    desk.promote(freed=desk.do_what_is_due())
    decisions = []
    for desk.turn, wish in enumerate(wishes):
        decisions.append(_ANSWERS[type(wish)](desk, wish))
    held = desk.taken + desk.offered + desk.held_back
    return Outcome(
        decisions=decisions,
        promoted=desk.promoted,
        notes=desk.notes,
        changed=desk.changed,
        capacity=desk.capacity,
        taken=desk.taken,
        offered=desk.offered,
        held_back=desk.held_back,
        held_back_until=desk.held_back_until if desk.held_back else None,
        waiting_seats=desk.waiting_seats,
        overbooked=0 if desk.capacity is None else max(0, held - desk.capacity),
        ranks_given=desk.ranks_given,
    )


class _Desk(Seats):
    """The answer to each wish."""

    def book(self, wish: Book) -> Decision:
        if not self.takes_everybody and not (self.is_open and wish.by_staff):
            return _NOT_YET if self.is_open and self.is_early else _CLOSED
        limit = self.plan.party_limit if self.capacity is None else min(self.plan.party_limit, self.capacity)
        if wish.seats > limit and not wish.insists:
            return Decision(verdict=Verdict.TOO_LARGE, seats=limit)
        known = self.known.get(wish.person)
        if known is not None:
            return Decision(verdict=Verdict.DUPLICATE, booking=known)
        drawn = min(wish.seats, self.held_back) if self.held_back and (wish.draws or wish.insists) else 0
        if wish.insists or drawn == wish.seats or self.smallest > self.free >= wish.seats - drawn:
            return self.confirm(wish, drawn)
        return self.wait(wish)

    def confirm(self, wish: Book, drawn: int) -> Decision:
        self.take(wish.booking, wish.seats, drawn)
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
        self.waiting[wish.booking] = Entry(
            booking=wish.booking, seats=wish.seats, person=wish.person, has_email=wish.has_email
        )
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
        if held.state is BookingState.OFFERED:
            return self.take_less(wish.booking, held, seats)
        if self.is_late and not wish.by_staff:
            return _TOO_LATE
        self.taken -= seats
        self.note("given_back", wish.booking, seats=seats, left=held.seats - seats)
        self.set_seats(wish.booking, held, held.seats - seats, BookingState.GIVEN_BACK)
        return self.freed(wish.booking, seats)

    def leave(self, wish: Leave) -> Decision:
        held = self.holding(wish.booking)
        if held is not None and held.state is BookingState.OFFERED:
            return self.take_less(wish.booking, held, held.seats)
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
            self.waiting[booking] = Entry(booking=booking, seats=left, person=held.person, has_email=held.has_email)
        else:
            self.note("left", booking, seats=seats)
            self.waiting.pop(booking, None)
            self.entries -= 1
        self.find_smallest()
        self.promote(freed=bool(left))
        return Decision(verdict=Verdict.DONE, booking=booking, seats=seats)

    def accept(self, wish: Accept) -> Decision:
        held = self.standing(wish.booking)
        if held is None or held.state is not BookingState.OFFERED:
            return _EXPIRED if held is not None and held.state is BookingState.EXPIRED else _NOT_HELD
        if not self.is_open:
            return _CLOSED
        if held.offered_until is None or self.now > held.offered_until:
            return _EXPIRED
        self.offered -= held.seats
        self.taken += held.seats
        self.note("accepted", wish.booking, seats=held.seats)
        self.changed[wish.booking] = _confirmed(held)
        return Decision(verdict=Verdict.DONE, booking=wish.booking)

    def decline(self, wish: Decline) -> Decision:
        held = self.standing(wish.booking)
        if held is None or held.state is not BookingState.OFFERED:
            return _EXPIRED if held is not None and held.state is BookingState.EXPIRED else _NOT_HELD
        return self.take_less(wish.booking, held, held.seats) if self.is_open else _CLOSED

    def take_less(self, booking: UUID, held: Holding, seats: int) -> Decision:
        """Decline some of the seats that are offered, or all."""
        self.offered -= seats
        self.note("declined", booking, seats=seats, left=held.seats - seats)
        self.set_seats(booking, held, held.seats - seats, BookingState.DECLINED)
        return self.freed(booking, seats)

    def give_seat(self, wish: GiveSeat) -> Decision:
        held = self.holding(wish.booking)
        if held is None or held.state is BookingState.CONFIRMED:
            return _NOT_HELD
        if not self.is_open:
            return _CLOSED
        self.note("seat_given", wish.booking, seats=held.seats)
        if held.state is BookingState.OFFERED:
            self.offered -= held.seats
            self.taken += held.seats
        else:
            self.waiting_seats -= held.seats
            self.entries -= 1
            self.waiting.pop(wish.booking, None)
            self.find_smallest()
            self.take(wish.booking, held.seats, min(held.seats, self.held_back))
        self.changed[wish.booking] = _confirmed(held)
        return Decision(verdict=Verdict.DONE, booking=wish.booking)

    def move_away(self, wish: MoveAway) -> Decision:
        held = self.holding(wish.booking)
        if held is None:
            return _NOT_HELD
        if not self.is_open:
            return _CLOSED
        if held.state is BookingState.CONFIRMED:
            if self.is_late and not wish.by_staff:
                return _TOO_LATE
            self.taken -= held.seats
        elif held.state is BookingState.OFFERED:
            self.offered -= held.seats
        else:
            self.waiting_seats -= held.seats
            self.entries -= 1
            self.waiting.pop(wish.booking, None)
            self.find_smallest()
        self.note("moved_away", wish.booking, seats=held.seats)
        self.known.pop(held.person, None)
        return self.freed(wish.booking, held.seats)

    def resize(self, wish: Resize) -> Decision:
        before, self.capacity = self.capacity, wish.capacity
        room = 0 if wish.capacity is None else max(0, wish.capacity - self.taken - self.offered)
        kept = min(self.held_back, room)
        self.note("resized", None, before=before, after=wish.capacity, taken=self.taken + self.offered)
        if kept < self.held_back:
            self.note("held_back", None, before=self.held_back, after=kept)
            self.held_back = kept
        self.count_free()
        self.promote(freed=True)
        return Decision(verdict=Verdict.DONE)

    def hold_back(self, wish: HoldBack) -> Decision:
        most = 0 if self.capacity is None else self.held_back + max(0, self.free)
        if wish.seats > most:
            return Decision(verdict=Verdict.TOO_LARGE, seats=most)
        if not self.is_open or (wish.seats and (wish.until is None or wish.until <= self.now)):
            return _CLOSED
        self.note("held_back", None, before=self.held_back, after=wish.seats)
        self.held_back, self.held_back_until = wish.seats, wish.until
        return self.freed(None, 0)

    def release(self, _wish: Release) -> Decision:
        return self.freed(None, 0)

    def freed(self, booking: UUID | None, seats: int) -> Decision:
        """Done, and whoever waits is served."""
        self.count_free()
        self.promote(freed=True)
        return Decision(verdict=Verdict.DONE, booking=booking, seats=seats)


def _confirmed(held: Holding) -> Holding:
    return msgspec.structs.replace(held, state=BookingState.CONFIRMED, offered_until=None)


_ANSWERS: dict[type[DeskWish], Callable[[_Desk, Any], Decision]] = {
    Book: _Desk.book,
    GiveBack: _Desk.give_back,
    Leave: _Desk.leave,
    Accept: _Desk.accept,
    Decline: _Desk.decline,
    GiveSeat: _Desk.give_seat,
    MoveAway: _Desk.move_away,
    Resize: _Desk.resize,
    HoldBack: _Desk.hold_back,
    Release: _Desk.release,
}
