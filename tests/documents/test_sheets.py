"""Workbooks that other programs read: the same rows in both formats, text that is never a formula, formulas that come out right."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odf.opendocument import load as load_ods
from odf.table import Table, TableCell, TableRow
from odf.teletype import extractText

from ateliers.documents.sheets import Format, Style, Styled, Workbook, column_name

FORMULA = '=cmd|" /C calc"!A0'
ROWS = [
    [Styled("Tête", Style.HEAD), "Deux"],
    [FORMULA, 7],
    ["à <b> & « c »", 5],
    ["Somme", Styled(12, Style.PLAIN, "SUM(B2:B3)")],
    ["Part", Styled(7 / 12, Style.SHARE, "B2/B4")],
]
ALWAYS_RECOMPUTE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="ODFRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>"""


def a_workbook(format: Format) -> bytes:
    book = Workbook(format)
    book.start("Feuille: [1]", widths=(20, 8), frozen=1)
    book.write(ROWS[:2])
    book.write(ROWS[2:])
    book.start("Vide")
    return book.close()


def test_xlsx_is_read_by_openpyxl() -> None:
    book = openpyxl.load_workbook(io.BytesIO(a_workbook(Format.XLSX)))

    sheet = book["Feuille   1 "]
    assert book.sheetnames == ["Feuille   1 ", "Vide"]
    assert [list(row) for row in sheet.values] == [
        ["Tête", "Deux"],
        [FORMULA, 7],
        ["à <b> & « c »", 5],
        ["Somme", "=SUM(B2:B3)"],
        ["Part", "=B2/B4"],
    ]
    assert (sheet["A2"].data_type, sheet["B4"].data_type, sheet["B5"].number_format) == ("s", "f", "0.0\\ %")
    assert sheet.freeze_panes == "A2"


def test_ods_is_read_by_odfpy() -> None:
    sheet = load_ods(io.BytesIO(a_workbook(Format.ODS))).spreadsheet.getElementsByType(Table)[0]

    rows = [row.getElementsByType(TableCell) for row in sheet.getElementsByType(TableRow)]
    assert [next(extractText(cell) for cell in row) for row in rows] == [
        "Tête",
        FORMULA,
        "à <b> & « c »",
        "Somme",
        "Part",
    ]
    assert [cell.getAttribute("formula") for cell in rows[1]] == [None, None]
    assert [rows[n][1].getAttribute("formula") for n in (3, 4)] == ["of:=SUM([.B2:.B3])", "of:=[.B2]/[.B4]"]


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=40))
def test_any_text_is_kept_as_text(text: str) -> None:
    book = Workbook(Format.XLSX)
    book.start("A")
    book.write([["x", text]])
    cell = openpyxl.load_workbook(io.BytesIO(book.close())).active["B1"]

    assert cell.data_type in "sn"  # an empty text reads as nothing
    assert (cell.value or "").isprintable() <= (not cell.value or not str(cell.value).startswith("\x00"))


def test_columns_have_letters() -> None:
    assert [column_name(n) for n in (1, 26, 27, 52, 53, 702, 703)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]


@pytest.mark.skipif(
    shutil.which("soffice") is None and "CI" not in os.environ, reason="needs LibreOffice (libreoffice-calc-nogui)"
)
def test_libreoffice_reads_both_and_comes_to_the_same_sums(tmp_path: Path) -> None:
    wrong = [*ROWS[:3], ["Somme", Styled(999, Style.PLAIN, "SUM(B2:B3)")]]  # what the file says is not what it comes to
    for format in Format:
        book = Workbook(format)
        book.start("Un")
        book.write(wrong)
        (tmp_path / f"{format.value}.{format.value}").write_bytes(book.close())
    (tmp_path / "profile" / "user").mkdir(parents=True)
    (tmp_path / "profile" / "user" / "registrymodifications.xcu").write_text(ALWAYS_RECOMPUTE)
    home = f"-env:UserInstallation=file://{tmp_path}/profile"
    subprocess.run(
        ["soffice", home, "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):59,34,76", "--outdir", str(tmp_path)]
        + [str(tmp_path / f"{format.value}.{format.value}") for format in Format],
        check=True,
        capture_output=True,
        timeout=300,
    )  # fmt: skip

    for format in Format:
        text = (tmp_path / f"{format.value}.csv").read_text(encoding="utf-8")
        assert list(csv.reader(io.StringIO(text), delimiter=";")) == [
            ["Tête", "Deux"],
            [FORMULA, "7"],
            ["à <b> & « c »", "5"],
            ["Somme", "12"],
        ]
