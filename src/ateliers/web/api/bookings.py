"""Bookings: make one; see, answer, change and give it back with its private key; list a session's with a token."""

from __future__ import annotations

import re
import secrets
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Meta

from ateliers.agenda.sessions import get_session
from ateliers.bookings.book import book_seats
from ateliers.bookings.booking import Booking, BookingState, Channel, Wish
from ateliers.bookings.bookings import get_booking, list_bookings, rank_of
from ateliers.bookings.change import change_session
from ateliers.bookings.give_back import give_back_seats
from ateliers.bookings.joining import join_link
from ateliers.bookings.links import booking_by_private_key
from ateliers.bookings.offers import accept_offer, decline_offer
from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.refusals import Invalid, NotFound, Refusal
from ateliers.web import shield
from ateliers.web.api.asking import (
    TokenNeeded,
    author_of,
    bearer_of,
    body_of,
    id_of,
    query_of,
    raw_body,
    read_body,
    reader_of,
)
from ateliers.web.api.description import JSON, described
from ateliers.web.api.shapes import (
    BookingAsked,
    BookingListed,
    BookingMade,
    BookingPage,
    BookingShown,
    ChallengeShown,
    DateWanted,
    SeatsGivenBack,
    booking_listed,
    encoded,
    manage_url,
    session_shown,
)
from ateliers.web.crowds import network_of, note_booking, why_to_call
from ateliers.words import plain

FAST = msgspec.json.Decoder(BookingAsked)
IDEMPOTENCY_KEY = re.compile(r"[!-~]{1,100}")
PAGE = 200  # bookings


class ProofNeeded(Refusal):
    """The shield is raised: a booking brings a proof of work (`GET …/challenge`)."""

    status = 429
    title = "Many people are booking at this moment: bring a proof of work, or book by phone."


class BookingsAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which part of the list."""

    limit: Annotated[int, Meta(ge=1, le=1000)] = PAGE
    cursor: Annotated[str, Meta(max_length=20, pattern=r"^[A-Z0-9]{1,12}$")] | None = None


def read_booking(content: bytes) -> BookingAsked:
    """The body of a booking. Raises BrokenJson, or Invalid with every wrong field."""
    return read_plain_booking(content) or read_body(content, BookingAsked)


def read_plain_booking(content: bytes) -> BookingAsked | None:
    """A body that needs no mending, which is nearly all, in one pass; None for any other."""
    try:
        asked = FAST.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    contact = asked.contact
    if asked.answers:
        return None
    texts = [contact.name, contact.email or "", contact.phone or "", *asked.names]
    if content.isascii() and b"\\" not in content and b"\x7f" not in content and asked.needs is None:
        # Printable ASCII: only spaces can be wrong, and JSON allows no raw line ends inside a text.
        is_plain = all(text.strip() == text and "  " not in text for text in texts)
    else:
        is_plain = all(plain(text) == text for text in [*texts, (asked.needs or "").replace("\n", " ")])
    if not is_plain:
        return None
    return asked


@post(
    "/api/v1/sessions/{session_id:str}/bookings",
    status_code=201,
    opt=described(
        summary="Book seats, or a place on the waiting list",
        tag="bookings",
        body=BookingAsked,
        answer=BookingMade,
        status=201,
        refusals=(409, 429),
        security="token",
        optional_security=True,
        idempotency_key=True,
    ),
)
async def make_booking(request: Request[Any, Any, Any], session_id: FromPath[str]) -> Response[bytes]:
    """Confirmed while seats are left, else waiting; refused when there is no list or it is full."""
    asked = read_booking(await raw_body(request))
    session = id_of(session_id)
    by = await reader_of(request) if "authorization" in request.headers else None
    key = request.headers.get("idempotency-key")
    made = await book(session, asked, key, network=network_of(request.scope), by=by)
    return Response(made, status_code=201, media_type=JSON)


async def book(
    session_id: UUID, asked: BookingAsked, key: str | None, *, network: bytes | None, by: Person | None = None
) -> bytes:
    """Book, and the JSON that says so. Raises Invalid for a key that is none, ProofNeeded, and whatever `book_seats` raises."""
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
        raise Invalid({"Idempotency-Key": "Give 1 to 100 visible ASCII characters."})
    moment = now()
    request_key = None if key is None else f"api:{session_id}:{key}"
    if by is None and shield.is_raised(session_id, now=moment) and not shield.is_proven(asked.proof, request_key or ""):
        raise ProofNeeded
    wish = Wish(
        contact=asked.contact,
        seats=asked.seats,
        names=asked.names,
        on_behalf=asked.on_behalf,
        needs=asked.needs,
        answers=asked.answers,
        language=asked.language,
        channel=Channel.ONLINE if by is None else Channel.PARTNER,
        request_key=request_key,
        call_why=why_to_call(network, now=moment) if by is None else "",
    )
    booking = await book_seats(session_id, wish, now=moment, by=by)
    if by is None:
        note_booking(network, session_id, now=moment)
    made = BookingMade(
        code=booking.code,
        status=booking.state.value,
        rank=None if booking.state is not BookingState.WAITING else await rank_of(booking),
        seats=booking.seats,
        manage_url=manage_url(booking),
    )
    return encoded(made)


@get(
    "/api/v1/sessions/{session_id:str}/challenge",
    opt=described(
        summary="A proof of work, asked while a rush goes on",
        tag="bookings",
        answer=ChallengeShown,
    ),
)
async def show_challenge(session_id: FromPath[str]) -> Response[bytes]:
    """Its solution counts for one booking of this session, with the key that comes along."""
    session = await get_session(id_of(session_id))
    moment = now()
    if not session.may_be_seen_by(None, moment):
        raise NotFound
    key = secrets.token_hex(12)
    shown = ChallengeShown(
        is_needed=shield.is_raised(session.id, now=moment),
        idempotency_key=key,
        challenge=shield.challenge(f"api:{session.id}:{key}"),
    )
    return Response(encoded(shown), media_type=JSON, headers={"cache-control": "no-store"})


@get(
    "/api/v1/sessions/{session_id:str}/bookings",
    opt=described(
        summary="The bookings of a session, for its structure (scope bookings)",
        tag="bookings",
        query=BookingsAsked,
        answer=BookingPage,
        security="token",
    ),
)
async def list_session_bookings(request: Request[Any, Any, Any], session_id: FromPath[str]) -> Response[bytes]:
    """Confirmed ones first, then the waiting list in order of rank, then those given back."""
    by = await author_of(request, "bookings")
    asked = query_of(request, BookingsAsked)
    session = await get_session(id_of(session_id))
    if not by.manages(session.structure_id):
        raise NotFound
    bookings = await list_bookings(session.id)
    start = 0
    if asked.cursor is not None:
        start = next((n for n, booking in enumerate(bookings, 1) if booking.code == asked.cursor), len(bookings))
    shown = _ranked(bookings)[start : start + asked.limit]
    more = start + asked.limit < len(bookings)
    page = BookingPage(items=shown, next=shown[-1].code if more and shown else None)
    return Response(encoded(page), media_type=JSON)


def _ranked(bookings: list[Booking]) -> list[BookingListed]:
    found, place = [], 0
    for booking in bookings:
        is_waiting = booking.state is BookingState.WAITING
        place += is_waiting
        found.append(booking_listed(booking, place if is_waiting else None))
    return found


@get(
    "/api/v1/bookings/{code:str}",
    opt=described(summary="See a booking", tag="bookings", answer=BookingShown, security="booking"),
)
async def show_booking(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[bytes]:
    """For who holds its private key."""
    return await _shown(await _own_booking(request, code))


@post(
    "/api/v1/bookings/{code:str}/give-back",
    status_code=200,
    opt=described(
        summary="Give seats back, or leave the waiting list",
        tag="bookings",
        body=SeatsGivenBack,
        body_required=False,
        answer=BookingShown,
        security="booking",
        refusals=(409,),
    ),
)
async def give_back(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[bytes]:
    """Some seats or all of them; those who wait are served at once."""
    booking = await _own_booking(request, code)
    asked = await body_of(request, SeatsGivenBack)
    await give_back_seats(booking.id, asked.seats or booking.seats, now=now())
    return await _shown(await get_booking(booking.id))


@post(
    "/api/v1/bookings/{code:str}/accept",
    status_code=200,
    opt=described(
        summary="Take the seats that are kept",
        tag="bookings",
        answer=BookingShown,
        security="booking",
        refusals=(409, 410),
    ),
)
async def accept(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[bytes]:
    """Until `offered_until`, that moment included."""
    booking = await _own_booking(request, code)
    return await _shown(await accept_offer(booking.id, now=now()))


@post(
    "/api/v1/bookings/{code:str}/decline",
    status_code=200,
    opt=described(
        summary="Leave the seats that are kept to somebody else",
        tag="bookings",
        answer=BookingShown,
        security="booking",
        refusals=(409, 410),
    ),
)
async def decline(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[bytes]:
    """Who waits next is served at once."""
    booking = await _own_booking(request, code)
    return await _shown(await decline_offer(booking.id, now=now()))


@post(
    "/api/v1/bookings/{code:str}/change",
    status_code=200,
    opt=described(
        summary="Take the booking to another session of its event",
        tag="bookings",
        body=DateWanted,
        answer=BookingShown,
        security="booking",
        refusals=(409,),
    ),
)
async def change(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[bytes]:
    """The same booking, its code and its key; all of it happens or none."""
    booking = await _own_booking(request, code)
    asked = await body_of(request, DateWanted)
    return await _shown(await change_session(booking.id, asked.session_id, now=now()))


async def _own_booking(request: Request[Any, Any, Any], code: str) -> Booking:
    """The booking whose key came along. Raises TokenNeeded; NotFound for a wrong code and a wrong key alike."""
    key = bearer_of(request)
    if not key:
        raise TokenNeeded
    booking = await booking_by_private_key(code, key)
    if booking is None:
        raise NotFound
    return booking


async def _shown(booking: Booking) -> Response[bytes]:
    session = await get_session(booking.session_id)
    shown = BookingShown(
        code=booking.code,
        status=booking.state.value,
        rank=await rank_of(booking),
        seats=booking.seats,
        offered_until=booking.offered_until,
        names=booking.names,
        answers=booking.answers,
        language=booking.language,
        manage_url=manage_url(booking),
        session=session_shown(session, now=now()),
        join_url=join_link(booking, session),
    )
    return Response(encoded(shown), media_type=JSON, headers={"cache-control": "no-store"})


ROUTES: list[Any] = [
    make_booking,
    show_challenge,
    list_session_bookings,
    show_booking,
    give_back,
    accept,
    decline,
    change,
]
