"""The confirmation on paper: for the door, for the fridge, and for who has neither e-mail nor phone (C4)."""

from __future__ import annotations

from datetime import datetime

import msgspec

from ateliers.agenda.calendar import location
from ateliers.agenda.session import Session
from ateliers.bookings.booking import Booking, BookingState
from ateliers.bookings.bookings import rank_of
from ateliers.bookings.composing import dates_in_words
from ateliers.bookings.links import manage_path
from ateliers.documents.pdf import make_pdf
from ateliers.documents.qr import qr_svg
from ateliers.rendering import absolute
from ateliers.words import _, day_in_words, language, ngettext, phone_in_words, time_in_words, when_in_words


class Line(msgspec.Struct, frozen=True):
    """One fact: its name, and what there is to say, a line each."""

    label: str
    texts: list[str]


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """What the paper says, in the reader's language; the same in HTML and in PDF."""

    lang: str
    heading: str
    state: str
    is_sure: bool  # a seat is held
    title: str
    structure: str
    phone: str
    code_label: str
    code: str  # in two groups of three, as it is read aloud
    facts: list[Line]
    to_bring_label: str
    to_bring: list[str]
    advice_label: str
    advice: list[str]
    qr: str  # SVG
    qr_label: str
    foot: str


async def confirmation_of(booking: Booking, session: Session) -> Confirmation:
    """The paper of a booking as it stands."""
    is_sure = booking.state is BookingState.CONFIRMED
    number = session.phone or session.structure_phone
    phone = phone_in_words(number) if number else ""
    names = booking.names or [booking.name]
    facts = [
        Line(_("When"), dates_in_words(session) or [when_in_words(session.starts_at, session.ends_at, session.zone)]),
        Line(_("Where"), _where(session, is_sure=is_sure)),
        Line(
            _("For"),
            [", ".join(names), ngettext("%(num)s seat", "%(num)s seats", booking.seats) % {"num": booking.seats}],
        ),
    ]
    if names[0] != booking.name:
        facts.append(Line(_("Booked by"), [booking.name]))
    facts.append(Line(_("Organised by"), [session.structure_name, phone]))
    return Confirmation(
        lang=language(),
        heading=_("My booking"),
        state=await _state(booking, session),
        is_sure=is_sure,
        title=session.title,
        structure=session.structure_name,
        phone=phone,
        code_label=_("Your code"),
        code=f"{booking.code[:3]}\u00a0{booking.code[3:]}",
        facts=[Line(fact.label, [text for text in fact.texts if text]) for fact in facts],
        to_bring_label=_("To bring"),
        to_bring=[thing for thing in session.to_bring.splitlines() if thing.strip()],
        advice_label=_("If you cannot come"),
        advice=_advice(booking, phone),
        qr=qr_svg(absolute(manage_path(booking))),
        qr_label=_("This square leads to your booking on the Internet."),
        foot=_("Keep this sheet for yourself: whoever has it can change your booking."),
    )


async def confirmation_pdf(booking: Booking, session: Session, *, now: datetime) -> bytes:
    """The paper as PDF/UA, in the reader's language."""
    return await make_pdf("documents/confirmation.typ", await confirmation_of(booking, session), now=now)


def _where(session: Session, *, is_sure: bool) -> list[str]:
    where = location(session)
    if where:
        return [where, session.access_note or ""]
    if is_sure:
        return [_("Online: the link to join stands on the page of your booking, on the Internet.")]
    return [_("Online: you receive the link once your seat is confirmed")]


async def _state(booking: Booking, session: Session) -> str:
    if session.is_off:
        return _("This session is called off.")
    match booking.state:
        case BookingState.CONFIRMED:
            return ngettext("Your seat is confirmed.", "Your %(num)s seats are confirmed.", booking.seats) % {
                "num": booking.seats
            }
        case BookingState.WAITING:
            return _("You are on the waiting list: number %(rank)s.") % {"rank": await rank_of(booking)}
        case BookingState.OFFERED if booking.offered_until is not None:
            return _("A seat is kept for you. Answer before %(day)s at %(time)s.") % {
                "day": day_in_words(booking.offered_until, session.zone),
                "time": time_in_words(booking.offered_until, session.zone),
            }
        case _:
            return str(booking.state.label)


def _advice(booking: Booking, phone: str) -> list[str]:
    """How to give the seats back or to ask something, with what this person has."""
    said = [_("Tell us, so that somebody else can have the seat.")]
    if phone:
        said.append(_("Call %(number)s and read your code.") % {"number": phone})
    said.append(
        _("Or on the Internet: %(address)s, with your code and your name.") % {"address": absolute("/ma-reservation")}
    )
    if booking.email is None and booking.phone is None:
        said.append(_("We have no way to reach you: call a day before, to be sure that nothing has changed."))
    return said
