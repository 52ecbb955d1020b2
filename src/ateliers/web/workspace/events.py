"""Events in the workspace: the list, a new one in one page, editing, publishing, archiving, more dates."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.agenda.about import about_of
from ateliers.agenda.co_organising import list_partners, list_shared_events, may_read_event
from ateliers.agenda.drafts import About, NewEvent, NewSession
from ateliers.agenda.duplicating import draft_like
from ateliers.agenda.event import Event, EventState
from ateliers.agenda.group import entry_of
from ateliers.agenda.hosts import list_host_venues
from ateliers.agenda.kinds import RULES, Kind
from ateliers.agenda.moderating import NotWaiting, list_moderations, take_back_event
from ateliers.agenda.permission import allow_managing, managed_by, may_manage
from ateliers.agenda.publishing import (
    add_session,
    archive_event,
    create_event,
    publish_event,
    update_event,
)
from ateliers.agenda.repeating import list_series_of, next_of_series
from ateliers.agenda.session import Session
from ateliers.agenda.sessions import get_event, list_events_of, list_sessions_of_event, next_session_of_each
from ateliers.agenda.territory import untrained
from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.network.structure import Structure
from ateliers.network.structures import get_structure_by_id
from ateliers.places.place import Place, list_places_of
from ateliers.refusals import NotAllowed, NotFound, Refusal
from ateliers.web.answers import page, redirect
from ateliers.web.forms import Form, read_form

FIRST_ROWS = 3  # dates that can be typed before asking for more
MORE_ROWS = 5
PAGE = 50  # events in one page of the list
LONGEST_NUMBER = 5  # digits of a page's number


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """An event in the list, with its next session."""

    event: Event
    structure: Structure
    next: Session | None


@get("/espace/evenements")
async def show_events(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """Events of the person's structures, the latest changed first, a page at a time."""
    asked = request.query_params.get("page", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and 1 <= len(asked) <= LONGEST_NUMBER else 1
    number = max(1, number)
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
        may_publish=bool(managed_by(me)),
        number=number,
        has_more=len(events) > PAGE,
    )


@get("/espace/evenements/nouveau")
async def show_new_event(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """Which kind, then the form with what is usual for it."""
    if not managed_by(me):
        raise NotAllowed
    try:
        kind = Kind(request.query_params.get("type", ""))
    except ValueError:
        return page("workspace/event_kind.html", kinds=RULES)
    rules = RULES[kind]
    venues = await _venues(managed_by(me)) if rules.needs_place else []
    form = Form.of(
        NewEvent,
        kind=kind,
        minutes=rules.default_minutes,
        capacity=rules.default_capacity,
        place_id=venues[0].id if len(venues) == 1 else None,
        skip_holidays=True,
    )
    return await _new_event_page(form, me)


@get("/espace/evenements/{event_id:uuid}/reprendre")
async def show_again(event_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """The form to publish, filled with an earlier event: only dates are left to write."""
    return await _new_event_page(Form.of(NewEvent, await draft_like(event_id, by=me)), me)


@post("/espace/evenements/nouveau")
async def create(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """Create the event, as a draft or published at once."""
    if not managed_by(me):
        raise NotAllowed
    form = await read_form(request, NewEvent)
    if "more" in form.raw:
        return await _new_event_page(Form(NewEvent, form.raw, None, {}, sent=True), me, rows=_filled(form) + MORE_ROWS)
    if form.data is not None:
        try:
            event = await create_event(form.data, by=me, now=now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(event.path)
    return await _new_event_page(form, me)


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
    """Add the date."""
    event = await _manageable_event(event_id, me)
    form = await read_form(request, NewSession)
    if "more" in form.raw:
        form = Form(NewSession, form.raw, None, {}, sent=True)
    if form.data is not None:
        try:
            await add_session(event_id, form.data, by=me, now=now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(event.path)
    sessions = await list_sessions_of_event(event_id)
    return await _date_page(form, event, sessions[-1] if sessions else None)


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
    return page(
        "workspace/event.html",
        status=refusal.status if refusal else 200,
        event=event,
        sessions=await list_sessions_of_event(event.id),
        series=await list_series_of(event.id),
        entry=entry_of(event),
        structure=await get_structure_by_id(event.structure_id),
        may_manage=may_manage(me, event.structure_id) and event.state is not EventState.ARCHIVED,
        is_ours=is_ours,
        may_record=is_ours or any(one.accepted_at for one in with_us),
        partners=partners,
        with_us=[] if is_ours else with_us,
        steps=await list_moderations(event.id) if is_ours else [],
        untrained=await untrained(event, now=moment),
        refusal=refusal,
        moment=moment,
    )


async def _new_event_page(form: Form[NewEvent], me: Person, *, rows: int = FIRST_ROWS) -> Response[bytes]:
    structures = [await get_structure_by_id(id) for id in managed_by(me)]
    try:
        kind = Kind(form["kind"].value)
    except ValueError:
        return page("workspace/event_kind.html", kinds=RULES)
    return form.page(
        "workspace/event_new.html",
        kind=kind,
        rules=RULES[kind],
        structures=structures,
        venues=await _venues([structure.id for structure in structures]),
        hosts=await list_host_venues([structure.id for structure in structures]) if RULES[kind].needs_place else [],
        rows=max(rows, _filled(form) + 1),
    )


async def _date_page(form: Form[NewSession], event: Event, latest: Session | None) -> Response[bytes]:
    return form.page(
        "workspace/session_new.html",
        event=event,
        rules=event.rules,
        venues=await _venues([event.structure_id]),
        hosts=await list_host_venues([event.structure_id]) if event.rules.needs_place else [],
        latest=latest,
    )


async def _venues(structure_ids: list[UUID]) -> list[Place]:
    return [place for id in structure_ids for place in await list_places_of(id)]


def _filled(form: Form[NewEvent]) -> int:
    return len([text for text in form["dates"].texts if text.strip()])


ROUTES = [
    show_events,
    show_new_event,
    show_again,
    create,
    show_event,
    show_edit,
    edit,
    show_add_date,
    add_date,
    publish,
    take_back,
    archive,
]
