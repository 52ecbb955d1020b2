"""« Retrouver ma réservation »: by e-mail address or phone number, or by the code on paper and a name (C13)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from msgspec import Meta

from ateliers.bookings.finding import BookingNotFound, find_by_code_and_name, find_my_bookings
from ateliers.bookings.links import manage_path
from ateliers.clock import now
from ateliers.refusals import Refusal
from ateliers.web.answers import private, redirect
from ateliers.web.crowds import Crowd, network_of
from ateliers.web.forms import Form, read_form

MOST_WRONG = 30  # wrong codes from one network in an hour: a library may need some, who guesses needs millions
WRONG = Crowd(timedelta(hours=1))


class TooManyTries(Refusal):
    """Somebody may be guessing."""

    status = 429
    title = "Too many tries. Call the structure: its phone number is on the page of the workshop."


class FindForm(msgspec.Struct, frozen=True, kw_only=True):
    """By what the booking was made with."""

    contact: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=254,
            title="E-mail address or phone number",
            description="The one you gave when you booked.",
            extra={"autocomplete": "email"},
        ),
    ]


class CodeForm(msgspec.Struct, frozen=True, kw_only=True):
    """By what stands on the paper."""

    code: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=40,
            title="Code of the booking",
            description="Six letters and figures, for example K7M 2QX.",
            extra={"autocomplete": "off", "autocapitalize": "characters"},
        ),
    ]
    name: Annotated[
        str, Meta(min_length=1, max_length=120, title="Your name", description="As it was given when you booked.")
    ]


@get("/ma-reservation")
async def ask_contact() -> Response[bytes]:
    """Both ways."""
    return Form.of(FindForm).page("public/booking_find.html", by_code=Form.of(CodeForm), sent=False)


@post("/ma-reservation")
async def send_links(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Send the links; the answer is the same whether or not there is a booking."""
    form = await read_form(request, FindForm)
    if form.data is not None:
        try:
            await find_my_bookings(form.data.contact, now=now())
        except Refusal as refusal:
            form.refuse(refusal)
    return private(form.page("public/booking_find.html", by_code=Form.of(CodeForm), sent=not form.errors))


@post("/ma-reservation/code")
async def show_by_code(request: Request[Any, Any, Any]) -> Response[bytes]:
    """To the private page; the same no for a wrong code, a wrong name and both."""
    form = await read_form(request, CodeForm)
    if form.data is not None:
        moment, who = now(), network_of(request.scope)
        try:
            if who is not None and WRONG.count(who, now=moment) >= MOST_WRONG:
                raise TooManyTries
            return redirect(manage_path(await find_by_code_and_name(form.data.code, form.data.name)))
        except Refusal as refusal:
            if isinstance(refusal, BookingNotFound):
                WRONG.note(who, now=moment)
            form.refuse(refusal)
            return _code_page(form, status=refusal.status)
    return _code_page(form)


def _code_page(form: Form[CodeForm], *, status: int | None = None) -> Response[bytes]:
    found = Form.of(FindForm).page("public/booking_find.html", status=status or 422, by_code=form, sent=False)
    return private(found)


ROUTES = [ask_contact, send_links, show_by_code]
