"""Booking for somebody on the phone: one screen, by keyboard alone, and the next call (C17)."""

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
from ateliers.agenda.session import Session
from ateliers.bookings.book import AlreadyBooked, book_seats
from ateliers.bookings.booking import (
    Booking,
    Channel,
    Contact,
    EmailAddress,
    Needs,
    OnBehalf,
    PersonName,
    PhoneNumber,
    Seats,
    Wish,
)
from ateliers.bookings.bookings import find_booking, rank_of
from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.refusals import Refusal
from ateliers.web.answers import redirect
from ateliers.web.asked import answers_of, asked_fields
from ateliers.web.forms import Form, read_form
from ateliers.web.workspace.serving import served_session, session_page

# What the browser knows of the member of staff must not be proposed for the caller.
NOT_MINE = Meta(extra={"autocomplete": "off"})


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who is on the phone: a name is enough."""

    name: Annotated[PersonName, NOT_MINE]
    phone: Annotated[PhoneNumber, NOT_MINE] | None = None
    email: Annotated[EmailAddress, NOT_MINE] | None = None


class StaffBooking(msgspec.Struct, frozen=True, kw_only=True):
    """A booking taken by phone, on paper, at the door or from a partner."""

    contact: Caller
    seats: Seats
    channel: Annotated[Channel, Meta(title="How did the booking reach you?")]
    on_behalf: Annotated[OnBehalf, Meta(title="Does this person book for somebody else? As what?")] | None = None
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

    def wish(self, me: Person, *, answers: dict[str, str]) -> Wish:
        """What is asked of the desk. The same form of the same person sent twice books once."""
        return Wish(
            contact=Contact(name=self.contact.name, phone=self.contact.phone, email=self.contact.email),
            seats=self.seats,
            names=[name for line in self.others.splitlines() if (name := words.plain(line))],
            on_behalf=self.on_behalf,
            needs=self.needs,
            answers=answers,
            channel=self.channel,
            insists=self.insists,
            request_key=f"staff:{me.id}:{self.nonce}" if self.nonce else None,
        )


@get("/espace/seances/{session_id:uuid}/inscrire")
async def show_phone_booking(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """The form; after a booking (`?fait=`), what became of it, and the form again for the next call."""
    session = await served_session(session_id, me)
    channel = request.query_params.get("canal", "")
    return await _page(
        session,
        me,
        made=await _made(session, request.query_params.get("fait", "")),
        channel=Channel(channel) if channel in {one.value for one in Channel} else Channel.PHONE,
    )


@post("/espace/seances/{session_id:uuid}/inscrire")
async def book_for_somebody(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Book, then the next: the button `voir` shows the booking instead."""
    session = await served_session(session_id, me)
    form = await read_form(request, StaffBooking)
    known = None
    if form.data is not None:
        try:
            wish = form.data.wish(me, answers=answers_of(form, session.questions))
            booking = await book_seats(session.lead_id or session_id, wish, now=now(), by=me)
        except Refusal as refusal:
            form.refuse(refusal)
            known = refusal.booking if isinstance(refusal, AlreadyBooked) else None
        else:
            if "voir" in form.raw:
                return redirect(f"/espace/inscriptions/{booking.id}")
            return redirect(f"/espace/seances/{session_id}/inscrire?fait={booking.id}&canal={form.data.channel.value}")
    return await _page(session, me, form=form, known=known)


async def _made(session: Session, booking_id: str) -> Booking | None:
    """The booking just made, if it is one of this session."""
    try:
        booking = await find_booking(UUID(booking_id))
    except ValueError:
        return None
    return booking if booking is not None and booking.session_id == (session.lead_id or session.id) else None


async def _page(
    session: Session,
    me: Person,
    *,
    form: Form[StaffBooking] | None = None,
    made: Booking | None = None,
    known: Booking | None = None,
    channel: Channel = Channel.PHONE,
) -> Response[bytes]:
    if form is None:
        form = Form.of(StaffBooking, seats=1, channel=channel, nonce=secrets.token_hex(12))
    asked = asked_fields(form, session.questions, by_staff=True)
    # The cursor waits where the next word is typed: the name, or the first answer to correct.
    first = next((name for name in form.errors if form.has(name)), "contact.name")
    return await session_page(
        "workspace/phone_booking.html",
        session,
        me,
        status=422 if form.errors else 200,
        form=form,
        asked=asked,
        first=first,
        made=made,
        rank=await rank_of(made) if made is not None else None,
        known=known,
    )


ROUTES = [show_phone_booking, book_for_somebody]
