"""Figures of a territory, for coordinators, funders and the national team; small counts are hidden."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.reports.grouping import Grouping
from ateliers.reports.scope import territory
from ateliers.web.reporting import FILES, dictionary_file, report_file, report_page

PATH = "/coordination/rapports"
USUAL = Grouping.DEPARTEMENT


@get(PATH)
async def show_report(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """The report."""
    return await report_page(request, territory(me), path=PATH, by=USUAL, now=now())


@get([f"{PATH}/rapport.{kind}" for kind in FILES])
async def download_report(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """The report as a file, with its data dictionary."""
    return await report_file(request, territory(me), by=USUAL, now=now())


@get(f"{PATH}/definitions.csv")
async def download_dictionary(me: NamedDependency[Person]) -> Response[bytes]:
    """What the figures mean."""
    territory(me)
    return dictionary_file()


ROUTES: list[Any] = [show_report, download_report, download_dictionary]
