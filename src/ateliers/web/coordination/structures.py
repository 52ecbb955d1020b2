"""One structure of a coordinator's territory: how lively it is, notes about it, its membership (A6, A12)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from ateliers.agenda.suspending import (
    MembershipEnd,
    ahead_of,
    suspend_structure,
    take_back_structure,
    withdraw_structure,
)
from ateliers.clock import now
from ateliers.experiences.support import support
from ateliers.network.application import MOST_TYPED, wrong_answers
from ateliers.network.applications import AlreadyKnown, get_application
from ateliers.network.identity import MEMBERS, Identity, correct_structure
from ateliers.network.membership import next_states
from ateliers.network.notes import NewNote, add_note, list_notes, settle_follow_up
from ateliers.network.people import Person, list_members
from ateliers.network.structure import Structure, StructureState
from ateliers.network.structures import list_history
from ateliers.network.training import trained_of
from ateliers.refusals import Invalid
from ateliers.web.answers import redirect
from ateliers.web.forms import Form, read_form
from ateliers.words import gettext, plain, speaking, today_of

ENDS: dict[str, tuple[StructureState, Callable[..., Awaitable[None]]]] = {
    "suspendre": (StructureState.SUSPENDED, suspend_structure),
    "retirer": (StructureState.WITHDRAWN, withdraw_structure),
}
END_PATHS = [f"/coordination/structures/{{structure_id:uuid}}/{name}" for name in ENDS]
CORRECT = "/coordination/structures/{structure_id:uuid}/corriger"
TOLD = "The structure no longer runs workshops for the moment. We are sorry."


class Back(msgspec.Struct, frozen=True, kw_only=True):
    """Why a structure is taken back."""

    why: Annotated[
        str, Meta(min_length=3, max_length=1000, title="A word to its managers", extra={"input": "textarea"})
    ]


@get("/coordination/structures/{structure_id:uuid}")
async def show_structure(structure_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """One structure: its sessions, its people, what was noted, its membership."""
    return await _structure_page(structure_id, me, Form.of(NewNote))


@post("/coordination/structures/{structure_id:uuid}/notes")
async def note(
    request: Request[Any, Any, Any], structure_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Keep a note."""
    form = await read_form(request, NewNote)
    if form.data is None:
        return await _structure_page(structure_id, me, form)
    await add_note(structure_id, form.data, by=me, now=now())
    return redirect(f"/coordination/structures/{structure_id}")


@post("/coordination/notes/{note_id:uuid}/faite")
async def settle(note_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """It was followed up."""
    structure_id = await settle_follow_up(note_id, by=me, now=now())
    return redirect(f"/coordination/structures/{structure_id}")


@get(END_PATHS)
async def ask_end(
    request: Request[Any, Any, Any], structure_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """What suspending the structure, or its leaving, would call off, before it is confirmed."""
    state, _end = _asked(request)
    with speaking((await _structure(structure_id, me)).language):
        told = gettext(TOLD)
    return await _end_page(structure_id, me, state, Form.of(MembershipEnd, told=told))


@post(END_PATHS)
async def end(
    request: Request[Any, Any, Any], structure_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Suspend it, or take it out of the network."""
    state, use_case = _asked(request)
    form = await read_form(request, MembershipEnd)
    if form.data is None:
        return await _end_page(structure_id, me, state, form)
    await use_case(structure_id, form.data, by=me, now=now())
    return redirect(f"/coordination/structures/{structure_id}")


@get(CORRECT)
async def ask_correction(structure_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """What it is registered under now."""
    structure = await _structure(structure_id, me)
    if structure.state not in MEMBERS:
        return redirect(f"/coordination/structures/{structure_id}")
    form = Form.of(Identity, structure, commune=f"{structure.commune_name} ({structure.postcode})")
    return form.page("coordination/structure_identity.html", me=me, structure=structure)


@post(CORRECT)
async def correct(
    request: Request[Any, Any, Any], structure_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Correct it."""
    structure = await _structure(structure_id, me)
    form = await read_form(request, Identity)
    if form.data is None:
        typed = {name: plain(form[name].value)[:MOST_TYPED] for name in ("siret", "rna", "commune")}
        form.also(wrong_answers(**typed, agrees=True))
    else:
        try:
            await correct_structure(structure_id, form.data, by=me, now=now())
        except (Invalid, AlreadyKnown) as refusal:
            form.refuse(refusal)
        else:
            return redirect(f"/coordination/structures/{structure_id}")
    return form.page("coordination/structure_identity.html", me=me, structure=structure)


@post("/coordination/structures/{structure_id:uuid}/reprendre")
async def take_back(
    request: Request[Any, Any, Any], structure_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """In the network again."""
    form = await read_form(request, Back)
    if form.data is None:
        return await _structure_page(structure_id, me, Form.of(NewNote), back=form)
    await take_back_structure(structure_id, form.data.why, by=me, now=now())
    return redirect(f"/coordination/structures/{structure_id}")


def _asked(request: Request[Any, Any, Any]) -> tuple[StructureState, Callable[..., Awaitable[None]]]:
    return ENDS[request.scope["path"].rpartition("/")[2]]


async def _structure(structure_id: UUID, me: Person) -> Structure:
    structure, _applicant = await get_application(structure_id, by=me)
    return structure


async def _structure_page(
    structure_id: UUID, me: Person, form: Form[NewNote], *, back: Form[Back] | None = None
) -> Response[bytes]:
    structure = await _structure(structure_id, me)
    moment = now()
    return (form if back is None else back).page(
        "coordination/structure.html",
        me=me,
        structure=structure,
        note_form=form,
        back_form=back or Form.of(Back),
        supported=(await support([structure], now=moment))[0],
        members=await list_members(structure_id),
        trained=await trained_of(structure_id),
        notes=await list_notes(structure_id),
        today=today_of(moment),
        history=await list_history(structure_id),
        may_be_corrected=structure.state in MEMBERS,
        next_states=[state.value for state in next_states(structure)],
    )


async def _end_page(
    structure_id: UUID, me: Person, state: StructureState, form: Form[MembershipEnd]
) -> Response[bytes]:
    structure = await _structure(structure_id, me)
    if state not in next_states(structure):
        return redirect(f"/coordination/structures/{structure_id}")
    return form.page(
        "coordination/structure_end.html",
        me=me,
        structure=structure,
        is_suspending=state is StructureState.SUSPENDED,
        ahead=await ahead_of(structure_id, now=now()),
    )


ROUTES: list[Any] = [
    show_structure,
    note,
    settle,
    ask_end,
    end,
    ask_correction,
    correct,
    take_back,
]
