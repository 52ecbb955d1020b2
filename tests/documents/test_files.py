"""Files that people hand in: kept whole, named safely, refused when their bytes are not what may come."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ateliers.documents.files import (
    EVERY_TYPE,
    LONGEST_NAME,
    PAPERS,
    FileContent,
    FileType,
    Upload,
    drop_file,
    get_file,
    keep_file,
    safe_name,
    type_of,
    wrong_with,
)
from ateliers.refusals import Invalid, NotFound
from tests.world import NOON

PAPER = b"%PDF-1.7\n..."


def photo(form: str) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (4, 4), "white").save(made, form)
    return made.getvalue()


def zipped(first: str, content: str = "") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(first, content)
    return made.getvalue()


async def test_a_file_comes_back_as_it_was_handed_in():
    id = await keep_file(Upload(name="Émargement mardi.pdf", content=PAPER), now=NOON, types=PAPERS)

    assert await get_file(id) == FileContent(name="Émargement mardi.pdf", media_type="application/pdf", content=PAPER)

    await drop_file(id)

    with pytest.raises(NotFound):
        await get_file(id)


def test_the_first_bytes_tell_the_type():
    assert [type_of(photo(form)) for form in ("JPEG", "PNG", "WEBP")] == [FileType.JPEG, FileType.PNG, FileType.WEBP]
    assert type_of(b"\0\0\0\x18ftypheic") is FileType.HEIC
    assert type_of(b"\0\0\0\x18ftypisom") is FileType.MP4
    for kind in (FileType.ODT, FileType.ODS, FileType.ODP):
        assert type_of(zipped("mimetype", kind.value)) is kind
    for part, kind in (("word/document", FileType.DOCX), ("xl/workbook", FileType.XLSX)):
        assert type_of(zipped("[Content_Types].xml", f"{part}.xml")) is kind
    for nothing in (b"", b"<html>", b"MZ\x90", b"#!/bin/sh", zipped("run.exe"), b"\0\0\0\x18ftypavif"):
        assert type_of(nothing) is None
    for macros in ("word/document.xml word/vbaProject.bin", "META-INF/MANIFEST.MF"):
        assert type_of(zipped("[Content_Types].xml", macros)) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "This file is empty."),
        (b"<svg onload=alert(1)>", "This type of file cannot be taken: send a PDF or a photo."),
        (PAPER + b"\0" * 20_000_000, "This file is too large: 20 MB at most."),
    ],
)
async def test_what_cannot_be_taken_is_said_beside_its_field(content: bytes, message: str):
    with pytest.raises(Invalid) as refused:
        await keep_file(Upload(name="scan.pdf", content=content), now=NOON, types=PAPERS, field="scan")

    assert refused.value.errors == {"scan": message}


def test_documents_are_taken_where_they_may_come():
    upload = Upload(name="fiche.odt", content=zipped("mimetype", "application/vnd.oasis.opendocument.text"))

    assert wrong_with(upload, types=EVERY_TYPE) is None
    assert wrong_with(upload, types=PAPERS) == "This type of file cannot be taken: send a PDF or a photo."


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\nadia\\scan.PDF", "scan.pdf"),
        ("feuille\r\nX: y.pdf", "feuille__X_ y.pdf"),
        ("scan.exe", "scan.pdf"),
        ("", "document.pdf"),
    ],
)
def test_a_name_is_made_safe(name: str, safe: str):
    assert safe_name(name, FileType.PDF) == safe
    assert safe_name("run.exe", FileType.DOCX) == "run.docx"


@given(st.text(max_size=300))
def test_any_name_becomes_one_that_can_be_saved(name: str):
    made = safe_name(name, FileType.PDF)

    assert made.endswith(".pdf")
    assert len(made) <= LONGEST_NAME
    assert not set(made) & set('/\\\r\n\0"')
