"""Long random histories, many workers, a server that fails: what a calendar sees of a booking is always in order."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime, timedelta

import pytest
from icalendar import Calendar

from ateliers import database
from ateliers.agenda.changing import call_off_session, move_session
from ateliers.agenda.drafts import Move
from ateliers.bookings import changes
from ateliers.bookings.book import book_seats
from ateliers.bookings.booking import Contact, Wish
from ateliers.bookings.emails import COMPOSERS
from ateliers.bookings.give_back import give_back_seats
from ateliers.mail.delivery import Delivery
from ateliers.network.people import Person, get_person
from ateliers.refusals import Refusal
from tests.mail.sink import Sink, smtp_sink
from tests.world import NOON, START, make_event, make_samir, make_session, make_structure

MINUTE = timedelta(minutes=1)
WORKERS = 8
FAULTS = {
    "connect": ["421 4.3.2 Busy"],
    "MAIL": ["421 4.3.2 Bye", "drop"],
    "RCPT": ["450 4.2.1 Later", "drop"],
    "DATA": ["451 4.3.0 Later", "drop"],
    "text": ["drop", "452 4.3.1 Full", "421 4.3.2 Bye"],
}


async def something_happens(chance: random.Random, samir: Person, session, bookings: list, now: datetime) -> None:
    what = chance.choice(["book", "book", "move", "give back", "give one back", "nothing"])
    if what == "book":
        name = f"Personne {len(bookings)}"
        contact = Contact(name=name, email=f"p{len(bookings)}@example.test")
        bookings.append(await book_seats(session, Wish(contact=contact, seats=2), now=now))
    elif what == "move":
        start = START + timedelta(days=chance.randrange(1, 20), hours=1)
        await move_session(session, Move(local_start=start.replace(tzinfo=None)), by=samir, now=now)
    elif bookings and what != "nothing":
        await give_back_seats(chance.choice(bookings).id, 1 if "one" in what else None, now=now)


async def everybody_delivers(sink: Sink, now: datetime) -> None:
    workers = [Delivery(sink.url, connections=2) for _ in range(WORKERS)]
    await asyncio.gather(*(worker.deliver_due(COMPOSERS, now=now) for worker in workers))
    await asyncio.gather(*(worker.close() for worker in workers))


def threads_of(sink: Sink) -> dict[str, list[tuple[str, int, str]]]:
    """For each UID, METHOD, SEQUENCE and Message-ID in order of arrival; a second copy of a message counts once."""
    found: dict[str, list[tuple[str, int, str]]] = {}
    for message in sink.messages:
        for part in message.walk():
            if part.get_content_type() == "text/calendar":
                calendar = Calendar.from_ical(part.get_payload(decode=True))
                (event,) = calendar.walk("VEVENT")
                seen = (str(calendar["METHOD"]), int(event["SEQUENCE"]), str(message["message-id"]))
                thread = found.setdefault(str(event["UID"]), [])
                if seen not in thread:
                    thread.append(seen)
    return found


@pytest.mark.parametrize("seed", [0, 3, 5, 16])
async def test_a_calendar_always_sees_a_booking_in_order(seed):
    chance = random.Random(seed)
    structure = await make_structure()
    samir = await get_person(await make_samir(structure))
    session = await make_session(await make_event(structure), capacity=12)
    bookings: list = []
    now = NOON
    async with smtp_sink() as sink:
        for _turn in range(25):
            now += chance.choice([1, 7, 40]) * MINUTE
            try:
                await something_happens(chance, samir, session, bookings, now)
            except Refusal:
                continue
            if chance.random() < 0.6:
                await changes.sweep(now)
                phase = chance.choice(list(FAULTS))
                sink.faults = {phase: [chance.choice(FAULTS[phase])]} if chance.random() < 0.5 else {}
                await everybody_delivers(sink, now)
        await call_off_session(session, "Fermé pour travaux", by=samir, now=now)
        await changes.sweep(now)
        sink.faults = {}
        for _turn in range(12):
            await everybody_delivers(sink, now)
            now = max(now, await database.fetch_value("SELECT max(due_at) FROM outbox WHERE state = 'queued'") or now)

        threads = threads_of(sink)

    assert await database.fetch_value("SELECT count(*) FROM outbox WHERE state = 'queued'") == 0
    assert threads
    for seen in threads.values():
        sequences = [sequence for _method, sequence, _id in seen]
        assert sequences == sorted(set(sequences))
        assert seen[0][0] == "REQUEST"
        assert seen[-1][0] == "CANCEL"
        assert [method for method, _, _ in seen].count("CANCEL") == 1
