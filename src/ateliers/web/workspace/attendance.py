"""The attendance list of a session for its team: the list itself, the journal behind it, and links for volunteers of the day."""

from __future__ import annotations

from secrets import token_hex
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from ateliers.agenda.changing import SessionCalledOff
from ateliers.agenda.kinds import Counter
from ateliers.agenda.session import Session
from ateliers.attendance.aside import StillImpossible, put_away, take_after_all
from ateliers.attendance.closing import PeriodClosed
from ateliers.attendance.counters import MOST, NoSuchCounter, correct_total
from ateliers.attendance.device_file import Brought, NotOurFile, take_file
from ateliers.attendance.journal import get_journal
from ateliers.attendance.lists import BEFORE, list_lists
from ateliers.attendance.mark import Op
from ateliers.attendance.missing import count_missing, list_missing
from ateliers.attendance.recorder import NewLink, give_link, list_links, withdraw_link
from ateliers.attendance.sheet import get_sheet
from ateliers.clock import now
from ateliers.documents.qr import qr_svg
from ateliers.network.people import Person
from ateliers.refusals import NotAllowed, NotFound, Refusal
from ateliers.rendering import absolute
from ateliers.web.answers import page, private, redirect
from ateliers.web.attendance_list import LONGEST_SEARCH, Place
from ateliers.web.forms import LARGEST_UPLOAD, Form, read_form, read_tap
from ateliers.web.workspace.serving import served_session
from ateliers.words import T

Asked = Request[Any, Any, Any]
OLDER = 50  # lists shown at once; the next appear as they are filled in
LIST = "/espace/seances/{session_id:uuid}/appel"


class AsideTap(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of an answer that was kept aside."""

    op: Annotated[str, Meta(min_length=1, max_length=200)]
    take: bool = False


class TotalForm(msgspec.Struct, frozen=True, kw_only=True):
    """A total put right by hand; `seen` is what the page showed."""

    op: Annotated[Op, Meta(title="Operation", extra={"input": "hidden"})]
    counter: Annotated[Counter, Meta(title="Counter", extra={"input": "hidden"})]
    seen: Annotated[int, Meta(ge=0, le=10**9, title="Total on this page", extra={"input": "hidden"})]
    total: Annotated[int, Meta(ge=0, le=MOST, title="The right total", extra={"inputmode": "numeric"})]


class FileForm(msgspec.Struct, frozen=True, kw_only=True):
    """The file."""

    file: Annotated[str, Meta(title="File of answers", extra={"input": "file", "accept": ".json,application/json"})] = (
        ""
    )


@get("/espace/appel")
async def show_lists(me: NamedDependency[Person]) -> Response[bytes]:
    """The lists of these days, and older ones that nobody filled in: the first page of the list installed on a phone."""
    moment = now()
    older = await list_missing(me.structure_ids, now=moment, after=BEFORE, limit=OLDER)
    missing = sum((await count_missing(me.structure_ids, now=moment, after=BEFORE)).values())
    return private(
        page(
            "workspace/attendance_lists.html",
            lists=await list_lists(me, now=moment),
            older=older,
            more=missing - len(older),
            recorder_id=me.id,
        )
    )


@get("/espace/appel/fichier")
async def show_file() -> Response[bytes]:
    """Where a file of answers is sent."""
    return _file_page(Form.of(FileForm), None)


@post("/espace/appel/fichier", request_max_body_size=LARGEST_UPLOAD)
async def send_file(request: Asked, me: NamedDependency[Person]) -> Response[bytes]:
    """Take its answers in, and say what became of them."""
    form = await read_form(request, FileForm, files=True)
    upload = form.uploads.get("file")
    if upload is None or not upload.content:
        form.errors["file"] = [T("Choose a file.")]
        return _file_page(form, None)
    try:
        brought = await take_file(upload.content, by=me, now=now())
    except NotOurFile as refusal:
        return _file_page(form.refuse(refusal), None)
    return _file_page(Form.of(FileForm), brought)


def _file_page(form: Form[FileForm], brought: list[Brought] | None) -> Response[bytes]:
    return private(form.page("workspace/attendance_file.html", brought=brought))


@get(LIST)
async def show_list(request: Asked, session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """The list, narrowed to `?q=`."""
    return await _place(session_id, me).show(search=request.query_params.get("q", "")[:LONGEST_SEARCH])


@post(LIST)
async def tap_seat(request: Asked, session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Present, absent, excused, or not recorded after all."""
    return await _place(session_id, me).tap(request, "")


@post(f"{LIST}/tous-presents")
async def tap_everyone(request: Asked, session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Everybody of whom nothing is known yet is present."""
    return await _place(session_id, me).tap(request, "tous-presents")


@post(f"{LIST}/personne")
async def tap_nobody(request: Asked, session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """The session was held, and nobody came."""
    return await _place(session_id, me).tap(request, "personne")


@post(f"{LIST}/corriger")
async def tap_correct(request: Asked, session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """It is not true that nobody came."""
    return await _place(session_id, me).tap(request, "corriger")


@post(f"{LIST}/defaire")
async def tap_undo(request: Asked, session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Take one tap back."""
    return await _place(session_id, me).tap(request, "defaire")


@post(f"{LIST}/compter")
async def tap_count(request: Asked, session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """One more person counted."""
    return await _place(session_id, me).tap(request, "compter")


@post(f"{LIST}/sans-inscription")
async def tap_walk_in(request: Asked, session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """One more person, with or without a name."""
    return await _place(session_id, me).tap(request, "sans-inscription")


@get(f"{LIST}/total")
async def show_total(request: Asked, session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """The form to put the total of `?compteur=` right."""
    sheet = await get_sheet(session_id, by=me)
    counter = next((one for one in sheet.counts if one.value == request.query_params.get("compteur")), None)
    if counter is None:
        raise NotFound
    seen = sheet.counts[counter]
    form = Form.of(TotalForm, op=token_hex(8), counter=counter, seen=seen, total=seen)
    return page("workspace/attendance_total.html", form=form, session=sheet.session, counter=counter)


@post(f"{LIST}/total")
async def correct(request: Asked, session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Make the total what was typed; refused when somebody tapped since."""
    form = await read_form(request, TotalForm)
    wish = form.data
    if wish is not None:
        try:
            await correct_total(session_id, wish.counter, wish.total, seen=wish.seen, op=wish.op, by=me, now=now())
        except (NoSuchCounter, NotAllowed, NotFound):
            raise
        except Refusal as refusal:
            if "total" in refusal.facts:
                form.raw["seen"] = [str(refusal.facts["total"])]
            form.refuse(refusal)
        else:
            return redirect(f"{_place(session_id, me).path}#compteur-{wish.counter.value}")
    sheet = await get_sheet(session_id, by=me)
    sent = (form.raw.get("counter") or [""])[-1]
    counter = next((one for one in sheet.counts if one.value == sent), None)
    return form.page("workspace/attendance_total.html", session=sheet.session, counter=counter)


@get(f"{LIST}/journal")
async def show_journal(session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Who changed what and when, and what devices sent that the list could not take."""
    return await _journal_page(session_id, me)


@post(f"{LIST}/journal")
async def settle_aside(request: Asked, session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Take an answer that was kept aside after all, or put it away."""
    tap = await read_tap(request, AsideTap)
    try:
        await (take_after_all if tap.take else put_away)(session_id, tap.op, by=me, now=now())
    except (StillImpossible, SessionCalledOff, PeriodClosed) as refusal:
        return await _journal_page(session_id, me, refusal=refusal)
    return redirect(f"{_place(session_id, me).path}/journal")


@get(f"{LIST}/liens")
async def show_links(session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """The session's links for volunteers of the day."""
    return await _links_page(Form.of(NewLink), await served_session(session_id, me))


@post(f"{LIST}/liens")
async def give(request: Asked, session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """One more link."""
    session = await served_session(session_id, me)
    form = await read_form(request, NewLink)
    if form.data is not None:
        try:
            link = await give_link(session_id, form.data, by=me, now=now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(f"{_place(session_id, me).path}/liens#lien-{link.id}")
    return await _links_page(form, session)


@post(f"{LIST}/liens/{{link_id:uuid}}/retrait")
async def withdraw(session_id: FromPath[UUID], link_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """The link stops working at once."""
    await withdraw_link(session_id, link_id, by=me, now=now())
    return redirect(f"{_place(session_id, me).path}/liens")


async def _journal_page(session_id: UUID, me: Person, *, refusal: Refusal | None = None) -> Response[bytes]:
    journal = await get_journal(session_id, by=me)
    status = refusal.status if refusal else 200
    return private(page("workspace/attendance_journal.html", status=status, journal=journal, refusal=refusal))


def _place(session_id: UUID, me: Person) -> Place:
    return Place(session_id=session_id, by=me, path=f"/espace/seances/{session_id}/appel")


async def _links_page(form: Form[NewLink], session: Session) -> Response[bytes]:
    moment = now()
    links = [(link, absolute(link.path)) for link in await list_links(session.id)]
    return private(
        form.page(
            "workspace/attendance_links.html",
            session=session,
            links=[(link, address, qr_svg(address)) for link, address in links if link.is_open(moment)],
            ended=[link for link, _address in links if not link.is_open(moment)],
        )
    )


ROUTES: list[Any] = [
    show_lists,
    show_file,
    send_file,
    show_list,
    tap_seat,
    tap_everyone,
    tap_nobody,
    tap_correct,
    tap_undo,
    tap_count,
    tap_walk_in,
    show_total,
    correct,
    show_journal,
    settle_aside,
    show_links,
    give,
    withdraw,
]
