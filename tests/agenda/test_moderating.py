"""Events that a coordinator reads first (B4), and the trained ambassador that a territory asks for (A10)."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from ateliers import database
from ateliers.agenda.about import about_of
from ateliers.agenda.drafts import NewSession
from ateliers.agenda.emails import COMPOSERS
from ateliers.agenda.event import EventState, Visibility
from ateliers.agenda.moderating import (
    Approval,
    NotWaiting,
    ReadAnother,
    ReadThereFirst,
    SendingBack,
    Step,
    approve_event,
    get_to_read,
    list_moderations,
    list_to_moderate,
    send_back_event,
    take_back_event,
)
from ateliers.agenda.publishing import add_session, create_event, publish_event, update_event
from ateliers.agenda.sessions import get_event, list_sessions_of_event
from ateliers.agenda.territory import NobodyTrained, untrained
from ateliers.mail import outbox
from ateliers.mail.email import Dropped, Email
from ateliers.network.people import Person, get_person
from ateliers.network.rules import TrainedOnly
from ateliers.refusals import NotAllowed, NotFound
from tests.agenda.drafts import THURSDAY, TUESDAY, samir, webinar, workshop
from tests.world import NOON, insert, make_nadia, make_paule, make_person, make_structure

LATER = NOON + timedelta(hours=2)


async def rule(**values) -> None:
    known = {"departement": "58", "changed_at": NOON} | values
    await database.execute(
        f"INSERT INTO territory_rule ({', '.join(known)}) VALUES ({', '.join(f'${n}' for n in range(1, len(known) + 1))})",
        *known.values(),
    )


async def mails() -> list[Email | Dropped]:
    return [await COMPOSERS[row.kind](row, LATER) for row in await outbox.claim(100, now=LATER)]


async def ask() -> tuple[UUID, Person, Person]:
    """An event that waits for PAULE, asked for by SAMIR."""
    await rule(moderation=True)
    by, paule = await samir(await make_structure()), await get_person(await make_paule())
    event = await create_event(workshop(publish=True), by=by, now=NOON)
    assert (event.state, event.published_at) == (EventState.TO_MODERATE, None)
    return event.id, by, paule


async def test_a_coordinator_reads_and_publishes():
    event_id, by, paule = await ask()
    [session] = await list_sessions_of_event(event_id)
    assert not session.may_be_seen_by(None, NOON)
    assert not session.takes_bookings(NOON)
    assert [event.id for event in await list_to_moderate(by=paule)] == [event_id]
    [mail] = await mails()
    assert isinstance(mail, Email)
    assert (mail.to_address, mail.subject) == ("paule@example.test", "À lire avant publication : Écrire à son médecin")
    assert f"/coordination/moderation/{event_id}" in mail.text

    _event, version = await get_to_read(event_id, by=paule)
    published = await approve_event(event_id, Approval(seen=version, message="Bravo."), by=paule, now=LATER)

    assert (published.state, published.published_at) == (EventState.PUBLISHED, LATER)
    assert [(one.what, one.by_name, one.message) for one in await list_moderations(event_id)] == [
        (Step.PUBLISHED, "Paule Guérin", "Bravo."),
        (Step.ASKED, "Samir Haddad", ""),
    ]
    [mail] = await mails()
    assert isinstance(mail, Email)
    assert (mail.to_address, mail.subject) == ("samir@example.test", "Publié : Écrire à son médecin")
    assert "Bravo." in mail.text
    assert await list_to_moderate(by=paule) == []
    # A small correction needs no second reading.
    about = about_of(published, "Europe/Paris")
    assert (await update_event(event_id, about, by=by, now=LATER)).state is EventState.PUBLISHED
    with pytest.raises(NotWaiting):
        await send_back_event(event_id, SendingBack(why="Trop tard"), by=paule, now=LATER)


async def test_what_is_sent_back_is_a_draft_that_can_be_asked_for_again():
    event_id, by, paule = await ask()

    await send_back_event(event_id, SendingBack(why="Dites où se garer."), by=paule, now=LATER)

    assert (await get_event(event_id)).state is EventState.DRAFT
    sent = await mails()
    assert isinstance(sent[0], Dropped)  # the coordinator answered before she was written to
    assert isinstance(sent[1], Email)
    assert "Dites où se garer." in sent[1].text
    assert (await publish_event(event_id, by=by, now=LATER)).state is EventState.TO_MODERATE
    assert (await take_back_event(event_id, by=by, now=LATER)).state is EventState.DRAFT


async def test_only_what_was_read_is_published():
    event_id, by, paule = await ask()
    event, version = await get_to_read(event_id, by=paule)
    await add_session(event_id, NewSession(local_start=THURSDAY), by=by, now=LATER)

    with pytest.raises(ReadAnother):
        await approve_event(event_id, Approval(seen=version), by=paule, now=LATER)

    assert (await get_event(event_id)).state is event.state


async def test_what_is_over_meanwhile_can_still_be_published():
    event_id, _by, paule = await ask()
    _event, version = await get_to_read(event_id, by=paule)

    late = await approve_event(event_id, Approval(seen=version), by=paule, now=LATER + timedelta(days=365))

    assert late.state is EventState.PUBLISHED
    [session] = await list_sessions_of_event(event_id)
    assert not session.takes_bookings(LATER + timedelta(days=365))


async def test_only_the_territorys_coordinators_answer():
    event_id, by, _paule = await ask()
    far = await get_person(await make_person("Yves Loin", "coordinator", departements=["974"]))
    nadia = await get_person(await make_nadia((await get_event(event_id)).structure_id))

    for stranger in (far, nadia, by):
        with pytest.raises(NotFound):
            await get_to_read(event_id, by=stranger)
        with pytest.raises(NotFound):
            await approve_event(event_id, Approval(seen=NOON), by=stranger, now=LATER)
    with pytest.raises(NotAllowed):
        await list_to_moderate(by=by)
    assert await list_to_moderate(by=far) == []


async def test_the_place_says_whose_rule_holds_and_a_coordinator_publishes_her_own():
    await rule(moderation=True, departement="71")
    structure = await make_structure()
    by = await samir(structure)
    there = await create_event(workshop(commune="71100", publish=True), by=by, now=NOON)
    here = await create_event(workshop(publish=True), by=by, now=NOON)
    assert (there.state, here.state) == (EventState.TO_MODERATE, EventState.PUBLISHED)
    with pytest.raises(ReadThereFirst):  # nor does a new date bring there what nobody there has read
        await add_session(
            here.id, NewSession(local_start=THURSDAY, place_name="Salle", commune="71100"), by=by, now=NOON
        )
    assert len(await list_sessions_of_event(here.id)) == 1

    paule_id = await make_paule()
    await insert("role", person_id=paule_id, role="manager", structure_id=structure, granted_at=NOON)
    own = await create_event(workshop(commune="71100", publish=True), by=await get_person(paule_id), now=NOON)

    assert own.state is EventState.PUBLISHED


async def test_who_is_trained_may_run_what_the_public_comes_to():
    structure = await make_structure()
    by, nadia = await samir(structure), await make_nadia(structure)
    await rule(trained_only="block", training_months=24)
    draft = await create_event(workshop(dates=[TUESDAY]), by=by, now=NOON)
    with pytest.raises(NobodyTrained):
        await publish_event(draft.id, by=by, now=NOON)
    # What only the network sees needs nobody trained, until the public is to see it.
    hidden = await create_event(webinar(visibility=Visibility.NETWORK, publish=True), by=by, now=NOON)
    about = about_of(hidden, "Europe/Paris")
    with pytest.raises(NobodyTrained):
        await update_event(hidden.id, type(about)(title=about.title), by=by, now=NOON)

    training = await insert("training", person_id=nadia, day=date(2024, 11, 23), recorded_at=NOON)
    with pytest.raises(NobodyTrained):  # it ended yesterday
        await publish_event(draft.id, by=by, now=NOON)
    await database.execute("UPDATE training SET day = '2024-11-24' WHERE id = $1", training)
    assert (await publish_event(draft.id, by=by, now=NOON)).state is EventState.PUBLISHED
    with pytest.raises(NobodyTrained):  # the next day it is over: no more dates
        await add_session(draft.id, NewSession(local_start=THURSDAY), by=by, now=NOON + timedelta(days=1))

    await database.execute("UPDATE territory_rule SET trained_only = 'warn', training_months = 1")
    assert await untrained(await get_event(draft.id), now=NOON) is TrainedOnly.WARN
    assert (await add_session(draft.id, NewSession(local_start=THURSDAY), by=by, now=NOON)).event_id == draft.id
