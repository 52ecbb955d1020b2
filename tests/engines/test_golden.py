"""Every golden file, read by three programs that share no code: no error, no warning, the same instants and texts."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from ateliers.agenda.calendar import session_calendar
from ateliers.bookings import invites
from ateliers.words import speaking
from tests.agenda.values import ONLINE, a_session
from tests.bookings.values import a_booking
from tests.engines.readers import READERS, instant, libical, read_alike
from tests.world import NOON, START

FILES = sorted((Path(__file__).parent.parent).glob("*/golden/*.ics"))
MUST_BE_THERE = {
    "agenda/golden/session.ics",
    "agenda/golden/called_off.ics",
    "agenda/golden/webinar.ics",
    "agenda/golden/all_day.ics",
    "bookings/golden/request.ics",
    "bookings/golden/reschedule.ics",
    "bookings/golden/place.ics",
    "bookings/golden/cancel.ics",
    "bookings/golden/webinar.ics",
    "bookings/golden/reunion.ics",
    "bookings/golden/all_day.ics",
    "exchange/golden/feed.ics",
    "exchange/golden/personal.ics",
}
HOURS = timedelta(hours=2)


def test_every_kind_of_file_is_among_them():
    names = {"/".join(file.parts[-3:]) for file in FILES}

    assert names >= MUST_BE_THERE


@pytest.mark.parametrize("file", FILES, ids=lambda file: "/".join(file.parts[-3::2]))
def test_three_programs_read_it_alike(file):
    found = read_alike(file.read_bytes())

    assert all(event["uid"] and event["start"] and event["end"] for event in found["events"])


def test_over_a_history_each_message_says_what_changed():
    elsewhere = {"place_name": "Salle des fêtes", "address": "2 rue Haute"}
    later = {"starts_at": START + timedelta(days=7), "ends_at": START + timedelta(days=7) + HOURS}
    messages = [
        invites.request(a_booking(), a_session(), sequence=0, at=NOON),
        invites.request(a_booking(), a_session(**later), sequence=1, at=NOON + HOURS),
        invites.request(a_booking(), a_session(**later, **elsewhere), sequence=2, at=NOON + 2 * HOURS),
        invites.cancel(a_booking(), a_session(**later, **elsewhere), sequence=3, at=NOON + 3 * HOURS),
    ]

    found = [read_alike(message) for message in messages]
    events = [one["events"][0] for one in found]
    assert [one["method"] for one in found] == ["REQUEST", "REQUEST", "REQUEST", "CANCEL"]
    assert len({event["uid"] for event in events}) == 1
    assert [event["sequence"] for event in events] == [0, 1, 2, 3]
    assert [event["start"] for event in events] == [instant(START)] + [instant(later["starts_at"])] * 3
    assert [event["location"].split(",")[0] for event in events] == ["Médiathèque Jean-Jaurès"] * 2 + [
        "Salle des fêtes"
    ] * 2
    assert [event["status"] for event in events] == ["CONFIRMED"] * 3 + ["CANCELLED"]
    assert [event["attendee"] for event in events] == [["Odile Marchand", "mailto:odile@example.test"]] * 4


@pytest.mark.parametrize("where", [{}, ONLINE, {"zone": "Pacific/Marquesas"}, {"all_day": True}])
@pytest.mark.parametrize("language_of_words", ["fr", "en"])
def test_what_anybody_may_see_asks_for_no_answer(where, language_of_words):
    with speaking(language_of_words):
        (event,) = read_alike(session_calendar(a_session(**where)))["events"]

    assert (event["organizer"], event["attendees"], event["alarms"]) == (None, 0, 0)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (b"ORGANIZER", b"X-ORGANIZER"),  # no organizer in a REQUEST
        (b"\r\nUID:", b"\r\nX-UID:"),
        (b"\r\nDTSTAMP:20261124T110000Z", b"\r\nDTSTAMP:yesterday"),
        (b"STATUS:CONFIRMED", b"LOCATION:\r\nSTATUS:CONFIRMED"),  # an empty property (rule I4)
    ],
)
def test_a_mistake_would_be_noticed(good, bad):
    raw = invites.request(a_booking(), a_session(), sequence=0, at=NOON)

    assert libical(raw)["problems"] == []
    assert libical(raw.replace(good, bad))["problems"] != []


@pytest.mark.parametrize("name", READERS)
def test_what_is_no_calendar_is_a_problem(name):
    try:
        found = READERS[name](b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
    except ValueError:
        return
    assert found["problems"] != []


@pytest.mark.parametrize("file", [file for file in FILES if "bookings" not in file.parts], ids=lambda file: file.name)
def test_what_is_published_names_nobody(file):
    text = file.read_text(encoding="utf-8").replace("\n ", "")

    assert set(re.findall(r"[\w.+-]+@[\w.-]+", text)) == {
        event["uid"] for event in read_alike(file.read_bytes())["events"]
    }
    assert not [
        word for word in ("Odile", "Lucie", "fauteuil", "0612345678", "06 12", "K7M2PX", "visio") if word in text
    ]
