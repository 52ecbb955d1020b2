"""The bookings of a session a page at a time, searched and narrowed: it may have thousands (C17)."""

from __future__ import annotations

import enum
from typing import Any
from uuid import UUID

import msgspec

from ateliers.bookings.booking import Booking, BookingState, Channel
from ateliers.bookings.bookings import COLUMNS, tidy_code
from ateliers.database import fetch, fetch_rows, fetch_value
from ateliers.words import T, fold

PAGE = 50
SHORTEST_NUMBER = 6  # digits typed that may be part of a phone number; fewer are part of too many


class Show(enum.Enum):
    """Which bookings are looked at; the values stand in addresses."""

    LIVE = "en-cours"
    CONFIRMED = "confirmees"
    OFFERED = "proposees"
    WAITING = "en-attente"
    ENDED = "terminees"
    EVERY = "toutes"

    @property
    def label(self) -> T:
        """What the page says of it."""
        return _LABELS[self]

    @property
    def states(self) -> list[BookingState]:
        """The states it shows, in order."""
        return _STATES[self]


_LABELS = {
    Show.LIVE: T("Live"),
    Show.CONFIRMED: T("Confirmed seats"),
    Show.OFFERED: T("Seats offered"),
    Show.WAITING: T("Waiting"),
    Show.ENDED: T("Ended"),
    Show.EVERY: T("All"),
}
_ENDED = [BookingState.GIVEN_BACK, BookingState.LEFT, BookingState.DECLINED, BookingState.EXPIRED]
_LIVE = [BookingState.OFFERED, BookingState.CONFIRMED, BookingState.WAITING]
_STATES = {
    Show.LIVE: _LIVE,
    Show.CONFIRMED: [BookingState.CONFIRMED],
    Show.OFFERED: [BookingState.OFFERED],
    Show.WAITING: [BookingState.WAITING],
    Show.ENDED: _ENDED,
    Show.EVERY: [*_LIVE, *_ENDED],
}

# What `fold` makes of letters with accents, as a table: a name is folded in a microsecond.
_FOLDED = {code: fold(chr(code)) for code in range(0xC0, 0x250) if fold(chr(code))}

NARROWED_SQL = "WHERE session_id = $1 AND state = ANY($2) AND ($3::text IS NULL OR channel = $3)"
# Offers first: they have a deadline. Then seats by name, the waiting list by rank, and what has ended.
ORDER_SQL = """
    ORDER BY array_position(ARRAY['offered', 'confirmed', 'waiting'], state), offered_until,
             CASE state WHEN 'waiting' THEN rank END, lower(COALESCE(names[1], name)), id
"""
# Who waits knows the place on the list.
PLACED_SQL = f"""
    SELECT {COLUMNS}, place.position FROM booking
    LEFT JOIN (SELECT id AS waiting, row_number() OVER (ORDER BY rank) AS position FROM booking
               WHERE session_id = $1 AND state = 'waiting') place ON place.waiting = id
"""


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """One page of what was asked for. `bookings` that wait know their `position`."""

    bookings: list[Booking]
    found: int
    page: int  # from 1
    pages: int
    counts: dict[BookingState, int]  # of the whole session, in bookings

    def count(self, show: Show) -> int:
        """How many bookings that choice would show."""
        return sum(self.counts.get(state, 0) for state in show.states)


async def list_page(
    session_id: UUID, *, show: Show = Show.LIVE, channel: Channel | None = None, query: str = "", page: int = 1
) -> Listing:
    """A page of bookings. `query` searches names, e-mail addresses, phone numbers and codes; a page past the end is the last."""
    rows = await fetch_rows("SELECT state, count(*) AS n FROM booking WHERE session_id = $1 GROUP BY state", session_id)
    counts = {BookingState(row["state"]): row["n"] for row in rows}
    states = [state.value for state in show.states]
    narrowed = [session_id, states, None if channel is None else channel.value]
    ids = await _search(narrowed, query) if query else None
    if ids is not None:
        found = len(ids)
    elif channel is None:
        found = sum(counts.get(state, 0) for state in show.states)
    else:
        found = await fetch_value(f"SELECT count(*) FROM booking {NARROWED_SQL}", *narrowed)
    pages = max(1, -(-found // PAGE))
    page = min(max(1, page), pages)
    bookings = await fetch(
        Booking,
        f"{PLACED_SQL} {NARROWED_SQL} AND ($4::uuid[] IS NULL OR id = ANY($4)) {ORDER_SQL} LIMIT $5 OFFSET $6",
        *narrowed,
        ids,
        PAGE,
        (page - 1) * PAGE,
    )
    return Listing(bookings=bookings, found=found, page=page, pages=pages, counts=counts)


async def list_queue(session_id: UUID, *, most: int) -> list[Booking]:
    """Who waits, in order of rank, each with its position; at most so many."""
    return await fetch(
        Booking,
        f"{PLACED_SQL} WHERE session_id = $1 AND state = 'waiting' ORDER BY rank LIMIT $2",
        session_id,
        most,
    )


async def _search(narrowed: list[Any], query: str) -> list[UUID]:
    """Those in whose names or e-mail every word typed stands; or whose code, or phone number, it is."""
    words, code = fold(query).split(), tidy_code(query)
    digits = "".join(letter for letter in query if letter.isascii() and letter.isdigit())
    has_number = len(digits) >= SHORTEST_NUMBER
    found = []
    for id, text, booking_code, phone in await fetch_rows(
        f"SELECT id, concat_ws(' ', name, array_to_string(names, ' '), email), code, phone FROM booking {NARROWED_SQL}",
        *narrowed,
    ):
        folded = (text if text.isascii() else text.translate(_FOLDED)).lower()
        if all(word in folded for word in words) or code == booking_code or (has_number and digits in (phone or "")):
            found.append(id)
    return found
