"""Calendar files of sessions: bytes, privacy, validators."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from icalendar import Calendar

from ateliers.agenda.calendar import public_event, session_calendar, time_lines
from ateliers.words import speaking
from tests.agenda.values import ONLINE, a_session
from tests.golden import same_as_golden
from tests.world import NOON

GOLDEN = Path(__file__).parent / "golden"


def event_of(raw: bytes):
    (event,) = Calendar.from_ical(raw).walk("VEVENT")
    return event


def test_a_session_is_written_as_it_was_agreed():
    assert same_as_golden(GOLDEN / "session.ics", session_calendar(a_session()))


def test_a_called_off_session_says_so_twice():
    raw = session_calendar(a_session(called_off_at=NOON, called_off_reason="La salle est fermée.", revision=2))

    assert same_as_golden(GOLDEN / "called_off.ics", raw)
    assert event_of(raw)["STATUS"] == "CANCELLED"
    assert event_of(raw)["SUMMARY"].startswith("ANNULÉ – ")


def test_the_link_to_a_webinar_is_in_no_public_file():
    session = a_session(**ONLINE)
    raw = session_calendar(session)

    assert same_as_golden(GOLDEN / "webinar.ics", raw)
    assert b"visio" not in raw.replace(b"\r\n ", b"")


def test_nobody_is_named_and_nobody_is_asked():
    raw = session_calendar(a_session())

    assert not [word for word in (b"ATTENDEE", b"ORGANIZER", b"METHOD", b"VALARM") if word in raw]


def test_seats_that_come_and_go_change_no_byte():
    assert public_event(a_session(seats_taken=3)) == public_event(a_session(seats_taken=7, seats_waiting=2))


def test_it_speaks_the_readers_language():
    with speaking("en"):
        assert event_of(session_calendar(a_session()))["CATEGORIES"].to_ical() == b"Workshop"
    assert event_of(session_calendar(a_session()))["CATEGORIES"].to_ical() == b"Atelier"


def test_the_hour_is_that_of_the_place():
    start = datetime(2026, 12, 1, 10, tzinfo=UTC)
    raw = session_calendar(a_session(zone="Indian/Reunion", starts_at=start, ends_at=start + timedelta(hours=1)))

    assert b"DTSTART;TZID=Indian/Reunion:20261201T140000\r\n" in raw
    assert event_of(raw)["DTSTART"].dt == datetime(2026, 12, 1, 14, tzinfo=ZoneInfo("Indian/Reunion"))


def test_the_hour_that_comes_twice_is_written_in_utc():
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 2 h 30, summer time

    assert time_lines(a_session(starts_at=first, ends_at=first + timedelta(hours=2))) == [
        "DTSTART:20261025T003000Z",
        "DTEND;TZID=Europe/Paris:20261025T033000",
    ]


def test_a_stand_without_a_fixed_hour_takes_whole_days():
    first = datetime(2026, 11, 30, 23, tzinfo=UTC)  # midnight in Paris
    raw = session_calendar(a_session(kind="stand", all_day=True, starts_at=first, ends_at=first + timedelta(days=2)))

    assert same_as_golden(GOLDEN / "all_day.ics", raw)
    assert (event_of(raw)["DTSTART"].dt, event_of(raw)["DTEND"].dt) == (date(2026, 12, 1), date(2026, 12, 3))
    assert b"VTIMEZONE" not in raw


def test_a_night_session_across_the_change_lasts_what_it_lasts():
    start = datetime(2027, 3, 28, 0, 30, tzinfo=UTC)  # 1 h 30; an hour later it is 3 h 30
    event = event_of(session_calendar(a_session(starts_at=start, ends_at=start + timedelta(hours=1))))

    assert event["DTEND"].dt.astimezone(UTC) - event["DTSTART"].dt.astimezone(UTC) == timedelta(hours=1)
