"""A booking, and the wish it comes from."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.words import T

MOST_SEATS = 100  # no event's party limit is higher (a CHECK of the table event)

PersonName = Annotated[
    str, Meta(min_length=1, max_length=120, title="First name and name", extra={"autocomplete": "name"})
]
EmailAddress = Annotated[
    str,
    Meta(
        max_length=254,
        pattern=r"^[^\s@]+@[^\s@]+\.[^\s@]+$",
        title="E-mail address",
        extra={
            "input": "email",
            "autocomplete": "email",
            "error": "Write an e-mail address such as name@example.fr.",
        },
    ),
]
PhoneNumber = Annotated[
    str,
    Meta(
        max_length=30,
        pattern=r"^[+0-9 .()/\-\u00a0\u202f]+$",
        title="Phone number",
        extra={"input": "tel", "autocomplete": "tel", "error": "Write a phone number such as 06 12 34 56 78."},
    ),
]
Seats = Annotated[int, Meta(ge=1, le=MOST_SEATS, title="Number of seats")]
Needs = Annotated[str, Meta(max_length=300, title="A need, to take part well?", extra={"input": "textarea"})]
RequestKey = Annotated[str, Meta(min_length=1, max_length=200)]


class BookingState(enum.Enum):
    """Where a booking stands. `GIVEN_BACK` held seats once; `LEFT` only ever waited.

    `OFFERED`: seats are held for somebody who waited, until they answer; `DECLINED` and `EXPIRED` are how an offer ends without them.
    """

    CONFIRMED = "confirmed"
    WAITING = "waiting"
    OFFERED = "offered"
    GIVEN_BACK = "given_back"
    LEFT = "left"
    DECLINED = "declined"
    EXPIRED = "expired"

    @property
    def is_live(self) -> bool:
        """Seats are held, offered or waited for."""
        return self in (BookingState.CONFIRMED, BookingState.WAITING, BookingState.OFFERED)

    @property
    def label(self) -> T:
        """What the page says of it."""
        return _STATES[self]


class Channel(enum.Enum):
    """How the booking reached us (C5)."""

    ONLINE = "online"
    PHONE = "phone"
    PAPER = "paper"
    ON_THE_SPOT = "on_the_spot"
    PARTNER = "partner"

    @property
    def label(self) -> T:
        """What the page says of it."""
        return _CHANNELS[self]


class OnBehalf(enum.Enum):
    """In what capacity the contact books for somebody else (C3)."""

    RELATIVE = "relative"
    CARER = "carer"
    PROFESSIONAL = "professional"

    @property
    def label(self) -> T:
        """What the page says of it."""
        return _CAPACITIES[self]


_STATES = {
    BookingState.CONFIRMED: T("Confirmed"),
    BookingState.WAITING: T("On the waiting list"),
    BookingState.OFFERED: T("A seat is offered"),
    BookingState.GIVEN_BACK: T("Seats given back"),
    BookingState.LEFT: T("Left the waiting list"),
    BookingState.DECLINED: T("Offer declined"),
    BookingState.EXPIRED: T("Offer expired"),
}
_CHANNELS = {
    Channel.ONLINE: T("Online"),
    Channel.PHONE: T("By phone"),
    Channel.PAPER: T("On paper"),
    Channel.ON_THE_SPOT: T("On the spot"),
    Channel.PARTNER: T("Through a partner"),
}
_CAPACITIES = {
    OnBehalf.RELATIVE: T("A relative"),
    OnBehalf.CARER: T("A carer"),
    OnBehalf.PROFESSIONAL: T("A professional"),
}


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """Who is written to or called; not always who comes (C2)."""

    name: PersonName
    email: EmailAddress | None = None
    phone: PhoneNumber | None = None


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the desk, by the form, the API or staff.

    `names` are those who come, as far as told: the first is the person the booking is about, else the contact is.
    `may_wait`: when no seat is left, take a place on the waiting list; otherwise `SessionFull` is raised and says
    whether a place there is to be had. `insists`: staff give seats above capacity and before the waiting list, knowingly.
    """

    contact: Contact
    seats: Seats = 1
    names: Annotated[list[PersonName], Meta(max_length=MOST_SEATS)] = []
    on_behalf: OnBehalf | None = None
    needs: Needs | None = None
    answers: dict[str, str] = {}  # question id → answer
    language: Literal["fr", "en"] = "fr"
    channel: Channel = Channel.ONLINE
    request_key: RequestKey | None = None
    may_wait: bool = True
    insists: bool = False
    call_why: str = ""  # calling.Why: why the structure should call, though the booking is taken


class Booking(msgspec.Struct, frozen=True, kw_only=True):
    """Seats held, or waited for, on one session by one contact."""

    id: UUID
    session_id: UUID
    code: str  # six letters and digits, easy to read aloud
    uid: str  # calendar UID
    state: BookingState
    seats: int  # held or asked for; once all are given back, what was held last
    rank: int | None  # order on the waiting list, not the place shown: see bookings.rank_of
    name: str
    email: str | None
    phone: str | None
    names: list[str]
    on_behalf: OnBehalf | None
    needs: str | None
    language: Literal["fr", "en"]
    channel: Channel
    to_call_back: bool
    call_why: str
    offered_until: datetime | None  # while offered: the deadline of the answer
    answers: dict[str, str]  # question id → answer
    created_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None
    changed_at: datetime
    sequence: int
    told_revision: int
    reminders: bool
    created_by: UUID | None
    unreachable: str = (
        ""  # why its address takes no mail: 'dead', 'soft' (thrice in a month); '': it does, as far as we know
    )
    position: int | None = None  # place on the waiting list when the desk has just counted it; no column

    @property
    def is_live(self) -> bool:
        """Whether it holds seats, is offered or waits for some."""
        return self.state.is_live

    @property
    def can_be_written_to(self) -> bool:
        """There is an e-mail address, and it takes mail as far as we know; otherwise somebody must call."""
        return self.email is not None and not self.unreachable

    @property
    def attendees(self) -> list[str]:
        """One name a seat: as told, then the contact's for the first, then nobody's ('')."""
        first = self.names or [self.name]
        return (first + [""] * self.seats)[: self.seats]
