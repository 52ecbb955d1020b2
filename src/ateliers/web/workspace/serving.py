"""What the staff's pages share: who may open them, and of a session the head they stand under, and that nobody keeps a copy."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response

from ateliers.agenda.calendar import location
from ateliers.agenda.event import Event, EventState
from ateliers.agenda.session import Session
from ateliers.agenda.sessions import get_event, get_session
from ateliers.bookings.booking import Booking
from ateliers.bookings.bookings import get_booking
from ateliers.bookings.calling import count_calls_of_session
from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.network.resigning import allow_speaking_for
from ateliers.network.structure import Structure
from ateliers.network.structures import get_structure
from ateliers.refusals import NotFound
from ateliers.web.answers import page, private


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What stands above every page of a session."""

    session: Session
    where: str
    calls: int  # to make
    may_manage: bool
    may_book: bool  # staff may, until the start, whether or not booking is open online
    is_current: bool  # not called off, not begun: it can be moved, called off, resized


async def served_session(session_id: UUID, me: Person) -> Session:
    """The session, for those who serve its structure; for others it is not there: names are on its pages (G4)."""
    session = await get_session(session_id)
    if not me.serves(session.structure_id):
        raise NotFound
    return session


async def served_event(event_id: UUID, me: Person) -> Event:
    """The same of an event."""
    event = await get_event(event_id)
    if not me.serves(event.structure_id):
        raise NotFound
    return event


async def served_booking(booking_id: UUID, me: Person) -> tuple[Booking, Session]:
    """A booking and its session, for the same people."""
    booking = await get_booking(booking_id)
    return booking, await served_session(booking.session_id, me)


async def head_of(session: Session, me: Person) -> Head:
    """See Head."""
    is_current = not session.is_off and now() < session.begins_at
    return Head(
        session=session,
        where=location(session),
        calls=await count_calls_of_session(session.id),
        may_manage=me.manages(session.structure_id),
        may_book=is_current and session.rules.takes_bookings and session.event_state is EventState.PUBLISHED,
        is_current=is_current,
    )


async def session_page(
    template: str, session: Session, me: Person, *, status: int = 200, **context: Any
) -> Response[bytes]:
    """A page about a session, under its head."""
    head = await head_of(session, me)
    return private(page(template, status=status, head=head, session=session, moment=now(), **context))


async def managed_structure(slug: str, me: Person) -> Structure:
    """The structure, for its managers. Raises NotAllowed for its ambassadors, NotFound for everybody else."""
    structure = await get_structure(slug)
    allow_speaking_for(structure.id, by=me)
    return structure
