"""What the territories of an event ask of it: somebody trained who runs it (A10)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ateliers.agenda.event import Event, Visibility
from ateliers.database import fetch_rows
from ateliers.network.rules import Rule, TrainedOnly, rules_of, strictest
from ateliers.network.structures import get_structure_by_id
from ateliers.network.training import is_anybody_trained
from ateliers.refusals import Refusal


class NobodyTrained(Refusal):
    """The territory asks for a trained ambassador, and the structure has none."""

    status = 403
    title = (
        "Your territory asks for a trained ambassador, and nobody in your structure has a training that still holds."
    )


async def departements_of_event(event_id: UUID) -> list[str]:
    """Codes of the départements where the event takes place, in order; of its structure while it has no place."""
    rows = await fetch_rows(
        """SELECT DISTINCT COALESCE(p.departement, o.departement) AS code
           FROM event e JOIN structure o ON o.id = e.structure_id
           LEFT JOIN session s ON s.event_id = e.id AND s.onsite_id IS NULL AND s.called_off_at IS NULL
           LEFT JOIN place p ON p.id = s.place_id
           WHERE e.id = $1 ORDER BY code""",
        event_id,
    )
    return [row["code"] for row in rows]


async def rules_of_event(event_id: UUID) -> list[Rule]:
    """What each of these départements asks for."""
    return await rules_of(await departements_of_event(event_id))


async def untrained(event: Event, *, now: datetime) -> TrainedOnly:
    """How strictly the structure's département asks for the trained ambassador that this event lacks; OFF: nothing is lacking.

    Only what the public can come to needs one; an ambassador of a structure that co-organises it counts.
    """
    if event.rules.network_only or event.visibility is Visibility.NETWORK:
        return TrainedOnly.OFF
    asked = strictest(await rules_of([(await get_structure_by_id(event.structure_id)).departement]))
    if asked is TrainedOnly.OFF or await is_anybody_trained(await organisers_of(event), now=now):
        return TrainedOnly.OFF
    return asked


async def check_trained(event: Event, *, now: datetime) -> None:
    """Raises NobodyTrained where the territory blocks what nobody trained would run."""
    if await untrained(event, now=now) is TrainedOnly.BLOCK:
        raise NobodyTrained


async def organisers_of(event: Event) -> list[UUID]:
    """Its structure, then those that accepted to organise it too."""
    rows = await fetch_rows(
        """SELECT c.structure_id FROM co_organiser c JOIN structure o ON o.id = c.structure_id
           WHERE c.event_id = $1 AND c.accepted_at IS NOT NULL AND o.state = 'admitted' ORDER BY o.name, o.id""",
        event.id,
    )
    return [event.structure_id, *(row["structure_id"] for row in rows)]
