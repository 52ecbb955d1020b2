"""Publishing: create an event, give it dates, edit it, publish it, archive it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from ateliers.agenda.drafts import About, Move, NewEvent, NewSession
from ateliers.agenda.event import Event, EventState, Visibility
from ateliers.agenda.kinds import RULES, Rules
from ateliers.agenda.local_time import wrong_start
from ateliers.agenda.permission import allow_managing, choose_structure
from ateliers.agenda.search_words import index_words
from ateliers.agenda.session import Session
from ateliers.agenda.sessions import get_event, get_session, list_sessions_of_event
from ateliers.agenda.where import Span, Spot, find_span, find_spot, span
from ateliers.database import execute, execute_many, fetch_value, new_id, transaction
from ateliers.network.people import Person
from ateliers.network.structure import StructureState
from ateliers.network.structures import get_structure_by_id
from ateliers.places.place import Accessibility
from ateliers.refusals import Invalid, NotFound, Refusal

__all__ = [
    "About",
    "EventArchived",
    "Move",
    "NewEvent",
    "NewSession",
    "NothingToPublish",
    "SessionsAhead",
    "StructureNotAdmitted",
    "about_of",
    "add_session",
    "archive_event",
    "create_event",
    "publish_event",
    "update_event",
]


class StructureNotAdmitted(Refusal):
    """Only structures of the network publish."""

    status = 403
    title = "Your structure is not (or no longer) admitted to the network: it cannot publish."


class NothingToPublish(Refusal):
    """An event without a date to come."""

    title = "Add at least one date to come before publishing."
    field = "dates"


class EventArchived(Refusal):
    """What is archived is only kept to be read."""

    title = "This event is archived: it can no longer be changed."


class SessionsAhead(Refusal):
    """People may still come."""

    title = "Sessions are still to come: call them off first, or wait until they are over."


async def create_event(new: NewEvent, *, by: Person, now: datetime) -> Event:
    """A draft with its first dates, published at once when `new.publish`.

    Raises Invalid, NotAllowed, NotFound, StructureNotAdmitted, NothingToPublish.
    """
    rules = RULES[new.kind]
    async with transaction():
        structure = await get_structure_by_id(choose_structure(new.structure_id, by))
        spans: list[Span] = []
        spot = Spot(place_id=None, join_url=None, zone=structure.zone)
        if new.dates:
            spot, errors = await find_spot(new, rules, structure, now=now)
            wrong = [message for date in new.dates if (message := wrong_start(date, spot.zone, now=now))]
            if wrong:
                errors["dates"] = wrong[0]
            if errors:
                raise Invalid(errors)
            length = timedelta(minutes=new.minutes or rules.default_minutes)
            spans = [span(date, spot.zone, length) for date in sorted(set(new.dates))]
        event_id = new_id()
        await _insert_event(event_id, new, structure.id, by=by, now=now)
        await _insert_sessions(event_id, spot, spans, new.capacity, now=now)
        await index_words(event_id)
        if new.publish:
            await _publish(event_id, structure.state, now=now)
        return await get_event(event_id)


async def add_session(event_id: UUID, new: NewSession, *, by: Person, now: datetime) -> Session:
    """One more date; where nothing is said, as the latest session of the event.

    Raises Invalid, NotAllowed, NotFound, EventArchived.
    """
    async with transaction():
        event = await lock_event(event_id, by=by)
        structure = await get_structure_by_id(event.structure_id)
        sessions = await list_sessions_of_event(event_id)
        latest = max(sessions, key=lambda session: session.created_at) if sessions else None
        before = Spot(place_id=latest.place_id, join_url=latest.join_url, zone=latest.zone) if latest else None
        spot, errors = await find_spot(new, event.rules, structure, before=before, now=now)
        usual = latest.ends_at - latest.starts_at if latest else timedelta(minutes=event.rules.default_minutes)
        found, wrong = find_span(new, spot.zone, start=new.local_start, usual=usual, now=now)
        if errors or wrong or found is None:
            raise Invalid(errors | wrong)
        [session_id] = await _insert_sessions(event_id, spot, [found], new.capacity, now=now)
        await index_words(event_id)
        return await get_session(session_id)


async def update_event(event_id: UUID, about: About, *, by: Person, now: datetime) -> Event:
    """Change what the event is about. A new title concerns those who booked: coming sessions get a new revision.

    Raises NotAllowed, NotFound, EventArchived.
    """
    async with transaction():
        event = await lock_event(event_id, by=by)
        await execute(
            """UPDATE event SET title = $2, description = $3, programme = $4, to_bring = $5, level = $6, phone = $7,
               visibility = $8, accessibility = $9, party_limit = $10, waiting_max = $11, promotion_stop = $12,
               cutoff = $13, run_by = $14, updated_at = $15 WHERE id = $1""",
            event_id,
            *_about(about, event.rules),
            now,
        )
        if about.title != event.title and event.state is EventState.PUBLISHED:
            await execute("SELECT id FROM session WHERE event_id = $1 ORDER BY id FOR NO KEY UPDATE", event_id)
            await execute(
                """UPDATE session SET revision = revision + 1, updated_at = $2
                   WHERE event_id = $1 AND starts_at > $2 AND called_off_at IS NULL""",
                event_id,
                now,
            )
        await index_words(event_id)
        return await get_event(event_id)


async def publish_event(event_id: UUID, *, by: Person, now: datetime) -> Event:
    """Show a draft to those it is for. Published already: nothing changes.

    Raises NotAllowed, NotFound, EventArchived, StructureNotAdmitted, NothingToPublish.
    """
    async with transaction():
        event = await lock_event(event_id, by=by)
        if event.state is EventState.DRAFT:
            structure = await get_structure_by_id(event.structure_id)
            await _publish(event_id, structure.state, now=now)
        return await get_event(event_id)


async def archive_event(event_id: UUID, *, by: Person, now: datetime) -> Event:
    """Put away an event of which nothing is to come; its pages can still be read by those who have the link.

    Raises NotAllowed, NotFound, EventArchived, SessionsAhead.
    """
    async with transaction():
        event = await lock_event(event_id, by=by)
        ahead = await fetch_value(
            "SELECT count(*) FROM session WHERE event_id = $1 AND ends_at > $2 AND called_off_at IS NULL", event_id, now
        )
        if ahead and event.state is EventState.PUBLISHED:
            raise SessionsAhead
        await execute("UPDATE event SET state = 'archived', updated_at = $2 WHERE id = $1", event_id, now)
        return await get_event(event_id)


async def lock_event(event_id: UUID, *, by: Person) -> Event:
    """The event, kept from others' changes until the transaction ends. Raises NotAllowed, NotFound, EventArchived."""
    if await fetch_value("SELECT id FROM event WHERE id = $1 FOR NO KEY UPDATE", event_id) is None:
        raise NotFound
    event = await get_event(event_id)
    allow_managing(by, event.structure_id)
    if event.state is EventState.ARCHIVED:
        raise EventArchived
    return event


async def _publish(event_id: UUID, structure_state: StructureState, *, now: datetime) -> None:
    if structure_state is not StructureState.ADMITTED:
        raise StructureNotAdmitted
    coming = await fetch_value(
        "SELECT count(*) FROM session WHERE event_id = $1 AND starts_at > $2 AND called_off_at IS NULL", event_id, now
    )
    if not coming:
        raise NothingToPublish
    await execute(
        "UPDATE event SET state = 'published', published_at = $2, updated_at = $2 WHERE id = $1", event_id, now
    )


async def _insert_event(event_id: UUID, new: NewEvent, structure_id: UUID, *, by: Person, now: datetime) -> None:
    await execute(
        """INSERT INTO event (id, title, description, programme, to_bring, level, phone, visibility, accessibility,
           party_limit, waiting_max, promotion_stop, cutoff, run_by, created_at, structure_id, kind, created_by,
           state, words, updated_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 'draft', '', $15)""",
        event_id,
        *_about(new, RULES[new.kind]),
        now,
        structure_id,
        new.kind.value,
        by.id,
    )


def about_of(event: Event) -> About:
    """What the event is about, as the form to edit it shows first."""
    return About(
        title=event.title,
        description=event.description,
        programme=event.programme,
        to_bring=event.to_bring,
        level=event.level,
        run_by=event.run_by,
        phone=event.phone,
        visibility=event.visibility,
        accessibility=[Accessibility(fact) for fact in event.accessibility],
        party_limit=event.party_limit,
        waiting_max=event.waiting_max,
        promotion_stop_hours=round(event.promotion_stop / timedelta(hours=1)),
        cutoff_hours=round(event.cutoff / timedelta(hours=1)),
    )


def _about(about: About, rules: Rules) -> tuple[object, ...]:
    return (
        about.title,
        about.description,
        about.programme,
        about.to_bring,
        about.level,
        about.phone,
        (Visibility.NETWORK if rules.network_only else about.visibility).value,
        [fact.value for fact in about.accessibility],
        about.party_limit,
        about.waiting_max,
        timedelta(hours=about.promotion_stop_hours),
        timedelta(hours=about.cutoff_hours),
        about.run_by,
    )


async def _insert_sessions(
    event_id: UUID, spot: Spot, spans: Iterable[Span], capacity: int | None, *, now: datetime
) -> list[UUID]:
    rows = [
        (
            new_id(),
            event_id,
            spot.place_id,
            spot.join_url,
            spot.zone,
            when.local_start,
            when.starts_at,
            when.ends_at,
            capacity,
            now,
        )
        for when in spans
    ]
    await execute_many(
        """INSERT INTO session (id, event_id, place_id, join_url, zone, local_start, starts_at, ends_at, capacity,
           created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)""",
        rows,
    )
    return [row[0] for row in rows]
