"""Who would hear of a change of a session, and how: by e-mail, by SMS, only by telephone, or not at all (B23).

The same ways as `bookings.changes` takes once the change is confirmed.
"""

from __future__ import annotations

from uuid import UUID

import msgspec

from ateliers.agenda.sessions import get_session
from ateliers.bookings.booking import Booking, BookingState
from ateliers.bookings.bookings import COLUMNS
from ateliers.database import fetch, fetch_rows
from ateliers.mail.sms import find_gateway, mobile_number

MOST_SHOWN = 200  # people to call on one page; the session's own page has the whole list

# A cycle's dates share the bookings of its first one; moving a session on site takes its online half along.
TAKES_MAIL = "email IS NOT NULL AND unreachable = ''"
CONCERNED_SQL = """
    session_id IN (SELECT COALESCE(s.lead_id, s.id) FROM session s JOIN event e ON e.id = s.event_id
                   WHERE (s.id = ANY($1) OR s.onsite_id = ANY($1)) AND e.state IN ('published', 'archived'))
    AND state IN ('confirmed', 'offered', 'waiting')
"""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Bookings whose contact must hear of a change, by the way to reach them."""

    by_email: dict[BookingState, int]  # how many, by where they stand
    by_text: list[Booking]  # an SMS goes out, and they stay on the list of calls
    by_phone: list[Booking]  # those whom nobody but a person can reach, who hold seats first
    out_of_reach: list[Booking]

    @property
    def emails(self) -> int:
        """How many are written to."""
        return sum(self.by_email.values())

    @property
    def is_nobody(self) -> bool:
        """Nobody has booked."""
        return not (self.by_email or self.by_text or self.by_phone or self.out_of_reach)


async def who_is_told(*session_ids: UUID) -> Told:
    """Who holds, is offered or waits for a seat of these sessions of one event; nobody has heard of a draft. Raises NotFound."""
    counted = await fetch_rows(
        f"SELECT state, count(*) AS n FROM booking WHERE {CONCERNED_SQL} AND {TAKES_MAIL} GROUP BY state",
        list(session_ids),
    )
    counts = {BookingState(row["state"]): row["n"] for row in counted}
    others = await fetch(
        Booking,
        f"""SELECT {COLUMNS} FROM booking WHERE {CONCERNED_SQL} AND NOT ({TAKES_MAIL})
            ORDER BY array_position(ARRAY['confirmed', 'offered', 'waiting'], state), rank NULLS FIRST, lower(name), id
            LIMIT {MOST_SHOWN}""",
        list(session_ids),
    )
    gateway = await find_gateway((await get_session(session_ids[0])).structure_id)
    by_text = [
        booking for booking in others if gateway and gateway.is_on and booking.phone and mobile_number(booking.phone)
    ]
    return Told(
        by_email={state: counts[state] for state in BookingState if state in counts},
        by_text=by_text,
        by_phone=[booking for booking in others if booking.phone and booking not in by_text],
        out_of_reach=[booking for booking in others if not booking.phone],
    )
