"""Sessions out of a calendar file: what its events are, rules of repetition unfolded, exceptions and changes honoured (B24)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from ateliers.agenda.kinds import RULES
from ateliers.exchange.imports.reading import UnreadableFile
from ateliers.exchange.imports.repairs import Notes, Unusable, bare, text_of
from ateliers.exchange.imports.session_rows import (
    Context,
    SessionRow,
    capacity_of,
    check_start,
    kind_of,
    minutes_of,
    position,
    spot_of,
    title_of,
)
from ateliers.words import T

Event = Any  # an icalendar.Event: what its properties hold is one of thirty types each
# What icalendar, and arithmetic on what it found, raise over a broken property.
UNREADABLE = (ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError)
AHEAD = timedelta(days=366)  # a rule without an end is unfolded so far
MOST_OF_A_RULE = 200


class Occurrence(msgspec.Struct, frozen=True, kw_only=True):
    """One date of an event as the file tells it, texts as they stand."""

    uid: str
    recurs_on: str  # which date of its rule; '' without one
    start: datetime | date | None  # None: it could not be read
    end: datetime | date | None
    summary: str
    description: str
    location: str
    categories: str
    url: str
    geo: tuple[float, float] | None
    is_off: bool

    @property
    def row(self) -> dict[str, str]:
        """For the ledger: what tells that the source has changed."""
        return {name: str(getattr(self, name)) for name in self.__struct_fields__}


def read_calendar(content: bytes, *, now: datetime, past: bool = False) -> list[Occurrence]:
    """Every date in the file, rules unfolded from now on for a year, or with `past` from a year ago. Raises UnreadableFile."""
    from icalendar import Calendar  # noqa: PLC0415 - takes a quarter of a second, and imports are rare

    try:
        calendars = Calendar.from_ical(content, multiple=True)
        events: list[Event] = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    except UNREADABLE as fault:
        raise UnreadableFile(why=T("its calendar is broken (%(fault)s).", fault=str(fault)[:200])) from fault
    changed: dict[str, dict[str, Event]] = {}
    found = []
    for event in events:
        if "RECURRENCE-ID" in event:
            try:
                changed.setdefault(_uid(event), {})[_stamp(event["RECURRENCE-ID"].dt)] = event
            except UNREADABLE:
                found.append(_broken(event))
    for event in events:
        if "RECURRENCE-ID" not in event:
            found += _read(event, changed.pop(_uid(event), {}), now=now, past=past)
    for others in changed.values():  # changed dates of a rule that is not in the file
        for event in others.values():
            found += _read(event, {}, now=now, past=past)
    return found


def _read(event: Event, changed: dict[str, Event], *, now: datetime, past: bool) -> list[Occurrence]:
    """The dates of one event, some of them changed; one that cannot be read is told as such."""
    uid, repeats = _uid(event), "RRULE" in event or "RDATE" in event
    found = []
    try:
        for start in _starts(event, now=now, past=past):
            recurs_on = _stamp(start) if repeats or "RECURRENCE-ID" in event else ""
            found.append(_occurrence(changed.get(recurs_on, event), uid, recurs_on, start, event))
    except UNREADABLE:
        return [_broken(event)]
    return found


def _uid(event: Event) -> str:
    return str(event.get("UID", "")) or bare(str(event.get("SUMMARY", "")))


def _broken(event: Event) -> Occurrence:
    nothing = dict.fromkeys(("recurs_on", "description", "location", "categories", "url"), "")
    summary = str(event.get("SUMMARY", ""))
    return Occurrence(uid=_uid(event), start=None, end=None, summary=summary, geo=None, is_off=False, **nothing)


def parse_occurrence(one: Occurrence, notes: Notes, context: Context) -> SessionRow:
    """One date as a session. Raises Unusable."""
    title = title_of(one.summary, notes)
    if one.start is None:
        raise Unusable("This event of the calendar cannot be read.")
    if one.is_off:
        raise Unusable("Called off or withdrawn at its source.")
    kind = kind_of(one.categories, title, context.usual.kind)
    link = f"{one.location} {one.url} {one.description}"
    where = text_of(one.location, notes, longest=300)
    spot = spot_of(kind, where, "", "", "", position(*(one.geo or ("", ""))), link, context, notes)
    all_day = not isinstance(one.start, datetime)
    if all_day and not RULES[kind].may_last_all_day:
        raise Unusable("A whole day: this kind of session needs an hour.")
    start = _on_the_clock(one.start, spot.zone)
    if one.end is None:
        minutes = 24 * 60 if all_day else RULES[kind].default_minutes
        if not all_day:
            notes.add("No end: %(n)s minutes, as is usual.", n=minutes)
    else:
        minutes = minutes_of(_minutes(one.start, one.end), notes)
    check_start(start, spot.zone, context)
    return SessionRow(
        reference="/".join(filter(None, (one.uid[:150], one.recurs_on))) or f"{bare(title)}/{start.isoformat()}",
        group=one.uid[:150] if one.recurs_on else f"{bare(title)}/{kind.value}",
        kind=kind,
        title=title,
        description=text_of(one.description, notes, lines=True, longest=5000),
        spot=spot,
        local_start=start,
        minutes=minutes,
        all_day=all_day,
        capacity=capacity_of("", kind, context, notes),
    )


def _occurrence(event: Event, uid: str, recurs_on: str, start: datetime | date, master: Event) -> Occurrence:
    """`event` on the day of `start`; what a changed date leaves out is its master's."""
    begins = event["DTSTART"].dt
    if event is master:
        begins = start
    length = _length(event)
    geo = event.get("GEO")
    return Occurrence(
        uid=uid,
        recurs_on=recurs_on,
        start=begins,
        end=None if length is None else begins + length,
        summary=_text(event, master, "SUMMARY"),
        description=_text(event, master, "DESCRIPTION"),
        location=_text(event, master, "LOCATION"),
        categories=_categories(event) or _categories(master),
        url=_text(event, master, "URL"),
        geo=None if geo is None else (float(geo.latitude), float(geo.longitude)),
        is_off=str(event.get("STATUS", master.get("STATUS", ""))).upper() == "CANCELLED",
    )


def _text(event: Event, master: Event, name: str) -> str:
    return str(event.get(name, master.get(name, "")))


def _categories(event: Event) -> str:
    found = event.get("CATEGORIES", [])
    return " ".join(str(one) for group in (found if isinstance(found, list) else [found]) for one in group.cats)


def _length(event: Event) -> timedelta | None:
    start = event["DTSTART"].dt
    if "DTEND" in event:
        end = event["DTEND"].dt
        return end - start if type(end) is type(start) else None
    return event["DURATION"].dt if "DURATION" in event else None


def _starts(event: Event, *, now: datetime, past: bool) -> Iterator[Any]:
    """The dates of an event: its one, or those of its rule from now on (`past`: from a year ago), exceptions left out."""
    start = event["DTSTART"].dt
    if "RRULE" not in event and "RDATE" not in event:
        yield start
        return
    from dateutil.rrule import rruleset, rrulestr  # noqa: PLC0415 - only for rules

    naive = _naive(start)
    dates = rruleset()
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        until = rule.get("UNTIL", [None])[0]
        kept = {name: value for name, value in rule.items() if name != "UNTIL"}
        parts = [f"{name}={','.join(map(_part, value))}" for name, value in kept.items()]
        if until is not None:
            parts.append(f"UNTIL={_naive(_in_zone(until, start)):%Y%m%dT%H%M%S}")
        try:
            dates.rrule(rrulestr(";".join(parts), dtstart=naive))  # type: ignore[arg-type]
        except (ValueError, KeyError):
            dates.rdate(naive)  # a rule that nobody can read: its first date at least
    for moment in _moments(event, "RDATE"):
        dates.rdate(_naive(_in_zone(moment, start)))
    for moment in _moments(event, "EXDATE"):
        dates.exdate(_naive(_in_zone(moment, start)))
    zone = start.tzinfo if isinstance(start, datetime) else None
    today = now.astimezone(zone or UTC).replace(tzinfo=None)
    most = 2 * MOST_OF_A_RULE if past else MOST_OF_A_RULE
    for number, moment in enumerate(dates.xafter(today - (AHEAD if past else timedelta(days=1)), inc=True)):
        if moment > today + AHEAD or number >= most:
            return
        yield moment.replace(tzinfo=zone) if isinstance(start, datetime) else moment.date()


def _part(value: Any) -> str:
    return value.to_ical().decode() if hasattr(value, "to_ical") else str(value)


def _moments(event: Event, name: str) -> list[Any]:
    found = event.get(name, [])
    return [one.dt for group in (found if isinstance(found, list) else [found]) for one in group.dts]


def _in_zone(moment: Any, start: Any) -> Any:
    """`moment` on the clock of `start`, which a rule is meant on."""
    if isinstance(moment, datetime) and isinstance(start, datetime) and moment.tzinfo and start.tzinfo:
        return moment.astimezone(start.tzinfo)
    if not isinstance(moment, datetime) and isinstance(start, datetime):
        return datetime.combine(moment, time.max if start.tzinfo else start.time())
    return moment


def _naive(moment: datetime | date) -> datetime:
    if isinstance(moment, datetime):
        return moment.replace(tzinfo=None)
    return datetime.combine(moment, time())


def _stamp(moment: datetime | date) -> str:
    """The same for one moment, however it is told."""
    if isinstance(moment, datetime):
        return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}" if moment.tzinfo else f"{moment:%Y%m%dT%H%M%S}"
    return f"{moment:%Y%m%d}"


def _on_the_clock(moment: datetime | date, zone: str) -> datetime:
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time())
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) if moment.tzinfo else moment


def _minutes(start: Any, end: Any) -> int:
    if isinstance(start, datetime) and start.tzinfo is not None:
        start, end = start.astimezone(UTC), end.astimezone(UTC)
    return int((end - start) // timedelta(minutes=1))
