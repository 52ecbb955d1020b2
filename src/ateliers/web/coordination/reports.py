"""Figures of a territory, for coordinators, funders and the national team: small counts hidden, closings, shared links."""

from __future__ import annotations

from typing import Any

from ateliers.reports.grouping import Grouping
from ateliers.reports.scope import territory
from ateliers.web.reporting import report_routes
from ateliers.web.settled_figures import settled_routes

ROUTES: list[Any] = [
    *report_routes("/coordination/rapports", territory, by=Grouping.DEPARTEMENT),
    *settled_routes("/coordination"),
]
