"""Finding a session: where, when, which kind, which words, for whom (B14)."""

from __future__ import annotations

import base64
import binascii
from datetime import date, datetime, timedelta
from math import cos, radians
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from ateliers.agenda.kinds import Kind
from ateliers.agenda.session import SESSION_SQL, Session
from ateliers.database import fetch, fetch_rows
from ateliers.places.communes import Commune, resolve
from ateliers.places.distance import EARTH_RADIUS, kilometres
from ateliers.places.place import Accessibility
from ateliers.refusals import Invalid
from ateliers.words import PARIS, fold

MOST_RESULTS = 100
KILOMETRES_PER_DEGREE = 111.2  # of latitude
BROADEST = 360.0  # degrees


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody looks for; everything left out does not matter.

    `start` and `end` are days, both included, on the clock of the territory. Sessions on the Internet are near everybody.
    """

    near: Annotated[str, Meta(max_length=80)] | None = None  # commune or postcode
    within_km: Annotated[int, Meta(ge=1, le=2000)] = 30
    kind: Kind | None = None
    start: date | None = None
    end: date | None = None
    q: Annotated[str, Meta(max_length=100)] | None = None
    accessible: list[Accessibility] = []
    seats_left: bool = False
    limit: Annotated[int, Meta(ge=1, le=MOST_RESULTS)] = 20
    cursor: Annotated[str, Meta(max_length=120)] | None = None

    def __post_init__(self) -> None:
        if self.start and self.end and self.end < self.start:
            raise Invalid({"end": "The end cannot be before the start."})


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A session and how far it is: kilometres, None on the Internet or when no place was asked for."""

    session: Session
    kilometres: float | None


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """One page of what was found, in order of time. `cursor` leads to the next page, if there is one."""

    commune: Commune | None
    found: list[Found]
    cursor: str | None
    counts: dict[Kind, int]  # what there is of each kind, whatever kind was asked for

    @property
    def total(self) -> int:
        """How many sessions there are of all kinds."""
        return sum(self.counts.values())


# Haversine on the few rows that the box lets through; the same formula as places.distance.
_WITHIN = f"""(s.place_id IS NULL OR (p.latitude BETWEEN {{south}} AND {{north}} AND p.longitude BETWEEN {{west}} AND {{east}}
    AND {2 * EARTH_RADIUS} * asin(least(1, sqrt(power(sin(radians(p.latitude - {{lat}}) / 2), 2)
        + cos(radians({{lat}})) * cos(radians(p.latitude)) * power(sin(radians(p.longitude - {{lon}}) / 2), 2)))) <= {{km}}))"""
_PUBLIC = "e.state = 'published' AND e.visibility = 'public' AND o.state = 'admitted' AND s.called_off_at IS NULL"
_FROM = SESSION_SQL[SESSION_SQL.index("FROM session s") :]


class _Where:
    """Conditions and their values, numbered as they come."""

    def __init__(self) -> None:
        self.conditions = [_PUBLIC]
        self.values: list[Any] = []

    def add(self, condition: str, **values: Any) -> None:
        marks = {}
        for name, value in values.items():
            self.values.append(value)
            marks[name] = f"${len(self.values)}"
        self.conditions.append(condition.format(**marks))

    def __str__(self) -> str:
        return " AND ".join(self.conditions)


async def search_sessions(search: Search, *, now: datetime) -> Results:
    """Sessions that everybody may see, that are not over nor called off, in order of time.

    Raises Invalid, beside `near` for a commune that does not exist and beside `cursor` for one that is not ours.
    """
    commune = _commune(search.near)
    where = _conditions(search, commune, now)
    counted = await fetch_rows(f"SELECT e.kind, count(*) AS n {_FROM} WHERE {where} GROUP BY e.kind", *where.values)
    counts = {Kind(row["kind"]): row["n"] for row in counted}
    if search.kind is not None:
        where.add("e.kind = {kind}", kind=search.kind.value)
    if search.cursor:
        after, id = _read_cursor(search.cursor)
        where.add("(s.starts_at, s.id) > ({after}::timestamptz, {id}::uuid)", after=after, id=id)
    sessions = await fetch(
        Session, f"{SESSION_SQL} WHERE {where} ORDER BY s.starts_at, s.id LIMIT {search.limit + 1}", *where.values
    )
    page = sessions[: search.limit]
    return Results(
        commune=commune,
        found=[Found(session=session, kilometres=_distance(commune, session)) for session in page],
        cursor=_write_cursor(page[-1]) if len(sessions) > search.limit else None,
        counts=counts,
    )


async def nearest_sessions(commune: Commune, *, now: datetime, limit: int = 3) -> list[Found]:
    """The next sessions with a place, nearest first: for when nothing was found around (B15)."""
    where = _Where()
    where.add("s.ends_at > {now}", now=now)
    where.add("s.starts_at < {until}", until=now + timedelta(days=90))
    sessions = await fetch(
        Session,
        f"""{SESSION_SQL} WHERE {where} AND p.id IS NOT NULL
            ORDER BY power(p.latitude - ${len(where.values) + 1}, 2)
                + power((p.longitude - ${len(where.values) + 2}) * cos(radians(p.latitude)), 2), s.starts_at, s.id
            LIMIT {limit}""",
        *where.values,
        commune.latitude,
        commune.longitude,
    )
    return [Found(session=session, kilometres=_distance(commune, session)) for session in sessions]


def _commune(near: str | None) -> Commune | None:
    if not near:
        return None
    commune = resolve(near)
    if commune is None:
        raise Invalid(
            {"near": "We know no commune or postcode of that name. Check the spelling, or write the postcode."}
        )
    return commune


def _conditions(search: Search, commune: Commune | None, now: datetime) -> _Where:
    where = _Where()
    where.add("s.ends_at > {now}", now=now)
    zone = ZoneInfo(PARIS)
    if search.start:
        where.add("s.starts_at >= {start}", start=datetime.combine(search.start, datetime.min.time(), zone))
    if search.end:
        day_after = search.end + timedelta(days=1) if search.end < date.max else search.end
        where.add("s.starts_at < {end}", end=datetime.combine(day_after, datetime.min.time(), zone))
    if commune is not None:
        high = search.within_km / KILOMETRES_PER_DEGREE
        wide = min(BROADEST, high / max(0.05, cos(radians(commune.latitude))))
        where.add(
            _WITHIN,
            south=commune.latitude - high,
            north=commune.latitude + high,
            west=commune.longitude - wide,
            east=commune.longitude + wide,
            lat=commune.latitude,
            lon=commune.longitude,
            km=float(search.within_km),
        )
    words = fold(search.q or "").split()
    if words:
        query = " & ".join(f"{word}:*" for word in words)
        where.add("(numnode(to_tsquery('french', {q})) = 0 OR e.words @@ to_tsquery('french', {q}))", q=query)
    if search.accessible:
        facts = [fact.value for fact in search.accessible]
        where.add("(e.accessibility || COALESCE(p.accessibility, '{{}}')) @> {facts}::text[]", facts=facts)
    if search.seats_left:
        where.conditions.append("(s.capacity IS NULL OR s.seats_taken < s.capacity)")
    return where


def _distance(commune: Commune | None, session: Session) -> float | None:
    if commune is None or session.latitude is None or session.longitude is None:
        return None
    return kilometres(commune.latitude, commune.longitude, session.latitude, session.longitude)


def _write_cursor(session: Session) -> str:
    raw = f"{session.starts_at.isoformat()} {session.id}"
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, UUID]:
    try:
        raw = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)).decode()
        moment, _, id = raw.partition(" ")
        after = datetime.fromisoformat(moment)
        if after.tzinfo is None:
            raise ValueError
        return after, UUID(id)
    except (ValueError, OverflowError, binascii.Error):
        raise Invalid({"cursor": "This is not a page of our results."}) from None
