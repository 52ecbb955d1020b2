"""A session's papers: the sign-in sheet, blank and signed, certificates of attendance, and the way to its hours."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from ateliers.agenda.session import Session
from ateliers.attendance.certificate import (
    LONGEST_NAME,
    Certificate,
    certificates_pdf,
    get_certificate,
    issue_certificate,
    list_certificates,
)
from ateliers.attendance.effort import find_effort_sum, time_in_hours
from ateliers.attendance.mark import SeatState
from ateliers.attendance.sheet import get_sheet
from ateliers.attendance.sign_in_sheet import sign_in_sheet_pdf
from ateliers.attendance.signed_sheets import (
    drop_signed_sheet,
    get_signed_sheet,
    keep_signed_sheet,
    list_signed_sheets,
)
from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.refusals import NotFound, Refusal
from ateliers.web.answers import PDF, file_answer, inline_file, private, redirect
from ateliers.web.forms import LARGEST_UPLOAD, Form, read_form
from ateliers.web.workspace.serving import served_session, session_page

SESSION = "/espace/seances/{session_id:uuid}"
ACCEPT = "application/pdf,image/*"


class SheetForm(msgspec.Struct, frozen=True, kw_only=True):
    """The signed sheet."""

    file: Annotated[
        str,
        Meta(
            title="Photo or PDF of the signed sheet",
            description="One page at a time, 20 MB at most. A phone offers to take the photo.",
            extra={"input": "file", "accept": ACCEPT},
        ),
    ] = ""


class CertificateForm(msgspec.Struct, frozen=True, kw_only=True):
    """For whom: a seat, or somebody without a booking; and the name that stands on it."""

    who: Annotated[str, Meta(min_length=3, max_length=40, extra={"input": "hidden"})]
    name: Annotated[str, Meta(max_length=LONGEST_NAME, title="Name", extra={"autocomplete": "off"})] = ""


class Present(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who came."""

    who: str
    name: str  # '' when nobody told
    shown: str
    made: Certificate | None


@get(f"{SESSION}/papiers")
async def show_papers(session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Everything on paper."""
    return await _papers_page(await served_session(session_id, me), me)


@get(f"{SESSION}/emargement.pdf")
async def print_sheet(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """The sheet to sign; with `?noms=non`, blank lines only."""
    session = await served_session(session_id, me)
    if not session.rules.takes_bookings:
        raise NotFound
    with_names = request.query_params.get("noms") != "non"
    made = await sign_in_sheet_pdf(await get_sheet(session_id, by=me), now=now(), with_names=with_names)
    return private(Response(made, media_type=PDF, headers=inline_file("emargement.pdf")))


@post(f"{SESSION}/emargement", request_max_body_size=LARGEST_UPLOAD)
async def hand_in_sheet(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Keep a photo or PDF of it."""
    session = await served_session(session_id, me)
    form = await read_form(request, SheetForm, files=True)
    try:
        await keep_signed_sheet(session_id, form.uploads.get("file"), by=me, now=now())
    except NotFound:
        raise
    except Refusal as refusal:
        return await _papers_page(session, me, form.refuse(refusal))
    return redirect(f"/espace/seances/{session_id}/papiers")


@get(f"{SESSION}/emargement/{{sheet_id:uuid}}")
async def see_sheet(
    session_id: FromPath[UUID], sheet_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """The photo or PDF."""
    return file_answer(await get_signed_sheet(session_id, sheet_id, by=me))


@post(f"{SESSION}/emargement/{{sheet_id:uuid}}/detruire")
async def destroy_sheet(
    session_id: FromPath[UUID], sheet_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Destroy it."""
    await drop_signed_sheet(session_id, sheet_id, by=me, now=now())
    return redirect(f"/espace/seances/{session_id}/papiers")


@post(f"{SESSION}/attestations")
async def make_certificate(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """A certificate for one person, then its PDF."""
    session = await served_session(session_id, me)
    wish = await read_form(request, CertificateForm)
    if wish.data is not None:
        try:
            made = await issue_certificate(session_id, wish.data.who, wish.data.name, by=me, now=now())
        except NotFound:
            raise
        except Refusal as refusal:
            wish.refuse(refusal)
        else:
            return redirect(f"/espace/seances/{session_id}/attestations.pdf?code={made.code}")
    return await _papers_page(session, me, wish=wish)


@post(f"{SESSION}/attestations/toutes")
async def make_certificates(session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Certificates for everybody who came and whose name is known."""
    session = await served_session(session_id, me)
    for one in await _present(session, me):
        if one.name:
            await issue_certificate(session_id, one.who, one.name, by=me, now=now())
    return redirect(f"/espace/seances/{session_id}/papiers#attestations")


@get(f"{SESSION}/attestations.pdf")
async def print_certificates(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Those that were made; with `?code=`, one of them."""
    session = await served_session(session_id, me)
    code = request.query_params.get("code")
    chosen = [await get_certificate(code)] if code else await list_certificates(session_id)
    if any(one.session_id != session_id for one in chosen):
        raise NotFound
    made = await certificates_pdf(session, chosen, now=now())
    return private(Response(made, media_type=PDF, headers=inline_file("attestations.pdf")))


async def _present(session: Session, me: Person) -> list[Present]:
    sheet = await get_sheet(session.id, by=me)
    made = {one.who: one for one in await list_certificates(session.id)}
    came = [(line.id, line.name, line.shown_name) for line in sheet.recorded if line.state is SeatState.PRESENT]
    came += [(str(one.id), one.name or "", one.name or "") for one in sheet.walk_ins]
    return [Present(who=who, name=name, shown=shown, made=made.get(who)) for who, name, shown in came]


async def _papers_page(
    session: Session, me: Person, form: Form[SheetForm] | None = None, wish: Form[CertificateForm] | None = None
) -> Response[bytes]:
    sheets = await list_signed_sheets(session.id)
    wish = wish or Form.of(CertificateForm)
    return await session_page(
        "workspace/papers.html",
        session,
        me,
        status=422 if wish.errors or (form is not None and form.errors) else 200,
        form=form or Form.of(SheetForm),
        wish=wish,
        sheets=sheets,
        is_over=session.is_over(now()),
        present=await _present(session, me),
        made=len(await list_certificates(session.id)),
        effort=await find_effort_sum(session.id),
        hours=time_in_hours,
    )


ROUTES: list[Any] = [
    show_papers,
    print_sheet,
    hand_in_sheet,
    see_sheet,
    destroy_sheet,
    make_certificate,
    make_certificates,
    print_certificates,
]
