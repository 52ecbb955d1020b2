"""The bookings of a session a page at a time, searched and narrowed: it may have thousands (C17)."""

from __future__ import annotations

import enum
from uuid import UUID

import msgspec

from ateliers.bookings.booking import Booking, BookingState, Channel
from ateliers.bookings.bookings import COLUMNS, tidy_code
from ateliers.database import fetch, fetch_rows
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

# Offers first: they have a deadline. Then seats by name, the waiting list by rank, and what has ended.
WHERE_SQL = """
    WHERE session_id = $1 AND state = ANY($2) AND ($3::text IS NULL OR channel = $3)
    ORDER BY array_position(ARRAY['offered', 'confirmed', 'waiting'], state), offered_until,
             CASE state WHEN 'waiting' THEN rank END, lower(COALESCE(names[1], name)), id
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
    ids = [
        row["id"]
        for row in await fetch_rows(
            f"SELECT id{', name, names, email, phone, code' if query else ''} FROM booking {WHERE_SQL}", *narrowed
        )
        if not query or _matches(row, query)
    ]
    pages = max(1, -(-len(ids) // PAGE))
    page = min(max(1, page), pages)
    bookings = await _with_positions(session_id, ids[(page - 1) * PAGE : page * PAGE])
    return Listing(bookings=bookings, found=len(ids), page=page, pages=pages, counts=counts)


async def list_queue(session_id: UUID, *, most: int) -> list[Booking]:
    """Who waits, in order of rank, each with its position; at most so many."""
    ids = await fetch_rows(
        "SELECT id FROM booking WHERE session_id = $1 AND state = 'waiting' ORDER BY rank LIMIT $2", session_id, most
    )
    return await _with_positions(session_id, [row["id"] for row in ids])


async def _with_positions(session_id: UUID, ids: list[UUID]) -> list[Booking]:
    return await fetch(
        Booking,
        f"""SELECT {COLUMNS}, place.position FROM booking
            LEFT JOIN (SELECT id AS waiting, row_number() OVER (ORDER BY rank) AS position FROM booking
                       WHERE session_id = $1 AND state = 'waiting') place ON place.waiting = id
            WHERE id = ANY($2) ORDER BY array_position($2, id)""",
        session_id,
        ids,
    )


def _matches(row: object, query: str) -> bool:
    """Whether every word typed stands in its names or e-mail; or the code, or the phone number, is the one typed."""
    found: dict[str, str | list[str] | None] = dict(row)  # type: ignore[call-overload]
    text = fold(" ".join([str(found["name"]), *(found["names"] or []), str(found["email"] or "")]))
    digits = "".join(letter for letter in query if letter.isdigit())
    return (
        all(word in text for word in fold(query).split())
        or tidy_code(query) == found["code"]
        or (len(digits) >= SHORTEST_NUMBER and digits in str(found["phone"] or ""))
    )
