"""What the desk is asked, and what it answers: a session as it stands, wishes, decisions and their reasons."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from ateliers.bookings.booking import BookingState


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A booking that waits, or is offered seats until `until`."""

    booking: UUID
    seats: int
    person: bytes
    has_email: bool = True  # else somebody has to call
    until: datetime | None = None


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """Where one booking stands."""

    state: BookingState
    seats: int
    person: bytes
    rank: int | None = None
    offered_until: datetime | None = None
    has_email: bool = True


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A session before the wishes.

    `waiting` is in order of rank. It may be left out while no seat is free and no wish can free one; `entries` counts it anyway.
    `offers` are those whose deadline has passed; others may be left out. `known` tells which live booking a person has;
    `holdings` where the bookings named by wishes stand.
    """

    is_open: bool  # published, not called off, of a kind that takes bookings
    starts_at: datetime
    capacity: int | None  # seats; None: no limit
    taken: int
    waiting_seats: int
    entries: int
    ranks_given: int
    party_limit: int
    waiting_max: int  # seats; 0: no waiting list
    promotion_stop: timedelta
    cutoff: timedelta
    offered: int = 0  # seats held for who is offered them
    held_back: int = 0  # seats kept for phone and partners
    held_back_until: datetime | None = None
    opens_at: datetime | None = None  # staff may book earlier, and
    closing: timedelta = timedelta(0)  # later than this before the start
    offer_for: timedelta | None = None  # None: who waits is confirmed at once
    call_for: timedelta = timedelta(days=1)
    waiting: Sequence[Entry] = ()
    offers: Sequence[Entry] = ()
    known: dict[bytes, UUID] = {}
    holdings: dict[UUID, Holding] = {}


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """Seats for one person and who comes along.

    `by_staff`: neither opening nor closing holds. `insists`: staff, knowingly above capacity and before the waiting list.
    `draws`: through a channel for which seats are held back, so those are used first.
    """

    booking: UUID  # the id it is to have
    person: bytes
    seats: int
    may_wait: bool = True
    insists: bool = False
    by_staff: bool = False
    draws: bool = False
    has_email: bool = True


class GiveBack(msgspec.Struct, frozen=True, kw_only=True):
    """Seats held, offered or waited for, given back; None: all of them. `by_staff`: the cutoff does not hold."""

    booking: UUID
    seats: int | None = None
    by_staff: bool = False


class Leave(msgspec.Struct, frozen=True, kw_only=True):
    """Off the waiting list. Refused when the booking was confirmed meanwhile."""

    booking: UUID


class Accept(msgspec.Struct, frozen=True, kw_only=True):
    """Yes to an offer, until its deadline and that moment included."""

    booking: UUID


class Decline(msgspec.Struct, frozen=True, kw_only=True):
    """No to an offer."""

    booking: UUID


class GiveSeat(msgspec.Struct, frozen=True, kw_only=True):
    """Staff give seats to somebody who waits or is offered some, knowingly before others and maybe above capacity."""

    booking: UUID


class MoveAway(msgspec.Struct, frozen=True, kw_only=True):
    """The booking goes to another session, where it has its seats already. `by_staff`: the cutoff does not hold."""

    booking: UUID
    by_staff: bool = False


class Resize(msgspec.Struct, frozen=True, kw_only=True):
    """Another capacity; None: no limit."""

    capacity: int | None


class HoldBack(msgspec.Struct, frozen=True, kw_only=True):
    """Keep this many free seats for phone and partners until a moment; those kept before are counted in."""

    seats: int
    until: datetime | None


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """Do what is due, and serve who waits with the seats that are free, if any."""


DeskWish = Book | GiveBack | Leave | Accept | Decline | GiveSeat | MoveAway | Resize | HoldBack | Release


class Verdict(enum.Enum):
    """What the desk says to one wish."""

    CONFIRMED = "confirmed"
    WAITING = "waiting"
    DONE = "done"  # given back, left, declined, resized, released…
    DUPLICATE = "duplicate"
    FULL = "full"
    TOO_LARGE = "too_large"
    NOT_YET = "not_yet"  # bookings are not open yet
    CLOSED = "closed"
    TOO_LATE = "too_late"
    EXPIRED = "expired"  # the offer has run out
    NOT_HELD = "not_held"  # no such live booking, or fewer seats than were to be given back


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one wish."""

    verdict: Verdict
    booking: UUID | None = None  # DUPLICATE: the one there is
    seats: int = 0  # DONE: given back; TOO_LARGE: the most one booking can have, or that can be held back
    rank: int | None = None  # WAITING: order on the list
    position: int | None = None  # WAITING: place on the list now, from 1
    waiting_open: bool = False  # FULL: a place on the waiting list is to be had
    kept: bool = False  # FULL: seats are free, for people who wait and can no longer be promoted


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the journal. `wish`: index of the wish it answers; None: the desk did it by rule."""

    what: str
    booking: UUID | None
    facts: dict[str, Any]
    wish: int | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A session after the wishes. `changed` holds every booking, new or old, that now stands elsewhere.

    `promoted` are those of the waiting list who were served, confirmed at once or offered seats.
    """

    decisions: list[Decision]
    promoted: list[UUID]
    notes: list[Note]
    changed: dict[UUID, Holding]
    capacity: int | None
    taken: int
    offered: int
    held_back: int
    held_back_until: datetime | None
    waiting_seats: int
    overbooked: int
    ranks_given: int
