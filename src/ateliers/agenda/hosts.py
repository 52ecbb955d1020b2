"""In another's premises: venues of structures nearby that one may choose, and what others hold in one's own (A11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.agenda.session import SESSION_SQL, Session
from ateliers.database import fetch
from ateliers.network.structures import list_structures_by_id
from ateliers.places.distance import kilometres

NEAR = 30  # kilometres
MOST = 60  # venues offered in one list


class HostVenue(msgspec.Struct, frozen=True, kw_only=True):
    """A venue of another structure."""

    id: UUID
    name: str
    commune_name: str
    host: str  # whose it is
    latitude: float
    longitude: float


async def list_host_venues(structure_ids: Sequence[UUID]) -> list[HostVenue]:
    """Venues that other structures of the network keep within NEAR of these, the nearest first."""
    ours = await list_structures_by_id(structure_ids)
    found = await fetch(
        HostVenue,
        """SELECT p.id, p.name, p.commune_name, o.name AS host, p.latitude, p.longitude
           FROM place p JOIN structure o ON o.id = p.owner_id
           WHERE o.state = 'admitted' AND p.owner_id <> ALL ($1)
             AND EXISTS (SELECT FROM structure w WHERE w.id = ANY ($1)
                         AND abs(w.latitude - p.latitude) < 0.3 AND abs(w.longitude - p.longitude) < 0.6)
           ORDER BY p.name, p.id""",
        list(structure_ids),
    )
    away = [
        (min(kilometres(one.latitude, one.longitude, venue.latitude, venue.longitude) for one in ours), venue)
        for venue in found
    ]
    return [venue for km, venue in sorted(away, key=lambda pair: pair[0]) if km <= NEAR][:MOST]


async def list_hosted_sessions(structure_ids: Sequence[UUID], *, now: datetime, limit: int = 20) -> list[Session]:
    """What other structures hold in the venues of these, soonest first: a door to open, a room that is taken."""
    return await fetch(
        Session,
        f"""{SESSION_SQL} WHERE p.owner_id = ANY ($1) AND e.structure_id <> ALL ($1) AND e.state = 'published'
            AND s.ends_at > $2 AND s.called_off_at IS NULL ORDER BY s.starts_at, s.id LIMIT $3""",
        list(structure_ids),
        now,
        limit,
    )
