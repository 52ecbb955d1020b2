"""The calendar object of a booking: golden bytes, read back by another program, and nothing private in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from icalendar import Calendar

from ateliers.bookings import invites
from ateliers.bookings.joining import join_path
from ateliers.bookings.links import manage_path, private_key
from ateliers.settings import settings
from ateliers.words import speaking
from tests.agenda.values import ONLINE, a_session
from tests.bookings.values import a_booking
from tests.golden import same_as_golden
from tests.world import NOON, SAINT_DENIS, START

GOLDEN = Path(__file__).parent / "golden"
LATER = NOON + timedelta(hours=3)
NEXT_WEEK = START + timedelta(days=7)


def event_of(raw: bytes):
    (event,) = Calendar.from_ical(raw).walk("VEVENT")
    return event


def unfolded(raw: bytes) -> str:
    return raw.decode().replace("\r\n ", "")


def test_a_request_is_written_as_it_was_agreed():
    raw = invites.request(a_booking(), a_session(), sequence=0, at=NOON)

    assert same_as_golden(GOLDEN / "request.ics", raw)
    assert raw == invites.request(a_booking(), a_session(), sequence=0, at=NOON)


def test_a_reschedule_is_the_same_object_with_another_date():
    moved = a_session(starts_at=NEXT_WEEK, ends_at=NEXT_WEEK + timedelta(hours=2), revision=1)
    raw = invites.request(a_booking(), moved, sequence=1, at=LATER)

    assert same_as_golden(GOLDEN / "reschedule.ics", raw)
    before, after = event_of(invites.request(a_booking(), a_session(), sequence=0, at=NOON)), event_of(raw)
    assert before["UID"] == after["UID"]
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)
    assert before["DTSTAMP"].dt < after["DTSTAMP"].dt
    assert after["DTSTART"].dt == NEXT_WEEK


def test_a_cancel_removes_the_object():
    raw = invites.cancel(a_booking(), a_session(), sequence=2, at=LATER)
    event = event_of(raw)

    assert same_as_golden(GOLDEN / "cancel.ics", raw)
    assert Calendar.from_ical(raw)["METHOD"] == "CANCEL"
    assert (event["STATUS"], event["SEQUENCE"]) == ("CANCELLED", 2)
    assert event["X-MICROSOFT-CDO-BUSYSTATUS"] == "FREE"
    assert not event.walk("VALARM")


def test_a_webinar_says_where_to_join_in_all_three_places():
    raw = invites.request(a_booking(), a_session(**ONLINE), sequence=0, at=NOON)
    event = event_of(raw)

    assert same_as_golden(GOLDEN / "webinar.ics", raw)
    link = f"http://ateliers.test{join_path(a_booking())}"
    assert event["LOCATION"] == link
    assert event["CONFERENCE"] == link
    assert link in event["DESCRIPTION"]
    assert "GEO" not in event
    assert "visio" not in unfolded(raw)


def test_overseas_the_hour_is_that_of_the_place():
    start = datetime(2026, 12, 1, 10, tzinfo=UTC)
    place = {key: value for key, value in SAINT_DENIS.items() if key != "zone"}
    session = a_session(zone="Indian/Reunion", starts_at=start, ends_at=start + timedelta(hours=2), **place)
    raw = invites.request(a_booking(), session, sequence=0, at=NOON)

    assert same_as_golden(GOLDEN / "reunion.ics", raw)
    assert b"DTSTART;TZID=Indian/Reunion:20261201T140000\r\n" in raw


def test_it_asks_for_nothing_that_is_settled():
    attendee = event_of(invites.request(a_booking(), a_session(), sequence=0, at=NOON))["ATTENDEE"]

    assert str(attendee) == "mailto:odile@example.test"
    assert (attendee.params["PARTSTAT"], attendee.params["RSVP"]) == ("ACCEPTED", "TRUE")


def test_request_and_cancel_speak_of_the_same_people():
    request = event_of(invites.request(a_booking(), a_session(), sequence=0, at=NOON))
    cancel = event_of(invites.cancel(a_booking(), a_session(), sequence=1, at=LATER))

    for name in ("UID", "ORGANIZER", "ATTENDEE", "DTSTART", "DTEND", "SUMMARY", "LOCATION"):
        assert request[name] == cancel[name]


def test_a_change_of_place_says_the_new_one():
    elsewhere = a_session(place_name="Salle des fêtes", address="2 rue Haute", latitude=47.0, longitude=3.2, revision=2)
    raw = invites.request(a_booking(), elsewhere, sequence=2, at=LATER)

    assert same_as_golden(GOLDEN / "place.ics", raw)
    assert event_of(raw)["LOCATION"] == "Salle des fêtes, 2 rue Haute, 58000 Nevers"


def test_a_stand_without_a_fixed_hour_takes_whole_days():
    midnight = datetime(2026, 11, 30, 23, tzinfo=UTC)  # in Paris
    session = a_session(all_day=True, starts_at=midnight, ends_at=midnight + timedelta(days=1))

    assert same_as_golden(GOLDEN / "all_day.ics", invites.request(a_booking(), session, sequence=0, at=NOON))


def test_a_structure_may_let_shared_calendars_show_it():
    for is_private, said in ((True, "PRIVATE"), (False, "PUBLIC")):
        session = a_session(is_private=is_private)
        assert event_of(invites.request(a_booking(), session, sequence=0, at=NOON))["CLASS"] == said


@pytest.mark.parametrize("where", [{}, ONLINE])
def test_nothing_secret_and_nobody_else_is_in_it(where):
    booking, session = a_booking(), a_session(**where)
    for raw in (
        invites.request(booking, session, sequence=0, at=NOON),
        invites.cancel(booking, session, sequence=1, at=NOON),
    ):
        text = unfolded(raw)
        for canary in (private_key(booking), manage_path(booking), booking.code, "0612345678", "Lucie", "fauteuil"):
            assert canary not in text
        assert text.count("mailto:") == 2


def test_no_property_is_empty():
    bare = a_session(description="", to_bring="", structure_phone=None, **{**ONLINE, "join_url": None})
    for raw in (
        invites.request(a_booking(), bare, sequence=0, at=NOON),
        invites.cancel(a_booking(), bare, sequence=0, at=NOON),
    ):
        assert not [line for line in unfolded(raw).split("\r\n") if line.endswith(":")]


def test_it_speaks_the_readers_language():
    with speaking("en"):
        event = event_of(invites.request(a_booking(), a_session(), sequence=0, at=NOON))

    assert event["DESCRIPTION"].startswith("2 seats booked. It is settled already: no answer is needed.")
    assert event["URL"] == "http://ateliers.test/en/seances/01a20152-ad6a-75c4-a7c9-2021ffa8e4b0"


@pytest.mark.parametrize(
    ("name", "is_said"), [("ATELIERS_LMTP", True), ("ATELIERS_IMAP_URL", True), ("ATELIERS_NAME", False)]
)
def test_a_calendar_is_asked_to_answer_where_somebody_reads_it(monkeypatch, name, is_said):
    monkeypatch.setenv(
        name, {"ATELIERS_LMTP": "127.0.0.1:2424", "ATELIERS_IMAP_URL": "imaps://a:b@mail.test/"}.get(name, "x")
    )
    settings.cache_clear()
    try:
        described = event_of(invites.request(a_booking(), a_session(), sequence=0, at=NOON))["DESCRIPTION"]
    finally:
        monkeypatch.undo()
        settings.cache_clear()

    assert ("Refuser" in described) == is_said
