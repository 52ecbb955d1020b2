"""Certificates of attendance: made by the link of a booking, checked by anybody who has the code (E8)."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Meta

from ateliers.agenda.session import Session
from ateliers.agenda.sessions import get_session, list_sessions
from ateliers.attendance.certificate import (
    Certificate,
    certificates_pdf,
    find_certificate,
    get_certificate,
    issue_own_certificate,
    list_own_presences,
    own_name,
)
from ateliers.bookings.booking import Booking
from ateliers.bookings.links import booking_by_private_key, manage_path
from ateliers.clock import now
from ateliers.refusals import NotFound
from ateliers.web.answers import PDF, inline_file, page, private, redirect
from ateliers.web.forms import Form, read_form, read_tap
from ateliers.words import speaking

OWN = "/ma-reservation/{code:str}/{key:str}/attestation"


class CheckForm(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on the paper."""

    code: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=40,
            title="Code of the certificate",
            description="Ten letters and figures, for example K7M2P XR4TY.",
            extra={"autocomplete": "off", "autocapitalize": "characters"},
        ),
    ]
    name: Annotated[
        str,
        Meta(
            max_length=120,
            title="Name on the certificate",
            description="This page never shows a name. Type it to know whether it is the right one.",
            extra={"autocomplete": "off"},
        ),
    ] = ""


class OwnForm(msgspec.Struct, frozen=True, kw_only=True):
    """Which seat, and of a cycle at which date."""

    session_id: UUID
    seat: Annotated[int, Meta(ge=1, le=100)]


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that can be had."""

    session: Session
    seat: int
    name: str


@get("/attestation")
async def ask_code() -> Response[bytes]:
    """The form."""
    return Form.of(CheckForm).page("public/certificate.html", asked=False, found=None, session=None, name="")


@post("/attestation", status_code=200)
async def check(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Whether there is such a certificate, and whether the name typed is the one on it."""
    form = await read_form(request, CheckForm)
    if form.data is None:
        return form.page("public/certificate.html", asked=False, found=None, session=None, name="")
    return await _check_page(form, await find_certificate(form.data.code), form.data.name)


@get("/attestation/{proof:str}")
async def show(proof: FromPath[str]) -> Response[bytes]:
    """The same by the address in the square; with the form to try again where there is no such certificate."""
    found = await find_certificate(proof)
    answer = await _check_page(Form.of(CheckForm, code=found.code_in_words if found else proof), found, "")
    answer.status_code = 200 if found else 404
    return answer


@get(OWN)
async def show_own(code: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """The certificates that this booking can have."""
    booking = await _booking(code, key)
    return private(
        page("public/booking_certificate.html", booking=booking, path=manage_path(booking), seats=await _seats(booking))
    )


@post(OWN)
async def make_own(request: Request[Any, Any, Any], code: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """Make one, then its PDF. Raises NotFound where nobody came."""
    booking = await _booking(code, key)
    wish = await read_tap(request, OwnForm)
    if not any((one.session.id, one.seat) == (wish.session_id, wish.seat) for one in await _seats(booking)):
        raise NotFound
    made = await issue_own_certificate(booking, wish.session_id, wish.seat, now=now())
    return redirect(f"{manage_path(booking)}/attestation/{made.code}")


@get(f"{OWN}/{{proof:str}}")
async def print_own(code: FromPath[str], key: FromPath[str], proof: FromPath[str]) -> Response[bytes]:
    """The PDF, in the citizen's language."""
    booking = await _booking(code, key)
    found = await get_certificate(proof)
    if not any((one.session.id, one.name) == (found.session_id, found.name) for one in await _seats(booking)):
        raise NotFound
    with speaking(booking.language):
        made = await certificates_pdf(await get_session(found.session_id), [found], now=now())
    return private(Response(made, media_type=PDF, headers=inline_file("attestation.pdf")))


async def _booking(code: str, key: str) -> Booking:
    booking = await booking_by_private_key(code, key)
    if booking is None:
        raise NotFound
    return booking


async def _seats(booking: Booking) -> list[Made]:
    """Each seat that was marked present and of which the booking tells the name."""
    came = await list_own_presences(booking)
    sessions = {one.id: one for one in await list_sessions([session_id for session_id, _seat in came])}
    return [
        Made(session=sessions[session_id], seat=seat, name=name)
        for session_id, seat in came
        if (name := own_name(booking, seat))
    ]


async def _check_page(form: Form[CheckForm], found: Certificate | None, name: str) -> Response[bytes]:
    session = await get_session(found.session_id) if found else None
    return private(form.page("public/certificate.html", asked=True, found=found, session=session, name=name))


ROUTES: list[Any] = [ask_code, check, show, show_own, make_own, print_own]
