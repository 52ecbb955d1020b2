"""Events in the workspace: the list, one event, editing, publishing, archiving, more dates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.agenda.about import about_of
from ateliers.agenda.co_organising import list_partners, list_shared_events, may_read_event
from ateliers.agenda.drafts import About, NewSession
from ateliers.agenda.event import Event, EventState
from ateliers.agenda.group import entry_of
from ateliers.agenda.hosts import list_host_venues
from ateliers.agenda.moderating import NotWaiting, list_moderations, take_back_event
from ateliers.agenda.permission import allow_managing, may_manage
from ateliers.agenda.publishing import (
    add_session,
    archive_event,
    preview_dates,
    publish_event,
    update_event,
)
from ateliers.agenda.repeating import list_series_of, next_of_series
from ateliers.agenda.session import Session
from ateliers.agenda.sessions import get_event, list_events_of, list_sessions_of_event, next_session_of_each
from ateliers.agenda.territory import organisers_of, untrained
from ateliers.agenda.unfinished import list_unfinished
from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.network.rules import TrainedOnly
from ateliers.network.structure import Structure
from ateliers.network.structures import get_structure_by_id
from ateliers.places.place import list_places_of
from ateliers.refusals import NotFound, Refusal
from ateliers.web.answers import page, redirect
from ateliers.web.fields import number_of
from ateliers.web.forms import Form, read_form

PAGE = 50  # events in one page of the list


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """An event in the list, with its next session."""

    event: Event
    structure: Structure
    next: Session | None


@get("/espace/evenements")
async def show_events(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """Events of the person's structures, the latest changed first, a page at a time."""
    number = number_of(request.query_params.get("page", "")) or 1
    structures = {id: await get_structure_by_id(id) for id in me.structure_ids}
    wanted = request.query_params.get("structure", "")
    only = next((one for one in structures.values() if one.slug == wanted), None)
    events = await list_events_of([only.id] if only else list(structures), limit=PAGE + 1, skip=(number - 1) * PAGE)
    coming = await next_session_of_each([event.id for event in events], now=now())
    rows = [
        EventRow(event=event, structure=structures[event.structure_id], next=coming.get(event.id))
        for event in events[:PAGE]
    ]
    return page(
        "workspace/events.html",
        rows=rows,
        structures=list(structures.values()),
        only=only,
        shared=await list_shared_events(list(structures)) if number == 1 else [],
        may_publish=bool(me.managed_ids),
        unfinished=await list_unfinished(me),
        number=number,
        has_more=len(events) > PAGE,
    )


@get("/espace/evenements/{event_id:uuid}")
async def show_event(event_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """One event: its state, its dates, what can be done with it."""
    return await _event_page(await _readable_event(event_id, me), me)


@get("/espace/evenements/{event_id:uuid}/modifier")
async def show_edit(event_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """The form to edit what the event is about."""
    event = await _manageable_event(event_id, me)
    zone = (await get_structure_by_id(event.structure_id)).zone
    return Form.of(About, about_of(event, zone)).page("workspace/event_edit.html", event=event)


@post("/espace/evenements/{event_id:uuid}/modifier")
async def edit(
    request: Request[Any, Any, Any], event_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Keep what was edited."""
    event = await _manageable_event(event_id, me)
    form = await read_form(request, About)
    if form.data is not None:
        try:
            await update_event(event_id, form.data, by=me, now=now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(event.path)
    return form.page("workspace/event_edit.html", event=event)


@get("/espace/evenements/{event_id:uuid}/dates")
async def show_add_date(
    request: Request[Any, Any, Any], event_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """The form for one more date, with what is usual for the event; `?serie=` to go on with a series."""
    event = await _manageable_event(event_id, me)
    sessions = await list_sessions_of_event(event_id)
    latest = sessions[-1] if sessions else None
    form = Form.of(
        NewSession,
        capacity=latest.capacity if latest else event.rules.default_capacity,
        minutes=round((latest.ends_at - latest.starts_at).total_seconds() / 60)
        if latest
        else event.rules.default_minutes,
        all_day=latest.all_day if latest else False,
        **{"skip_holidays": True, **await next_of_series(event_id, request.query_params.get("serie", ""))},
    )
    return await _date_page(form, event, latest)


@post("/espace/evenements/{event_id:uuid}/dates")
async def add_date(
    request: Request[Any, Any, Any], event_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Add the date, or those of a rule; with the other button, only say which they would be."""
    dates: list[Session] = []
    event = await _manageable_event(event_id, me)
    form = await read_form(request, NewSession)
    if "more" in form.raw:
        form = Form(NewSession, form.raw, None, {}, sent=True)
    if form.data is not None:
        try:
            if "preview" in form.raw:
                dates = await preview_dates(event_id, form.data, by=me, now=now())
            else:
                await add_session(event_id, form.data, by=me, now=now())
                return redirect(event.path)
        except Refusal as refusal:
            form.refuse(refusal)
    sessions = await list_sessions_of_event(event_id)
    return await _date_page(form, event, sessions[-1] if sessions else None, dates)


@post("/espace/evenements/{event_id:uuid}/publier")
async def publish(event_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Publish, or say on the event's page why not."""
    try:
        event = await publish_event(event_id, by=me, now=now())
    except Refusal as refusal:
        return await _event_page(await _readable_event(event_id, me), me, refusal=refusal)
    return redirect(event.path)


@post("/espace/evenements/{event_id:uuid}/reprendre")
async def take_back(event_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """What waits for the coordinator is a draft again."""
    try:
        event = await take_back_event(event_id, by=me, now=now())
    except NotWaiting as refusal:
        return await _event_page(await _readable_event(event_id, me), me, refusal=refusal)
    return redirect(event.path)


@post("/espace/evenements/{event_id:uuid}/archiver")
async def archive(event_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Archive, or say on the event's page why not."""
    try:
        event = await archive_event(event_id, by=me, now=now())
    except Refusal as refusal:
        return await _event_page(await _readable_event(event_id, me), me, refusal=refusal)
    return redirect(event.path)


async def _readable_event(event_id: UUID, me: Person) -> Event:
    event = await get_event(event_id)
    if not await may_read_event(event, me):
        raise NotFound
    return event


async def _manageable_event(event_id: UUID, me: Person) -> Event:
    event = await get_event(event_id)
    allow_managing(me, event.structure_id)
    return event


async def _event_page(event: Event, me: Person, *, refusal: Refusal | None = None) -> Response[bytes]:
    moment = now()
    partners = await list_partners(event.id)
    is_ours = me.serves(event.structure_id) or may_manage(me, event.structure_id)
    with_us = [one for one in partners if me.manages(one.structure_id)]
    sessions = await list_sessions_of_event(event.id)
    is_ahead = any(session.starts_at > moment for session in sessions) or not sessions
    return page(
        "workspace/event.html",
        status=refusal.status if refusal else 200,
        event=event,
        sessions=sessions,
        series=await list_series_of(event.id),
        entry=entry_of(event),
        structure=await get_structure_by_id(event.structure_id),
        may_manage=may_manage(me, event.structure_id) and event.state is not EventState.ARCHIVED,
        is_ours=is_ours,
        may_record=is_ours or any(one.accepted_at for one in with_us),
        may_tell=any(me.serves(id) for id in await organisers_of(event)),
        partners=partners,
        with_us=[] if is_ours else with_us,
        steps=await list_moderations(event.id) if is_ours else [],
        lacking=await untrained(event, now=moment) if is_ours and is_ahead else TrainedOnly.OFF,
        refusal=refusal,
        moment=moment,
    )


async def _date_page(
    form: Form[NewSession], event: Event, latest: Session | None, dates: Sequence[Session] = ()
) -> Response[bytes]:
    return form.page(
        "workspace/session_new.html",
        event=event,
        rules=event.rules,
        venues=await list_places_of(event.structure_id),
        hosts=await list_host_venues([event.structure_id]) if event.rules.needs_place else [],
        latest=latest,
        dates=dates,
    )


ROUTES = [
    show_events,
    show_event,
    show_edit,
    edit,
    show_add_date,
    add_date,
    publish,
    take_back,
    archive,
]
