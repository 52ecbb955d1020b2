"""A process full of citizens: each books as soon as it can, and says the code of what was confirmed.

python -m tests.bookings.crowd <database url> <session id> <name of the crowd> <wishes> <how many at once>
"""

from __future__ import annotations

import asyncio
import sys
from itertools import count
from uuid import UUID

from ateliers import database
from ateliers.bookings.book import SessionFull, book_seats
from ateliers.bookings.booking import BookingState, Contact, Wish
from tests.world import NOON


def say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


async def main(url: str, session_id: UUID, crowd: str, wishes: int, at_once: int) -> None:
    await database.open_pool(url, size=2)
    numbers = count()
    say("ready")
    sys.stdin.readline()

    async def citizen() -> None:
        while (number := next(numbers)) < wishes:
            contact = Contact(name=f"{crowd} {number}", email=f"{crowd}-{number}@example.test")
            try:
                booking = await book_seats(session_id, Wish(contact=contact), now=NOON)
            except SessionFull:
                continue
            if booking.state is BookingState.CONFIRMED:
                say(booking.code)

    await asyncio.gather(*(citizen() for _ in range(at_once)))
    await database.close_pool()


if __name__ == "__main__":
    _, url, session, crowd, wishes, at_once = sys.argv
    asyncio.run(main(url, UUID(session), crowd, int(wishes), int(at_once)))
