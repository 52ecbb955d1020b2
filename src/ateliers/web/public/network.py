"""The network for everybody: signatories of the charter, the charter itself, and applying to join."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Meta

from ateliers.agenda.event import EventState, Visibility
from ateliers.agenda.sessions import list_next_sessions
from ateliers.clock import now
from ateliers.experiences.published import Shelf, list_published
from ateliers.network import applications
from ateliers.network.application import MOST_TYPED, Application, EmailAddress, wrong_answers
from ateliers.network.charter import current_charter, find_charter, list_signatures
from ateliers.network.structure import StructureState
from ateliers.network.structures import get_signatory, get_structure_by_id, list_history, list_signatories
from ateliers.network.thread import NewMessage, TooManyMessages, list_messages, write_to_coordinators
from ateliers.places.communes import resolve
from ateliers.places.territories import DEPARTEMENTS
from ateliers.refusals import NotFound, Refusal
from ateliers.web.answers import page, redirect
from ateliers.web.fields import parse
from ateliers.web.forms import Form, form_fields, read_form
from ateliers.words import T, language, plain

PAGE_SIZE = 50


class SignatorySearch(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for in the list of signatories."""

    q: Annotated[
        str,
        Meta(max_length=100, title="Name, commune or postcode", description="For example: Nevers, or 58000."),
    ] = ""
    pres: Annotated[
        str,
        Meta(
            max_length=100,
            title="Near a commune",
            description="The nearest first, up to 50 km away.",
            extra={"list": "communes", "autocomplete": "off"},
        ),
    ] = ""
    departement: Annotated[str, Meta(max_length=3, title="Département", extra={"input": "select"})] = ""
    du: Annotated[date | None, Meta(title="Signed from")] = None
    au: Annotated[date | None, Meta(title="Signed until")] = None
    page: Annotated[int, Meta(ge=1, le=10_000, title="Page")] = 1


@get("/signataires")
async def show_signatories(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The list, by name; a wrong answer is said beside its field and nothing is searched."""
    raw = form_fields(request.scope["query_string"])
    data, errors = parse(SignatorySearch, raw, typed=False)
    if data is not None and data.departement and data.departement not in DEPARTEMENTS:
        errors["departement"] = [T("Choose one of the answers offered.")]
    near = resolve(data.pres) if data is not None and data.pres else None
    if data is not None and data.pres and near is None:
        errors["pres"] = [T("We do not know this commune. Write its name and choose it in the list.")]
    form = Form(SignatorySearch, raw, data, errors, sent=True)
    asked = data if data is not None and not errors else None
    found = (
        await list_signatories(
            asked.q, departement=asked.departement or None, since=asked.du, until=asked.au, near=near
        )
        if asked is not None
        else []
    )
    number = asked.page if asked is not None else 1
    return form.page(
        "public/signatories.html",
        signatories=found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE],
        count=len(found),
        number=number,
        pages=max(1, -(-len(found) // PAGE_SIZE)),
        departements=DEPARTEMENTS,
    )


@get("/signataires/{slug:str}")
async def show_signatory(slug: FromPath[str]) -> Response[bytes]:
    """One structure: what it is, when it signed, what it offers next."""
    signatory = await get_signatory(slug)
    moment = now()
    coming = await list_next_sessions([signatory.structure.id], now=moment, shared=True)
    return page(
        "public/signatory.html",
        structure=signatory.structure,
        signatory=signatory,
        signatures=await list_signatures(signatory.structure.id),
        sessions=[
            session
            for session in coming
            if session.event_state is EventState.PUBLISHED
            and session.visibility is Visibility.PUBLIC
            and session.is_shown(moment)
            and session.lead_id is None
        ],
        now=moment,
        told=(await list_published(Shelf(region=signatory.structure.region), structure_id=signatory.structure.id))[0],
    )


@get("/charte")
async def show_charter() -> Response[bytes]:
    """The text that structures sign."""
    return page("public/charter.html", charter=await current_charter(), is_old=False)


@get("/charte/{version:str}")
async def show_version(version: FromPath[str]) -> Response[bytes]:
    """One version of the text, as it was signed."""
    charter = await find_charter(version)
    if charter is None:
        raise NotFound
    current = await current_charter()
    return page("public/charter.html", charter=charter, is_old=charter.version != current.version)


@get("/rejoindre")
async def begin() -> Response[bytes]:
    """What joining means, and the e-mail address to begin with."""
    return Form.of(EmailAddress).page("public/join.html", sent=False)


@post("/rejoindre")
async def send_link(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Send the link to the form; the answer is the same for every address."""
    form = await read_form(request, EmailAddress)
    if form.data is None:
        return form.page("public/join.html", sent=False)
    if not form.data.website_2:
        await applications.request_application_link(form.data.email, language=language(), now=now())
    return form.page("public/join.html", sent=True)


@get("/rejoindre/{token:str}")
async def show_application(token: FromPath[str]) -> Response[bytes]:
    """The form to fill in or to correct; once it is sent, where it stands."""
    return await _application_page(token)


@post("/rejoindre/{token:str}")
async def submit(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[bytes]:
    """Send the form, with the charter's signature."""
    form = await read_form(request, Application)
    if form.data is None:
        await applications.get_applicant(token, now=now())
        typed = {name: plain(form[name].value)[:MOST_TYPED] for name in ("siret", "rna", "commune")}
        return await _form_page(form.also(wrong_answers(**typed, agrees=bool(form["agrees"].value))), token)
    try:
        await applications.submit_application(token, form.data, now=now())
    except (applications.ApplicationClosed, applications.ApplicationLinkOver):
        raise
    except Refusal as refusal:
        return await _form_page(form.refuse(refusal), token)
    return redirect(f"/rejoindre/{token}")


@post("/rejoindre/{token:str}/retrait")
async def withdraw(token: FromPath[str]) -> Response[bytes]:
    """Give up the application."""
    await applications.withdraw_application(token, now=now())
    return redirect(f"/rejoindre/{token}/messages")


@get("/rejoindre/{token:str}/messages")
async def show_messages(token: FromPath[str]) -> Response[bytes]:
    """Where the application stands, with its thread of messages, also while the form is to be corrected."""
    return await _status_page(token, Form.of(NewMessage))


@post("/rejoindre/{token:str}/messages")
async def write(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[bytes]:
    """Write to the coordinators of the territory."""
    form = await read_form(request, NewMessage)
    if form.data is not None:
        try:
            await write_to_coordinators(token, form.data, now=now())
        except TooManyMessages as refusal:
            form.refuse(refusal)
        else:
            return redirect(f"/rejoindre/{token}/messages")
    return await _status_page(token, form)


async def _application_page(token: str) -> Response[bytes]:
    applicant = await applications.get_applicant(token, now=now())
    if applicant.structure_id is None:
        return await _form_page(Form.of(Application), token)
    structure = await get_structure_by_id(applicant.structure_id)
    if structure.may_be_sent:
        signature = (await list_signatures(structure.id))[0]
        form = Form.of(
            Application,
            structure,
            commune=f"{structure.commune_name} ({structure.postcode})",
            manager_name=applicant.manager_name,
            signatory_name=signature.name,
            signatory_role=signature.role,
        )
        return await _form_page(form, token)
    return await _status_page(token, Form.of(NewMessage))


async def _status_page(token: str, form: Form[NewMessage]) -> Response[bytes]:
    applicant = await applications.get_applicant(token, now=now())
    if applicant.structure_id is None:
        raise NotFound
    structure = await get_structure_by_id(applicant.structure_id)
    return _kept_by_nobody(
        form.page(
            "public/application.html",
            structure=structure,
            history=await list_history(structure.id),
            messages=await list_messages(structure.id),
            token=token,
            may_withdraw=structure.state.may_become(StructureState.WITHDRAWN),
            may_correct=structure.may_be_sent,
        )
    )


async def _form_page(form: Form[Application], token: str) -> Response[bytes]:
    applicant = await applications.get_applicant(token, now=now())
    history = [] if applicant.structure_id is None else await list_history(applicant.structure_id)
    note = history[-1].note if history and history[-1].state is StructureState.CHANGES_ASKED else ""
    return _kept_by_nobody(form.page("public/apply.html", charter=await current_charter(), token=token, note=note))


def _kept_by_nobody(answer: Response[bytes]) -> Response[bytes]:
    """The applicant's own page: not in the memory for public pages, nor in a browser's that others use."""
    answer.headers["cache-control"] = "no-store"
    return answer


ROUTES = [
    show_signatories,
    show_signatory,
    show_charter,
    show_version,
    begin,
    send_link,
    show_application,
    submit,
    withdraw,
    show_messages,
    write,
]
