from __future__ import annotations

import httpx
import pytest

from ateliers.network import charter
from ateliers.network.charter import current_charter
from ateliers.network.people import get_person
from ateliers.network.signed_charter import get_signed, signed_charter_pdf
from ateliers.refusals import NotFound
from tests.world import NOON, make_nadia, make_paule, make_person, make_samir, make_structure


async def test_what_was_signed_is_a_tagged_pdf_for_its_manager_and_its_coordination():
    here = await make_structure("Mairie #{1} *de* $x$", slug="mairie")
    await charter.sign_charter(here, name="Marc [Petit]", role="maire", now=NOON)
    version = (await current_charter()).version
    for reader in (await make_samir(here), await make_paule()):
        signed = await get_signed("mairie", version, by=await get_person(reader))
        made = await signed_charter_pdf(*signed, now=NOON)
        assert made.startswith(b"%PDF-1.7")
        assert b"<pdfuaid:part>1<" in made
    for stranger in (await make_nadia(here), await make_person("Yves Loin", "coordinator", departements=["974"])):
        with pytest.raises(NotFound):
            await get_signed("mairie", version, by=await get_person(stranger))


async def test_what_was_not_signed_has_no_document():
    here = await make_structure(slug="mairie")
    by = await get_person(await make_samir(here))
    for version in ((await current_charter()).version, "jamais"):
        with pytest.raises(NotFound):
            await get_signed("mairie", version, by=by)


async def test_an_earlier_version_is_read_under_its_own_address(client: httpx.AsyncClient):
    here = await make_structure()
    await charter.sign_charter(here, name="Marc Petit", role="maire", now=NOON)
    before = await current_charter()
    await charter.publish_charter("2027-01", "Engagement. Accueillir tout le monde.", now=NOON)

    old = (await client.get(f"/charte/{before.version}?v=1")).text
    new = (await client.get("/charte/2027-01?v=1")).text
    assert ("C’est une version antérieure." in old, before.paragraphs[0][1] in old) == (True, True)
    assert ("C’est une version antérieure." in new, "Accueillir tout le monde." in new) == (False, True)
    assert (await client.get("/charte/jamais")).status_code == 404
