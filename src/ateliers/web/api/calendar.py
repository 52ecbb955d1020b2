"""Calendar files for programs: one session, and the feed of a structure."""

from __future__ import annotations

from typing import Any

from litestar import HttpMethod, Request, Response, route
from litestar.params import FromPath

from ateliers.clock import now
from ateliers.refusals import NotFound
from ateliers.web.api.asking import id_of
from ateliers.web.api.description import described
from ateliers.web.feeds import session_file, structure_file

EXTENSION = ".ics"
TAG = "calendar"
READING = [HttpMethod.GET, HttpMethod.HEAD]


@route(
    "/api/v1/calendar/sessions/{file:str}",
    http_method=READING,
    opt=described(summary="One session as a calendar file: <id>.ics", tag=TAG, media_type="text/calendar"),
)
async def session_ics(request: Request[Any, Any, Any], file: FromPath[str]) -> Response[bytes]:
    """One session."""
    return await session_file(request, id_of(_name_of(file)), now=now())


@route(
    "/api/v1/calendar/structures/{file:str}",
    http_method=READING,
    opt=described(summary="The sessions of a structure as a feed: <slug>.ics", tag=TAG, media_type="text/calendar"),
)
async def structure_ics(request: Request[Any, Any, Any], file: FromPath[str]) -> Response[bytes]:
    """Its public sessions, from thirty days back."""
    return await structure_file(request, _name_of(file), now=now())


def _name_of(file: str) -> str:
    if not file.endswith(EXTENSION) or "\0" in file:
        raise NotFound
    return file.removesuffix(EXTENSION)


ROUTES: list[Any] = [session_ics, structure_ics]
