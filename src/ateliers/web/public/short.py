"""The short address of a session, typed from a poster."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from ateliers.agenda.group import asks_for_code
from ateliers.agenda.sessions import get_session_by_code
from ateliers.clock import now
from ateliers.refusals import NotFound
from ateliers.web.answers import redirect


@get("/s/{code:str}")
async def follow(code: FromPath[str]) -> Response[bytes]:
    """To the session's page; spaces, dashes and small letters do not matter."""
    session = await get_session_by_code(code)
    if session.may_be_seen_by(None, now=now()) or asks_for_code(session, now=now()):
        return redirect(session.path)
    raise NotFound


ROUTES: list[Any] = [follow]
