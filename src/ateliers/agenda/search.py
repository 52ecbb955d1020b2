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
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(9000, 1, 1)  # earlier and later days do not fit in every column and zone
ONLINE_KM = 100_000  # farther than any place: at the same hour, what is on the Internet comes last


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


# Haversine on the few places that the box lets through, once a place; the same formula as places.distance.
# Whole kilometres order the list, so that a cursor can hold them.
_NEAR = f"""WITH near AS MATERIALIZED (
    SELECT id, round(km)::int AS km FROM (
        SELECT id, {2 * EARTH_RADIUS} * asin(least(1, sqrt(power(sin(radians(latitude - {{lat}}) / 2), 2)
            + cos(radians({{lat}})) * cos(radians(latitude)) * power(sin(radians(longitude - {{lon}}) / 2), 2)))) AS km
        FROM place WHERE latitude BETWEEN {{south}} AND {{north}} AND longitude BETWEEN {{west}} AND {{east}}
    ) AS around WHERE km <= {{km}})
"""
# Once an event, not once a session. Words that say nothing (« le », « la ») hide nothing.
_WORDS = """(numnode(to_tsquery('french', {q})) = 0
    OR e.id IN (SELECT id FROM event WHERE words @@ to_tsquery('french', {q})))"""
# A hybrid session is one, and so is a cycle: it is found as long as one of its dates takes place.
_PUBLIC = """e.state = 'published' AND e.visibility = 'public' AND o.state = 'admitted'
    AND s.onsite_id IS NULL AND s.lead_id IS NULL
    AND (s.called_off_at IS NULL OR e.is_cycle AND EXISTS (
        SELECT FROM session d WHERE d.lead_id = s.id AND d.called_off_at IS NULL))"""
_FROM = SESSION_SQL[SESSION_SQL.index("FROM session s") :]


class _Where:
    """Conditions and their values, numbered as they come; `head` goes before the SELECT, `join` after its tables."""

    def __init__(self, now: datetime) -> None:
        self.head = ""
        self.join = ""
        self.order = "s.starts_at, 0::int, s.id"
        self.conditions = [_PUBLIC]
        self.values: list[Any] = []
        self.add("s.ends_at > {now} AND (e.public_from IS NULL OR e.public_from <= {now})", now=now)

    def add(self, condition: str, **values: Any) -> None:
        self.conditions.append(self.fill(condition, **values))

    def fill(self, text: str, **values: Any) -> str:
        """`text` with each {name} as the number under which its value is handed over."""
        marks = {}
        for name, value in values.items():
            self.values.append(value)
            marks[name] = f"${len(self.values)}"
        return text.format(**marks)

    def ask(self, select: str, rest: str) -> str:
        """The whole statement."""
        return f"{self.head}{select} {self.join} WHERE {' AND '.join(self.conditions)} {rest}"


async def search_sessions(search: Search, *, now: datetime) -> Results:
    """Sessions that everybody may see, that are not over nor called off, in order of time, then of distance.

    Raises Invalid, beside `near` for a commune that does not exist and beside `cursor` for one that is not ours.
    """
    commune = _commune(search.near)
    where = _conditions(search, commune, now)
    counted = await fetch_rows(where.ask(f"SELECT e.kind, count(*) AS n {_FROM}", "GROUP BY e.kind"), *where.values)
    counts = {Kind(row["kind"]): row["n"] for row in counted}
    if search.kind is not None:
        where.add("e.kind = {kind}", kind=search.kind.value)
    if search.cursor:
        after, km, id = _read_cursor(search.cursor)
        last = where.fill("({after}::timestamptz, {km}::int, {id}::uuid)", after=after, km=km, id=id)
        where.conditions.append(f"({where.order}) > {last}")
    asked = where.ask(SESSION_SQL, f"ORDER BY {where.order} LIMIT {search.limit + 1}")
    sessions = await fetch(Session, asked, *where.values)
    found = [Found(session=session, kilometres=_distance(commune, session)) for session in sessions[: search.limit]]
    return Results(
        commune=commune,
        found=found,
        cursor=_write_cursor(found[-1], commune) if len(sessions) > search.limit else None,
        counts=counts,
    )


async def nearest_sessions(commune: Commune, *, now: datetime, limit: int = 3) -> list[Found]:
    """The next sessions with a place, nearest first: for when nothing was found around (B15)."""
    where = _Where(now)
    where.add("s.starts_at < {until}", until=now + timedelta(days=90))
    sessions = await fetch(
        Session,
        where.ask(
            SESSION_SQL,
            f"""AND p.id IS NOT NULL
                ORDER BY power(p.latitude - ${len(where.values) + 1}, 2)
                    + power((p.longitude - ${len(where.values) + 2}) * cos(radians(p.latitude)), 2), s.starts_at, s.id
                LIMIT {limit}""",
        ),
        *where.values,
        commune.latitude,
        commune.longitude,
    )
    return [Found(session=session, kilometres=_distance(commune, session)) for session in sessions]


async def new_sessions(
    commune: Commune, *, within_km: int, kind: Kind | None, since: datetime, now: datetime, limit: int
) -> list[Found]:
    """Sessions around a commune that everybody has been able to see only since `since`, in order of time (B15).

    What is on the Internet is near everybody, and so no news of a commune: it is left out.
    """
    where = _conditions(Search(within_km=within_km), commune, now)
    where.conditions.append("near.id IS NOT NULL")
    where.add(
        "GREATEST(s.created_at, e.published_at, e.public_from) > {since} AND s.starts_at > {now}", since=since, now=now
    )
    if kind is not None:
        where.add("e.kind = {kind}", kind=kind.value)
    sessions = await fetch(Session, where.ask(SESSION_SQL, f"ORDER BY {where.order} LIMIT {limit}"), *where.values)
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
    where = _Where(now)
    if search.start:
        where.add("s.starts_at >= {start}", start=_midnight(search.start))
    if search.end:
        day_after = min(search.end, LAST_DAY) + timedelta(days=1)
        where.add("s.starts_at < {end}", end=_midnight(day_after))
    if commune is not None:
        high = search.within_km / KILOMETRES_PER_DEGREE
        wide = min(BROADEST, high / max(0.05, cos(radians(commune.latitude))))
        where.head = where.fill(
            _NEAR,
            south=commune.latitude - high,
            north=commune.latitude + high,
            west=commune.longitude - wide,
            east=commune.longitude + wide,
            lat=commune.latitude,
            lon=commune.longitude,
            km=float(search.within_km),
        )
        where.join = "LEFT JOIN near ON near.id = s.place_id"
        where.order = f"s.starts_at, COALESCE(near.km, {ONLINE_KM}), s.id"
        where.conditions.append("(s.place_id IS NULL OR near.id IS NOT NULL)")
    words = fold(search.q or "").split()
    if words:
        query = " & ".join(f"{word}:*" for word in words)
        where.add(_WORDS, q=query)
    if search.accessible:
        facts = [fact.value for fact in search.accessible]
        where.add("(e.accessibility || COALESCE(p.accessibility, '{{}}')) @> {facts}::text[]", facts=facts)
    if search.seats_left:
        where.conditions.append(
            """(s.capacity IS NULL OR s.seats_taken + s.seats_offered + s.seats_held_back < s.capacity
                OR h.id IS NOT NULL AND (h.capacity IS NULL
                                         OR h.seats_taken + h.seats_offered + h.seats_held_back < h.capacity))"""
        )
    return where


def _midnight(day: date) -> datetime:
    return datetime.combine(min(max(day, FIRST_DAY), LAST_DAY), datetime.min.time(), ZoneInfo(PARIS))


def _distance(commune: Commune | None, session: Session) -> float | None:
    if commune is None or session.latitude is None or session.longitude is None:
        return None
    return kilometres(commune.latitude, commune.longitude, session.latitude, session.longitude)


def _write_cursor(last: Found, commune: Commune | None) -> str:
    away = ONLINE_KM if last.kilometres is None else round(last.kilometres)
    raw = f"{last.session.starts_at.isoformat()} {away if commune else 0} {last.session.id}"
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, int, UUID]:
    try:
        raw = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)).decode()
        moment, away, id = raw.split(" ")
        after, kilometres_away = datetime.fromisoformat(moment), int(away)
        if after.tzinfo is None or not FIRST_DAY <= after.date() <= LAST_DAY or not 0 <= kilometres_away <= ONLINE_KM:
            raise ValueError
        return after, kilometres_away, UUID(id)
    except (ValueError, binascii.Error):
        raise Invalid({"cursor": "This is not a page of our results."}) from None
