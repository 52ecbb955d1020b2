"""From the bytes of a foreign file to rows: its encoding, its separators, its idea of JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ateliers.refusals import Refusal
from ateliers.words import T

LARGEST_FILE = 100 * 1024 * 1024  # bytes; a national extract of places is 60 MB
SEPARATORS = ";,\t|"
Row = Mapping[str, Any]


class UnreadableFile(Refusal):
    """Neither JSON nor CSV that rows can be had from."""

    status = 422
    title = "This file cannot be read: %(why)s"

    def __str__(self) -> str:
        return str(T(self.title, **self.facts))


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of a file, and what had to be mended to have them."""

    rows: Sequence[Row]
    notes: tuple[T, ...]


def read_rows(content: bytes) -> Reading:
    """Rows of a JSON array, of an object holding `records`, or of a CSV with a header line.

    Raises UnreadableFile.
    """
    if len(content) > LARGEST_FILE:
        raise UnreadableFile(why=T("it is larger than %(n)s MB.", n=LARGEST_FILE // 1024 // 1024))
    if content.startswith(b"PK"):
        raise UnreadableFile(
            why=T("it is a workbook (.xlsx, .ods). Save it as CSV in your spreadsheet, then send that file.")
        )
    text, notes = _decode(content)
    text = text.replace("\x00", "")
    rows = _json_rows(text) if text.lstrip()[:1] in {"[", "{"} else _csv_rows(text)
    if not rows:
        raise UnreadableFile(why=T("it has no rows."))
    return Reading(rows=rows, notes=notes)


def _decode(content: bytes) -> tuple[str, tuple[T, ...]]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace"), (T("Encoding: UTF-16."),)
    try:
        return content.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        # What a French spreadsheet saves as "CSV". Its five holes would fail; Latin-1 has none.
        try:
            return content.decode("windows-1252"), (T("Encoding: Windows-1252."),)
        except UnicodeDecodeError:
            return content.decode("latin-1"), (T("Encoding: Latin-1."),)


def _json_rows(text: str) -> list[Row]:
    try:
        document = msgspec.json.decode(text)
    except msgspec.DecodeError as fault:
        raise UnreadableFile(why=T("its JSON is broken (%(fault)s).", fault=str(fault))) from fault
    if isinstance(document, dict):
        document = next((document[key] for key in ("records", "results", "data", "events") if key in document), None)
    if not isinstance(document, list):
        raise UnreadableFile(why=T("its JSON is not a list of rows."))
    return [row if isinstance(row, dict) else {} for row in document]


def _csv_rows(text: str) -> list[Row]:
    header = text.split("\n", 1)[0]
    separator = max(SEPARATORS, key=header.count)
    if separator not in header:
        raise UnreadableFile(why=T("its first line holds no column names."))
    csv.field_size_limit(LARGEST_FILE)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, restkey="", restval="")
    try:
        return [
            {(name or "").strip(): value for name, value in row.items()}
            for row in reader
            if any(isinstance(value, str) and value.strip() for value in row.values())
        ]
    except csv.Error as fault:
        raise UnreadableFile(why=T("its CSV is broken (%(fault)s).", fault=str(fault))) from fault
