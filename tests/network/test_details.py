"""What a structure tells of itself is kept up to date by its managers."""

from __future__ import annotations

import pytest

from ateliers.network.details import Details, update_details
from ateliers.network.people import get_person
from ateliers.network.structures import get_structure_by_id
from ateliers.refusals import Invalid, NotAllowed, NotFound
from tests.world import NOON, make_nadia, make_paule, make_samir, make_structure

DETAILS = Details(address="1 rue Neuve", commune="Nevers (58000)", phone="03 86 11 11 11", website="ccas.test")


async def test_managers_keep_address_and_telephone_up_to_date():
    id = await make_structure()
    before = await get_structure_by_id(id)
    samir, nadia, paule = [
        await get_person(one) for one in (await make_samir(id), await make_nadia(id), await make_paule())
    ]

    await update_details(id, DETAILS, by=samir, now=NOON)

    now = await get_structure_by_id(id)
    assert (now.address, now.phone, now.email, now.website) == (
        "1 rue Neuve",
        "03 86 11 11 11",
        "samir@example.test",
        "https://ccas.test",
    )
    assert (now.name, now.kind, now.slug, now.latitude) == (before.name, before.kind, before.slug, before.latitude)
    with pytest.raises(Invalid) as wrong:
        await update_details(id, Details(address="1 rue Neuve", commune="Lyon"), by=samir, now=NOON)
    assert wrong.value.errors == {
        "commune": "This commune is in another département: there, the structure applies anew."
    }
    for stranger in (nadia, paule):
        with pytest.raises((NotAllowed, NotFound)):
            await update_details(id, DETAILS, by=stranger, now=NOON)
