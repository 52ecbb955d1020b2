"""Events and their dates, written by a structure's own software (scope events)."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post
from litestar.params import FromPath

from ateliers.agenda.changing import CallOff, call_off_session, move_session
from ateliers.agenda.drafts import Move, NewEvent, NewSession
from ateliers.agenda.publishing import add_session, create_event, publish_event
from ateliers.agenda.sessions import get_event, list_sessions_of_event
from ateliers.clock import now
from ateliers.web.api.asking import author_of, body_of, id_of
from ateliers.web.api.description import JSON, described
from ateliers.web.api.shapes import EventShown, SessionShown, encoded, event_shown, session_shown

EVENTS = "events"


@post(
    "/api/v1/events",
    status_code=201,
    opt=described(
        summary="Create an event with its first dates (a draft unless publish is true)",
        tag=EVENTS,
        body=NewEvent,
        answer=EventShown,
        status=201,
        security="token",
        refusals=(404, 409),
    ),
)
async def make_event(request: Request[Any, Any, Any]) -> Response[bytes]:
    """An event of the token's structure."""
    by = await author_of(request, EVENTS)
    moment = now()
    event = await create_event(await body_of(request, NewEvent), by=by, now=moment)
    shown = event_shown(event, await list_sessions_of_event(event.id), now=moment)
    return Response(encoded(shown), status_code=201, media_type=JSON)


@post(
    "/api/v1/events/{event_id:str}/sessions",
    status_code=201,
    opt=described(
        summary="Add a date",
        tag=EVENTS,
        body=NewSession,
        answer=SessionShown,
        status=201,
        security="token",
        refusals=(409,),
    ),
)
async def make_session(request: Request[Any, Any, Any], event_id: FromPath[str]) -> Response[bytes]:
    """One more session; where nothing is said, as the latest one."""
    by = await author_of(request, EVENTS)
    moment = now()
    session = await add_session(id_of(event_id), await body_of(request, NewSession), by=by, now=moment)
    return Response(encoded(session_shown(session, now=moment)), status_code=201, media_type=JSON)


@post(
    "/api/v1/events/{event_id:str}/publish",
    status_code=200,
    opt=described(summary="Publish a draft", tag=EVENTS, answer=EventShown, security="token", refusals=(409,)),
)
async def publish(request: Request[Any, Any, Any], event_id: FromPath[str]) -> Response[bytes]:
    """Shown to those it is for. Published already: nothing changes."""
    by = await author_of(request, EVENTS)
    moment = now()
    await publish_event(id_of(event_id), by=by, now=moment)
    event = await get_event(id_of(event_id))
    shown = event_shown(event, await list_sessions_of_event(event.id), now=moment)
    return Response(encoded(shown), media_type=JSON)


@post(
    "/api/v1/sessions/{session_id:str}/move",
    status_code=200,
    opt=described(
        summary="Move a session: date, length, place or link",
        tag=EVENTS,
        body=Move,
        answer=SessionShown,
        security="token",
        refusals=(409,),
    ),
)
async def move(request: Request[Any, Any, Any], session_id: FromPath[str]) -> Response[bytes]:
    """Everybody who booked is told."""
    by = await author_of(request, EVENTS)
    moment = now()
    session = await move_session(id_of(session_id), await body_of(request, Move), by=by, now=moment)
    return Response(encoded(session_shown(session, now=moment)), media_type=JSON)


@post(
    "/api/v1/sessions/{session_id:str}/call-off",
    status_code=200,
    opt=described(
        summary="Call a session off",
        tag=EVENTS,
        body=CallOff,
        answer=SessionShown,
        security="token",
        refusals=(409,),
    ),
)
async def call_off(request: Request[Any, Any, Any], session_id: FromPath[str]) -> Response[bytes]:
    """Everybody who booked is told why."""
    by = await author_of(request, EVENTS)
    moment = now()
    asked = await body_of(request, CallOff)
    session = await call_off_session(id_of(session_id), asked.reason, whole=asked.whole, by=by, now=moment)
    return Response(encoded(session_shown(session, now=moment)), media_type=JSON)


ROUTES: list[Any] = [make_event, make_session, publish, move, call_off]
