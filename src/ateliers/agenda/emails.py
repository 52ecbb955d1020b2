"""E-mails of the agenda: new sessions for whoever asked to be told (B15); events read first (B4) and organised together (A11)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.agenda.alerts import MOST_TOLD, Alert, find_alert
from ateliers.agenda.co_organising import is_asked
from ateliers.agenda.event import Event, EventState
from ateliers.agenda.moderating import find_moderation
from ateliers.agenda.search import new_sessions
from ateliers.agenda.sessions import find_event, list_sessions_of_event
from ateliers.mail.email import Dropped, Email
from ateliers.mail.letters import letter
from ateliers.mail.outbox import OutboxRow
from ateliers.network.people import get_person
from ateliers.network.structure import Structure
from ateliers.network.structures import get_structure_by_id
from ateliers.rendering import absolute
from ateliers.words import speaking

SENDER = "Ateliers"
STOPPED = Dropped("The alert was stopped meanwhile.")
NO_NEWS = Dropped("Nothing new is left to tell.")


async def alert_link(row: OutboxRow, _now: datetime) -> Email | Dropped:
    """The link that confirms."""
    alert = await _alert(row)
    if alert is None or alert.confirmed_at is not None:
        return STOPPED
    return _email("alert_link", alert)


async def alert_news(row: OutboxRow, now: datetime) -> Email | Dropped:
    """What was published since the last time, as it stands now."""
    alert = await _alert(row)
    commune = alert.commune if alert is not None else None
    if alert is None or commune is None:
        return STOPPED
    found = await new_sessions(
        commune,
        within_km=alert.within_km,
        kind=alert.kind,
        since=datetime.fromisoformat(row.data["since"]),
        now=now,
        limit=MOST_TOLD,
    )
    if not found:
        return NO_NEWS
    email = _email("alert_news", alert, found=found)
    with speaking(alert.language):
        stop = absolute(alert.path)
    return msgspec.structs.replace(email, purpose="alert", unsubscribe_url=stop)


async def event_to_moderate(row: OutboxRow, _now: datetime) -> Email | Dropped:
    """To a coordinator: an event waits to be read (B4)."""
    return await _about_event(row, EventState.TO_MODERATE)


async def event_published(row: OutboxRow, _now: datetime) -> Email | Dropped:
    """To a manager: the coordinator published it."""
    return await _about_event(row, EventState.PUBLISHED)


async def event_sent_back(row: OutboxRow, _now: datetime) -> Email | Dropped:
    """To a manager: what should be changed first."""
    return await _about_event(row, EventState.DRAFT)


async def co_organiser_asked(row: OutboxRow, _now: datetime) -> Email | Dropped:
    """To a manager: another structure proposes to organise an event together (A11)."""
    event = await find_event(row.subject_id) if row.subject_id else None
    if event is None or not await is_asked(event.id, UUID(row.data["structure"])):
        return Dropped("Answered or taken back meanwhile.")
    return await _to_person(row, event, path=event.path, partner=await _partner(row))


async def co_organiser_answered(row: OutboxRow, _now: datetime) -> Email | Dropped:
    """To a manager: a structure organises the event too, or does not, or no longer."""
    event = await find_event(row.subject_id) if row.subject_id else None
    if event is None:
        return Dropped("The event is no longer there.")
    path = "/espace" if row.data["answer"] == "removed" else event.path
    return await _to_person(row, event, path=path, partner=await _partner(row), answer=row.data["answer"])


COMPOSERS: dict[str, Callable[[OutboxRow, datetime], Awaitable[Email | Dropped]]] = {
    "alert_link": alert_link,
    "alert_news": alert_news,
    "event_to_moderate": event_to_moderate,
    "event_published": event_published,
    "event_sent_back": event_sent_back,
    "co_organiser_asked": co_organiser_asked,
    "co_organiser_answered": co_organiser_answered,
}


async def _about_event(row: OutboxRow, expected: EventState) -> Email | Dropped:
    event = await find_event(row.subject_id) if row.subject_id else None
    if event is None or event.state is not expected:
        return Dropped("The event has moved on since.")
    answer = await find_moderation(UUID(row.data["answer"])) if "answer" in row.data else None
    path = f"/coordination/moderation/{event.id}" if answer is None else event.path
    return await _to_person(row, event, path=path, answer=answer)


async def _partner(row: OutboxRow) -> Structure:
    return await get_structure_by_id(UUID(row.data["structure"]))


async def _to_person(row: OutboxRow, event: Event, **facts: object) -> Email:
    person = await get_person(UUID(row.data["person"]))
    subject, text, html = letter(
        row.kind,
        person.language,
        name=person.name,
        event=event,
        structure=await get_structure_by_id(event.structure_id),
        sessions=await list_sessions_of_event(event.id),
        **facts,
    )
    return Email(
        to_name=person.name,
        to_address=person.email,
        sender_name=SENDER,
        subject=subject,
        text=text,
        html=html,
        language=person.language,
    )


async def _alert(row: OutboxRow) -> Alert | None:
    return await find_alert(row.subject_id) if row.subject_id else None


def _email(kind: str, alert: Alert, **facts: object) -> Email:
    subject, text, html = letter(kind, alert.language, alert=alert, path=alert.path, **facts)
    return Email(
        to_name="",
        to_address=alert.email,
        sender_name=SENDER,
        subject=subject,
        text=text,
        html=html,
        language=alert.language,
    )
