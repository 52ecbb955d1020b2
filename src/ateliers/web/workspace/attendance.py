"""The attendance list on a phone: one button, one form, so that it works without JavaScript too."""

from __future__ import annotations

from secrets import token_hex
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from ateliers.attendance.mark import SEAT_ID, Op, SeatState, read_seat_id
from ateliers.attendance.record import (
    NothingToUndo,
    forget_outcome,
    mark_everyone_present,
    mark_seat,
    record_nobody_came,
    undo,
)
from ateliers.attendance.sheet import get_sheet
from ateliers.attendance.walk_ins import WalkInName, add_walk_in
from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.refusals import NotFound, Refusal
from ateliers.web.answers import redirect
from ateliers.web.forms import Form, read_form

LONGEST_SEARCH = 100
Search = Annotated[str, Meta(max_length=LONGEST_SEARCH)]


class SeatTap(msgspec.Struct, frozen=True, kw_only=True):
    """One button of one line. `then`: the line below, where the page goes on."""

    seat: Annotated[str, Meta(min_length=3, max_length=20)]
    state: SeatState | None = None
    then: Annotated[str, Meta(max_length=20)] = ""
    q: Search = ""


class Tap(msgspec.Struct, frozen=True, kw_only=True):
    """A button about the whole list; `op` makes a double tap count once."""

    op: Op


class UndoTap(msgspec.Struct, frozen=True, kw_only=True):
    """Take this tap back."""

    action: Annotated[str, Meta(min_length=1, max_length=200)]


class WalkInForm(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who came without a booking."""

    op: Annotated[Op, Meta(extra={"input": "hidden"})]
    name: Annotated[WalkInName, Meta(title="Name, if they want to give it", extra={"autocomplete": "off"})] = ""


@get("/espace/seances/{session_id:uuid}/appel")
async def show_list(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """The list, narrowed to `?q=`."""
    search = request.query_params.get("q", "")[:LONGEST_SEARCH]
    return await _list_page(Form.of(WalkInForm, op=token_hex(8)), session_id, me, search=search)


@post("/espace/seances/{session_id:uuid}/appel")
async def tap_seat(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Present, absent, excused, or not recorded after all."""
    tap = _sent(await read_form(request, SeatTap))
    code, seat = read_seat_id(tap.seat)
    await mark_seat(session_id, code, seat, tap.state, by=me, now=now())
    return _back(session_id, anchor=f"place-{tap.then}" if SEAT_ID.fullmatch(tap.then) else "liste", search=tap.q)


@post("/espace/seances/{session_id:uuid}/appel/tous-presents")
async def tap_everyone(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Everybody of whom nothing is known yet is present."""
    tap = _sent(await read_form(request, Tap))
    await mark_everyone_present(session_id, tap.op, by=me, now=now())
    return _back(session_id)


@post("/espace/seances/{session_id:uuid}/appel/personne")
async def tap_nobody(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """The session was held, and nobody came."""
    tap = _sent(await read_form(request, Tap))
    await record_nobody_came(session_id, tap.op, by=me, now=now())
    return _back(session_id)


@post("/espace/seances/{session_id:uuid}/appel/corriger")
async def tap_correct(session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """It is not true that nobody came."""
    await forget_outcome(session_id, by=me, now=now())
    return _back(session_id)


@post("/espace/seances/{session_id:uuid}/appel/defaire")
async def tap_undo(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Take one tap back; tapped twice, the second finds nothing to do."""
    tap = _sent(await read_form(request, UndoTap))
    try:
        await undo(session_id, tap.action, by=me, now=now())
    except NothingToUndo:
        return _back(session_id)
    return _back(session_id)


@post("/espace/seances/{session_id:uuid}/appel/sans-inscription")
async def tap_walk_in(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """One more person, with or without a name."""
    form = await read_form(request, WalkInForm)
    if form.data is None:
        return await _list_page(form, session_id, me)
    moment = now()
    try:
        await add_walk_in(session_id, form.data.name, form.data.op, moment, by=me, now=moment)
    except Refusal as refusal:
        return await _list_page(form.refuse(refusal), session_id, me)
    return _back(session_id, anchor="sans-inscription")


async def _list_page(form: Form[WalkInForm], session_id: UUID, me: Person, *, search: str = "") -> Response[bytes]:
    sheet = await get_sheet(session_id, search=search, by=me)
    moment = now()
    return form.page(
        "workspace/attendance.html",
        sheet=sheet,
        session=sheet.session,
        search=search,
        states=list(SeatState),
        op=token_hex(8),
        is_ahead=sheet.session.starts_at > moment,
        is_released=sheet.is_released(moment),
        free=sheet.free_on_the_spot(moment),
    )


def _sent(form: Form[Any]) -> Any:
    """What was tapped; only a page that is not ours sends something else."""
    if form.data is None:
        raise NotFound
    return form.data


def _back(session_id: UUID, *, anchor: str = "liste", search: str = "") -> Response[bytes]:
    query = f"?q={quote(search)}" if search else ""
    return redirect(f"/espace/seances/{session_id}/appel{query}#{anchor}")


ROUTES: list[Any] = [
    show_list,
    tap_seat,
    tap_everyone,
    tap_nobody,
    tap_correct,
    tap_undo,
    tap_walk_in,
]
