"""The statement that finds sessions: from the places in reach to their sessions, how many of each kind, and one page of them."""

from __future__ import annotations

from datetime import datetime
from math import cos, radians
from typing import Any
from uuid import UUID

import msgspec

from ateliers.agenda.kinds import Kind
from ateliers.agenda.session import SESSION_SQL, Session
from ateliers.database import fetch, fetch_rows, fetch_value
from ateliers.places.communes import Commune
from ateliers.places.distance import EARTH_RADIUS
from ateliers.words import PARIS, fold

KILOMETRES_PER_DEGREE = 111.2  # of latitude
BROADEST = 360.0  # degrees
ONLINE_KM = 100_000  # farther than any place: at the same hour, what is on the Internet comes last
LAST_TIER = 2  # neither title nor description says all words: the structure or the place does
MOST_WORDS = 12  # of a search; more of them say nothing more
ALIKE = {"st": "(st | saint:*)", "saint": "(st | saint:*)", "ste": "(ste | sainte:*)", "sainte": "(ste | sainte:*)"}

# What everybody may know of, of an event `e` and its structure `o`.
PUBLIC_EVENT = """e.state = 'published' AND e.visibility = 'public' AND o.state = 'admitted'
    AND (e.public_from IS NULL OR e.public_from <= {now})"""
# A cycle is found as long as one of its dates takes place.
TAKES_PLACE = """({session}.called_off_at IS NULL OR {event}.is_cycle AND EXISTS (
    SELECT FROM session d WHERE d.lead_id = {session}.id AND d.called_off_at IS NULL))"""
# A hybrid session is one, and so is a cycle.
COMING = "ends_at > {now} AND onsite_id IS NULL AND lead_id IS NULL"
SEATS_LEFT = """(s.capacity IS NULL OR s.seats_taken + s.seats_offered + s.seats_held_back < s.capacity
    OR h.id IS NOT NULL AND (h.capacity IS NULL OR h.seats_taken + h.seats_offered + h.seats_held_back < h.capacity))"""

# Haversine on the few places that the box lets through, once a place; the same formula as places.distance.
# Whole kilometres order the list, so that a cursor can hold them.
_NEAR = f"""near AS MATERIALIZED (
    SELECT id, round(km)::int AS km, facts, said FROM (
        SELECT id, accessibility AS facts, {{said}} AS said,
            {2 * EARTH_RADIUS} * asin(least(1, sqrt(power(sin(radians(latitude - {{lat}}) / 2), 2)
                + cos(radians({{lat}})) * cos(radians(latitude)) * power(sin(radians(longitude - {{lon}}) / 2), 2)))) AS km
        FROM place WHERE latitude BETWEEN {{south}} AND {{north}} AND longitude BETWEEN {{west}} AND {{east}}
    ) AS around WHERE km <= {{km}})"""
_EVERYTHING = f"""SELECT s.id, s.event_id, s.starts_at, s.called_off_at, 0 AS km, COALESCE(p.accessibility, '{{{{}}}}') AS facts
    FROM session s LEFT JOIN place p ON p.id = s.place_id WHERE {COMING}{{days}}"""
_SAYING = (
    "near AS MATERIALIZED (SELECT id, 0 AS km, accessibility AS facts, {said} AS said FROM place WHERE words @@ {any})"
)
# Read from the index session_found alone, a place at a time; OFFSET 0 keeps the planner from reading every session instead.
_REACHED = f"""SELECT s.id, s.event_id, s.starts_at, s.called_off_at, near.km, near.facts, near.said
    FROM near CROSS JOIN LATERAL (
        SELECT id, event_id, starts_at, called_off_at FROM session
        WHERE place_id = near.id AND {COMING}{{days}} OFFSET 0) AS s"""
_ONLINE = f"""SELECT id, event_id, starts_at, called_off_at, {ONLINE_KM}, '{{{{}}}}'::text[], 0
    FROM session WHERE place_id IS NULL AND {COMING}{{days}}"""
# Where no commune is asked for: what the event says whole, at places that say nothing of it.
_SAID = f"""SELECT s.id, s.event_id, s.starts_at, s.called_off_at, 0, COALESCE(p.accessibility, '{{{{}}}}'), 0
    FROM event e JOIN session s ON s.event_id = e.id LEFT JOIN place p ON p.id = s.place_id
    WHERE e.words @@ {{all}} AND (s.place_id IS NULL OR s.place_id NOT IN (SELECT id FROM near)) AND {COMING}{{days}}"""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for, in instants and values; everything left out does not matter."""

    commune: Commune | None = None
    within_km: int = 30
    kind: Kind | None = None
    since: datetime | None = None  # starts then or later
    before: datetime | None = None
    words: str = ""
    facts: list[str] = []
    seats_left: bool = False
    new_since: datetime | None = None  # everybody has been able to see it only since then
    online_too: bool = True


class Spotted(msgspec.Struct, frozen=True, kw_only=True):
    """Where one session stands in the list: its day, how well the words fit (0: title), then hour and whole kilometres."""

    id: UUID
    tier: int
    starts_at: datetime
    km: int


class Statement:
    """SQL text with {names}, and the values that stand for them, numbered as they come."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def fill(self, text: str, **values: Any) -> str:
        """`text` with each {name} as the number under which its value is handed over."""
        return text.format(**{name: self.mark(value) for name, value in values.items()})

    def mark(self, value: Any) -> str:
        """'$3': the number of one more value."""
        self.values.append(value)
        return f"${len(self.values)}"


async def spot(
    wanted: Wanted, *, after: Spotted | None, limit: int, now: datetime
) -> tuple[dict[Kind, int], list[Spotted]]:
    """How many there are of each kind, whatever kind is wanted, and the next `limit` after `after` of the kind wanted."""
    question = _Question(wanted, await _telling_terms(wanted.words), now)
    rows = await fetch_rows(question.text(after, limit), *question.values)
    counts = {Kind(kind): count for kind, count in (rows[0]["counts"] or {}).items()}
    page = [Spotted(**{name: row[name] for name in Spotted.__struct_fields__}) for row in rows if row["id"]]
    return counts, page


async def fetch_in_order(ids: list[UUID]) -> list[Session]:
    """The sessions with these ids, in their order."""
    if not ids:
        return []
    found = {one.id: one for one in await fetch(Session, f"{SESSION_SQL} WHERE s.id = ANY($1)", ids)}
    return [found[id] for id in ids if id in found]


async def _telling_terms(words: str) -> list[str]:
    """Each word as PostgreSQL asks for its beginning; those that say nothing (« le », « la ») are left out."""
    terms = [ALIKE.get(word, f"{word}:*") for word in dict.fromkeys(fold(words).split()[:MOST_WORDS])]
    if not terms:
        return []
    telling: list[str] = await fetch_value(
        """SELECT array(SELECT term FROM unnest($1::text[]) WITH ORDINALITY AS t (term, n)
                        WHERE numnode(to_tsquery('french', term)) > 0 ORDER BY n)""",
        terms,
    )
    return telling


class _Question(Statement):
    """One search put into SQL: places in reach, their sessions, the events of these, and what of it all is wanted."""

    def __init__(self, wanted: Wanted, terms: list[str], now: datetime) -> None:
        super().__init__()
        self.wanted = wanted
        self.terms = terms
        self.now = self.mark(now)
        self.every = (1 << len(terms)) - 1  # all words said
        # A scalar sub-select is worked out once; the function itself would be, under a kept plan, at each row.
        self.asked = [f"(SELECT to_tsquery('french', {self.mark(term)}))" for term in terms]
        self.is_broad = wanted.commune is None and not terms

    def text(self, after: Spotted | None, limit: int) -> str:
        """The statement; `values` are whole once it was asked for."""
        ctes = [self.reached(), self.offer(), self.found()]
        order = "day, tier, starts_at, km, id" if self.terms else "starts_at, km, id"
        conditions = ["true"]
        if self.wanted.kind is not None:
            conditions.append(self.fill("kind = {kind}", kind=self.wanted.kind.value))
        if after is not None:
            at, km, id = self.mark(after.starts_at), self.mark(after.km), self.mark(after.id)
            last = f"{at}::timestamptz, {km}::int, {id}::uuid"
            if self.terms:
                last = f"{_day_of(f'{at}::timestamptz')}, {self.mark(after.tier)}::int, {last}"
            conditions.append(f"({order}) > ({last})")
        return f"""WITH {", ".join(ctes)}
            SELECT counted.counts, page.* FROM (
                SELECT json_object_agg(kind, n) AS counts FROM (SELECT kind, count(*) AS n FROM found GROUP BY kind) AS k
            ) AS counted LEFT JOIN (
                SELECT id, starts_at, km, tier, day FROM found
                WHERE {" AND ".join(conditions)} ORDER BY {order} LIMIT {self.mark(limit)}
            ) AS page ON true
            ORDER BY {order}"""

    def said(self, vector: str) -> str:
        """Which of the words `vector` says, one bit each."""
        return " | ".join(f"(({vector} @@ {one})::int << {n})" for n, one in enumerate(self.asked)) or "0"

    def all_of(self, weights: str = "") -> str:
        """All words at once, of these weights."""
        return f"(SELECT to_tsquery('french', {self.mark(' & '.join(_weighed(one, weights) for one in self.terms))}))"

    def reached(self) -> str:
        """Sessions to come in reach of the commune, else of the words, else all."""
        days = ""
        if self.wanted.since is not None:
            days += self.fill(" AND starts_at >= {at}", at=self.wanted.since)
        if self.wanted.before is not None:
            days += self.fill(" AND starts_at < {at}", at=self.wanted.before)
        if self.is_broad:
            return f"reached AS NOT MATERIALIZED ({_EVERYTHING.format(now=self.now, days=days)})"
        found = [_REACHED.format(now=self.now, days=days)]
        if self.wanted.commune is None:
            found.append(_SAID.format(now=self.now, days=days, all=self.all_of()))
        elif self.wanted.online_too:
            found.append(_ONLINE.format(now=self.now, days=days))
        return f"{self.near()}, reached AS MATERIALIZED ({' UNION ALL '.join(found)})"

    def near(self) -> str:
        """Places within the distance, else those that say a word; each with which words it says."""
        said = self.said("words")
        commune = self.wanted.commune
        if commune is None:
            return _SAYING.format(said=said, any=f"(SELECT to_tsquery('french', {self.mark(' | '.join(self.terms))}))")
        high = self.wanted.within_km / KILOMETRES_PER_DEGREE
        wide = min(BROADEST, high / max(0.05, cos(radians(commune.latitude))))
        return _NEAR.format(
            said=said,
            south=self.mark(commune.latitude - high),
            north=self.mark(commune.latitude + high),
            west=self.mark(commune.longitude - wide),
            east=self.mark(commune.longitude + wide),
            lat=self.mark(commune.latitude),
            lon=self.mark(commune.longitude),
            km=self.mark(float(self.wanted.within_km)),
        )

    def offer(self) -> str:
        """Events in reach that everybody may see and that, with some place in reach, say all words."""
        conditions = [PUBLIC_EVENT.format(now=self.now)]
        said, tier = "0", "0"
        if not self.is_broad:
            conditions.append("e.id IN (SELECT event_id FROM reached)")
        if self.terms:
            said = self.said("e.words")
            conditions.append(f"(({said}) | COALESCE((SELECT bit_or(said) FROM near), 0)) = {self.every}")
            tier = f"""CASE WHEN e.words @@ {self.all_of("A")} THEN 0
                            WHEN e.words @@ {self.all_of("AB")} THEN 1 ELSE {LAST_TIER} END"""
        return f"""offer AS MATERIALIZED (
            SELECT e.id, e.kind, e.is_cycle, e.accessibility AS facts, {said} AS said, {tier} AS tier,
                   GREATEST(e.published_at, e.public_from) AS shown_at
            FROM event e JOIN structure o ON o.id = e.structure_id
            WHERE {" AND ".join(conditions)})"""

    def found(self) -> str:
        """What is wanted of all this; the row of a session is looked at only for what the index does not hold."""
        conditions = [TAKES_PLACE.format(session="r", event="offer")]
        rows = ""
        if self.terms:
            conditions.append(f"offer.said | r.said = {self.every}")
        if self.wanted.facts:
            conditions.append(self.fill("(offer.facts || r.facts) @> {facts}::text[]", facts=self.wanted.facts))
        if self.wanted.seats_left or self.wanted.new_since is not None:
            rows = "JOIN session s ON s.id = r.id"
        if self.wanted.new_since is not None:
            new = self.fill("GREATEST(s.created_at, offer.shown_at) > {since}", since=self.wanted.new_since)
            conditions.append(new)
        if self.wanted.seats_left:
            rows += " LEFT JOIN session h ON h.onsite_id = s.id AND h.called_off_at IS NULL"
            conditions.append(SEATS_LEFT)
        return f"""found AS {"NOT" if self.is_broad else ""} MATERIALIZED (
            SELECT r.id, r.starts_at, r.km, {_day_of("r.starts_at")} AS day, offer.kind, offer.tier
            FROM reached r JOIN offer ON offer.id = r.event_id {rows}
            WHERE {" AND ".join(conditions)})"""


def _day_of(moment: str) -> str:
    """The day on which sessions stand together, whatever their zone."""
    return f"({moment} AT TIME ZONE '{PARIS}')::date"


def _weighed(term: str, weights: str) -> str:
    """'(st | saint:*)' as '(st:A | saint:*A)'."""
    words = term.strip("()").split(" | ") if weights else [term]
    marked = [f"{word}{weights}" if word.endswith(":*") or not weights else f"{word}:{weights}" for word in words]
    return f"({' | '.join(marked)})"
