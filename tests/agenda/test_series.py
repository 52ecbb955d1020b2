"""Dates that follow a rule: the same days as another library finds, on the clock of the place, and in words (B2)."""

# ruff: noqa: DTZ001 - the clock on the wall has no zone

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import msgspec
import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from ateliers.agenda.drafts import NewSession
from ateliers.agenda.publishing import add_session, create_event
from ateliers.agenda.repeating import find_repetition, list_series_of
from ateliers.agenda.series import Repeat, Weekday, days_of, make_rule, read_rule, rule_in_words
from ateliers.agenda.sessions import list_sessions_of_event
from ateliers.places.holidays import public_holidays
from ateliers.refusals import Invalid
from ateliers.words import local, speaking
from tests.agenda.drafts import TUESDAY, samir, workshop
from tests.world import NOON, make_structure

DAYS = st.dates(min_value=date(2024, 1, 1), max_value=date(2040, 12, 31))


@given(
    first=DAYS,
    repeat=st.sampled_from(Repeat),
    weekdays=st.sets(st.integers(0, 6)),
    every=st.integers(1, 4),
    length=st.integers(0, 3 * 366),
)
@settings(max_examples=300, deadline=None)
def test_a_rule_means_the_days_that_dateutil_finds(first, repeat, weekdays, every, length):
    weekdays = weekdays | {first.weekday()} if weekdays else weekdays
    rule = make_rule(repeat, first, weekdays=weekdays, until=first + timedelta(days=length))
    rule = msgspec.structs.replace(rule, every=every)

    found = [day.date() for day in rrulestr(str(rule), dtstart=datetime.combine(first, time(14)))]

    assert list(days_of(rule, first)) == found
    assert read_rule(str(rule)) == rule


@pytest.mark.parametrize(
    ("repeat", "first", "days", "words"),
    [
        (Repeat.WEEKLY, TUESDAY, set(), "chaque semaine, le mardi, à 14 h, jusqu’au mardi 29 juin 2027"),
        (
            Repeat.FORTNIGHTLY,
            TUESDAY,
            {1, 3},
            "toutes les 2 semaines, le mardi et le jeudi, à 14 h, jusqu’au mardi 29 juin 2027",
        ),
        (Repeat.MONTHLY_WEEKDAY, TUESDAY, set(), "chaque mois, le premier mardi, à 14 h, jusqu’au mardi 29 juin 2027"),
        (
            Repeat.MONTHLY_LAST,
            datetime(2026, 12, 29, 9, 30),
            set(),
            "chaque mois, le dernier mardi, à 9 h 30, jusqu’au mardi 29 juin 2027",
        ),
        (Repeat.MONTHLY_DAY, TUESDAY, set(), "chaque mois, le 1er, à 14 h, jusqu’au mardi 29 juin 2027"),
    ],
)
def test_a_rule_in_words(repeat, first, days, words):
    rule = make_rule(repeat, first.date(), weekdays=days, until=date(2027, 6, 29))

    with speaking("fr"):
        text = rule_in_words(rule, first, "Europe/Paris", skip_holidays=False)

    assert text.replace("\u00a0", " ") == words


def test_dates_are_counted_as_people_count_them():
    asked = workshop(
        repeat=Repeat.WEEKLY,
        repeat_times=3,
        except_days=[date(2026, 12, 8)],
        skip_holidays=True,
        repeat_days=[Weekday.TUESDAY, Weekday.FRIDAY],
    )

    found, errors = find_repetition(asked, TUESDAY, holidays={date(2026, 12, 4): "Fête"})

    assert errors == {}
    assert [start.day for start in found.starts] == [1, 11, 15]
    assert found.left_out == {date(2026, 12, 4): "Fête", date(2026, 12, 8): ""}
    assert found.rule.until == date(2026, 12, 15)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"repeat": None, "repeat_times": 4}, "repeat"),
        ({"repeat_times": None}, "repeat_until"),
        ({"repeat_until": date(2027, 1, 5)}, "repeat_times"),
        ({"repeat_times": None, "repeat_until": date(2026, 11, 30)}, "repeat_until"),
        ({"repeat_times": None, "repeat_until": date(2039, 11, 30)}, "repeat_until"),
        ({"repeat_times": None, "repeat_until": date(2029, 11, 1), "repeat_days": list(Weekday)}, "repeat_until"),
        ({"repeat_days": [Weekday.MONDAY]}, "repeat_days"),
        ({"repeat": Repeat.MONTHLY_LAST}, "repeat"),
        ({"repeat_times": None, "repeat_until": date(2026, 12, 1), "except_days": [date(2026, 12, 1)]}, "except_days"),
        ({"dates": []}, "dates"),
    ],
)
async def test_a_rule_that_makes_no_sense_is_refused_beside_its_field(changes, field):
    by = await samir(await make_structure())

    with pytest.raises(Invalid) as refusal:
        await create_event(workshop(**{"repeat": Repeat.WEEKLY, "repeat_times": 4} | changes), by=by, now=NOON)

    assert list(refusal.value.errors) == [field]


async def test_a_weekly_series_keeps_its_hour_when_clocks_change_and_leaves_public_holidays_out():
    structure_id = await make_structure()
    by = await samir(structure_id)
    asked = workshop(
        dates=[TUESDAY, TUESDAY + timedelta(days=1, hours=2)],
        repeat=Repeat.WEEKLY,
        repeat_until=date(2027, 5, 31),
        repeat_days=[Weekday.TUESDAY, Weekday.SATURDAY],
        except_days=[date(2026, 12, 22)],
        skip_holidays=True,
        publish=True,
    )

    event = await create_event(asked, by=by, now=NOON)

    sessions = await list_sessions_of_event(event.id)
    [series] = await list_series_of(event.id)
    in_series = [session for session in sessions if session.series_id == series.id]
    assert [session.local_start for session in sessions if session not in in_series] == [datetime(2026, 12, 2, 16)]
    assert {local(session.starts_at, "Europe/Paris").time() for session in in_series} == {time(14)}
    assert [session.recurs_on for session in in_series] == [session.local_start for session in in_series]
    wanted = set(rrulestr("FREQ=WEEKLY;BYDAY=TU,SA;UNTIL=20270531T235959", dtstart=TUESDAY))
    off = {datetime(2026, 12, 22, 14), datetime(2027, 5, 1, 14), datetime(2027, 5, 8, 14)}
    assert {session.local_start for session in in_series} == wanted - off
    assert (series.except_days, series.skip_holidays) == ([date(2026, 12, 22)], True)
    with speaking("en"):
        assert series.in_words() == (
            "every week, on Tuesday and on Saturday, at 14:00, until Monday 31 May 2027, without public holidays"
        )


async def test_dates_that_follow_a_rule_are_added_to_an_event():
    by = await samir(await make_structure())
    event = await create_event(workshop(capacity=7), by=by, now=NOON)
    [only] = await list_sessions_of_event(event.id)
    asked = msgspec.convert(
        {"local_start": "2026-12-08T10:00:00", "repeat": "monthly_weekday", "repeat_times": 3, "capacity": 7},
        type=NewSession,
    )

    first = await add_session(event.id, asked, by=by, now=NOON)

    sessions = await list_sessions_of_event(event.id)
    assert [session.local_start for session in sessions[1:]] == [
        datetime(2026, 12, 8, 10),
        datetime(2027, 1, 12, 10),
        datetime(2027, 2, 9, 10),
    ]
    assert sessions[1] == first
    assert {session.place_id for session in sessions} == {only.place_id}


async def test_each_territory_has_its_own_public_holidays():
    nation, moselle, reunion = [await public_holidays(code, [2027]) for code in ("58", "57", "974")]

    assert (len(nation), nation[date(2027, 7, 14)]) == (11, "Fête nationale")
    assert moselle.keys() - nation.keys() == {date(2027, 3, 26), date(2027, 12, 26)}
    assert reunion[date(2027, 12, 20)] == "Abolition de l’esclavage"
