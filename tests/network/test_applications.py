from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from ateliers import database
from ateliers.network import applications, people
from ateliers.network.application import Application, Note
from ateliers.network.applications import (
    AlreadyKnown,
    ApplicationClosed,
    ApplicationLinkOver,
    application_path,
)
from ateliers.network.charter import current_charter, list_signatures
from ateliers.network.people import Person
from ateliers.network.structure import Structure, StructureKind, StructureState
from ateliers.network.structures import get_structure_by_id, list_history, list_signatories, list_structures
from ateliers.refusals import Invalid, NotFound
from tests.world import NOON, make_paule, make_person, make_samir, make_structure

EMAIL = "lise@example.test"
DAY = timedelta(days=1)
FORM = Application(
    name="Les Amis du Numérique",
    kind=StructureKind.ASSOCIATION,
    siret="732 829 320 00074",
    address="3 rue des Récollets",
    commune="Nevers (58000)",
    manager_name="Lise Aubert",
    signatory_name="Marc Petit",
    signatory_role="président",
    agrees=True,
)


def but(**changes: Any) -> Application:
    return msgspec.structs.replace(FORM, **changes)


async def begun(email: str = EMAIL) -> str:
    """The token of a fresh application."""
    await applications.request_application_link(email, language="fr", now=NOON)
    id: UUID = await database.fetch_value("SELECT id FROM application WHERE email = $1 ORDER BY id DESC", email)
    return application_path(id, now=NOON).rpartition("/")[2]


async def submitted(token: str | None = None, form: Application = FORM) -> Structure:
    return await applications.submit_application(token or await begun(), form, now=NOON + DAY)


async def paule(*departements: str) -> Person:
    return await people.get_person(await make_paule(*departements or ("58",)))


async def kinds_queued() -> list[str]:
    return [row["kind"] for row in await database.fetch_rows("SELECT kind FROM outbox ORDER BY id")]


async def test_an_application_keeps_what_was_told_and_signs_the_charter():
    await paule()
    structure = await submitted()

    found = await get_structure_by_id(structure.id)
    assert (
        found.slug,
        found.siret,
        found.commune_code,
        found.postcode,
        found.departement,
        found.region,
        found.zone,
    ) == (
        "les-amis-du-numerique",
        "73282932000074",
        "58194",
        "58000",
        "58",
        "27",
        "Europe/Paris",
    )
    assert (found.state, found.email) == (StructureState.SUBMITTED, EMAIL)
    [signature] = await list_signatures(structure.id)
    assert (signature.version, signature.name, signature.role, signature.signed_at) == (
        (await current_charter()).version,
        "Marc Petit",
        "président",
        NOON + DAY,
    )
    assert [(h.state.value, h.at, h.by_name) for h in await list_history(structure.id)] == [
        ("draft", NOON, None),
        ("submitted", NOON + DAY, None),
    ]
    assert await kinds_queued() == ["application_link", "application_received", "application_submitted"]


async def test_admission_makes_the_applicant_a_manager():
    by = await paule()
    structure = await submitted()
    await applications.admit(structure.id, by=by, now=NOON + 2 * DAY)

    lise = await people.find_person_by_email(EMAIL)
    assert lise is not None
    assert (lise.name, lise.manages(structure.id)) == ("Lise Aubert", True)
    assert (await get_structure_by_id(structure.id)).admitted_at == NOON + 2 * DAY
    [signatory] = await list_signatories()
    assert (signatory.structure.id, signatory.signed_at) == (structure.id, NOON + DAY)
    assert (await list_history(structure.id))[-1].by_name == "Paule Guérin"
    assert (await kinds_queued())[-1] == "structure_admitted"


async def test_an_applicant_who_is_already_known_gets_one_more_role():
    other = await make_structure()
    samir = await make_samir(other)
    structure = await submitted(await begun("samir@example.test"))
    await applications.admit(structure.id, by=await paule(), now=NOON + DAY)
    assert set((await people.get_person(samir)).structure_ids) == {other, structure.id}


async def test_changes_are_asked_made_and_examined_again():
    by = await paule()
    token = await begun()
    structure = await submitted(token)
    await applications.ask_changes(
        structure.id, Note(note="Votre adresse, s’il vous plaît."), by=by, now=NOON + 2 * DAY
    )
    again = await applications.submit_application(token, but(address="5 rue Neuve"), now=NOON + 3 * DAY)

    assert (again.id, again.address, again.state) == (structure.id, "5 rue Neuve", StructureState.SUBMITTED)
    assert [h.state.value for h in await list_history(structure.id)] == [
        "draft",
        "submitted",
        "changes_asked",
        "submitted",
    ]
    assert [s.signed_at for s in await list_signatures(structure.id)] == [NOON + 3 * DAY]


async def test_a_refusal_says_why_and_ends_it():
    by = await paule()
    token = await begun()
    structure = await submitted(token)
    await applications.refuse(structure.id, Note(note="Activité commerciale."), by=by, now=NOON + 2 * DAY)

    assert (await list_history(structure.id))[-1].note == "Activité commerciale."
    assert await list_signatories() == []
    for late in (
        applications.admit(structure.id, by=by, now=NOON),
        applications.submit_application(token, FORM, now=NOON + 3 * DAY),
        applications.withdraw_application(token, now=NOON + 3 * DAY),
    ):
        with pytest.raises(ApplicationClosed):
            await late


async def test_the_applicant_may_withdraw_until_the_answer():
    await paule()
    token = await begun()
    with pytest.raises(ApplicationClosed):
        await applications.withdraw_application(token, now=NOON)
    structure = await submitted(token)
    await applications.withdraw_application(token, now=NOON + DAY)
    assert (await get_structure_by_id(structure.id)).state is StructureState.WITHDRAWN
    assert (await kinds_queued())[-1] == "application_withdrawn"
    assert (await applications.submit_application(token, FORM, now=NOON + 2 * DAY)).state is StructureState.SUBMITTED


async def test_only_the_coordinator_of_the_territory_answers():
    structure = await submitted()
    strangers = [
        await paule("25"),
        await people.get_person(await make_person("Stranger")),
        await people.get_person(await make_samir(await make_structure())),
        await people.get_person(await make_person("Fanny Diaz", "funder")),
    ]
    for stranger in strangers:
        assert await list_structures(by=stranger) == []
        for attempt in (
            applications.admit(structure.id, by=stranger, now=NOON),
            applications.refuse(structure.id, Note(note="Non."), by=stranger, now=NOON),
            applications.ask_changes(structure.id, Note(note="?"), by=stranger, now=NOON),
            applications.get_application(structure.id, by=stranger),
        ):
            with pytest.raises(NotFound):
                await attempt
    assert (await get_structure_by_id(structure.id)).state is StructureState.SUBMITTED


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"siret": "73282932000075"}, "siret"),
        ({"siret": "abc"}, "siret"),
        ({"rna": "W12"}, "rna"),
        ({"commune": "Atlantis-sur-Loire"}, "commune"),
        ({"commune": "00000"}, "commune"),
        ({"agrees": False}, "agrees"),
    ],
)
async def test_a_wrong_answer_is_named_and_nothing_is_kept(changes: dict[str, Any], field: str):
    token = await begun()
    with pytest.raises(Invalid) as refused:
        await submitted(token, but(**changes))
    assert list(refused.value.errors) == [field]
    assert await database.fetch_value("SELECT count(*) FROM structure") == 0
    assert await kinds_queued() == ["application_link"]


async def test_the_same_number_cannot_join_twice():
    await submitted()
    token = await begun("autre@example.test")
    with pytest.raises(AlreadyKnown) as refused:
        await submitted(token, but(name="Autre"))
    assert refused.value.field == "siret"

    await submitted(await begun("rna@example.test"), but(siret="", rna="W581234567"))
    with pytest.raises(AlreadyKnown) as refused:
        await submitted(token, but(siret="", rna="w58 123 4567"))
    assert refused.value.field == "rna"


async def test_a_withdrawn_application_gives_its_number_free():
    first = await begun()
    await submitted(first)
    await applications.withdraw_application(first, now=NOON)
    second = await begun("autre@example.test")

    anew = await submitted(second)

    assert (anew.siret, anew.state) == ("73282932000074", StructureState.SUBMITTED)
    with pytest.raises(AlreadyKnown) as refused:
        await submitted(first)
    assert refused.value.field == "siret"


async def test_correcting_into_a_known_number_is_refused_too():
    by = await paule()
    await submitted()
    token = await begun("autre@example.test")
    structure = await submitted(token, but(siret=""))
    await applications.ask_changes(structure.id, Note(note="SIRET ?"), by=by, now=NOON)
    with pytest.raises(AlreadyKnown) as refused:
        await submitted(token)
    assert refused.value.field == "siret"


async def test_structures_of_one_name_get_addresses_of_their_own():
    slugs = [(await submitted(await begun(f"{n}@example.test"), but(siret=""))).slug for n in "abc"]
    assert slugs == ["les-amis-du-numerique", "les-amis-du-numerique-2", "les-amis-du-numerique-3"]


@pytest.mark.parametrize("name", ["« »", "日本", "🙂🙂"])
async def test_a_name_without_latin_letters_still_has_an_address(name: str):
    assert (await submitted(form=but(name=name))).slug.isascii()


async def test_a_link_ends_after_thirty_days_and_cannot_be_forged():
    token = await begun()
    assert (await applications.get_applicant(token, now=NOON + 30 * DAY)).email == EMAIL
    for bad, now in ((token, NOON + 31 * DAY), (token[:-1] + "!", NOON), ("", NOON), ("é.é", NOON), ("a.b", NOON)):
        with pytest.raises(ApplicationLinkOver):
            await applications.get_applicant(bad, now=now)


async def test_one_address_is_sent_at_most_three_links_an_hour():
    for _ in range(5):
        await applications.request_application_link(" Lise@Example.test", language="fr", now=NOON)
    assert await kinds_queued() == ["application_link"] * 3


async def test_signatories_are_found_by_words_territory_and_dates():
    by = await paule("58", "974")
    near = await submitted()
    far = await submitted(
        await begun("far@example.test"), but(name="Case connectée", siret="", commune="Saint-Denis (97400)")
    )
    for structure in (near, far):
        await applications.admit(structure.id, by=by, now=NOON + 2 * DAY)
    day = (NOON + DAY).date()

    async def found(text: str = "", **scope: Any) -> list[str]:
        return [s.structure.slug for s in await list_signatories(text, **scope)]

    assert await found() == ["case-connectee", "les-amis-du-numerique"]
    assert await found("numerique NEVERS") == ["les-amis-du-numerique"]
    assert await found("58000") == ["les-amis-du-numerique"]
    assert await found("saint denis") == ["case-connectee"]
    assert await found(departement="974") == ["case-connectee"]
    assert await found(since=day, until=day) == ["case-connectee", "les-amis-du-numerique"]
    assert await found(until=day - DAY) == []
    assert (await get_structure_by_id(far.id)).zone == "Indian/Reunion"


async def test_two_answers_at_once_are_one_answer():
    by = await paule()
    structure = await submitted()
    ends = await asyncio.gather(
        applications.admit(structure.id, by=by, now=NOON),
        applications.refuse(structure.id, Note(note="Non."), by=by, now=NOON),
        applications.admit(structure.id, by=by, now=NOON),
        return_exceptions=True,
    )
    assert [type(end).__name__ for end in ends].count("ApplicationClosed") == 2
    assert len(await list_history(structure.id)) == 3


async def test_one_form_sent_twice_at_once_is_one_application():
    token = await begun()
    ends = await asyncio.gather(*(submitted(token) for _ in range(4)), return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == ["ApplicationClosed"] * 3 + ["Structure"]
    assert await database.fetch_value("SELECT count(*) FROM structure") == 1


async def test_one_number_sent_by_two_at_once_is_kept_once():
    tokens = [await begun(f"{n}@example.test") for n in "ab"]
    ends = await asyncio.gather(*(submitted(token) for token in tokens), return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == ["AlreadyKnown", "Structure"]
