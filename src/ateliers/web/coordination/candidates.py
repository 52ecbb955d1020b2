"""Volunteers of a coordinator's territory: propose a structure, or close."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.clock import now
from ateliers.network.candidates import Match, close_candidate, list_candidates, match_candidate
from ateliers.network.people import Person
from ateliers.network.structure import StructureState
from ateliers.network.structures import list_structures
from ateliers.refusals import NotAllowed, Refusal
from ateliers.web.answers import page, redirect
from ateliers.web.forms import Form, read_form

PATH = "/coordination/benevoles"


@get(PATH)
async def show_candidates(me: NamedDependency[Person]) -> Response[bytes]:
    """Who waits for an answer."""
    return await _page(me)


@post(f"{PATH}/{{candidate_id:uuid}}/structure")
async def match(
    request: Request[Any, Any, Any], candidate_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Invite them into a structure."""
    form = await read_form(request, Match)
    if form.data is not None:
        try:
            await match_candidate(candidate_id, form.data, by=me, now=now())
        except Refusal as refusal:
            if refusal.status == 404:
                raise
            form.refuse(refusal)
        else:
            return redirect(PATH)
    return await _page(me, form, candidate_id)


@post(f"{PATH}/{{candidate_id:uuid}}/clore")
async def close(candidate_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Not followed up."""
    await close_candidate(candidate_id, by=me, now=now())
    return redirect(PATH)


async def _page(me: Person, form: Form[Match] | None = None, about: UUID | None = None) -> Response[bytes]:
    if not me.is_coordinator:
        raise NotAllowed
    return page(
        "coordination/candidates.html",
        status=422 if form is not None and form.errors else 200,
        me=me,
        candidates=await list_candidates(by=me, now=now()),
        structures=await list_structures(by=me, state=StructureState.ADMITTED),
        form=form or Form.of(Match),
        about=about,
    )


ROUTES: list[Any] = [show_candidates, match, close]
