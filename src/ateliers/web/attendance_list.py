"""The attendance list as a page of buttons, for people of the team and for the bearer of a link: the same list, the same taps.

Every button is a form, so that it works without scripts; with them, `static/js/pointage.js` keeps the taps on the phone
until the network is back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from secrets import token_hex
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Request, Response
from msgspec import Meta

from ateliers.agenda.kinds import Counter
from ateliers.attendance.counters import count_people
from ateliers.attendance.mark import SEAT_ID, Op, SeatState, is_op, read_seat_id
from ateliers.attendance.record import (
    NothingToUndo,
    correct_nobody_came,
    mark_everyone_present,
    mark_seat,
    record_nobody_came,
    undo,
)
from ateliers.attendance.recorder import Recorder, Volunteer
from ateliers.attendance.sheet import get_sheet
from ateliers.attendance.walk_ins import WalkInName, add_walk_in
from ateliers.clock import now
from ateliers.refusals import Refusal
from ateliers.rendering import url
from ateliers.web.answers import private, redirect
from ateliers.web.forms import Form, read_form, read_tap

LONGEST_SEARCH = 100
Search = Annotated[str, Meta(max_length=LONGEST_SEARCH)]


class SeatTap(msgspec.Struct, frozen=True, kw_only=True):
    """One button of one line. `then`: the line below, where the page goes on; `saw`: the marks that the line showed."""

    seat: Annotated[str, Meta(min_length=3, max_length=20)]
    state: SeatState | None = None
    saw: Annotated[str, Meta(max_length=2000)] = ""
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


class CountTap(msgspec.Struct, frozen=True, kw_only=True):
    """One more person, of one counter."""

    op: Op
    counter: Counter


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a list stands: of which session, who taps on it, and its address."""

    session_id: UUID
    by: Recorder
    path: str  # without the language

    async def show(self, *, search: str = "", form: Form[WalkInForm] | None = None) -> Response[bytes]:
        """The page, narrowed to `search`; or with the form that something is wrong with."""
        moment = now()  # all that was acknowledged before is on the page
        sheet = await get_sheet(self.session_id, search=search, by=self.by)
        return private(
            (form or Form.of(WalkInForm, op=token_hex(8))).page(
                "workspace/attendance.html",
                here_path=url(self.path),
                drawn_at=moment,
                recorder_id=self.by.id,
                volunteer=self.by if isinstance(self.by, Volunteer) else None,
                sheet=sheet,
                session=sheet.session,
                search=search,
                states=list(SeatState),
                op=token_hex(8),
                is_ahead=sheet.session.starts_at > moment,
                is_released=sheet.is_released(moment),
                free=sheet.free_on_the_spot(moment),
            )
        )

    async def tap(self, request: Request[Any, Any, Any], what: str) -> Response[bytes]:
        """Do what the button says, and show the list again. `what` is the last part of its address."""
        return await TAPS[what](self, request)

    def back(self, *, anchor: str = "liste", search: str = "") -> Response[bytes]:
        """To the list again, where the finger was."""
        query = f"?q={quote(search)}" if search else ""
        return redirect(f"{self.path}{query}#{anchor}")


async def _tap_seat(place: Place, request: Request[Any, Any, Any]) -> Response[bytes]:
    """Present, absent, excused, or not recorded after all."""
    tap = await read_tap(request, SeatTap)
    code, seat = read_seat_id(tap.seat)
    # A page that says nothing of what it showed is taken to have shown all there is; what names no mark says nothing.
    saw = [op for op in tap.saw.split() if is_op(op)] or None
    await mark_seat(place.session_id, code, seat, tap.state, saw=saw, by=place.by, now=now())
    return place.back(anchor=f"place-{tap.then}" if SEAT_ID.fullmatch(tap.then) else "liste", search=tap.q)


async def _tap_everyone(place: Place, request: Request[Any, Any, Any]) -> Response[bytes]:
    """Everybody of whom nothing is known yet is present."""
    tap = await read_tap(request, Tap)
    await mark_everyone_present(place.session_id, tap.op, by=place.by, now=now())
    return place.back()


async def _tap_nobody(place: Place, request: Request[Any, Any, Any]) -> Response[bytes]:
    """The session was held, and nobody came."""
    tap = await read_tap(request, Tap)
    await record_nobody_came(place.session_id, tap.op, by=place.by, now=now())
    return place.back()


async def _tap_correct(place: Place, _request: Request[Any, Any, Any]) -> Response[bytes]:
    """It is not true that nobody came."""
    await correct_nobody_came(place.session_id, by=place.by, now=now())
    return place.back()


async def _tap_undo(place: Place, request: Request[Any, Any, Any]) -> Response[bytes]:
    """Take one tap back; tapped twice, the second finds nothing to do."""
    tap = await read_tap(request, UndoTap)
    try:
        await undo(place.session_id, tap.action, by=place.by, now=now())
    except NothingToUndo:
        return place.back()
    return place.back()


async def _tap_count(place: Place, request: Request[Any, Any, Any]) -> Response[bytes]:
    """One more person counted."""
    tap = await read_tap(request, CountTap)
    await count_people(place.session_id, tap.counter, tap.op, by=place.by, now=now())
    return place.back(anchor=f"compteur-{tap.counter.value}")


async def _tap_walk_in(place: Place, request: Request[Any, Any, Any]) -> Response[bytes]:
    """One more person, with or without a name."""
    form = await read_form(request, WalkInForm)
    if form.data is None:
        return await place.show(form=form)
    moment = now()
    try:
        await add_walk_in(place.session_id, form.data.name, form.data.op, moment, by=place.by, now=moment)
    except Refusal as refusal:
        return await place.show(form=form.refuse(refusal))
    return place.back(anchor="sans-inscription")


TAPS: dict[str, Callable[[Place, Request[Any, Any, Any]], Awaitable[Response[bytes]]]] = {
    "": _tap_seat,
    "tous-presents": _tap_everyone,
    "personne": _tap_nobody,
    "corriger": _tap_correct,
    "defaire": _tap_undo,
    "compter": _tap_count,
    "sans-inscription": _tap_walk_in,
}
