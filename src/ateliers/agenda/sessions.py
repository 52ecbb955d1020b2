"""Sessions and events read from the database, one or many."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ateliers.agenda.event import EVENT_SQL, Event
from ateliers.agenda.kinds import RULES
from ateliers.agenda.session import SESSION_SQL, Session
from ateliers.database import fetch, fetch_one
from ateliers.refusals import NotFound


async def find_session(session_id: UUID) -> Session | None:
    """The session, or None."""
    return await fetch_one(Session, f"{SESSION_SQL} WHERE s.id = $1", session_id)


async def get_session(session_id: UUID) -> Session:
    """The session. Raises NotFound. Who may see it is `Session.may_be_seen_by`."""
    session = await find_session(session_id)
    if session is None:
        raise NotFound
    return session


async def get_session_by_code(typed: str) -> Session:
    """The session of a short address, however its code was typed. Raises NotFound."""
    code = "".join(letter for letter in typed.upper() if letter in "0123456789ABCDEF")
    session = await fetch_one(Session, f"{SESSION_SQL} WHERE s.code = $1", code)
    if session is None:
        raise NotFound
    return session


async def find_event(event_id: UUID) -> Event | None:
    """The event, or None."""
    return await fetch_one(Event, f"{EVENT_SQL} WHERE e.id = $1", event_id)


async def get_event(event_id: UUID) -> Event:
    """The event. Raises NotFound."""
    event = await find_event(event_id)
    if event is None:
        raise NotFound
    return event


async def list_sessions_of_event(event_id: UUID) -> list[Session]:
    """All its sessions, in order of time."""
    return await fetch(
        Session,
        f"{SESSION_SQL} WHERE s.event_id = $1 ORDER BY s.starts_at, s.id",
        event_id,
    )


async def list_dates(session: Session) -> list[Session]:
    """The dates of its cycle that take place, in order of time; the session alone outside a cycle."""
    return await list_sessions([date.id for date in session.coming_dates]) if session.dates else [session]


async def find_other_half(session: Session) -> Session | None:
    """Of a hybrid session, the half that this one is not, if it takes place; else None."""
    other_id = session.onsite_id or session.online_id
    other = await find_session(other_id) if other_id else None
    return other if other is not None and not other.is_off else None


async def list_sessions(ids: list[UUID]) -> list[Session]:
    """The sessions of these ids that exist, in order of time."""
    return await fetch(Session, f"{SESSION_SQL} WHERE s.id = ANY($1) ORDER BY s.starts_at, s.id", ids)


async def list_events_of(structure_ids: list[UUID], *, limit: int = 200, skip: int = 0) -> list[Event]:
    """Events of these structures, the latest changed first."""
    return await fetch(
        Event,
        f"{EVENT_SQL} WHERE e.structure_id = ANY($1) ORDER BY e.updated_at DESC, e.id LIMIT $2 OFFSET $3",
        structure_ids,
        limit,
        skip,
    )


async def next_session_of_each(event_ids: list[UUID], *, now: datetime) -> dict[UUID, Session]:
    """By event, its soonest session that is neither over nor called off; events without one are left out."""
    sessions = await fetch(
        Session,
        f"""{SESSION_SQL} WHERE s.id IN (
                SELECT DISTINCT ON (event_id) id FROM session
                WHERE event_id = ANY($1) AND ends_at > $2 AND called_off_at IS NULL AND onsite_id IS NULL
                ORDER BY event_id, starts_at, id)""",
        event_ids,
        now,
    )
    return {session.event_id: session for session in sessions}


# Of structures $1: their own events, and those they accepted to organise too.
ORGANISED_BY = """(e.structure_id = ANY($1) OR e.id IN (
    SELECT event_id FROM co_organiser WHERE structure_id = ANY($1) AND accepted_at IS NOT NULL))"""


async def list_next_sessions(
    structure_ids: list[UUID], *, now: datetime, shared: bool = False, limit: int = 50
) -> list[Session]:
    """Published sessions of these structures that are not over, the soonest first; called-off ones included, a hybrid one once.

    `shared`: those that they organise with the structure whose event it is, too.
    """
    return await fetch(
        Session,
        f"""{SESSION_SQL} WHERE {ORGANISED_BY if shared else "e.structure_id = ANY($1)"} AND e.state = 'published'
            AND s.ends_at > $2 AND s.onsite_id IS NULL ORDER BY s.starts_at, s.id LIMIT $3""",
        structure_ids,
        now,
        limit,
    )


async def list_next_trainings(*, now: datetime, limit: int = 200) -> list[Session]:
    """Published trainings of the network that have yet to begin, the soonest first; a cycle by its first date."""
    return await fetch(
        Session,
        f"""{SESSION_SQL} WHERE e.kind = ANY($1) AND e.state = 'published' AND o.state = 'admitted' AND s.starts_at > $2
            AND COALESCE(e.public_from <= $2, true) AND s.called_off_at IS NULL AND s.onsite_id IS NULL AND s.lead_id IS NULL
            ORDER BY s.starts_at, s.id LIMIT $3""",
        [kind.value for kind, rules in RULES.items() if rules.trains],
        now,
        limit,
    )
