"""Three programs that share no line of code read a calendar file: ical.js (Thunderbird), libical (GNOME), icalendar (Python).

Where one is not installed its tests are skipped; in CI, where they must all be there, they fail.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

HERE = Path(__file__).parent
MODULE = HERE / "node_modules" / "ical.js"
SYSTEM_PYTHON = "/usr/bin/python3"

Read = dict[str, Any]


class Reader:
    """A program that stays open and answers line by line."""

    def __init__(self, *command: str) -> None:
        self.process = subprocess.Popen(command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def read(self, raw: bytes, kind: str = "ics") -> Read:
        """What the program finds in the file, and what it finds wrong with it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({kind: base64.b64encode(raw).decode()}) + "\n")
        self.process.stdin.flush()
        found: Read = json.loads(self.process.stdout.readline())
        return found


def _missing(what: str) -> None:
    message = f"{what}: see .ci/run for what to install"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@lru_cache(maxsize=1)
def _ical_js() -> Reader | None:
    if shutil.which("node") is None or not MODULE.exists():
        return None
    return Reader("node", "read_ical_js.mjs")


@lru_cache(maxsize=1)
def _feedsmith() -> Reader | None:
    if shutil.which("node") is None or not (HERE / "node_modules" / "feedsmith").exists():
        return None
    return Reader("node", "read_feed.mjs")


@lru_cache(maxsize=1)
def _libical() -> Reader | None:
    probe = [SYSTEM_PYTHON, "-c", "import gi; gi.require_version('ICalGLib', '3.0')"]
    if not Path(SYSTEM_PYTHON).exists() or subprocess.run(probe, capture_output=True, check=False).returncode:
        return None
    return Reader(SYSTEM_PYTHON, "read_libical.py")


def ical_js(raw: bytes) -> Read:
    """ical.js, which Thunderbird and Nextcloud read with."""
    reader = _ical_js()
    if reader is None:
        _missing("ical.js (npm install --no-package-lock --prefix tests/engines)")
    assert reader is not None
    return reader.read(raw)


def feedsmith(raw: bytes) -> Read:
    """feedsmith, which reads Atom and JSON Feed."""
    reader = _feedsmith()
    if reader is None:
        _missing("feedsmith (npm install --no-package-lock --prefix tests/engines)")
    assert reader is not None
    return reader.read(raw, "feed")


def libical(raw: bytes) -> Read:
    """libical, which Evolution, GNOME Calendar and Kontact read with; it also checks the rules of RFC 5546."""
    reader = _libical()
    if reader is None:
        _missing("libical (apt install python3-gi gir1.2-ical-3.0)")
    assert reader is not None
    return reader.read(raw)


def python_icalendar(raw: bytes) -> Read:
    """icalendar, the library of Python."""
    calendar = Calendar.from_ical(raw)
    return {
        "method": _text(calendar, "METHOD"),
        "name": _text(calendar, "X-WR-CALNAME"),
        "zones": sorted(str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")),
        "problems": [
            str(problem) for part in calendar.walk() for problem in getattr(part, "errors", []) if problem is not None
        ],
        "events": [_event(event) for event in calendar.walk("VEVENT")],
    }


READERS: dict[str, Callable[[bytes], Read]] = {
    "ical.js": ical_js,
    "libical": libical,
    "icalendar": python_icalendar,
}


def read_alike(raw: bytes) -> Read:
    """What all three find in the file; asserts that it is the same, and that none finds anything wrong."""
    found = {name: read(raw) for name, read in READERS.items()}
    for name, one in found.items():
        assert one.get("problems") == [], name
        assert one == found["icalendar"], name
    return found["icalendar"]


def instant(moment: datetime) -> str:
    """`moment` as the readers tell it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _event(event: Any) -> Read:
    attendees = event.get("ATTENDEE", [])
    attendees = attendees if isinstance(attendees, list) else [attendees]
    categories = event.get("CATEGORIES")
    return {
        "uid": _text(event, "UID"),
        "sequence": int(event["SEQUENCE"]) if "SEQUENCE" in event else None,
        "stamp": _moment(event, "DTSTAMP"),
        "start": _moment(event, "DTSTART"),
        "end": _moment(event, "DTEND"),
        "summary": _text(event, "SUMMARY"),
        "description": _text(event, "DESCRIPTION"),
        "location": _text(event, "LOCATION"),
        "url": _text(event, "URL"),
        "status": _text(event, "STATUS"),
        "class": _text(event, "CLASS"),
        "transparency": _text(event, "TRANSP"),
        "categories": [str(one) for one in categories.cats] if categories is not None else [],
        "organizer": _person(event.get("ORGANIZER")),
        "attendee": _person(attendees[0] if attendees else None),
        "attendees": len(attendees),
        "alarms": len(event.walk("VALARM")),
        "properties": sorted({name.lower() for name in event}),
    }


def _text(component: Any, name: str) -> str | None:
    return str(component[name]) if name in component else None


def _person(address: Any) -> list[str | None] | None:
    return None if address is None else [address.params.get("CN"), str(address)]


def _moment(component: Any, name: str) -> str | None:
    if name not in component:
        return None
    value = component[name].dt
    return instant(value) if isinstance(value, datetime) else date.isoformat(value)
