"""Finding a session: where, when, which kind, which words, for whom (B14)."""

from __future__ import annotations

import base64
import binascii
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from ateliers.agenda.kinds import Kind
from ateliers.agenda.search_sql import (
    LAST_TIER,
    ONLINE_KM,
    PUBLIC_EVENT,
    TAKES_PLACE,
    Spotted,
    Statement,
    Wanted,
    fetch_in_order,
    spot,
)
from ateliers.agenda.session import Session
from ateliers.database import fetch_rows
from ateliers.places.communes import Commune, resolve
from ateliers.places.distance import kilometres
from ateliers.places.place import Accessibility
from ateliers.refusals import Invalid
from ateliers.words import PARIS

MOST_RESULTS = 100
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(9000, 1, 1)  # earlier and later days do not fit in every column and zone


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


async def search_sessions(search: Search, *, now: datetime) -> Results:
    """Sessions that everybody may see, that are not over nor called off, in order of time, then of distance.

    With words, those whose title says them come first in their day, then those whose description does, then by place.

    Raises Invalid, beside `near` for a commune that does not exist and beside `cursor` for one that is not ours.
    """
    commune = _commune(search.near)
    after = _read_cursor(search.cursor) if search.cursor else None
    counts, page = await spot(_wanted(search, commune), after=after, limit=search.limit + 1, now=now)
    shown = page[: search.limit]
    return Results(
        commune=commune,
        found=await _found(shown, commune),
        cursor=_write_cursor(shown[-1]) if len(page) > search.limit else None,
        counts=counts,
    )


async def nearest_sessions(commune: Commune, *, kind: Kind | None = None, now: datetime, limit: int = 3) -> list[Found]:
    """The next sessions with a place, nearest first: for when nothing was found around (B15)."""
    statement = Statement()
    moment, until = statement.mark(now), statement.mark(now + timedelta(days=90))
    only = statement.fill("AND e.kind = {kind}", kind=kind.value) if kind is not None else ""
    rows = await fetch_rows(
        statement.fill(
            f"""SELECT s.id FROM (
                    SELECT id, power(latitude - {{latitude}}, 2)
                        + power((longitude - {{longitude}}) * cos(radians(latitude)), 2) AS away
                    FROM place ORDER BY away) AS near
                CROSS JOIN LATERAL (
                    SELECT s.id, s.starts_at FROM session s
                    JOIN event e ON e.id = s.event_id
                    JOIN structure o ON o.id = e.structure_id
                    WHERE s.place_id = near.id AND s.ends_at > {moment} AND s.starts_at < {until}
                        AND s.onsite_id IS NULL AND s.lead_id IS NULL
                        AND {TAKES_PLACE.format(session="s", event="e")}
                        AND {PUBLIC_EVENT.format(now=moment)} {only}
                    ORDER BY s.starts_at, s.id LIMIT {limit}) AS s
                ORDER BY near.away, s.starts_at, s.id LIMIT {limit}""",
            latitude=commune.latitude,
            longitude=commune.longitude,
        ),
        *statement.values,
    )
    sessions = await fetch_in_order([row["id"] for row in rows])
    return [Found(session=session, kilometres=_distance(commune, session)) for session in sessions]


async def new_sessions(
    commune: Commune, *, within_km: int, kind: Kind | None, since: datetime, now: datetime, limit: int
) -> list[Found]:
    """Sessions around a commune that everybody has been able to see only since `since`, in order of time (B15).

    What is on the Internet is near everybody, and so no news of a commune: it is left out.
    """
    wanted = Wanted(commune=commune, within_km=within_km, kind=kind, since=now, new_since=since, online_too=False)
    _counts, page = await spot(wanted, after=None, limit=limit, now=now)
    return await _found(page, commune)


async def _found(page: list[Spotted], commune: Commune | None) -> list[Found]:
    sessions = await fetch_in_order([one.id for one in page])
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


def _wanted(search: Search, commune: Commune | None) -> Wanted:
    return Wanted(
        commune=commune,
        within_km=search.within_km,
        kind=search.kind,
        since=_midnight(search.start) if search.start else None,
        before=_midnight(min(search.end, LAST_DAY) + timedelta(days=1)) if search.end else None,
        words=search.q or "",
        facts=[fact.value for fact in search.accessible],
        seats_left=search.seats_left,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(min(max(day, FIRST_DAY), LAST_DAY), datetime.min.time(), ZoneInfo(PARIS))


def _distance(commune: Commune | None, session: Session) -> float | None:
    if commune is None or session.latitude is None or session.longitude is None:
        return None
    return kilometres(commune.latitude, commune.longitude, session.latitude, session.longitude)


def _write_cursor(last: Spotted) -> str:
    raw = f"{last.starts_at.isoformat()} {last.km} {last.tier} {last.id}"
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> Spotted:
    try:
        raw = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)).decode()
        moment, away, tier, id = raw.split(" ")
        after = Spotted(starts_at=datetime.fromisoformat(moment), km=int(away), tier=int(tier), id=UUID(id))
        if after.starts_at.tzinfo is None or not FIRST_DAY <= after.starts_at.date() <= LAST_DAY:
            raise ValueError
        if not 0 <= after.km <= ONLINE_KM or not 0 <= after.tier <= LAST_TIER:
            raise ValueError
    except (ValueError, binascii.Error):
        raise Invalid({"cursor": "This is not a page of our results."}) from None
    return after
