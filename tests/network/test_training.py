"""Trainings: noted by hand or from a list of attendance, until when they hold, and who is reminded (A9)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from ateliers import database
from ateliers.agenda.event import EventState
from ateliers.agenda.kinds import Kind
from ateliers.agenda.publishing import create_event
from ateliers.attendance import trainings
from ateliers.attendance.mark import SeatState
from ateliers.attendance.record import mark_seat
from ateliers.mail import outbox
from ateliers.mail.email import Dropped, Email
from ateliers.network.emails import COMPOSERS
from ateliers.network.own_structure import AlreadyManages, OwnStructure, open_own_structure
from ateliers.network.people import get_person
from ateliers.network.rules import NewRule, Rule, TrainedOnly, list_rules, rules_of, set_rules
from ateliers.network.training import (
    NewTrainings,
    list_trained,
    my_trainings,
    note_trainings,
    sweep,
    trained_of,
    withdraw_training,
)
from ateliers.refusals import Invalid, NotAllowed, NotFound
from tests.agenda.drafts import workshop
from tests.world import (
    NOON,
    START,
    insert,
    make_booking,
    make_event,
    make_nadia,
    make_paule,
    make_person,
    make_samir,
    make_session,
    make_structure,
)

DAY = timedelta(days=1)


async def test_a_coordinator_opens_a_structure_of_her_own_to_publish_under_its_name():
    paule = await get_person(await make_paule())
    own = OwnStructure(name="Coordination régionale", address="1 rue de la Loire", commune="Nevers")
    far = msgspec.structs.replace(own, commune="Lyon")
    with pytest.raises(Invalid) as wrong:
        await open_own_structure(far, by=paule, now=NOON)
    assert wrong.value.errors == {"commune": "Choose a commune of your territory."}
    structure = await open_own_structure(own, by=paule, now=NOON)
    with pytest.raises(AlreadyManages):
        await open_own_structure(own, by=paule, now=NOON)
    paule = await get_person(paule.id)
    new = workshop(kind=Kind.TRAINING, structure_id=structure, publish=True)
    assert (await create_event(new, by=paule, now=NOON)).state is EventState.PUBLISHED
    with pytest.raises(NotAllowed):
        await open_own_structure(own, by=await get_person(await make_samir(structure)), now=NOON)


async def test_who_is_marked_present_at_a_training_was_trained_that_day():
    here = await make_structure()
    nadia, samir = await make_nadia(here), await get_person(await make_samir(here))
    session = await make_session(await make_event(here, kind="training", visibility="network"))
    await make_booking(session, name="Nadia Ferrand", email="nadia@example.test", code="AAAAA2")
    await make_booking(session, name="Samir pour un autre", email=samir.email, code="AAAAA3", on_behalf="professional")
    await make_booking(session, name="Rosa Pires", email="rosa@example.test", code="AAAAA4")
    over = START + timedelta(hours=3)

    for code in ("AAAAA2", "AAAAA3", "AAAAA4"):
        await mark_seat(session, code, 1, SeatState.PRESENT, by=samir, now=over)
    assert {id: one.day for id, one in (await trained_of(here)).items()} == {nadia: START.date(), samir.id: None}

    # Rosa joins the network afterwards: her training is found on the list.
    rosa = await make_person("Rosa Pires", "ambassador", structure_id=here)
    await trainings.sweep(over + DAY)
    assert (await trained_of(here))[rosa].day == START.date()
    assert (await trained_of(here))[nadia].session_id == session

    # Taken back with the mark; what the purge of names forgets stays.
    await mark_seat(session, "AAAAA2", 1, SeatState.ABSENT, by=samir, now=over + DAY)
    await database.execute("UPDATE booking SET email = NULL WHERE code = 'AAAAA4'")
    await mark_seat(session, "AAAAA2", 1, SeatState.EXCUSED, by=samir, now=over + DAY)
    assert {id: one.day for id, one in (await trained_of(here)).items()} == {
        nadia: None,
        samir.id: None,
        rosa: START.date(),
    }


async def test_a_training_holds_as_long_as_the_rule_of_the_structure_says():
    here = await make_structure()
    there = await make_structure("Là-bas", slug="la-bas", departement="974")
    nadia = await make_nadia(here)
    await insert("role", person_id=nadia, role="ambassador", structure_id=there, granted_at=NOON)
    paule = await get_person(await make_paule())
    await note_trainings(NewTrainings(people=[nadia], day=date(2025, 1, 31)), by=paule, now=NOON)
    again = await note_trainings(NewTrainings(people=[nadia], day=date(2025, 1, 31)), by=paule, now=NOON)
    await set_rules(NewRule(departements=["58"], training_months=25), by=paule, now=NOON)

    found = await my_trainings(await get_person(nadia))

    assert again == 0
    assert [(one.structure_name, one.valid_until, one.noted_by) for one in found] == [
        ("CCAS de Nevers", date(2027, 2, 28), "Paule Guérin"),
        ("Là-bas", date(2027, 1, 31), "Paule Guérin"),
    ]
    assert [found[1].standing(date(2027, 1, 31) - n * DAY) for n in (-1, 0, 60, 61)] == [
        "over",
        "soon",
        "soon",
        "valid",
    ]
    [one] = await list_trained(by=paule)  # hers, not the island's
    assert one.training_id is not None
    await withdraw_training(one.training_id, by=paule)
    assert [one.day for one in await list_trained(by=paule)] == [None]


async def test_what_cannot_be_noted():
    here = await make_structure()
    nadia, samir = await make_nadia(here), await get_person(await make_samir(here))
    paule = await get_person(await make_paule())
    far = await make_person("Loin", "ambassador", structure_id=await make_structure("Loin", departement="974"))
    for wrong, field in (
        (NewTrainings(people=[], day=date(2026, 1, 1)), "people"),
        (NewTrainings(people=[nadia, far], day=date(2026, 1, 1)), "people"),
        (NewTrainings(people=[nadia], day=date(2026, 11, 25)), "day"),
        (NewTrainings(people=[nadia], day=date(2006, 11, 25)), "day"),
    ):
        with pytest.raises(Invalid) as refusal:
            await note_trainings(wrong, by=paule, now=NOON)
        assert list(refusal.value.errors) == [field]
    with pytest.raises(NotAllowed):
        await note_trainings(NewTrainings(people=[nadia], day=date(2026, 1, 1)), by=samir, now=NOON)
    seen = await make_session(await make_event(here, kind="training", visibility="network"))
    listed = await insert("training", person_id=nadia, session_id=seen, day=date(2026, 1, 1), recorded_at=NOON)
    with pytest.raises(NotFound):  # what an attendance list says is changed there
        await withdraw_training(listed, by=paule)


async def test_people_are_reminded_twice_and_never_in_vain():
    here = await make_structure()
    nadia = await make_nadia(here)
    await insert("training", person_id=nadia, day=date(2025, 3, 10), recorded_at=NOON)

    def at(days: int) -> datetime:
        return datetime(2027, 3, 10, 12, tzinfo=UTC) - days * DAY

    assert [await sweep(at(days)) for days in (61, 60, 59, 15, 14, 13, 0, -1)] == [0, 1, 0, 0, 1, 0, 0, 0]
    first, second = await outbox.claim(9, now=at(0))
    mail = await COMPOSERS[first.kind](first, at(60))
    assert isinstance(mail, Email)
    assert (mail.to_address, mail.subject) == (
        "nadia@example.test",
        "Votre formation est valable jusqu’au 10/03/2027",
    )
    assert "/espace/formations" in mail.text
    await insert("training", person_id=nadia, day=date(2027, 1, 20), recorded_at=NOON)
    assert isinstance(await COMPOSERS[second.kind](second, at(14)), Dropped)


async def test_rules_are_a_coordinators_in_her_territory():
    paule = await get_person(await make_paule("58", "71"))
    samir = await get_person(await make_samir(await make_structure()))
    assert [rule.departement for rule in await list_rules(by=paule)] == ["58", "71"]
    for wrong in ([], ["974"], ["58", "xx"]):
        with pytest.raises(Invalid):
            await set_rules(NewRule(departements=wrong), by=paule, now=NOON)
    with pytest.raises(NotAllowed):
        await set_rules(NewRule(departements=["58"]), by=samir, now=NOON)

    await set_rules(NewRule(departements=["58"], trained_only=TrainedOnly.BLOCK, moderation=True), by=paule, now=NOON)
    await set_rules(NewRule(departements=["58"], trained_only=TrainedOnly.WARN), by=paule, now=NOON)

    assert await rules_of(["71", "58"]) == [
        Rule(departement="58", trained_only=TrainedOnly.WARN, changed_at=NOON, changed_by="Paule Guérin"),
        Rule(departement="71"),
    ]
