"""A report as a file: CSV and XLSX, with the meaning of each figure; safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import xlsxwriter

from ateliers.reports.indicators import INDICATORS, Indicator
from ateliers.reports.report import Cell, Rate, Report, Row
from ateliers.words import T, date_in_words, gettext, language

BOM = "\ufeff"  # without it, spreadsheets take accents for something else
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "|")


@lru_cache(4096)  # the same structures and titles come again on thousands of rows
def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.lstrip().startswith(DANGEROUS) or text.startswith(DANGEROUS) else text


def csv_text(rows: Iterable[Sequence[Any]]) -> str:
    """The rows as CSV with `;`, quoted where needed. None is an empty cell."""
    made = io.StringIO()
    csv.writer(made, delimiter=";", lineterminator="\r\n").writerows(rows)
    return made.getvalue()


def report_csv(report: Report) -> bytes:
    """One line a row, one column a figure, rates with numerator and denominator in theirs; the total last."""
    head = [str(report.by.label), *(str(one.label) for one in INDICATORS)]
    lines = [
        [safe(row.label), *(_text(row, indicator) for indicator in INDICATORS)] for row in (*report.rows, report.total)
    ]
    return (BOM + csv_text([head, *lines])).encode()


def dictionary_csv() -> bytes:
    """What each figure means."""
    return (BOM + csv_text([_dictionary_head(), *_dictionary()])).encode()


def report_xlsx(report: Report) -> bytes:
    """A workbook: the figures, and the data dictionary."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    percent = book.add_format({"num_format": "0.0 %"})
    figures = book.add_worksheet(gettext("Report"))
    figures.freeze_panes(4, 1)
    figures.set_column(0, 0, 36)
    figures.set_column(1, len(INDICATORS), 14)
    figures.write_string(0, 0, title(report), bold)
    figures.write_string(1, 0, masking_note(report))
    for column, text in enumerate([str(report.by.label), *(str(one.label) for one in INDICATORS)]):
        figures.write_string(3, column, text, bold)
    for line, row in enumerate((*report.rows, report.total), start=4):
        figures.write_string(line, 0, row.label, bold if row is report.total else None)
        for column, indicator in enumerate(INDICATORS, start=1):
            found = row[indicator.key]
            if found.value is None:
                figures.write_string(line, column, why_empty(found))
            else:
                figures.write_number(line, column, found.value, percent if indicator.is_rate else None)
    meaning = book.add_worksheet(gettext("Data dictionary"))
    for column, width in enumerate((28, 70, 50, 16, 26)):
        meaning.set_column(column, column, width)
    for line, texts in enumerate([_dictionary_head(), *_dictionary()]):
        for column, text in enumerate(texts):
            meaning.write_string(line, column, text, wrap if line else bold)
    book.close()
    return file.getvalue()


def title(report: Report) -> str:
    """« Rapport par structure, du 01/01/2026 au 31/12/2026 »."""
    return str(
        T(
            "Report by %(by)s, from %(start)s to %(end)s",
            by=str(report.by.label).lower(),
            start=_day(report.start),
            end=_day(report.end),
        )
    )


def masking_note(report: Report) -> str:
    """What the reader must know of counts that are not shown; '' when all are."""
    if not report.is_masked:
        return ""
    return gettext(
        "Counts of people under 5 are not shown, nor those from which they could be computed: “fewer than 5”, “not shown”."
    )


def why_empty(found: Cell | Rate) -> str:
    """What stands in the place of a figure: it is hidden, or there is nothing to divide."""
    return str(found.mask.label) if found.mask else ""


def percentage(value: float) -> str:
    """« 83,3 » or "83.3", without the sign."""
    text = f"{100 * value:.1f}"
    return text.replace(".", ",") if language() == "fr" else text


def _text(row: Row, indicator: Indicator) -> str | int:
    found = row[indicator.key]
    if found.value is None:
        return why_empty(found)
    return percentage(found.value) if isinstance(found, Rate) else found.value


def _dictionary_head() -> list[str]:
    return [gettext(text) for text in ("Figure", "Definition", "Formula", "Unit", "Name in the API")]


def _dictionary() -> list[list[str]]:
    return [[str(one.label), str(one.definition), str(one.formula), str(one.unit.label), one.key] for one in INDICATORS]


def _day(day: date) -> str:
    return date_in_words(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
