"""What the demo shows of publishing: a series with a date moved by hand, an event for a group, a form left unfinished, a model."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from ateliers.agenda.changing import move_session
from ateliers.agenda.drafts import Move, NewEvent
from ateliers.agenda.event import Visibility
from ateliers.agenda.kinds import Kind
from ateliers.agenda.models import Keep, keep_model
from ateliers.agenda.publishing import create_event
from ateliers.agenda.series import Repeat
from ateliers.agenda.sessions import list_sessions_of_event
from ateliers.agenda.unfinished import id_of, keep_unfinished
from ateliers.bookings.book import book_seats
from ateliers.bookings.booking import Channel, Contact, Wish
from ateliers.demo.texts import PHONE_CARD
from ateliers.network.people import Person

WEEKS = 12
GUESTS = (("Simone Aubry", 0), ("Roger Tissier", 1), ("Ginette Morel", 3))  # who books which date of the series


async def show_the_series(
    structure_id: UUID, hall: UUID, *, manager: Person, coordinator: Person, zone: str, now: datetime
) -> None:
    """Publish them, a few days ago."""
    published = now - timedelta(days=4)
    today = now.astimezone(ZoneInfo(zone)).date()
    tuesday = datetime.combine(today + timedelta(days=3 + (1 - today.weekday() - 3) % 7), time(17, 30))
    series = await create_event(
        NewEvent(
            structure_id=structure_id,
            kind=Kind.WORKSHOP,
            title="Permanence du mardi : vos questions sur Mon espace santé",
            description="Venez avec une question, repartez avec la réponse. Chaque mardi, en petit groupe.",
            to_bring=PHONE_CARD,
            dates=[tuesday],
            repeat=Repeat.WEEKLY,
            repeat_times=WEEKS,
            skip_holidays=True,
            minutes=90,
            capacity=6,
            place_id=hall,
            publish=True,
        ),
        by=manager,
        now=published,
    )
    dates = await list_sessions_of_event(series.id)
    for name, date in GUESTS:
        contact = Contact(name=name, email=f"{name.split()[1].lower()}@courriel.example")
        await book_seats(dates[date].id, Wish(contact=contact, channel=Channel.ONLINE), now=published)
    later = Move(local_start=dates[5].local_start + timedelta(days=1))
    await move_session(dates[5].id, later, by=manager, now=published)
    await create_event(
        NewEvent(
            structure_id=structure_id,
            kind=Kind.WORKSHOP,
            title="Atelier réservé au club du troisième âge",
            dates=[tuesday + timedelta(days=9, hours=-7)],
            visibility=Visibility.GROUP,
            group_code="CLUB58",
            capacity=12,
            place_id=hall,
            publish=True,
        ),
        by=manager,
        now=published,
    )
    draft = {"title": ["Stand au marché de Noël"], "minutes": ["240"]}
    await keep_unfinished(id_of(""), Kind.STAND, draft, by=manager, now=now - timedelta(days=1))
    advice = "Laissez chacun poser sa question avant de commencer : le plan de la séance vient tout seul."
    await keep_model(Keep(event_id=series.id, advice=advice), by=coordinator, now=now - timedelta(days=2))
