"""What the two doors' report pages share: the question asked, the charts' geometry, the files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response
from litestar.response import Stream
from msgspec import Meta

from ateliers.agenda.kinds import Kind
from ateliers.refusals import Invalid
from ateliers.reports.exports import (
    dictionary_csv,
    masking_note,
    percentage,
    report_csv,
    report_xlsx,
    title,
    why_empty,
)
from ateliers.reports.indicators import BY_KEY, INDICATORS, Section
from ateliers.reports.report import Cell, Grouping, Rate, Report, report
from ateliers.reports.scope import Scope
from ateliers.web.fields import parse
from ateliers.web.forms import Form
from ateliers.words import PARIS, language

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_DRAWN = 15  # bars of a chart; the table beside it has all lines
MOST_ROWS = 500  # of a table on the page; the files have all
MOST_MONTHS = 24
MONTHS = 12  # of the usual report, this one included
WIDTH, BAR, HEIGHT = 360, 46, 200  # units of a chart's drawing
LONGEST_LABEL = 36


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which figures: the days are both included."""

    start: Annotated[date, Meta(title="First day")]
    end: Annotated[date, Meta(title="Last day")]
    by: Annotated[Grouping, Meta(title="One line for each")]
    kind: Annotated[Kind | None, Meta(title="Kind")] = None


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


def asked_of(request: Request[Any, Any, Any], *, by: Grouping, now: datetime) -> Form[Asked]:
    """The question in the address; what it leaves out is the last twelve months, by `by`."""
    today = now.astimezone(ZoneInfo(PARIS)).date()
    year, month = divmod(today.year * 12 + today.month - MONTHS, 12)
    first = date(year, month + 1, 1)
    usual = {"start": [first.isoformat()], "end": [today.isoformat()], "by": [by.value]}
    given = {
        name: request.query_params.getall(name)
        for name in ("start", "end", "by", "kind")
        if name in request.query_params
    }
    raw = usual | given
    data, errors = parse(Asked, raw, typed=False)
    return Form(Asked, raw, data, errors, sent=True)


async def report_of(form: Form[Asked], scope: Scope, *, now: datetime) -> Report | None:
    """The report asked for; None when the question is wrong, its errors then stand in the form."""
    asked = form.data
    if asked is None:
        return None
    try:
        return await report(by=asked.by, start=asked.start, end=asked.end, kind=asked.kind, scope=scope, now=now)
    except Invalid as refusal:
        form.refuse(refusal)
        return None


async def report_page(
    request: Request[Any, Any, Any], scope: Scope, *, path: str, by: Grouping, now: datetime
) -> Response[bytes]:
    """The page: filters, key figures, and section by section a chart, its table, and what the figures mean."""
    form = asked_of(request, by=by, now=now)
    made = await report_of(form, scope, now=now)
    sections = [
        (section, [one for one in INDICATORS if one.section is section], _chart(made, section.drawn) if made else None)
        for section in Section
    ]
    return form.page(
        "report.html",
        report=made,
        sections=sections,
        heading=title(made) if made else "",
        note=masking_note(made) if made else "",
        path=path,
        query=str(request.url.query),
        rows=made.rows[:MOST_ROWS] if made else [],
        has_rows=not scope.is_outside,
        shown=shown,
        shares=shares,
    )


async def report_file(
    request: Request[Any, Any, Any], scope: Scope, *, kind: str, by: Grouping, now: datetime
) -> Response[bytes]:
    """The same report as a file ('csv' or 'xlsx')."""
    form = asked_of(request, by=by, now=now)
    made = await report_of(form, scope, now=now)
    if made is None:
        raise Invalid({name: messages[0].message for name, messages in form.errors.items()})
    # In a thread: a workbook of every commune takes seconds, and others are waiting for their pages.
    content = await asyncio.to_thread(report_csv if kind == "csv" else report_xlsx, made)
    media = CSV if kind == "csv" else XLSX
    return file(content, media, f"rapport-{made.by.value}-{made.start}-{made.end}.{kind}")


def dictionary_file() -> Response[bytes]:
    """What the figures mean, as CSV."""
    return file(dictionary_csv(), CSV, "rapport-definitions.csv")


def file(content: bytes, media: str, name: str) -> Response[bytes]:
    """A download."""
    return Response(content, media_type=media, headers=_named(name))


def stream(chunks: AsyncIterator[bytes], name: str) -> Stream:
    """A download that is written while it is read."""
    return Stream(chunks, media_type=CSV, headers=_named(name))


def _named(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"'}


def shown(found: Cell | Rate) -> str:
    """A figure as a page writes it: « 1 234 », « 83,3 % », « moins de 5 », or '' when there is nothing to divide."""
    if found.value is None:
        return why_empty(found)
    if isinstance(found, Rate):
        return f"{percentage(found.value)}\u00a0%" if language() == "fr" else f"{percentage(found.value)}%"
    return f"{found.value:,}".replace(",", "\u00a0" if language() == "fr" else ",")


def shares(found: Cell | Rate) -> str:
    """Numerator and denominator of a rate that is shown: '10 / 12'; else ''."""
    if not isinstance(found, Rate) or found.value is None:
        return ""
    return f"{shown(found.numerator)}\u00a0/\u00a0{shown(found.denominator)}"


def _drawn_text(found: Cell | Rate) -> str:
    """A figure short enough to stand on a bar: rates without decimals."""
    if isinstance(found, Rate) and found.value is not None:
        return f"{found.value:.0%}".replace("%", "\u00a0%" if language() == "fr" else "%")
    return shown(found)


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
    bars = _columns(drawn, largest) if is_columns else _bars(drawn, largest)
    return Chart(
        bars=bars,
        height=HEIGHT if is_columns else BAR * len(bars),
        is_columns=is_columns,
        left_out=len(figures) - len(drawn),
    )


def _bars(figures: Sequence[tuple[str, Cell | Rate]], largest: float) -> list[Bar]:
    """One below the other, label above each, room for the figure at its end."""
    return [
        Bar(
            _short(label),
            _drawn_text(found),
            0,
            n * BAR + 20,
            round((WIDTH - 90) * (found.value or 0) / largest, 1),
            16,
        )
        for n, (label, found) in enumerate(figures)
    ]


def _columns(figures: Sequence[tuple[str, Cell | Rate]], largest: float) -> list[Bar]:
    """One beside the other, from left to right."""
    step = WIDTH / len(figures)
    room = HEIGHT - 44
    made = []
    for n, (label, found) in enumerate(figures):
        height = round(room * (found.value or 0) / largest, 1)
        made.append(
            Bar(
                _short(label),
                _drawn_text(found),
                round(n * step + step * 0.12, 1),
                20 + room - height,
                round(step * 0.76, 1),
                height,
            )
        )
    return made


def _short(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1].rstrip()}…"
