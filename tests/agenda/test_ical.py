"""Content lines: what goes in comes back, whatever it is, and stays inside its line."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar

from ateliers.agenda.ical import LINE, folded, quoted, text, written
from ateliers.words import plain

ANY = st.text(max_size=400)
NASTY = "x\r\nATTENDEE:mailto:thief@example.test\n\\n\\\\;,\";:^n^'\x07\x85\u2028\u202e😀é"


def event_with(summary: str, name: str) -> bytes:
    return written(
        [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//t//t//FR",
            "BEGIN:VEVENT",
            "UID:u@x",
            "DTSTAMP:20261124T110000Z",
            f"SUMMARY:{text(summary)}",
            f"ORGANIZER;CN={quoted(name)}:mailto:a@b.test",
            "END:VEVENT",
            "END:VCALENDAR",
        ]
    )


@given(ANY, ANY)
@example(NASTY, NASTY)
@example("\\" * 200, '"' * 200)
@example("é" * 100, "😀" * 50)
@example(("a" * 66) + "\\,\\n;", "")
def test_any_text_comes_back(summary, name):
    raw = event_with(summary, name)

    (event,) = Calendar.from_ical(raw).walk("VEVENT")
    assert str(event.get("summary", "")) == plain(summary, lines=True)
    assert event["organizer"].params["CN"] == plain(name).replace('"', "’").replace("^", "").replace("\\", "/")
    assert sorted(event.keys()) == ["DTSTAMP", "ORGANIZER", "SUMMARY", "UID"]


@given(ANY)
@example(NASTY)
def test_every_line_is_short_and_whole(value):
    for line in event_with(value, value).removesuffix(b"\r\n").split(b"\r\n"):
        assert len(line) <= LINE
        line.decode()  # no fold inside a character
        assert (len(line) - len(line.rstrip(b"\\"))) % 2 == 0  # nor inside an escape


def test_a_short_line_is_left_alone():
    assert folded("UID:" + "a" * 71) == b"UID:" + b"a" * 71 + b"\r\n"
    assert folded("UID:" + "a" * 72) == b"UID:" + b"a" * 71 + b"\r\n a\r\n"
