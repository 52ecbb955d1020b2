"""The calendar file that a session's page offers."""

from __future__ import annotations

from typing import Any

from litestar import HttpMethod, Request, Response, route
from litestar.params import FromPath

from ateliers.web.api.asking import id_of
from ateliers.web.feeds import session_file


@route("/seances/{session_id:str}/agenda.ics", http_method=[HttpMethod.GET, HttpMethod.HEAD])
async def show_session_file(request: Request[Any, Any, Any], session_id: FromPath[str]) -> Response[bytes]:
    """One session, for any calendar."""
    return await session_file(request, id_of(session_id))


ROUTES: list[Any] = [show_session_file]
