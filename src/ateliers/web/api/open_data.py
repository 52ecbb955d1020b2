"""Open data of the network under Licence Ouverte 2.0: structures in the national schema (A15), sessions and their changes (B20)."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from litestar.response import Stream
from msgspec import Meta

from ateliers import __version__
from ateliers.clock import now
from ateliers.documents.csv_tables import csv_text, safe
from ateliers.exchange.directory import as_csv, directory_place
from ateliers.exchange.open_data.columns import ALL, KINDS, Told, row_of, schema
from ateliers.exchange.open_data.openagenda import read_events
from ateliers.exchange.open_data.reading import Cursor, Page, Wanted, begin, read_all, read_page, read_state
from ateliers.network.structures import list_signatories
from ateliers.refusals import Invalid
from ateliers.rendering import absolute
from ateliers.web.api.asking import check_moment, query_of
from ateliers.web.api.description import JSON, described
from ateliers.words import language

CSV = "text/csv"
TAG = "open data"
FRESH = {"cache-control": "public, max-age=300", "access-control-allow-origin": "*"}
LICENCE = "https://www.etalab.gouv.fr/licence-ouverte-open-licence/"
MOST_ROWS = 5000  # in one page
AT_ONCE = 1000  # rows of a whole file read and written together
NOT_TEXT = {"telephone", "id", "debut", "fin"}  # columns where nothing could be a formula, or must stay as it is

Departement = Annotated[str, Meta(max_length=3)]
Region = Annotated[str, Meta(max_length=3)]
Slug = Annotated[str, Meta(max_length=80)]
KindCode = Annotated[str, Meta(max_length=20)]


class RowsAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which sessions. With updated_since, or a cursor of changes, only what has changed since, withdrawals included."""

    updated_since: Annotated[datetime, Meta(tz=True)] | None = None
    cursor: Annotated[str, Meta(max_length=120)] | None = None
    limit: Annotated[int, Meta(ge=1, le=MOST_ROWS)] | None = None
    departement: Departement | None = None
    region: Region | None = None
    structure: Slug | None = None
    type: KindCode | None = None

    def wanted(self) -> Wanted:
        """Raises Invalid."""
        return _wanted(self.departement, self.region, self.structure, self.type)

    async def start(self) -> Cursor:
        """Where to begin. Raises Invalid."""
        if self.updated_since is not None:
            check_moment("updated_since", self.updated_since)
            if self.cursor is not None:
                raise Invalid({"cursor": "Give either a cursor or a moment."})
        return Cursor.of(self.cursor) if self.cursor is not None else await begin(self.updated_since)


class EventsAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events; `after` is what the answer before gave."""

    size: Annotated[int, Meta(ge=1, le=300)] = 100
    after: Annotated[str, Meta(max_length=120, pattern=r"^[0-9]{1,12},[0-9a-f/-]{1,80}$")] | None = None
    departement: Departement | None = None
    region: Region | None = None
    structure: Slug | None = None
    type: KindCode | None = None


@get(
    "/donnees/structures.csv",
    opt=described(summary="Signatory structures in the national schema, as CSV", tag=TAG, media_types=(CSV,)),
)
async def structures_csv() -> Response[bytes]:
    """Every signatory as a row."""
    return _file(as_csv([directory_place(one) for one in await list_signatories()]), CSV)


@get("/donnees/structures.json", opt=described(summary="Signatory structures in the national schema", tag=TAG))
async def structures_json() -> Response[bytes]:
    """Every signatory as an object."""
    return _file(msgspec.json.encode([directory_place(one) for one in await list_signatories()]), JSON)


@get(
    "/donnees/seances.json",
    opt=described(summary="Public sessions, past and to come, and what changes of them", tag=TAG, query=RowsAsked),
)
async def sessions_json(request: Request[Any, Any, Any]) -> Response[bytes]:
    """A page of rows, with the address of the next, or of what will have changed."""
    asked = query_of(request, RowsAsked)
    wanted, cursor = asked.wanted(), await asked.start()
    tag = await _tag(request)
    if tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers={**FRESH, "etag": tag})
    page = await read_page(wanted, cursor, limit=asked.limit or AT_ONCE, now=now())
    body = {
        "licence": LICENCE,
        "source": absolute("/donnees"),
        "seances": [row_of(told) for told in page.rows],
        "suite": _link(request, page.next),
        "changements": _link(request, page.changes),
    }
    return _file(msgspec.json.encode(body), JSON, {"etag": tag, **_links(request, page)})


@get(
    "/donnees/seances.csv",
    opt=described(
        summary="The same as CSV: the whole in one file, or with a limit in pages",
        tag=TAG,
        query=RowsAsked,
        media_types=(CSV,),
    ),
)
async def sessions_csv(request: Request[Any, Any, Any]) -> Response[Any]:
    """All rows in one answer, written while they are read; with a limit one page, whose next one a Link header names."""
    asked = query_of(request, RowsAsked)
    wanted, cursor, moment = asked.wanted(), await asked.start(), now()
    tag = await _tag(request)
    if tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers={**FRESH, "etag": tag})
    if asked.limit is not None:
        page = await read_page(wanted, cursor, limit=asked.limit, now=moment)
        return _file(_head() + _lines(page.rows), CSV, {"etag": tag, **_links(request, page)})
    headers = {**FRESH, "etag": tag, "content-disposition": 'attachment; filename="seances.csv"'}
    return Stream(_written(wanted, cursor, moment), media_type=CSV, headers=headers)


@get("/donnees/seances.schema.json", opt=described(summary="The columns of sessions as a Table Schema", tag=TAG))
async def sessions_schema() -> Response[bytes]:
    """What each column is."""
    return _file(msgspec.json.encode(schema()), JSON)


@get(
    "/donnees/openagenda.json",
    opt=described(summary="Events to come in the shape of OpenAgenda's API", tag=TAG, query=EventsAsked),
)
async def openagenda_json(request: Request[Any, Any, Any]) -> Response[bytes]:
    """A page of events; `after`, given back, leads to the next."""
    asked = query_of(request, EventsAsked)
    wanted = _wanted(asked.departement, asked.region, asked.structure, asked.type)
    after = None
    if asked.after is not None:
        seconds, _, name = asked.after.partition(",")
        after = int(seconds), name
    total, events, following = await read_events(wanted, size=asked.size, after=after, now=now())
    body = {"total": total, "events": events, "after": None if following is None else list(following)}
    return _file(msgspec.json.encode(body), JSON)


def _wanted(departement: str | None, region: str | None, structure: str | None, kind: str | None) -> Wanted:
    kinds = {code: kind for kind, code in KINDS.items()}
    if kind is not None and kind not in kinds:
        raise Invalid({"type": "Choose one of the answers offered."})
    wanted = Wanted(
        departement=departement, region=region, structure=structure, kind=None if kind is None else kinds[kind]
    )
    wanted.check()
    return wanted


async def _written(wanted: Wanted, cursor: Cursor, moment: datetime) -> AsyncIterator[bytes]:
    yield _head()
    async for rows in read_all(wanted, cursor, at_once=AT_ONCE, now=moment):
        yield _lines(rows)


def _head() -> bytes:
    return (",".join(column.name for column in ALL) + "\r\n").encode()


def _lines(rows: list[Told]) -> bytes:
    return csv_text(([_cell(*pair) for pair in row_of(told).items()] for told in rows), delimiter=",").encode()


def _cell(name: str, value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return safe(value) if isinstance(value, str) and name not in NOT_TEXT else value


async def _tag(request: Request[Any, Any, Any]) -> str:
    """Changes when the open data do, or another page or language is asked for."""
    state = await read_state()
    query = request.scope.get("query_string", b"").decode("latin-1")
    told = f"{__version__} {language()} {request.scope['path']}?{query} {state.sessions} {state.latest.isoformat()}"
    return f'"{hashlib.blake2b(told.encode(), digest_size=12).hexdigest()}"'


def _link(request: Request[Any, Any, Any], cursor: Cursor | None) -> str | None:
    """The same question from another place on."""
    if cursor is None:
        return None
    kept = [
        (name, value) for name, value in request.query_params.multi_items() if name not in ("cursor", "updated_since")
    ]
    return absolute(f"{request.scope['path']}?{urlencode([*kept, ('cursor', str(cursor))])}")


def _links(request: Request[Any, Any, Any], page: Page) -> dict[str, str]:
    """The same as a Link header (RFC 8288), for files that have no room for it."""
    named = (("next", _link(request, page.next)), ("monitor", _link(request, page.changes)))
    told = ", ".join(f'<{link}>; rel="{rel}"' for rel, link in named if link is not None)
    return {"link": told} if told else {}


def _file(body: bytes, kind: str, headers: dict[str, str] | None = None) -> Response[bytes]:
    return Response(body, media_type=kind, headers=FRESH | (headers or {}))


ROUTES: list[Any] = [
    structures_csv,
    structures_json,
    sessions_json,
    sessions_csv,
    sessions_schema,
    openagenda_json,
]
