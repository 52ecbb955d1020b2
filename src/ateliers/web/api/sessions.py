"""Sessions that everybody may see: found by place, date, kind and words, or read one by one."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath
from msgspec import Meta

from ateliers.agenda.kinds import Kind
from ateliers.agenda.search import MOST_RESULTS, Search, search_sessions
from ateliers.agenda.sessions import get_session
from ateliers.clock import now
from ateliers.places.place import Accessibility
from ateliers.refusals import NotFound
from ateliers.web.api.asking import check_days, id_of, query_of, reader_of, renamed
from ateliers.web.api.description import JSON, described
from ateliers.web.api.shapes import SessionPage, SessionShown, encoded, session_shown

NAMES = {"start": "from", "end": "to"}  # of the search's fields, in the query


class SessionsAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to look for; everything left out does not matter. Days are both included."""

    near: Annotated[str, Meta(max_length=80)] | None = None  # a commune or a postcode
    within_km: Annotated[int, Meta(ge=1, le=2000)] = 30
    kind: Kind | None = None
    start: date | None = msgspec.field(name="from", default=None)
    end: date | None = msgspec.field(name="to", default=None)
    q: Annotated[str, Meta(max_length=100)] | None = None
    accessible: Annotated[list[Accessibility], Meta(max_length=len(Accessibility))] = []
    limit: Annotated[int, Meta(ge=1, le=MOST_RESULTS)] = 20
    cursor: Annotated[str, Meta(max_length=120)] | None = None


@get(
    "/api/v1/sessions",
    opt=described(summary="Find sessions to come", tag="sessions", query=SessionsAsked, answer=SessionPage),
)
async def list_sessions(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Public ones that are neither over nor called off, in order of time."""
    asked = query_of(request, SessionsAsked)
    moment = now()
    with renamed(NAMES):
        check_days(asked.start, asked.end)
        results = await search_sessions(Search(**msgspec.structs.asdict(asked)), now=moment)
    shown = [session_shown(one.session, now=moment, distance_km=one.kilometres) for one in results.found]
    return Response(encoded(SessionPage(items=shown, next=results.cursor)), media_type=JSON)


@get(
    "/api/v1/sessions/{session_id:str}",
    opt=described(
        summary="Read a session",
        tag="sessions",
        answer=SessionShown,
        security="token",
        optional_security=True,
    ),
)
async def show_session(request: Request[Any, Any, Any], session_id: FromPath[str]) -> Response[bytes]:
    """A public one, one by link, or with its structure's token a draft."""
    reader = await reader_of(request)
    session = await get_session(id_of(session_id))
    moment = now()
    if not session.may_be_seen_by(reader, moment):
        raise NotFound
    return Response(encoded(session_shown(session, now=moment)), media_type=JSON)


ROUTES: list[Any] = [list_sessions, show_session]
