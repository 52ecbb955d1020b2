"""VTIMEZONE components that Outlook, libical and ical.js read alike (rule T3).

Where a zone changes its clock by a yearly rule, that rule: one STANDARD and at most one DAYLIGHT, RRULE with BYDAY, no RDATE, and
no RRULE at all where the clock never changes. Elsewhere, and whenever the rule does not give the true changes of the years asked
for (Morocco during Ramadan, a law that changes), one component per change.
"""

from __future__ import annotations

import calendar
import importlib.resources
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from ateliers.agenda.ical import written

# RFC 9636 3.3.2: the footer of a TZif file.
POSIX = re.compile(
    r"(?P<std><[^>]+>|[A-Za-z]{3,})(?P<std_offset>[+-]?\d{1,3}(?::\d\d){0,2})"
    r"(?:(?P<dst><[^>]+>|[A-Za-z]{3,})(?P<dst_offset>[+-]?\d{1,3}(?::\d\d){0,2})?,(?P<begin>.+),(?P<end>.+))?"
)
YEARLY = re.compile(r"M(?P<month>\d+)\.(?P<week>[1-5])\.(?P<day>[0-6])(?:/(?P<time>[+-]?\d+(?::\d\d){0,2}))?")
DAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
HOUR = 3600
DAY = 86_400


class Change(msgspec.Struct, frozen=True):
    """The clock goes from one offset to another. Offsets in seconds east of Greenwich."""

    at: datetime  # aware, UTC
    before: int
    after: int
    name: str

    @property
    def wall(self) -> str:
        """When, on the clock that ends."""
        return f"{self.at + timedelta(seconds=self.before):%Y%m%dT%H%M%S}"

    @property
    def component(self) -> str:
        """DAYLIGHT where the clock goes forward, whatever the zone's own law calls it (Dublin calls it the reverse)."""
        return "DAYLIGHT" if self.after > self.before else "STANDARD"


@lru_cache(1024)
def vtimezone(zone: str, first_year: int, last_year: int) -> bytes:
    """The component of an IANA zone, right for every moment of these years. Raises ZoneInfoNotFoundError."""
    changes = tuple(_true_changes(zone, first_year, last_year))
    lines = _by_rule(zone, changes, first_year, last_year)
    return written(
        ["BEGIN:VTIMEZONE", f"TZID:{zone}", *(lines or _one_by_one(zone, changes, first_year)), "END:VTIMEZONE"]
    )


def _by_rule(zone: str, changes: tuple[Change, ...], first_year: int, last_year: int) -> list[str]:
    """Sub-components from the yearly rule, or nothing when there is none or it does not give `changes`."""
    match = POSIX.fullmatch(_footer(zone))
    if match is None:
        return []
    standard = -_seconds(match["std_offset"])
    name = match["std"].strip("<>")
    if match["dst"] is None:
        return [] if changes else _component("STANDARD", "19700101T000000", standard, standard, name)
    daylight = -_seconds(match["dst_offset"]) if match["dst_offset"] else standard + HOUR
    rules = []
    for text, before, after, called in (
        (match["begin"], standard, daylight, match["dst"]),
        (match["end"], daylight, standard, match["std"]),
    ):
        rule = YEARLY.fullmatch(text)
        if rule is None or not 0 <= _seconds(rule["time"] or "2") < DAY:
            return []
        rules.append((rule, before, after, called.strip("<>")))
    expected = {
        _change(rule, year, before, after, called)
        for year in range(first_year, last_year + 1)
        for rule, before, after, called in rules
    }
    if expected != set(changes):
        return []
    lines = []
    for rule, before, after, called in rules:
        change = _change(rule, 1970, before, after, called)
        week = "-1" if rule["week"] == "5" else rule["week"]
        yearly = f"FREQ=YEARLY;BYMONTH={int(rule['month'])};BYDAY={week}{DAYS[int(rule['day'])]}"
        lines += _component(change.component, change.wall, before, after, called, yearly)
    return lines


def _one_by_one(zone: str, changes: tuple[Change, ...], first_year: int) -> list[str]:
    start = datetime(first_year, 1, 1, tzinfo=UTC).astimezone(ZoneInfo(zone))
    offset = _offset_of(start)
    lines = _component("STANDARD", "19700101T000000", offset, offset, start.tzname() or zone)
    for change in changes:
        lines += _component(change.component, change.wall, change.before, change.after, change.name)
    return lines


def _component(kind: str, start: str, before: int, after: int, name: str, rule: str = "") -> list[str]:
    return [
        f"BEGIN:{kind}",
        f"DTSTART:{start}",
        f"TZOFFSETFROM:{_offset_in_words(before)}",
        f"TZOFFSETTO:{_offset_in_words(after)}",
        f"TZNAME:{name}",
        *([f"RRULE:{rule}"] if rule else []),
        f"END:{kind}",
    ]


def _change(rule: re.Match[str], year: int, before: int, after: int, name: str) -> Change:
    """When the rule changes the clock in `year`."""
    month, wanted = int(rule["month"]), (int(rule["day"]) - 1) % 7  # POSIX counts from Sunday, Python from Monday
    days = [week[wanted] for week in calendar.monthcalendar(year, month) if week[wanted]]
    day = days[-1] if rule["week"] == "5" else days[int(rule["week"]) - 1]
    wall = datetime(year, month, day, tzinfo=UTC) + timedelta(seconds=_seconds(rule["time"] or "2"))
    return Change(wall - timedelta(seconds=before), before, after, name)


def _true_changes(zone: str, first_year: int, last_year: int) -> Iterator[Change]:
    """What tzdata says: every change of offset from the first of January to the last of December, UTC."""
    clock = ZoneInfo(zone)
    moment = datetime(first_year, 1, 1, tzinfo=UTC)
    end = datetime(last_year + 1, 1, 1, tzinfo=UTC)
    before = _offset_of(moment.astimezone(clock))
    while moment < end:
        later = moment + timedelta(days=1)
        if _offset_of(later.astimezone(clock)) != before:
            low, high = 0, DAY
            while high - low > 1:
                middle = (low + high) // 2
                if _offset_of((moment + timedelta(seconds=middle)).astimezone(clock)) == before:
                    low = middle
                else:
                    high = middle
            at = moment + timedelta(seconds=high)
            local = at.astimezone(clock)
            yield Change(at, before, _offset_of(local), local.tzname() or zone)
            before = _offset_of(local)
        moment = later


def _offset_of(local: datetime) -> int:
    offset = local.utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


@lru_cache(1024)
def _footer(zone: str) -> str:
    """The last line of the zone's TZif file: the rule for the years after its table."""
    data = importlib.resources.files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes()
    return data.rstrip(b"\n").rpartition(b"\n")[2].decode("ascii", "replace")


def _seconds(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    hours, minutes, seconds = ([int(part) for part in text.lstrip("+-").split(":")] + [0, 0])[:3]
    return sign * (hours * HOUR + minutes * 60 + seconds)


def _offset_in_words(seconds: int) -> str:
    sign, rest = "-" if seconds < 0 else "+", abs(seconds)
    text = f"{sign}{rest // HOUR:02d}{rest % HOUR // 60:02d}"
    return text + (f"{rest % 60:02d}" if rest % 60 else "")
