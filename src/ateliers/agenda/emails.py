"""E-mails of the agenda: new sessions around a commune, for whoever asked to be told (B15)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec

from ateliers.agenda.alerts import MOST_TOLD, Alert, find_alert
from ateliers.agenda.search import new_sessions
from ateliers.mail.email import Dropped, Email
from ateliers.mail.letters import letter
from ateliers.mail.outbox import OutboxRow
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


COMPOSERS: dict[str, Callable[[OutboxRow, datetime], Awaitable[Email | Dropped]]] = {
    "alert_link": alert_link,
    "alert_news": alert_news,
}


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
