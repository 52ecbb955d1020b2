"""Figures of the structures a manager manages: page, files, and their sessions and bookings row by row."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.response import Stream

from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.refusals import Invalid
from ateliers.reports.grouping import Grouping
from ateliers.reports.rows import booking_rows, session_rows
from ateliers.reports.scope import own_structures
from ateliers.web.reporting import FILES, asked_of, dictionary_file, report_file, report_page, stream

PATH = "/espace/rapports"
USUAL = Grouping.MONTH


@get(PATH)
async def show_report(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """The report."""
    return await report_page(request, own_structures(me), path=PATH, by=USUAL, now=now())


@get([f"{PATH}/rapport.{kind}" for kind in FILES])
async def download_report(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """The report as a file, with its data dictionary."""
    return await report_file(request, own_structures(me), by=USUAL, now=now())


@get(f"{PATH}/definitions.csv")
async def download_dictionary(me: NamedDependency[Person]) -> Response[bytes]:
    """What the figures mean."""
    own_structures(me)
    return dictionary_file()


@get(f"{PATH}/seances.csv")
async def download_sessions(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Stream:
    """Their sessions, one a line."""
    form = asked_of(request, by=USUAL, now=now())
    if form.data is None:
        raise Invalid({name: messages[0].message for name, messages in form.errors.items()})
    asked = form.data
    rows = await session_rows(start=asked.start, end=asked.end, kind=asked.kind, scope=own_structures(me), now=now())
    return stream(rows, f"seances-{asked.start}-{asked.end}.csv")


@get(f"{PATH}/inscriptions.csv")
async def download_bookings(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Stream:
    """Their bookings, one a line, without names."""
    form = asked_of(request, by=USUAL, now=now())
    if form.data is None:
        raise Invalid({name: messages[0].message for name, messages in form.errors.items()})
    asked = form.data
    rows = await booking_rows(start=asked.start, end=asked.end, kind=asked.kind, scope=own_structures(me), now=now())
    return stream(rows, f"inscriptions-{asked.start}-{asked.end}.csv")


ROUTES: list[Any] = [
    show_report,
    download_report,
    download_dictionary,
    download_sessions,
    download_bookings,
]
