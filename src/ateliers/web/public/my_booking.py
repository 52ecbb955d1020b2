"""A booking's private pages: see it, print it, answer an offer, give seats back, take another date; nothing is done by a GET (C12)."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Meta

from ateliers.agenda.calendar import location
from ateliers.agenda.event import EventState
from ateliers.agenda.group import entry_of
from ateliers.agenda.session import Session
from ateliers.agenda.sessions import get_session, list_dates
from ateliers.attendance.certificate import list_own_presences
from ateliers.attendance.mark import SeatState
from ateliers.attendance.sheet import SeatLine, get_sheet
from ateliers.bookings.answers import answer_in_words
from ateliers.bookings.booking import Booking, BookingState
from ateliers.bookings.bookings import get_booking, rank_of
from ateliers.bookings.change import change_session, list_other_dates
from ateliers.bookings.confirmation import confirmation_of, confirmation_pdf
from ateliers.bookings.give_back import give_back_seats, leave_waiting_list
from ateliers.bookings.joining import join_link
from ateliers.bookings.links import booking_by_private_key, manage_path
from ateliers.bookings.offers import accept_offer, decline_offer
from ateliers.bookings.planned import plan_of
from ateliers.clock import now
from ateliers.network.signing_in import person_of_session
from ateliers.refusals import NotFound, Refusal
from ateliers.settings import settings
from ateliers.web.answers import PDF, inline_file, page, private, redirect
from ateliers.web.forms import Form, read_form
from ateliers.web.frame import SESSION_COOKIE
from ateliers.words import day_in_words


class Reply(enum.Enum):
    """What may be said to an offer."""

    YES = "yes"
    NO = "no"


class ReplyForm(msgspec.Struct, frozen=True, kw_only=True):
    """Yes or no to a seat that is kept."""

    answer: Annotated[Reply, Meta(title="Do you take the seat?")]


class ChangeForm(msgspec.Struct, frozen=True, kw_only=True):
    """Which other date."""

    session_id: Annotated[UUID, Meta(title="Which date suits you?")]


class GiveBackForm(msgspec.Struct, frozen=True, kw_only=True):
    """How many seats."""

    seats: Annotated[int, Meta(ge=1, le=100, title="How many seats do you give back?")]
    waits: bool = False  # the page said so: a seat that came free since is not given back unseen


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody of the team may do who opens the page by its square, at the door (E6)."""

    lines: list[SeatLine]
    path: str  # of the attendance list
    states: list[SeatState]


@get("/ma-reservation/{code:str}/{key:str}")
async def show_booking(request: Request[Any, Any, Any], code: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """The private page of a booking; with buttons for the team, when one of them opens it."""
    booking = await _booking(code, key)
    return await _booking_page(Form.of(ReplyForm), booking, door=await _door(request, booking))


async def _door(request: Request[Any, Any, Any], booking: Booking) -> Door | None:
    token = request.cookies.get(SESSION_COOKIE, "")
    person = await person_of_session(token, now=now()) if token else None
    if person is None or booking.state is not BookingState.CONFIRMED:
        return None
    session = await get_session(booking.session_id)
    # Of a cycle, the date that is nearest.
    session = min(await list_dates(session), key=lambda date: abs(date.starts_at - now()), default=session)
    if not person.serves(session.structure_id) or session.is_called_off:
        return None
    sheet = await get_sheet(session.id, by=person)
    return Door(
        lines=[line for line in sheet.lines if line.code == booking.code],
        path=f"/espace/seances/{session.id}/appel",
        states=list(SeatState),
    )


@post("/ma-reservation/{code:str}/{key:str}/reponse")
async def answer_offer(request: Request[Any, Any, Any], code: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """Yes or no to the seat that is kept (C9, C11)."""
    booking = await _booking(code, key)
    form = await read_form(request, ReplyForm)
    if form.data is None:
        return await _booking_page(form, booking)
    say = accept_offer if form.data.answer is Reply.YES else decline_offer
    try:
        await say(booking.id, now=now())
    except Refusal as refusal:
        return await _booking_page(form.refuse(refusal), await get_booking(booking.id), status=refusal.status)
    return redirect(manage_path(booking))


async def _booking_page(
    form: Form[ReplyForm], booking: Booking, *, status: int | None = None, door: Door | None = None
) -> Response[bytes]:
    session = await get_session(booking.session_id)
    moment = now()
    may_give_back = _may_give_back(booking, session, moment)
    others = await list_other_dates(booking, now=moment) if may_give_back else []
    planned = await plan_of(booking, session, now=moment)
    return private(
        form.page(
            "public/booking.html",
            status=status,
            booking=booking,
            session=session,
            where=location(session),
            entry=entry_of(session),
            rank=await rank_of(booking),
            path=manage_path(booking),
            join_url=join_link(booking, session),
            is_over=session.is_all_over(moment),
            offer_is_open=booking.offered_until is not None and moment <= booking.offered_until and not session.is_off,
            may_give_back=may_give_back,
            may_change=bool(others),
            cutoff=session.begins_at - session.cutoff,
            is_late=booking.state is BookingState.CONFIRMED
            and not (may_give_back or session.is_off or session.is_all_over(moment)),
            answer_in_words=answer_in_words,
            door=door,
            came=bool(await list_own_presences(booking)),
            days_of_mail=dict.fromkeys(day_in_words(one.at, session.zone) for one in planned),
            sender=settings().mail_from,
        )
    )


@get("/ma-reservation/{code:str}/{key:str}/imprimer")
async def print_booking(code: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """The confirmation as a page to print."""
    booking = await _booking(code, key)
    told = await confirmation_of(booking, await get_session(booking.session_id))
    pdf = f"{manage_path(booking)}/confirmation.pdf"
    return private(page("documents/confirmation.html", told=told, pdf=pdf, back=manage_path(booking)))


@get("/ma-reservation/{code:str}/{key:str}/confirmation.pdf")
async def print_pdf(code: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """The confirmation as PDF."""
    booking = await _booking(code, key)
    made = await confirmation_pdf(booking, await get_session(booking.session_id), now=now())
    return private(Response(made, media_type=PDF, headers=inline_file(f"reservation-{booking.code}.pdf")))


@get("/ma-reservation/{code:str}/{key:str}/rendre")
async def ask_give_back(code: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """Ask how many seats, and whether it is meant."""
    booking = await _booking(code, key)
    if not booking.is_live or booking.state is BookingState.OFFERED:
        return redirect(manage_path(booking))
    return await _give_back_page(Form.of(GiveBackForm, seats=booking.seats), booking)


@post("/ma-reservation/{code:str}/{key:str}/rendre")
async def give_back(request: Request[Any, Any, Any], code: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """Give the seats back."""
    booking = await _booking(code, key)
    form = await read_form(request, GiveBackForm)
    if form.data is not None:
        try:
            if form.data.waits and form.data.seats == booking.seats:
                await leave_waiting_list(booking.id, now=now())
            else:
                await give_back_seats(booking.id, form.data.seats, now=now())
        except Refusal as refusal:
            form.refuse(refusal)
            booking = await get_booking(booking.id)
        else:
            return redirect(manage_path(booking))
    return await _give_back_page(form, booking)


@get("/ma-reservation/{code:str}/{key:str}/changer")
async def ask_change(code: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """Offer the other dates of the event."""
    booking = await _booking(code, key)
    if not booking.is_live:
        return redirect(manage_path(booking))
    return await _change_page(Form.of(ChangeForm), booking)


@post("/ma-reservation/{code:str}/{key:str}/changer")
async def change(request: Request[Any, Any, Any], code: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """Take the seats to another date."""
    booking = await _booking(code, key)
    form = await read_form(request, ChangeForm)
    if form.data is not None:
        try:
            made = await change_session(booking.id, form.data.session_id, now=now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(manage_path(made))
    return await _change_page(form, booking)


async def _change_page(form: Form[ChangeForm], booking: Booking) -> Response[bytes]:
    session = await get_session(booking.session_id)
    return private(
        form.page(
            "public/booking_change.html",
            booking=booking,
            session=session,
            where=location(session),
            path=manage_path(booking),
            others=await list_other_dates(booking, now=now()),
        )
    )


async def _booking(code: str, key: str) -> Booking:
    booking = await booking_by_private_key(code, key)
    if booking is None:
        raise NotFound
    return booking


async def _give_back_page(form: Form[GiveBackForm], booking: Booking) -> Response[bytes]:
    session = await get_session(booking.session_id)
    return private(
        form.page(
            "public/booking_give_back.html",
            booking=booking,
            session=session,
            where=location(session),
            path=manage_path(booking),
            may_give_back=_may_give_back(booking, session, now()),
        )
    )


def _may_give_back(booking: Booking, session: Session, moment: datetime) -> bool:
    """Whether the desk would take seats back online now: for what the page offers; the desk decides."""
    if session.event_state is not EventState.PUBLISHED or session.is_off or moment >= session.begins_at:
        return False
    is_early = moment < session.begins_at - session.cutoff
    return booking.state is BookingState.WAITING or (booking.state is BookingState.CONFIRMED and is_early)


ROUTES = [show_booking, answer_offer, print_booking, print_pdf, ask_give_back, give_back, ask_change, change]
