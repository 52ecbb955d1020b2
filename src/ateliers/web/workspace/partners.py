"""Organising an event with other structures: ask, answer, part ways (A11)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.agenda.co_organising import (
    Answering,
    Asking,
    answer_request,
    ask_structure,
    list_partners,
    part_ways,
)
from ateliers.agenda.event import Event
from ateliers.agenda.permission import allow_managing
from ateliers.agenda.sessions import get_event
from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.network.structures import get_structure_by_id, list_signatories
from ateliers.places.distance import kilometres
from ateliers.refusals import NotAllowed, NotFound, Refusal
from ateliers.web.answers import redirect
from ateliers.web.forms import Form, read_form

PATH = "/espace/evenements/{event_id:uuid}/ensemble"
MOST_FOUND = 20
LONGEST_SEARCH = 100


@get(PATH)
async def show_partners(
    request: Request[Any, Any, Any], event_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Who organises it too, who is asked, and structures to ask: the nearest, or those found by `q`."""
    search = request.query_params.get("q", "")[:LONGEST_SEARCH]
    return await _page(Form.of(Asking), await _event(event_id, me), search=search)


@post(PATH)
async def ask(
    request: Request[Any, Any, Any], event_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Ask a structure."""
    event = await _event(event_id, me)
    form = await read_form(request, Asking)
    if form.data is not None:
        try:
            await ask_structure(event_id, form.data.structure_id, by=me, now=now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(f"{event.path}/ensemble")
    return await _page(form, event)


@post(f"{PATH}/{{structure_id:uuid}}/reponse")
async def answer(
    request: Request[Any, Any, Any],
    event_id: FromPath[UUID],
    structure_id: FromPath[UUID],
    me: NamedDependency[Person],
) -> Response[bytes]:
    """Yes or no to what another structure asks."""
    form = await read_form(request, Answering)
    accepts = form.data is not None and form.data.accepts
    await answer_request(event_id, structure_id, accepts, by=me, now=now())
    return redirect(f"/espace/evenements/{event_id}" if accepts else "/espace")


@post(f"{PATH}/{{structure_id:uuid}}/retrait")
async def part(event_id: FromPath[UUID], structure_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """No longer together."""
    await part_ways(event_id, structure_id, by=me, now=now())
    try:
        event = await _event(event_id, me)
    except (NotFound, NotAllowed):
        return redirect("/espace")
    return redirect(f"{event.path}/ensemble")


async def _event(event_id: UUID, me: Person) -> Event:
    event = await get_event(event_id)
    allow_managing(me, event.structure_id)
    return event


async def _page(form: Form[Asking], event: Event, *, search: str = "") -> Response[bytes]:
    structure = await get_structure_by_id(event.structure_id)
    partners = await list_partners(event.id)
    known = {structure.id, *(one.structure_id for one in partners)}
    found = sorted(
        (
            (kilometres(structure.latitude, structure.longitude, one.latitude, one.longitude), one)
            for one in (signatory.structure for signatory in await list_signatories(search))
            if one.id not in known
        ),
        key=lambda pair: (pair[0], pair[1].name),
    )
    return form.page(
        "workspace/partners.html",
        event=event,
        structure=structure,
        partners=partners,
        found=found[:MOST_FOUND],
        more=len(found) > MOST_FOUND,
        search=search,
    )


ROUTES: list[Any] = [show_partners, ask, answer, part]
