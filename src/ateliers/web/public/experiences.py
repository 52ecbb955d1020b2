"""Shared experiences for everybody: by region and for the whole country, searched, and as feeds (F13)."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import HttpMethod, Request, Response, get, route
from litestar.params import FromPath
from msgspec import Meta

from ateliers.agenda.kinds import RULES, Kind
from ateliers.clock import now
from ateliers.exchange.feeds.experiences import FORMATS, experience_feed
from ateliers.experiences.experience import list_documents
from ateliers.experiences.papers import read_document
from ateliers.experiences.published import Shelf, count_by_region, get_published, list_published
from ateliers.places.territories import REGIONS
from ateliers.refusals import NotFound
from ateliers.web.answers import file_answer, page
from ateliers.web.embedding import colours_of, framed, framed_refusal
from ateliers.web.fields import parse
from ateliers.web.forms import Form, form_fields
from ateliers.web.public.embed import code_of
from ateliers.words import gettext

PATH = "/retours-d-experience"
PAGE_SIZE = 20
FRAMED = 6  # stories in a frame
COUNTRY = "france"  # stands for the whole country where a région's code would


class ExperienceSearch(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for among shared experiences."""

    q: Annotated[str, Meta(max_length=100, title="Words", description="For example: library, phones, first visit.")] = (
        ""
    )
    type: Annotated[Kind | None, Meta(title="Kind of event")] = None
    page: Annotated[int, Meta(ge=1, le=1000, title="Page")] = 1


@get(PATH)
async def show_country(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Those shared with the whole country, and the way to each region."""
    return await _list(request, Shelf())


@get(f"{PATH}/regions/{{region:str}}")
async def show_region(request: Request[Any, Any, Any], region: FromPath[str]) -> Response[bytes]:
    """Those of one region."""
    if region not in REGIONS:
        raise NotFound
    return await _list(request, Shelf(region=region))


@get(f"{PATH}/{{experience_id:uuid}}")
async def show_experience(experience_id: FromPath[UUID]) -> Response[bytes]:
    """One."""
    found = await get_published(experience_id)
    return page(
        "public/experience.html",
        experience=found,
        documents=await list_documents(found.id),
        region=REGIONS.get(found.region, ""),
    )


@get(f"{PATH}/documents/{{document_id:uuid}}")
async def read(document_id: FromPath[UUID]) -> Response[bytes]:
    """One of its files."""
    return file_answer(await read_document(document_id))


@route(f"{PATH}/flux/{{file:str}}", http_method=[HttpMethod.GET, HttpMethod.HEAD])
async def feed(file: FromPath[str]) -> Response[bytes]:
    """Those of a region (its INSEE code) or of the country (`france`) as Atom or JSON Feed. No cache keeps it unasked."""
    code, _dot, extension = file.rpartition(".")
    if extension not in FORMATS or (code != COUNTRY and code not in REGIONS):
        raise NotFound
    body = await experience_feed(Shelf(region=None if code == COUNTRY else code), extension, now=now())
    return Response(body, media_type=FORMATS[extension], headers={"access-control-allow-origin": "*"})


@get("/integre/retours/{code:str}", include_in_schema=False)
async def show_frame(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[bytes]:
    """The latest of a region or the country in another site's colours, for a frame."""
    colours = colours_of(form_fields(request.scope.get("query_string", b"")))
    if code != COUNTRY and code not in REGIONS:
        return framed_refusal(NotFound(), colours=colours)
    shelf = Shelf(region=None if code == COUNTRY else code)
    found, _count = await list_published(shelf, limit=FRAMED)
    return framed(
        "public/experiences_frame.html",
        colours=colours,
        title=_title(shelf),
        path=_home(shelf),
        experiences=found,
    )


def _title(shelf: Shelf) -> str:
    return gettext("Shared experiences: %(where)s") % {"where": REGIONS.get(shelf.region or "", gettext("France"))}


def _home(shelf: Shelf) -> str:
    return f"{PATH}/regions/{shelf.region}" if shelf.region else PATH


async def _list(request: Request[Any, Any, Any], shelf: Shelf) -> Response[bytes]:
    raw = form_fields(request.scope["query_string"])
    data, errors = parse(ExperienceSearch, raw, typed=False)
    asked = data or ExperienceSearch()
    found, count = await list_published(
        shelf, words=asked.q, kind=asked.type, limit=PAGE_SIZE, skip=(asked.page - 1) * PAGE_SIZE
    )
    counts = await count_by_region()
    return Form(ExperienceSearch, raw, data, errors, sent=True).page(
        "public/experiences.html",
        experiences=found if data is not None else [],
        count=count if data is not None else 0,
        number=asked.page,
        pages=max(1, -(-count // PAGE_SIZE)),
        region=shelf.region,
        code=shelf.region or COUNTRY,
        name=REGIONS.get(shelf.region or "", ""),
        regions=sorted((name, code, counts[code]) for code, name in REGIONS.items() if code in counts),
        kinds=[kind for kind in Kind if not RULES[kind].network_only],
        home=_home(shelf),
        code_to_copy=code_of(f"/integre/retours/{shelf.region or COUNTRY}", _home(shelf), _title(shelf)),
    )


ROUTES: list[Any] = [show_country, show_region, show_experience, read, feed, show_frame]
