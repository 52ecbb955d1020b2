"""The desk's decision, and what must hold after any history of wishes."""

from __future__ import annotations

import itertools
from datetime import timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from ateliers.bookings.booking import BookingState
from ateliers.bookings.desk import decide
from ateliers.bookings.wishes import Book, Entry, GiveBack, Holding, Leave, Plan, Release, Resize, Verdict
from tests.world import NOON, START

LIVE = (BookingState.CONFIRMED, BookingState.WAITING)


def plan(**values):
    return Plan(
        **{
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
        }
    )


def ident(number: int) -> UUID:
    return UUID(int=number)


def book(number: int, seats: int = 1, person: int | None = None, **more) -> Book:
    return Book(booking=ident(number), person=bytes([person or number]), seats=seats, **more)


def verdicts(outcome):
    return [decision.verdict.value for decision in outcome.decisions]


def test_two_wishes_for_the_last_seat():
    outcome = decide(plan(capacity=1), [book(1), book(2)], now=NOON)

    assert verdicts(outcome) == ["confirmed", "waiting"]
    assert (outcome.taken, outcome.waiting_seats, outcome.decisions[1].position) == (1, 1, 1)


def test_a_small_wish_takes_the_seat_that_a_waiting_group_cannot_use():
    outcome = decide(plan(), [book(1, 2), book(2, 2), book(3, 1)], now=NOON)

    assert verdicts(outcome) == ["confirmed", "waiting", "confirmed"]


def test_a_group_is_passed_over_and_keeps_its_rank():
    wishes = [book(1, 2), book(2, 1), book(3, 3), book(4, 1), GiveBack(booking=ident(2)), GiveBack(booking=ident(1))]
    outcome = decide(plan(), wishes, now=NOON)

    assert outcome.promoted == [ident(4)]
    assert [(n.what, n.booking and n.booking.int, n.facts) for n in outcome.notes] == [
        ("given_back", 2, {"seats": 1, "left": 0}),
        ("passed", 3, {"seats": 3, "free": 1}),
        ("promoted", 4, {"seats": 1, "free": 1}),
        ("given_back", 1, {"seats": 2, "left": 0}),
        ("passed", 3, {"seats": 3, "free": 2}),
    ]
    assert outcome.changed[ident(3)].rank == 1


def test_nobody_jumps_the_waiting_list_even_after_promotion_has_stopped():
    late = START - timedelta(hours=1)
    waiting = [Entry(booking=ident(1), seats=1, person=b"1")]
    outcome = decide(plan(waiting=waiting, entries=1, waiting_seats=1, taken=2), [book(2)], now=late)

    assert verdicts(outcome) == ["full"]
    assert outcome.decisions[0].kept is True
    assert outcome.promoted == []


def test_who_waits_is_served_before_whoever_comes_now():
    waiting = [Entry(booking=ident(1), seats=1, person=b"1")]
    outcome = decide(plan(waiting=waiting, entries=1, waiting_seats=1, taken=2), [book(2)], now=NOON)

    assert outcome.promoted == [ident(1)]
    assert verdicts(outcome) == ["waiting"]


def test_nothing_is_given_back_online_after_the_cutoff_but_staff_may():
    held = {ident(1): Holding(state=BookingState.CONFIRMED, seats=1, person=b"1")}
    late = START - timedelta(hours=1)
    for by_staff, expected in ((False, "too_late"), (True, "done")):
        wish = GiveBack(booking=ident(1), by_staff=by_staff)
        assert verdicts(decide(plan(taken=1, holdings=held), [wish], now=late)) == [expected]


def test_lowering_the_capacity_cancels_nobody_and_nobody_is_promoted_until_seats_are_free_again():
    wishes = [book(1, 2), book(2, 1), book(3, 1), Resize(capacity=1), GiveBack(booking=ident(2))]
    outcome = decide(plan(), wishes, now=NOON)

    assert (outcome.capacity, outcome.taken, outcome.overbooked, outcome.promoted) == (1, 2, 1, [])


def test_raising_the_capacity_promotes():
    outcome = decide(plan(capacity=1), [book(1), book(2), book(3), Resize(capacity=None)], now=NOON)

    assert (outcome.promoted, outcome.taken, outcome.waiting_seats) == ([ident(2), ident(3)], 3, 0)


def test_leaving_after_having_been_promoted_does_not_lose_the_seat():
    wishes = [book(1, 3), book(2), GiveBack(booking=ident(1), seats=1), Leave(booking=ident(2))]
    outcome = decide(plan(), wishes, now=NOON)

    assert verdicts(outcome)[-1] == "not_held"
    assert outcome.changed[ident(2)].state is BookingState.CONFIRMED


def test_asking_for_less_may_fit_at_once():
    wishes = [book(1, 2), book(2, 3), GiveBack(booking=ident(2), seats=2)]
    outcome = decide(plan(), wishes, now=NOON)

    assert outcome.promoted == [ident(2)]
    assert outcome.taken == 3


def test_staff_insist_and_the_journal_says_so():
    outcome = decide(plan(capacity=1, taken=1), [book(1, 2, insists=True)], now=NOON)

    assert verdicts(outcome) == ["confirmed"]
    assert (outcome.taken, outcome.overbooked) == (3, 2)
    assert [(note.what, note.facts, note.wish) for note in outcome.notes] == [
        ("overbooked", {"seats": 2, "above": 2}, 0)
    ]


def test_without_capacity_everybody_is_confirmed():
    assert verdicts(decide(plan(capacity=None, waiting_max=0), [book(1, 4), book(2, 4)], now=NOON)) == ["confirmed"] * 2


def test_a_double_in_a_batch_keeps_no_seat_from_the_others():
    outcome = decide(plan(capacity=2), [book(1, person=7), book(2, person=7), book(3)], now=NOON)

    assert verdicts(outcome) == ["confirmed", "duplicate", "confirmed"]
    assert outcome.decisions[1].booking == ident(1)


# any history ------------------------------------------------------------------------------------

STEPS = st.one_of(
    st.tuples(
        st.just("book"), st.integers(1, 5), st.integers(1, 30), st.booleans(), st.sampled_from([False] * 9 + [True])
    ),
    st.tuples(st.just("give"), st.integers(0, 40), st.one_of(st.none(), st.integers(1, 4)), st.booleans()),
    st.tuples(st.just("leave"), st.integers(0, 40)),
    st.tuples(st.just("resize"), st.one_of(st.none(), st.integers(1, 12))),
    st.tuples(st.just("release")),
)


class World:
    """A session as the tables would hold it between rounds."""

    def __init__(self, capacity, waiting_max, party_limit):
        self.capacity, self.waiting_max, self.party_limit = capacity, waiting_max, party_limit
        self.bookings: dict[UUID, Holding] = {}
        self.taken = self.waiting_seats = self.ranks = self.overbooked = 0
        self.ids = itertools.count(1)

    def in_state(self, state):
        return {key: held for key, held in self.bookings.items() if held.state is state}

    def waiting(self):
        found = sorted(self.in_state(BookingState.WAITING).items(), key=lambda item: item[1].rank)
        return [Entry(booking=key, seats=held.seats, person=held.person) for key, held in found]

    def wish(self, step):
        known = list(self.bookings)
        match step:
            case ("book", seats, person, may_wait, insists):
                return Book(
                    booking=ident(next(self.ids)),
                    person=bytes([person]),
                    seats=seats,
                    may_wait=may_wait,
                    insists=insists,
                )
            case ("give", which, seats, by_staff):
                return GiveBack(
                    booking=known[which % len(known)] if known else ident(999), seats=seats, by_staff=by_staff
                )
            case ("leave", which):
                return Leave(booking=known[which % len(known)] if known else ident(999))
            case ("resize", capacity):
                return Resize(capacity=capacity)
            case _:
                return Release()

    def play(self, steps, now):
        wishes = [self.wish(step) for step in steps]
        waiting = self.waiting()
        before = Plan(
            is_open=True,
            starts_at=START,
            capacity=self.capacity,
            taken=self.taken,
            waiting_seats=self.waiting_seats,
            entries=len(waiting),
            ranks_given=self.ranks,
            party_limit=self.party_limit,
            waiting_max=self.waiting_max,
            promotion_stop=timedelta(hours=2),
            cutoff=timedelta(hours=2),
            waiting=waiting,
            known={held.person: key for key, held in self.bookings.items() if held.state in LIVE},
            holdings=dict(self.bookings),
        )
        outcome = decide(before, wishes, now=now)
        assert outcome == decide(before, wishes, now=now)
        self.check_round(before, wishes, outcome, now)
        self.bookings |= outcome.changed
        self.capacity, self.taken, self.waiting_seats = outcome.capacity, outcome.taken, outcome.waiting_seats
        self.ranks, self.overbooked = outcome.ranks_given, outcome.overbooked
        self.check(now)

    def check_round(self, before, wishes, outcome, now):
        if now >= START - timedelta(hours=2):
            assert outcome.promoted == []
        told = {note.booking for note in outcome.notes}
        new = {wish.booking for wish in wishes if isinstance(wish, Book)}
        assert set(outcome.changed) - new <= told, "every change of a booking is in the journal"
        assert set(outcome.promoted) <= told
        if before.capacity is not None and outcome.overbooked > max(0, before.taken - before.capacity):
            assert {note.what for note in outcome.notes} & {"overbooked", "resized"}, "overbooked and nobody said so"
        for wish, decision in zip(wishes, outcome.decisions, strict=True):
            if decision.verdict in (Verdict.CONFIRMED, Verdict.WAITING):
                assert wish.booking in outcome.changed

    def check(self, now):
        confirmed, waiting = self.in_state(BookingState.CONFIRMED), self.waiting()
        assert self.taken == sum(held.seats for held in confirmed.values())
        assert self.waiting_seats == sum(entry.seats for entry in waiting)
        assert self.overbooked == (0 if self.capacity is None else max(0, self.taken - self.capacity))
        persons = [held.person for held in self.bookings.values() if held.state in LIVE]
        assert len(persons) == len(set(persons)), "one person, one booking"
        ranks = [self.bookings[entry.booking].rank for entry in waiting]
        assert len(ranks) == len(set(ranks))
        free = float("inf") if self.capacity is None else self.capacity - self.taken
        if now < START - timedelta(hours=2):
            assert all(entry.seats > free for entry in waiting), "a seat is free that somebody waits for"


@settings(max_examples=300, deadline=None)
@given(
    capacity=st.one_of(st.none(), st.integers(1, 12)),
    waiting_max=st.integers(0, 15),
    party_limit=st.integers(1, 5),
    rounds=st.lists(st.tuples(st.booleans(), st.lists(STEPS, min_size=1, max_size=12)), max_size=12),
)
def test_any_history_keeps_the_books_straight(capacity, waiting_max, party_limit, rounds):
    world = World(capacity, waiting_max, party_limit)
    is_late = False
    for becomes_late, steps in rounds:
        is_late = is_late or (becomes_late and len(rounds) > 6)
        world.play(steps, START - timedelta(hours=1) if is_late else NOON)


@settings(max_examples=200, deadline=None)
@given(
    capacity=st.integers(1, 6),
    first=st.lists(st.integers(1, 4), min_size=1, max_size=15),
    freed=st.integers(1, 6),
)
def test_rank_is_respected_among_those_who_fit(capacity, first, freed):
    wishes = [book(n, min(seats, capacity)) for n, seats in enumerate(first, 1)]
    outcome = decide(plan(capacity=capacity, waiting_max=100), [*wishes, Resize(capacity=capacity + freed)], now=NOON)

    left = [held for held in outcome.changed.values() if held.state is BookingState.WAITING]
    served = [outcome.changed[one] for one in outcome.promoted]
    for late in served:
        for passed in left:
            assert passed.rank > late.rank or passed.seats > late.seats, "served before somebody who fitted as well"
