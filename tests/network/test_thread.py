from __future__ import annotations

import pytest

from ateliers import database
from ateliers.network import thread
from ateliers.network.applications import ApplicationLinkOver
from ateliers.network.thread import (
    NewMessage,
    TooManyMessages,
    list_messages,
    write_to_applicant,
    write_to_coordinators,
)
from ateliers.refusals import NotFound
from tests.network.test_applications import DAY, begun, paule, submitted
from tests.network.test_emails import composed
from tests.world import NOON, make_structure

QUESTION = NewMessage(text="Faut-il un SIRET ?")
ANSWER = NewMessage(text="Non.\nLe numéro RNA suffit.")


async def test_each_side_writes_and_the_other_is_mailed_with_a_link_that_leads_to_the_thread():
    coordinator = await paule()
    token = await begun()
    structure = await submitted(token)
    await database.execute("DELETE FROM outbox")

    await write_to_coordinators(token, QUESTION, now=NOON + 3 * DAY)
    [to_paule] = await composed(NOON + 3 * DAY)
    await database.execute("DELETE FROM outbox")
    await write_to_applicant(structure.id, ANSWER, by=coordinator, now=NOON + 4 * DAY)
    [to_lise] = await composed(NOON + 4 * DAY)

    assert [(m.by_name, m.text) for m in await list_messages(structure.id)] == [
        (None, "Faut-il un SIRET ?"),
        ("Paule Guérin", "Non.\nLe numéro RNA suffit."),
    ]
    assert (to_paule.to_address, to_lise.to_address) == ("paule@example.test", "lise@example.test")
    assert "Faut-il un SIRET ?" in to_paule.text
    assert f"http://ateliers.test/coordination/candidatures/{structure.id}" in to_paule.text
    assert "Le numéro RNA suffit." in to_lise.text
    assert "http://ateliers.test/rejoindre/" in to_lise.text


async def test_only_who_applied_and_who_coordinates_the_territory_write():
    structure = await submitted()
    stranger = await paule("974")
    with pytest.raises(NotFound):
        await write_to_applicant(structure.id, ANSWER, by=stranger, now=NOON)
    with pytest.raises(NotFound):  # nothing was sent yet: there is nothing to talk about
        await write_to_coordinators(await begun("autre@example.test"), QUESTION, now=NOON)
    with pytest.raises(ApplicationLinkOver):
        await write_to_coordinators("un.faux", QUESTION, now=NOON)
    assert await list_messages(structure.id) == []


async def test_who_never_applied_cannot_be_written_to():
    with pytest.raises(NotFound):
        await write_to_applicant(await make_structure(), ANSWER, by=await paule(), now=NOON)


async def test_an_applicant_does_not_flood_the_coordination():
    await paule()
    token = await begun()
    structure = await submitted(token)
    for _turn in range(thread.MOST_A_DAY):
        await write_to_coordinators(token, QUESTION, now=NOON + DAY)
    with pytest.raises(TooManyMessages):
        await write_to_coordinators(token, QUESTION, now=NOON + DAY)
    await write_to_coordinators(token, QUESTION, now=NOON + 3 * DAY)
    assert len(await list_messages(structure.id)) == thread.MOST_A_DAY + 1
