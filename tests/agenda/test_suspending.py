from __future__ import annotations

from datetime import timedelta

import pytest

from ateliers import database
from ateliers.agenda.publishing import StructureNotAdmitted, publish_event
from ateliers.agenda.sessions import get_session
from ateliers.agenda.suspending import (
    AheadOf,
    MembershipEnd,
    ahead_of,
    suspend_structure,
    take_back_structure,
    withdraw_structure,
)
from ateliers.bookings import changes
from ateliers.network.membership import MembershipUnchanged
from ateliers.network.people import Person, get_person
from ateliers.network.structure import StructureState
from ateliers.network.structures import get_structure_by_id, list_history
from ateliers.refusals import NotFound
from tests.network.test_emails import composed
from tests.world import (
    NOON,
    make_booking,
    make_event,
    make_paule,
    make_person,
    make_samir,
    make_session,
    make_structure,
)

END = MembershipEnd(why="Plus d’ambassadeur formé.", told="Plus d’ateliers pour le moment.")


async def paule() -> Person:
    return await get_person(await make_paule())


async def test_a_suspended_structure_calls_off_what_is_to_come_and_everybody_is_told():
    structure = await make_structure()
    samir = await get_person(await make_samir(structure))
    event = await make_event(structure)
    past = await make_session(event, starts_at=NOON - timedelta(days=3))
    ahead = await make_session(event)
    draft = await make_session(await make_event(structure, state="draft", published_at=None))
    elsewhere = await make_session(await make_event(await make_structure("Une autre")))
    await make_booking(ahead, seats=2)
    assert await ahead_of(structure, now=NOON) == AheadOf(sessions=1, seats=2)

    await suspend_structure(structure, END, by=await paule(), now=NOON)

    assert (await get_structure_by_id(structure)).state is StructureState.SUSPENDED
    off = {session: (await get_session(session)).called_off_reason for session in (past, ahead, draft, elsewhere)}
    assert off == {past: "", ahead: "Plus d’ateliers pour le moment.", draft: "", elsewhere: ""}
    assert await changes.sweep(NOON) == 1  # ODILE is written to by the news of changes
    [to_samir] = [
        row["kind"] for row in await database.fetch_rows("SELECT kind FROM outbox WHERE kind LIKE 'structure_%'")
    ]
    assert to_samir == "structure_suspended"
    [entry] = await list_history(structure)
    assert (entry.state, entry.note, entry.by_name) == (StructureState.SUSPENDED, END.why, "Paule Guérin")
    assert await ahead_of(structure, now=NOON) == AheadOf(sessions=0, seats=0)
    with pytest.raises(StructureNotAdmitted):
        await publish_event((await get_session(draft)).event_id, by=samir, now=NOON)


async def test_the_managers_read_why_and_the_public_does_not():
    structure = await make_structure()
    await make_samir(structure)
    await suspend_structure(structure, END, by=await paule(), now=NOON)
    [email] = await composed()
    assert (email.to_address, "Plus d’ambassadeur formé." in email.text) == ("samir@example.test", True)


async def test_a_structure_is_taken_back_and_what_was_called_off_stays_so():
    structure = await make_structure()
    await make_samir(structure)
    session = await make_session(await make_event(structure))
    coordinator = await paule()
    await suspend_structure(structure, END, by=coordinator, now=NOON)
    await take_back_structure(structure, "Une ambassadrice est formée.", by=coordinator, now=NOON)

    assert (await get_structure_by_id(structure)).state is StructureState.ADMITTED
    assert (await get_session(session)).is_called_off
    dropped, email = await composed()
    assert (dropped.reason, email.subject) == ("Changed again since.", "CCAS de Nevers est de nouveau dans le réseau")


async def test_a_membership_changes_only_from_where_it_stands_and_by_its_coordinator():
    structure = await make_structure()
    candidate = await make_structure("Candidate", state="submitted", admitted_at=None)
    coordinator = await paule()
    far = await get_person(await make_person("Yves Loin", "coordinator", departements=["974"]))
    with pytest.raises(NotFound):
        await suspend_structure(structure, END, by=far, now=NOON)
    with pytest.raises(MembershipUnchanged):
        await take_back_structure(structure, "Déjà là.", by=coordinator, now=NOON)
    with pytest.raises(MembershipUnchanged):
        await suspend_structure(candidate, END, by=coordinator, now=NOON)
    await withdraw_structure(structure, END, by=coordinator, now=NOON)
    with pytest.raises(MembershipUnchanged):
        await suspend_structure(structure, END, by=coordinator, now=NOON)
    await take_back_structure(structure, "De retour.", by=coordinator, now=NOON)
    assert [entry.state for entry in await list_history(structure)] == [
        StructureState.WITHDRAWN,
        StructureState.ADMITTED,
    ]
