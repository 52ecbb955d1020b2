"""Whatever people write comes back the same from three programs, and nothing they write becomes a property (rules S1 to S3)."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from ateliers.agenda.calendar import session_calendar
from ateliers.agenda.session import Session
from ateliers.bookings import invites
from ateliers.words import plain
from tests.agenda.values import a_session
from tests.bookings.values import a_booking
from tests.engines.readers import read_alike
from tests.world import NOON

NASTY = "x\r\nATTENDEE:mailto:thief@example.test\n\\n\\\\;,\",:^n^'\x07\x85\u2028\u202e😀é\r\nEND:VCALENDAR"
# Characters that break calendars come up often, others now and then.
TEXTS = st.one_of(
    st.text(max_size=300),
    st.text(alphabet="\\;,:\"^\n\r\t'nNé😀\u2028\ufeff\x00\x85 =", max_size=200),
    st.just(NASTY),
)
SOME = TEXTS.filter(lambda text: plain(text) != "")  # nobody has no name
PROPERTIES = {
    "attendee",
    "categories",
    "class",
    "created",
    "description",
    "dtend",
    "dtstamp",
    "dtstart",
    "geo",
    "last-modified",
    "location",
    "organizer",
    "sequence",
    "status",
    "summary",
    "transp",
    "uid",
    "url",
    "x-apple-structured-location",
    "x-microsoft-cdo-busystatus",
    "x-microsoft-cdo-intendedstatus",
    "x-microsoft-disallow-counter",
}


def quoted(text: str) -> str:
    return plain(text).replace('"', "’").replace("^", "").replace("\\", "/")


def short_lines(raw: bytes) -> bool:
    """Every line at most 75 octets, whole characters, ended as it must be."""
    assert raw.endswith(b"\r\n")
    lines = raw.removesuffix(b"\r\n").split(b"\r\n")
    for line in lines:
        line.decode()
    return max(map(len, lines)) <= 75 and b"\n" not in raw.replace(b"\r\n", b"")


def with_words(session: Session, **words: Any) -> Session:
    return msgspec.structs.replace(session, **words)


@given(SOME, SOME, SOME, TEXTS)
@example(NASTY, NASTY, NASTY, NASTY)
@example("\\" * 200, '"' * 200, "," * 90, ";" * 90)
@example("é" * 100, "😀" * 50, "a" * 66 + "\\,\\n;", "n\\n\\\\n")
def test_any_text_comes_back_from_an_invite(title, name, structure, place):
    session = with_words(a_session(), title=title, structure_name=structure, place_name=place)
    raw = invites.request(msgspec.structs.replace(a_booking(), name=name), session, sequence=0, at=NOON)

    assert short_lines(raw)
    (event,) = read_alike(raw)["events"]
    assert set(event["properties"]) - PROPERTIES == set()
    assert event["summary"] == plain(title, lines=True)
    assert event["attendee"] == [quoted(name), "mailto:odile@example.test"]
    assert event["organizer"] == [quoted(structure), "mailto:rendez-vous@ateliers.test"]
    assert (event["attendees"], event["alarms"]) == (1, 1)


@given(SOME, TEXTS)
@example(NASTY, NASTY)
def test_any_text_comes_back_from_a_feed(title, description):
    session = with_words(a_session(to_bring=""), title=title, description=description)
    raw = session_calendar(session)

    assert short_lines(raw)
    (event,) = read_alike(raw)["events"]
    assert event["summary"] == plain(title, lines=True)
    assert event["description"].startswith(plain(description, lines=True))
    assert set(event["properties"]) - PROPERTIES == set()
