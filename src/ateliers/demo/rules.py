"""What the demo shows of rules: a territory that reads events first, trainings that end, structures that organise together."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID

import msgspec

from ateliers.agenda.co_organising import answer_request, ask_structure
from ateliers.agenda.drafts import NewEvent
from ateliers.agenda.event import EventState
from ateliers.agenda.kinds import Kind
from ateliers.agenda.publishing import create_event
from ateliers.agenda.sessions import list_events_of
from ateliers.demo.days import weekday_from
from ateliers.demo.texts import PHONE_CARD
from ateliers.network.people import Person, find_person_by_email
from ateliers.network.rules import NewRule, TrainedOnly, set_rules
from ateliers.network.training import NewTrainings, note_trainings
from ateliers.words import today_of

TRAINED = (  # who, and how many days ago
    ("samir.haddad@ccas-nevers.example", 200),
    ("nadia.ferrand@ccas-nevers.example", 690),  # holds a little longer: to renew
    ("lucien.bordat@ccas-nevers.example", 800),  # over
    ("helene.morvan@clic-et-compagnie.example", 340),
)


class Publisher(msgspec.Struct, frozen=True, kw_only=True):
    """A structure that publishes, and who does it there."""

    id: UUID
    hall: UUID
    manager: Person


async def show_the_rules(
    home: Publisher, neighbour: Publisher, read: Publisher, *, coordinator: Person, now: datetime
) -> None:
    """Trainings in the Nièvre; the Yonne, where `read` is, reads events first; `neighbour` organises one with `home` and proposes another."""
    today = today_of(now)
    for email, days in TRAINED:
        person = await find_person_by_email(email)
        if person is not None:
            new = NewTrainings(people=[person.id], day=today - timedelta(days=days))
            await note_trainings(new, by=coordinator, now=now - timedelta(days=days))
    await _publish(
        home,
        Kind.TRAINING,
        "Renouveler sa formation d’ambassadeur ou d’ambassadrice",
        "Les nouveautés de Mon espace santé, et ce que les ateliers de l’année nous ont appris.",
        weekdays=14,
        now=now - timedelta(days=6),
    )
    await set_rules(
        NewRule(departements=["58"], trained_only=TrainedOnly.WARN), by=coordinator, now=now - timedelta(days=40)
    )
    await set_rules(NewRule(departements=["89"], moderation=True), by=coordinator, now=now - timedelta(days=3))
    await _publish(
        read,
        Kind.WORKSHOP,
        "Mon espace santé en voyage : ordonnances et carnet de vaccination",
        "Retrouver ses ordonnances loin de chez soi, et montrer son carnet de vaccination.",
        weekdays=18,
        now=now - timedelta(days=1),
    )
    theirs = [one for one in await list_events_of([neighbour.id]) if one.state is EventState.PUBLISHED]
    for turn, event in enumerate(sorted(theirs, key=lambda one: one.title)[:2]):
        await ask_structure(event.id, home.id, by=neighbour.manager, now=now - timedelta(days=5 - turn))
        if turn == 0:
            await answer_request(event.id, home.id, accepts=True, by=home.manager, now=now - timedelta(days=4))


async def _publish(by: Publisher, kind: Kind, title: str, description: str, *, weekdays: int, now: datetime) -> None:
    await create_event(
        NewEvent(
            structure_id=by.id,
            kind=kind,
            title=title,
            description=description,
            dates=[datetime.combine(weekday_from(now, weekdays, "Europe/Paris"), time(14))],
            capacity=12,
            place_id=by.hall,
            to_bring=PHONE_CARD,
            publish=True,
        ),
        by=by.manager,
        now=now,
    )
