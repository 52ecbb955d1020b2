"""Signing a new version of the charter, as a browser sees it."""

from __future__ import annotations

import re
from typing import Any

import httpx

from ateliers import database
from ateliers.clock import now
from ateliers.network.charter import current_charter, list_signatures, publish_charter, sign_charter
from tests.world import NOON, make_nadia, make_paule, make_samir, make_structure

GOOD = {"version": "2027-01", "name": "Samir Haddad", "role": "directeur", "agrees": "1"}
NOTICE = "doit la signer"
TO_SIGN = "Charte à signer de nouveau"


async def test_a_manager_finds_reads_and_signs_the_new_version(browser_of: Any, client: httpx.AsyncClient):
    here = await make_structure()
    await sign_charter(here, name="Marc Petit", role="maire", now=NOON)
    first = (await current_charter()).body.split("\n\n")
    samir, paule = await browser_of(await make_samir(here)), await browser_of(await make_paule())
    assert NOTICE not in (await samir.get("/espace")).text
    assert TO_SIGN not in (await paule.get("/coordination/structures")).text
    assert (await samir.get("/espace/charte")).headers["location"] == "/espace/charte/ccas-de-nevers"
    assert "Publier un premier évènement" in (await samir.get("/espace")).text

    await publish_charter("2027-01", "\n\n".join([*first[1:], "Planète. Nous venons à pied."]), now=now())
    assert NOTICE in (await samir.get("/espace")).text
    assert TO_SIGN in (await paule.get("/coordination/structures")).text
    answer = await samir.get("/espace/charte")
    assert (answer.status_code, answer.headers["location"]) == (303, "/espace/charte/ccas-de-nevers")
    page = await samir.get("/espace/charte/ccas-de-nevers")
    assert "Ce qui a changé depuis la version 2026-11" in page.text
    assert page.text.count("Nous venons à pied.") == 2
    assert page.text.count(first[0][:40]) == 1
    assert page.text.count(first[1].partition(". ")[2][:40]) == 1
    assert len(await list_signatures(here)) == 1

    for wrong in ({"name": ""}, {"role": ""}, {"agrees": ""}, {"version": "2026-11"}, {"version": "x" * 99}):
        refused = await samir.post("/espace/charte/ccas-de-nevers", data=GOOD | wrong)
        assert refused.status_code == 422, wrong
        assert 'name="version" value="2027-01"' in refused.text
    assert len(await list_signatures(here)) == 1
    empty = await samir.post("/espace/charte/ccas-de-nevers", data={"version": "2027-01"})
    assert re.findall(r'id="f-([a-z-]+)-err"', empty.text) == ["name", "role", "agrees"]
    signed = await samir.post("/espace/charte/ccas-de-nevers", data=GOOD)
    assert (signed.status_code, signed.headers["location"]) == (303, "/espace/charte/ccas-de-nevers")

    page = await samir.get("/espace/charte/ccas-de-nevers")
    assert "Version 2027-01, signée le" in page.text
    assert "Votre structure a signé cette version" in page.text
    assert '<form method="post" action="/espace/charte' not in page.text
    assert NOTICE not in (await samir.get("/espace")).text
    assert TO_SIGN not in (await paule.get("/coordination/structures")).text
    public = (await client.get(f"/signataires/ccas-de-nevers?vu={database.new_id()}")).text
    assert [version in public for version in ("version 2026-11", "version 2027-01")] == [True, True]
    assert "dernière version signée\u00a0: 2027-01" in (await client.get(f"/signataires?vu={database.new_id()}")).text


async def test_nobody_else_reads_or_signs(browser_of: Any):
    here = await make_structure()
    await make_samir(here)
    nadia, paule = await browser_of(await make_nadia(here)), await browser_of(await make_paule())
    await publish_charter("2027-01", "Texte.", now=now())
    assert NOTICE not in (await nadia.get("/espace")).text
    for browser, status in ((nadia, 403), (paule, 404)):
        for path in ("/espace/charte/ccas-de-nevers", "/espace/charte/nulle-part"):
            expected = 404 if "nulle" in path else status
            assert (await browser.get(path)).status_code == expected
            assert (await browser.post(path, data=GOOD)).status_code == expected
    assert await list_signatures(here) == []
