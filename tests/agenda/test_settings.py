"""The settings of an event: when it is shown, when bookings open and close, seats held back, whole days, reminders."""

# ruff: noqa: DTZ001 - the clock on the wall has no zone

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from ateliers.agenda.about import about_of
from ateliers.agenda.changing import move_session
from ateliers.agenda.drafts import About, Move, NewSession
from ateliers.agenda.event import Event
from ateliers.agenda.kinds import Kind
from ateliers.agenda.publishing import add_session, create_event, update_event
from ateliers.agenda.questions import Answer, Question
from ateliers.agenda.reminder import Reminder
from ateliers.agenda.search import Search, nearest_sessions, search_sessions
from ateliers.agenda.session import Session
from ateliers.agenda.sessions import get_event, list_sessions_of_event
from ateliers.network.people import Person, get_person
from ateliers.places.communes import resolve
from ateliers.refusals import Invalid
from ateliers.words import speaking
from tests.agenda.drafts import THURSDAY, TUESDAY, samir, workshop
from tests.agenda.values import a_session
from tests.world import NOON, SAINT_DENIS, START, make_event, make_session, make_structure

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ALL = {
    "offer_hours": 12,
    "call_hours": 6,
    "public_from": datetime(2026, 11, 25, 8),
    "opens_at": datetime(2026, 11, 26, 9, 30),
    "closing_hours": 24,
    "release_minutes": 15,
    "questions": [Question(text="Comment venez-vous ?", answer=Answer.CHOICE, choices=["Bus", "Pied"])],
    "open_invites": True,
    "reminder_plan": [Reminder.H_2, Reminder.J_3],
}


async def samir_of(event: Event) -> Person:
    assert event.created_by is not None
    return await get_person(event.created_by)


async def refused(**settings: Any) -> dict[str, str]:
    by = await samir(await make_structure())
    with pytest.raises(Invalid) as refusal:
        await create_event(workshop(**settings), by=by, now=NOON)
    return refusal.value.errors


async def published(**settings: Any) -> tuple[Event, list[Session]]:
    by = await samir(await make_structure())
    event = await create_event(workshop(publish=True, **settings), by=by, now=NOON)
    return event, await list_sessions_of_event(event.id)


async def test_every_setting_is_kept_and_shown_again_for_editing():
    event, [session] = await published(**ALL)

    assert (event.offer_for, event.call_for, event.closing, event.release_after) == (
        12 * HOUR,
        6 * HOUR,
        24 * HOUR,
        timedelta(minutes=15),
    )
    assert event.public_from == datetime(2026, 11, 25, 7, tzinfo=UTC)
    assert event.opens_at == datetime(2026, 11, 26, 8, 30, tzinfo=UTC)
    assert (event.is_private, event.reminder_plan, event.reminders) == (
        False,
        ["J-3", "H-2"],
        [Reminder.J_3, Reminder.H_2],
    )
    [question] = event.questions
    assert (question.text, question.answer, question.choices, len(question.id)) == (
        "Comment venez-vous ?",
        Answer.CHOICE,
        ["Bus", "Pied"],
        8,
    )
    assert (session.questions, session.opens_at, session.closes_at) == (
        [question],
        event.opens_at,
        session.starts_at - 24 * HOUR,
    )
    assert about_of(event, "Europe/Paris") == msgspec.structs.replace(
        About(title=event.title, programme=event.programme, **ALL),
        questions=[question],
        reminder_plan=[Reminder.J_3, Reminder.H_2],
    )


async def test_saving_what_was_shown_changes_nothing():
    event, _sessions = await published(**ALL)
    by = await samir_of(event)

    after = await update_event(event.id, about_of(event, "Europe/Paris"), by=by, now=NOON + DAY)

    assert msgspec.structs.replace(after, updated_at=event.updated_at) == event


async def test_what_nobody_sets_is_as_it_was():
    event, [session] = await published()

    assert (event.offer_for, event.public_from, event.opens_at, event.release_after) == (None,) * 4
    assert (event.call_for, event.closing, event.is_private, event.questions) == (DAY, timedelta(0), True, [])
    assert event.reminder_plan == ["J-7", "J-1", "H-2"]
    assert (session.seats_held_back, session.held_back_until, session.all_day) == (0, None, False)


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"opens_at": TUESDAY}, {"opens_at": "Bookings would close before they open, for the first session."}),
        (
            {"opens_at": TUESDAY - 2 * HOUR, "closing_hours": 2},
            {"opens_at": "Bookings would close before they open, for the first session."},
        ),
        (
            {"opens_at": TUESDAY - 3 * DAY, "public_from": TUESDAY - 2 * DAY},
            {"opens_at": "Bookings cannot open before the event is shown."},
        ),
        ({"public_from": TUESDAY}, {"public_from": "The first session would begin before anybody can see it."}),
        ({"public_from": datetime(2032, 1, 1)}, {"public_from": "This date is more than three years away."}),
        (
            {"opens_at": datetime(2027, 3, 28, 2, 30)},
            {"opens_at": "This time does not exist: clocks go forward that night."},
        ),
        ({"opens_at": datetime(1, 1, 1)}, {"opens_at": "This date is in the past."}),
        ({"seats_held_back": 11}, {"seats_held_back": "More seats are held back than there are."}),
        (
            {"seats_held_back": 2, "capacity": None},
            {"seats_held_back": "Seats can only be held back where their number is limited."},
        ),
        (
            {"seats_held_back": 2, "held_back_days": 8},
            {"held_back_days": "For the first session, this moment has already gone by."},
        ),
        (
            {"questions": [Question(text="Quelle est votre maladie ?")]},
            {
                "questions.0.text": "Do not ask about health, a social security number or a date of birth. "
                "Needs have their own field."
            },
        ),
    ],
)
async def test_what_contradicts_itself_is_refused(settings, wrong):
    assert await refused(**settings) == wrong


async def test_moments_gone_by_may_stay_when_an_event_is_edited():
    event, _sessions = await published(**ALL)
    by = await samir_of(event)

    later = await update_event(
        event.id,
        msgspec.structs.replace(about_of(event, "Europe/Paris"), title="Autre titre"),
        by=by,
        now=START + DAY,
    )

    assert (later.title, later.opens_at) == ("Autre titre", event.opens_at)


async def test_moments_are_those_of_the_clock_of_the_structure():
    by = await samir(await make_structure(**SAINT_DENIS))
    event = await create_event(workshop(commune="97400", opens_at=datetime(2026, 11, 30, 9)), by=by, now=NOON)

    assert event.opens_at == datetime(2026, 11, 30, 5, tzinfo=UTC)
    assert about_of(event, "Indian/Reunion").opens_at == datetime(2026, 11, 30, 9)


async def test_no_date_comes_before_bookings_open():
    event, [session] = await published(opens_at=TUESDAY - 2 * DAY, closing_hours=24)
    by = await samir_of(event)
    refused = {
        "local_start": "Bookings open later than that. Change their opening first, in the settings of the event."
    }

    with pytest.raises(Invalid) as moved:
        await move_session(session.id, Move(local_start=TUESDAY - DAY), by=by, now=NOON)
    with pytest.raises(Invalid) as added:
        await add_session(event.id, NewSession(local_start=TUESDAY - 3 * DAY), by=by, now=NOON)

    assert (moved.value.errors, added.value.errors) == (refused, refused)
    opened = START - DAY * 1.5  # once bookings have opened, nothing stands against it
    sooner = await move_session(session.id, Move(local_start=TUESDAY - DAY), by=by, now=opened)
    assert sooner.local_start == TUESDAY - DAY


# embargo ------------------------------------------------------------------------------------------


async def test_nothing_is_found_before_it_is_shown():
    event_id = await make_event(public_from=NOON + HOUR)
    session_id = await make_session(event_id)
    nevers = resolve("Nevers")
    assert nevers is not None

    async def found(now: datetime) -> list[list[Any]]:
        results = await search_sessions(Search(near="Nevers"), now=now)
        nearest = await nearest_sessions(nevers, now=now)
        return [[one.session.id for one in results.found], [one.session.id for one in nearest], [*results.counts]]

    assert await found(NOON) == [[], [], []]
    assert await found(NOON + HOUR) == [[session_id], [session_id], [Kind.WORKSHOP]]


def test_bookings_open_and_close_when_they_should():
    session = a_session(opens_at=NOON, closing=24 * HOUR)
    moments = (NOON - HOUR, NOON, START - 24 * HOUR - HOUR, START - 24 * HOUR, START)

    assert [session.takes_bookings(now) for now in moments] == [False, True, True, False, False]
    assert [session.bookings_in_words(now) for now in moments] == [
        "Inscriptions à partir du mardi 24 novembre 2026 à 12\u00a0h",
        "Inscriptions jusqu’au lundi 30 novembre 2026 à 14\u00a0h",
        "Inscriptions jusqu’au lundi 30 novembre 2026 à 14\u00a0h",
        "Inscriptions en ligne fermées",
        "",
    ]
    with speaking("en"):
        assert session.bookings_in_words(NOON) == "Bookings close on Monday 30 November 2026 at 14:00"
    assert a_session().bookings_in_words(NOON) == ""
    assert a_session(public_from=NOON + HOUR).takes_bookings(NOON) is False


# seats held back ----------------------------------------------------------------------------------


async def test_seats_are_held_back_for_each_date_until_some_days_before():
    _event, [first, second] = await published(dates=[TUESDAY, THURSDAY], seats_held_back=3, held_back_days=2)

    assert [(s.seats_held_back, s.held_back_until, s.seats_left) for s in (first, second)] == [
        (3, first.starts_at - 2 * DAY, 7),
        (3, second.starts_at - 2 * DAY, 7),
    ]


async def test_one_more_date_holds_its_own_seats_back_and_a_move_takes_them_along():
    event, _sessions = await published()
    by = await samir_of(event)
    new = NewSession(local_start=THURSDAY, capacity=5, seats_held_back=2, held_back_days=1)

    session = await add_session(event.id, new, by=by, now=NOON)
    assert (session.seats_held_back, session.held_back_until) == (2, session.starts_at - DAY)
    moved = await move_session(session.id, Move(local_start=THURSDAY + 7 * DAY), by=by, now=NOON)

    assert (moved.seats_held_back, moved.held_back_until) == (2, moved.starts_at - DAY)


# whole days ---------------------------------------------------------------------------------------


def stand(**changes: Any):
    return workshop(kind=Kind.STAND, capacity=None, **changes)


async def test_a_stand_may_last_all_day():
    by = await samir(await make_structure())
    event = await create_event(stand(dates=[TUESDAY], all_day=True, minutes=180, publish=True), by=by, now=NOON)
    [session] = await list_sessions_of_event(event.id)

    assert (session.all_day, session.local_start) == (True, datetime(2026, 12, 1))
    assert (session.starts_at, session.ends_at) == (
        datetime(2026, 11, 30, 23, tzinfo=UTC),
        datetime(2026, 12, 1, 23, tzinfo=UTC),
    )

    added = await add_session(event.id, NewSession(local_start=THURSDAY), by=by, now=NOON)
    assert (added.all_day, added.local_start) == (True, datetime(2026, 12, 3))
    hours = await move_session(added.id, Move(local_start=THURSDAY, minutes=120, all_day=False), by=by, now=NOON)
    assert (hours.all_day, hours.local_start, hours.ends_at - hours.starts_at) == (False, THURSDAY, 2 * HOUR)
    days = await move_session(added.id, Move(all_day=True, local_end=THURSDAY + DAY * 1.5), by=by, now=NOON)
    assert (days.all_day, days.ends_at - days.starts_at) == (True, 2 * DAY)


@pytest.mark.parametrize(("day", "hours"), [(datetime(2027, 3, 28), 23), (datetime(2027, 10, 31), 25)])
async def test_the_days_when_clocks_change_are_whole_days_too(day, hours):
    by = await samir(await make_structure())
    event = await create_event(stand(dates=[day + 10 * HOUR], all_day=True), by=by, now=NOON)
    [session] = await list_sessions_of_event(event.id)
    assert session.ends_at - session.starts_at == hours * HOUR

    added = await add_session(event.id, NewSession(local_start=day + 7 * DAY), by=by, now=NOON)

    assert added.ends_at - added.starts_at == DAY


async def test_only_a_stand_lasts_all_day():
    event, [session] = await published(all_day=True)
    by = await samir_of(event)
    moved = await move_session(session.id, Move(all_day=True, minutes=30), by=by, now=NOON)

    assert [(one.all_day, one.local_start) for one in (session, moved)] == [(False, TUESDAY)] * 2


# questions ----------------------------------------------------------------------------------------


async def test_a_question_that_is_reworded_keeps_its_id():
    event, _sessions = await published(**ALL)
    by = await samir_of(event)
    [question] = event.questions
    about = about_of(event, "Europe/Paris")
    reworded = msgspec.structs.replace(question, text="Par quel moyen venez-vous ?")
    new = Question(text="Avez-vous un téléphone ?", answer=Answer.YES_NO)

    await update_event(event.id, msgspec.structs.replace(about, questions=[new, reworded]), by=by, now=NOON)

    [first, second] = (await get_event(event.id)).questions
    assert (second, first.text, first.id != question.id) == (reworded, new.text, True)


async def test_a_title_alone_puts_everything_else_back_to_what_is_usual():
    event, _sessions = await published(**ALL)

    after = await update_event(event.id, About(title="Simple"), by=await samir_of(event), now=NOON)

    assert (after.opens_at, after.questions, after.offer_for, after.is_private) == (None, [], None, True)
