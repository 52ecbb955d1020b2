"""Publishing: create an event, give it dates, edit it, publish it, archive it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from ateliers.agenda.about import columns_of, too_early, wrong_about
from ateliers.agenda.dates import (
    OnlineSeats,
    find_online,
    insert_sessions,
    leads_of,
    settle_cycle,
    wrong_held_back,
)
from ateliers.agenda.drafts import About, Move, NewEvent, NewSession
from ateliers.agenda.event import Event, EventState, Visibility
from ateliers.agenda.kinds import RULES
from ateliers.agenda.local_time import wrong_start
from ateliers.agenda.moderating import (
    CycleTooShort,
    NothingToPublish,
    StructureNotAdmitted,
    check_admitted,
    check_read,
    go_public,
)
from ateliers.agenda.permission import allow_managing, choose_structure
from ateliers.agenda.repeating import keep_series, repeat, spans_of
from ateliers.agenda.search_words import index_words
from ateliers.agenda.session import Session
from ateliers.agenda.sessions import get_event, get_session, list_sessions, list_sessions_of_event
from ateliers.agenda.territory import check_trained, departements_of_event
from ateliers.agenda.where import NO_LINK, NOWHERE, Span, Spot, find_span, find_spot, midnight
from ateliers.database import execute, fetch_rows, fetch_value, new_id, transaction
from ateliers.network.people import Person
from ateliers.network.structure import Structure
from ateliers.network.structures import get_structure_by_id
from ateliers.refusals import Invalid, NotFound, Refusal

__all__ = [
    "About",
    "CycleTooShort",
    "EventArchived",
    "Move",
    "NewEvent",
    "NewSession",
    "NothingToPublish",
    "SessionsAhead",
    "StructureNotAdmitted",
    "add_session",
    "archive_event",
    "create_event",
    "lacking",
    "publish_event",
    "update_event",
]


class EventArchived(Refusal):
    """What is archived is only kept to be read."""

    title = "This event is archived: it can no longer be changed."


class SessionsAhead(Refusal):
    """People may still come."""

    title = "Sessions are still to come: call them off first, or wait until they are over."


async def create_event(new: NewEvent, *, by: Person, now: datetime) -> Event:
    """A draft with its first dates; with `new.publish` it is published at once, or asked for where a coordinator reads first.

    Raises Invalid, NotAllowed, NotFound, StructureNotAdmitted, NothingToPublish, NobodyTrained.
    """
    rules = RULES[new.kind]
    async with transaction():
        structure = await get_structure_by_id(choose_structure(new.structure_id, by))
        spans: list[Span] = []
        again = None
        online, errors = find_online(new, rules)
        if new.is_cycle and not rules.takes_bookings:
            errors["is_cycle"] = "Nobody books this kind of event: its dates cannot be a cycle."
        spot = Spot(place_id=None, join_url=None, zone=structure.zone)
        errors |= lacking(new)
        if new.dates:
            spot, nowhere = await find_spot(new, rules, structure, now=now)
            errors |= nowhere
            all_day = new.all_day and rules.may_last_all_day
            dates = sorted({midnight(date) if all_day else date for date in new.dates})
            wrong = [message for date in dates if (message := wrong_start(date, spot.zone, now=now))]
            if wrong:
                errors["dates"] = wrong[0]
            else:
                length = timedelta(minutes=new.minutes or rules.default_minutes)
                again, wrong_again = await repeat(new, dates[0], spot, structure, now=now)
                errors |= wrong_again
                spans = spans_of(again, dates, spot.zone, length, all_day=all_day)
        elif new.repeat is not None:
            errors["dates"] = "Give the first date."
        errors |= wrong_about(new, structure.zone, starts=[one.starts_at for one in spans], now=now)
        errors |= wrong_held_back(new, spot.zone, spans, now=now)
        if errors:
            raise Invalid(errors)
        event_id = new_id()
        await _insert_event(event_id, new, structure, by=by, now=now)
        series_id = None if again is None else await keep_series(event_id, again, spot.zone, new, now=now)
        await insert_sessions(event_id, spot, spans, new, online=online, series_id=series_id, now=now)
        await settle_cycle(await get_event(event_id))
        await index_words(event_id)
        if new.publish:
            await go_public(event_id, structure, by=by, now=now)
        return await get_event(event_id)


def lacking(new: NewEvent) -> dict[str, str]:
    """What an event to publish must say and does not, by field."""
    rules, errors = RULES[new.kind], {}
    if not new.dates and new.publish:
        errors["dates"] = NothingToPublish.title
    if rules.needs_place and new.publish and not any((new.place_id, new.place_name, new.address, new.commune)):
        errors["place_id"] = NOWHERE
    if rules.needs_link and new.publish and not new.join_url:
        errors["join_url"] = NO_LINK
    return errors


async def add_session(event_id: UUID, new: NewSession, *, by: Person, now: datetime) -> Session:
    """One more date, or the dates of a rule from it on; where nothing is said, as the latest session of the event. The first one.

    Raises Invalid, NotAllowed, NotFound, EventArchived, FirstDateStaysFirst, StructureNotAdmitted, NobodyTrained,
    ReadThereFirst.
    """
    async with transaction():
        first, *_rest = await _add_dates(event_id, new, by=by, now=now)
        return await get_session(first)


async def preview_dates(event_id: UUID, new: NewSession, *, by: Person, now: datetime) -> list[Session]:
    """The dates that `add_session` would add, or its refusal; nothing is kept."""
    try:
        async with transaction():
            raise _PreviewOnly(await list_sessions(await _add_dates(event_id, new, by=by, now=now)))
    except _PreviewOnly as preview:
        return preview.sessions


class _PreviewOnly(Exception):
    """No error: takes back a transaction whose result was only to be looked at."""

    def __init__(self, sessions: list[Session]) -> None:
        super().__init__()
        self.sessions = sessions


async def _add_dates(event_id: UUID, new: NewSession, *, by: Person, now: datetime) -> list[UUID]:
    event = await lock_event(event_id, by=by)
    territories = await departements_of_event(event_id)
    structure = await get_structure_by_id(event.structure_id)
    if event.state is EventState.PUBLISHED:
        check_admitted(structure)
        await check_trained(event, now=now)
    sessions = await list_sessions_of_event(event_id)
    on_site = [session for session in sessions if session.onsite_id is None]
    latest = max(on_site, key=lambda session: session.created_at) if on_site else None
    before = Spot(place_id=latest.place_id, join_url=latest.join_url, zone=latest.zone) if latest else None
    spot, errors = await find_spot(new, event.rules, structure, before=before, now=now)
    usual = latest.ends_at - latest.starts_at if latest else timedelta(minutes=event.rules.default_minutes)
    all_day = (latest is not None and latest.all_day) if new.all_day is None else new.all_day
    found, wrong = find_span(
        new,
        spot.zone,
        start=new.local_start,
        usual=usual,
        all_day=all_day and event.rules.may_last_all_day,
        now=now,
    )
    online, wrong_online = find_online(new, event.rules)
    errors |= wrong | wrong_online
    spans: list[Span] = []
    again = None
    if found is not None:
        again, wrong_again = await repeat(new, found.local_start, spot, structure, now=now)
        errors |= wrong_again
        length = found.ends_at - found.starts_at
        spans = spans_of(again, [found.local_start], spot.zone, length, all_day=found.all_day)
        errors |= wrong_held_back(new, spot.zone, spans, now=now) | too_early(event, found.starts_at, now=now)
    if errors or not spans:
        raise Invalid(errors)
    first, first_online = leads_of(sessions) if event.is_cycle else (None, None)
    if first_online is not None and online is None and first_online.join_url:
        online = OnlineSeats(join_url=first_online.join_url, capacity=first_online.capacity)
    elif first is not None and first_online is None and online is not None:
        raise Invalid({"online_url": "The other dates of this cycle take place on site only."})
    leads = (first.id if first else None, first_online.id if first_online else None)
    series_id = None if again is None else await keep_series(event_id, again, spot.zone, new, now=now)
    made = await insert_sessions(event_id, spot, spans, new, online=online, leads=leads, series_id=series_id, now=now)
    await settle_cycle(event)
    if event.state is EventState.PUBLISHED:
        await check_read(event_id, before=territories, by=by)
    return made


async def update_event(event_id: UUID, about: About, *, by: Person, now: datetime) -> Event:
    """Change what the event is about. A new title concerns those who booked: coming sessions get a new revision.

    Raises NotAllowed, NotFound, EventArchived, NobodyTrained when it is to be shown to the public now.
    """
    async with transaction():
        event = await lock_event(event_id, by=by)
        zone = (await get_structure_by_id(event.structure_id)).zone
        coming = await fetch_rows(
            "SELECT starts_at FROM session WHERE event_id = $1 AND starts_at > $2 AND called_off_at IS NULL",
            event_id,
            now,
        )
        errors = wrong_about(about, zone, starts=[row["starts_at"] for row in coming], now=now)
        if errors:
            raise Invalid(errors)
        columns = columns_of(about, event.rules, zone, before=event)
        changes = ", ".join(f"{name} = ${n}" for n, name in enumerate(columns, 3))
        await execute(f"UPDATE event SET updated_at = $2, {changes} WHERE id = $1", event_id, now, *columns.values())
        if about.title != event.title and event.state is EventState.PUBLISHED:
            await execute(
                "SELECT id FROM session WHERE event_id = $1 ORDER BY lead_id IS NOT NULL, id FOR NO KEY UPDATE",
                event_id,
            )
            await execute(
                """UPDATE session SET revision = revision + 1, updated_at = $2
                   WHERE event_id = $1 AND starts_at > $2 AND called_off_at IS NULL""",
                event_id,
                now,
            )
        await index_words(event_id)
        changed = await get_event(event_id)
        if event.state is EventState.PUBLISHED and event.visibility is Visibility.NETWORK:
            await check_trained(changed, now=now)
        return changed


async def publish_event(event_id: UUID, *, by: Person, now: datetime) -> Event:
    """Show a draft to those it is for, or ask a coordinator to where she reads first. Asked or published already: nothing changes.

    Raises NotAllowed, NotFound, EventArchived, StructureNotAdmitted, NothingToPublish, NobodyTrained.
    """
    async with transaction():
        event = await lock_event(event_id, by=by)
        if event.state is EventState.DRAFT:
            structure = await get_structure_by_id(event.structure_id)
            await go_public(event_id, structure, by=by, now=now)
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


async def _insert_event(event_id: UUID, new: NewEvent, structure: Structure, *, by: Person, now: datetime) -> None:
    columns = {
        "id": event_id,
        "structure_id": structure.id,
        "kind": new.kind.value,
        "is_cycle": new.is_cycle,
        "state": EventState.DRAFT.value,
        "words": "",
        "created_by": by.id,
        "created_at": now,
        "updated_at": now,
        **columns_of(new, RULES[new.kind], structure.zone),
    }
    marks = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    await execute(f"INSERT INTO event ({', '.join(columns)}) VALUES ({marks})", *columns.values())
