"""VTIMEZONE components read by another program (dateutil) tell the same time as tzdata."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from dateutil.tz import tzical

from ateliers.agenda.vtimezone import vtimezone

FRENCH = [
    "Europe/Paris",
    "Indian/Reunion",
    "Indian/Mayotte",
    "Indian/Kerguelen",
    "America/Martinique",
    "America/Guadeloupe",
    "America/St_Barthelemy",
    "America/Marigot",
    "America/Cayenne",
    "America/Miquelon",
    "Pacific/Noumea",
    "Pacific/Tahiti",
    "Pacific/Marquesas",
    "Pacific/Gambier",
    "Pacific/Wallis",
]
EUROPEAN = sorted(zone for zone in available_timezones() if zone.startswith("Europe/"))
STRANGE = [
    "Africa/Casablanca",
    "Africa/Cairo",
    "America/Santiago",
    "America/Nuuk",
    "Asia/Jerusalem",
    "Australia/Lord_Howe",
]
ZONES = sorted({*FRENCH, *EUROPEAN, *STRANGE})


def changes_of(zone: str, first: int, last: int) -> list[datetime]:
    """To the hour, every moment at which the clock of the zone changes."""
    clock, moment, found = ZoneInfo(zone), datetime(first, 1, 1, tzinfo=UTC), []
    while moment.year <= last:
        later = moment + timedelta(hours=1)
        if moment.astimezone(clock).utcoffset() != later.astimezone(clock).utcoffset():
            found.append(later)
        moment = later
    return found


def moments_of(zone: str) -> list[datetime]:
    around = [
        change + timedelta(minutes=minutes)
        for change in changes_of(zone, 2026, 2027)
        for minutes in (-1441, -181, -121, 121, 181, 1441)
    ]
    return [*around, *(datetime(year, month, 15, 12, tzinfo=UTC) for year in (2026, 2027) for month in (1, 7))]


@pytest.mark.parametrize("zone", ZONES)
def test_another_program_reads_the_same_clock(zone):
    written = vtimezone(zone, 2025, 2028).decode()
    clock = tzical(io.StringIO(f"BEGIN:VCALENDAR\n{written}END:VCALENDAR\n".replace("\r\n", "\n"))).get(zone)

    for moment in moments_of(zone):
        local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert local.replace(tzinfo=clock).utcoffset() == local.replace(tzinfo=ZoneInfo(zone)).utcoffset(), local


@pytest.mark.parametrize("zone", ZONES)
def test_outlook_can_read_it(zone):
    """It knows no RDATE, and no RRULE without BYDAY."""
    lines = vtimezone(zone, 2025, 2028).decode().split("\r\n")

    assert not [line for line in lines if line.startswith(("RDATE", "COMMENT"))]
    assert all("BYDAY=" in line for line in lines if line.startswith("RRULE"))


@pytest.mark.parametrize("zone", sorted(set(FRENCH) - {"Europe/Paris", "America/Miquelon"}))
def test_a_clock_that_never_changes_has_no_rule(zone):
    written = vtimezone(zone, 2025, 2028)

    assert (written.count(b"BEGIN:STANDARD"), written.count(b"DAYLIGHT"), written.count(b"RRULE")) == (1, 0, 0)


def test_every_zone_there_is_can_be_written():
    for zone in sorted(available_timezones() - {"Factory", "localtime"}):
        assert vtimezone(zone, 2026, 2027).endswith(b"END:VTIMEZONE\r\n")
