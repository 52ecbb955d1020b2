"""Calendar files for people: the one that a session's page offers, and a person's own calendar."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import HttpMethod, Request, Response, route
from litestar.params import FromPath

from ateliers.clock import now
from ateliers.refusals import NotFound
from ateliers.web.feeds import private_file, session_file

READING = [HttpMethod.GET, HttpMethod.HEAD]
EXTENSION = ".ics"


@route("/seances/{session_id:uuid}/agenda.ics", http_method=READING)
async def show_session_file(request: Request[Any, Any, Any], session_id: FromPath[UUID]) -> Response[bytes]:
    """One session, for any calendar."""
    return await session_file(request, session_id, key=request.query_params.get("groupe", ""), now=now())


@route("/f/{file:str}", http_method=READING)
async def show_personal_file(request: Request[Any, Any, Any], file: FromPath[str]) -> Response[bytes]:
    """The bookings of whoever was given this address."""
    if not file.endswith(EXTENSION):
        raise NotFound
    return await private_file(request, file.removesuffix(EXTENSION), now=now())


ROUTES: list[Any] = [show_session_file, show_personal_file]
