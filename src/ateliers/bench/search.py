"""Searching among 100,000 sessions to come, in 3,000 communes: in the database, and whole pages of which no two are alike."""

from __future__ import annotations

import random
import time
from itertools import count
from urllib.parse import urlencode

from ateliers import clock, database
from ateliers.agenda.search import Search, search_sessions
from ateliers.bench.load import get_over_and_over
from ateliers.bench.works import Measure, work
from ateliers.bench.yard import Yard
from ateliers.places.communes import Commune, all_communes, region_of
from ateliers.places.place import Accessibility
from ateliers.words import fold

SESSIONS = 100_000
PLACES = 3_000  # one in each of the largest communes
EVENTS = 10_000
STRUCTURES = 300
QUESTIONS = 300  # that are timed
CLIENTS = 8
TITLES = (
    "Activer Mon espace santé",
    "Préparer une téléconsultation",
    "Retrouver ses ordonnances et ses vaccins",
    "Messagerie de santé : écrire à son médecin",
    "Café numérique et santé",
    "Ranger les papiers de santé d’un proche",
    "Prendre rendez-vous en ligne",
    "Permanence santé en ligne",
)
SEARCHED = (
    "téléconsultation",
    "ordonnances",
    "vaccin",
    "espace santé",
    "messagerie",
    "café",
    "rendez-vous",
    "médiathèque",
)


@work("search", unit="ms a search", goal=15, at_most=True)
async def search(yard: Yard) -> Measure:
    """Searches within 30 km with words and filters, one after another: the slowest twentieth of them, in the database."""
    await make_agenda(yard)
    await database.open_pool(yard.database_url, size=1)
    chance = random.Random(15)
    towns = _towns()
    now = clock.now()
    times, found = [], 0
    for turn in range(QUESTIONS // (6 if yard.quick else 1) + 20):
        asked = Search(
            near=chance.choice(towns).label,
            within_km=30,
            q=chance.choice(SEARCHED),
            accessible=[Accessibility.STEP_FREE] if turn % 2 else [],
            seats_left=turn % 3 > 0,
        )
        begun = time.perf_counter()
        results = await search_sessions(asked, now=now)
        if turn >= 20:  # the first ones prepare the statements
            times.append(1000 * (time.perf_counter() - begun))
            found += results.total
    await database.close_pool()
    times.sort()
    middle, slow = times[len(times) // 2], times[int(len(times) * 0.95)]
    return Measure(
        value=slow, note=f"median {middle:.1f} ms; {found / len(times):.0f} found on average", sound=found > 0
    )


@work("search-cold", unit="pages/s", goal=80)
async def search_cold(yard: Yard) -> Measure:
    """Search pages, every one of another town and other filters, so that no page is kept: 8 clients on one web process."""
    await make_agenda(yard)
    chance = random.Random(80)
    towns = _towns()
    chance.shuffle(towns)
    paths = []
    for number in range(20_000):
        asked = {"ou": towns[number % len(towns)].label, "rayon": chance.choice(("10", "30", "30", "60"))}
        if number % 2:
            asked["mots"] = chance.choice(SEARCHED)
        if number % 3 == 0:
            asked["libre"] = "1"
        paths.append(
            f"/?{urlencode({**asked, 'n': str(number)})}"
        )  # `n` is nobody's question, and makes it another page
    async with yard.web() as base:
        await get_over_and_over(base, paths[-2000:], clients=CLIENTS, seconds=2)
        run = await get_over_and_over(base, paths, clients=CLIENTS, seconds=3 if yard.quick else 10)
    return Measure(value=run.rate, note=f"p99 {run.slowest_percent:.0f} ms; {run.wrong} wrong", sound=run.wrong == 0)


def _towns() -> list[Commune]:
    """The communes people search around: the 3,000 largest, the capital among them."""
    return [commune for commune in all_communes()[:PLACES] if commune.postcodes]


async def make_agenda(yard: Yard) -> None:
    """100,000 sessions over six months, 10 of each event, all over the country; a hundredth of them webinars."""
    await database.open_pool(yard.database_url)
    chance = random.Random(SESSIONS)
    now = clock.now()
    towns = _towns()
    structures = [(database.new_id(), chance.choice(towns)) for _turn in range(STRUCTURES)]
    await database.execute_many(
        """INSERT INTO structure (id, slug, name, kind, address, postcode, commune_code, commune_name, departement, region,
               latitude, longitude, zone, email, state, created_at, admitted_at)
           VALUES ($1, 'banc-' || $2, 'Espace France Services ' || $2, 'association', '', $3, $4, $5, $6, $7, $8, $9,
               'Europe/Paris', 'banc@example.org', 'admitted', $10, $10)""",
        [
            (
                id,
                str(number),
                c.postcodes[0],
                c.code,
                c.name,
                c.departement,
                region_of(c.departement),
                c.latitude,
                c.longitude,
                now,
            )
            for number, (id, c) in enumerate(structures)
        ],
    )
    names = count()
    places = [(database.new_id(), commune) for commune in towns]
    await database.execute_many(
        """INSERT INTO place (id, name, address, address_more, postcode, commune_code, commune_name, departement,
               latitude, longitude, zone, accessibility, created_at, updated_at)
           VALUES ($1, $2, '1 rue de la Mairie', '', $3, $4, $5, $6, $7, $8, 'Europe/Paris', $9, $10, $10)""",
        [
            (
                id,
                ("Médiathèque", "Salle communale", "Maison France Services")[next(names) % 3],
                c.postcodes[0],
                c.code,
                c.name,
                c.departement,
                c.latitude,
                c.longitude,
                ["step_free"] if chance.random() < 0.7 else [],
                now,
            )
            for id, c in places
        ],
    )
    events = [(database.new_id(), chance.choice(structures)[0], chance.choice(TITLES)) for _turn in range(EVENTS)]
    await database.execute_many(
        """INSERT INTO event (id, structure_id, kind, title, description, visibility, state, party_limit, waiting_max,
               promotion_stop, cutoff, words, created_at, updated_at, published_at)
           VALUES ($1, $2, 'workshop', $3, 'Nous l’ouvrons ensemble, puis chacun essaie sur son téléphone.', 'public', 'published',
               6, 20, interval '2 hours', interval '2 hours', to_tsvector('french', $4), $5, $5, $5)""",
        [(id, structure, title, fold(title), now) for id, structure, title in events],
    )
    await database.execute(
        """INSERT INTO session (id, event_id, place_id, join_url, zone, local_start, starts_at, ends_at, capacity, seats_taken,
               created_at, updated_at)
           SELECT gen_random_uuid(), e.id, e.place, e.link, 'Europe/Paris', e.at AT TIME ZONE 'Europe/Paris', e.at,
                  e.at + interval '2 hours', 12, CASE WHEN random() < 0.3 THEN 12 ELSE floor(random() * 12)::int END, $4, $4
           FROM (
               SELECT of.id, of.link,
                      CASE WHEN of.link IS NULL THEN of.place END AS place,
                      date_trunc('hour', $4::timestamptz) + make_interval(hours => 24 + floor(random() * 24 * 180)::int) AS at
               FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS of (id, place, link), generate_series(1, $5::int)
           ) AS e""",
        [id for id, _structure, _title in events],
        [chance.choice(places)[0] for _event in events],
        [None if chance.random() < 0.99 else "https://visio.example/salle" for _event in events],
        now,
        SESSIONS // EVENTS,
    )
    await database.execute(
        """UPDATE event SET kind = CASE WHEN EXISTS (SELECT FROM session WHERE event_id = event.id AND join_url IS NOT NULL)
               THEN 'webinar' WHEN random() < 0.2 THEN 'stand' ELSE 'workshop' END"""
    )
    await database.execute("VACUUM ANALYZE")
    await database.close_pool()
