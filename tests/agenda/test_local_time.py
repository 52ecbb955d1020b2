"""Wall clocks and instants: every zone of France, the hours that spring skips and that autumn plays twice."""

# ruff: noqa: DTZ001 - the clock on the wall has no zone

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ateliers.agenda.local_time import exists, to_utc, wrong_start
from tests.world import NOON

FRENCH_ZONES = [
    "Europe/Paris",
    "America/Guadeloupe",
    "America/Martinique",
    "America/Cayenne",
    "Indian/Reunion",
    "America/Miquelon",
    "Indian/Mayotte",
    "America/St_Barthelemy",
    "America/Marigot",
    "Pacific/Wallis",
    "Pacific/Tahiti",
    "Pacific/Marquesas",
    "Pacific/Gambier",
    "Pacific/Noumea",
]
zones = st.sampled_from(FRENCH_ZONES)
instants = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)


@given(instants, zones)
def test_what_a_clock_shows_exists_and_leads_back_to_its_instant(moment, zone):
    shown = moment.astimezone(ZoneInfo(zone))
    local = shown.replace(tzinfo=None)

    assert exists(local, zone)
    assert to_utc(local, zone) == moment - timedelta(hours=shown.fold)  # of two readings, the first


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)), zones)
def test_a_local_time_exists_exactly_when_its_instant_shows_it(local, zone):
    shown = to_utc(local, zone).astimezone(ZoneInfo(zone)).replace(tzinfo=None)

    assert exists(local, zone) == (shown == local)


@pytest.mark.parametrize(
    ("local", "zone", "there"),
    [
        (datetime(2027, 3, 28, 1, 59, 59), "Europe/Paris", True),
        (datetime(2027, 3, 28, 2, 0), "Europe/Paris", False),
        (datetime(2027, 3, 28, 2, 59, 59), "Europe/Paris", False),
        (datetime(2027, 3, 28, 3, 0), "Europe/Paris", True),
        (datetime(2027, 3, 28, 2, 30), "Indian/Reunion", True),
        (datetime(2027, 3, 14, 2, 30), "America/Miquelon", False),
        (datetime(2027, 3, 14, 2, 30), "Europe/Paris", True),
    ],
)
def test_the_hour_skipped_in_spring_does_not_exist(local, zone, there):
    assert exists(local, zone) is there


def test_of_the_hour_played_twice_the_first_is_meant():
    assert to_utc(datetime(2026, 10, 25, 2, 30), "Europe/Paris") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert to_utc(datetime(2026, 10, 25, 2, 30, fold=1), "Europe/Paris") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("local", "zone", "instant"),
    [
        (datetime(2026, 12, 1, 14), "Europe/Paris", datetime(2026, 12, 1, 13, tzinfo=UTC)),
        (datetime(2026, 12, 1, 14), "Indian/Reunion", datetime(2026, 12, 1, 10, tzinfo=UTC)),
        (datetime(2026, 12, 1, 14), "Pacific/Noumea", datetime(2026, 12, 1, 3, tzinfo=UTC)),
        (datetime(2026, 12, 1, 14), "America/Martinique", datetime(2026, 12, 1, 18, tzinfo=UTC)),
    ],
)
def test_noon_is_not_the_same_instant_everywhere(local, zone, instant):
    assert to_utc(local, zone) == instant


@pytest.mark.parametrize(
    ("local", "zone", "wrong"),
    [
        (datetime(2026, 12, 1, 14), "Europe/Paris", None),
        (datetime(2026, 11, 24, 12, 0), "Europe/Paris", "This date is in the past."),
        (datetime(2026, 11, 24, 12, 1), "Europe/Paris", None),
        (datetime(2026, 11, 24, 14, 30), "Indian/Reunion", "This date is in the past."),  # 15 h there already
        (datetime(1, 1, 1), "Europe/Paris", "This date is in the past."),
        (datetime(1, 1, 1), "Pacific/Noumea", "This date is in the past."),
        (datetime(9999, 12, 31, 23, 59), "America/Martinique", "This date is more than three years away."),
        (datetime(2027, 3, 28, 2, 30), "Europe/Paris", "This time does not exist: clocks go forward that night."),
    ],
)
def test_a_start_is_refused_in_words(local, zone, wrong):
    assert wrong_start(local, zone, now=NOON) == wrong


@given(st.datetimes(), zones)
def test_no_date_at_all_is_a_fault(local, zone):
    if wrong_start(local, zone, now=NOON) is None:
        assert NOON < to_utc(local, zone) < NOON + timedelta(days=3 * 366 + 1)
