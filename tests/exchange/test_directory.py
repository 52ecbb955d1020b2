from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from ateliers import database
from ateliers.exchange.directory import LABEL, NO_NUMBER, SUMMARY
from ateliers.exchange.imports import run_import
from ateliers.network import charter
from ateliers.network.structures import list_signatories
from ateliers.places.communes import resolve
from tests.exchange.test_real_files import SHARED
from tests.world import NOON, SAINT_DENIS, make_structure

DAY = timedelta(days=1)
SCHEMA = SHARED.parent / "schemas" / "lieux-mediation-numerique.schema.json"


async def signed(name: str, **values: Any) -> None:
    await charter.sign_charter(await make_structure(name, **values), name="Marc Petit", role="maire", now=NOON)


def faults(row: dict[str, str], fields: list[dict[str, Any]]) -> list[str]:
    """What the national schema has against a row."""
    found = []
    for field in fields:
        text, rule = row[field["name"]], field["constraints"]
        if rule.get("required") and not text:
            found.append(f"{field['name']} is empty")
        if text and "pattern" in rule and not re.search(rule["pattern"], text):
            found.append(f"{field['name']}: {text}")
        if len(text) > rule.get("maxLength", 10_000):
            found.append(f"{field['name']} is too long")
        if field["type"] == "number" and text:
            float(text)
        if field["type"] == "date":
            assert re.fullmatch(r"\d{4}-\d\d-\d\d", text)
    return found


@pytest.mark.skipif(not SCHEMA.is_file(), reason="the national schema is not here: set ATELIERS_SHARED_DATA")
async def test_the_directory_is_valid_in_the_national_schema(client: httpx.AsyncClient):
    await signed("CCAS de Nevers", siret="73282932000074", presentation="Nous sommes là.\n" + "Bienvenue. " * 60)
    await signed("=cmd()|' /C calc'!A0", kind="association", rna="W581000001", phone="+33 3 86 00 00 00")
    await signed("Maison France Services", kind="france_services", phone="02 62 00 00 00", **SAINT_DENIS)
    await signed("Sans numéro", kind="company", phone=None, website="https://example.org", updated_at=NOON + 9 * DAY)
    await make_structure("Pas signataire")
    fields = msgspec.json.decode(SCHEMA.read_bytes())["fields"]

    answer = await client.get("/donnees/structures.csv?essai=1")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))

    assert [faults(row, fields) for row in rows] == [[], [], [], []]
    assert list(rows[0]) == [field["name"] for field in fields]
    assert {row["formations_labels"] for row in rows} == {LABEL}
    by_name = {row["nom"]: row for row in rows}
    assert by_name["CCAS de Nevers"]["pivot"] == "73282932000074"
    assert len(by_name["CCAS de Nevers"]["presentation_resume"]) <= SUMMARY
    assert by_name["Maison France Services"]["telephone"] == "+262262000000"
    assert by_name["Sans numéro"]["pivot"] == NO_NUMBER
    assert [by_name[name]["date_maj"] for name in ("CCAS de Nevers", "Sans numéro")] == ["2026-11-24", "2026-12-03"]
    assert "'=cmd()|' /C calc'!A0" in by_name  # no formula for a spreadsheet
    objects = (await client.get("/donnees/structures.json?essai=1")).json()
    assert [one["id"] for one in objects] == [row["id"] for row in rows]


async def test_structures_are_found_around_a_commune_the_nearest_first(client: httpx.AsyncClient):
    await signed("Loin", **SAINT_DENIS)
    await signed("Fourchambault", latitude=47.0176, longitude=3.0856)
    await signed("Nevers")
    nevers = resolve("Nevers")
    assert [found.structure.name for found in await list_signatories(near=nevers)] == ["Nevers", "Fourchambault"]
    page = (await client.get("/signataires?pres=Nevers&essai=2")).text
    assert "2 structures signataires" in page
    assert "à environ 6 km" in re.sub(r"\s", " ", page.replace("\u00a0", " "))


@pytest.mark.parametrize("typed", ["Zzzz", "x" * 101])
async def test_an_unknown_commune_is_said_beside_its_field(client: httpx.AsyncClient, typed: str):
    answer = await client.get("/signataires", params={"pres": typed})
    assert (answer.status_code, '-err"' in answer.text) == (422, True)


@pytest.mark.parametrize("extension", ["csv", "json"])
async def test_another_instance_takes_our_directory_over_as_it_is(
    client: httpx.AsyncClient, tmp_path: Path, extension: str
):
    await signed("CCAS de Nevers", siret="73282932000074")
    await signed("Maison du Chaudron", kind="france_services", phone="02 62 00 00 00", **SAINT_DENIS)
    file = tmp_path / f"structures.{extension}"
    file.write_bytes((await client.get(f"/donnees/structures.{extension}?essai=3")).content)

    report = await run_import("lieux", file, dry_run=False, now=NOON)
    again = await run_import("lieux", file, dry_run=False, now=NOON)

    assert [(row.outcome.value, row.notes) for row in report.rows] == [("imported", ())] * 2
    assert [row.outcome.value for row in again.rows] == ["known"] * 2
    kept = "name, address, postcode, commune_code, latitude, longitude"
    assert await database.fetch_rows(f"SELECT {kept} FROM place ORDER BY name") == await database.fetch_rows(
        f"SELECT {kept} FROM structure ORDER BY name"
    )
