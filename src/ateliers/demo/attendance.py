"""What one structure of the demo shows of attendance: a workshop of this morning to record, and a stand that two phones counted."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ateliers.agenda.drafts import NewEvent
from ateliers.agenda.kinds import Counter, Kind
from ateliers.agenda.publishing import create_event
from ateliers.agenda.session import Session
from ateliers.agenda.sessions import list_sessions_of_event
from ateliers.attendance.counters import count_people
from ateliers.attendance.mark import SeatState, seat_id
from ateliers.attendance.operations import Batch, take_operations
from ateliers.attendance.record import mark_seat
from ateliers.bookings.book import book_seats
from ateliers.bookings.booking import Booking, Channel, Contact, Wish
from ateliers.demo.days import weekday_from
from ateliers.demo.texts import PHONE_CARD
from ateliers.network.people import Person

GUESTS = (
    ("Suzanne Leblond", "suzanne.leblond@courriel.example", 1),
    ("Raymond et Josette Caillot", "raymond.caillot@courriel.example", 2),
    ("Fatima Benali", "fatima.benali@courriel.example", 1),
    ("Guy Morin", "guy.morin@courriel.example", 1),
    ("Colette et Jean Perrot", "colette.perrot@courriel.example", 2),
)


async def count_passers_by(session_id: UUID, people: int, *, by: Person, now: datetime) -> None:
    """People who stopped at a stand; every third was helped."""
    for number in range(people):
        counter = Counter.HELPED if number % 3 == 2 else Counter.INFORMED
        await count_people(session_id, counter, f"demo-{number}", by=by, now=now)


async def show_attendance(
    structure_id: UUID, hall: UUID, manager: Person, helper: Person, zone: str, now: datetime
) -> None:
    """A list that two phones do not agree on, and counters that people tapped."""
    published = now - timedelta(days=6)

    async def publish(title: str, start: datetime, **settings: Any) -> Session:
        known: dict[str, Any] = {"structure_id": structure_id, "place_id": hall, "dates": [start], "publish": True}
        event = await create_event(NewEvent(title=title, **(known | settings)), by=manager, now=published)
        [session] = await list_sessions_of_event(event.id)
        return session

    just_over = (
        (now - timedelta(hours=4)).astimezone(ZoneInfo(zone)).replace(tzinfo=None, minute=0, second=0, microsecond=0)
    )
    workshop = await publish(
        "Mon espace santé, pas à pas", just_over, kind=Kind.WORKSHOP, to_bring=PHONE_CARD, capacity=8
    )
    booked = [
        await book_seats(
            workshop.id,
            Wish(contact=Contact(name=name, email=email, phone=None), seats=seats, channel=Channel.ONLINE),
            now=published + timedelta(days=1),
        )
        for name, email, seats in GUESTS
    ]
    await _disagree(workshop, booked[0], manager, helper)
    stand = await publish(
        "Mon espace santé sur le marché",
        datetime.combine(weekday_from(now, -1, zone), time(9)),
        kind=Kind.STAND,
        minutes=180,
        description="Venez nous voir.",
    )
    await _count(stand, "telephone-de-nadia", helper, {"informed": 19, "helped": 6, "activated": 4})
    await _count(stand, "telephone-de-samir", manager, {"informed": 12, "helped": 3})


async def _disagree(session: Session, booking: Booking, manager: Person, helper: Person) -> None:
    """A tap on one phone without network, another on the page."""
    moment = session.starts_at + timedelta(minutes=10)
    await mark_seat(session.id, booking.code, 1, SeatState.PRESENT, saw=[], by=manager, now=moment)
    tap = {"op": "demo-1", "kind": "mark", "seq": 1, "seat": seat_id(booking.code, 1), "state": "absent"}
    later = moment + timedelta(minutes=20)
    batch = Batch(device="telephone-de-nadia", now=later, operations=[{**tap, "at": moment.isoformat()}])
    await take_operations(session.id, batch, by=helper, now=later)


async def _count(session: Session, device: str, by: Person, counts: dict[str, int]) -> None:
    taps = [counter for counter, total in counts.items() for _n in range(total)]
    operations = [
        {
            "op": f"{device}-{n}",
            "kind": "count",
            "seq": n,
            "counter": counter,
            "at": (session.starts_at + timedelta(minutes=3 * n)).isoformat(),
        }
        for n, counter in enumerate(taps)
    ]
    now = session.starts_at + timedelta(hours=3)
    await take_operations(session.id, Batch(device=device, now=now, operations=operations), by=by, now=now)
