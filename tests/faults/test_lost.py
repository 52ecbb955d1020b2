"""The connection to PostgreSQL lost at every word of a booking: a calm answer, and never two bookings."""

from __future__ import annotations

import asyncio
from uuid import UUID

import asyncpg
import httpx
import pytest
import uvloop

from ateliers import database
from ateliers.web.app import make_app
from tests.faults.relay import End, Relay
from tests.faults.test_killed import working_on
from tests.web.test_booking_pages import NEXT_WEEK, odile
from tests.world import make_event, make_session, make_structure

CALM = "Le service fait une courte pause."
ENDS = list(End)


async def test_a_line_lost_at_any_word_is_told_calmly_and_books_once(db: str):
    # In the loop that the service runs in, which says some losses otherwise than Python's own.
    told = await asyncio.to_thread(uvloop.run, lose_at_every_word(db))

    assert told == {303, 503}


async def lose_at_every_word(url: str) -> set[int]:
    """What Odile was told at first; every time she sends her form again, and has one seat."""
    told = set()
    async with Relay.to(url) as relay, working_on(relay.url):
        app = make_app()
        event = await make_event(await make_structure())
        words = await book_twice(relay, app, event, after=None)
        connecting = await book_twice(relay, app, event, after=None, anew=True)
        assert connecting > words > len(ENDS)
        for number in range(connecting):
            anew = number < connecting - words  # until it has connected; then all words of a booking
            after = number if anew else number - (connecting - words)
            ends = ENDS if number >= connecting - 2 else [ENDS[number % len(ENDS)]]  # each way at the commit
            for end in ends:
                told.add(await book_twice(relay, app, event, after=after, end=end, anew=anew))
    return told


async def book_twice(
    relay: Relay, app: object, event: UUID, *, after: int | None, end: End = End.CLOSED, anew: bool = False
) -> int:
    """Lose the line when PostgreSQL has said `after` things, then send the same form again; what was told at first.

    With `after` None nothing is lost, and it is how many things PostgreSQL said. `anew`: on no connection yet.
    """
    session = await make_session(event, starts_at=NEXT_WEEK)
    if anew:
        await database._pool.expire_connections()
    relay.lose(end, after=after)
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://ateliers.test") as browser:
        form = odile(session, contact__email=f"odile.{session}@example.test")
        first = await browser.post(f"/seances/{session}/reserver", data=form)
        said = relay.heal()
        again = await browser.post(f"/seances/{session}/reserver", data=form)
    seats = await database.fetch_value("SELECT seats_taken FROM session WHERE id = $1", session)
    where = (end, after, anew)
    assert (where, first.status_code in {303, 503}, CALM in first.text) == (where, True, first.status_code == 503)
    assert (where, again.status_code, seats) == (where, 303, 1)
    return said if after is None else first.status_code


async def test_a_wrong_argument_is_a_fault_of_ours():
    with pytest.raises(asyncpg.DataError) as wrong:
        await database.fetch_value("SELECT $1::integer", "two")

    assert not database.is_away(wrong.value)
