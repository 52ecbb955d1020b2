"""Figures of a structure, for its own software (scope reports)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
from litestar import Request, Response, get

from ateliers.agenda.kinds import Kind
from ateliers.clock import now
from ateliers.reports.grouping import Grouping
from ateliers.reports.report import report
from ateliers.reports.scope import own_structures
from ateliers.web.api.asking import author_of, query_of, renamed
from ateliers.web.api.description import JSON, described
from ateliers.web.api.shapes import encoded
from ateliers.words import today_of

NAMES = {"start": "from", "end": "to"}
YEAR = timedelta(days=364)  # before its last day: both are counted


class ReportAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which figures. Days are both included; left out, the last 365."""

    by: Grouping = Grouping.STRUCTURE
    start: date | None = msgspec.field(name="from", default=None)
    end: date | None = msgspec.field(name="to", default=None)
    kind: Kind | None = None


class IndicatorShown(msgspec.Struct, frozen=True, kw_only=True):
    """What a figure means."""

    key: str
    label: str
    definition: str
    formula: str
    unit: str
    numerator: str | None
    denominator: str | None


class RowShown(msgspec.Struct, frozen=True, kw_only=True):
    """A line of figures, by key of the indicator; null where there is nothing to divide or it is masked."""

    key: str
    label: str
    figures: dict[str, float | None]
    masked: dict[str, str]


class ReportShown(msgspec.Struct, frozen=True, kw_only=True):
    """The report, its definitions with it."""

    by: str
    start: str = msgspec.field(name="from")
    end: str = msgspec.field(name="to")
    kind: str | None
    made_at: str
    indicators: list[IndicatorShown]
    rows: list[RowShown]
    total: RowShown


@get(
    "/api/v1/reports",
    opt=described(
        summary="Figures of the structure (scope reports)",
        tag="reports",
        query=ReportAsked,
        answer=ReportShown,
        security="token",
    ),
)
async def show_report(request: Request[Any, Any, Any]) -> Response[bytes]:
    """By structure, commune, département, région, kind or month."""
    by = await author_of(request, "reports")
    asked = query_of(request, ReportAsked)
    moment = now()
    end = asked.end or today_of(moment)
    with renamed(NAMES):
        made = await report(
            by=asked.by,
            start=asked.start or end - min(YEAR, end - date.min),
            end=end,
            kind=asked.kind,
            scope=own_structures(by),
            now=moment,
        )
    return Response(encoded(made.plain()), media_type=JSON)


ROUTES: list[Any] = [show_report]
