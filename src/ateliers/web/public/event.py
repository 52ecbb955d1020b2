"""A session's page: when, where, with whom, what to bring, and how to get a seat."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get
from litestar.params import FromPath
from markupsafe import Markup

from ateliers import clock
from ateliers.agenda.event import EventState, Visibility
from ateliers.agenda.session import CycleDate, Session
from ateliers.agenda.sessions import get_session, list_sessions_of_event
from ateliers.places.place import Accessibility
from ateliers.refusals import NotFound
from ateliers.rendering import absolute
from ateliers.settings import settings
from ateliers.web.answers import page, redirect
from ateliers.words import gettext

MOST_OTHER_DATES = 8


@get("/seances/{session_id:uuid}", include_in_schema=False)
async def show_session(session_id: FromPath[UUID]) -> Response[bytes]:
    """What everybody may know of a session; drafts and the network's own do not exist for strangers."""
    now = clock.now()
    session = await get_session(session_id)
    if not session.may_be_seen_by(None, now):
        raise NotFound
    if session.path != f"/seances/{session.id}":
        return redirect(session.path)
    others = [
        other
        for other in await list_sessions_of_event(session.event_id)
        if other.path not in {session.path, f"/seances/{session.id}"} and not other.is_over(now) and not other.is_off
    ]
    return page(
        "public/session.html",
        session=session,
        now=now,
        others=others[:MOST_OTHER_DATES],
        facts=facts_of(session),
        is_hidden=session.visibility is not Visibility.PUBLIC or session.event_state is not EventState.PUBLISHED,
        linked_data=Markup(linked_data(session)),  # noqa: S704 - JSON with every < > & escaped
    )


def facts_of(session: Session) -> list[str]:
    """Accessibility of venue and event together, in words, each once, in the order of the enumeration."""
    known = {*session.place_accessibility, *session.accessibility}
    return [str(fact.label) for fact in Accessibility if fact.value in known]


def linked_data(session: Session) -> str:
    """schema.org/Event as JSON-LD (B19, rule F11), safe inside a script element. The join link is never in it (B7)."""
    page_url = absolute(session.path)
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": session.title,
        "startDate": _moment(session.starts_at, session),
        # Of whole days the last one: schema.org counts it in, our instant is the midnight after it.
        "endDate": _moment(session.ends_at - timedelta(hours=12) if session.all_day else session.ends_at, session),
        "eventStatus": "https://schema.org/EventScheduled",
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
        "url": page_url,
        "isAccessibleForFree": True,
        "inLanguage": "fr",
        "organizer": {
            "@type": "Organization",
            "name": session.structure_name,
            "url": f"{settings().base_url}/signataires/{session.structure_slug}",
        },
    }
    if session.description:
        data["description"] = session.description
    if session.is_online:
        data["eventAttendanceMode"] = "https://schema.org/OnlineEventAttendanceMode"
        data["location"] = _at_home(session)
    elif session.online is not None:
        data["eventAttendanceMode"] = "https://schema.org/MixedEventAttendanceMode"
        data["location"] = [_at(session), _at_home(session)]
    else:
        data["location"] = _at(session)
    if session.dates:
        data["startDate"] = _moment(session.begins_at, session)
        data["endDate"] = _moment(session.dates[-1].ends_at, session)
        data["subEvent"] = [_date(session, date) for date in session.dates]
    if session.is_off:
        data["eventStatus"] = "https://schema.org/EventCancelled"
    elif session.previous_start is not None:
        data["eventStatus"] = "https://schema.org/EventRescheduled"
        data["previousStartDate"] = _moment(session.previous_start, session)
    if session.rules.takes_bookings and not session.is_off:
        data |= _seats(session)
    text = msgspec.json.encode(data).decode()
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _seats(session: Session) -> dict[str, Any]:
    """What can be booked: one offer, or one on site and one online."""
    half = session.online
    if half is None:
        seats: dict[str, Any] = {"offers": _offer(session, session.is_full)}
        if session.capacity is not None:
            seats |= {
                "maximumAttendeeCapacity": session.capacity,
                "remainingAttendeeCapacity": session.seats_left,
            }
        return seats
    seats = {
        "offers": [
            {**_offer(session, session.is_full), "name": gettext("On site")},
            {**_offer(session, half.is_full), "name": gettext("Online")},
        ]
    }
    if session.capacity is not None:
        seats["maximumPhysicalAttendeeCapacity"] = session.capacity
    if half.capacity is not None:
        seats["maximumVirtualAttendeeCapacity"] = half.capacity
    if session.seats_left is not None and half.seats_left is not None:
        seats["remainingAttendeeCapacity"] = session.seats_left + half.seats_left
    return seats


def _offer(session: Session, is_full: bool) -> dict[str, Any]:
    return {
        "@type": "Offer",
        "price": 0,
        "priceCurrency": "EUR",
        "url": absolute(session.path),
        "availability": f"https://schema.org/{'SoldOut' if is_full else 'InStock'}",
        "validFrom": (session.opens_at or session.published_at or session.created_at).isoformat(),
        "validThrough": session.closes_at.isoformat(),
    }


def _at(session: Session) -> dict[str, Any]:
    return {
        "@type": "Place",
        "name": session.place_name,
        "address": {
            "@type": "PostalAddress",
            "streetAddress": session.address,
            "postalCode": session.postcode,
            "addressLocality": session.commune_name,
            "addressCountry": "FR",
        },
        "geo": {"@type": "GeoCoordinates", "latitude": session.latitude, "longitude": session.longitude},
    }


def _at_home(session: Session) -> dict[str, Any]:
    return {"@type": "VirtualLocation", "url": absolute(session.path)}


def _moment(moment: datetime, session: Session) -> str:
    """On the clock of the place, with its offset; a day where there is no hour."""
    local = moment.astimezone(ZoneInfo(session.zone))
    return local.date().isoformat() if session.all_day else local.isoformat(timespec="seconds")


def _date(session: Session, date: CycleDate) -> dict[str, Any]:
    status = "EventCancelled" if date.called_off_at else "EventScheduled"
    return {
        "@type": "Event",
        "name": session.title,
        "startDate": _moment(date.starts_at, session),
        "endDate": _moment(date.ends_at, session),
        "eventStatus": f"https://schema.org/{status}",
        "location": _at_home(session) if session.is_online else {"@type": "Place", "name": date.place},
    }


ROUTES = [show_session]
