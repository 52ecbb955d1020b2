"""What a structure tells of its events: written, sent, agreed to, taken back (F11, F12)."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta, field

from ateliers.agenda.event import Event
from ateliers.agenda.permission import may_manage
from ateliers.clock import now
from ateliers.experiences.agreement import list_consents, wording
from ateliers.experiences.consent import Agreement, give_consent, withdraw_consent
from ateliers.experiences.experience import (
    ExperienceState,
    NewExperience,
    Scope,
    find_experience,
    list_documents,
)
from ateliers.experiences.papers import MOST, NewDocument, add_document, read_document, remove_document
from ateliers.experiences.sharing import (
    TEXTS,
    NothingHeldYet,
    get_event_to_tell,
    list_steps,
    list_told,
    may_tell,
    own_experience,
    reopen_experience,
    write_experience,
    wrong_texts,
)
from ateliers.experiences.untold import list_untold
from ateliers.network.people import Person
from ateliers.network.structures import get_structure_by_id
from ateliers.refusals import Refusal
from ateliers.web.answers import file_answer, page, redirect
from ateliers.web.forms import LARGEST_UPLOAD, Form, read_form
from ateliers.web.workspace.serving import sent

EVENT = "/espace/evenements/{event_id:uuid}/retour"
ONE = "/espace/retours/{experience_id:uuid}"


class ExperienceForm(NewExperience, frozen=True, kw_only=True):
    """The text, what its manager agrees to, and which button was pressed."""

    agrees: Annotated[list[Scope], Meta(title="What your structure agrees to", max_length=len(Scope))] = field(
        default_factory=list
    )
    send: Annotated[bool, Meta(title="Send it", extra={"input": "hidden"})] = False


@get("/espace/retours")
async def show_told(me: NamedDependency[Person]) -> Response[bytes]:
    """What was told, and the events that were held and of which nothing was told yet."""
    return page(
        "workspace/experiences.html",
        told=await list_told(me.structure_ids),
        untold=await list_untold(me.structure_ids, now=now()),
        several=len(me.structure_ids) > 1,
    )


@get(EVENT)
async def show_experience(event_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """The form while it is being written; then what was sent, its agreements and what happened to it."""
    return await _page(await get_event_to_tell(event_id, me), me)


@post(EVENT)
async def write(
    request: Request[Any, Any, Any], event_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Keep the draft, or send it."""
    event = await get_event_to_tell(event_id, me)
    form = await read_form(request, ExperienceForm)
    if form.data is None:
        form.also(wrong_texts({name: form[name].value.strip() for name in TEXTS}, send=form["send"].value == "1"))
    else:
        told = form.data
        try:
            await write_experience(event_id, told, by=me, now=now(), send=told.send, agreed=told.agrees)
        except Refusal as refusal:
            if refusal.status == 403:
                raise
            form.refuse(refusal)
        else:
            return redirect(f"/espace/evenements/{event_id}/retour")
    return await _page(event, me, form)


@post(f"{ONE}/documents", request_max_body_size=LARGEST_UPLOAD)
async def add(
    request: Request[Any, Any, Any], experience_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Add a file."""
    found = await own_experience(experience_id, me)
    form = await read_form(request, NewDocument, files=True)
    if form.data is not None:
        try:
            await add_document(experience_id, form.data, form.uploads.get("file"), by=me, now=now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(f"{found.own_path}#documents")
    return await _page(await get_event_to_tell(found.event_id, me), me, document=form)


@post("/espace/retours/documents/{document_id:uuid}/retrait")
async def remove(document_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Take a file away."""
    found = await remove_document(document_id, by=me)
    return redirect(f"{found.own_path}#documents")


@get("/espace/retours/documents/{document_id:uuid}")
async def read(document_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """A file, before everybody may read it."""
    return file_answer(await read_document(document_id, by=me))


@post(f"{ONE}/reprise")
async def reopen(experience_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Take it back to change it."""
    return redirect((await reopen_experience(experience_id, by=me, now=now())).own_path)


@post(f"{ONE}/accords")
async def agree(
    request: Request[Any, Any, Any], experience_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Agree to one use."""
    found = await own_experience(experience_id, me)
    asked = sent(await read_form(request, Agreement))
    await give_consent(experience_id, asked.scope, by=me, now=now())
    return redirect(f"{found.own_path}#accords")


@post(f"{ONE}/accords/retrait")
async def disagree(
    request: Request[Any, Any, Any], experience_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Change one's mind about one use."""
    found = await own_experience(experience_id, me)
    asked = sent(await read_form(request, Agreement))
    await withdraw_consent(experience_id, asked.scope, by=me, now=now())
    return redirect(f"{found.own_path}#accords")


async def _page(
    event: Event,
    me: Person,
    form: Form[ExperienceForm] | None = None,
    *,
    document: Form[NewDocument] | None = None,
) -> Response[bytes]:
    found = await find_experience(event.id)
    if found is None and not await may_tell(event.id, now=now()):
        raise NothingHeldYet
    if form is None:
        form = Form.of(ExperienceForm, found) if found else Form.of(ExperienceForm, title=event.title)
    steps = await list_steps(found.id) if found else []
    return page(
        "workspace/experience.html",
        status=422 if form.errors or (document is not None and document.errors) else 200,
        event=event,
        structure=await get_structure_by_id(event.structure_id),
        experience=found,
        is_written=found is None or found.state is ExperienceState.DRAFT,
        form=form,
        document=document or Form.of(NewDocument),
        documents=await list_documents(found.id) if found else [],
        may_add=MOST,
        wordings={scope: wording(scope) for scope in Scope},
        consents=await list_consents(found.id) if found else [],
        steps=steps,
        sent_back=steps[-1] if steps and steps[-1].state is ExperienceState.DRAFT and steps[-1].note else None,
        may_manage=may_manage(me, event.structure_id),
    )


ROUTES: list[Any] = [show_told, show_experience, write, add, remove, read, reopen, agree, disagree]
