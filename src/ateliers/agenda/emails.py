"""E-mails of the agenda: new sessions for whoever asked to be told (B15); events that a coordinator reads first (B4)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.agenda.alerts import MOST_TOLD, Alert, find_alert
from ateliers.agenda.event import EventState
from ateliers.agenda.moderating import find_moderation
from ateliers.agenda.search import new_sessions
from ateliers.agenda.sessions import find_event, list_sessions_of_event
from ateliers.mail.email import Dropped, Email
from ateliers.mail.letters import letter
from ateliers.mail.outbox import OutboxRow
from ateliers.network.people import get_person
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


COMPOSERS: dict[str, Callable[[OutboxRow, datetime], Awaitable[Email | Dropped]]] = {
    "alert_link": alert_link,
    "alert_news": alert_news,
    "event_to_moderate": event_to_moderate,
    "event_published": event_published,
    "event_sent_back": event_sent_back,
}


async def _about_event(row: OutboxRow, expected: EventState) -> Email | Dropped:
    event = await find_event(row.subject_id) if row.subject_id else None
    if event is None or event.state is not expected:
        return Dropped("The event has moved on since.")
    person = await get_person(UUID(row.data["person"]))
    answer = await find_moderation(UUID(row.data["answer"])) if "answer" in row.data else None
    subject, text, html = letter(
        row.kind,
        person.language,
        name=person.name,
        event=event,
        structure=await get_structure_by_id(event.structure_id),
        sessions=await list_sessions_of_event(event.id),
        answer=answer,
        path=f"/coordination/moderation/{event.id}" if answer is None else event.path,
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
