"""An event once more (B21): the form to publish, filled with all that an earlier one had but its dates."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from ateliers.agenda.about import about_of
from ateliers.agenda.drafts import NewEvent
from ateliers.agenda.event import Event
from ateliers.agenda.permission import allow_managing
from ateliers.agenda.session import Session
from ateliers.agenda.sessions import get_event, list_sessions_of_event
from ateliers.network.people import Person
from ateliers.network.structures import get_structure_by_id
from ateliers.places.place import Accessibility, find_place

MINUTE = timedelta(minutes=1)


async def draft_like(event_id: UUID, *, by: Person) -> NewEvent:
    """What to publish again, without dates nor moments tied to them. Raises NotFound, NotAllowed."""
    event = await get_event(event_id)
    allow_managing(by, event.structure_id)
    return await draft_of(event)


async def draft_of(event: Event) -> NewEvent:
    """The same, whoever asks."""
    structure = await get_structure_by_id(event.structure_id)
    sessions = await list_sessions_of_event(event.id)
    about = msgspec.structs.replace(
        about_of(event, structure.zone),
        public_from=None,
        opens_at=None,
        questions=[msgspec.structs.replace(question, id="") for question in event.questions],
    )
    onsite = [session for session in sessions if session.onsite_id is None]
    latest = max(onsite, key=lambda session: session.created_at, default=None)
    known = {} if latest is None else await _where_and_how(latest)
    online = next((session for session in sessions if latest and session.onsite_id == latest.id), None)
    if online is not None:
        known |= {"online_url": online.join_url, "online_capacity": online.capacity}
    return NewEvent(
        **msgspec.structs.asdict(about),
        **known,
        kind=event.kind,
        structure_id=event.structure_id,
        is_cycle=event.is_cycle,
    )


async def _where_and_how(session: Session) -> dict[str, Any]:
    """Place, length and seats of a session, as the form asks for them."""
    found: dict[str, Any] = {
        "minutes": None if session.all_day else (session.ends_at - session.starts_at) // MINUTE,
        "all_day": session.all_day,
        "capacity": session.capacity,
        "join_url": session.join_url,
    }
    place = None if session.place_id is None else await find_place(session.place_id)
    if place is None:
        return found
    if place.owner_id is not None:  # one of ours, or of who hosts us
        return found | {"place_id": place.id}
    return found | {
        "place_name": place.name,
        "address": place.address,
        "address_more": place.address_more,
        "commune": f"{place.commune_name} ({place.postcode})",
        "access_note": place.access_note,
        "place_accessibility": [Accessibility(fact) for fact in place.accessibility],
    }
