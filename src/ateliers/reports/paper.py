"""A report on paper: PDF/UA, drawn from the same declaration as the page and the files."""

from __future__ import annotations

from datetime import datetime

import msgspec

from ateliers.documents.pdf import make_pdf
from ateliers.reports.exports import About, changes, changes_head, full_title, notes_of
from ateliers.reports.indicator import Indicator, Section
from ateliers.reports.indicators import BY_KEY, INDICATORS
from ateliers.reports.report import Report, Row
from ateliers.reports.wording import before_note, figure, indicators_of, key_figures, sections_of, shares, why_not_shown
from ateliers.words import date_in_words, language
from ateliers.words import gettext as _

MOST_ROWS = 300  # of a table; the workbook has all


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A section: a table, and how long the bar of each of its lines is (0 to 1)."""

    title: str
    caption: str
    head: list[str]
    rows: list[list[str]]
    total: list[str]
    drawn: str
    bars: list[float]


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """What the template prints."""

    lang: str
    title: str
    made: str
    notes: list[str]
    key_title: str
    before: str
    figures: list[list[str]]  # label, value, beside it, the period before
    changes_title: str
    changes: list[list[str]]  # the heading first; empty: nothing was rectified
    parts: list[Part]
    meaning: str
    definitions: list[list[str]]  # label, unit, definition, formula
    foot: str


async def report_pdf(report: Report, about: About, *, now: datetime) -> bytes:
    """The report as PDF/UA in the reader's language; its notes stand under its title, what was rectified after the key figures."""
    return await make_pdf("documents/report.typ", _paper(report, about, now), now=now)


def _paper(report: Report, about: About, now: datetime) -> Paper:
    more = len(report.rows) - MOST_ROWS
    rectified = changes(report, about)
    return Paper(
        lang=language(),
        title=full_title(report, about),
        made=_("Made on %(when)s.") % {"when": date_in_words(now)},
        notes=[
            note
            for note in (
                *notes_of(report, about),
                _("The tables show the first %(n)s lines; the workbook has all.") % {"n": MOST_ROWS}
                if more > 0
                else "",
            )
            if note
        ],
        key_title=_("Key figures"),
        before=before_note(about.before, report) if about.before else "",
        figures=[
            [
                str(one.label),
                figure(report.total[one.key], one) or "–",
                shares(report.total[one.key]) or why_not_shown(report, one),
                _before(about.before, one),
            ]
            for one in key_figures(report)
        ],
        changes_title=_("Rectified"),
        changes=[changes_head(report), *map(list, rectified[:MOST_ROWS])] if rectified else [],
        parts=[_part(report, section) for section in sections_of(report)],
        meaning=_("What these figures mean"),
        definitions=[
            [str(text) for text in (one.label, one.unit.label, one.definition, one.formula)] for one in INDICATORS
        ],
        foot=_("Mon espace santé – network of structures ambassadrices"),
    )


def _before(before: Report | None, one: Indicator) -> str:
    """« avant : 12 », or '' where there is nothing to compare."""
    told = figure(before.total[one.key], one) if before is not None else ""
    return _("before: %(figure)s") % {"figure": told} if told else ""


def _part(report: Report, section: Section) -> Part:
    indicators = indicators_of(report, section)
    drawn = BY_KEY[section.drawn]
    rows = report.rows[:MOST_ROWS]
    values = [row[drawn.key].value or 0 for row in rows]
    largest = max([1.0 if drawn.is_rate else 0.0, *values])

    def line(row: Row) -> list[str]:
        return [row.label, *(figure(row[one.key], one) or "–" for one in indicators)]

    return Part(
        title=str(section.label),
        caption=_("%(what)s, by %(by)s") % {"what": section.label, "by": str(report.by.label).lower()},
        head=[str(report.by.label), *(str(one.label) for one in indicators)],
        rows=[line(row) for row in rows],
        total=line(report.total),
        drawn=str(drawn.label),
        bars=[round(value / largest, 4) if largest else 0.0 for value in values],
    )
