"""A report as a file: CSV, XLSX, ODS, JSON, with the meaning of each figure; safe to open in a spreadsheet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from ateliers.documents.csv_tables import csv_file, safe
from ateliers.documents.sheets import Cell as SheetCell
from ateliers.documents.sheets import Format, Style, Styled, Workbook, column_name
from ateliers.reports.indicator import Indicator, Unit
from ateliers.reports.indicators import INDICATORS
from ateliers.reports.report import Rate, Report, Row, plain_value
from ateliers.reports.wording import before_text, decimal, figure, full_masking_note, percentage, title, why_empty
from ateliers.words import gettext

HEAD_ROWS = 4  # of the sheet of figures
COLUMNS = {indicator.key: column_name(n) for n, indicator in enumerate(INDICATORS, start=2)}


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says of its figures beside the figures."""

    subject: str = ""  # whose they are
    notes: list[str] = []
    closed: dict[str, dict[str, str]] = {}  # rectified since: as it was at the closing, by key of its line and figure
    before: Report | None = None  # the same question of the period before


def report_csv(report: Report, about: About) -> bytes:
    """One line a row, one column a figure, rates with numerator and denominator in theirs; the total last.

    A table has no place above it for notes: they stand in the last column of the total, and what was rectified in that of its line.
    """
    rectified: dict[str, list[str]] = defaultdict(list)
    for key, change in _changes(report, about):
        rectified[key].append(_rectified(*change))
    rectified[report.total.key] = notes_of(report, about) + rectified[report.total.key]
    head = [str(report.by.label), *(str(one.label) for one in INDICATORS), gettext("Remarks")]
    lines = [
        [safe(row.label), *(_text(row, indicator) for indicator in INDICATORS), " – ".join(rectified.get(row.key, []))]
        for row in (*report.rows, report.total)
    ]
    return csv_file([head, *lines])


def dictionary_csv() -> bytes:
    """What each figure means."""
    return csv_file([_dictionary_head(), *_dictionary()])


def report_workbook(report: Report, format: Format, about: About) -> bytes:
    """A workbook: the figures, what was rectified, the data dictionary. Rates, and totals of what is all shown, are formulas."""
    book = Workbook(format)
    book.start(gettext("Report"), widths=(36, *(14 for _one in INDICATORS)), frozen=HEAD_ROWS)
    notes = notes_of(report, about)
    book.write([[Styled(full_title(report, about), Style.HEAD)], [" – ".join(notes)], []])
    book.write([[Styled(text, Style.HEAD) for text in (str(report.by.label), *(str(one.label) for one in INDICATORS))]])
    for number, row in enumerate(report.rows, start=HEAD_ROWS + 1):
        book.write([[row.label, *(_sheet_cell(row, indicator, number) for indicator in INDICATORS)]])
    last = HEAD_ROWS + len(report.rows)
    total = [_total_cell(report, indicator, last) for indicator in INDICATORS]
    book.write([[Styled(report.total.label, Style.HEAD), *total]])
    if about.before is not None:
        row, number = about.before.total, last + 2
        book.write([[before_text(about.before), *(_sheet_cell(row, indicator, number) for indicator in INDICATORS)]])
    if rectified := changes(report, about):
        book.start(gettext("Rectified"), widths=(36, 36, 14, 14), frozen=1)
        book.write([[Styled(text, Style.HEAD) for text in changes_head(report)], *rectified])
    book.start(gettext("Data dictionary"), widths=(28, 70, 50, 16, 40, 26), frozen=1)
    book.write([[Styled(text, Style.HEAD) for text in _dictionary_head()]])
    book.write([[Styled(text, Style.WRAPPED) for text in line] for line in _dictionary()])
    return book.close()


def report_json(report: Report, about: About) -> bytes:
    """The same as the API gives it, with definitions, and what is said about it."""
    before = about.before.plain() if about.before is not None else None
    said = {
        "subject": about.subject,
        "notes": notes_of(report, about),
        "changes": changes(report, about),
        "before": {key: before[key] for key in ("from", "to", "total")} if before else None,
    }
    return msgspec.json.format(msgspec.json.encode(report.plain() | {"about": said}), indent=1)


def _sheet_cell(row: Row, indicator: Indicator, number: int) -> SheetCell:
    found = row[indicator.key]
    value = plain_value(indicator, found)
    if value is None:
        return why_empty(found) or None
    if isinstance(found, Rate):
        one, other = (f"{COLUMNS[key]}{number}" for key in (indicator.numerator, indicator.denominator))
        return Styled(found.value or 0.0, Style.SHARE, f"{one}/{other}")
    return Styled(value, Style.DECIMAL) if indicator.unit is Unit.HOURS else found.value


def _total_cell(report: Report, indicator: Indicator, last: int) -> SheetCell:
    found = report.total[indicator.key]
    cell = _sheet_cell(report.total, indicator, last + 1)
    adds_up = indicator.is_counted and found.value is not None and report.rows
    if not adds_up or any(row[indicator.key].value is None for row in report.rows):
        return cell
    column = COLUMNS[indicator.key]
    style = Style.DECIMAL if indicator.unit is Unit.HOURS else Style.PLAIN
    return Styled(plain_value(indicator, found) or 0, style, f"SUM({column}{HEAD_ROWS + 1}:{column}{last})")


def full_title(report: Report, about: About) -> str:
    """The same, and whose figures they are."""
    return f"{title(report)} – {about.subject}" if about.subject else title(report)


def notes_of(report: Report, about: About) -> list[str]:
    """What stands above the figures of a file."""
    return [note for note in (*about.notes, full_masking_note(report)) if note]


def changes(report: Report, about: About) -> list[tuple[str, str, str, str]]:
    """What was rectified since a closing, in the order of the report: line, figure, what it was, what it is."""
    return [change for _key, change in _changes(report, about)]


def _changes(report: Report, about: About) -> Iterator[tuple[str, tuple[str, str, str, str]]]:
    for row in (*report.rows, report.total):
        for one in INDICATORS:
            if (was := about.closed.get(row.key, {}).get(one.key)) is not None:
                yield row.key, (row.label, str(one.label), was, figure(row[one.key], one) or "–")


def _rectified(_line: str, label: str, was: str, _now: str) -> str:
    """« Participations : rectifié (à la clôture : 12) »."""
    return f"{label}{gettext(':')} {gettext('rectified (at the closing: %(figure)s)') % {'figure': was}}"


def changes_head(report: Report) -> list[str]:
    """The headings of a table of what was rectified."""
    return [str(report.by.label), gettext("Figure"), gettext("At the closing"), gettext("Now")]


def _text(row: Row, indicator: Indicator) -> str | int:
    found = row[indicator.key]
    value = plain_value(indicator, found)
    if value is None:
        return why_empty(found)
    if isinstance(found, Rate):
        return percentage(value)
    return decimal(value) if indicator.unit is Unit.HOURS else int(value)


def _dictionary_head() -> list[str]:
    return [gettext(text) for text in ("Figure", "Definition", "Formula", "Unit", "Who is shown it", "Name in the API")]


def _dictionary() -> list[list[str]]:
    return [
        [str(text) for text in (one.label, one.definition, one.formula, one.unit.label, one.privacy.label, one.key)]
        for one in INDICATORS
    ]
