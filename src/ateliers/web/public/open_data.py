"""Open data of the network, under Licence Ouverte 2.0: signatory structures in the national schema (A15)."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get

from ateliers.exchange.directory import as_csv, directory_place
from ateliers.network.structures import list_signatories

FRESH = "public, max-age=900"


@get("/donnees/structures.csv")
async def structures_csv() -> Response[bytes]:
    """Every signatory as a row."""
    return _file(as_csv([directory_place(one) for one in await list_signatories()]), "text/csv; charset=utf-8")


@get("/donnees/structures.json")
async def structures_json() -> Response[bytes]:
    """Every signatory as an object."""
    places = [directory_place(one) for one in await list_signatories()]
    return _file(msgspec.json.encode(places), "application/json")


def _file(body: bytes, kind: str) -> Response[bytes]:
    return Response(body, media_type=kind, headers={"cache-control": FRESH, "access-control-allow-origin": "*"})


ROUTES: list[Any] = [structures_csv, structures_json]
