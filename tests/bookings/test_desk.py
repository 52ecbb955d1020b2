"""The desk's decision, rule by rule; test_desk_machine.py plays any history."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ateliers.bookings.booking import BookingState
from ateliers.bookings.desk import decide
from ateliers.bookings.wishes import (
    Accept,
    Book,
    Entry,
    GiveBack,
    GiveSeat,
    HoldBack,
    Holding,
    Leave,
    MoveAway,
    Release,
    Resize,
)
from tests.bookings.desk_model import a_plan as plan
from tests.bookings.desk_model import ident
from tests.world import NOON, START


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


def test_who_was_moved_away_may_come_back_in_the_same_round():
    wishes = [book(1), MoveAway(booking=ident(1)), book(2, person=1)]

    assert verdicts(decide(plan(), wishes, now=NOON)) == ["confirmed", "done", "confirmed"]


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


def test_an_offer_holds_the_seat_until_its_deadline_and_that_moment_included():
    limited = plan(capacity=1, offer_for=timedelta(days=1))
    first = decide(limited, [book(1), book(2), GiveBack(booking=ident(1))], now=NOON)
    until = NOON + timedelta(days=1)

    assert (first.promoted, first.taken, first.offered, first.waiting_seats) == ([ident(2)], 0, 1, 0)
    assert first.changed[ident(2)].offered_until == until
    holdings = {ident(2): first.changed[ident(2)]}
    for moment, expected in ((until, "done"), (until + timedelta(microseconds=1), "expired")):
        later = plan(capacity=1, offered=1, offer_for=timedelta(days=1), holdings=holdings)
        assert verdicts(decide(later, [Accept(booking=ident(2))], now=moment)) == [expected]


def test_an_offer_ends_before_nobody_can_be_served_any_more():
    eve = START - timedelta(hours=5)
    outcome = decide(
        plan(capacity=1, offer_for=timedelta(days=1)), [book(1), book(2), GiveBack(booking=ident(1))], now=eve
    )

    assert outcome.changed[ident(2)].offered_until == START - timedelta(hours=2)


def test_what_is_due_is_done_before_the_first_wish_even_if_no_sweep_came_by():
    offer = Entry(booking=ident(1), seats=1, person=b"1", until=NOON - timedelta(seconds=1))
    next_one = Entry(booking=ident(2), seats=1, person=b"2")
    full = plan(capacity=1, offered=1, offers=[offer], waiting=[next_one], entries=1, waiting_seats=1)

    outcome = decide(full, [Accept(booking=ident(1))], now=NOON)

    assert verdicts(outcome) == ["expired"]
    assert [(note.what, note.booking.int) for note in outcome.notes] == [("expired", 1), ("promoted", 2)]
    assert (outcome.taken, outcome.offered) == (1, 0)


def test_who_can_only_be_phoned_is_offered_the_seat_for_as_long_as_a_call_may_take():
    calls = plan(capacity=1, call_for=timedelta(hours=6))
    outcome = decide(calls, [book(1), book(2, has_email=False), GiveBack(booking=ident(1))], now=NOON)

    assert outcome.changed[ident(2)].offered_until == NOON + timedelta(hours=6)
    assert [note.what for note in outcome.notes] == ["given_back", "to_call"]


def test_declining_part_of_an_offer_keeps_the_rest_and_serves_the_next():
    offers = plan(capacity=2, offer_for=timedelta(days=1))
    wishes = [book(1, 2), book(2, 2), book(3), GiveBack(booking=ident(1)), GiveBack(booking=ident(2), seats=1)]
    outcome = decide(offers, wishes, now=NOON)

    assert outcome.promoted == [ident(2), ident(3)]
    assert (outcome.offered, outcome.changed[ident(2)].seats) == (2, 1)


def test_leaving_the_list_while_a_seat_is_offered_declines_it():
    outcome = decide(
        plan(capacity=1, offer_for=timedelta(days=1)),
        [book(1), book(2), GiveBack(booking=ident(1)), Leave(booking=ident(2))],
        now=NOON,
    )

    assert outcome.changed[ident(2)].state is BookingState.DECLINED
    assert outcome.offered == 0


def test_staff_give_a_seat_to_somebody_who_waits_above_capacity_and_after_the_deadline():
    late = START - timedelta(hours=1)
    holdings = {ident(2): Holding(state=BookingState.WAITING, seats=2, person=b"2", rank=1)}
    full = plan(capacity=1, taken=1, entries=1, waiting_seats=2, holdings=holdings)

    outcome = decide(full, [GiveSeat(booking=ident(2))], now=late)

    assert verdicts(outcome) == ["done"]
    assert (outcome.taken, outcome.overbooked, outcome.waiting_seats) == (3, 2, 0)
    assert [note.what for note in outcome.notes] == ["seat_given", "overbooked"]


def test_who_was_given_a_seat_waits_no_more_for_the_rest_of_the_round():
    wishes = [book(1, 3), book(2), GiveSeat(booking=ident(2)), GiveBack(booking=ident(1)), Release()]
    outcome = decide(plan(), wishes, now=NOON)

    assert (outcome.taken, outcome.waiting_seats, outcome.promoted) == (1, 0, [])


def test_seats_held_back_go_to_the_phone_first_and_to_everybody_from_a_moment_on():
    until = NOON + timedelta(days=2)
    kept = plan(capacity=3, held_back=2, held_back_until=until)

    outcome = decide(kept, [book(1), book(2), book(3, draws=True)], now=NOON)
    assert verdicts(outcome) == ["confirmed", "waiting", "confirmed"]
    assert (outcome.taken, outcome.held_back) == (2, 1)

    released = decide(kept, [book(1, 3)], now=until)
    assert verdicts(released) == ["confirmed"]
    assert [(note.what, note.facts) for note in released.notes] == [("released", {"seats": 2})]


def test_a_seat_drawn_from_those_held_back_goes_to_everybody_when_it_is_given_back():
    kept = plan(capacity=2, taken=1, held_back=1, held_back_until=START)
    wishes = [book(1), book(2, draws=True), GiveBack(booking=ident(2))]

    outcome = decide(kept, wishes, now=NOON)

    assert (outcome.promoted, outcome.held_back, outcome.taken) == ([ident(1)], 0, 2)


def test_no_more_seats_are_held_back_than_are_free():
    outcome = decide(plan(capacity=3, taken=2), [HoldBack(seats=2, until=START)], now=NOON)

    assert verdicts(outcome) == ["too_large"]
    assert outcome.decisions[0].seats == 1


def test_a_lower_capacity_takes_the_seats_held_back_before_it_counts_as_overbooked():
    kept = plan(capacity=6, taken=3, held_back=2, held_back_until=START)

    assert [
        (one.held_back, one.overbooked) for one in (decide(kept, [Resize(capacity=n)], now=NOON) for n in (4, 2))
    ] == [
        (1, 0),
        (0, 1),
    ]


def test_bookings_open_and_close_for_everybody_but_staff():
    timed = plan(opens_at=NOON, closing=timedelta(hours=3))
    for now, expected in (
        (NOON - timedelta(seconds=1), ["not_yet", "confirmed"]),
        (NOON, ["confirmed", "confirmed"]),
        (START - timedelta(hours=3), ["closed", "confirmed"]),
    ):
        assert verdicts(decide(timed, [book(1), book(2, by_staff=True)], now=now)) == expected


def test_the_journal_names_ten_who_were_passed_over_and_counts_the_others():
    waiting = [Entry(booking=ident(n), seats=2, person=bytes([n])) for n in range(1, 31)]
    outcome = decide(plan(waiting=waiting, entries=30, waiting_seats=60, taken=2), [Release()], now=NOON)

    assert [note.what for note in outcome.notes] == ["passed"] * 10 + ["passed_too"]
    assert outcome.notes[-1].facts == {"entries": 20}


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
