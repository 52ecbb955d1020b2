"""Files come in every encoding and with every separator."""

from __future__ import annotations

import pytest

from ateliers.exchange.imports.reading import UnreadableFile, read_rows


@pytest.mark.parametrize(
    ("content", "notes"),
    [
        ("nom;ville\nFoyer;Guéret\n".encode(), []),
        ("\ufeffnom,ville\r\nFoyer,Guéret\r\n".encode(), []),
        ("nom\tville\nFoyer\tGuéret\n".encode(), []),
        ("nom;ville\nFoyer;Guéret\n".encode("windows-1252"), ["Encoding: Windows-1252."]),
        ("nom;ville\nFoyer;Guéret\n".encode("utf-16"), ["Encoding: UTF-16."]),
        ('nom;ville\n"Foyer";"Guéret"\n;\n'.encode(), []),
        (b"nom;ville\nFoy\x00er;Gu\xc3\xa9ret\n", []),
        ('[{"nom": "Foyer", "ville": "Guéret"}]'.encode(), []),
        ('{"nhits": 1, "records": [{"nom": "Foyer", "ville": "Guéret"}]}'.encode(), []),
    ],
)
def test_rows_are_read_from_any_encoding_and_separator(content: bytes, notes: list[str]):
    reading = read_rows(content)
    assert [dict(row) for row in reading.rows] == [{"nom": "Foyer", "ville": "Guéret"}]
    assert [note.message for note in reading.notes] == notes


@pytest.mark.parametrize(
    "content", [b"", b"just words", b"[1", b"{}", b'{"records": 3}', b"[]", b"nom;ville\n", b'{"a": "\\ud800"}']
)
def test_a_file_without_rows_is_refused_in_words(content: bytes):
    with pytest.raises(UnreadableFile) as refusal:
        read_rows(content)
    assert str(refusal.value).startswith("Ce fichier ne peut pas être lu\u00a0: ")


def test_a_workbook_is_refused_with_what_to_do():
    with pytest.raises(UnreadableFile) as refusal:
        read_rows(b"PK\x03\x04nom;ville\n")
    assert "Enregistrez-le au format CSV" in str(refusal.value)
