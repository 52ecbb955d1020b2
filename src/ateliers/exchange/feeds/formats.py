"""The formats of a feed: each says how a session is written, and how what is written of many becomes one file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.agenda.calendar import calendar_file, public_event
from ateliers.agenda.ical import text
from ateliers.agenda.session import Session
from ateliers.exchange.feeds import atom, jscalendar, json_feed
from ateliers.exchange.feeds.head import Head

REFRESH = "PT4H"


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A session of a feed, as far as its file needs to know when what is written of it is kept already."""

    id: UUID
    version: int  # changes whenever anything does that a feed tells of the session
    zone: str
    starts_at: datetime
    ends_at: datetime
    all_day: bool


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """One way to write a feed."""

    media_type: str
    entry: Callable[[Session], bytes]
    whole: Callable[[Head, Sequence[Listed], Sequence[bytes]], bytes]


def _calendar(head: Head, listed: Sequence[Listed], entries: Sequence[bytes]) -> bytes:
    """A VCALENDAR that nobody is asked to answer: no METHOD (rules F1 and F2)."""
    name = text(head.name)
    lines = [
        f"NAME:{name}",
        f"X-WR-CALNAME:{name}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}",
        f"X-PUBLISHED-TTL:{REFRESH}",
        f"SOURCE;VALUE=URI:{head.address}",
        f"URL;VALUE=URI:{head.page}",
    ]
    return calendar_file(lines, listed, entries)


# By the extension that stands in addresses.
FORMATS = {
    "ics": Format(media_type="text/calendar", entry=public_event, whole=_calendar),
    "atom": Format(
        media_type="application/atom+xml; charset=utf-8",
        entry=atom.entry,
        whole=lambda head, _listed, entries: atom.whole(head, entries),
    ),
    "json": Format(
        media_type="application/feed+json",
        entry=json_feed.item,
        whole=lambda head, _listed, entries: json_feed.whole(head, entries),
    ),
    "jscal": Format(
        media_type="application/jscalendar+json; type=group",
        entry=jscalendar.event,
        whole=lambda head, _listed, entries: jscalendar.whole(head, entries),
    ),
}
