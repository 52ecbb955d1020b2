"""Booking seats, or a place on the waiting list."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.agenda.sessions import get_session
from ateliers.bookings import admission, codes
from ateliers.bookings.booking import Booking, BookingState, Channel, Contact, Wish
from ateliers.bookings.bookings import get_booking
from ateliers.bookings.ledger import Draft
from ateliers.bookings.needs import looks_like_nir
from ateliers.bookings.rounds import Answer, Request
from ateliers.bookings.wishes import Book, Verdict
from ateliers.database import new_id
from ateliers.network.people import Person
from ateliers.refusals import Invalid, NotFound, Refusal
from ateliers.settings import settings
from ateliers.signing import keyed_hash
from ateliers.words import fold, plain


class BookingClosed(Refusal):
    """Called off, started, unpublished, or of a kind that takes no bookings."""

    title = "This session no longer takes bookings."


class BookingNotOpen(BookingClosed):
    """Bookings open later: `Session.opens_at` says when (B5)."""

    title = "Bookings for this session are not open yet."


class SessionFull(Refusal):
    """No seat for this wish. `waiting_open`: a place on the waiting list is to be had."""

    title = "There are not enough seats left."

    def __init__(self, *, waiting_open: bool) -> None:
        super().__init__()
        self.waiting_open = waiting_open


class SeatsKept(SessionFull):
    """Seats are free, but people wait for them, and it is too late to promote anybody: only staff may decide."""

    title = "The seats left are for people on the waiting list. Please call the structure."


class AlreadyBooked(Refusal):
    """The same person has a booking on this session (C15)."""

    title = "This person already has a booking for this session."

    def __init__(self, booking: Booking) -> None:
        super().__init__()
        self.booking = booking


class PartyTooLarge(Refusal):
    """More seats than one booking may have."""

    status = 422
    title = "One booking can have %(limit)s seats at most."
    field = "seats"


class TooManyBookings(Refusal):
    """The contact has booked much in little time, or holds many bookings (C14)."""

    status = 429
    title = "Many bookings were made with these contact details. Call the structure to book more."


class RequestKeyReused(Refusal):
    """The request key was already used for another wish (C20)."""

    status = 422
    title = "This request key was already used for another booking."


EMAIL = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]"
)
FRENCH_PHONE = re.compile(r"(?:\+33|0033)0?([1-9]\d{8})")


async def book_seats(session_id: UUID, wish: Wish, *, now: datetime, by: Person | None = None) -> Booking:
    """Hold seats, or a place on the waiting list, and queue the e-mail that says so.

    `by` is who is signed in. When they serve the structure, they book for somebody: the channel is theirs to say, no contact is needed,
    and they may insist. Raises NotFound, Invalid, BookingClosed, SessionFull (without a waiting list), AlreadyBooked,
    PartyTooLarge, TooManyBookings, RequestKeyReused.
    """
    is_staff = False
    if by is not None:
        session = await get_session(session_id)
        is_staff = by.serves(session.structure_id)
    wish = tidy(wish, is_staff=is_staff, is_known=by is not None)
    draft = _draft(session_id, wish, now=now, by_id=by.id if by and is_staff else None)
    answer = await admission.submit(
        Request(
            session_id=session_id,
            wish=Book(
                booking=draft.booking.id,
                person=draft.person_key,
                seats=wish.seats,
                may_wait=wish.may_wait,
                insists=wish.insists,
                by_staff=is_staff,
                draws=wish.channel is not Channel.ONLINE,
                has_email=wish.contact.email is not None,
            ),
            now=now,
            draft=draft,
            by_id=draft.booking.created_by,
            is_from_network=by is not None,
        )
    )
    return await _booking_of(answer, draft)


async def _booking_of(answer: Answer, draft: Draft) -> Booking:
    obstacles: dict[str, type[Refusal]] = {
        "not_found": NotFound,
        "too_many": TooManyBookings,
        "key_reused": RequestKeyReused,
    }
    if answer.errors:
        raise Invalid(answer.errors)
    if answer.obstacle:
        raise obstacles[answer.obstacle]
    decision = answer.decision
    match decision.verdict:
        case Verdict.CONFIRMED | Verdict.WAITING:
            return answer.booking or await get_booking(draft.booking.id)
        case Verdict.DUPLICATE:
            booking = answer.booking or await get_booking(decision.booking or draft.booking.id)
            if booking.id == draft.booking.id:
                return booking  # written by a round whose commit was not heard of
            raise AlreadyBooked(booking)
        case Verdict.NOT_YET:
            raise BookingNotOpen
        case Verdict.TOO_LARGE:
            raise PartyTooLarge(limit=decision.seats)
        case Verdict.FULL:
            raise (SeatsKept if decision.kept else SessionFull)(waiting_open=decision.waiting_open)
        case _:
            raise BookingClosed


def tidy(wish: Wish, *, is_staff: bool = False, is_known: bool = False) -> Wish:
    """The wish with its texts made plain and its contact in one spelling. Raises Invalid, naming every wrong field."""
    errors = wrong_contact(wish.contact.email or "", wish.contact.phone or "", is_staff=is_staff)
    name = plain(wish.contact.name)
    email, phone = tidy_email(wish.contact.email or ""), tidy_phone(wish.contact.phone or "")
    names = [plain(one) for one in wish.names]
    needs = plain(wish.needs or "", lines=True) or None
    if not name:
        errors["contact.name"] = "Write a name."
    if len(names) > wish.seats:
        errors["names"] = "There are more names than seats."
    if needs and looks_like_nir(needs):
        errors["needs"] = "Do not write a social security number."
    for field, text in (("contact.name", name), *(("names", one) for one in names)):
        if looks_like_nir(text):
            errors[field] = "Do not write a social security number."
    if errors:
        raise Invalid(errors)
    return msgspec.structs.replace(
        wish,
        contact=Contact(name=name, email=email or None, phone=phone or None),
        names=[one for one in names if one],
        needs=needs,
        answers={id: plain(text) for id, text in wish.answers.items() if plain(text)},
        request_key=plain(wish.request_key or "") or None,
        # Another structure may book for its public, and says so; phone and paper reach only the session's own staff.
        channel=wish.channel if is_staff or (is_known and wish.channel is Channel.PARTNER) else Channel.ONLINE,
        insists=wish.insists and is_staff,
    )


def wrong_contact(email: str, phone: str, *, is_staff: bool = False) -> dict[str, str]:
    """What is wrong with a contact as typed, by field."""
    errors: dict[str, str] = {}
    if tidy_email(email) is None:
        errors["contact.email"] = "Write an e-mail address such as name@example.fr."
    if tidy_phone(phone) is None:
        errors["contact.phone"] = "Write a phone number such as 06 12 34 56 78."
    if not (email.strip() or phone.strip() or is_staff):
        errors["contact.email"] = "Give an e-mail address or a phone number."
    return errors


def tidy_email(typed: str) -> str | None:
    """The address in lower case, its domain in ASCII; '' for nothing, None when it cannot be one we can write to (rule E4)."""
    typed = plain(typed).lower()
    if not typed:
        return ""
    user, _, domain = typed.rpartition("@")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode()
        except UnicodeError:
            return None
    email = f"{user}@{domain}"
    return email if len(email) <= 254 and EMAIL.fullmatch(email) and ".." not in user else None


def tidy_phone(typed: str) -> str | None:
    """Digits only, '+' before a foreign number's; '' for nothing, None when it cannot be a phone number."""
    if not plain(typed):
        return ""
    digits = "".join(letter for letter in typed if letter in "+0123456789")
    french = FRENCH_PHONE.fullmatch(digits)
    if french:
        digits = "0" + french[1]
    is_one = re.fullmatch(r"0[1-9]\d{8}|\+[1-9]\d{6,14}", digits)
    return digits if is_one and len(typed) <= 30 else None


def _draft(session_id: UUID, wish: Wish, *, now: datetime, by_id: UUID | None) -> Draft:
    booking_id = new_id()
    contact = wish.contact.email or wish.contact.phone
    attendee = wish.names[0] if wish.names else wish.contact.name
    # Without a contact two people of one name cannot be told apart: each is somebody.
    person = f"{contact}\n{fold(attendee)}" if contact else str(booking_id)
    return Draft(
        booking=Booking(
            id=booking_id,
            session_id=session_id,
            code=codes.new_code(),
            uid=codes.new_uid(settings().mail_domain),
            state=BookingState.WAITING,
            seats=wish.seats,
            rank=None,
            name=wish.contact.name,
            email=wish.contact.email,
            phone=wish.contact.phone,
            names=wish.names,
            on_behalf=wish.on_behalf,
            needs=wish.needs,
            language=wish.language,
            channel=wish.channel,
            to_call_back=bool(wish.call_why),
            call_why=wish.call_why,
            offered_until=None,
            answers=wish.answers,
            created_at=now,
            confirmed_at=None,
            ended_at=None,
            changed_at=now,
            sequence=0,
            told_revision=0,
            reminders=True,
            created_by=by_id,
        ),
        person_key=keyed_hash("person", person),
        contact_key=contact_key(contact) if contact else None,
        request_key=wish.request_key,
        is_limited=by_id is None,
    )


def contact_key(contact: str) -> bytes:
    """What stands for an e-mail address or phone number (as `tidy_…` spell them) in the column contact_key."""
    return keyed_hash("contact", contact)
