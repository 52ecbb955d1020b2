"""Applications in a coordinator's territory: to examine, to answer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.clock import now
from ateliers.network import applications
from ateliers.network.application import Note
from ateliers.network.charter import list_signatures
from ateliers.network.people import Person
from ateliers.network.structure import StructureState
from ateliers.network.structures import list_history
from ateliers.network.thread import NewMessage, list_messages, write_to_applicant
from ateliers.web.answers import page, redirect
from ateliers.web.forms import Form, read_form


@get("/coordination/candidatures/{structure_id:uuid}")
async def show_application(structure_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """One application: what was told, what was signed, what happened; and the three answers."""
    return await _application_page(structure_id, me, {})


@post("/coordination/candidatures/{structure_id:uuid}/admission")
async def admit(structure_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Let the structure in."""
    await applications.admit(structure_id, by=me, now=now())
    return redirect(f"/coordination/candidatures/{structure_id}")


@post("/coordination/candidatures/{structure_id:uuid}/modifications")
async def ask_changes(
    request: Request[Any, Any, Any], structure_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Send it back with a message."""
    form = await read_form(request, Note)
    if form.data is None:
        return await _application_page(structure_id, me, {"changes": form})
    await applications.ask_changes(structure_id, form.data, by=me, now=now())
    return redirect(f"/coordination/candidatures/{structure_id}")


@post("/coordination/candidatures/{structure_id:uuid}/refus")
async def refuse(
    request: Request[Any, Any, Any], structure_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Refuse it and say why."""
    form = await read_form(request, Note)
    if form.data is None:
        return await _application_page(structure_id, me, {"refusal": form})
    await applications.refuse(structure_id, form.data, by=me, now=now())
    return redirect(f"/coordination/candidatures/{structure_id}")


@post("/coordination/candidatures/{structure_id:uuid}/messages")
async def write(
    request: Request[Any, Any, Any], structure_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Write to the applicant."""
    form = await read_form(request, NewMessage)
    if form.data is None:
        return await _application_page(structure_id, me, {}, form)
    await write_to_applicant(structure_id, form.data, by=me, now=now())
    return redirect(f"/coordination/candidatures/{structure_id}")


async def _application_page(
    structure_id: UUID, me: Person, forms: dict[str, Form[Note]], message: Form[NewMessage] | None = None
) -> Response[bytes]:
    structure, applicant = await applications.get_application(structure_id, by=me)
    return page(
        "coordination/application.html",
        status=422 if forms or message else 200,
        me=me,
        structure=structure,
        applicant=applicant,
        signatures=await list_signatures(structure_id),
        history=await list_history(structure_id),
        messages=await list_messages(structure_id),
        message_form=message or Form.of(NewMessage),
        changes=forms.get("changes") or Form.of(Note),
        refusal=forms.get("refusal") or Form.of(Note),
        may_admit=structure.state.may_become(StructureState.ADMITTED),
        may_ask=structure.state.may_become(StructureState.CHANGES_ASKED),
        may_refuse=structure.state.may_become(StructureState.REFUSED),
    )


ROUTES = [show_application, admit, ask_changes, refuse, write]
