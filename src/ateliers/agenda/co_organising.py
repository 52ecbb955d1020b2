"""Structures that organise an event together: one asks, the other accepts, declines, or leaves later (A11)."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.agenda.event import EVENT_SQL, Event
from ateliers.agenda.permission import allow_managing, may_manage
from ateliers.agenda.publishing import lock_event
from ateliers.agenda.sessions import get_event
from ateliers.database import execute, fetch, fetch_one, fetch_value, transaction
from ateliers.mail import outbox
from ateliers.network.people import Person, list_managers
from ateliers.network.structure import StructureState
from ateliers.network.structures import get_structure_by_id
from ateliers.refusals import Invalid, NotFound, Refusal

MOST = 10  # co-organisers of one event


class AlreadyAsked(Refusal):
    """This structure was asked before, or organises it already."""

    title = "This structure organises the event already, or was asked."
    field = "structure_id"


class TooManyOrganisers(Refusal):
    """An event of everybody is nobody's."""

    title = "An event has %(n)s co-organisers at most."
    field = "structure_id"


class RequestOver(Refusal):
    """Answered by a colleague, or taken back."""

    status = 410
    title = "This request was answered or taken back meanwhile."


class Answer(enum.Enum):
    """How a structure came to be a co-organiser, or no longer is."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    LEFT = "left"
    REMOVED = "removed"  # by the structure whose event it is


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """The structure that a manager asks."""

    structure_id: Annotated[UUID, Meta(title="Structure")]


class Answering(msgspec.Struct, frozen=True, kw_only=True):
    """Yes or no."""

    accepts: Annotated[bool, Meta(title="We organise it together")] = False


class Partner(msgspec.Struct, frozen=True, kw_only=True):
    """A structure that organises an event too, or is asked to."""

    structure_id: UUID
    name: str
    slug: str
    commune_name: str
    asked_at: datetime
    accepted_at: datetime | None


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What another structure asks of one's own."""

    event_id: UUID
    title: str
    organiser: str
    structure_id: UUID
    structure_name: str
    asked_at: datetime


async def list_partners(event_id: UUID) -> list[Partner]:
    """Who organises the event too, and who is asked to, by name."""
    return await fetch(
        Partner,
        """SELECT c.structure_id, o.name, o.slug, o.commune_name, c.asked_at, c.accepted_at
           FROM co_organiser c JOIN structure o ON o.id = c.structure_id WHERE c.event_id = $1 ORDER BY o.name, o.id""",
        event_id,
    )


async def list_requests(structure_ids: Sequence[UUID]) -> list[Request]:
    """What these structures are asked and have yet to answer, longest first; drafts of others are theirs to see for that."""
    return await fetch(
        Request,
        """SELECT c.event_id, e.title, w.name AS organiser, c.structure_id, o.name AS structure_name, c.asked_at
           FROM co_organiser c JOIN event e ON e.id = c.event_id JOIN structure w ON w.id = e.structure_id
           JOIN structure o ON o.id = c.structure_id
           WHERE c.structure_id = ANY ($1) AND c.accepted_at IS NULL AND e.state <> 'archived' ORDER BY c.asked_at, c.event_id""",
        list(structure_ids),
    )


async def list_shared_events(structure_ids: Sequence[UUID]) -> list[Event]:
    """Events of others that these structures organise too, the latest changed first."""
    return await fetch(
        Event,
        f"""{EVENT_SQL} WHERE e.state <> 'archived' AND e.structure_id <> ALL ($1) AND EXISTS (
                SELECT FROM co_organiser c
                WHERE c.event_id = e.id AND c.structure_id = ANY ($1) AND c.accepted_at IS NOT NULL)
            ORDER BY e.updated_at DESC, e.id LIMIT 50""",
        list(structure_ids),
    )


async def may_read_event(event: Event, person: Person) -> bool:
    """People of its structure and of those that organise it too; managers of one that is asked."""
    if person.serves(event.structure_id) or may_manage(person, event.structure_id):
        return True
    return any(
        person.manages(one.structure_id) or (one.accepted_at is not None and person.serves(one.structure_id))
        for one in await list_partners(event.id)
    )


async def ask_structure(event_id: UUID, structure_id: UUID, *, by: Person, now: datetime) -> None:
    """Ask another structure to organise the event too; its managers are written to. Who manages both has answered.

    Raises NotAllowed, NotFound, EventArchived, Invalid, AlreadyAsked, TooManyOrganisers.
    """
    async with transaction():
        event = await lock_event(event_id, by=by)
        partners = await list_partners(event_id)
        if structure_id in {event.structure_id, *(one.structure_id for one in partners)}:
            raise AlreadyAsked
        if len(partners) >= MOST:
            raise TooManyOrganisers(n=MOST)
        try:
            structure = await get_structure_by_id(structure_id)
        except NotFound:
            structure = None
        if structure is None or structure.state is not StructureState.ADMITTED:
            raise Invalid({"structure_id": "Choose a structure of the network."})
        is_both = by.manages(structure_id)
        await execute(
            "INSERT INTO co_organiser (event_id, structure_id, asked_at, asked_by, accepted_at) VALUES ($1, $2, $3, $4, $5)",
            event_id,
            structure_id,
            now,
            by.id,
            now if is_both else None,
        )
        if is_both:
            await _touch(event_id, now=now)
            return
        await _write_to(structure_id, "co_organiser_asked", event_id, structure_id, now=now)


async def answer_request(event_id: UUID, structure_id: UUID, accepts: bool, *, by: Person, now: datetime) -> None:
    """Organise the event too, or not; the managers who asked are told. Raises NotAllowed, NotFound, RequestOver."""
    async with transaction():
        event, accepted_at = await _locked(event_id, structure_id)
        allow_managing(by, structure_id)
        if accepted_at is not None:
            raise RequestOver
        if accepts:
            await execute(
                "UPDATE co_organiser SET accepted_at = $3 WHERE event_id = $1 AND structure_id = $2",
                event_id,
                structure_id,
                now,
            )
            await _touch(event_id, now=now)
        else:
            await _forget(event_id, structure_id)
        answer = Answer.ACCEPTED if accepts else Answer.DECLINED
        await _write_to(event.structure_id, "co_organiser_answered", event_id, structure_id, now=now, answer=answer)


async def part_ways(event_id: UUID, structure_id: UUID, *, by: Person, now: datetime) -> None:
    """The structure no longer organises the event: it leaves, or the one whose event it is takes it off, or takes a request back.

    Raises NotAllowed, NotFound, RequestOver.
    """
    async with transaction():
        event, accepted_at = await _locked(event_id, structure_id)
        is_leaving = by.manages(structure_id) and not may_manage(by, event.structure_id)
        if not is_leaving:
            allow_managing(by, event.structure_id)
        await _forget(event_id, structure_id)
        if accepted_at is None:
            return
        await _touch(event_id, now=now)
        told = event.structure_id if is_leaving else structure_id
        answer = Answer.LEFT if is_leaving else Answer.REMOVED
        await _write_to(told, "co_organiser_answered", event_id, structure_id, now=now, answer=answer)


async def is_asked(event_id: UUID, structure_id: UUID) -> bool:
    """Whether this structure has yet to answer."""
    found: bool = await fetch_value(
        "SELECT EXISTS (SELECT FROM co_organiser WHERE event_id = $1 AND structure_id = $2 AND accepted_at IS NULL)",
        event_id,
        structure_id,
    )
    return found


class _Asked(msgspec.Struct, frozen=True):
    accepted_at: datetime | None


async def _locked(event_id: UUID, structure_id: UUID) -> tuple[Event, datetime | None]:
    """The event, locked, and when the structure accepted. Raises NotFound, RequestOver."""
    if await fetch_value("SELECT id FROM event WHERE id = $1 FOR NO KEY UPDATE", event_id) is None:
        raise NotFound
    asked = await fetch_one(
        _Asked, "SELECT accepted_at FROM co_organiser WHERE event_id = $1 AND structure_id = $2", event_id, structure_id
    )
    if asked is None:
        raise RequestOver
    return await get_event(event_id), asked.accepted_at


async def _forget(event_id: UUID, structure_id: UUID) -> None:
    await execute("DELETE FROM co_organiser WHERE event_id = $1 AND structure_id = $2", event_id, structure_id)


async def _touch(event_id: UUID, *, now: datetime) -> None:
    """Whoever copies our data sees that who organises it has changed."""
    await execute("UPDATE event SET updated_at = $2 WHERE id = $1", event_id, now)


async def _write_to(
    to: UUID, kind: str, event_id: UUID, structure_id: UUID, *, now: datetime, answer: Answer | None = None
) -> None:
    """Queue an e-mail to each manager of `to`, about `structure_id` and the event."""
    managers = await list_managers(to)
    occasion = f"{event_id}:{structure_id}:{now.isoformat()}"
    await outbox.queue_many(
        outbox.NewMail(
            kind=kind,
            key=f"{kind}:{occasion}:{answer.value if answer else ''}:{person}",
            subject_id=event_id,
            now=now,
            data={
                "person": str(person),
                "structure": str(structure_id),
                "answer": answer.value if answer else "",
            },
        )
        for person in managers
    )
