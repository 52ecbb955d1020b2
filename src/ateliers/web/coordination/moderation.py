"""Events that wait for a coordinator before they are published (B4)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.agenda.event import EventState
from ateliers.agenda.moderating import (
    Approval,
    SendingBack,
    approve_event,
    get_to_read,
    list_moderations,
    list_to_moderate,
    send_back_event,
)
from ateliers.agenda.sessions import list_sessions_of_event
from ateliers.agenda.territory import untrained
from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.network.rules import TrainedOnly
from ateliers.network.structures import get_structure_by_id, list_structures_by_id
from ateliers.places.place import Accessibility
from ateliers.refusals import NotFound, Refusal
from ateliers.web.answers import page, redirect
from ateliers.web.forms import Form, read_form

PATH = "/coordination/moderation"
ONE = f"{PATH}/{{event_id:uuid}}"


@get(PATH)
async def show_queue(me: NamedDependency[Person]) -> Response[bytes]:
    """What waits, longest first."""
    events = await list_to_moderate(by=me)
    structures = await list_structures_by_id([event.structure_id for event in events])
    return page(
        "coordination/moderation.html",
        me=me,
        events=events,
        structures={structure.id: structure for structure in structures},
        asked_at={event.id: (await list_moderations(event.id))[0].at for event in events},
    )


@get(ONE)
async def show_event(event_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """The event as people would read it, and the two answers."""
    return await _page(event_id, me)


@post(f"{ONE}/publier")
async def approve(
    request: Request[Any, Any, Any], event_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Publish it."""
    form = await read_form(request, Approval)
    if form.data is None:
        return await _page(event_id, me, approval=form)
    try:
        await approve_event(event_id, form.data, by=me, now=now())
    except NotFound:
        raise
    except Refusal as refusal:
        return await _page(event_id, me, refusal=refusal)
    return redirect(PATH)


@post(f"{ONE}/renvoyer")
async def send_back(
    request: Request[Any, Any, Any], event_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Ask for changes."""
    form = await read_form(request, SendingBack)
    if form.data is None:
        return await _page(event_id, me, back=form)
    try:
        await send_back_event(event_id, form.data, by=me, now=now())
    except NotFound:
        raise
    except Refusal as refusal:
        return await _page(event_id, me, refusal=refusal)
    return redirect(PATH)


async def _page(
    event_id: UUID,
    me: Person,
    *,
    approval: Form[Approval] | None = None,
    back: Form[SendingBack] | None = None,
    refusal: Refusal | None = None,
) -> Response[bytes]:
    event, version = await get_to_read(event_id, by=me)
    moment = now()
    wrong = approval or back
    return page(
        "coordination/moderation_event.html",
        status=refusal.status if refusal else 422 if wrong else 200,
        me=me,
        event=event,
        structure=await get_structure_by_id(event.structure_id),
        sessions=await list_sessions_of_event(event_id),
        facts=[fact.label for fact in Accessibility if fact.value in event.accessibility],
        steps=await list_moderations(event_id),
        waits=event.state is EventState.TO_MODERATE,
        lacks_training=await untrained(event, now=moment) is not TrainedOnly.OFF,
        approval=approval or Form.of(Approval, seen=version),
        back=back or Form.of(SendingBack),
        form=wrong or Form.of(SendingBack),
        refusal=refusal,
    )


ROUTES: list[Any] = [show_queue, show_event, approve, send_back]
