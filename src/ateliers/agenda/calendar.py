"""Sessions as calendar files, and the lines that every calendar object of ours is made of (rules F1 to F4, I7, I9, T2).

What stands here is public: no attendee, no link to join, no METHOD. Objects that go by mail are `bookings.invites`, feeds
are `exchange.feeds`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from ateliers.agenda.ical import quoted, text, utc, written
from ateliers.agenda.session import Session
from ateliers.agenda.vtimezone import vtimezone
from ateliers.rendering import absolute
from ateliers.settings import settings
from ateliers.words import _

PRODID = "-//ateliers//ateliers//FR"
LOCATION_LENGTH = 255  # Outlook cuts there
UTC_ZONE = "UTC"  # needs no VTIMEZONE


class Dated(Protocol):
    """What a zone needs to know of a session."""

    @property
    def zone(self) -> str: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def all_day(self) -> bool: ...


def session_uid(session_id: UUID) -> str:
    """UID of a session in feeds: one per date, because equal UIDs collapse in Google (rule F3)."""
    return f"o-{session_id.hex}@{settings().mail_domain}"


def time_lines(session: Session) -> list[str]:
    """DTSTART and DTEND on the clock of the place (rule T2); days, the last one excluded, without a fixed hour (rule I9)."""
    if session.all_day:
        clock = ZoneInfo(session.zone)
        first, after = (moment.astimezone(clock).date() for moment in (session.starts_at, session.ends_at))
        return [f"DTSTART;VALUE=DATE:{first:%Y%m%d}", f"DTEND;VALUE=DATE:{after:%Y%m%d}"]
    return [
        _moment("DTSTART", session.starts_at, session.zone),
        _moment("DTEND", session.ends_at, session.zone),
    ]


def zone_of(sessions: Iterable[Dated]) -> bytes:
    """The VTIMEZONE of every zone that `time_lines` names for these sessions, in order of name."""
    years: dict[str, tuple[int, int]] = {}
    for session in sessions:
        if session.all_day or session.zone == UTC_ZONE:
            continue
        first, last = years.get(session.zone, (9999, 0))
        years[session.zone] = (min(first, session.starts_at.year), max(last, session.ends_at.year))
    # A year to spare on both sides: the offset in January was decided the year before.
    return b"".join(vtimezone(zone, first - 1, last + 1) for zone, (first, last) in sorted(years.items()))


def location(session: Session) -> str:
    """Where people come, on one line; '' online."""
    if session.place_id is None:
        return ""
    where = [session.place_name, session.address, session.address_more]
    town = f"{session.postcode or ''} {session.commune_name or ''}".strip()
    return ", ".join(part for part in [*where, town] if part)[:LOCATION_LENGTH]


def place_lines(session: Session) -> list[str]:
    """LOCATION and coordinates of a session that has a place (rule I7); nothing online."""
    where = location(session)
    if not where:
        return []
    lines = [f"LOCATION:{text(where)}"]
    if session.latitude is not None and session.longitude is not None:
        point = f"{session.latitude:.6f}", f"{session.longitude:.6f}"
        lines.append(f"GEO:{';'.join(point)}")
        lines.append(
            f"X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-ADDRESS={quoted(where)};X-APPLE-RADIUS=100;"
            f"X-TITLE={quoted(session.place_name or where)}:geo:{','.join(point)}"
        )
    return lines


def calendar_file(lines: list[str], sessions: Sequence[Dated], events: Iterable[bytes]) -> bytes:
    """A whole VCALENDAR: its own properties, the zones of its sessions, its events."""
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODID}", "CALSCALE:GREGORIAN", *lines]
    return b"".join([written(head), zone_of(sessions), *events, b"END:VCALENDAR\r\n"])


def public_event(session: Session) -> bytes:
    """The VEVENT of a session in feeds, in the reader's language."""
    page = absolute(session.path)
    lines = [
        "BEGIN:VEVENT",
        f"UID:{session_uid(session.id)}",
        f"SEQUENCE:{session.revision}",
        f"DTSTAMP:{utc(session.updated_at)}",
        f"CREATED:{utc(session.created_at)}",
        f"LAST-MODIFIED:{utc(session.updated_at)}",
        *time_lines(session),
        f"SUMMARY:{text(public_title(session))}",
        f"DESCRIPTION:{text(public_description(session, page))}",
        *place_lines(session),
        f"URL;VALUE=URI:{page}",
        f"CATEGORIES:{text(str(session.kind.label))}",
        f"STATUS:{'CANCELLED' if session.is_called_off else 'CONFIRMED'}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]
    return written(lines)


def public_title(session: Session) -> str:
    """Its title, which says first that it is called off: many programs do not show a status (rule F4)."""
    return _("CALLED OFF – %(title)s") % {"title": session.title} if session.is_called_off else session.title


def session_calendar(*sessions: Session) -> bytes:
    """The calendar file of one session, or of all the dates of a cycle."""
    return calendar_file([], sessions, [public_event(session) for session in sessions])


def public_description(session: Session, page: str) -> str:
    """What it is about, what to bring, who organises it and where to book."""
    bring = "\n".join(f"- {thing}" for thing in session.to_bring.splitlines() if thing.strip())
    parts = [
        session.called_off_reason if session.called_off_at else "",
        session.description,
        _("Also online: people may follow from home.") if session.online_id else "",
        _("One date of a cycle: all its dates are booked at once.") if session.is_cycle else "",
        _("To bring:") + "\n" + bring if bring else "",
        _("Organised by %(structure)s") % {"structure": ", ".join(one.name for one in session.organisers)},
        _("Details and booking: %(url)s") % {"url": page},
    ]
    return "\n\n".join(part for part in parts if part)


def _moment(name: str, moment: datetime, zone: str) -> str:
    local = moment.astimezone(ZoneInfo(zone)).replace(fold=0)
    # The hour that comes twice in autumn: a TZID cannot say which one is meant, and programs disagree (rule T4).
    if zone == UTC_ZONE or local.utcoffset() != local.replace(fold=1).utcoffset():
        return f"{name}:{utc(moment)}"
    return f"{name};TZID={zone}:{local:%Y%m%dT%H%M%S}"
