"""Where nothing happens in a coordinator's territory (F10)."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.reports.coverage import MONTHS, USUAL_MONTHS, coverage_of
from ateliers.reports.wording import percentage, whole
from ateliers.web.answers import page


@get("/coordination/couverture")
async def show_coverage(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """Communes without an event, and silent signatories, over so many months."""
    asked = request.query_params.get("mois", "")
    months = int(asked) if asked in {str(one) for one in MONTHS} else USUAL_MONTHS
    return page(
        "coordination/coverage.html",
        coverage=await coverage_of(me, months=months, now=now()),
        choices=MONTHS,
        percentage=percentage,
        whole=whole,
    )


ROUTES: list[Any] = [show_coverage]
