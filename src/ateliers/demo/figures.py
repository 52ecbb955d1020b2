"""What the demo shows of figures: a month that was closed, a sheet that came late, a link for a funder."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from ateliers.attendance.closing import reopen_period
from ateliers.attendance.walk_ins import add_walk_in
from ateliers.database import fetch_value
from ateliers.network.people import Person
from ateliers.reports.extents import WHOLE
from ateliers.reports.grouping import Grouping
from ateliers.reports.links import NewLink, create_link
from ateliers.reports.rollups import roll_days
from ateliers.reports.snapshots import close_figures

CLOSED = timedelta(days=14)  # ago: what the demo says of later days is still open
REOPENED = timedelta(days=2)
VALID_DAYS = 180


async def show_the_figures(coordinator: Person, structure_id: UUID, *, manager: Person, now: datetime) -> None:
    """The last month that was over when it was closed; two more people are found to have come to a session of the structure."""
    last = (now - CLOSED).date().replace(day=1) - timedelta(days=1)
    first = last.replace(day=1)
    territory = coordinator.coordinated_departements
    period = await close_figures(
        first_day=first, last_day=last, departements=territory, by=coordinator, now=now - CLOSED
    )
    await create_link(
        NewLink(
            label="Financeurs de la région",
            where=WHOLE,
            by=Grouping.DEPARTEMENT,
            days=VALID_DAYS,
            first_day=first,
            last_day=last,
        ),
        of_structures=False,
        by=coordinator,
        now=now - CLOSED,
    )
    session_id = await fetch_value(
        "SELECT s.id FROM session s JOIN event e ON e.id = s.event_id WHERE e.structure_id = $1 AND s.outcome = 'held' "
        "AND s.called_off_at IS NULL AND e.kind <> 'stand' AND s.local_start::date BETWEEN $2 AND $3 "
        "ORDER BY e.kind = 'workshop' DESC, s.starts_at LIMIT 1",
        structure_id,
        first,
        last,
    )
    if session_id is not None:
        why = "La feuille d’émargement d’un atelier est arrivée en retard"
        await reopen_period(period.id, why, by=coordinator, now=now - REOPENED)
        for n in range(2):
            await add_walk_in(session_id, None, f"retard-{n}", now - REOPENED, by=manager, now=now - REOPENED)
        await close_figures(
            first_day=first,
            last_day=last,
            departements=territory,
            by=coordinator,
            now=now - REOPENED + timedelta(hours=1),
        )
    while await roll_days(now):
        pass
