"""The same booking on another session: seats there and no longer here, in one transaction, with its history (C12, C19)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ateliers.agenda.session import Session
from ateliers.agenda.sessions import get_session, list_sessions_of_event
from ateliers.bookings import ledger
from ateliers.bookings.book import AlreadyBooked, BookingClosed, BookingNotOpen, PartyTooLarge, SeatsKept, SessionFull
from ateliers.bookings.booking import Booking, Channel
from ateliers.bookings.bookings import get_booking
from ateliers.bookings.give_back import SeatsNotHeld, TooLateToGiveBack
from ateliers.bookings.rounds import FOR_A_SEAT, Request, Round
from ateliers.bookings.wishes import Book, Decision, Holding, MoveAway, Verdict
from ateliers.database import transaction
from ateliers.network.people import Person
from ateliers.refusals import NotAllowed, NotFound, Refusal

FOR_A_CHANGE = "change"  # calling.Why: who has no e-mail address learns by phone that staff moved them


async def list_other_dates(booking: Booking, *, now: datetime) -> list[Session]:
    """Sessions of the same event that take bookings and have room for as many seats, in order of time.

    The online half of a hybrid session is another session; the dates of a cycle are one.
    """
    event_id = (await get_session(booking.session_id)).event_id
    return [
        session
        for session in await list_sessions_of_event(event_id)
        if session.id != booking.session_id
        and session.lead_id is None
        and session.takes_bookings(now)
        and (session.seats_left is None or session.seats_left >= booking.seats)
    ]


async def change_session(
    booking_id: UUID, session_id: UUID, *, now: datetime, by: Person | None = None, insists: bool = False
) -> Booking:
    """The same booking, with its code, link and calendar object, on another session; one message says so.

    All of it happens or none: nobody is left without a seat, or with two. Sent again, nothing changes. Citizens choose among
    the event's sessions until the cutoff; staff (`by`) among all sessions they serve until the start, and may insist above
    capacity. Raises NotFound, NotAllowed, SeatsNotHeld, TooLateToGiveBack, SessionFull, AlreadyBooked, PartyTooLarge,
    BookingClosed.
    """
    booking = await get_booking(booking_id)
    session, other = await get_session(booking.session_id), await get_session(session_id)
    if other.lead_id is not None:
        other = await get_session(other.lead_id)
    if by is not None and not (by.serves(session.structure_id) and by.serves(other.structure_id)):
        raise NotAllowed
    if by is None and other.event_id != session.event_id:
        raise NotFound
    if not booking.is_live:
        raise SeatsNotHeld(field="session_id")
    if other.id == session.id:
        return booking
    async with transaction():
        return await _Move(booking, session, other, now=now, by=by, insists=insists).play()


class _Move(Round):
    """Two sessions, two wishes: seats on the new one, and only then the old ones back."""

    def __init__(
        self, booking: Booking, session: Session, other: Session, *, now: datetime, by: Person | None, insists: bool
    ) -> None:
        super().__init__([], now=now)
        self.by, self.insists = by, insists and by is not None
        self.booking_id, self.session, self.other = booking.id, session, other

    async def play(self) -> Booking:
        await self.read()
        known = await ledger.find_duplicates(self.other.id, [self.held[self.booking_id].person_key])
        self.refuse(self.ask_desk(self.other.id, known).decisions[0])
        self.refuse(self.ask_desk(self.session.id, {}).decisions[0])
        await self.write()
        return self.after[self.booking_id]

    async def read(self) -> None:
        self.locked = await ledger.lock([self.session.id, self.other.id])
        self.held = await ledger.find_held([self.booking_id])
        held = self.held.get(self.booking_id)
        if held is None or len(self.locked) < 2:
            raise NotFound
        if not held.booking.is_live or held.booking.session_id != self.session.id:
            raise SeatsNotHeld(field="session_id")  # it was given back, or moved, since the page was made
        by_id = self.by.id if self.by is not None else None
        here = Book(
            booking=self.booking_id,
            person=held.person_key,
            seats=held.booking.seats,
            may_wait=False,
            insists=self.insists,
            by_staff=self.by is not None,
            draws=self.by is not None and held.booking.channel is not Channel.ONLINE,
        )
        away = MoveAway(booking=self.booking_id, by_staff=self.by is not None)
        self.requests = [
            Request(session_id=self.other.id, wish=here, now=self.now, by_id=by_id),
            Request(session_id=self.session.id, wish=away, now=self.now, by_id=by_id),
        ]
        self.turns = {self.other.id: [0], self.session.id: [1]}
        await self.read_lists()

    def refuse(self, decision: Decision) -> None:
        """Raise what stands in the way, which takes everything back."""
        obstacles: dict[Verdict, Refusal] = {
            Verdict.CLOSED: BookingClosed(),
            Verdict.NOT_YET: BookingNotOpen(),
            Verdict.TOO_LARGE: PartyTooLarge(limit=decision.seats),
            Verdict.FULL: SeatsKept(waiting_open=False) if decision.kept else SessionFull(waiting_open=False),
            Verdict.TOO_LATE: TooLateToGiveBack(),
            Verdict.NOT_HELD: SeatsNotHeld(field="session_id"),
            Verdict.DUPLICATE: AlreadyBooked(self.held[self.booking_id].booking),
        }
        if decision.verdict in obstacles:
            raise obstacles[decision.verdict]

    def apply(self, booking: Booking, holding: Holding, before: Booking | None, revision: int) -> Booking:
        after = super().apply(booking, holding, before, revision)
        if booking.id != self.booking_id:
            return after
        is_to_call = booking.to_call_back and booking.call_why != FOR_A_SEAT  # for another reason, which still stands
        must_call = self.by is not None and not booking.can_be_written_to
        return msgspec.structs.replace(
            after,
            session_id=self.other.id,
            rank=None,  # its place on the list was one of the other session's
            confirmed_at=booking.confirmed_at or self.now,
            to_call_back=must_call or is_to_call,
            call_why=FOR_A_CHANGE if must_call else booking.call_why if is_to_call else "",
            told_revision=revision,
        )

    def notes(self) -> list[dict[str, Any]]:
        """The lines of both sessions; each names the other."""
        [away] = [line for line in super().notes() if line["what"] == "moved_away"]
        others = [line for line in super().notes() if line["what"] != "moved_away"]
        facts = away["facts"]
        here = away | {
            "session_id": self.other.id,
            "what": "moved_here",
            "facts": facts | {"other": self.session.id, "start": self.session.starts_at.isoformat()},
        }
        away["facts"] = facts | {"other": self.other.id, "start": self.other.starts_at.isoformat()}
        return [away, here, *others]
