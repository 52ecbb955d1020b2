"""Good events that a region offers as a start (B21): kept by a coordinator, taken up by managers of her territory."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.agenda.drafts import NewEvent
from ateliers.agenda.duplicating import draft_of
from ateliers.agenda.event import Event, EventState, Visibility
from ateliers.agenda.kinds import Kind
from ateliers.agenda.sessions import find_event
from ateliers.database import execute, fetch, fetch_one, new_id
from ateliers.network.people import Person
from ateliers.network.structures import get_structure_by_id
from ateliers.refusals import Invalid, NotAllowed, NotFound

MOST_CHOICES = 100  # events to choose from
# What belongs to the structure that held the event, not to the idea.
_OWN = (
    *("structure_id", "dates", "place_id", "place_name", "address", "address_more", "commune", "access_note"),
    *("place_accessibility", "keep_place", "join_url", "online_url", "online_capacity", "phone", "run_by"),
    *("group_code", "visibility", "publish"),
)


class Keep(msgspec.Struct, frozen=True, kw_only=True):
    """Which event becomes a model, and a word to who starts from it."""

    event_id: Annotated[UUID, Meta(title="Event")]
    advice: Annotated[
        str,
        Meta(
            max_length=1000,
            title="Advice to who starts from it",
            description="For example: allow ten minutes for passwords.",
            extra={"input": "textarea"},
        ),
    ] = ""


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A model as it is offered."""

    id: UUID
    departements: list[str] | None  # None: the whole nation
    kind: Kind
    title: str
    advice: str
    kept_at: datetime
    kept_by: str | None  # name


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """An event that could become a model."""

    id: UUID
    title: str
    structure: str


_MODELS = """
    SELECT t.id, t.departements, t.kind, t.title, t.advice, t.kept_at, p.name AS kept_by
    FROM event_template t LEFT JOIN person p ON p.id = t.kept_by
    WHERE t.retired_at IS NULL AND (t.departements IS NULL OR $1::text[] IS NULL OR t.departements && $1)
"""


async def list_offered(by: Person) -> list[Model]:
    """Models for the structures that `by` manages, the latest first."""
    here = [(await get_structure_by_id(id)).departement for id in by.managed_ids]
    return await fetch(Model, f"{_MODELS} ORDER BY t.kept_at DESC, t.id", here)


async def list_models(by: Person) -> list[Model]:
    """Models offered in the territory that `by` coordinates. Raises NotAllowed."""
    _allow(by)
    return await fetch(Model, f"{_MODELS} ORDER BY t.kept_at DESC, t.id", by.coordinated_departements)


async def list_choices(by: Person) -> list[Choice]:
    """Public events of the territory that are no model yet, the latest first. Raises NotAllowed."""
    _allow(by)
    return await fetch(
        Choice,
        f"""SELECT e.id, e.title, o.name AS structure FROM event e JOIN structure o ON o.id = e.structure_id
            WHERE e.state IN ('published', 'archived') AND e.visibility = 'public'
              AND ($1::text[] IS NULL OR o.departement = ANY($1))
              AND NOT EXISTS (SELECT FROM event_template t WHERE t.event_id = e.id AND t.retired_at IS NULL)
            ORDER BY e.published_at DESC NULLS LAST, e.id LIMIT {MOST_CHOICES}""",
        by.coordinated_departements,
    )


async def keep_model(keep: Keep, *, by: Person, now: datetime) -> UUID:
    """Offer an event to the structures of the territory as a start; its id. Raises Invalid, NotAllowed."""
    _allow(by)
    event = await find_event(keep.event_id)
    if event is None or not await _may_be_model(event, by):
        raise Invalid({"event_id": "Choose one of these events."})
    content = {name: value for name, value in msgspec.to_builtins(await draft_of(event)).items() if name not in _OWN}
    id = new_id()
    await execute(
        """INSERT INTO event_template (id, departements, kind, title, advice, content, event_id, kept_by, kept_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        id,
        by.coordinated_departements,
        event.kind.value,
        event.title,
        keep.advice,
        content,
        event.id,
        by.id,
        now,
    )
    return id


async def retire_model(id: UUID, *, by: Person, now: datetime) -> None:
    """No longer offered; what was made from it stays. Raises NotAllowed, NotFound."""
    if all(model.id != id for model in await list_models(by)):
        raise NotFound
    if not by.is_national and (await _departements(id)) is None:
        raise NotAllowed
    await execute("UPDATE event_template SET retired_at = $2 WHERE id = $1", id, now)


async def start_from(id: UUID, *, by: Person) -> NewEvent:
    """The form to publish, filled with a model. Raises NotFound."""
    if all(model.id != id for model in await list_offered(by)):
        raise NotFound
    row = await fetch_one(_Content, "SELECT content FROM event_template WHERE id = $1", id)
    if row is None:
        raise NotFound
    return msgspec.convert(row.content, NewEvent)


class _Content(msgspec.Struct, frozen=True):
    content: dict[str, Any]


class _Where(msgspec.Struct, frozen=True):
    departements: list[str] | None


async def _departements(id: UUID) -> list[str] | None:
    row = await fetch_one(_Where, "SELECT departements FROM event_template WHERE id = $1", id)
    return row.departements if row else None


async def _may_be_model(event: Event, by: Person) -> bool:
    structure = await get_structure_by_id(event.structure_id)
    is_seen = event.state in {EventState.PUBLISHED, EventState.ARCHIVED} and event.visibility is Visibility.PUBLIC
    return is_seen and by.coordinates(structure.departement)


def _allow(by: Person) -> None:
    if not by.is_coordinator:
        raise NotAllowed
