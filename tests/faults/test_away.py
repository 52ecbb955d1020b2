"""What the service leans on is away for a while: it says so, and goes on by itself when it is back."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx
import pytest

from ateliers import database
from ateliers.bench.yard import Yard
from ateliers.bookings import reminders
from ateliers.bookings.book import book_seats
from ateliers.bookings.booking import Contact, Wish
from ateliers.bookings.emails import COMPOSERS
from ateliers.mail.delivery import Delivery
from tests.faults.test_killed import kill_server, make_workshop, start_server
from tests.faults.test_killed import yard as yard  # noqa: PLC0414 - a fixture
from tests.mail.sink import Sink, smtp_sink
from tests.world import START, make_booking, make_event, make_session, make_structure

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
CALM = "Le service fait une courte pause."
BACK = 60.0  # seconds until every page must be back
BOOKING = {"contact": {"name": "Odile", "email": "odile@example.test"}, "seats": 1}


def asked(session: object) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Requests of every door that need the database: method, path, body."""
    yield "GET", f"/seances/{session}", {}
    yield "GET", f"/seances/{session}/reserver", {}
    yield "POST", f"/seances/{session}/reserver", {"data": {"who": "me", "contact.name": "Odile", "seats": "1"}}
    yield "POST", "/connexion", {"data": {"email": "samir@example.test"}}
    yield "GET", "/espace", {"headers": {"cookie": "equipe=x"}}
    yield "GET", "/signataires", {}
    yield "GET", f"/api/v1/sessions/{session}", {}
    yield "POST", f"/api/v1/sessions/{session}/bookings", {"json": BOOKING}


async def test_without_postgresql_every_page_says_so_and_comes_back_by_itself(yard: Yard):
    session = await make_workshop(yard.database_url)
    data = yard.folder / "postgres"
    async with yard.web() as base, httpx.AsyncClient(base_url=base, timeout=60) as client:
        assert (await client.get(f"/seances/{session}/reserver")).status_code == 200
        folder = await asyncio.to_thread(kill_server, data)

        for method, path, rest in asked(session):
            answer = await client.request(method, path, **rest)
            told = (answer.status_code, answer.headers["content-type"].partition(";")[0], CALM in answer.text)
            kind = "application/problem+json" if path.startswith("/api") else "text/html"
            assert (path, told) == (path, (503, kind, True))
            assert int(answer.headers["retry-after"]) > 0
        assert (await client.get("/health/live")).status_code == 200
        assert (await client.get("/health/ready")).status_code == 503

        await asyncio.to_thread(start_server, data, folder)
        async with asyncio.timeout(BACK):
            for method, path, rest in asked(session):
                while (answer := await client.request(method, path, **rest)).status_code == 503:
                    await asyncio.sleep(0.1)
                assert answer.status_code < 500, path
        assert answer.status_code == 201


class Mail:
    """A mail server that can be away, and the worker's rounds."""

    def __init__(self, sink: Sink, closed: str) -> None:
        self.sink = sink
        self.closed = closed  # an address where nobody listens

    async def round(self, now: datetime, *, away: bool = False) -> None:
        """What the worker does at `now`."""
        await reminders.sweep(now)
        delivery = Delivery(self.closed if away else self.sink.url, connections=2)
        await delivery.deliver_due(COMPOSERS, now=now)
        await delivery.close()


@pytest.fixture
async def mail(db: str):
    del db
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        async with smtp_sink() as sink:
            yield Mail(sink, f"smtp://127.0.0.1:{unused.getsockname()[1]}")


async def test_smtp_away_for_an_hour_delays_every_message_and_loses_none(mail: Mail):
    event = await make_event(await make_structure())
    session = await make_session(event, starts_at=START + 24 * HOUR, capacity=20)
    for minute in range(61):
        now = START + minute * MINUTE
        if minute % 6 == 0:
            contact = Contact(name=f"Odile {minute}", email=f"odile.{minute}@example.test")
            await book_seats(session, Wish(contact=contact), now=now)
        await mail.round(now, away=True)
    assert (mail.sink.received, await states()) == ([], {"queued": 11})

    for minute in range(61, 66):
        await mail.round(START + minute * MINUTE)

    assert sorted(mail.sink.recipients) == sorted(f"odile.{minute}@example.test" for minute in range(0, 61, 6))
    assert await states() == {"sent": 11}


async def test_a_reminder_that_smtp_held_up_goes_before_the_start_or_not_at_all(mail: Mail):
    event = await make_event(await make_structure())
    long_ago = START - timedelta(days=30)
    for start, who in ((START, "early"), (START + 3 * HOUR, "late")):
        session = await make_session(event, starts_at=start)
        await make_booking(session, email=f"{who}@example.test", created_at=long_ago, confirmed_at=long_ago)
    for step in range(-26 * 4, -9):  # up to the morning: the reminders of the day before
        await mail.round(START + step * 15 * MINUTE)
    before = len(mail.sink.received)

    for step in range(-9, 8):  # two hours before the first start to nearly two hours after it
        await mail.round(START + step * 15 * MINUTE, away=True)
    assert len(mail.sink.received) == before
    for minute in range(5):
        await mail.round(START + 2 * HOUR + minute * MINUTE)

    assert mail.sink.recipients[before:] == ["late@example.test"]
    assert (await states())["dropped"] == 1


async def states() -> dict[str, int]:
    rows = await database.fetch_rows("SELECT state, count(*) AS count FROM outbox GROUP BY state")
    return {row["state"]: row["count"] for row in rows}
