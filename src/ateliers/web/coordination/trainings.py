"""Who is trained in a coordinator's territory, whose training ends, and trainings taken elsewhere (A9)."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.agenda.sessions import list_next_trainings
from ateliers.clock import now
from ateliers.network.own_structure import AlreadyManages, OwnStructure, open_own_structure
from ateliers.network.people import Person
from ateliers.network.training import NewTrainings, list_trained, note_trainings, withdraw_training
from ateliers.refusals import Invalid
from ateliers.web.answers import redirect
from ateliers.web.forms import Form, read_form
from ateliers.words import today_of

PATH = "/coordination/formations"
PUBLISH = "/espace/evenements/nouveau?type=training"
STANDINGS = ("never", "over", "soon", "valid")


@get(PATH)
async def show_trained(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """Everybody, or those who stand alike (`etat`)."""
    return await _page(Form.of(NewTrainings, day=today_of(now())), me, asked=request.query_params.get("etat", ""))


@post(PATH)
async def note(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """Keep a training taken elsewhere."""
    form = await read_form(request, NewTrainings)
    if form.data is not None:
        try:
            await note_trainings(form.data, by=me, now=now())
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return redirect(PATH)
    return await _page(form, me)


@post(f"{PATH}/structure")
async def open_structure(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """Open the coordination's own structure, and go on to the form that publishes a training."""
    form = await read_form(request, OwnStructure)
    if form.data is not None:
        try:
            await open_own_structure(form.data, by=me, now=now())
        except (Invalid, AlreadyManages) as refusal:
            form.refuse(refusal)
        else:
            return redirect(PUBLISH)
    return await _page(Form.of(NewTrainings, day=today_of(now())), me, own=form)


@post(f"{PATH}/{{training_id:uuid}}/retrait")
async def withdraw(training_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Take back one noted by hand."""
    await withdraw_training(training_id, by=me)
    return redirect(PATH)


async def _page(
    form: Form[NewTrainings], me: Person, *, asked: str = "", own: Form[OwnStructure] | None = None
) -> Response[bytes]:
    moment = now()
    today = today_of(moment)
    people = await list_trained(by=me)
    counts = Counter(one.standing(today) for one in people)
    asked = asked if asked in STANDINGS else ""
    return (form if own is None else own).page(
        "coordination/trainings.html",
        me=me,
        noting=form,
        own=own or Form.of(OwnStructure),
        publish=PUBLISH if me.managed_ids else None,
        people=[one for one in people if not asked or one.standing(today) == asked],
        total=len(people),
        counts=counts,
        asked=asked,
        today=today,
        coming=[session for session in await list_next_trainings(now=moment) if me.coordinates(session.departement)],
    )


ROUTES: list[Any] = [show_trained, note, open_structure, withdraw]
