"""Sessions as calendar files: one session, and the feed of a structure (rules F1 to F6).

What stands here is public: no attendee, no link to join, no METHOD. Objects that go by mail are `bookings.invites`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from ateliers import database, words
from ateliers.agenda.event import EventState, Visibility
from ateliers.agenda.ical import quoted, text, utc, written
from ateliers.agenda.session import SESSION_SQL, Session
from ateliers.agenda.vtimezone import vtimezone
from ateliers.rendering import absolute
from ateliers.settings import settings
from ateliers.words import _

PRODID = "-//ateliers//ateliers//FR"
KEPT = timedelta(days=30)  # a session stays in the feed this long after its date (rule F4)
REFRESH = "PT4H"
LOCATION_LENGTH = 255  # Outlook cuts there
UTC_ZONE = "UTC"  # needs no VTIMEZONE


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A calendar file and what HTTP needs to answer 304."""

    body: bytes
    etag: str  # without quotes
    modified: datetime  # aware, UTC, whole seconds; never goes back


class FeedState(msgspec.Struct, frozen=True, kw_only=True):
    """What changes whenever a structure's feed does, read in one cheap query."""

    structure_id: UUID
    name: str
    state: str
    sessions: int
    changes: str  # the sum of all dates of change: the latest alone would hide a change made by a clock that is slow
    changed_at: datetime | None


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


def zone_of(sessions: Sequence[Session]) -> bytes:
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


def calendar_file(lines: list[str], sessions: Sequence[Session], events: Sequence[bytes]) -> bytes:
    """A whole VCALENDAR: its own properties, the zones of its sessions, its events."""
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODID}", "CALSCALE:GREGORIAN", *lines]
    return b"".join([written(head), zone_of(sessions), *events, b"END:VCALENDAR\r\n"])


def public_event(session: Session) -> bytes:
    """The VEVENT of a session in feeds, in the reader's language. Made once per state of the session."""
    # Seats come and go, and none of these bytes with them.
    shown = msgspec.structs.replace(
        session, seats_taken=0, seats_waiting=0, overbooked=0, online_taken=0, online_waiting=0, dates=[]
    )
    return _public_event(msgspec.json.encode(shown), words.language())


def session_calendar(session: Session) -> bytes:
    """The calendar file of one session."""
    return calendar_file([], [session], [public_event(session)])


async def feed_state(slug: str, *, now: datetime) -> FeedState | None:
    """What the feed of this structure depends on; None when there is no such structure."""
    return await database.fetch_one(
        FeedState,
        """SELECT o.id AS structure_id, o.name, o.state, count(s.id) FILTER (WHERE e.public_from IS NULL OR e.public_from <= $2) AS sessions,
                  COALESCE(sum(extract(epoch FROM s.updated_at) + extract(epoch FROM e.updated_at)
                      + COALESCE(extract(epoch FROM p.updated_at), 0)), 0)::text AS changes,
                  max(GREATEST(s.updated_at, e.updated_at, p.updated_at, CASE WHEN e.public_from <= $2 THEN e.public_from END)) AS changed_at
           FROM structure o LEFT JOIN event e ON e.structure_id = o.id LEFT JOIN session s ON s.event_id = e.id
                LEFT JOIN place p ON p.id = s.place_id
           WHERE o.slug = $1 GROUP BY o.id""",
        slug,
        now,
    )


async def structure_feed(slug: str, state: FeedState, *, now: datetime) -> Feed:
    """The public sessions of a structure, from thirty days back, in the reader's language."""
    midnight = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    sessions = await database.fetch(
        Session,
        f"""{SESSION_SQL} WHERE e.structure_id = $1 AND e.visibility = $2 AND e.state = $3 AND s.ends_at >= $4
            AND (e.public_from IS NULL OR e.public_from <= $5) AND s.onsite_id IS NULL ORDER BY s.starts_at, s.id""",
        state.structure_id,
        Visibility.PUBLIC.value,
        EventState.PUBLISHED.value,
        midnight - KEPT,
        now,
    )
    address = absolute(f"/api/v1/calendar/structures/{slug}.ics")
    name = text(_("Workshops: %(structure)s") % {"structure": state.name})
    head = [
        f"NAME:{name}",
        f"X-WR-CALNAME:{name}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}",
        f"X-PUBLISHED-TTL:{REFRESH}",
        f"SOURCE;VALUE=URI:{address}",
        f"URL;VALUE=URI:{absolute(f'/signataires/{slug}')}",
    ]
    body = calendar_file(head, sessions, [public_event(session) for session in sessions])
    # Sessions leave the window at midnight, and a date that went back would pin readers on an old copy (rule F5).
    changed = max(midnight, state.changed_at or midnight).replace(microsecond=0)
    return Feed(body=body, etag=etag_of(body), modified=changed)


def etag_of(body: bytes) -> str:
    """A strong validator: equal if and only if the bytes are."""
    return hashlib.blake2b(body, digest_size=12).hexdigest()


@lru_cache(20_000)
def _public_event(encoded: bytes, language: str) -> bytes:
    session = msgspec.json.decode(encoded, type=Session)
    with words.speaking(language):
        page = absolute(session.path)
        title = (
            session.title if session.called_off_at is None else _("CALLED OFF – %(title)s") % {"title": session.title}
        )
        lines = [
            "BEGIN:VEVENT",
            f"UID:{session_uid(session.id)}",
            f"SEQUENCE:{session.revision}",
            f"DTSTAMP:{utc(session.updated_at)}",
            f"CREATED:{utc(session.created_at)}",
            f"LAST-MODIFIED:{utc(session.updated_at)}",
            *time_lines(session),
            f"SUMMARY:{text(title)}",
            f"DESCRIPTION:{text(_public_description(session, page))}",
            *place_lines(session),
            f"URL;VALUE=URI:{page}",
            f"CATEGORIES:{text(str(session.kind.label))}",
            f"STATUS:{'CONFIRMED' if session.called_off_at is None else 'CANCELLED'}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
        return written(lines)


def _public_description(session: Session, page: str) -> str:
    bring = "\n".join(f"- {thing}" for thing in session.to_bring.splitlines() if thing.strip())
    parts = [
        session.called_off_reason if session.called_off_at else "",
        session.description,
        _("To bring:") + "\n" + bring if bring else "",
        _("Organised by %(structure)s") % {"structure": session.structure_name},
        _("Details and booking: %(url)s") % {"url": page},
    ]
    return "\n\n".join(part for part in parts if part)


def _moment(name: str, moment: datetime, zone: str) -> str:
    local = moment.astimezone(ZoneInfo(zone)).replace(fold=0)
    # The hour that comes twice in autumn: a TZID cannot say which one is meant, and programs disagree (rule T4).
    if zone == UTC_ZONE or local.utcoffset() != local.replace(fold=1).utcoffset():
        return f"{name}:{utc(moment)}"
    return f"{name};TZID={zone}:{local:%Y%m%dT%H%M%S}"
