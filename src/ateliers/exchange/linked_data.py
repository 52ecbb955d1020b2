"""A session as search engines read it: schema.org/Event in JSON-LD, with what Google documents for events (B19, rule F11)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from ateliers.agenda.session import CycleDate, Session
from ateliers.places.territories import DEPARTEMENTS, REGIONS, region_of
from ateliers.rendering import absolute
from ateliers.words import gettext

SCHEMA = "https://schema.org"
# ISO 3166-1 codes of its own has France overseas, by INSEE code of the territory; elsewhere it is FR.
COUNTRIES = {
    "971": "GP",
    "972": "MQ",
    "973": "GF",
    "974": "RE",
    "975": "PM",
    "976": "YT",
    "977": "BL",
    "978": "MF",
    "984": "TF",
    "986": "WF",
    "987": "PF",
    "988": "NC",
}


def linked_data(session: Session) -> str:
    """What anybody may know of a session, safe inside a script element. The join link is never in it (B7)."""
    organisers = [{"@type": "Organization", "name": one.name, "url": absolute(one.path)} for one in session.organisers]
    data: dict[str, Any] = {
        "@context": SCHEMA,
        "@type": "Event",
        "@id": absolute(session.path),
        "name": session.title,
        "startDate": _moment(session.starts_at, session),
        # Of whole days the last one: schema.org counts it in, our instant is the midnight after it.
        "endDate": _moment(session.ends_at - timedelta(hours=12) if session.all_day else session.ends_at, session),
        "eventStatus": f"{SCHEMA}/EventScheduled",
        "url": absolute(session.path),
        "image": absolute(session.card_path),
        "isAccessibleForFree": True,
        "inLanguage": "fr",
        "organizer": organisers[0] if len(organisers) == 1 else organisers,
        **_where(session),
    }
    if session.description:
        data["description"] = session.description
    if session.dates:
        data["startDate"] = _moment(session.begins_at, session)
        data["endDate"] = _moment(session.dates[-1].ends_at, session)
        data["subEvent"] = [_date(session, date) for date in session.dates]
    if session.is_off:
        data["eventStatus"] = f"{SCHEMA}/EventCancelled"
    elif session.previous_start is not None:
        data["eventStatus"] = f"{SCHEMA}/EventRescheduled"
        data["previousStartDate"] = _moment(session.previous_start, session)
    if session.rules.takes_bookings and not session.is_off:
        data |= _seats(session)
    text = msgspec.json.encode(data).decode()
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _where(session: Session) -> dict[str, Any]:
    if session.is_online:
        return {"eventAttendanceMode": f"{SCHEMA}/OnlineEventAttendanceMode", "location": _at_home(session)}
    if session.online is not None:
        both = [_at(session), _at_home(session)]
        return {"eventAttendanceMode": f"{SCHEMA}/MixedEventAttendanceMode", "location": both}
    return {"eventAttendanceMode": f"{SCHEMA}/OfflineEventAttendanceMode", "location": _at(session)}


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
    opens = session.opens_at or session.published_at or session.created_at
    return {
        "@type": "Offer",
        "price": 0,
        "priceCurrency": "EUR",
        "url": absolute(session.path),
        "availability": f"{SCHEMA}/{'SoldOut' if is_full else 'InStock'}",
        "validFrom": opens.isoformat(timespec="seconds"),
        "validThrough": session.closes_at.isoformat(timespec="seconds"),
    }


def _at(session: Session) -> dict[str, Any]:
    address = {
        "@type": "PostalAddress",
        "streetAddress": ", ".join(filter(None, (session.address, session.address_more))),
        "postalCode": session.postcode,
        "addressLocality": session.commune_name,
        "addressCountry": COUNTRIES.get(session.departement, "FR"),
    }
    if session.departement in DEPARTEMENTS:
        address["addressRegion"] = REGIONS[region_of(session.departement)]
    return {
        "@type": "Place",
        "name": session.place_name,
        "address": {name: text for name, text in address.items() if text},
        "geo": {"@type": "GeoCoordinates", "latitude": session.latitude, "longitude": session.longitude},
    }


def _at_home(session: Session) -> dict[str, Any]:
    return {"@type": "VirtualLocation", "url": absolute(session.path)}


def _moment(moment: datetime, session: Session) -> str:
    """On the clock of the place, with its offset; a day where there is no hour."""
    local = moment.astimezone(ZoneInfo(session.zone))
    return local.date().isoformat() if session.all_day else local.isoformat(timespec="seconds")


def _date(session: Session, date: CycleDate) -> dict[str, Any]:
    """One date of a cycle; of a place that is not the session's, all that is known is its name and commune."""
    where = _where(session)
    if date.place and date.place != f"{session.place_name}, {session.commune_name}":
        where["location"] = {"@type": "Place", "name": date.place, "address": date.place}
    return {
        "@type": "Event",
        "name": session.title,
        "startDate": _moment(date.starts_at, session),
        "endDate": _moment(date.ends_at, session),
        "eventStatus": f"{SCHEMA}/{'EventCancelled' if date.called_off_at else 'EventScheduled'}",
        "url": absolute(session.path),
        **where,
    }
