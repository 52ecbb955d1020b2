"""Structures in a coordinator's territory: where each stands, its last and next session."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from ateliers.agenda.liveliness import liveliness_of
from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.network.resigning import find_unsigned
from ateliers.network.structure import StructureState
from ateliers.network.structures import list_structures
from ateliers.refusals import NotAllowed
from ateliers.web.answers import page


@get("/coordination/structures")
async def show_structures(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """Every structure, or those in one state (`etat`); an unknown state shows them all."""
    if not me.is_coordinator:
        raise NotAllowed
    asked = request.query_params.get("etat", "")
    state = next((state for state in StructureState if state.value == asked), None)
    structures = await list_structures(by=me, state=state)
    ids = [structure.id for structure in structures]
    return page(
        "coordination/structures.html",
        me=me,
        structures=structures,
        liveliness=await liveliness_of(ids, now=now()),
        unsigned=await find_unsigned(ids),
        states=list(StructureState),
        state=state,
    )


ROUTES = [show_structures]
