"""From draft to the public: published at once, or read by a coordinator first where the territory asks for it (B4)."""

from __future__ import annotations

import enum
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.agenda.event import EVENT_SQL, Event, EventState
from ateliers.agenda.permission import allow_managing
from ateliers.agenda.sessions import get_event
from ateliers.agenda.territory import check_trained, departements_of_event, rules_of_event
from ateliers.database import execute, fetch, fetch_one, fetch_value, new_id, transaction
from ateliers.mail import outbox
from ateliers.network.people import Person, list_coordinators, list_managers
from ateliers.network.structure import Structure, StructureState
from ateliers.network.structures import get_structure_by_id
from ateliers.refusals import NotAllowed, NotFound, Refusal
from ateliers.words import T


class StructureNotAdmitted(Refusal):
    """Only structures of the network publish."""

    status = 403
    title = "Your structure is not (or no longer) admitted to the network: it cannot publish."


class NothingToPublish(Refusal):
    """An event without a date to come."""

    title = "Add at least one date to come before publishing."
    field = "dates"


class CycleTooShort(Refusal):
    """One date alone is a session."""

    title = "A cycle has at least two dates to come."
    field = "dates"


class NotWaiting(Refusal):
    """Somebody answered, or the structure took the event back."""

    title = "This event no longer waits for an answer: somebody may have just given it."


class ReadAnother(Refusal):
    """What was read is not what would be published."""

    title = "The event was changed since you opened this page: read it again, then publish it."


class ReadThereFirst(Refusal):
    """A published event would come to a territory that has not read it."""

    title = "There, a coordinator reads events before they are published. Use “Publish again” to offer this one there: she reads it first."
    field = "commune"


class Step(enum.Enum):
    """What happened to an event that a coordinator reads."""

    ASKED = "asked"
    PUBLISHED = "published"
    SENT_BACK = "sent_back"
    TAKEN_BACK = "taken_back"

    @property
    def label(self) -> T:
        """It in words."""
        return _LABELS[self]


_LABELS = {
    Step.ASKED: T("The structure asks to publish it"),
    Step.PUBLISHED: T("A coordinator published it"),
    Step.SENT_BACK: T("A coordinator sent it back"),
    Step.TAKEN_BACK: T("The structure took it back to change it"),
}


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """A coordinator publishes what she read."""

    seen: Annotated[datetime, Meta(title="Version that was read", extra={"input": "hidden"})]
    message: Annotated[str, Meta(max_length=1000, title="A word to the structure", extra={"input": "textarea"})] = ""


class SendingBack(msgspec.Struct, frozen=True, kw_only=True):
    """A coordinator asks for changes."""

    why: Annotated[
        str,
        Meta(
            min_length=3,
            max_length=1000,
            title="What should be changed",
            description="The managers of the structure receive it by e-mail.",
            extra={"input": "textarea"},
        ),
    ]


class Moderation(msgspec.Struct, frozen=True, kw_only=True):
    """One step, as both sides read it."""

    id: UUID
    at: datetime
    by_name: str | None
    what: Step
    message: str


_SQL = """
    SELECT m.id, m.at, p.name AS by_name, m.what, m.message FROM moderation m LEFT JOIN person p ON p.id = m.by_id
"""


async def go_public(event_id: UUID, structure: Structure, *, by: Person, now: datetime) -> None:
    """Publish a draft, or ask a coordinator to. Who coordinates all of its territories needs nobody else. Opens no transaction.

    Raises StructureNotAdmitted, NothingToPublish, CycleTooShort, NobodyTrained.
    """
    await _check(event_id, structure, now=now)
    read_first = [rule.departement for rule in await rules_of_event(event_id) if rule.moderation]
    if all(by.coordinates(code) for code in read_first):
        await _publish(event_id, now=now)
        return
    await execute("UPDATE event SET state = 'to_moderate', updated_at = $2 WHERE id = $1", event_id, now)
    asked = await _log(event_id, Step.ASKED, by=by, now=now)
    people = {person.id for code in read_first for person in await list_coordinators(code)}
    await outbox.queue_many(
        outbox.NewMail(
            kind="event_to_moderate",
            key=f"event_to_moderate:{asked}:{person}",
            subject_id=event_id,
            now=now,
            data={"person": str(person)},
        )
        for person in sorted(people)
    )


def check_admitted(structure: Structure) -> None:
    """Raises StructureNotAdmitted."""
    if structure.state is not StructureState.ADMITTED:
        raise StructureNotAdmitted


async def check_read(event_id: UUID, *, before: Collection[str], by: Person) -> None:
    """Raises ReadThereFirst for a published event that has come to another département than `before`, where it is to be read."""
    for rule in await rules_of_event(event_id):
        if rule.moderation and rule.departement not in before and not by.coordinates(rule.departement):
            raise ReadThereFirst


async def take_back_event(event_id: UUID, *, by: Person, now: datetime) -> Event:
    """What waits for a coordinator is a draft again. Raises NotAllowed, NotFound, NotWaiting."""
    async with transaction():
        event = await _locked(event_id)
        allow_managing(by, event.structure_id)
        _must_wait(event)
        await execute("UPDATE event SET state = 'draft', updated_at = $2 WHERE id = $1", event_id, now)
        await _log(event_id, Step.TAKEN_BACK, by=by, now=now)
        return await get_event(event_id)


async def approve_event(event_id: UUID, approval: Approval, *, by: Person, now: datetime) -> Event:
    """Publish what was read; its managers are told.

    Raises NotFound, NotWaiting, ReadAnother, and as `go_public`.
    """
    async with transaction():
        event = await _locked_to_read(event_id, by=by)
        _must_wait(event)
        if approval.seen != version_of(event, await _last_change(event_id)):
            raise ReadAnother
        # What is over meanwhile, or was when it was imported, is read late rather than never: nobody books it, and it is counted.
        await _check(event_id, await get_structure_by_id(event.structure_id), now=now, may_be_over=True)
        await _publish(event_id, now=now)
        await _tell(event, Step.PUBLISHED, approval.message, by=by, now=now)
        return await get_event(event_id)


async def send_back_event(event_id: UUID, answer: SendingBack, *, by: Person, now: datetime) -> Event:
    """A draft again, with what should change; its managers are told. Raises NotFound, NotWaiting."""
    async with transaction():
        event = await _locked_to_read(event_id, by=by)
        _must_wait(event)
        await execute("UPDATE event SET state = 'draft', updated_at = $2 WHERE id = $1", event_id, now)
        await _tell(event, Step.SENT_BACK, answer.why, by=by, now=now)
        return await get_event(event_id)


async def get_to_read(event_id: UUID, *, by: Person) -> tuple[Event, datetime]:
    """An event that is or was in a coordinator's queue, and the version that stands now. Raises NotFound."""
    event = await get_event(event_id)
    if not await list_moderations(event_id) or not await _may_read(event_id, by):
        raise NotFound
    return event, version_of(event, await _last_change(event_id))


async def list_to_moderate(*, by: Person) -> Sequence[Event]:
    """What waits in a coordinator's territory, longest first. Raises NotAllowed."""
    if not by.is_coordinator:
        raise NotAllowed
    return await fetch(
        Event,
        f"""{EVENT_SQL} JOIN structure o ON o.id = e.structure_id
            WHERE e.state = 'to_moderate' AND o.state = 'admitted' AND ($1::text[] IS NULL OR o.departement = ANY ($1) OR EXISTS (
                SELECT FROM session s JOIN place p ON p.id = s.place_id
                WHERE s.event_id = e.id AND s.called_off_at IS NULL AND p.departement = ANY ($1)))
            ORDER BY (SELECT max(m.at) FROM moderation m WHERE m.event_id = e.id AND m.what = 'asked'), e.id""",
        by.coordinated_departements,
    )


async def find_moderation(id: UUID) -> Moderation | None:
    """One step of an event."""
    return await fetch_one(Moderation, f"{_SQL} WHERE m.id = $1", id)


async def list_moderations(event_id: UUID) -> list[Moderation]:
    """What was asked and answered about the event, the newest first."""
    return await fetch(Moderation, f"{_SQL} WHERE m.event_id = $1 ORDER BY m.at DESC, m.id DESC", event_id)


def version_of(event: Event, sessions_changed_at: datetime | None) -> datetime:
    """When the event or one of its dates was last changed."""
    return max(event.updated_at, sessions_changed_at or event.updated_at)


async def _check(event_id: UUID, structure: Structure, *, now: datetime, may_be_over: bool = False) -> None:
    check_admitted(structure)
    coming = await fetch_value(
        "SELECT count(*) FROM session WHERE event_id = $1 AND (starts_at > $2 OR $3) AND called_off_at IS NULL "
        "AND onsite_id IS NULL",
        event_id,
        now,
        may_be_over,
    )
    if not coming:
        raise NothingToPublish
    event = await get_event(event_id)
    if coming == 1 and event.is_cycle:
        raise CycleTooShort
    await check_trained(event, now=now)


async def _publish(event_id: UUID, *, now: datetime) -> None:
    await execute(
        "UPDATE event SET state = 'published', published_at = $2, updated_at = $2 WHERE id = $1", event_id, now
    )


async def _locked(event_id: UUID) -> Event:
    if await fetch_value("SELECT id FROM event WHERE id = $1 FOR NO KEY UPDATE", event_id) is None:
        raise NotFound
    return await get_event(event_id)


async def _locked_to_read(event_id: UUID, *, by: Person) -> Event:
    event = await _locked(event_id)
    if not await _may_read(event_id, by):
        raise NotFound
    return event


async def _may_read(event_id: UUID, by: Person) -> bool:
    return any(by.coordinates(code) for code in await departements_of_event(event_id))


def _must_wait(event: Event) -> None:
    if event.state is not EventState.TO_MODERATE:
        raise NotWaiting


async def _last_change(event_id: UUID) -> datetime | None:
    changed: datetime | None = await fetch_value("SELECT max(updated_at) FROM session WHERE event_id = $1", event_id)
    return changed


async def _log(event_id: UUID, what: Step, *, by: Person, now: datetime, message: str = "") -> UUID:
    id = new_id()
    await execute(
        "INSERT INTO moderation (id, event_id, at, by_id, what, message) VALUES ($1, $2, $3, $4, $5, $6)",
        id,
        event_id,
        now,
        by.id,
        what.value,
        message,
    )
    return id


async def _tell(event: Event, what: Step, message: str, *, by: Person, now: datetime) -> None:
    answered = await _log(event.id, what, by=by, now=now, message=message)
    managers = await list_managers(event.structure_id)
    kind = f"event_{what.value}"
    await outbox.queue_many(
        outbox.NewMail(
            kind=kind,
            key=f"{kind}:{answered}:{person}",
            subject_id=event.id,
            now=now,
            data={"person": str(person), "answer": str(answered)},
        )
        for person in managers
    )
