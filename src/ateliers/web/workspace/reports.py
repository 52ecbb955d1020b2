"""Figures of the structures a manager manages: page, files, closings, links, and their sessions and bookings one by one."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.response import Stream

from ateliers import clock
from ateliers.documents.sheets import Format
from ateliers.network.people import Person
from ateliers.reports.grouping import Grouping
from ateliers.reports.rows import Lines, booking_rows, csv_of, session_rows, workbook_of
from ateliers.reports.scope import own_structures
from ateliers.web.reporting import CSV, file, named, question_of, report_routes, wrong_question
from ateliers.web.settled_figures import settled_routes
from ateliers.words import gettext

PATH = "/espace/rapports"
USUAL = Grouping.MONTH
ROWS_FILES = ("csv", *(one.value for one in Format))


@get([f"{PATH}/seances.{kind}" for kind in ROWS_FILES])
async def download_sessions(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes] | Stream:
    """Their sessions, one a line."""
    return await _rows_file(request, me, session_rows, gettext("Sessions"))


@get([f"{PATH}/inscriptions.{kind}" for kind in ROWS_FILES])
async def download_bookings(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes] | Stream:
    """Their bookings, one a line, without names."""
    return await _rows_file(request, me, booking_rows, gettext("Bookings"))


async def _rows_file(
    request: Request[Any, Any, Any], me: Person, rows: Callable[..., Coroutine[Any, Any, Lines]], sheet: str
) -> Response[bytes] | Stream:
    """CSV is written while it is read; a workbook is sent when it is whole."""
    now = clock.now()
    question = await question_of(request, own_structures(me), by=USUAL, now=now)
    asked = question.form.data
    if asked is None:
        raise wrong_question(question.form)
    lines = await rows(start=asked.start, end=asked.end, kind=asked.kind, scope=question.scope, now=now)
    stem, _, kind = request.url.path.rpartition("/")[2].partition(".")
    name = f"{stem}-{asked.start}-{asked.end}.{kind}"
    if kind == "csv":
        return Stream(csv_of(lines), media_type=CSV, headers=named(name))
    format = Format(kind)
    return file(await workbook_of(lines, sheet, format), format.media_type, name)


ROUTES: list[Any] = [
    *report_routes(PATH, own_structures, by=USUAL),
    download_sessions,
    download_bookings,
    *settled_routes("/espace"),
]
