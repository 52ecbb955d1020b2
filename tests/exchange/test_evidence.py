"""What an event hands to others: a ZIP file that opens and proves, and its sessions as La Coop asks for them."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from datetime import timedelta

import msgspec
import pypdf
import pytest

from ateliers import database
from ateliers.agenda.sessions import get_event
from ateliers.attendance.effort import NewEffort, Team, record_effort
from ateliers.attendance.mark import SeatState
from ateliers.attendance.record import mark_seat
from ateliers.attendance.signed_sheets import drop_signed_sheet, keep_signed_sheet, list_signed_sheets
from ateliers.attendance.walk_ins import add_walk_in
from ateliers.bookings.bookings import get_booking
from ateliers.documents.files import Upload
from ateliers.exchange.cra import cra_csv, list_cras
from ateliers.exchange.evidence import bundle_name, evidence_bundle
from ateliers.network.people import get_person
from ateliers.refusals import NotAllowed, NotFound
from tests.world import (
    START,
    make_booking,
    make_event,
    make_nadia,
    make_paule,
    make_place,
    make_samir,
    make_session,
    make_structure,
)

LATER = START + timedelta(days=10)


async def make_evidence():
    structure = await make_structure()
    event = await make_event(structure, title="=Premiers pas", level="Débutant·e")
    samir = await get_person(await make_samir(structure))
    own = await make_place(owner_id=structure)
    held = await make_session(event, place_id=own)
    await make_session(event, starts_at=START + timedelta(days=1))  # attendance missing
    await make_session(event, starts_at=START + timedelta(days=2), called_off_at=START, called_off_reason="x")
    booking = await get_booking(await make_booking(held, name="Odile Secrète"))
    await mark_seat(held, booking.code, 1, SeatState.PRESENT, by=samir, now=START)
    await add_walk_in(held, "Jean Secret", "1", START, by=samir, now=START)
    await insert_count(held, "activated", 3)
    team = Team(people=[NewEffort(name="Nadia Secrète", minutes="2 h", preparation="1 h", is_volunteer=True)])
    await record_effort(held, team, by=samir, now=START)
    await keep_signed_sheet(held, Upload(name="page.pdf", content=b"%PDF-1.7 signed"), by=samir, now=START)
    return structure, event, held, samir


async def insert_count(session, counter: str, total: int) -> None:
    await database.execute(
        "INSERT INTO count_sum (session_id, counter, total, last_at) VALUES ($1, $2, $3, $4)",
        session,
        counter,
        total,
        START,
    )


async def test_the_evidence_opens_and_names_nobody(db):
    structure, event, held, samir = await make_evidence()
    nadia = await get_person(await make_nadia(structure))

    bare = b"".join([chunk async for chunk in await evidence_bundle(event, with_sheets=False, by=samir, now=LATER)])
    whole = b"".join([chunk async for chunk in await evidence_bundle(event, by=samir, now=LATER)])

    files = zipfile.ZipFile(io.BytesIO(bare))
    assert files.testzip() is None
    assert files.namelist() == ["LISEZ-MOI.txt", "bilan.pdf", "seances.csv", "affiche.pdf", "empreintes-sha256.txt"]
    assert "avis.csv" not in files.read("LISEZ-MOI.txt").decode()  # nobody was asked
    sums = dict(reversed(line.split("  ")) for line in files.read("empreintes-sha256.txt").decode().splitlines())
    assert sums == {name: hashlib.sha256(files.read(name)).hexdigest() for name in files.namelist()[:-1]}
    rows = list(csv.DictReader(io.StringIO(files.read("seances.csv").decode("utf-8-sig")), delimiter=";"))
    assert [(row["État"], row["Présent"], row["Venus sans inscription"]) for row in rows] == [
        ("tenue", "1", "1"),
        ("présence non renseignée", "", ""),
        ("annulée", "", ""),
    ]
    assert rows[0]["Début"] == "14:00"
    assert (rows[0]["Dont bénévoles, en minutes"], rows[0]["Pages signées reçues"]) == ("180", "1")
    document = pypdf.PdfReader(io.BytesIO(files.read("bilan.pdf")))
    text = " ".join(page.extract_text() for page in document.pages)
    assert "Participations : 2 (1 avec inscription, 1 sans)" in text.replace("\u00a0", " ").replace("\n", " ")
    said = text + "".join(files.read(name).decode() for name in ("LISEZ-MOI.txt", "seances.csv"))
    assert "Secr" not in said
    signed = [name for name in zipfile.ZipFile(io.BytesIO(whole)).namelist() if name.startswith("feuilles")]
    assert signed == ["feuilles-signees/2026-12-01-14h00-1-page.pdf"]
    assert b"%PDF-1.7 signed" in whole
    assert b"%PDF-1.7 signed" not in bare
    [page] = await list_signed_sheets(held)
    await drop_signed_sheet(held, page.id, by=samir, now=LATER)
    without = b"".join([chunk async for chunk in await evidence_bundle(event, by=samir, now=LATER)])
    told = [zipfile.ZipFile(io.BytesIO(made)).read("LISEZ-MOI.txt").decode() for made in (bare, whole, without)]
    assert ["Aucun nom" in one for one in told] == [True, False, True]
    assert bundle_name(msgspec.structs.replace(await get_event(event), title="Ici / là")) == "preuves-Ici - là.zip"
    with pytest.raises(NotAllowed):
        await evidence_bundle(event, by=nadia, now=LATER)
    with pytest.raises(NotFound):
        await evidence_bundle(event, by=await get_person(await make_paule()), now=LATER)


async def test_a_held_session_is_a_report_for_la_coop(db):
    structure, event, held, samir = await make_evidence()
    await make_session(event, starts_at=START + timedelta(days=3), outcome="held_empty")

    [cra] = await list_cras(event, structure_id=structure, by=samir, now=LATER)
    [line] = csv.DictReader(io.StringIO(cra_csv([cra]).decode("utf-8-sig")), delimiter=";")

    assert (cra.identifiant, cra.date, cra.duree_minutes, cra.type_lieu) == (
        str(held),
        "2026-12-01",
        120,
        "Lieu d’activité",
    )
    assert (cra.participants_total, cra.genre_non_communique, cra.niveau, cra.thematiques) == (
        2,
        2,
        "Débutant",
        "Santé",
    )
    assert cra.notes.endswith(f"/seances/{held}")
    assert "3" in cra.notes.partition("–")[0]
    assert (line["titre_atelier"], line["lieu_code_insee"]) == ("'=Premiers pas", "58194")
    with pytest.raises(NotFound):
        await list_cras(event, structure_id=structure, by=await get_person(await make_paule()), now=LATER)
