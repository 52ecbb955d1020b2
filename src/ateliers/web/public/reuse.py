"""« Réutiliser les données »: the files, feeds and interfaces that anybody may build on, column by column."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from ateliers.exchange.directory import LABEL
from ateliers.exchange.open_data.columns import ALL
from ateliers.places.place import Accessibility
from ateliers.web.answers import page
from ateliers.web.api.open_data import LICENCE


@get("/donnees", include_in_schema=False)
async def show_reuse() -> Response[bytes]:
    """Licence, addresses, and what each column means."""
    return page("public/reuse.html", licence=LICENCE, columns=ALL, facts=list(Accessibility), label=LABEL)


ROUTES: list[Any] = [show_reuse]
