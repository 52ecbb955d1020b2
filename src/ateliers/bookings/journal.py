"""The journal of a session, in plain words: what the desk did, and why (C11)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ateliers.bookings.booking import Booking
from ateliers.bookings.bookings import OF_SESSION
from ateliers.database import fetch
from ateliers.words import T, day_in_words, gettext, time_in_words

LATEST = 200  # lines shown


SENTENCES = {
    "given_back": T("Seats given back: %(seats)s; kept: %(left)s."),
    "left": T("Left the waiting list."),
    "asks_for_less": T("Now waits for fewer seats: %(left)s."),
    "promoted": T("Served from the waiting list. Seats asked for: %(seats)s; free: %(free)s."),
    "offered": T(
        "Offered from the waiting list, to be answered before %(until)s. Seats asked for: %(seats)s; free: %(free)s."
    ),
    "to_call": T("To be called: the seat is kept until %(until)s. Seats asked for: %(seats)s; free: %(free)s."),
    "passed": T("Passed over, keeps its rank. Seats asked for: %(seats)s; free: %(free)s."),
    "passed_too": T("Others passed over as well, who keep their rank: %(entries)s."),
    "accepted": T("Accepted the offer. Seats: %(seats)s."),
    "declined": T("Declined the offer. Seats: %(seats)s; kept: %(left)s."),
    "expired": T("No answer before the deadline: the offer has ended. Seats: %(seats)s."),
    "seat_given": T("Staff gave a seat to somebody who waited. Seats: %(seats)s."),
    "overbooked": T("Booked above the limit, knowingly. Seats above: %(above)s."),
    "moved_away": T("Moved to the session of %(start)s. Seats: %(seats)s."),
    "moved_here": T("Comes from the session of %(start)s. Seats: %(seats)s."),
    "resized": T("Number of seats changed. Before: %(before)s; now: %(after)s; taken: %(taken)s."),
    "held_back": T("Seats held back for phone and partners. Before: %(before)s; now: %(after)s."),
    "released": T("Seats held back are now for everybody: %(seats)s."),
    "called": T("Called, and knows about the seat."),
    "called_reached": T("Called: reached, and knows."),
    "called_message_left": T("Called: a message was left."),
    "called_comes": T("Called: comes."),
    "called_does_not_come": T("Called: does not come."),
    "unreachable": T("Our messages come back: to be called."),
    "replied": T("Wrote back; sent on to the structure."),
    "declined_in_calendar": T("Declined in a calendar; the structure was told."),
}
MOMENTS = ("until", "start")  # facts that are moments


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    what: str
    facts: dict[str, Any]
    booking_name: str | None
    by_name: str | None
    zone: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line for people. `who` is the booking's contact, '' when it is about the session; `by` the member of staff, or ''."""

    at: datetime
    who: str
    text: str
    by: str


async def list_journal(session_id: UUID) -> list[Line]:
    """The latest lines about a session, the newest first, in the reader's language."""
    return await _lines(f"j.{OF_SESSION}", session_id)


async def list_history(booking: Booking) -> list[Line]:
    """What happened to one booking on its session, the newest first; that it came from another is its oldest line there."""
    return await _lines("j.session_id = $1 AND j.booking_id = $2", booking.session_id, booking.id)


async def _lines(condition: str, *args: UUID) -> list[Line]:
    lines = await fetch(
        _Line,
        f"""SELECT j.at, j.what, j.facts, b.name AS booking_name, p.name AS by_name, s.zone
            FROM booking_journal j JOIN session s ON s.id = j.session_id
            LEFT JOIN booking b ON b.id = j.booking_id LEFT JOIN person p ON p.id = j.by_id
            WHERE {condition} ORDER BY j.id DESC LIMIT {LATEST}""",
        *args,
    )
    return [
        Line(
            at=line.at,
            who=line.booking_name or "",
            text=in_words(line.what, line.facts, line.zone),
            by=line.by_name or "",
        )
        for line in lines
    ]


def in_words(what: str, facts: dict[str, Any], zone: str) -> str:
    """One fact of the journal as a sentence, moments on the clock of `zone`."""
    sentence = SENTENCES.get(what)
    if sentence is None:
        return what
    return str(T(sentence.message, **{name: _shown(name, value, zone) for name, value in facts.items()}))


def _shown(name: str, value: Any, zone: str) -> Any:
    if value is None:
        return gettext("no limit")
    if name not in MOMENTS:
        return value
    moment = datetime.fromisoformat(value)
    return f"{day_in_words(moment, zone)} {time_in_words(moment, zone)}"
