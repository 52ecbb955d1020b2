"""Sessions as a JSON Feed (version 1.1), with what is particular to a session under `_session`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from ateliers.agenda.calendar import location, public_description, public_title, session_uid
from ateliers.agenda.session import Session
from ateliers.exchange.feeds.head import Head
from ateliers.rendering import absolute
from ateliers.words import _, when_in_words


def item(session: Session) -> bytes:
    """One session."""
    page = absolute(session.path)
    when = when_in_words(session.starts_at, session.ends_at, session.zone)
    where = location(session) or _("Online")
    return msgspec.json.encode(
        {
            "id": session_uid(session.id),
            "url": page,
            "title": public_title(session),
            "summary": f"{when} – {where}",
            "image": absolute(session.card_path),
            "content_text": "\n\n".join((when, where, public_description(session, page))),
            "date_published": _moment(session.published_at or session.created_at, session.zone),
            "date_modified": _moment(session.updated_at, session.zone),
            "authors": [{"name": one.name, "url": absolute(one.path)} for one in session.organisers],
            "tags": [str(session.kind.label)],
            "attachments": [{"url": f"{page}/agenda.ics", "mime_type": "text/calendar"}],
            "_session": {
                "kind": session.kind.value,
                "starts_at": _moment(session.starts_at, session.zone),
                "ends_at": _moment(session.ends_at, session.zone),
                "zone": session.zone,
                "all_day": session.all_day,
                "is_called_off": session.is_called_off,
                "is_online": session.is_online,
                "place": session.place_name,
                "address": session.address,
                "postcode": session.postcode,
                "commune": session.commune_name,
                "commune_code": session.commune_code,
                "latitude": session.latitude,
                "longitude": session.longitude,
            },
        }
    )


def whole(head: Head, entries: Sequence[bytes]) -> bytes:
    """The feed."""
    told = msgspec.json.encode(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": head.name,
            "home_page_url": head.page,
            "feed_url": head.address,
            "language": head.language,
        }
    )
    return told.removesuffix(b"}") + b',"items":[' + b",".join(entries) + b"]}"


def _moment(moment: datetime, zone: str) -> str:
    """On the clock of the place, with its offset."""
    return moment.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")
