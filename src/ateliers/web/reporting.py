"""Report pages of every door: the question asked, the charts' geometry, the files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from msgspec import Meta

from ateliers import clock
from ateliers.agenda.kinds import Kind
from ateliers.documents.sheets import Format
from ateliers.network.people import Person
from ateliers.refusals import Invalid
from ateliers.reports.exports import About, dictionary_csv, report_csv, report_json, report_workbook
from ateliers.reports.extents import Extent, UnknownExtent, extents_within, narrow, scope_text
from ateliers.reports.grouping import Grouping
from ateliers.reports.indicator import Indicator
from ateliers.reports.indicators import BY_KEY
from ateliers.reports.paper import report_pdf
from ateliers.reports.periods import MONTH, QUARTER, Period, nearest_told, periods_around, told_by, year_of
from ateliers.reports.report import Cell, Rate, Report, report, report_before
from ateliers.reports.scope import Scope
from ateliers.reports.snapshots import Rectified, compare
from ateliers.reports.wording import (
    before_note,
    before_text,
    figure,
    indicators_of,
    key_figures,
    masking_note,
    nearest_text,
    sections_of,
    shares,
    title,
    why_not_shown,
)
from ateliers.web.fields import parse
from ateliers.web.forms import Form
from ateliers.web.report_map import territories_map
from ateliers.words import date_in_words, gettext, language, ngettext, today_of

CSV = "text/csv"  # the framework adds the charset
FILES = ("xlsx", "ods", "csv", "json", "pdf")
MOST_DRAWN = 15  # bars of a chart; the table beside it has all lines
MOST_ROWS = 500  # of a table on the page; the files have all
MOST_MONTHS = 24
KEPT = ("by", "kind", "where")  # whatever the period
ASKED = ("start", "end", *KEPT)
MONTHS = 12  # of the usual report, this one included
WIDTH, BAR, HEIGHT = 360, 46, 200  # units of a chart's drawing
LONGEST_LABEL = 36


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which figures: the days are both included."""

    start: Annotated[date, Meta(title="First day")]
    end: Annotated[date, Meta(title="Last day")]
    by: Annotated[Grouping, Meta(title="One line for each")]
    kind: Annotated[Kind | None, Meta(title="Kind")] = None
    where: Annotated[str, Meta(max_length=80, title="Territory")] = ""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """The form, the choices of territory it offers, and whose figures it is about."""

    form: Form[Asked]
    extents: list[Extent]
    scope: Scope


class Bar(msgspec.Struct, frozen=True):
    """One bar of a chart, placed."""

    label: str
    text: str  # the figure, or why it is not shown
    x: float
    y: float
    width: float
    height: float


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """A drawing of one indicator; columns for months, else bars."""

    bars: list[Bar]
    height: int
    is_columns: bool
    left_out: int  # lines that are only in the table


def report_routes(path: str, scope_of: Callable[[Person], Scope], *, by: Grouping) -> list[Any]:
    """The report under `path`, its files and its dictionary, of what `scope_of` lets the reader see; usually by `by`."""

    @get(path)
    async def show_report(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
        """The report."""
        return await _report_page(request, scope_of(me), path=path, by=by, now=clock.now())

    @get([f"{path}/rapport.{kind}" for kind in FILES])
    async def download_report(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
        """The same report as a file: which one, the address says."""
        now = clock.now()
        question = await question_of(request, scope_of(me), by=by, now=now)
        made = await _report_of(question, now=now)
        if made is None:
            raise wrong_question(question.form)
        before = await report_before(made, question.scope, now=now)
        return await file_of(made, request.url.path.rpartition(".")[2], question.scope, before=before, now=now)

    @get(f"{path}/definitions.csv")
    async def download_dictionary(me: NamedDependency[Person]) -> Response[bytes]:
        """What the figures mean."""
        scope_of(me)
        return dictionary_file()

    return [show_report, download_report, download_dictionary]


async def question_of(request: Request[Any, Any, Any], scope: Scope, *, by: Grouping, now: datetime) -> Question:
    """What the address asks of a scope; what it leaves out is the usual period, by `by`, of all of it."""
    period = usual_period(scope, today_of(now))
    usual = {"start": [period.start.isoformat()], "end": [period.end.isoformat()], "by": [by.value]}
    given = {name: request.query_params.getall(name) for name in ASKED if name in request.query_params}
    raw = usual | given
    data, errors = parse(Asked, raw, typed=False)
    form = Form(Asked, raw, data, errors, sent=True)
    extents = await extents_within(scope)
    if data is not None:
        try:
            scope = narrow(scope, extents, data.where)
        except UnknownExtent as refusal:
            form.refuse(refusal)
    return Question(form=form, extents=extents, scope=scope)


def usual_period(scope: Scope, today: date) -> Period:
    """The calendar year outside the structures, where people are told by whole months and quarters; inside the last twelve months."""
    if scope.is_outside:
        return year_of(today.year)
    year, month = divmod(today.year * 12 + today.month - MONTHS, 12)
    return Period(date(year, month + 1, 1), today)


async def _report_of(question: Question, *, now: datetime) -> Report | None:
    """The report asked for; None when the question is wrong, its errors then stand in the form."""
    asked = question.form.data
    if asked is None:
        return None
    try:
        return await report(
            by=asked.by, start=asked.start, end=asked.end, kind=asked.kind, scope=question.scope, now=now
        )
    except Invalid as refusal:
        question.form.refuse(refusal)
        return None


def shown_in(made: Report | None, scope: Scope) -> dict[str, Any]:
    """What a template shows of a report."""
    return {
        "report": made,
        "sections": [
            (section, indicators_of(made, section), _chart(made, section.drawn)) for section in sections_of(made)
        ]
        if made
        else [],
        "heading": title(made) if made else "",
        "note": masking_note(made) if made else "",
        "nearest": nearest_told(made.by, made.kind, made.period) if made and not made.is_told else [],
        "nearest_text": nearest_text,
        "why": why_not_shown,
        "key_figures": key_figures(made) if made else [],
        "rows": made.rows[:MOST_ROWS] if made else [],
        "territories": territories_map(made, scope) if made else None,
        "shown": figure,
        "before_text": before_text,
        "before_note": before_note,
        "shares": shares,
    }


async def _report_page(
    request: Request[Any, Any, Any], scope: Scope, *, path: str, by: Grouping, now: datetime
) -> Response[bytes]:
    """The page: filters, key figures, and section by section a chart, its table, and what the figures mean."""
    question = await question_of(request, scope, by=by, now=now)
    made = await _report_of(question, now=now)
    usual = usual_period(scope, today_of(now))
    asked = question.form.data
    shortest = told_by(asked.by, asked.kind) or QUARTER if asked and scope.is_outside else MONTH
    return question.form.page(
        "report.html",
        usual=usual,
        periods=periods_around(made.period if made else usual, today_of(now), shortest=shortest),
        kept=urlencode({name: question.form[name].value for name in KEPT} if made else {}),
        **shown_in(made, question.scope),
        subject=await subject_of(made, question.scope) if made else "",
        before=await report_before(made, question.scope, now=now) if made else None,
        rectified=await compare(made, question.scope) if made else None,
        extents=question.extents,
        path=path,
        query=str(request.url.query),
        is_outside=scope.is_outside,
        home=path.removesuffix("/rapports"),
    )


async def subject_of(made: Report, scope: Scope) -> str:
    """Whose figures, and of which kind of event when not of all."""
    where = await scope_text(scope)
    return f"{where} – {made.kind.label}" if made.kind else where


def wrong_question(form: Form[Asked]) -> Invalid:
    """What is wrong with the question, for a file: it has no page to say so."""
    return Invalid({name: messages[0].message for name, messages in form.errors.items()})


async def file_of(
    made: Report, kind: str, scope: Scope, *, before: Report | None = None, now: datetime
) -> Response[bytes]:
    """A report of that scope as a file of that kind, one of FILES: whose figures, and what was rectified, stand in it."""
    rectified = await compare(made, scope)
    about = About(
        subject=await subject_of(made, scope),
        notes=_closing_notes(rectified),
        closed=rectified.before if rectified else {},
        before=before,
    )
    # In a thread: a workbook of every commune takes a while, and others are waiting for their pages.
    if kind == "pdf":
        content, media = await report_pdf(made, about, now=now), "application/pdf"
    elif kind in {one.value for one in Format}:
        content, media = await asyncio.to_thread(report_workbook, made, Format(kind), about), Format(kind).media_type
    elif kind == "json":
        content, media = report_json(made, about), "application/json"
    else:
        content, media = await asyncio.to_thread(report_csv, made, about), CSV
    return file(content, media, f"rapport-{made.by.value}-{made.start}-{made.end}.{kind}")


def _closing_notes(rectified: Rectified | None) -> list[str]:
    """What a reader must know of a closing: when, which hash, and how much changed since."""
    if rectified is None:
        return []
    notes = [
        gettext("These figures were closed on %(day)s. Hash of the frozen figures (SHA-256): %(hash)s")
        % {"day": date_in_words(rectified.closed_at), "hash": rectified.snapshot.hash}
    ]
    if rectified.count:
        notes.append(
            ngettext("%(num)s figure was rectified since.", "%(num)s figures were rectified since.", rectified.count)
            % {"num": rectified.count}
        )
    elif rectified.is_compared:
        notes.append(gettext("Nothing was rectified since."))
    if not rectified.is_closed:
        notes.append(gettext("The period is open again: figures may still change."))
    if rectified.gone:
        notes.append(gettext("No longer there: %(names)s.") % {"names": ", ".join(rectified.gone)})
    return notes


def dictionary_file() -> Response[bytes]:
    """What the figures mean, as CSV."""
    return file(dictionary_csv(), CSV, "rapport-definitions.csv")


def file(content: bytes, media: str, name: str) -> Response[bytes]:
    """A download."""
    return Response(content, media_type=media, headers=named(name))


def named(name: str) -> dict[str, str]:
    """The headers of a download called `name`."""
    return {"content-disposition": f'attachment; filename="{name}"'}


def _drawn_text(found: Cell | Rate, indicator: Indicator) -> str:
    """A figure short enough to stand on a bar: rates without decimals."""
    if isinstance(found, Rate) and found.value is not None:
        return f"{found.value:.0%}".replace("%", "\u00a0%" if language() == "fr" else "%")
    return figure(found, indicator)


def _chart(made: Report, key: str) -> Chart | None:
    """The drawing, or None when there is nothing to compare."""
    figures = [(row.label, row[key]) for row in made.rows]
    is_columns = made.by is Grouping.MONTH and len(figures) <= MOST_MONTHS
    drawn = figures
    if not is_columns and len(figures) > MOST_DRAWN:
        drawn = sorted(figures, key=lambda one: -(one[1].value or 0))[:MOST_DRAWN]
    largest = max((found.value or 0 for _label, found in drawn), default=0)
    if not largest:
        return None
    if BY_KEY[key].is_rate:
        largest = max(largest, 1)  # a full bar is 100 %
    bars = _columns(drawn, largest, key) if is_columns else _bars(drawn, largest, key)
    return Chart(
        bars=bars,
        height=HEIGHT if is_columns else BAR * len(bars),
        is_columns=is_columns,
        left_out=len(figures) - len(drawn),
    )


def _bars(figures: Sequence[tuple[str, Cell | Rate]], largest: float, key: str) -> list[Bar]:
    """One below the other, label above each, room for the figure at its end."""
    return [
        Bar(
            _short(label),
            _drawn_text(found, BY_KEY[key]),
            0,
            n * BAR + 20,
            round((WIDTH - 90) * (found.value or 0) / largest, 1),
            16,
        )
        for n, (label, found) in enumerate(figures)
    ]


def _columns(figures: Sequence[tuple[str, Cell | Rate]], largest: float, key: str) -> list[Bar]:
    """One beside the other, from left to right."""
    step = WIDTH / len(figures)
    room = HEIGHT - 44
    made = []
    for n, (label, found) in enumerate(figures):
        height = round(room * (found.value or 0) / largest, 1)
        made.append(
            Bar(
                _short(label),
                _drawn_text(found, BY_KEY[key]),
                round(n * step + step * 0.12, 1),
                20 + room - height,
                round(step * 0.76, 1),
                height,
            )
        )
    return made


def _short(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1].rstrip()}…"
