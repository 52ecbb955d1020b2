"""Where nothing happens: communes without an event, signatories that have been silent for months (F10)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from ateliers.database import fetch, fetch_rows
from ateliers.network.people import Person
from ateliers.places.communes import Commune, all_communes
from ateliers.refusals import NotAllowed
from ateliers.reports.grouping import departement_text

MONTHS = (3, 6, 12, 24)
USUAL_MONTHS = 12
MOST_COMMUNES = 30  # named, of each département


class Covered(msgspec.Struct, frozen=True, kw_only=True):
    """One département: how much of it saw an event."""

    code: str
    label: str
    communes: int
    with_event: int
    people: int  # inhabitants
    people_with_event: int
    without: list[Commune]  # the most populous first

    @property
    def share(self) -> float:
        """Inhabitants of communes with an event, of all; 0 where nobody lives."""
        return self.people_with_event / self.people if self.people else 0.0


class Silent(msgspec.Struct, frozen=True, kw_only=True):
    """A signatory without any session lately, nor ahead; a new one has as long to begin."""

    id: UUID
    name: str
    commune_name: str
    departement: str
    last_at: datetime | None


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What a coordinator sees of her territory over the last months."""

    months: int
    departements: list[Covered]
    silent: list[Silent]


async def coverage_of(person: Person, *, months: int, now: datetime) -> Coverage:
    """Of the départements they coordinate: sessions of the last `months`, those ahead included. Raises NotAllowed."""
    if not person.is_coordinator:
        raise NotAllowed
    codes = person.coordinated_departements
    since = now - timedelta(days=365 * months // 12)
    rows = await fetch_rows(
        f"""SELECT DISTINCT COALESCE(p.commune_code, o.commune_code) AS code
           FROM session s JOIN event e ON e.id = s.event_id JOIN structure o ON o.id = e.structure_id
           LEFT JOIN place p ON p.id = s.place_id
           WHERE {_LIVE} AND s.place_id IS NOT NULL AND s.starts_at >= $1
             AND ($2::text[] IS NULL OR COALESCE(p.departement, o.departement) = ANY ($2))""",
        since,
        codes,
    )
    seen = {row["code"] for row in rows}
    silent = await fetch(
        Silent,
        f"""SELECT o.id, o.name, o.commune_name, o.departement,
               (SELECT max(s.starts_at) FROM session s JOIN event e ON e.id = s.event_id
                WHERE e.structure_id = o.id AND {_LIVE}) AS last_at
           FROM structure o WHERE o.state = 'admitted' AND ($2::text[] IS NULL OR o.departement = ANY ($2))
             AND COALESCE(o.admitted_at, o.created_at) < $1
             AND NOT EXISTS (SELECT FROM session s JOIN event e ON e.id = s.event_id WHERE e.structure_id = o.id
                 AND {_LIVE} AND s.starts_at >= $1)
           ORDER BY last_at NULLS FIRST, o.name""",
        since,
        codes,
    )
    by_departement: dict[str, list[Commune]] = {}
    for commune in all_communes():
        if codes is None or commune.departement in codes:
            by_departement.setdefault(commune.departement, []).append(commune)
    return Coverage(
        months=months,
        departements=[_covered(code, by_departement[code], seen) for code in sorted(by_departement)],
        silent=silent,
    )


# Published, and not called off; whether it was held is another question.
_LIVE = "e.state IN ('published', 'archived') AND s.called_off_at IS NULL"


def _covered(code: str, communes: list[Commune], seen: set[str]) -> Covered:
    without = sorted((one for one in communes if one.code not in seen), key=lambda one: (-one.population, one.name))
    return Covered(
        code=code,
        label=departement_text(code),
        communes=len(communes),
        with_event=len(communes) - len(without),
        people=sum(one.population for one in communes),
        people_with_event=sum(one.population for one in communes if one.code in seen),
        without=without[:MOST_COMMUNES],
    )
