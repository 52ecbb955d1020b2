"""A report as a file: CSV, XLSX, ODS, JSON, with the meaning of each figure; safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from ateliers.agenda.kinds import Kind
from ateliers.documents.sheets import Cell as SheetCell
from ateliers.documents.sheets import Format, Style, Styled, Workbook, column_name
from ateliers.reports.grouping import Grouping
from ateliers.reports.indicator import Indicator, Section, Unit
from ateliers.reports.indicators import BY_KEY, INDICATORS
from ateliers.reports.masking import Mask
from ateliers.reports.periods import MONTH, Period, nearest_told, told_by
from ateliers.reports.published import told_whole
from ateliers.reports.report import Cell, Rate, Report, Row, plain_value
from ateliers.words import T, date_in_words, gettext, language

BOM = "\ufeff"  # without it, spreadsheets take accents for something else
HEAD_ROWS = 4  # of the sheet of figures
KEY_FIGURES = (
    "sessions_held", "participations", "seats_booked", "attendance_rate", "persons", "stand_informed", "stand_helped",
    "stand_activated", "profiles_activated", "volunteer_hours",
)  # fmt: skip
ALWAYS_SHOWN = {Section.SESSIONS, Section.BOOKINGS, Section.ATTENDANCE, Section.RATES}
COLUMNS = {indicator.key: column_name(n) for n, indicator in enumerate(INDICATORS, start=2)}
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "|")


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says of its figures beside the figures."""

    subject: str = ""  # whose they are
    notes: list[str] = []
    closed: dict[
        str, dict[str, str]
    ] = {}  # what was rectified since a closing, by key of its line and figure: as it was
    before: Report | None = None  # the same question of the period before


@lru_cache(4096)  # the same structures and titles come again on thousands of rows
def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.lstrip().startswith(DANGEROUS) or text.startswith(DANGEROUS) else text


def csv_text(rows: Iterable[Sequence[Any]]) -> str:
    """The rows as CSV with `;`, quoted where needed. None is an empty cell."""
    made = io.StringIO()
    csv.writer(made, delimiter=";", lineterminator="\r\n").writerows(rows)
    return made.getvalue()


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
    return (BOM + csv_text([head, *lines])).encode()


def dictionary_csv() -> bytes:
    """What each figure means."""
    return (BOM + csv_text([_dictionary_head(), *_dictionary()])).encode()


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


def title(report: Report) -> str:
    """« Rapport par structure, du 01/01/2026 au 31/12/2026 »."""
    return str(
        T(
            "Report by %(by)s, from %(start)s to %(end)s",
            by=str(report.by.label).lower(),
            start=date_in_words(report.start),
            end=date_in_words(report.end),
        )
    )


def before_text(before: Report) -> str:
    """« Avant : du 01/12/2025 au 31/12/2025 »."""
    days = {"start": date_in_words(before.start), "end": date_in_words(before.end)}
    return gettext("Before: from %(start)s to %(end)s") % days


def before_note(before: Report, report: Report) -> str:
    """What « before » means, and that it is early to compare while the days of the report are not over."""
    days = {"start": date_in_words(before.start), "end": date_in_words(before.end)}
    note = gettext("“Before” is the period before, of the same length: from %(start)s to %(end)s.") % days
    return note if report.is_over else f"{note} {gettext('The period shown is not over yet.')}"


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


def masking_note(report: Report) -> str:
    """What the reader must know of counts that are not shown; '' when all are."""
    if not report.is_masked:
        return ""
    return untold_note(report.by, report.kind, report.period) or gettext(
        "Counts of people under 5 are not shown, nor those from which they could be computed: “fewer than 5”, “not shown”. "
        "They are told for whole months; by structure, commune or kind, and of one kind, for whole quarters."
    )


def untold_note(by: Grouping, kind: Kind | None, period: Period) -> str:
    """What readers outside the structures must know of these days when no count of people is told of them; else ''."""
    if told_whole(by, kind, period.start, period.end):
        return ""
    unit = told_by(by, kind)
    if unit is None:
        return gettext(
            "Of one kind alone, counts of bookings and of people are shown by département, région or nation, "
            "not by structure, commune or month. Sessions and hours are."
        )
    if unit == MONTH:
        return gettext(
            "These days are not whole months: counts of bookings and of people are not shown. Sessions and hours are."
        )
    return gettext(
        "These days are not whole quarters: by structure, commune or kind, and of one kind, counts of bookings and of people "
        "are not shown. Sessions and hours are."
    )


def full_masking_note(report: Report) -> str:
    """The same for a reader who cannot choose on the spot: with the nearest days whose counts are shown."""
    note = masking_note(report)
    if report.is_told:
        return note
    nearest = ", ".join(one.name for one in nearest_told(report.by, report.kind, report.period))
    return f"{note} {nearest_text()} {nearest}." if nearest else note


def nearest_text() -> str:
    """What stands before the nearest periods whose counts are shown."""
    return gettext("They are shown for the nearest whole ones:")


def why_empty(found: Cell | Rate) -> str:
    """What stands in the place of a figure: it is hidden, or there is nothing to divide."""
    return str(found.mask.label) if found.mask else ""


def why_not_shown(report: Report, indicator: Indicator) -> str:
    """In a few words why a total is not shown; '' when it is, or when what stands in its place says it."""
    found = report.total[indicator.key]
    if isinstance(found, Rate) and found.value is None and found.mask is None:
        return gettext("nothing to compute it from")
    if found.mask is not Mask.WITHHELD:
        return ""
    if not report.is_total_told:
        is_month = told_by(Grouping.NATION, report.kind) == MONTH
        return gettext("these days are not whole months") if is_month else gettext("these days are not whole quarters")
    if isinstance(found, Rate):
        return gettext("one of its two numbers is not shown")
    return gettext("a number under 5 could be computed from it")


def percentage(value: float) -> str:
    """« 83,3 » or "83.3", without the sign."""
    text = f"{100 * value:.1f}"
    return text.replace(".", ",") if language() == "fr" else text


def figure(found: Cell | Rate, indicator: Indicator) -> str:
    """A figure as a page writes it: « 1 234 », « 83,3 % », « moins de 5 », or '' when there is nothing to divide."""
    value = plain_value(indicator, found)
    if value is None:
        return why_empty(found)
    if isinstance(found, Rate):
        return f"{percentage(value)}\u00a0%" if language() == "fr" else f"{percentage(value)}%"
    return decimal(value) if indicator.unit is Unit.HOURS else whole(int(value))


def whole(count: int) -> str:
    """« 1 234 » or "1,234"."""
    return f"{count:,}".replace(",", "\u00a0" if language() == "fr" else ",")


def shares(found: Cell | Rate) -> str:
    """Numerator and denominator of a rate that is shown: '10 / 12'; else ''."""
    if not isinstance(found, Rate) or found.value is None:
        return ""
    return f"{whole(found.numerator.value or 0)}\u00a0/\u00a0{whole(found.denominator.value or 0)}"


def key_figures(report: Report) -> list[Indicator]:
    """The indicators that a report opens with: those of everybody, and others where there is something to say."""
    return [BY_KEY[key] for key in KEY_FIGURES if key in KEY_FIGURES[:4] or _is_something(report, key)]


def sections_of(report: Report) -> list[Section]:
    """The parts of a report where there is something to say."""
    return [
        section
        for section in Section
        if section in ALWAYS_SHOWN
        or any(one.section is section and _is_something(report, one.key) for one in INDICATORS)
    ]


def _is_something(report: Report, key: str) -> bool:
    """There is a figure, or one that is hidden among others that are told."""
    found = report.total[key]
    return bool(found.value) or (report.is_total_told and found.mask is not None)


def decimal(value: float) -> str:
    """« 12,5 » or "12.5"; whole numbers without decimals."""
    text = f"{value:.1f}".removesuffix(".0")
    return text.replace(".", ",") if language() == "fr" else text


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
