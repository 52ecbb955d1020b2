"""The page that staff open most, of a session with 5,000 bookings: listed, turned, narrowed and searched."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ateliers import clock, database
from ateliers.bench.load import get_over_and_over
from ateliers.bench.pages import make_sessions
from ateliers.bench.works import Measure, work
from ateliers.bench.yard import Yard
from ateliers.network.people import RoleName, add_person, add_role
from ateliers.network.signing_in import start_session
from ateliers.web.frame import SESSION_COOKIE

BOOKINGS = 5_000

# Nine in ten hold a seat, the others wait; every seventh can only be phoned, and every hundredth must be.
FILL = """
    INSERT INTO booking (id, session_id, code, uid, state, seats, rank, name, email, phone, language, channel, person_key,
        created_at, confirmed_at, changed_at, told_revision, to_call_back)
    SELECT u, $1, upper(right(replace(u::text, '-', ''), 8)), u::text,
        CASE WHEN n % 10 = 0 THEN 'waiting' ELSE 'confirmed' END, 1, CASE WHEN n % 10 = 0 THEN n END,
        (ARRAY['Éliane', 'Odile', 'Noël', 'Zoé', 'Samuel'])[1 + n % 5] || ' Personne-' || n,
        CASE WHEN n % 7 > 0 THEN 'personne-' || n || '@example.test' END, '06' || lpad(n::text, 8, '0'), 'fr', 'online',
        uuid_send(u), $2, $2, $2, 0, n % 100 = 0
    FROM generate_series(1, $3) n, LATERAL (SELECT gen_random_uuid() AS u WHERE n > 0) g
"""


@work("session-page", unit="ms", goal=100, at_most=True)
async def session_page(yard: Yard) -> Measure:
    """The slowest percent of one person's visits to the list, its 40th page, a search, the waiting list and the calls."""
    [session_id, *_others] = await make_sessions(yard, 10)
    await database.open_pool(yard.database_url)
    token = await _fill(session_id, clock.now())
    await database.close_pool()
    page = f"/espace/seances/{session_id}"
    paths = [page, f"{page}?page=40", f"{page}?q=zoe+personne-1234", f"{page}?etat=en-attente", f"{page}/attente"]
    async with yard.web() as base:
        cookie = f"{SESSION_COOKIE}={token}"
        await get_over_and_over(base, paths, clients=1, seconds=1, cookie=cookie)
        run = await get_over_and_over(base, paths, clients=1, seconds=2 if yard.quick else 6, cookie=cookie)
    return Measure(
        value=run.slowest_percent, note=f"{1000 / run.rate:.0f} ms on average; {run.wrong} wrong", sound=run.wrong == 0
    )


async def _fill(session_id: UUID, now: datetime) -> str:
    """Book, and sign a manager in; their token."""
    await database.execute(FILL, session_id, now, BOOKINGS)
    waiting = BOOKINGS // 10
    await database.execute(
        """UPDATE session SET capacity = $2, seats_taken = $2, seats_waiting = $3, ranks_given = $4 WHERE id = $1""",
        session_id,
        BOOKINGS - waiting,
        waiting,
        BOOKINGS,
    )
    structure_id = await database.fetch_value("SELECT id FROM structure")
    async with database.transaction():
        person_id = await add_person("Samir Haddad", "samir@example.test", now=now)
        await add_role(person_id, RoleName.MANAGER, structure_id=structure_id, now=now)
    await database.execute("ANALYZE")
    return await start_session(person_id, now=now)
