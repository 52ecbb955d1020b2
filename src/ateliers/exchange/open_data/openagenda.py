"""Events to come in the shape of OpenAgenda's own API, for whoever fills an agenda there (B20).

Source: https://developers.openagenda.com/evenements/structure. One of their events has one place: ours is told once a place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from ateliers.agenda.poster import CARD_SIZE
from ateliers.agenda.session import SESSION_SQL, Session
from ateliers.database import fetch, fetch_rows
from ateliers.exchange.directory import international
from ateliers.exchange.open_data.ledger import PUBLIC
from ateliers.exchange.open_data.reading import Wanted
from ateliers.places.place import Accessibility
from ateliers.places.territories import DEPARTEMENTS, REGIONS, region_of
from ateliers.rendering import absolute
from ateliers.words import fold, gettext

TITLE, SHORT, LONG, CONDITIONS = 140, 200, 10_000, 255  # characters that OpenAgenda keeps
OFFLINE, ONLINE, MIXED = 1, 2, 3
SCHEDULED, RESCHEDULED, FULL, CANCELLED = 1, 2, 5, 6
PUBLISHED = 2
# Theirs: motor, hearing, sight, mental, psychic. Ours that have no word there are left out.
IMPAIRMENTS = {
    "mi": {Accessibility.STEP_FREE.value},
    "hi": {Accessibility.INDUCTION_LOOP.value, Accessibility.SIGN_LANGUAGE.value, Accessibility.SUBTITLES.value},
    "vi": set[str](),
    "ii": {Accessibility.PLAIN_LANGUAGE.value},
    "pi": set[str](),
}


class Group(msgspec.Struct, frozen=True):
    """One event at one place, with the start of its next session."""

    event_id: UUID
    place_id: UUID | None
    first: datetime


async def read_events(
    wanted: Wanted, *, size: int, after: tuple[int, str] | None, now: datetime
) -> tuple[int, list[dict[str, Any]], tuple[int, str] | None]:
    """How many events there are, some of them in order of their next date, and the `after` of those that follow.

    Raises Invalid.
    """
    values: list[Any] = [now]
    where = f"{PUBLIC} AND s.ends_at > $1 AND {wanted.conditions(values)}"
    found = await fetch_rows(
        f"""SELECT s.event_id, s.place_id, min(s.starts_at) AS first FROM session s JOIN event e ON e.id = s.event_id
            JOIN structure o ON o.id = e.structure_id LEFT JOIN place p ON p.id = s.place_id WHERE {where}
            GROUP BY s.event_id, s.place_id ORDER BY first, s.event_id, s.place_id NULLS FIRST""",
        *values,
    )
    groups = [Group(row["event_id"], row["place_id"], row["first"]) for row in found]
    rest = [group for group in groups if after is None or _place_in_line(group) > after]
    page = rest[:size]
    sessions = await fetch(
        Session,
        f"{SESSION_SQL} WHERE {PUBLIC} AND s.ends_at > $1 AND s.event_id = ANY($2) ORDER BY s.starts_at, s.id",
        now,
        [group.event_id for group in page],
    )
    by_group: dict[tuple[UUID, UUID | None], list[Session]] = {}
    for session in sessions:
        by_group.setdefault((session.event_id, session.place_id), []).append(session)
    events = [event(by_group[group.event_id, group.place_id]) for group in page]
    return len(groups), events, _place_in_line(page[-1]) if len(rest) > size else None


def event(sessions: Sequence[Session]) -> dict[str, Any]:
    """The sessions of one event at one place, in order of time, as one event of theirs."""
    one = sessions[0]
    taking_place = [session for session in sessions if not session.is_called_off]
    told = taking_place or sessions
    timings = [{"begin": _local(session.starts_at, one), "end": _local(session.ends_at, one)} for session in told]
    page = absolute(one.path)
    phone = international(one.phone or one.structure_phone, one.departement)
    long = "\n\n".join(filter(None, (one.description, one.programme, one.to_bring)))
    made: dict[str, Any] = {
        "uid": uid(f"{one.event_id}/{one.place_id}"),
        "slug": f"{'-'.join(fold(one.title).split())[:80]}-{one.event_id.hex[-6:]}",
        "extIds": [{"key": "ateliers", "value": f"{one.event_id}/{one.place_id or 'en-ligne'}"}],
        "title": _said(one.title, TITLE),
        "description": _said(one.description or one.title, SHORT),
        "longDescription": _said(long or one.title, LONG),
        "conditions": _said(
            gettext("Free of charge, seats to be booked") if one.rules.takes_bookings else gettext("Free of charge"),
            CONDITIONS,
        ),
        "image": _image(one),
        "keywords": {"fr": ["Mon espace santé", str(one.kind.label)]},
        "registration": [
            {"type": "link", "value": page},
            *([{"type": "phone", "value": phone}] if phone else []),
        ],
        "accessibility": _accessibility(one),
        "attendanceMode": ONLINE if one.is_online else MIXED if one.online is not None else OFFLINE,
        "status": _status(sessions, taking_place),
        "state": PUBLISHED,
        "timezone": one.zone,
        "timings": timings,
        "firstTiming": timings[0],
        "lastTiming": timings[-1],
        "originAgenda": {"title": one.structure_name, "url": absolute(f"/signataires/{one.structure_slug}")},
        "links": [{"link": page}],
        "createdAt": _utc(min(session.created_at for session in sessions)),
        "updatedAt": _utc(max(session.updated_at for session in sessions)),
    }
    if one.is_online or one.online is not None:
        made["onlineAccessLink"] = page  # never the meeting's own (B7)
    if not one.is_online:
        made["location"] = _location(one)
    return made


def uid(name: str) -> int:
    """A whole number that JavaScript can hold, the same for ever."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=6).digest())


def _image(one: Session) -> dict[str, Any]:
    """Its address is `base` and `filename` put together; readers that look for the largest take the variant."""
    base, _slash, name = absolute(one.card_path).rpartition("/")
    file = {"filename": name, "size": dict(zip(("width", "height"), CARD_SIZE, strict=True))}
    return {"base": f"{base}/", **file, "variants": [{**file, "type": "full"}]}


def _location(one: Session) -> dict[str, Any]:
    street = ", ".join(filter(None, (one.address, one.address_more)))
    known = one.departement in DEPARTEMENTS
    return {
        "uid": uid(str(one.place_id)),
        "name": one.place_name,
        "address": f"{street}, {one.postcode} {one.commune_name}".strip(", "),
        "city": one.commune_name,
        "postalCode": one.postcode,
        "insee": one.commune_code,
        "department": DEPARTEMENTS.get(one.departement),
        "region": REGIONS[region_of(one.departement)] if known else None,
        "countryCode": "FR",
        "latitude": one.latitude,
        "longitude": one.longitude,
        "timezone": one.zone,
        "access": {"fr": one.access_note or ""},
    }


def _accessibility(one: Session) -> dict[str, bool]:
    known = {*one.place_accessibility, *one.accessibility}
    return {name: bool(known & facts) for name, facts in IMPAIRMENTS.items()}


def _status(sessions: Sequence[Session], taking_place: Sequence[Session]) -> int:
    if not taking_place:
        return CANCELLED
    if any(session.previous_start is not None for session in taking_place):
        return RESCHEDULED
    full = all(session.rules.takes_bookings and session.is_full for session in taking_place)
    return FULL if full and sessions[0].online is None else SCHEDULED


def _said(text: str, longest: int) -> dict[str, str]:
    return {"fr": text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"}


def _local(moment: datetime, one: Session) -> str:
    return moment.astimezone(ZoneInfo(one.zone)).isoformat(timespec="seconds")


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _place_in_line(group: Group) -> tuple[int, str]:
    return int(group.first.timestamp()), f"{group.event_id}/{group.place_id or ''}"
