from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import pytest

from ateliers.agenda.drafts import NewEvent
from ateliers.agenda.duplicating import draft_like
from ateliers.agenda.kinds import Kind
from ateliers.agenda.publishing import create_event
from ateliers.agenda.questions import Answer, Question
from ateliers.agenda.sessions import get_event, list_sessions_of_event
from ateliers.network.people import get_person
from ateliers.refusals import NotFound
from tests.world import NOON, make_event, make_person, make_place, make_samir, make_session, make_structure

DATES = [datetime(2026, 12, 8, 14), datetime(2026, 12, 15, 14)]  # noqa: DTZ001 - wall clocks


async def test_an_event_is_published_again_with_all_but_its_dates():
    structure = await make_structure()
    samir = await get_person(await make_samir(structure))
    venue = await make_place(owner_id=structure)
    first = NewEvent(
        structure_id=structure,
        kind=Kind.WORKSHOP,
        title="Activer son espace",
        dates=DATES,
        minutes=90,
        capacity=7,
        place_id=venue,
        offer_hours=24,
        opens_at=datetime(2026, 12, 1, 9),  # noqa: DTZ001 - a wall clock
        questions=[Question(text="Quel téléphone ?", answer=Answer.TEXT)],
        online_url="https://visio.example/1",
        online_capacity=30,
    )
    event = await create_event(first, by=samir, now=NOON)

    again = await draft_like(event.id, by=samir)

    expected = msgspec.structs.replace(first, dates=[], opens_at=None)
    assert again == expected
    copy = await create_event(msgspec.structs.replace(again, dates=DATES, publish=True), by=samir, now=NOON)
    assert copy.id != event.id
    assert (await get_event(event.id)).questions[0].id != copy.questions[0].id
    assert [s.starts_at for s in await list_sessions_of_event(copy.id)] == [
        s.starts_at for s in await list_sessions_of_event(event.id)
    ]


async def test_a_place_that_is_not_a_venue_is_written_out_and_an_event_without_dates_has_none():
    structure = await make_structure()
    samir = await get_person(await make_samir(structure))
    event = await make_event(structure)
    assert (await draft_like(event, by=samir)).place_name == ""
    await make_session(event)
    again = await draft_like(event, by=samir)
    assert (again.place_id, again.place_name, again.commune) == (None, "Médiathèque Jean-Jaurès", "Nevers (58000)")
    assert again.minutes == timedelta(hours=2) // timedelta(minutes=1)


async def test_only_its_managers_publish_an_event_again():
    event = await make_event()
    stranger = await get_person(await make_person("Olga", "manager", structure_id=await make_structure("Autre")))
    with pytest.raises(NotFound):
        await draft_like(event, by=stranger)
