"""The form to publish, on one page: what is usual for the kind, a preview beside, kept as a draft at each step (B2, B21)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.agenda.drafts import NewEvent
from ateliers.agenda.duplicating import draft_like
from ateliers.agenda.hosts import list_host_venues
from ateliers.agenda.kinds import RULES, Kind
from ateliers.agenda.models import list_offered, start_from
from ateliers.agenda.previewing import Preview, preview_event
from ateliers.agenda.publishing import create_event, lacking
from ateliers.agenda.unfinished import drop_unfinished, find_unfinished, id_of, keep_unfinished, list_unfinished
from ateliers.agenda.venues import find_usual_venue
from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.network.structure import Structure
from ateliers.network.structures import get_structure_by_id
from ateliers.places.place import Place, list_places_of
from ateliers.refusals import Invalid, NotAllowed, NotFound, Refusal
from ateliers.web.answers import page, redirect
from ateliers.web.fields import parse
from ateliers.web.forms import Form, read_form

FIRST_ROWS = 3  # dates that can be typed before asking for more
MORE_ROWS = 5
NEW = "/espace/evenements/nouveau"
MODEL = "modele"
DRAFT = "brouillon"  # the field, and the parameter of the address, that name a form kept unfinished
# What a button other than « publish » asks for; without it the form is to be published.
MORE, PREVIEW, SAVE = "more", "preview", "save"
UNTITLED = "- - -"  # stands for a title that is still too short to be one


@get(NEW)
async def show_new_event(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """Which kind, then the form with what is usual for it; or the form as it was left."""
    if not me.managed_ids:
        raise NotAllowed
    if DRAFT in request.query_params:
        left = await find_unfinished(id_of(request.query_params[DRAFT]), by=me)
        if left is None:
            raise NotFound
        answers = {**left.answers, "kind": [left.kind.value], DRAFT: [str(left.id)]}
        return await _new_event_page(Form(NewEvent, answers, None, {}, sent=True), me)
    if MODEL in request.query_params:
        model = await start_from(id_of(request.query_params[MODEL]), by=me)
        return await _new_event_page(Form.of(NewEvent, model, skip_holidays=True), me)
    try:
        kind = Kind(request.query_params.get("type", ""))
    except ValueError:
        return await _kind_page(me)
    rules = RULES[kind]
    managed = me.managed_ids
    usual = await find_usual_venue(managed[0]) if rules.needs_place and len(managed) == 1 else None
    form = Form.of(
        NewEvent,
        kind=kind,
        minutes=rules.default_minutes,
        capacity=rules.default_capacity,
        place_id=usual,
        skip_holidays=True,
    )
    return await _new_event_page(form, me)


@get("/espace/evenements/{event_id:uuid}/reprendre")
async def show_again(event_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """The form to publish, filled with an earlier event: only dates are left to write."""
    return await _new_event_page(Form.of(NewEvent, await draft_like(event_id, by=me)), me)


@post(NEW)
async def create(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """Create the event, as a draft or published at once. What cannot be created yet is kept as it stands."""
    if not me.managed_ids:
        raise NotAllowed
    form = await read_form(request, NewEvent)
    if MORE in form.raw or PREVIEW in form.raw:
        saved = await _keep(form, me)
        looked = Form(NewEvent, form.raw, None, {}, sent=True)
        rows = _filled(form) + MORE_ROWS if MORE in form.raw else FIRST_ROWS
        return await _new_event_page(looked, me, rows=rows, preview=await _preview(form, me), saved=saved)
    if form.data is not None:
        try:
            event = await create_event(form.data, by=me, now=now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            await drop_unfinished(id_of(form.raw.get(DRAFT, [""])[-1]), by=me)
            return redirect(event.path)
    elif SAVE not in form.raw:
        _look_further(form)
    saved = await _keep(form, me)
    if SAVE in form.raw and saved:
        missing = [name for name in form.errors if form.has(name)]
        looked = Form(NewEvent, form.raw, None, {}, sent=True)
        return await _new_event_page(looked, me, saved=True, missing=missing)
    return await _new_event_page(form, me, saved=saved)


@post("/espace/evenements/apercu")
async def preview(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """What stands beside the form while it is being filled: a part of a page, for a script. The form is kept meanwhile."""
    if not me.managed_ids:
        raise NotAllowed
    form = await read_form(request, NewEvent)
    saved = await _keep(form, me)
    return page("workspace/preview.html", preview=await _preview(form, me), saved=saved, moment=now())


@post("/espace/evenements/brouillon/{draft_id:uuid}/jeter")
async def throw_away(draft_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Forget a form that was left unfinished."""
    if await find_unfinished(draft_id, by=me) is None:
        raise NotFound
    await drop_unfinished(draft_id, by=me)
    return redirect("/espace/evenements")


async def _keep(form: Form[NewEvent], me: Person) -> bool:
    try:
        kind = Kind(form["kind"].value)
    except ValueError:
        return False
    answers = {name: texts for name, texts in form.raw.items() if name.partition(".")[0] in KEPT_FIELDS}
    return await keep_unfinished(id_of(form.raw.get(DRAFT, [""])[-1]), kind, answers, by=me, now=now())


KEPT_FIELDS = frozenset(field.name for field in msgspec.structs.fields(NewEvent)) - {"publish", "kind"}


async def _preview(form: Form[NewEvent], me: Person) -> Preview | None:
    """As much as can be shown of what is written so far."""
    found = _right_part(form)
    if found is None:
        return None
    managed = me.managed_ids
    chosen = found.structure_id if found.structure_id in managed else managed[0]
    if "title" in form.errors:
        found = msgspec.structs.replace(found, title=form["title"].value)
    return await preview_event(found, await get_structure_by_id(chosen), now=now())


def _look_further(form: Form[NewEvent]) -> None:
    """Say at once what is lacking as well, beside what is not well written."""
    found = _right_part(form)
    told = {name.partition(".")[0] for name in form.errors}
    if found is not None:
        form.refuse(Invalid({name: text for name, text in lacking(found).items() if name not in told}))


def _right_part(form: Form[NewEvent]) -> NewEvent | None:
    """What is well written; something stands for a title that is not."""
    wrong = {name.partition(".")[0] for name in form.errors}
    right = {name: texts for name, texts in form.raw.items() if name.partition(".")[0] not in wrong}
    found, _errors = parse(NewEvent, right | ({"title": [UNTITLED]} if "title" in wrong else {}), typed=False)
    return found


async def _kind_page(me: Person) -> Response[bytes]:
    return page(
        "workspace/event_kind.html", kinds=RULES, unfinished=await list_unfinished(me), models=await list_offered(me)
    )


async def _new_event_page(
    form: Form[NewEvent],
    me: Person,
    *,
    rows: int = FIRST_ROWS,
    preview: Preview | None = None,
    saved: bool = False,
    missing: list[str] | None = None,
) -> Response[bytes]:
    structures: list[Structure] = [await get_structure_by_id(id) for id in me.managed_ids]
    try:
        kind = Kind(form["kind"].value)
    except ValueError:
        return await _kind_page(me)
    return form.page(
        "workspace/event_new.html",
        kind=kind,
        rules=RULES[kind],
        structures=structures,
        venues=await _venues([structure.id for structure in structures]),
        hosts=await list_host_venues([structure.id for structure in structures]) if RULES[kind].needs_place else [],
        rows=max(rows, _filled(form) + 1),
        draft_id=id_of(form.raw.get(DRAFT, [""])[-1]),
        preview=preview,
        saved=saved,
        missing=missing or [],
        moment=now(),
    )


async def _venues(structure_ids: list[UUID]) -> list[Place]:
    return [place for id in structure_ids for place in await list_places_of(id)]


def _filled(form: Form[NewEvent]) -> int:
    return len([text for text in form["dates"].texts if text.strip()])


ROUTES = [show_new_event, show_again, create, preview, throw_away]
