"""One booking as staff see it: contact, answers, calls and messages, and what can be done for the person."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from ateliers.agenda.session import Session
from ateliers.agenda.sessions import list_next_sessions
from ateliers.bookings.address import correct_address
from ateliers.bookings.answers import answer_in_words
from ateliers.bookings.booking import Booking, BookingState, EmailAddress
from ateliers.bookings.bookings import rank_of
from ateliers.bookings.calling import list_calls, possible_results, why_of
from ateliers.bookings.change import change_session
from ateliers.bookings.give_back import give_back_seats
from ateliers.bookings.human_replies import list_replies
from ateliers.bookings.journal import list_history
from ateliers.bookings.messages import messages_of, resend
from ateliers.bookings.offers import give_seat
from ateliers.bookings.planned import plan_of
from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.refusals import Refusal
from ateliers.web.answers import redirect
from ateliers.web.forms import Form, read_form
from ateliers.web.workspace.serving import served_booking, session_page

DATES = 30  # sessions to come among which a booking can be moved


class SeatsBack(msgspec.Struct, frozen=True, kw_only=True):
    """How many seats are given back for somebody."""

    seats: Annotated[int, Meta(ge=1, le=100, title="How many seats are given back?")]


class OtherDate(msgspec.Struct, frozen=True, kw_only=True):
    """The session that a booking moves to."""

    session_id: Annotated[UUID, Meta(title="The new date", extra={"input": "radio"})]
    insists: Annotated[bool, Meta(title="Move even if no seat is left there")] = False


class NewAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where the person can be written to."""

    email: EmailAddress


@get("/espace/inscriptions/{booking_id:uuid}")
async def show_booking(booking_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """One booking."""
    booking, session = await served_booking(booking_id, me)
    return await booking_page(booking, session, me)


@post("/espace/inscriptions/{booking_id:uuid}/rendre")
async def give_back(
    request: Request[Any, Any, Any], booking_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Give seats back for somebody who calls."""
    booking, session = await served_booking(booking_id, me)
    form = await read_form(request, SeatsBack)
    if form.data is not None:
        try:
            await give_back_seats(booking_id, form.data.seats, now=now(), by=me)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(f"/espace/inscriptions/{booking_id}")
    return await booking_page(booking, session, me, back_form=form)


@post("/espace/inscriptions/{booking_id:uuid}/donner")
async def give(booking_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """A seat for somebody who waits, before others and above the limit if need be: the page said so (C17)."""
    booking, session = await served_booking(booking_id, me)
    try:
        await give_seat(booking_id, by=me, now=now())
    except Refusal as refusal:
        return await booking_page(booking, session, me, refusal=refusal)
    return redirect(f"/espace/inscriptions/{booking_id}")


@post("/espace/inscriptions/{booking_id:uuid}/deplacer")
async def change(
    request: Request[Any, Any, Any], booking_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """The same people on another date; their messages and history come along (C19)."""
    booking, session = await served_booking(booking_id, me)
    form = await read_form(request, OtherDate)
    if form.data is not None:
        try:
            await change_session(booking_id, form.data.session_id, now=now(), by=me, insists=form.data.insists)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(f"/espace/inscriptions/{booking_id}")
    return await booking_page(booking, session, me, date_form=form)


@post("/espace/inscriptions/{booking_id:uuid}/adresse")
async def correct(
    request: Request[Any, Any, Any], booking_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Another e-mail address, where the known one takes no mail (D10)."""
    booking, session = await served_booking(booking_id, me)
    form = await read_form(request, NewAddress)
    if form.data is not None:
        try:
            await correct_address(booking_id, form.data.email, by=me, now=now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(f"/espace/inscriptions/{booking_id}")
    return await booking_page(booking, session, me, address_form=form)


@post("/espace/inscriptions/{booking_id:uuid}/renvoyer")
async def send_again(booking_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """The confirmation once more."""
    booking, session = await served_booking(booking_id, me)
    try:
        await resend(booking_id, by=me, now=now())
    except Refusal as refusal:
        return await booking_page(booking, session, me, refusal=refusal)
    return redirect(f"/espace/inscriptions/{booking_id}")


async def booking_page(
    booking: Booking,
    session: Session,
    me: Person,
    *,
    back_form: Form[SeatsBack] | None = None,
    date_form: Form[OtherDate] | None = None,
    address_form: Form[NewAddress] | None = None,
    refusal: Refusal | None = None,
) -> Response[bytes]:
    """The page; after a refusal, with what was typed and why not."""
    moment = now()
    back_form = back_form or Form.of(SeatsBack, seats=booking.seats)
    date_form = date_form or Form.of(OtherDate)
    address_form = address_form or Form.of(NewAddress)
    if refusal is not None:
        back_form.refuse(refusal)
    is_ahead = not session.is_off and moment < session.begins_at
    calls = await list_calls([booking.id])
    return await session_page(
        "workspace/booking.html",
        session,
        me,
        status=422 if back_form.errors or date_form.errors or address_form.errors else 200,
        booking=booking,
        answer_in_words=answer_in_words,
        why=why_of(booking),
        rank=await rank_of(booking),
        calls=calls.get(booking.id, []),
        results=possible_results(booking, session, now=moment),
        history=await list_history(booking),
        messages=await messages_of(booking.id),
        replies=await list_replies(booking.id),
        planned=await plan_of(booking, session, now=moment),
        back_form=back_form,
        date_form=date_form,
        address_form=address_form,
        may_correct=booking.is_live
        and not session.is_over(moment)
        and (not booking.email or booking.unreachable != ""),
        other_dates=await _other_dates(session, moment) if is_ahead and booking.is_live else [],
        above=_above(booking, session) if booking.state is BookingState.WAITING and is_ahead else None,
        may_give_back=booking.is_live and is_ahead,
        is_over=session.is_all_over(moment),
    )


def _above(booking: Booking, session: Session) -> int:
    """How many seats above the limit there would be more, were this booking given its own."""
    return 0 if session.seats_left is None else max(0, booking.seats - session.seats_left)


async def _other_dates(session: Session, moment: datetime) -> list[Session]:
    """Sessions to come of the structure that take bookings: the same event's first."""
    coming = await list_next_sessions([session.structure_id], now=moment, limit=DATES)
    found = [
        one
        for one in coming
        if one.id != session.id
        and one.rules.takes_bookings
        and not one.is_called_off
        and one.lead_id is None
        and one.starts_at > moment
    ]
    return sorted(found, key=lambda one: one.event_id != session.event_id)


ROUTES = [show_booking, give_back, give, change, correct, send_again]
