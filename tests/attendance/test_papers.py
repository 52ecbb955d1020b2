"""The sheet that people sign: what stands on it, the scan of it, and that it can be destroyed without losing that it was received."""

from __future__ import annotations

import io
from datetime import timedelta

import pypdf
import pytest
from PIL import Image

from ateliers import database
from ateliers.attendance.sheet import get_sheet
from ateliers.attendance.sign_in_sheet import A_PAGE, BLANK, paper_sheet, sign_in_sheet_pdf
from ateliers.attendance.signed_sheets import (
    MOST,
    TooManySheets,
    drop_signed_sheet,
    get_signed_sheet,
    keep_signed_sheet,
    list_signed_sheets,
)
from ateliers.documents.files import Upload
from ateliers.network.people import get_person
from ateliers.refusals import Invalid, NotFound
from tests.world import NOON, make_booking, make_event, make_nadia, make_paule, make_session, make_structure

SCAN = Upload(name="../Feuille signée.pdf", content=b"%PDF-1.7\n...")


async def test_the_sheet_has_a_line_for_each_seat_and_blank_ones(db):
    structure = await make_structure()
    session = await make_session(await make_event(structure), capacity=None)
    nadia = await get_person(await make_nadia(structure))
    await make_booking(session, name="Zoé Petit", seats=2, phone="0612345678")
    await make_booking(session, name="Éric Blanc", email="eric@example.test")
    await make_booking(session, name="Jean Attend", state="waiting", email="jean@example.test")
    few = await get_sheet(session, by=nadia)
    for number in range(20):
        await make_booking(session, name=f"Personne {number}", email=f"p{number}@example.test")
    many = await get_sheet(session, by=nadia)

    paper, long, bare = paper_sheet(few), paper_sheet(many), paper_sheet(few, with_names=False)

    assert paper.names[:3] == ["Éric Blanc", "Zoé Petit", "Avec Zoé Petit (place 2)"]
    assert (len(paper.names), paper.names[3:], paper.first_blank) == (A_PAGE, [""] * (A_PAGE - 3), 3)
    assert (len(long.names), long.first_blank) == (23 + BLANK, 23)
    assert (bare.names, bare.first_blank) == ([""] * A_PAGE, -1)
    assert paper_sheet(many, with_names=False).names == [""] * (23 + BLANK)
    document = pypdf.PdfReader(io.BytesIO(await sign_in_sheet_pdf(many, now=NOON)))
    text = "".join(page.extract_text() for page in document.pages)
    assert document.trailer["/Root"]["/MarkInfo"]["/Marked"] == True  # noqa: E712 - pypdf's own kind of true
    assert ("0612345678" in text, "Jean Attend" in text) == (False, False)
    for said in ("Prénom et nom", "À détruire une fois la présence saisie", "mardi 1er décembre 2026"):  # on each page
        assert text.replace("\n", " ").count(said) == len(document.pages) == 2, said


async def test_a_signed_sheet_is_kept_and_destroyed(db):
    structure = await make_structure()
    session = await make_session(await make_event(structure))
    nadia = await get_person(await make_nadia(structure))
    stranger = await get_person(await make_paule())
    wrong = Upload(name="page.html", content=b"<script>alert(1)</script>")

    for upload in (None, Upload(name="", content=b""), wrong):
        with pytest.raises(Invalid):
            await keep_signed_sheet(session, upload, by=nadia, now=NOON)
    sheet = await keep_signed_sheet(session, SCAN, by=nadia, now=NOON)
    kept = await get_signed_sheet(session, sheet, by=nadia)
    with pytest.raises(NotFound):
        await get_signed_sheet(session, sheet, by=stranger)
    with pytest.raises(NotFound):
        await drop_signed_sheet(session, sheet, by=stranger, now=NOON)
    with pytest.raises(NotFound):
        await get_signed_sheet(await make_session(await make_event(structure)), sheet, by=nadia)
    await drop_signed_sheet(session, sheet, by=nadia, now=NOON + timedelta(days=1))
    exif = Image.Exif()
    exif[0x010F] = "SecretPhone"
    taken = io.BytesIO()
    Image.new("RGB", (4, 4), "white").save(taken, "JPEG", exif=exif)
    shot = Upload(name="photo.jpg", content=taken.getvalue())
    photo = await keep_signed_sheet(session, shot, by=nadia, now=NOON + timedelta(days=2))
    bare = (await get_signed_sheet(session, photo, by=nadia)).content
    await drop_signed_sheet(session, photo, by=nadia, now=NOON + timedelta(days=2))

    assert (kept.name, kept.content) == ("Feuille signée.pdf", SCAN.content)
    assert await database.fetch_value("SELECT count(*) FROM file") == 0
    assert (b"SecretPhone" in shot.content, b"SecretPhone" in bare) == (True, False)
    [told, _photo] = await list_signed_sheets(session)
    assert (told.name, told.received_by, told.dropped_by) == (None, "Nadia Ferrand", "Nadia Ferrand")
    with pytest.raises(NotFound):
        await drop_signed_sheet(session, sheet, by=nadia, now=NOON)
    for _ in range(MOST):
        await keep_signed_sheet(session, SCAN, by=nadia, now=NOON)
    with pytest.raises(TooManySheets):
        await keep_signed_sheet(session, SCAN, by=nadia, now=NOON)
