"""How long it takes to publish a series of 200 sessions, as the form does it."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from uuid import UUID

from ateliers import clock, database
from ateliers.agenda.drafts import NewEvent
from ateliers.agenda.kinds import Kind
from ateliers.agenda.publishing import create_event
from ateliers.agenda.series import MOST_IN_SERIES, Repeat, Weekday
from ateliers.agenda.sessions import list_sessions_of_event
from ateliers.bench.works import Measure, work
from ateliers.bench.yard import Yard
from ateliers.network.people import RoleName, add_person, add_role, get_person

TIMES = 20


@work("series", unit="ms a series of 200 sessions", goal=300, at_most=True)
async def series(yard: Yard) -> Measure:
    """Two days a week without public holidays, published at once: the slowest of twenty; and what it makes is all there."""
    await database.open_pool(yard.database_url, size=1)
    now = clock.now()
    structure_id = await _structure(now)
    person_id = await add_person("Samir Haddad", "samir@example.test", now=now)
    await add_role(person_id, RoleName.MANAGER, structure_id=structure_id, now=now)
    by = await get_person(person_id)
    first = datetime.combine(now.date() + timedelta(days=7 + (1 - now.weekday()) % 7), datetime.min.time())
    asked = NewEvent(
        kind=Kind.WORKSHOP,
        title="Activer Mon espace santé",
        dates=[first.replace(hour=14)],
        repeat=Repeat.WEEKLY,
        repeat_days=[Weekday.TUESDAY, Weekday.THURSDAY],
        repeat_times=MOST_IN_SERIES,
        skip_holidays=True,
        capacity=10,
        place_name="Médiathèque Jean-Jaurès",
        commune="Nevers (58000)",
        publish=True,
    )
    times, made = [], set()
    for turn in range((4 if yard.quick else TIMES) + 1):
        begun = time.perf_counter()
        event = await create_event(asked, by=by, now=now)
        if turn:  # the first one loads the communes and the holidays
            times.append(1000 * (time.perf_counter() - begun))
        made.add(len(await list_sessions_of_event(event.id)))
    await database.close_pool()
    times.sort()
    return Measure(value=times[-1], note=f"median {times[len(times) // 2]:.0f} ms", sound=made == {MOST_IN_SERIES})


async def _structure(now: datetime) -> UUID:
    id = database.new_id()
    await database.execute(
        """INSERT INTO structure (id, slug, name, kind, address, postcode, commune_code, commune_name, departement,
               region, latitude, longitude, zone, email, state, created_at)
           VALUES ($1, 'ccas', 'CCAS de Nevers', 'ccas', '', '58000', '58194', 'Nevers', '58', '27', 47, 3,
               'Europe/Paris', 'contact@example.test', 'admitted', $2)""",
        id,
        now,
    )
    return id
