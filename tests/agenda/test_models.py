"""A region offers a good event as a start; a manager of its territory starts from it, one from elsewhere does not see it (B21)."""

from __future__ import annotations

import pytest

from ateliers.agenda.models import Keep, keep_model, list_choices, list_offered, retire_model, start_from
from ateliers.agenda.publishing import create_event
from ateliers.network.people import get_person
from ateliers.refusals import Invalid, NotAllowed, NotFound
from tests.agenda.drafts import samir, workshop
from tests.world import NOON, SAINT_DENIS, make_event, make_paule, make_person, make_structure


async def test_a_model_is_offered_taken_up_and_retired():
    structure_id = await make_structure()
    by = await samir(structure_id)
    paule = await get_person(await make_paule())
    far = await make_structure("Loin", slug="loin", **SAINT_DENIS)
    yves = await get_person(await make_person("Yves Loin", "manager", structure_id=far))
    event = await create_event(workshop(publish=True, phone="0386000000", run_by="Nadia"), by=by, now=NOON)
    hidden = await make_event(structure_id, visibility="link")

    assert [choice.id for choice in await list_choices(paule)] == [event.id]
    model_id = await keep_model(Keep(event_id=event.id, advice="Prévoir du café."), by=paule, now=NOON)

    assert await list_choices(paule) == []
    [offered] = await list_offered(by)
    assert (offered.id, offered.title, offered.advice, offered.kept_by) == (
        model_id,
        "Écrire à son médecin",
        "Prévoir du café.",
        "Paule Guérin",
    )
    start = await start_from(model_id, by=by)
    assert (start.title, start.programme, start.capacity) == (
        "Écrire à son médecin",
        "Ouvrir la messagerie\nÉcrire",
        10,
    )
    assert (start.dates, start.place_name, start.phone, start.run_by, start.structure_id) == ([], "", None, "", None)
    assert await list_offered(yves) == []
    with pytest.raises(NotFound):
        await start_from(model_id, by=yves)
    with pytest.raises(Invalid):
        await keep_model(Keep(event_id=hidden), by=paule, now=NOON)
    with pytest.raises(NotAllowed):
        await keep_model(Keep(event_id=event.id), by=by, now=NOON)

    await retire_model(model_id, by=paule, now=NOON)
    assert await list_offered(by) == []
