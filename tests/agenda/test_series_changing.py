"""This date, this and following, all: what changes, what stays, and that no booking ever moves (B2)."""

# ruff: noqa: DTZ001 - the clock on the wall has no zone

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ateliers.agenda.changing import call_off_session, move_session, preview_move
from ateliers.agenda.drafts import Move, Which
from ateliers.agenda.event import Event
from ateliers.agenda.publishing import create_event
from ateliers.agenda.repeating import list_series_of
from ateliers.agenda.series import Repeat, Weekday, days_of, make_rule
from ateliers.agenda.series_changing import new_day, new_rule
from ateliers.agenda.sessions import list_sessions_of_event
from ateliers.database import fetch_rows
from ateliers.network.people import Person
from ateliers.refusals import Invalid, Refusal
from ateliers.words import speaking
from tests.agenda.drafts import samir, workshop
from tests.world import NOON, make_booking, make_place, make_structure

BOOKED = "SELECT id, session_id, state, seats, rank, name FROM booking ORDER BY id"


async def weekly(**changes) -> tuple[Event, Person]:
    """Tuesdays at 14 h, from 1 December to 26 January but Christmas week."""
    by = await samir(await make_structure())
    asked = {
        "repeat": Repeat.WEEKLY,
        "repeat_until": date(2027, 1, 26),
        "except_days": [date(2026, 12, 22)],
        "publish": True,
    }
    return await create_event(workshop(**(asked | changes)), by=by, now=NOON), by


async def starts_of(event: Event) -> list[tuple[int, int, int]]:
    return [
        (one.local_start.month, one.local_start.day, one.local_start.hour)
        for one in await list_sessions_of_event(event.id)
        if not one.is_called_off
    ]


async def words_of(event: Event) -> list[str]:
    with speaking("en"):
        return [series.in_words() for series in await list_series_of(event.id)]


async def test_this_and_following_go_to_another_day_and_hour_with_their_bookings():
    event, by = await weekly()
    sessions = await list_sessions_of_event(event.id)
    for session in sessions:
        await make_booking(session.id)
        await make_booking(session.id, state="waiting")
    booked = await fetch_rows(BOOKED)
    # One was moved by hand, and stays where it was put; one was called off.
    await move_session(sessions[5].id, Move(local_start=datetime(2027, 1, 14, 9)), by=by, now=NOON)
    await call_off_session(sessions[6].id, "Salle fermée", by=by, now=NOON)
    move = Move(which=Which.FOLLOWING, local_start=datetime(2026, 12, 16, 15, 30), minutes=90)

    changes = await preview_move(sessions[2].id, move, by=by, now=NOON)
    assert [(one.before.local_start.day, one.after.local_start.day, one.is_new) for one in changes] == [
        (15, 16, True),
        (29, 30, True),
        (5, 6, True),
        (14, 14, True),  # shorter from now on, as the others
        (26, 27, True),
    ]
    assert [one.was_moved_by_hand for one in changes] == [False, False, False, True, False]
    assert await fetch_rows(BOOKED) == booked

    await move_session(sessions[2].id, move, by=by, now=NOON)

    assert await starts_of(event) == [
        (12, 1, 14),
        (12, 8, 14),
        (12, 16, 15),
        (12, 30, 15),
        (1, 6, 15),
        (1, 14, 9),
        (1, 27, 15),
    ]
    after = await list_sessions_of_event(event.id)
    assert {one.id: one.revision for one in after} == {
        one.id: [0, 0, 1, 1, 1, 2, 1, 1][n] for n, one in enumerate(sessions)
    }
    assert await fetch_rows(BOOKED) == booked
    assert await words_of(event) == [
        "every week, on Tuesday, at 14:00, until Tuesday 8 December 2026",
        "every week, on Wednesday, at 15:30, until Wednesday 27 January 2027",
    ]
    # The date that was moved by hand stands for the Wednesday of its week from now on.
    assert [one.recurs_on.day for one in sorted(after, key=lambda one: one.recurs_on)][2:] == [16, 30, 6, 13, 20, 27]


async def test_all_dates_to_come_go_to_another_place_and_the_rule_stays():
    event, by = await weekly()
    sessions = await list_sessions_of_event(event.id)
    elsewhere = await make_place(name="Mairie")
    later = datetime(2026, 12, 9, 12, tzinfo=NOON.tzinfo)

    await move_session(sessions[4].id, Move(which=Which.ALL, place_id=elsewhere), by=by, now=later)

    assert [one.place_name for one in await list_sessions_of_event(event.id)] == [
        *["Médiathèque Jean-Jaurès"] * 2,
        *["Mairie"] * 6,
    ]
    assert await words_of(event) == ["every week, on Tuesday, at 14:00, until Tuesday 26 January 2027"]


async def test_a_series_is_stopped_and_says_its_new_end():
    event, by = await weekly()
    sessions = await list_sessions_of_event(event.id)

    await call_off_session(sessions[3].id, "Plus de salle", which=Which.FOLLOWING, by=by, now=NOON)

    assert await starts_of(event) == [(12, 1, 14), (12, 8, 14), (12, 15, 14)]
    assert await words_of(event) == ["every week, on Tuesday, at 14:00, until Tuesday 15 December 2026"]
    lone = await create_event(workshop(publish=True), by=by, now=NOON)
    [only] = await list_sessions_of_event(lone.id)
    with pytest.raises(Invalid):
        await call_off_session(only.id, "Plus de salle", which=Which.ALL, by=by, now=NOON)


async def test_public_holidays_on_which_dates_would_fall_are_named_before_anything_changes():
    event, by = await weekly(skip_holidays=True, repeat_until=date(2027, 1, 5), except_days=[])
    sessions = await list_sessions_of_event(event.id)

    changes = await preview_move(
        sessions[0].id, Move(which=Which.ALL, local_start=datetime(2026, 12, 4, 14)), by=by, now=NOON
    )

    assert {one.after.local_start.day: one.holiday for one in changes if one.holiday} == {25: "Noël", 1: "Jour de l’an"}


async def test_no_edit_of_a_series_moves_a_booking_or_loses_a_date():
    event, by = await weekly(repeat_days=[Weekday.TUESDAY, Weekday.THURSDAY], capacity=3)
    for n, session in enumerate(await list_sessions_of_event(event.id)):
        for state in ("confirmed", "waiting", "confirmed")[: n % 4]:
            await make_booking(session.id, state=state)
    booked = await fetch_rows(BOOKED)
    ids = {one.id for one in await list_sessions_of_event(event.id)}
    seats = {
        one.id: (one.capacity, one.seats_taken, one.seats_waiting) for one in await list_sessions_of_event(event.id)
    }
    places = [await make_place(name="Mairie"), await make_place(name="Gare")]
    dice = random.Random(7)
    done = 0
    for _turn in range(25):
        one = dice.choice(await list_sessions_of_event(event.id))
        which = dice.choice(list(Which))
        start = one.local_start + timedelta(days=dice.randint(-2, 6), hours=dice.choice((0, 0, 2)))
        move = dice.choice(
            (
                Move(which=which, local_start=start),
                Move(which=which, minutes=dice.choice((45, 60, 90))),
                Move(which=which, place_id=dice.choice(places), local_start=start),
            )
        )
        try:
            if dice.random() < 0.1:
                await call_off_session(one.id, "Pas possible", by=by, now=NOON)
            else:
                await move_session(one.id, move, by=by, now=NOON)
            done += 1
        except Refusal:
            continue  # past, called off
    after = await list_sessions_of_event(event.id)

    assert done > 10
    assert await fetch_rows(BOOKED) == booked
    assert {one.id for one in after} == ids
    assert {one.id: (one.capacity, one.seats_taken, one.seats_waiting) for one in after} == seats
    series = {one.id: one for one in await list_series_of(event.id)}
    assert all(one.series_id is None or one.series_id in series for one in after)


@given(
    first=st.dates(date(2026, 1, 1), date(2030, 1, 1)),
    repeat=st.sampled_from(Repeat),
    shift=st.integers(-20, 40),
    turn=st.integers(0, 5),
)
@settings(max_examples=200, deadline=None)
def test_the_days_of_a_rule_go_along_one_to_one_and_in_order(first, repeat, shift, turn):
    rule = make_rule(repeat, first, weekdays=set(), until=first + timedelta(days=500))
    days = list(days_of(rule, first))
    chosen = days[turn % len(days)] if days else first
    after = chosen + timedelta(days=shift)

    gone = [new_day(rule, day, chosen, after) for day in days]
    there = [day for day in gone if day is not None]

    assert chosen not in days or gone[days.index(chosen)] == after
    assert all(one < other for one, other in pairwise(there))
    turned = new_rule(rule, chosen, after, until=date(2040, 1, 1))
    if there:
        assert set(there) <= set(days_of(turned, there[0]))
