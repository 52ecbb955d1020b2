"""Every zone of a French commune and of Europe, around each change of its clock, read by three programs (rules T2 to T4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import pytest

from ateliers.agenda.calendar import calendar_file, public_event
from ateliers.agenda.local_time import exists, to_utc, wrong_start
from ateliers.agenda.session import Session
from ateliers.places.territories import DEPARTEMENTS, zone_of
from ateliers.words import ZONE_NAMES
from tests.agenda.values import a_session
from tests.engines.readers import instant, read_alike
from tests.world import NOON

ZONES = sorted(
    {
        *(zone_of(code) for code in DEPARTEMENTS),
        *ZONE_NAMES,
        *(zone for zone in available_timezones() if zone.startswith("Europe/")),
    }
)
YEARS = (2026, 2027, 2028)
MINUTE = timedelta(minutes=1)


@lru_cache(maxsize=1)
def minutes_of_change(zone: str) -> tuple[datetime, ...]:
    """The first minute of each new offset."""
    clock, found = ZoneInfo(zone), []
    moment, end = datetime(YEARS[0], 1, 1, tzinfo=UTC), datetime(YEARS[-1] + 1, 1, 1, tzinfo=UTC)
    while moment < end:
        later = moment + timedelta(days=1)
        if moment.astimezone(clock).utcoffset() != later.astimezone(clock).utcoffset():
            minute = moment
            while minute.astimezone(clock).utcoffset() == moment.astimezone(clock).utcoffset():
                minute += MINUTE
            found.append(minute)
        moment = later
    return tuple(found)


def is_forward(change: datetime, zone: str) -> bool:
    before, after = ((change - off).astimezone(ZoneInfo(zone)).utcoffset() for off in (MINUTE, timedelta(0)))
    assert before is not None
    assert after is not None
    return after > before


def a_session_at(starts_at: datetime, zone: str, number: int) -> Session:
    ends_at = starts_at + timedelta(hours=1, minutes=30)
    return a_session(id=UUID(int=number), zone=zone, starts_at=starts_at, ends_at=ends_at)


@pytest.mark.parametrize("zone", ZONES)
def test_three_programs_read_the_true_instant(zone):
    moments = [datetime(year, month, 15, 9, 30, tzinfo=UTC) for year in YEARS for month in (1, 7)]
    for change in minutes_of_change(zone):
        moments += [change + offset * MINUTE for offset in (-120, -61, -59, -30, -1, 0, 1, 29, 59, 61, 120)]
    sessions = [a_session_at(moment, zone, number) for number, moment in enumerate(moments, 1)]
    raw = calendar_file([], sessions, [public_event(session) for session in sessions])

    found = read_alike(raw)["events"]
    assert [(event["start"], event["end"]) for event in found] == [
        (instant(session.starts_at), instant(session.ends_at)) for session in sessions
    ]
    assert b"RDATE" not in raw
    assert all(b"BYDAY=" in line for line in raw.split(b"\r\n") if line.startswith(b"RRULE"))


@pytest.mark.parametrize("zone", [zone for zone in ZONES if minutes_of_change(zone)])
def test_an_hour_that_does_not_exist_is_refused_and_one_that_comes_twice_is_in_utc(zone):
    clock = ZoneInfo(zone)
    for change in minutes_of_change(zone):
        before = (change - MINUTE).astimezone(clock).replace(tzinfo=None)
        if is_forward(change, zone):
            assert not exists(before + 5 * MINUTE, zone)
            assert wrong_start(before + 5 * MINUTE, zone, now=max(NOON, change - timedelta(days=30))) is not None
        else:
            assert exists(before, zone)
            assert to_utc(before, zone) == change - MINUTE  # of the two, the first
            for twice in (change - MINUTE, change):
                raw = public_event(a_session_at(twice, zone, 1))
                assert f"DTSTART:{twice:%Y%m%dT%H%M%SZ}\r\n".encode() in raw
