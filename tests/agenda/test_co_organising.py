"""Structures that organise an event together: asked, answered, left; named, read and no more (A11)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from ateliers.agenda.co_organising import (
    AlreadyAsked,
    RequestOver,
    answer_request,
    ask_structure,
    list_partners,
    list_requests,
    list_shared_events,
    may_read_event,
    part_ways,
)
from ateliers.agenda.emails import COMPOSERS
from ateliers.agenda.hosts import list_host_venues, list_hosted_sessions
from ateliers.agenda.sessions import get_event, get_session, list_next_sessions
from ateliers.agenda.territory import organisers_of
from ateliers.attendance.sheet import get_sheet
from ateliers.exchange.linked_data import linked_data
from ateliers.mail import outbox
from ateliers.mail.email import Email
from ateliers.network.people import Person, get_person
from ateliers.refusals import Invalid, NotAllowed, NotFound
from tests.world import (
    NOON,
    START,
    insert,
    make_event,
    make_nadia,
    make_person,
    make_place,
    make_samir,
    make_session,
    make_structure,
)

LATER = NOON + timedelta(hours=2)


class Two:
    """SAMIR's event in Nevers, and OLGA whose structure is asked."""

    event: UUID
    session: UUID
    other: UUID
    samir: Person
    olga: Person
    nadia: Person


async def make_two() -> Two:
    two = Two()
    here, two.other = await make_structure(), await make_structure("CPAM de la Nièvre", slug="cpam")
    two.samir, two.nadia = await get_person(await make_samir(here)), await get_person(await make_nadia(here))
    two.olga = await get_person(await make_person("Olga Autre", "manager", structure_id=two.other))
    two.event = await make_event(here)
    two.session = await make_session(two.event)
    return two


async def subjects() -> list[tuple[str, str]]:
    """To whom, and what, of the e-mails that are due."""
    made = [await COMPOSERS[row.kind](row, LATER) for row in await outbox.claim(100, now=LATER)]
    return sorted((one.to_name, one.subject) if isinstance(one, Email) else ("nobody", one.reason) for one in made)


async def test_who_accepts_is_named_and_may_take_attendance():
    two = await make_two()
    ambassador = await get_person(await make_person("Iris", "ambassador", structure_id=two.other))
    event = await get_event(two.event)
    assert not await may_read_event(event, two.olga)

    await ask_structure(two.event, two.other, by=two.samir, now=NOON)

    [asked] = await list_requests([two.other])
    assert (asked.title, asked.organiser, asked.structure_name) == (event.title, "CCAS de Nevers", "CPAM de la Nièvre")
    assert await subjects() == [("Olga Autre", "CCAS de Nevers propose d’organiser un évènement ensemble")]
    assert (await may_read_event(event, two.olga), await may_read_event(event, ambassador)) == (True, False)
    assert (await get_session(two.session)).co_organisers == []
    with pytest.raises(NotFound):
        await get_sheet(two.session, by=two.olga)
    with pytest.raises(NotAllowed):
        await answer_request(two.event, two.other, accepts=True, by=ambassador, now=NOON)

    await answer_request(two.event, two.other, accepts=True, by=two.olga, now=LATER)

    assert await subjects() == [("Samir Haddad", f"Organiser ensemble : {event.title}")]
    session = await get_session(two.session)
    assert [(one.name, one.slug) for one in session.organisers] == [
        ("CCAS de Nevers", "ccas-de-nevers"),
        ("CPAM de la Nièvre", "cpam"),
    ]
    assert '"name":"CPAM de la Nièvre"' in linked_data(session)
    assert session.updated_at == LATER  # who copies our data sees the change
    assert [one.id for one in await list_next_sessions([two.other], now=NOON, shared=True)] == [two.session]
    assert [one.id for one in await list_shared_events([two.other])] == [two.event]
    assert await list_next_sessions([two.other], now=NOON) == []
    assert (await get_sheet(two.session, by=two.olga)).seats == 0
    with pytest.raises(NotFound):  # the managers, not everybody of the other structure
        await get_sheet(two.session, by=ambassador)
    assert await organisers_of(event) == [event.structure_id, two.other]
    with pytest.raises(RequestOver):
        await answer_request(two.event, two.other, accepts=False, by=two.olga, now=LATER)
    with pytest.raises(AlreadyAsked):
        await ask_structure(two.event, two.other, by=two.samir, now=LATER)


async def test_declining_leaving_and_going_on_alone():
    two = await make_two()
    title = (await get_event(two.event)).title

    async def ask(minutes: int) -> None:
        await ask_structure(two.event, two.other, by=two.samir, now=NOON + timedelta(minutes=minutes))

    await ask(1)
    await part_ways(two.event, two.other, by=two.samir, now=NOON)  # taken back: nobody is written to in vain
    assert await subjects() == [("nobody", "Answered or taken back meanwhile.")]
    await ask(2)
    await answer_request(two.event, two.other, accepts=False, by=two.olga, now=NOON)
    await subjects()
    for minutes, by in ((3, two.olga), (4, two.samir)):
        await ask(minutes)
        await answer_request(two.event, two.other, accepts=True, by=two.olga, now=NOON + timedelta(minutes=minutes))
        await subjects()
        await part_ways(two.event, two.other, by=by, now=NOON + timedelta(minutes=minutes))
        told = two.samir if by is two.olga else two.olga
        assert await subjects() == [(told.name, f"Organiser ensemble : {title}")]
    assert await list_partners(two.event) == []
    with pytest.raises(RequestOver):
        await part_ways(two.event, two.other, by=two.samir, now=NOON)


async def test_who_may_ask_whom():
    two = await make_two()
    applicant = await make_structure("Candidate", state="submitted")
    with pytest.raises(NotAllowed):
        await ask_structure(two.event, two.other, by=two.nadia, now=NOON)
    with pytest.raises(NotFound):
        await ask_structure(two.event, two.other, by=two.olga, now=NOON)
    for wrong in (applicant, two.event):
        with pytest.raises(Invalid):
            await ask_structure(two.event, wrong, by=two.samir, now=NOON)

    # Who manages both has answered.
    await insert("role", person_id=two.samir.id, role="manager", structure_id=two.other, granted_at=NOON)
    await ask_structure(two.event, two.other, by=await get_person(two.samir.id), now=NOON)
    assert [one.accepted_at for one in await list_partners(two.event)] == [NOON]
    assert await outbox.claim(9, now=LATER) == []


async def test_a_structure_hosts_another_in_its_own_place():
    two = await make_two()
    room = await make_place(name="Salle de la CPAM", owner_id=two.other)
    await make_place(name="Trop loin", owner_id=two.other, latitude=47.4, longitude=3.159)
    await make_place(name="À personne")
    here = (await get_event(two.event)).structure_id
    assert [(one.name, one.host) for one in await list_host_venues([here])] == [
        ("Salle de la CPAM", "CPAM de la Nièvre")
    ]
    assert await list_host_venues([here, two.other]) == []

    held = await make_session(two.event, place_id=room, starts_at=START)

    assert [one.id for one in await list_hosted_sessions([two.other], now=NOON)] == [held]
    assert await list_hosted_sessions([here], now=NOON) == []
