"""Moving a session and calling it off, each after saying who will be told (B23)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.agenda.changing import call_off_session, move_session, preview_move
from ateliers.agenda.drafts import CallOff, Move, Which
from ateliers.agenda.hosts import list_host_venues
from ateliers.agenda.permission import allow_managing
from ateliers.agenda.series_changing import list_concerned
from ateliers.agenda.session import Session
from ateliers.agenda.sessions import get_session
from ateliers.bookings.telling import who_is_told
from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.places.place import list_places_of
from ateliers.refusals import Refusal
from ateliers.web.answers import redirect
from ateliers.web.forms import Form, read_form

CONFIRMED = "confirmed"  # name of the button on the page that says who will be told


@get("/espace/seances/{session_id:uuid}/reporter")
async def show_move(session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """The form to move: what is left alone stays."""
    session = await _manageable_session(session_id, me)
    form = Form.of(
        Move,
        local_start=session.local_start,
        minutes=round((session.ends_at - session.starts_at).total_seconds() / 60),
        all_day=session.all_day,
        place_id=session.place_id,
        join_url=session.join_url,
    )
    return await _move_page(form, session)


@post("/espace/seances/{session_id:uuid}/reporter")
async def move(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """First say what changes and who will be told; move only once that is confirmed."""
    session = await _manageable_session(session_id, me)
    form = await read_form(request, Move)
    if form.data is None:
        return await _move_page(form, session)
    wish = _only_new_place(form.data, session)
    try:
        if CONFIRMED in form.raw:
            await move_session(session_id, wish, by=me, now=now())
            return redirect(f"/espace/evenements/{session.event_id}")
        changes = await preview_move(session_id, wish, by=me, now=now())
    except Refusal as refusal:
        return await _move_page(form.refuse(refusal), session)
    new = [change.before.id for change in changes if change.is_new]
    return form.page(
        "workspace/session_move_confirm.html",
        session=session,
        changes=changes,
        new=new,
        told=await who_is_told(*(new or [session.id])),
    )


@get("/espace/seances/{session_id:uuid}/annuler")
async def show_call_off(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """The form to call off, which says who will be told."""
    session = await _manageable_session(session_id, me)
    try:
        which = Which(request.query_params.get("dates", ""))
    except ValueError:
        which = Which.THIS
    return await _call_off_page(Form.of(CallOff, which=which), session)


@post("/espace/seances/{session_id:uuid}/annuler")
async def call_off(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Call off."""
    session = await _manageable_session(session_id, me)
    form = await read_form(request, CallOff)
    if form.data is not None:
        try:
            asked = form.data
            await call_off_session(session_id, asked.reason, whole=asked.whole, which=asked.which, by=me, now=now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(f"/espace/evenements/{session.event_id}")
    return await _call_off_page(form, session)


async def _manageable_session(session_id: UUID, me: Person) -> Session:
    session = await get_session(session_id)
    allow_managing(me, session.structure_id)
    return session


def _only_new_place(wish: Move, session: Session) -> Move:
    """A typed place wins over the venue that the form had chosen beforehand."""
    if wish.place_id == session.place_id and (wish.place_name or wish.commune or wish.address):
        return msgspec.structs.replace(wish, place_id=None)
    return wish


async def _call_off_page(form: Form[CallOff], session: Session) -> Response[bytes]:
    ahead = await _ahead(session)
    return form.page(
        "workspace/session_call_off.html",
        session=session,
        told=await who_is_told(session.id),
        ahead=ahead,
        told_of_all=await who_is_told(*(one.id for one in ahead)) if ahead else None,
    )


async def _ahead(session: Session) -> list[Session]:
    """Dates of its series that a change could take along, from its own on; none outside a series."""
    if session.series_id is None:
        return []
    ahead = await list_concerned(session, Which.ALL, now=now())
    return ahead if len(ahead) > 1 else []


async def _move_page(form: Form[Move], session: Session) -> Response[bytes]:
    return form.page(
        "workspace/session_move.html",
        session=session,
        rules=session.rules,
        ahead=await _ahead(session),
        venues=await list_places_of(session.structure_id),
        hosts=await list_host_venues([session.structure_id]) if session.rules.needs_place else [],
    )


ROUTES = [show_move, move, show_call_off, call_off]
