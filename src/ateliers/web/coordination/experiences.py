"""Shared experiences of a territory: to read, to share, to send back (F11)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.clock import now
from ateliers.experiences.agreement import list_consents
from ateliers.experiences.experience import PUBLIC_SCOPES, ExperienceState, Scope, list_documents
from ateliers.experiences.sharing import (
    ToCorrect,
    list_shared_with,
    list_steps,
    read_experience,
    review_experience,
    send_back,
    take_down,
)
from ateliers.network.people import Person
from ateliers.refusals import NotAllowed
from ateliers.web.answers import page, redirect
from ateliers.web.forms import Form, read_form

PATH = "/coordination/retours"
ONE = PATH + "/{experience_id:uuid}"
STATES = [state for state in ExperienceState if state is not ExperienceState.DRAFT]


@get(PATH)
async def show_experiences(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """All that was sent, or what is in one state (`etat`), or what may be used in training and documents (`supports`)."""
    if not me.is_coordinator:
        raise NotAllowed
    asked = request.query_params.get("etat", "")
    state = next((state for state in STATES if state.value == asked), None)
    for_material = "supports" in request.query_params
    found = await list_shared_with(me, [] if state is None else [state])
    return page(
        "coordination/experiences.html",
        experiences=[one for one in found if not for_material or Scope.REGIONAL_MATERIAL in one.scopes],
        states=STATES,
        state=state,
        for_material=for_material,
    )


@get(ONE)
async def show_experience(experience_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """One, as its structure sent it."""
    return await _page(experience_id, me)


@post(f"{ONE}/relecture")
async def review(experience_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """It is good: share it."""
    await review_experience(experience_id, by=me, now=now())
    return redirect(f"{PATH}/{experience_id}")


@post(f"{ONE}/correction")
async def correct(
    request: Request[Any, Any, Any], experience_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Send it back with a word."""
    form = await read_form(request, ToCorrect)
    if form.data is None:
        return await _page(experience_id, me, form)
    await send_back(experience_id, form.data, by=me, now=now())
    return redirect(PATH)


@post(f"{ONE}/retrait")
async def stop_sharing(
    request: Request[Any, Any, Any], experience_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Share it no more, with a word."""
    form = await read_form(request, ToCorrect)
    if form.data is None:
        return await _page(experience_id, me, form)
    await take_down(experience_id, form.data, by=me, now=now())
    return redirect(f"{PATH}/{experience_id}")


async def _page(experience_id: UUID, me: Person, form: Form[ToCorrect] | None = None) -> Response[bytes]:
    found = await read_experience(experience_id, me)
    return (form or Form.of(ToCorrect)).page(
        "coordination/experience.html",
        experience=found,
        # What its structure is changing again is not shown before it is sent again.
        documents=[] if found.state is ExperienceState.DRAFT else await list_documents(found.id),
        is_agreed=any(scope in found.scopes for scope in PUBLIC_SCOPES),
        consents=await list_consents(found.id),
        steps=await list_steps(found.id),
    )


ROUTES: list[Any] = [show_experiences, show_experience, review, correct, stop_sharing]
