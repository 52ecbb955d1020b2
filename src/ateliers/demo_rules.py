"""What the demo shows of rules: a territory that reads events first, trainings that end, structures that organise together."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from ateliers.agenda.co_organising import answer_request, ask_structure
from ateliers.agenda.drafts import NewEvent
from ateliers.agenda.event import EventState
from ateliers.agenda.kinds import Kind
from ateliers.agenda.publishing import create_event
from ateliers.agenda.sessions import list_events_of
from ateliers.demo_texts import PHONE_CARD
from ateliers.network.people import Person, find_person_by_email
from ateliers.network.rules import NewRule, TrainedOnly, set_rules
from ateliers.network.training import NewTrainings, note_trainings, today_of

TRAINED = (  # who, and how many days ago
    ("samir.haddad@ccas-nevers.example", 200),
    ("nadia.ferrand@ccas-nevers.example", 690),  # holds a little longer: to renew
    ("lucien.bordat@ccas-nevers.example", 800),  # over
    ("helene.morvan@clic-et-compagnie.example", 340),
)


async def show_the_rules(
    structure_id: UUID,
    hall: UUID,
    neighbour_id: UUID,
    *,
    neighbour: Person,
    manager: Person,
    coordinator: Person,
    now: datetime,
) -> None:
    """The Nièvre reads events first and recommends training; `neighbour` organises one with the first structure, and proposes another."""
    today = today_of(now)
    for email, days in TRAINED:
        person = await find_person_by_email(email)
        if person is not None:
            new = NewTrainings(people=[person.id], day=today - timedelta(days=days))
            await note_trainings(new, by=coordinator, now=now - timedelta(days=days))
    in_two_weeks = (now.astimezone(ZoneInfo("Europe/Paris")) + timedelta(days=16)).date()
    await create_event(
        NewEvent(
            structure_id=structure_id,
            kind=Kind.TRAINING,
            title="Renouveler sa formation d’ambassadeur ou d’ambassadrice",
            description="Les nouveautés de Mon espace santé, et ce que les ateliers de l’année nous ont appris.",
            dates=[datetime.combine(in_two_weeks, time(9, 30))],
            place_id=hall,
            capacity=12,
            publish=True,
        ),
        by=manager,
        now=now - timedelta(days=6),
    )
    rule = NewRule(departements=["58"], moderation=True, trained_only=TrainedOnly.WARN)
    await set_rules(rule, by=coordinator, now=now - timedelta(days=3))
    in_three_weeks = (now.astimezone(ZoneInfo("Europe/Paris")) + timedelta(days=21)).date()
    await create_event(
        NewEvent(
            structure_id=structure_id,
            kind=Kind.WORKSHOP,
            title="Mon espace santé en voyage : ordonnances et carnet de vaccination",
            description="Retrouver ses ordonnances loin de chez soi, et montrer son carnet de vaccination.",
            dates=[datetime.combine(in_three_weeks, time(14))],
            place_id=hall,
            to_bring=PHONE_CARD,
            publish=True,
        ),
        by=manager,
        now=now - timedelta(days=1),
    )
    theirs = [one for one in await list_events_of([neighbour_id]) if one.state is EventState.PUBLISHED]
    for turn, event in enumerate(sorted(theirs, key=lambda one: one.title)[:2]):
        await ask_structure(event.id, structure_id, by=neighbour, now=now - timedelta(days=5 - turn))
        if turn == 0:
            await answer_request(event.id, structure_id, accepts=True, by=manager, now=now - timedelta(days=4))
