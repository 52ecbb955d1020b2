"""What a calendar answers, read from its bytes (iTIP, RFC 5546): the few properties that count, in any state they come in.

Written by hand because it meets whatever strangers send: one pass over the lines, bounded, and nothing raised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

LARGEST = 200_000  # bytes
MOST_ATTENDEES = 50
_FOLD = re.compile(rb"\r?\n[ \t]")
_LINE = re.compile(r'(?P<name>[A-Za-z-]+)(?P<params>(?:;[^";:]*(?:"[^"]*"[^";:]*)*)*):(?P<value>.*)')
_PARAM = re.compile(r';([A-Za-z0-9-]+)=("[^"]*"|[^";:]*)')
_STAMP = re.compile(r"(\d{8})T(\d{6})Z?")
_READ = ("BEGIN", "END", "METHOD", "UID", "SEQUENCE", "DTSTAMP", "ATTENDEE")
_EVENT = ["VCALENDAR", "VEVENT"]


class Attendee(msgspec.Struct, frozen=True):
    """Who answers, and what."""

    address: str  # lower case
    answer: str  # PARTSTAT, upper case


class Itip(msgspec.Struct, frozen=True, kw_only=True):
    """The first event of a calendar object that has a method."""

    method: str  # upper case
    uid: str
    sequence: int
    stamp: datetime | None
    attendees: list[Attendee]


def read_itip(content: bytes) -> Itip | None:
    """The answer that a calendar part holds; None when it holds none that can be read."""
    if len(content) > LARGEST:
        return None
    method, event = "", dict[str, str]()
    attendees: list[Attendee] = []
    for inside, name, params, value in _lines(content):
        if inside == ["VCALENDAR"] and name == "METHOD":
            method = value.upper()
        elif inside == _EVENT and name == "ATTENDEE":
            attendees.append(_attendee(params, value))
        elif inside == _EVENT:
            event.setdefault(name, value)
    sequence = event.get("SEQUENCE", "")
    if not method or not event.get("UID"):
        return None
    return Itip(
        method=method,
        uid=event["UID"][:255],
        sequence=int(sequence) if re.fullmatch(r"[0-9]{1,9}", sequence) else 0,
        stamp=_moment(event.get("DTSTAMP", "")),
        attendees=attendees[:MOST_ATTENDEES],
    )


def _lines(content: bytes) -> Iterator[tuple[list[str], str, str, str]]:
    """What is read here, up to the end of the first event: the components it stands in, name, parameters, value."""
    inside: list[str] = []
    for line in _FOLD.sub(b"", content.removeprefix(b"\xef\xbb\xbf")).decode("utf-8", "replace").splitlines():
        found = _LINE.fullmatch(line.strip()) if line[:8].upper().startswith(_READ) else None
        if found is None:
            continue
        name, value = found["name"].upper(), found["value"].strip()
        if name == "BEGIN":
            inside.append(value.upper())
        elif name == "END":
            if inside == _EVENT:
                return
            del inside[-1:]
        else:
            yield inside, name, found["params"], value


def _attendee(params: str, value: str) -> Attendee:
    given = {name.upper(): text.strip('"') for name, text in _PARAM.findall(params)}
    scheme, _, address = value.partition(":")
    if scheme.lower() != "mailto":  # Apple writes a path or a urn, and the address beside it
        address = given.get("EMAIL", value).removeprefix("mailto:")
    return Attendee(address.strip().lower(), given.get("PARTSTAT", "NEEDS-ACTION").upper())


def _moment(value: str) -> datetime | None:
    found = _STAMP.fullmatch(value)
    try:
        return datetime.strptime("".join(found.groups()), "%Y%m%d%H%M%S").replace(tzinfo=UTC) if found else None
    except ValueError:
        return None
