"""What the API says: the JSON of sessions, bookings, events and lists. Instants are UTC (RFC 3339)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.agenda.about import about_of
from ateliers.agenda.drafts import About
from ateliers.agenda.event import Event
from ateliers.agenda.questions import MOST, Question
from ateliers.agenda.session import CycleDate, Session
from ateliers.bookings.answers import LONGEST
from ateliers.bookings.booking import (
    MOST_SEATS,
    Booking,
    BookingState,
    Contact,
    Needs,
    OnBehalf,
    PersonName,
    Seats,
)
from ateliers.bookings.links import manage_path
from ateliers.settings import settings
from ateliers.words import when_in_words

# in -----------------------------------------------------------------------------------------------


class ContactAsked(Contact, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is written to or called: a name, and an e-mail address or a phone number."""


# Question id → answer; of a yes-or-no question 'yes' or 'no'.
AnswersGiven = Annotated[dict[str, Annotated[str, Meta(max_length=LONGEST)]], Meta(max_length=MOST)]


class BookingAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is written to, how many seats, who comes."""

    contact: ContactAsked
    seats: Seats = 1
    names: Annotated[list[PersonName], Meta(max_length=MOST_SEATS)] = []
    on_behalf: OnBehalf | None = None
    needs: Needs | None = None
    answers: AnswersGiven = {}
    language: Literal["fr", "en"] = "fr"
    proof: Annotated[str, Meta(max_length=2000)] = ""  # only while the session's challenge says so


class SeatsGivenBack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many seats; all of them when nothing is said."""

    seats: Seats | None = None


class DateWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another session of the same event."""

    session_id: UUID


# out ----------------------------------------------------------------------------------------------


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """A place. Degrees are WGS 84; `commune_code` is INSEE's."""

    name: str
    address: str
    address_more: str
    postcode: str
    commune: str
    commune_code: str
    latitude: float
    longitude: float
    access_note: str
    accessibility: list[str]


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """The structure that offers it."""

    name: str
    slug: str
    phone: str | None
    url: str


class OnlineShown(msgspec.Struct, frozen=True, kw_only=True):
    """The online half of a hybrid session: book it under this id."""

    session_id: UUID
    capacity: int | None  # seats; null: no limit
    seats_left: int | None
    places_in_words: str
    takes_bookings: bool
    waiting_list_open: bool


class DateShown(msgspec.Struct, frozen=True, kw_only=True):
    """One date of a cycle."""

    session_id: UUID
    status: Literal["planned", "called_off"]
    starts_at: datetime
    ends_at: datetime
    when: str


class SessionShown(msgspec.Struct, frozen=True, kw_only=True):
    """A session, as the public sees it; the link of an online meeting is never in it."""

    id: UUID
    event_id: UUID
    kind: str
    status: Literal["planned", "moved", "called_off"]
    title: str
    description: str
    programme: list[str]
    to_bring: list[str]
    level: str
    phone: str | None
    structure: Offered
    place: Where | None  # null: online only
    accessibility: list[str]
    starts_at: datetime
    ends_at: datetime
    zone: str
    when: str
    previous_start: datetime | None
    called_off_reason: str
    capacity: int | None  # seats; null: no limit
    seats_left: int | None
    places_in_words: str
    takes_bookings: bool
    waiting_list_open: bool
    bookings_open_at: datetime | None  # null: once published
    bookings_close_at: datetime  # online
    party_limit: int  # seats in one booking
    questions: list[Question]  # answers go into the booking under their ids
    all_day: bool  # without fixed hours, from midnight to midnight in its zone
    onsite_id: UUID | None  # of an online half: the session on site
    online: OnlineShown | None  # its online half; null: none
    dates: list[DateShown]  # of its cycle, booked all at once; empty: no cycle
    url: str
    calendar_url: str
    updated_at: datetime
    distance_km: float | None = None


class BookingMade(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a booking. `rank`: place on the waiting list, from 1."""

    code: str
    status: str
    rank: int | None
    seats: int
    manage_url: str


class ChallengeShown(msgspec.Struct, frozen=True, kw_only=True):
    """A proof of work to bring with the next booking (ALTCHA version 2): book with this Idempotency-Key and `proof`."""

    is_needed: bool
    idempotency_key: str
    challenge: dict[str, Any]


class BookingShown(msgspec.Struct, frozen=True, kw_only=True):
    """A booking, for whoever holds its private key."""

    code: str
    status: str
    rank: int | None
    seats: int
    offered_until: datetime | None  # while seats are kept: the deadline of the answer
    names: list[str]
    answers: dict[str, str]
    language: str
    manage_url: str
    session: SessionShown
    join_url: str | None  # for a confirmed seat only


class BookingListed(msgspec.Struct, frozen=True, kw_only=True):
    """A booking, for the structure. `seat_ids` are what attendance is recorded on."""

    code: str
    status: str
    rank: int | None
    seats: int
    seat_ids: list[str]
    name: str
    email: str | None
    phone: str | None
    names: list[str]
    on_behalf: str | None
    needs: str | None
    language: str
    channel: str
    to_call_back: bool
    created_at: datetime


class EventShown(msgspec.Struct, frozen=True, kw_only=True):
    """An event, for its structure, with its sessions in order of time."""

    id: UUID
    structure_id: UUID
    kind: str
    title: str
    state: str  # draft, to_moderate, published, archived
    visibility: str
    group_code: str  # of an event for a group, else empty
    published_at: datetime | None
    about: About  # what PUT takes; its moments are on the clock of the structure
    sessions: list[SessionShown]


class SessionPage(msgspec.Struct, frozen=True, kw_only=True):
    """Sessions, and the cursor of the following ones (null: there are none)."""

    items: list[SessionShown]
    next: str | None


class BookingPage(msgspec.Struct, frozen=True, kw_only=True):
    """Bookings, and the cursor of the following ones (null: there are none)."""

    items: list[BookingListed]
    next: str | None


def session_shown(session: Session, *, now: datetime, distance_km: float | None = None) -> SessionShown:
    """The session in the reader's language."""
    base = settings().base_url
    status: Literal["planned", "moved", "called_off"] = "planned"
    if session.is_called_off:
        status = "called_off"
    elif session.moved_at is not None:
        status = "moved"
    return SessionShown(
        id=session.id,
        event_id=session.event_id,
        kind=session.kind.value,
        status=status,
        title=session.title,
        description=session.description,
        programme=_lines(session.programme),
        to_bring=_lines(session.to_bring),
        level=session.level,
        phone=session.phone,
        structure=Offered(
            name=session.structure_name,
            slug=session.structure_slug,
            phone=session.structure_phone,
            url=f"{base}/signataires/{session.structure_slug}",
        ),
        place=_where(session),
        accessibility=sorted({*session.accessibility, *session.place_accessibility}),
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        zone=session.zone,
        when=when_in_words(session.starts_at, session.ends_at, session.zone),
        previous_start=session.previous_start,
        called_off_reason=session.called_off_reason,
        capacity=session.capacity,
        seats_left=session.seats_left,
        places_in_words=session.places_in_words(),
        takes_bookings=session.takes_bookings(now),
        waiting_list_open=session.takes_bookings(now) and session.waiting_list_is_open,
        bookings_open_at=session.opens_at,
        bookings_close_at=session.closes_at,
        party_limit=session.party_limit,
        questions=session.questions,
        all_day=session.all_day,
        onsite_id=session.onsite_id,
        online=_online(session, now=now),
        dates=[_date(session, date) for date in session.dates],
        url=f"{base}{session.path}",
        calendar_url=f"{base}/api/v1/calendar/sessions/{session.id}.ics",
        updated_at=session.updated_at,
        distance_km=None if distance_km is None else round(distance_km, 1),
    )


def _online(session: Session, *, now: datetime) -> OnlineShown | None:
    half = session.online
    if half is None:
        return None
    is_open = session.takes_bookings(now)
    return OnlineShown(
        session_id=half.id,
        capacity=half.capacity,
        seats_left=half.seats_left,
        places_in_words=half.places_in_words(),
        takes_bookings=is_open,
        waiting_list_open=is_open and half.waiting_list_is_open,
    )


def _date(session: Session, date: CycleDate) -> DateShown:
    return DateShown(
        session_id=date.id,
        status="planned" if date.called_off_at is None else "called_off",
        starts_at=date.starts_at.astimezone(UTC),
        ends_at=date.ends_at.astimezone(UTC),
        when=when_in_words(date.starts_at, date.ends_at, session.zone),
    )


def _where(session: Session) -> Where | None:
    if session.place_id is None:
        return None
    return Where(
        name=session.place_name or "",
        address=session.address or "",
        address_more=session.address_more or "",
        postcode=session.postcode or "",
        commune=session.commune_name or "",
        commune_code=session.commune_code or "",
        latitude=session.latitude or 0.0,
        longitude=session.longitude or 0.0,
        access_note=session.access_note or "",
        accessibility=session.place_accessibility,
    )


def event_shown(event: Event, sessions: list[Session], *, zone: str, now: datetime) -> EventShown:
    """The event with its sessions; `zone` is the structure's."""
    return EventShown(
        id=event.id,
        structure_id=event.structure_id,
        kind=event.kind.value,
        title=event.title,
        state=event.state.value,
        visibility=event.visibility.value,
        group_code=event.group_code or "",
        published_at=event.published_at,
        about=about_of(event, zone),
        sessions=[session_shown(session, now=now) for session in sessions],
    )


def manage_url(booking: Booking) -> str:
    """The booking's private page, whole."""
    return f"{settings().base_url}{manage_path(booking)}"


def booking_listed(booking: Booking, rank: int | None) -> BookingListed:
    """The booking as its structure sees it."""
    is_held = booking.state is BookingState.CONFIRMED
    return BookingListed(
        code=booking.code,
        status=booking.state.value,
        rank=rank,
        seats=booking.seats,
        seat_ids=[f"{booking.code}-{n}" for n in range(1, booking.seats + 1)] if is_held else [],
        name=booking.name,
        email=booking.email,
        phone=booking.phone,
        names=booking.names,
        on_behalf=None if booking.on_behalf is None else booking.on_behalf.value,
        needs=booking.needs,
        language=booking.language,
        channel=booking.channel.value,
        to_call_back=booking.to_call_back,
        created_at=booking.created_at,
    )


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def encoded(value: Any) -> bytes:
    """JSON bytes of an answer."""
    return msgspec.json.encode(value)
