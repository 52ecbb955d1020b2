"""A structure's messages: whether they leave, how its SMS are sent, and where to see them all."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.clock import now
from ateliers.mail.sms import find_gateway
from ateliers.network.people import Person
from ateliers.network.sending import (
    NewGateway,
    Suspension,
    list_stopped,
    may_stop_all,
    resume_sending,
    set_gateway,
    suspend_sending,
)
from ateliers.network.structure import Structure
from ateliers.network.structures import get_structure, get_structure_by_id
from ateliers.refusals import NotFound, Refusal
from ateliers.web.answers import page, redirect
from ateliers.web.forms import Form, read_form


@get("/espace/envois")
async def choose(me: NamedDependency[Person]) -> Response[bytes]:
    """The structure's page, or which one when there are several."""
    structures = [await get_structure_by_id(id) for id in me.structure_ids]
    if len(structures) == 1:
        return redirect(f"/espace/envois/{structures[0].slug}")
    return page("workspace/sending_choice.html", me=me, structures=structures)


@get("/espace/envois/{slug:str}")
async def show(slug: FromPath[str], me: NamedDependency[Person]) -> Response[bytes]:
    """Whether messages leave; for managers the switch and the SMS gateway."""
    return await _page(await _structure(slug, me), me)


@post("/espace/envois/{slug:str}/suspension")
async def suspend(request: Request[Any, Any, Any], slug: FromPath[str], me: NamedDependency[Person]) -> Response[bytes]:
    """Hold the structure's messages back."""
    structure = await _structure(slug, me)
    form = await read_form(request, Suspension)
    if form.data is None:
        return await _page(structure, me, suspension=form)
    await suspend_sending(structure.id, form.data, by=me, now=now())
    return redirect(f"/espace/envois/{slug}")


@post("/espace/envois/{slug:str}/reprise")
async def resume(slug: FromPath[str], me: NamedDependency[Person]) -> Response[bytes]:
    """Let them go again."""
    structure = await _structure(slug, me)
    await resume_sending(structure.id, by=me, now=now())
    return redirect(f"/espace/envois/{slug}")


@post("/espace/envois/{slug:str}/sms")
async def set_sms(request: Request[Any, Any, Any], slug: FromPath[str], me: NamedDependency[Person]) -> Response[bytes]:
    """How the structure's SMS are sent."""
    structure = await _structure(slug, me)
    form = await read_form(request, NewGateway)
    if form.data is not None:
        try:
            await set_gateway(structure.id, form.data, by=me, now=now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(f"/espace/envois/{slug}")
    return await _page(structure, me, gateway=form)


async def _structure(slug: str, me: Person) -> Structure:
    structure = await get_structure(slug)
    if not me.serves(structure.id):
        raise NotFound
    return structure


async def _page(
    structure: Structure,
    me: Person,
    *,
    suspension: Form[Suspension] | None = None,
    gateway: Form[NewGateway] | None = None,
) -> Response[bytes]:
    stopped = [one for one in await list_stopped() if one.structure_id in (None, structure.id)]
    known = await find_gateway(structure.id)
    wrong = any(form is not None and form.errors for form in (suspension, gateway))
    if gateway is None:
        gateway = Form.of(NewGateway, known, secret="") if known else Form.of(NewGateway)
    answer = page(
        "workspace/sending.html",
        status=422 if wrong else 200,
        me=me,
        structure=structure,
        stopped=stopped,
        may_manage=me.manages(structure.id),
        may_stop_all=may_stop_all(me),
        sends_sms=known is not None and known.is_on,
        has_secret=known is not None and bool(known.secret),
        suspension=suspension or Form.of(Suspension),
        gateway=gateway,
    )
    answer.headers["cache-control"] = "no-store"
    return answer


ROUTES = [choose, show, suspend, resume, set_sms]
