"""The journal of a session, in plain words: what the desk did, and why (C11)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ateliers.database import fetch
from ateliers.words import T, gettext

LATEST = 200  # lines shown


SENTENCES = {
    "given_back": T("Seats given back: %(seats)s; kept: %(left)s."),
    "left": T("Left the waiting list."),
    "asks_for_less": T("Now waits for fewer seats: %(left)s."),
    "promoted": T("Served from the waiting list. Seats asked for: %(seats)s; free: %(free)s."),
    "passed": T("Passed over, keeps its rank. Seats asked for: %(seats)s; free: %(free)s."),
    "overbooked": T("Booked above the limit, knowingly. Seats above: %(above)s."),
    "resized": T("Number of seats changed. Before: %(before)s; now: %(after)s; taken: %(taken)s."),
    "called": T("Called, and knows about the seat."),
}


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    what: str
    facts: dict[str, Any]
    booking_name: str | None
    by_name: str | None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line for people. `who` is the booking's contact, '' when it is about the session; `by` the member of staff, or ''."""

    at: datetime
    who: str
    text: str
    by: str


async def list_journal(session_id: UUID) -> list[Line]:
    """The latest lines about a session, the newest first, in the reader's language."""
    lines = await fetch(
        _Line,
        """SELECT j.at, j.what, j.facts, b.name AS booking_name, p.name AS by_name
           FROM booking_journal j LEFT JOIN booking b ON b.id = j.booking_id LEFT JOIN person p ON p.id = j.by_id
           WHERE j.session_id = $1 ORDER BY j.id DESC LIMIT $2""",
        session_id,
        LATEST,
    )
    return [
        Line(at=line.at, who=line.booking_name or "", text=in_words(line.what, line.facts), by=line.by_name or "")
        for line in lines
    ]


def in_words(what: str, facts: dict[str, Any]) -> str:
    """One fact of the journal as a sentence."""
    sentence = SENTENCES.get(what)
    if sentence is None:
        return what
    shown = {name: gettext("no limit") if value is None else value for name, value in facts.items()}
    return str(T(sentence.message, **shown))
