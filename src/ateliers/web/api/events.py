"""Events and their dates, written by a structure's own software (scope events)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post, put
from litestar.params import FromPath

from ateliers.agenda.changing import CallOff, call_off_session, move_session
from ateliers.agenda.drafts import About, Move, NewEvent, NewSession
from ateliers.agenda.event import Event
from ateliers.agenda.permission import allow_managing
from ateliers.agenda.publishing import add_session, create_event, publish_event, update_event
from ateliers.agenda.sessions import get_event, list_sessions_of_event
from ateliers.clock import now
from ateliers.network.structures import get_structure_by_id
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
    return await _answer(event, status=201, now=moment)


@get(
    "/api/v1/events/{event_id:str}",
    opt=described(summary="Read an event with all its settings", tag=EVENTS, answer=EventShown, security="token"),
)
async def show_event(request: Request[Any, Any, Any], event_id: FromPath[str]) -> Response[bytes]:
    """One of the token's structure, drafts included."""
    by = await author_of(request, EVENTS)
    event = await get_event(id_of(event_id))
    allow_managing(by, event.structure_id)
    return await _answer(event, now=now())


@put(
    "/api/v1/events/{event_id:str}",
    opt=described(
        summary="Say anew what an event is about: what is left out has its default again",
        tag=EVENTS,
        body=About,
        answer=EventShown,
        security="token",
        refusals=(409,),
    ),
)
async def edit_event(request: Request[Any, Any, Any], event_id: FromPath[str]) -> Response[bytes]:
    """Bookings stay as they are; a new title is told to everybody who booked."""
    by = await author_of(request, EVENTS)
    moment = now()
    event = await update_event(id_of(event_id), await body_of(request, About), by=by, now=moment)
    return await _answer(event, now=moment)


@post(
    "/api/v1/events/{event_id:str}/sessions",
    status_code=201,
    opt=described(
        summary="Add a date, or the dates of a rule from it on",
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
    opt=described(
        summary="Publish a draft (it is to_moderate where a coordinator of the territory reads it first)",
        tag=EVENTS,
        answer=EventShown,
        security="token",
        refusals=(409,),
    ),
)
async def publish(request: Request[Any, Any, Any], event_id: FromPath[str]) -> Response[bytes]:
    """Shown to those it is for. Published already: nothing changes."""
    by = await author_of(request, EVENTS)
    moment = now()
    event = await publish_event(id_of(event_id), by=by, now=moment)
    return await _answer(event, now=moment)


@post(
    "/api/v1/sessions/{session_id:str}/move",
    status_code=200,
    opt=described(
        summary="Move a session, or with it the dates after it: date, length, place or link",
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
        summary="Call a session off, or with it the dates after it",
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
    session = await call_off_session(
        id_of(session_id), asked.reason, whole=asked.whole, which=asked.which, by=by, now=moment
    )
    return Response(encoded(session_shown(session, now=moment)), media_type=JSON)


async def _answer(event: Event, *, status: int = 200, now: datetime) -> Response[bytes]:
    structure = await get_structure_by_id(event.structure_id)
    shown = event_shown(event, await list_sessions_of_event(event.id), zone=structure.zone, now=now)
    return Response(encoded(shown), status_code=status, media_type=JSON)


ROUTES: list[Any] = [make_event, show_event, edit_event, make_session, publish, move, call_off]
