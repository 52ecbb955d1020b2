"""A published cycle of three Tuesdays, and SAMIR who manages it, for tests of what is booked together."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from ateliers.bookings.book import book_seats
from ateliers.bookings.booking import Booking, Contact, Wish
from ateliers.network.people import Person, get_person
from tests.world import NOON, START, make_event, make_place, make_samir, make_session, make_structure

WEEK = timedelta(days=7)


async def make_cycle(*, dates: int = 3, capacity: int | None = 10, **event) -> tuple[Person, list[UUID]]:
    """SAMIR, and the sessions of the cycle, the first one first."""
    structure = await make_structure()
    samir = await get_person(await make_samir(structure))
    event_id = await make_event(structure, is_cycle=True, **event)
    place = await make_place()
    first = await make_session(event_id, capacity=capacity, place_id=place)
    others = [
        await make_session(event_id, starts_at=START + n * WEEK, capacity=capacity, place_id=place, lead_id=first)
        for n in range(1, dates)
    ]
    return samir, [first, *others]


async def book(session_id: UUID, name: str = "Odile Marchand", *, seats: int = 1, **values) -> Booking:
    """Seats for somebody who has an e-mail address unless told otherwise."""
    email = values.pop("email", f"{name.partition(' ')[0].lower()}@example.test")
    contact = Contact(name=name, email=email, phone=values.pop("phone", None))
    return await book_seats(session_id, Wish(contact=contact, seats=seats, **values), now=NOON)
