"""A coordinator corrects what a structure is registered under."""

from __future__ import annotations

import msgspec
import pytest

from ateliers.mail.email import Email
from ateliers.network.applications import AlreadyKnown
from ateliers.network.charter import list_signatures, sign_charter
from ateliers.network.identity import Identity, NotAMember, correct_structure
from ateliers.network.people import get_person
from ateliers.network.structure import StructureKind, StructureState
from ateliers.network.structures import get_structure_by_id, list_history
from ateliers.refusals import Invalid, NotFound
from tests.network.test_emails import composed
from tests.world import NOON, make_paule, make_person, make_samir, make_structure

WANTED = Identity(
    name="CCAS de Dijon",
    kind=StructureKind.COMMUNE,
    siret="356 000 000 00048",
    address="1 rue Neuve",
    commune="Dijon (21000)",
    why="Fusion au 1er janvier.",
)


async def test_a_correction_keeps_address_charter_and_people_and_is_told():
    id = await make_structure()
    before = await get_structure_by_id(id)
    samir, paule = await make_samir(id), await get_person(await make_paule("58", "21"))
    elsewhere = await make_person("Rosa Pires", "coordinator", departements=["21"])
    await sign_charter(id, name="Marc Petit", role="maire", now=NOON)

    await correct_structure(id, WANTED, by=paule, now=NOON)
    await correct_structure(id, WANTED, by=paule, now=NOON)  # the same again: nothing to tell

    now = await get_structure_by_id(id)
    assert (now.name, now.kind, now.siret, now.departement, now.slug, now.email, now.admitted_at) == (
        "CCAS de Dijon",
        StructureKind.COMMUNE,
        "35600000000048",
        "21",
        before.slug,
        before.email,
        before.admitted_at,
    )
    [signed] = await list_signatures(id)
    assert (signed.structure_name, signed.siret) == (before.name, before.siret)
    [entry] = await list_history(id)
    assert (str(entry.label), entry.state, entry.by_name) == ("Fiche corrigée", StructureState.ADMITTED, paule.name)
    assert entry.note.split("\n") == [
        "Nom de la structure\u00a0: CCAS de Nevers → CCAS de Dijon",
        f"Type de structure\u00a0: {before.kind.label} → {StructureKind.COMMUNE.label}",
        "Numéro SIRET\u00a0: Non renseigné → 35600000000048",
        f"Adresse\u00a0: {before.address}, 58000 Nevers (58) → 1 rue Neuve, 21000 Dijon (21)",
        "Fusion au 1er janvier.",
    ]
    sent = {mail.to_address: mail for mail in await composed() if isinstance(mail, Email)}
    assert set(sent) == {(await get_person(one)).email for one in (samir, elsewhere)}
    assert {mail.reply_to for mail in sent.values()} == {paule.email}
    assert all("CCAS de Nevers → CCAS de Dijon" in mail.text for mail in sent.values())


async def test_what_is_wrong_is_said_beside_its_field_and_changes_nothing():
    id, other = await make_structure(), await make_structure("Mairie")
    paule, claire = await get_person(await make_paule("58")), await get_person(await make_person("Claire", "national"))
    before = await get_structure_by_id(id)

    with pytest.raises(Invalid) as wrong:
        await correct_structure(id, msgspec.structs.replace(WANTED, siret="123", rna="1"), by=paule, now=NOON)
    assert set(wrong.value.errors) == {"siret", "rna", "commune"}
    assert await get_structure_by_id(id) == before

    await correct_structure(id, WANTED, by=claire, now=NOON)
    with pytest.raises(AlreadyKnown) as known:
        await correct_structure(other, WANTED, by=claire, now=NOON)
    assert known.value.field == "siret"
    with pytest.raises(NotFound):
        await correct_structure(id, WANTED, by=paule, now=NOON)  # it is another coordinator's now
    applicant = await make_structure("Les Amis", state="submitted")
    with pytest.raises(NotAMember):
        await correct_structure(applicant, WANTED, by=claire, now=NOON)
