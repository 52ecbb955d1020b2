"""Booking a seat: no account, one contact is enough, sent twice it books once."""

from __future__ import annotations

import enum
import json
import secrets
from datetime import datetime, timedelta
from typing import Annotated, Any, cast
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Meta

from ateliers import words
from ateliers.agenda.calendar import location
from ateliers.agenda.group import entry_of, may_be_read
from ateliers.agenda.session import Session
from ateliers.agenda.sessions import find_other_half, get_session
from ateliers.bookings.answers import wrong_answers
from ateliers.bookings.book import AlreadyBooked, SessionFull, book_seats, wrong_contact
from ateliers.bookings.booking import Contact, Needs, OnBehalf, Seats, Wish
from ateliers.bookings.finding import send_link
from ateliers.bookings.links import manage_path
from ateliers.clock import now
from ateliers.refusals import NotFound, Refusal
from ateliers.signing import timed_token, token_moment
from ateliers.web import shield
from ateliers.web.answers import page, private, redirect
from ateliers.web.asked import answers_of, asked_fields
from ateliers.web.crowds import network_of, note_booking, why_to_call
from ateliers.web.forms import Form, read_form
from ateliers.words import T

FORM = "booking-form"  # purpose of the token in the form
FASTEST = timedelta(seconds=2)  # nobody fills the form in less; programs do
LONGEST = timedelta(hours=12)


class For(enum.Enum):
    """Who comes (C3)."""

    ME = "me"
    OTHER = "other"

    @property
    def label(self) -> T:
        """The answer as it is offered."""
        return (
            T("For me") if self is For.ME else T("For a person I help: a relative, a patient, a user of my structure")
        )


class BookingForm(msgspec.Struct, frozen=True, kw_only=True):
    """The form of a booking; its questions in order."""

    who: Annotated[For, Meta(title="Who do you book for?", extra={"input": "radio"})]
    on_behalf: Annotated[
        OnBehalf | None, Meta(title="You are", description="Only if you book for a person you help.")
    ] = None
    attendee: Annotated[
        str,
        Meta(
            max_length=120,
            title="First name and name of the person who comes",
            description="Only if you book for a person you help.",
            extra={"autocomplete": "off"},
        ),
    ] = ""
    contact: Contact
    seats: Seats = 1
    others: Annotated[
        str,
        Meta(
            max_length=2000,
            title="Names of the people who come with you",
            description="One name a line. You may leave this empty.",
            extra={"input": "textarea"},
        ),
    ] = ""
    needs: Needs | None = None
    site: Annotated[str, Meta(title="Leave this field empty", extra={"autocomplete": "off"})] = ""
    token: str = ""
    proof: Annotated[str, Meta(max_length=shield.MOST_LETTERS)] = ""
    wait: bool = False

    def wish(self, request_key: str, *, answers: dict[str, str], call_why: str) -> Wish:
        """What is asked of the desk."""
        others = [name for line in self.others.splitlines() if (name := words.plain(line))]
        first = self.attendee if self.who is For.OTHER and self.attendee else self.contact.name
        is_other = self.who is For.OTHER
        return Wish(
            contact=self.contact,
            seats=self.seats,
            names=[first, *others] if others or (is_other and self.attendee) else [],
            on_behalf=(self.on_behalf or OnBehalf.RELATIVE) if is_other else None,
            needs=self.needs,
            answers=answers,
            call_why=call_why,
            language=cast("Any", words.language()),
            request_key=request_key,
            may_wait=self.wait,
        )


@get("/seances/{session_id:uuid}/reserver")
async def show_form(request: Request[Any, Any, Any], session_id: FromPath[UUID]) -> Response[bytes]:
    """The form, or why there is none; of a cycle, on its first date."""
    session = await _session(request, session_id)
    if session.lead_id is not None:
        return redirect(session.booking_path + entry_of(session))
    return await _form_page(Form.of(BookingForm, who=For.ME, token=_new_token(session_id, now())), session)


@post("/seances/{session_id:uuid}/reserver")
async def send_form(request: Request[Any, Any, Any], session_id: FromPath[UUID]) -> Response[bytes]:
    """Book, then lead to the private page; or the form again, everything typed kept."""
    session = await _session(request, session_id)
    moment = now()
    form = await read_form(request, BookingForm)
    answers = answers_of(form, session.questions)
    nonce = _judge(form, session, answers, moment)
    if form.data is None or form.errors:
        return await _form_page(form, session)
    network = network_of(request.scope)
    wish = form.data.wish(f"form:{nonce}", answers=answers, call_why=why_to_call(network, now=moment))
    try:
        booking = await book_seats(session_id, wish, now=moment)
    except SessionFull as refusal:
        if not refusal.waiting_open:
            return await _form_page(form.refuse(refusal), await get_session(session_id), status=409)
        return await _form_page(form, await get_session(session_id), full=True, status=409)
    except AlreadyBooked as refusal:
        sent = await send_link(refusal.booking, now=moment)
        return private(
            page(
                "public/booking_known.html",
                status=409,
                session=session,
                booking=refusal.booking,
                sent=sent,
                where=location(session),
                entry=entry_of(session),
            )
        )
    except Refusal as refusal:
        return await _form_page(form.refuse(refusal), await get_session(session_id), status=refusal.status)
    note_booking(network, session_id, now=moment)
    return redirect(manage_path(booking))


async def _session(request: Request[Any, Any, Any], session_id: UUID) -> Session:
    session = await get_session(session_id)
    if not may_be_read(session, request.query_params.get("groupe", ""), now=now()):
        raise NotFound
    return session


def _new_token(session_id: UUID, moment: datetime) -> str:
    return timed_token(FORM, f"{session_id} {secrets.token_hex(12)}", now=moment)


def _judge(form: Form[BookingForm], session: Session, answers: dict[str, str], moment: datetime) -> str:
    """Note all that is wrong at once, also what the struct alone cannot see; the form's nonce."""
    typed = {
        name: (form.raw.get(name) or [""])[-1] for name in ("token", "site", "proof", "contact.email", "contact.phone")
    }
    nonce, trouble = _nonce_of(typed["token"], session.id, moment)
    wrong = wrong_contact(typed["contact.email"], typed["contact.phone"])
    for name, message in (wrong | wrong_answers(session.questions, answers)).items():
        form.errors.setdefault(name, [T(message)])
    if typed["site"].strip():
        form.errors["site"] = [T("Leave this field empty, then send again.")]
    elif trouble is None and shield.is_raised(session.id, now=moment) and not shield.is_proven(typed["proof"], nonce):
        trouble = T(
            "Many people are booking at this moment. Wait for the check at the end of the form, then send again."
        )
    if trouble is not None and not form.errors:
        form.errors[""] = [trouble]
    if not nonce:
        form.raw["token"] = [_new_token(session.id, moment)]
    return nonce


def _nonce_of(token: str, session_id: UUID, moment: datetime) -> tuple[str, T | None]:
    """The form's nonce, '' when the form must be given a new token; and what to say, if anything."""
    made = token_moment(FORM, token)
    if made is None or not made[1].startswith(f"{session_id} "):
        return "", T("This page was open for too long. Your answers are kept: send again.")
    nonce = made[1].partition(" ")[2]
    if moment - made[0] > LONGEST:
        return "", T("This page was open for too long. Your answers are kept: send again.")
    if moment - made[0] < FASTEST:
        return nonce, T("That was very fast. Read your answers once more, then send again.")
    return nonce, None


async def _form_page(
    form: Form[BookingForm], session: Session, *, full: bool = False, status: int | None = None
) -> Response[bytes]:
    """`full`: there was a seat when the form was opened, there is none now."""
    moment = now()
    asked = asked_fields(form, session.questions)
    other_half = await find_other_half(session) if full or session.is_full else None
    nonce, _trouble = _nonce_of(form["token"].value, session.id, moment)
    raised = shield.is_raised(session.id, now=moment)
    return private(
        form.page(
            "public/booking_form.html",
            status=status,
            session=session,
            where=location(session),
            entry=entry_of(session),
            is_open=session.takes_bookings(moment),
            bookings=session.bookings_in_words(moment),
            full=full,
            other_half=other_half if other_half and not other_half.is_full else None,
            asked=asked,
            challenge=json.dumps(shield.challenge(nonce)) if raised else "",
        )
    )


ROUTES = [show_form, send_form]
