"""Models of events that the region offers to its structures (B21)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.agenda.models import Keep, keep_model, list_choices, list_models, retire_model
from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.refusals import Refusal
from ateliers.web.answers import redirect
from ateliers.web.forms import Form, read_form

PATH = "/coordination/modeles"


@get(PATH)
async def show_models(me: NamedDependency[Person]) -> Response[bytes]:
    """What is offered, and the form to offer one more."""
    return await _page(Form.of(Keep), me)


@post(PATH)
async def keep(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """Offer an event of the territory as a start."""
    form = await read_form(request, Keep)
    if form.data is not None:
        try:
            await keep_model(form.data, by=me, now=now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(PATH)
    return await _page(form, me)


@post(f"{PATH}/{{model_id:uuid}}/retirer")
async def retire(model_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """No longer offer it."""
    await retire_model(model_id, by=me, now=now())
    return redirect(PATH)


async def _page(form: Form[Keep], me: Person) -> Response[bytes]:
    return form.page("coordination/models.html", models=await list_models(me), choices=await list_choices(me))


ROUTES: list[Any] = [show_models, keep, retire]
