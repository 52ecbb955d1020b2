"""Sessions as a JSCalendar group (RFC 8984), for programs that prefer JSON to iCalendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from ateliers.agenda.calendar import PRODID, location, public_description, public_title, session_uid
from ateliers.agenda.session import Session
from ateliers.exchange.feeds.head import Head
from ateliers.rendering import absolute


def event(session: Session) -> bytes:
    """One session."""
    page = absolute(session.path)
    start = session.starts_at.astimezone(ZoneInfo(session.zone))
    # A local time cannot say which of two readings of an autumn night is meant: those are told in UTC (rule T4).
    twice = start.utcoffset() != start.replace(fold=1 - start.fold).utcoffset()
    told: dict[str, Any] = {
        "@type": "Event",
        "uid": session_uid(session.id),
        "prodId": PRODID,
        "created": _utc(session.created_at),
        "updated": _utc(session.updated_at),
        "sequence": session.revision,
        "title": public_title(session),
        "description": public_description(session, page),
        "start": f"{session.starts_at.astimezone(UTC) if twice else start:%Y-%m-%dT%H:%M:%S}",
        "timeZone": "Etc/UTC" if twice else session.zone,
        "duration": _duration(session, start),
        "showWithoutTime": session.all_day,
        "status": "cancelled" if session.is_called_off else "confirmed",
        "freeBusyStatus": "free",
        "keywords": {str(session.kind.label): True},
        "links": {"page": {"@type": "Link", "href": page, "contentType": "text/html"}},
    }
    where = location(session)
    if where:
        place: dict[str, Any] = {"@type": "Location", "name": session.place_name, "description": where}
        if session.latitude is not None and session.longitude is not None:
            place["coordinates"] = f"geo:{session.latitude:.6f},{session.longitude:.6f}"
        told["locations"] = {"place": place}
    return msgspec.json.encode(told)


def whole(head: Head, entries: Sequence[bytes]) -> bytes:
    """The group."""
    told = {
        "@type": "Group",
        "uid": head.address,
        "prodId": PRODID,
        "updated": _utc(head.modified),
        "title": head.name,
        "source": head.address,
    }
    return msgspec.json.encode(told).removesuffix(b"}") + b',"entries":[' + b",".join(entries) + b"]}"


def _duration(session: Session, start: datetime) -> str:
    """Whole days without a fixed hour: the clock may change meanwhile."""
    if session.all_day:
        end = session.ends_at.astimezone(ZoneInfo(session.zone))
        return f"P{(end.date() - start.date()).days}D"
    return f"PT{(session.ends_at - session.starts_at) // timedelta(seconds=60)}M"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
