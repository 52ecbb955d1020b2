"""Calls to make: of the whole structure, or about one session; and what came of each (D9)."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from ateliers.bookings.calling import Result, list_calls_of_session, list_calls_to_make, possible_results, record_call
from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.refusals import NotFound, Refusal
from ateliers.web.answers import page, private, redirect
from ateliers.web.forms import read_tap
from ateliers.web.workspace.one_booking import booking_page
from ateliers.web.workspace.serving import served_booking, served_session, session_page

OF_SESSION, OF_STRUCTURE = "seance", "structure"  # where the page goes on


class CallTap(msgspec.Struct, frozen=True, kw_only=True):
    """One button after a call."""

    result: Result
    then: Annotated[str, Meta(max_length=20)] = ""


@get("/espace/a-appeler")
async def show_calls(me: NamedDependency[Person]) -> Response[bytes]:
    """Everybody the person's structures must call."""
    if not me.structure_ids:
        raise NotFound
    moment = now()
    return private(
        page(
            "workspace/calls.html",
            calls=await list_calls_to_make(me.structure_ids, now=moment),
            possible=possible_results,
            moment=moment,
            then=OF_STRUCTURE,
        )
    )


@get("/espace/seances/{session_id:uuid}/a-appeler")
async def show_calls_of_session(session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Who must be called about a session, and who holds a seat and cannot be written to."""
    session = await served_session(session_id, me)
    found = await list_calls_of_session(session.lead_id or session.id)
    return await session_page(
        "workspace/session_calls.html",
        session,
        me,
        calls=[one for one in found if one.booking.to_call_back],
        others=[one for one in found if not one.booking.to_call_back and not one.is_done],
        done=[one for one in found if one.is_done],
        possible=possible_results,
        then=OF_SESSION,
    )


@post("/espace/inscriptions/{booking_id:uuid}/appel")
async def called(
    request: Request[Any, Any, Any], booking_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """What came of a call; on with the list it was made from."""
    booking, session = await served_booking(booking_id, me)
    tap = await read_tap(request, CallTap)
    try:
        await record_call(booking_id, tap.result, by=me, now=now())
    except Refusal as refusal:
        return await booking_page(booking, session, me, refusal=refusal)
    if tap.then == OF_STRUCTURE:
        return redirect("/espace/a-appeler")
    if tap.then == OF_SESSION:
        return redirect(f"/espace/seances/{booking.session_id}/a-appeler")
    return redirect(f"/espace/inscriptions/{booking_id}")


ROUTES = [show_calls, show_calls_of_session, called]
