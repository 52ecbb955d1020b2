"""The calendar file that a session's page offers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import HttpMethod, Request, Response, route
from litestar.params import FromPath

from ateliers.clock import now
from ateliers.web.feeds import session_file


@route("/seances/{session_id:uuid}/agenda.ics", http_method=[HttpMethod.GET, HttpMethod.HEAD])
async def show_session_file(request: Request[Any, Any, Any], session_id: FromPath[UUID]) -> Response[bytes]:
    """One session, for any calendar."""
    return await session_file(request, session_id, now=now())


ROUTES: list[Any] = [show_session_file]
