"""The staff's page of a session: who comes, who waits and why, booking for somebody on the phone, more or fewer seats."""

from __future__ import annotations

import secrets
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from ateliers import words
from ateliers.agenda.calendar import location
from ateliers.agenda.session import Session
from ateliers.agenda.sessions import get_session
from ateliers.bookings.book import book_seats
from ateliers.bookings.booking import Booking, BookingState, Channel, Contact, Needs, Seats, Wish
from ateliers.bookings.bookings import get_booking, list_bookings, tidy_code
from ateliers.bookings.calling import note_call
from ateliers.bookings.give_back import give_back_seats
from ateliers.bookings.journal import list_journal
from ateliers.bookings.links import manage_path
from ateliers.bookings.messages import messages_of, resend
from ateliers.bookings.resize import MOST, resize_session
from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.refusals import NotFound, Refusal
from ateliers.web.answers import page, redirect
from ateliers.web.fields import REQUIRED
from ateliers.web.forms import Form, read_form


class StaffBooking(msgspec.Struct, frozen=True, kw_only=True):
    """A booking taken by phone, on paper or at the door: a name is enough."""

    contact: Contact
    seats: Seats
    channel: Annotated[Channel, Meta(title="How did the booking reach you?")]
    others: Annotated[
        str,
        Meta(
            max_length=2000,
            title="Names of the people who come",
            description="One name a line. You may leave this empty.",
            extra={"input": "textarea"},
        ),
    ] = ""
    needs: Needs | None = None
    insists: Annotated[bool, Meta(title="Book even if no seat is left")] = False
    nonce: Annotated[str, Meta(max_length=64, extra={"input": "hidden"})] = ""

    def wish(self, me: Person) -> Wish:
        """What is asked of the desk. The same form of the same person sent twice books once."""
        return Wish(
            contact=self.contact,
            seats=self.seats,
            names=[name for line in self.others.splitlines() if (name := words.plain(line))],
            needs=self.needs,
            channel=self.channel,
            insists=self.insists,
            request_key=f"staff:{me.id}:{self.nonce}" if self.nonce else None,
        )


class CapacityForm(msgspec.Struct, frozen=True, kw_only=True):
    """How many seats; empty for no limit."""

    capacity: (
        Annotated[int, Meta(ge=1, le=MOST, title="Number of seats", description="Leave empty for no limit.")] | None
    ) = None


class SeatsBack(msgspec.Struct, frozen=True, kw_only=True):
    """How many seats are given back for somebody."""

    seats: Annotated[int, Meta(ge=1, le=100, title="How many seats are given back?")]


@get("/espace/seances/{session_id:uuid}")
async def show_session(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Everybody on the list; `?q=` searches names, contacts and codes."""
    session = await _session(session_id, me)
    return await _session_page(session, me, query=words.plain(request.query_params.get("q", ""))[:100])


@post("/espace/seances/{session_id:uuid}/inscrire")
async def book_for_somebody(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Book for somebody, then show their booking."""
    session = await _session(session_id, me)
    form = await read_form(request, StaffBooking)
    if form.data is not None:
        try:
            booking = await book_seats(session_id, form.data.wish(me), now=now(), by=me)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(f"/espace/inscriptions/{booking.id}")
    return await _session_page(session, me, booking_form=form, status=422)


@post("/espace/seances/{session_id:uuid}/places")
async def resize(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Another number of seats: the page says what follows from it."""
    session = await _session(session_id, me)
    form = await read_form(request, CapacityForm)
    if "capacity" not in form.raw:
        # Left empty it lifts the limit; a request without the question must not.
        form.errors["capacity"] = [REQUIRED]
    elif form.data is not None:
        try:
            await resize_session(session_id, form.data.capacity, by=me, now=now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(f"/espace/seances/{session_id}")
    return await _session_page(session, me, capacity_form=form, status=422)


@get("/espace/inscriptions/{booking_id:uuid}")
async def show_booking(booking_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """One booking: contact, messages, and what can be done for the person."""
    booking, session = await _booking(booking_id, me)
    return await _booking_page(booking, session)


@post("/espace/inscriptions/{booking_id:uuid}/rendre")
async def give_back(
    request: Request[Any, Any, Any], booking_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Give seats back for somebody who calls."""
    booking, session = await _booking(booking_id, me)
    form = await read_form(request, SeatsBack)
    if form.data is not None:
        try:
            await give_back_seats(booking_id, form.data.seats, now=now(), by=me)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(f"/espace/inscriptions/{booking_id}")
    return await _booking_page(booking, session, form=form)


@post("/espace/inscriptions/{booking_id:uuid}/appel")
async def called(booking_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """The person was called and knows."""
    await _booking(booking_id, me)
    await note_call(booking_id, by=me, now=now())
    return redirect(f"/espace/inscriptions/{booking_id}")


@post("/espace/inscriptions/{booking_id:uuid}/renvoyer")
async def send_again(booking_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """The confirmation once more."""
    booking, session = await _booking(booking_id, me)
    try:
        await resend(booking_id, by=me, now=now())
    except Refusal as refusal:
        return await _booking_page(booking, session, form=Form.of(SeatsBack, seats=booking.seats).refuse(refusal))
    return redirect(f"/espace/inscriptions/{booking_id}")


async def _session(session_id: UUID, me: Person) -> Session:
    """The session, for those who serve its structure; for others it is not there: names are on the page (G4)."""
    session = await get_session(session_id)
    if not me.serves(session.structure_id):
        raise NotFound
    return session


async def _booking(booking_id: UUID, me: Person) -> tuple[Booking, Session]:
    booking = await get_booking(booking_id)
    return booking, await _session(booking.session_id, me)


async def _session_page(
    session: Session,
    me: Person,
    *,
    query: str = "",
    booking_form: Form[StaffBooking] | None = None,
    capacity_form: Form[CapacityForm] | None = None,
    status: int = 200,
) -> Response[bytes]:
    bookings = await list_bookings(session.id)
    shown = [booking for booking in bookings if not query or _matches(booking, query)]
    waiting = [booking.id for booking in bookings if booking.state is BookingState.WAITING]
    moment = now()
    if booking_form is None:
        booking_form = Form.of(StaffBooking, seats=1, channel=Channel.PHONE, nonce=secrets.token_hex(12))
    if capacity_form is None:
        capacity_form = Form.of(CapacityForm, capacity=session.capacity)
    answer = page(
        "workspace/bookings.html",
        status=status,
        session=session,
        where=location(session),
        moment=moment,
        query=query,
        confirmed=[booking for booking in shown if booking.state is BookingState.CONFIRMED],
        waiting=[booking for booking in shown if booking.state is BookingState.WAITING],
        ended=[booking for booking in shown if not booking.is_live],
        ranks={booking_id: rank for rank, booking_id in enumerate(waiting, 1)},
        calls=[booking for booking in bookings if booking.to_call_back and booking.state is BookingState.CONFIRMED],
        journal=await list_journal(session.id),
        booking_form=booking_form,
        capacity_form=capacity_form,
        takes_bookings=session.takes_bookings(moment),
        may_manage=me.manages(session.structure_id),
    )
    answer.headers["cache-control"] = "no-store"
    return answer


async def _booking_page(booking: Booking, session: Session, *, form: Form[SeatsBack] | None = None) -> Response[bytes]:
    form = form or Form.of(SeatsBack, seats=booking.seats)
    answer = form.page(
        "workspace/booking.html",
        booking=booking,
        session=session,
        where=location(session),
        messages=await messages_of(booking.id),
        path=manage_path(booking),
        may_give_back=booking.is_live and session.takes_bookings(now()),
        is_over=session.is_over(now()),
    )
    answer.headers["cache-control"] = "no-store"
    return answer


def _matches(booking: Booking, query: str) -> bool:
    """Whether every word typed stands in its names or e-mail; or the code, or the phone number, is the one typed."""
    text = words.fold(" ".join([booking.name, *booking.names, booking.email or ""]))
    digits = "".join(letter for letter in query if letter.isdigit())
    return (
        all(word in text for word in words.fold(query).split())
        or tidy_code(query) == booking.code
        or (len(digits) >= 6 and digits in (booking.phone or ""))
    )


ROUTES = [show_session, book_for_somebody, resize, show_booking, give_back, called, send_again]
