"""Two sessions as the tables would hold them between rounds of the desk, and what must hold after each round."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from ateliers.bookings.booking import BookingState
from ateliers.bookings.desk import decide
from ateliers.bookings.wishes import Book, Decision, DeskWish, Entry, Holding, MoveAway, Note, Outcome, Plan, Verdict
from tests.world import START

CONFIRMED, WAITING, OFFERED = BookingState.CONFIRMED, BookingState.WAITING, BookingState.OFFERED
SERVED = {"promoted": CONFIRMED, "offered": OFFERED, "to_call": OFFERED}
ENDED = {"given_back": BookingState.GIVEN_BACK, "declined": BookingState.DECLINED, "left": BookingState.LEFT}
STEPS = itertools.count(1)  # rounds checked in this process


def ident(number: int) -> UUID:
    return UUID(int=number)


class SessionModel:
    """One session, its bookings and its journal."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.overbooked = 0
        self.bookings: dict[UUID, Holding] = {}
        self.journal: list[Note] = []

    def in_state(self, state: BookingState) -> dict[UUID, Holding]:
        return {key: held for key, held in self.bookings.items() if held.state is state}

    def entries(self, state: BookingState) -> list[Entry]:
        found = sorted(self.in_state(state).items(), key=lambda item: item[1].rank or 0)
        return [
            Entry(booking=key, seats=h.seats, person=h.person, has_email=h.has_email, until=h.offered_until)
            for key, h in found
        ]

    @property
    def last_call(self) -> datetime:
        return self.plan.starts_at - self.plan.promotion_stop

    def free(self, outcome: Outcome | None = None) -> float:
        now = outcome or self.plan
        held = now.taken + now.offered + now.held_back
        return float("inf") if now.capacity is None else now.capacity - held

    def seen(self) -> Plan:
        """The plan as a round reads it."""
        waiting = self.entries(WAITING)
        return msgspec.structs.replace(
            self.plan,
            entries=len(waiting),
            waiting=waiting,
            offers=self.entries(OFFERED),
            known={held.person: key for key, held in self.bookings.items() if held.state.is_live},
            holdings=dict(self.bookings),
        )

    def play(self, wishes: list[DeskWish], now: datetime) -> list[Decision]:
        """One round, checked."""
        before = self.seen()
        outcome = decide(before, wishes, now=now)
        self.check_round(before, wishes, outcome, now)
        self.keep(outcome)
        self.check(now)
        next(STEPS)
        return outcome.decisions

    def keep(self, outcome: Outcome) -> None:
        self.bookings |= outcome.changed
        self.journal += outcome.notes
        self.overbooked = outcome.overbooked
        self.plan = msgspec.structs.replace(
            self.plan,
            capacity=outcome.capacity,
            taken=outcome.taken,
            offered=outcome.offered,
            held_back=outcome.held_back,
            held_back_until=outcome.held_back_until,
            waiting_seats=outcome.waiting_seats,
            ranks_given=outcome.ranks_given,
        )

    def check_round(self, before: Plan, wishes: list[DeskWish], outcome: Outcome, now: datetime) -> None:
        if not before.is_open or now >= self.last_call:
            assert outcome.promoted == [], "served after the deadline"
        new = {wish.booking: wish for wish in wishes if isinstance(wish, Book)}
        assert explained(before, new, outcome) == outcome.changed.keys(), "a change that the journal does not explain"
        whats = [note.what for note in outcome.notes]
        if outcome.overbooked > self.overbooked:
            assert {"overbooked", "resized"} & set(whats), "overbooked, and nobody said so"
        if outcome.held_back > before.held_back:
            assert "held_back" in whats
        if outcome.capacity != before.capacity:
            assert "resized" in whats
        served = [note for note in outcome.notes if note.what in SERVED]
        assert [note.booking for note in served] == outcome.promoted
        for note in outcome.notes:
            if note.what in SERVED and note.facts["free"] is not None:
                assert note.facts["seats"] <= note.facts["free"], "served without a seat"
            if note.what == "passed":
                assert note.facts["seats"] > note.facts["free"], "passed over although it fits"
        for place, entry in enumerate(before.waiting):
            if entry.booking in outcome.promoted:
                passed = [one for one in before.waiting[:place] if one.booking not in outcome.changed]
                seats = outcome.changed[entry.booking].seats
                assert all(one.seats > seats for one in passed), "served before somebody who fitted as well"
        patient = min((entry.seats for entry in before.waiting if entry.booking not in outcome.changed), default=99)
        for wish, decision in zip(wishes, outcome.decisions, strict=True):
            if isinstance(wish, Book) and decision.verdict is Verdict.CONFIRMED and not (wish.draws or wish.insists):
                assert wish.seats < patient, "somebody jumped the waiting list"
            if isinstance(wish, Book) and decision.verdict in (Verdict.CONFIRMED, Verdict.WAITING):
                assert wish.booking in outcome.changed

    def check(self, now: datetime) -> None:
        """What must hold between rounds."""
        plan = self.plan
        confirmed, offered, waiting = (self.in_state(state) for state in (CONFIRMED, OFFERED, WAITING))
        assert plan.taken == sum(held.seats for held in confirmed.values())
        assert plan.offered == sum(held.seats for held in offered.values())
        assert plan.waiting_seats == sum(held.seats for held in waiting.values())
        if plan.capacity is not None:
            free = max(0, plan.capacity - plan.taken - plan.offered - plan.held_back)
            assert plan.taken + plan.offered + plan.held_back + free == plan.capacity + self.overbooked
        assert plan.held_back == 0 or self.overbooked == 0, "seats held back while others sit on the floor"
        live = [held.person for held in self.bookings.values() if held.state.is_live]
        assert len(live) == len(set(live)), "one person, two bookings"
        ranks = [held.rank for held in (*offered.values(), *waiting.values())]
        assert None not in ranks
        assert len(ranks) == len(set(ranks))
        for held in self.bookings.values():
            assert (held.state is OFFERED) == (held.offered_until is not None)
            if held.offered_until is not None:
                assert now <= held.offered_until <= self.last_call, "an offer that should have ended"
        assert plan.held_back == 0 or (plan.held_back_until is not None and now < plan.held_back_until)
        if plan.is_open and now < self.last_call:
            assert all(held.seats > self.free() for held in waiting.values()), "a seat is free that somebody waits for"


def explained(before: Plan, new: dict[UUID, Book], outcome: Outcome) -> set[UUID]:
    """The bookings whose new standing follows from what stood, the wishes and the journal alone; all must be as told."""
    told: dict[UUID, Holding] = dict(before.holdings)
    touched: set[UUID] = set()
    for booking in new:  # made in this round, before any line about it
        if booking in outcome.changed:
            touched.add(booking)
    for note in outcome.notes:
        if note.booking is None or note.what in ("passed", "overbooked", "moved_away"):
            continue
        touched.add(note.booking)
        was = told.get(note.booking)
        if was is None:
            wish = new[note.booking]
            was = Holding(state=WAITING, seats=wish.seats, person=wish.person)
        left = note.facts.get("left", 0)
        match note.what:
            case "given_back" | "declined" | "asks_for_less" | "left":
                state, seats = (was.state, left) if left else (ENDED[note.what], was.seats)
            case "expired":
                state, seats = BookingState.EXPIRED, was.seats
            case "accepted" | "seat_given":
                state, seats = CONFIRMED, was.seats
            case what:
                state, seats = SERVED[what], was.seats
        told[note.booking] = msgspec.structs.replace(was, state=state, seats=seats)
    for booking in touched & set(told):
        stands = outcome.changed[booking]
        wanted = told[booking]
        # A booking made, confirmed and given back in part within one round was never WAITING: its seats still tell.
        assert stands.seats == wanted.seats
        assert stands.state is wanted.state or (booking in new and stands.state is CONFIRMED)
    return touched


def move(
    home: SessionModel, other: SessionModel, booking: UUID, now: datetime, *, insists: bool, by_staff: bool
) -> None:
    """A booking to the other session, as `change_session` asks it: seats there, then the old ones back; or nothing at all."""
    held = home.bookings[booking]
    if not held.state.is_live or held.person in other.seen().known:
        return
    wish = Book(
        booking=booking, person=held.person, seats=held.seats, may_wait=False, insists=insists, by_staff=by_staff
    )
    there = decide(other.seen(), [wish], now=now)
    here = decide(home.seen(), [MoveAway(booking=booking, by_staff=by_staff)], now=now)
    if there.decisions[0].verdict is not Verdict.CONFIRMED or here.decisions[0].verdict is not Verdict.DONE:
        return
    assert [note.booking for note in here.notes if note.what == "moved_away"] == [booking]
    other.check_round(other.seen(), [wish], there, now)
    other.keep(there)
    del home.bookings[booking]
    home.keep(here)
    home.check(now)
    other.check(now)
    next(STEPS)


def a_plan(**values: object) -> Plan:
    """A session of three seats, a week before it starts."""
    return msgspec.convert(
        {
            "is_open": True,
            "starts_at": START,
            "capacity": 3,
            "taken": 0,
            "waiting_seats": 0,
            "entries": 0,
            "ranks_given": 0,
            "party_limit": 4,
            "waiting_max": 10,
            "promotion_stop": timedelta(hours=2),
            "cutoff": timedelta(hours=2),
            **values,
        },
        Plan,
    )
