"""A process that does everything at once to two sessions, until it is killed or told to stop: citizens, staff and the sweep.

python -m tests.bookings.brawl <database url> <seed> <when the story began, Unix time> <manager> <session> <session>

A second of ours is an hour of theirs. Every answer is said on a line of its own, so that what was promised can be checked.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

import msgspec

from ateliers import database
from ateliers.bookings import offers
from ateliers.bookings.book import book_seats
from ateliers.bookings.booking import Booking, Channel, Contact, Wish
from ateliers.bookings.change import change_session
from ateliers.bookings.give_back import give_back_seats, leave_waiting_list
from ateliers.bookings.held_back import hold_back_seats
from ateliers.bookings.resize import resize_session
from ateliers.network.people import Person, get_person
from ateliers.refusals import Refusal
from tests.world import NOON

AT_ONCE = 6
HOUR = timedelta(hours=1)


class Brawler:
    """One of those who act in this process."""

    def __init__(self, seed: int, began: float, samir: Person, sessions: list[UUID]) -> None:
        self.chance = random.Random(seed)
        self.began, self.samir, self.sessions = began, samir, sessions
        self.numbers = count()
        self.name = f"p{seed}"

    @property
    def now(self) -> datetime:
        return NOON + (time.time() - self.began) * HOUR

    async def act(self) -> None:
        """One thing, whatever it is, and what came of it."""
        doing = self.chance.choices(
            [
                self.book,
                self.book_by_phone,
                self.give_back,
                self.answer,
                self.move,
                self.resize,
                self.hold_back,
                self.sweep,
            ],
            [8, 2, 4, 5, 2, 1, 1, 2],
        )[0]
        try:
            made = await doing()
        except Refusal:
            return
        if isinstance(made, Booking):
            say({"what": doing.__name__, "booking": made.id, "state": made.state.value, "at": self.now})

    async def book(self) -> Booking:
        return await self.write_down(self.chance.random() < 0.7, Channel.ONLINE, None)

    async def book_by_phone(self) -> Booking:
        return await self.write_down(False, Channel.PHONE, self.samir)

    async def write_down(self, has_email: bool, channel: Channel, by: Person | None) -> Booking:
        who = f"{self.name} {next(self.numbers)}"
        email = f"{who.replace(' ', '-')}@example.test" if has_email else None
        contact = Contact(name=who, email=email, phone="06" + f"{self.chance.randrange(10**8):08}")
        wish = Wish(
            contact=contact, seats=self.chance.randint(1, 3), channel=channel, insists=self.chance.random() < 0.1
        )
        return await book_seats(self.session(), wish, now=self.now, by=by)

    async def give_back(self) -> Booking | None:
        booking = await self.some("confirmed", "waiting", "offered")
        return booking and await give_back_seats(booking, self.chance.choice([None, 1]), now=self.now, by=self.samir)

    async def answer(self) -> Booking | None:
        booking = await self.some("offered", "offered", "waiting")
        what = self.chance.choice([offers.accept_offer, offers.accept_offer, offers.decline_offer, leave_waiting_list])
        if booking and self.chance.random() < 0.1:
            return await offers.give_seat(booking, by=self.samir, now=self.now)
        return booking and await what(booking, now=self.now)

    async def move(self) -> Booking | None:
        booking = await self.some("confirmed", "waiting")
        return booking and await change_session(booking, self.session(), now=self.now, by=self.samir)

    async def resize(self) -> None:
        await resize_session(self.session(), self.chance.randint(3, 9), by=self.samir, now=self.now)

    async def hold_back(self) -> None:
        until = self.now + 2 * HOUR
        await hold_back_seats(self.session(), self.chance.randint(0, 2), until, by=self.samir, now=self.now)

    async def sweep(self) -> None:
        await offers.sweep(self.now)

    def session(self) -> UUID:
        return self.chance.choice(self.sessions)

    async def some(self, *states: str) -> UUID | None:
        rows = await database.fetch_rows(
            "SELECT id FROM booking WHERE state = $1 ORDER BY id", self.chance.choice(states)
        )
        return self.chance.choice(rows)["id"] if rows else None  # type: ignore[no-any-return]


def say(words: object) -> None:
    sys.stdout.write(msgspec.json.encode(words).decode() + "\n")
    sys.stdout.flush()


async def main(url: str, seed: int, began: float, samir_id: UUID, sessions: list[UUID]) -> None:
    await database.open_pool(url, size=3)
    brawler = Brawler(seed, began, await get_person(samir_id), sessions)
    loop = asyncio.get_running_loop()
    stopped = loop.run_in_executor(None, sys.stdin.readline)

    async def go_on() -> None:
        while not stopped.done():
            await brawler.act()

    await asyncio.gather(*(go_on() for _ in range(AT_ONCE)))
    await database.close_pool()


if __name__ == "__main__":
    _, url, seed, began, samir, *sessions = sys.argv
    asyncio.run(main(url, int(seed), float(began), UUID(samir), [UUID(one) for one in sessions]))
