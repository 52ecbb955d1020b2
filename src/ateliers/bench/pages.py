"""The pages that everybody opens, with 5,000 sessions to come: the search around towns, and the sessions' own pages."""

from __future__ import annotations

import random
from datetime import timedelta
from urllib.parse import quote
from uuid import UUID

from ateliers import clock, database
from ateliers.bench.load import get_over_and_over
from ateliers.bench.works import Measure, work
from ateliers.bench.yard import Yard
from ateliers.places.communes import all_communes, region_of

SESSIONS = 5_000
CLIENTS = 32
TOWNS = 20  # searches that differ
PAGES = 50  # session pages that differ
SLOWEST = 60.0  # milliseconds, 99th percentile


@work("search-page", unit="requests/s", goal=600)
async def search_page(yard: Yard) -> Measure:
    """Searches around twenty towns, 32 clients on one web process."""
    await make_sessions(yard, SESSIONS)
    towns = [commune.name for commune in all_communes()[:TOWNS]]
    return await _measure(yard, [f"/?ou={quote(town)}&rayon=60" for town in towns])


@work("event-page", unit="requests/s", goal=600)
async def event_page(yard: Yard) -> Measure:
    """Fifty sessions' pages, 32 clients on one web process."""
    made = await make_sessions(yard, SESSIONS)
    return await _measure(yard, [f"/seances/{id}" for id in made[:PAGES]])


async def _measure(yard: Yard, paths: list[str]) -> Measure:
    async with yard.web() as base:
        await get_over_and_over(base, paths, clients=CLIENTS, seconds=1)
        run = await get_over_and_over(base, paths, clients=CLIENTS, seconds=2 if yard.quick else 6)
    sound = run.wrong == 0 and run.slowest_percent <= SLOWEST
    return Measure(value=run.rate, note=f"p99 {run.slowest_percent:.0f} ms; {run.wrong} wrong", sound=sound)


async def make_sessions(yard: Yard, count: int) -> list[UUID]:
    """`count` public workshops over three months, in the 500 largest communes, ten sessions an event; their ids."""
    await database.open_pool(yard.database_url)
    chance = random.Random(count)
    now = clock.now()
    home = next(commune for commune in all_communes() if commune.departement == "58")
    structure = database.new_id()
    await database.execute(
        """INSERT INTO structure (id, slug, name, kind, address, postcode, commune_code, commune_name, departement, region,
               latitude, longitude, zone, email, state, created_at, admitted_at)
           VALUES ($1, 'banc', 'Banc d’essai', 'association', '', '58000', $2, $3, '58', $4, $5, $6,
               'Europe/Paris', 'banc@example.org', 'admitted', $7, $7)""",
        structure,
        home.code,
        home.name,
        region_of("58"),
        home.latitude,
        home.longitude,
        now,
    )
    places = [(database.new_id(), commune) for commune in all_communes()[:500] if commune.postcodes]
    await database.execute_many(
        """INSERT INTO place (id, name, address, address_more, postcode, commune_code, commune_name, departement,
               latitude, longitude, zone, created_at, updated_at)
           VALUES ($1, 'Salle communale', '1 rue de la Mairie', '', $2, $3, $4, $5, $6, $7, 'Europe/Paris', $8, $8)""",
        [(id, c.postcodes[0], c.code, c.name, c.departement, c.latitude, c.longitude, now) for id, c in places],
    )
    events = [database.new_id() for _turn in range(max(1, count // 10))]
    await database.execute_many(
        """INSERT INTO event (id, structure_id, kind, title, description, visibility, state, party_limit, waiting_max,
               promotion_stop, cutoff, words, created_at, updated_at, published_at)
           VALUES ($1, $2, 'workshop', 'Activer Mon espace santé', 'Nous l’ouvrons ensemble.', 'public', 'published',
               6, 20, interval '2 hours', interval '2 hours', to_tsvector('french', 'activer mon espace sante'), $3, $3, $3)""",
        [(id, structure, now) for id in events],
    )
    rows = []
    for number in range(count):
        start = now + timedelta(minutes=chance.randrange(24 * 60, 90 * 24 * 60))
        place = chance.choice(places)[0]
        rows.append(
            (
                database.new_id(),
                events[number % len(events)],
                place,
                start.replace(tzinfo=None),
                start,
                start + timedelta(hours=2),
                now,
            )
        )
    await database.execute_many(
        """INSERT INTO session (id, event_id, place_id, zone, local_start, starts_at, ends_at, capacity, created_at, updated_at)
           VALUES ($1, $2, $3, 'Europe/Paris', $4, $5, $6, 12, $7, $7)""",
        rows,
    )
    await database.execute("ANALYZE")
    await database.close_pool()
    return [row[0] for row in rows]
