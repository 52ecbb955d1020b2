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
from ateliers.experiences.papers import MOST, NewDocument, read_document, wrong_document
from ateliers.experiences.sharing import (
    TEXTS,
    NothingHeldYet,
    WrittenMeanwhile,
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
from ateliers.web.forms import LARGEST_UPLOAD, Form, read_form, read_tap

EVENT = "/espace/evenements/{event_id:uuid}/retour"
ONE = "/espace/retours/{experience_id:uuid}"


class ExperienceForm(NewExperience, frozen=True, kw_only=True):
    """The text, what its manager agrees to, one more document, and which button was pressed: each keeps all that was typed."""

    agrees: Annotated[list[Scope], Meta(title="What your structure agrees to", max_length=len(Scope))] = field(
        default_factory=list
    )
    document: Annotated[
        str,
        Meta(
            max_length=140,
            title="What is it?",
            description="Of a photo, say what can be seen on it: blind people are read these words.",
            extra={"form": "recit"},
        ),
    ] = ""
    file: Annotated[
        str,
        Meta(
            title="The file",
            description="PDF, photo (JPEG, PNG), film, text or table document: 20 MB at most. Photos and films lose the trace of where and when they were taken.",
            extra={
                "form": "recit",
                "input": "file",
                "accept": ".pdf,.jpg,.jpeg,.png,.webp,.odt,.ods,.odp,.docx,.xlsx,.pptx,.mp4",
            },
        ),
    ] = ""
    seen: Annotated[str, Meta(max_length=40, extra={"input": "hidden"})] = ""
    send: Annotated[bool, Meta(title="Send it", extra={"input": "hidden"})] = False
    add: Annotated[bool, Meta(title="Add a document", extra={"input": "hidden"})] = False
    gone: Annotated[UUID | None, Meta(title="Take away", extra={"input": "hidden"})] = None


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


@post(EVENT, request_max_body_size=LARGEST_UPLOAD)
async def write(
    request: Request[Any, Any, Any], event_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Keep the draft and its documents, or send it."""
    event = await get_event_to_tell(event_id, me)
    form = await read_form(request, ExperienceForm, files=True)
    document = _document_of(form)
    others = False
    if form.data is None:
        texts = {name: form[name].value.strip() for name in TEXTS}
        form.also(wrong_texts(texts, send=form["send"].value == "1") | (wrong_document(document) if document else {}))
    else:
        told = form.data
        try:
            await write_experience(
                event_id,
                told,
                by=me,
                now=now(),
                send=told.send,
                agreed=told.agrees,
                document=document,
                gone=told.gone,
                seen=told.seen,
            )
        except Refusal as refusal:
            if refusal.status == 403:
                raise
            form.refuse(refusal)
            others = isinstance(refusal, WrittenMeanwhile)
        else:
            return redirect(f"{event.path}/retour{'#documents' if told.add or told.gone else ''}")
    if document is not None and document.upload is not None:
        form.also({"file": "Choose the file again: it could not be kept."})
    return await _page(event, me, form, others=others)


def _document_of(form: Form[ExperienceForm]) -> NewDocument | None:
    upload = form.uploads.get("file")
    if upload is not None and not upload.name:
        upload = None  # as browsers send a file that nobody chose
    title = form["document"].value.strip()
    return NewDocument(title=title, upload=upload) if title or upload or form["add"].value == "1" else None


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
    asked = await read_tap(request, Agreement)
    await give_consent(experience_id, asked.scope, by=me, now=now())
    return redirect(f"{found.own_path}#accords")


@post(f"{ONE}/accords/retrait")
async def disagree(
    request: Request[Any, Any, Any], experience_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Change one's mind about one use."""
    found = await own_experience(experience_id, me)
    asked = await read_tap(request, Agreement)
    await withdraw_consent(experience_id, asked.scope, by=me, now=now())
    return redirect(f"{found.own_path}#accords")


async def _page(
    event: Event, me: Person, form: Form[ExperienceForm] | None = None, *, others: bool = False
) -> Response[bytes]:
    found = await find_experience(event.id)
    if found is None and not await may_tell(event.id, now=now()):
        raise NothingHeldYet
    if form is None:
        form = (
            Form.of(ExperienceForm, found, seen=found.version) if found else Form.of(ExperienceForm, title=event.title)
        )
    elif others and found:
        form.raw["seen"] = [found.version]
    steps = await list_steps(found.id) if found else []
    return page(
        "workspace/experience.html",
        status=422 if form.errors else 200,
        event=event,
        structure=await get_structure_by_id(event.structure_id),
        experience=found,
        is_written=found is None or found.state is ExperienceState.DRAFT,
        form=form,
        texts=TEXTS,
        others=others,
        documents=await list_documents(found.id) if found else [],
        may_add=MOST,
        wordings={scope: wording(scope) for scope in Scope},
        consents=await list_consents(found.id) if found else [],
        steps=steps,
        sent_back=steps[-1] if steps and steps[-1].state is ExperienceState.DRAFT and steps[-1].note else None,
        may_manage=may_manage(me, event.structure_id),
    )


ROUTES: list[Any] = [show_told, show_experience, write, read, reopen, agree, disagree]
