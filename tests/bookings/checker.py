"""Reads the tables after whatever happened, and says what is wrong with its whole history: nothing, one hopes.

`violations(session_id)` looks at counters, states and messages, and plays the journal again: each booking must stand where its
lines lead, and nobody may have been served before somebody who came earlier and fitted as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ateliers.database import fetch_rows

SERVED = {"promoted": "confirmed", "offered": "offered", "to_call": "offered"}
SAID = {"promoted": ("booking_promoted", "booking_confirmed"), "offered": ("seat_offered",)}
ENDS = {"given_back": "given_back", "declined": "declined", "left": "left"}
LIVE = ("confirmed", "waiting", "offered")

Row = dict[str, Any]


class Story:
    """One booking and the lines of the journal about it, in order."""

    def __init__(self, booking: Row, lines: list[Row]) -> None:
        self.booking = booking
        self.lines = [line for line in lines if line["what"] not in ("passed", "overbooked", "called")]

    def at_first(self) -> tuple[str, int]:
        """State and seats when it was made: what was given back since is counted in again."""
        given = sum(line["facts"]["seats"] for line in self.lines if line["facts"].get("left"))
        has_waited = any(line["what"] in {*SERVED, "left", "asks_for_less"} for line in self.lines)
        waits = (
            has_waited or self.booking["state"] == "waiting" or any(line["what"] == "seat_given" for line in self.lines)
        )
        return "waiting" if waits else "confirmed", self.booking["seats"] + given

    def until(self, last: int | None = None) -> tuple[str, int]:
        """State and seats after the line with this id, all lines by default."""
        state, seats = self.at_first()
        for line in self.lines:
            if last is not None and line["id"] > last:
                break
            facts, left = line["facts"], line["facts"].get("left", 0)
            match line["what"]:
                case "given_back" | "declined" | "left" | "asks_for_less" if left:
                    seats = left
                case "given_back" | "declined" | "left":
                    state, seats = ENDS[line["what"]], facts["seats"]
                case "expired":
                    state = "expired"
                case "accepted" | "seat_given" | "moved_here":
                    state = "confirmed"
                case "moved_away":
                    pass
                case what:
                    state = SERVED[what]
        return state, seats

    def waits_after(self, last: int) -> bool:
        """Whether it waited, here, once the line with this id was written."""
        left_for = next((line["id"] for line in self.lines if line["what"] == "moved_away"), None)
        return self.until(last)[0] == "waiting" and (left_for is None or left_for > last)


async def violations(session_id: UUID, *, now: datetime) -> list[str]:
    """Everything that is wrong with this session, each with the history of whom it concerns."""
    [session] = await fetch_rows(
        """SELECT s.*, e.promotion_stop FROM session s JOIN event e ON e.id = s.event_id WHERE s.id = $1""", session_id
    )
    bookings = [dict(row) for row in await fetch_rows("SELECT * FROM booking WHERE session_id = $1", session_id)]
    ids = [row["id"] for row in bookings]
    lines = [
        dict(row)
        for row in await fetch_rows(
            "SELECT * FROM booking_journal WHERE session_id = $1 OR booking_id = ANY($2) ORDER BY id", session_id, ids
        )
    ]
    mails = await fetch_rows("SELECT kind, subject_id FROM outbox WHERE subject_id = ANY($1)", ids)
    stories = {row["id"]: Story(row, [line for line in lines if line["booking_id"] == row["id"]]) for row in bookings}
    here = [line for line in lines if line["session_id"] == session_id]
    told = {(row["subject_id"], row["kind"]) for row in mails}
    return [
        f"{wrong}\n{history(who, stories, lines)}"
        for wrong, who in (
            *_counters(dict(session), bookings),
            *_people(bookings, now),
            *_journal(stories),
            *_order(stories, here, session["starts_at"] - session["promotion_stop"]),
            *_silence(stories, told),
        )
    ]


def history(who: UUID | None, stories: dict[UUID, Story], lines: Sequence[Row]) -> str:
    """The lines about one booking, or about all, one under the other."""
    shown = lines if who is None else stories[who].lines
    head = [] if who is None else [f"  booking {who}: {stories[who].booking}"]
    return "\n".join(
        [
            *head,
            *(
                f"  {one['id']} {one['at']:%d %H:%M:%S} {one['what']} {one['booking_id']} {one['facts']}"
                for one in shown
            ),
        ]
    )


def _counters(session: Row, bookings: list[Row]) -> Iterator[tuple[str, UUID | None]]:
    held: dict[str, int] = defaultdict(int)
    for row in bookings:
        held[row["state"]] += row["seats"]
    counted = (session["seats_taken"], session["seats_offered"], session["seats_waiting"])
    if counted != (held["confirmed"], held["offered"], held["waiting"]):
        yield f"The counters say {counted}, the bookings {dict(held)}", None
    if session["capacity"] is not None:
        used = session["seats_taken"] + session["seats_offered"] + session["seats_held_back"]
        if used + max(0, session["capacity"] - used) != session["capacity"] + session["overbooked"]:
            yield f"Seats do not add up: {session}", None


def _people(bookings: list[Row], now: datetime) -> Iterator[tuple[str, UUID | None]]:
    seen: dict[bytes, UUID] = {}
    for row in bookings:
        if row["state"] in LIVE and seen.setdefault(row["person_key"], row["id"]) != row["id"]:
            yield f"One person has two bookings: {row['id']} and {seen[row['person_key']]}", row["id"]
        if row["state"] == "offered" and row["offered_until"] < now:
            yield "An offer should have ended", row["id"]


def _journal(stories: dict[UUID, Story]) -> Iterator[tuple[str, UUID | None]]:
    for who, story in stories.items():
        stands = story.booking["state"], story.booking["seats"]
        if story.until() != stands:
            yield f"The journal leads to {story.until()}, the booking stands at {stands}", who


def _order(stories: dict[UUID, Story], here: list[Row], last_call: datetime) -> Iterator[tuple[str, UUID | None]]:
    for line in here:
        served = stories.get(line["booking_id"])
        if line["what"] not in SERVED or served is None:
            continue
        if line["at"] >= last_call:
            yield "Served after the deadline", line["booking_id"]
        rank = served.booking["rank"]  # NULL once it was moved: then its order is no longer known
        for who, other in stories.items():
            earlier = other.booking["rank"]
            if rank is None or earlier is None or earlier >= rank or not other.waits_after(line["id"]):
                continue
            if other.until(line["id"])[1] <= line["facts"]["seats"]:
                yield f"{line['booking_id']} was served before somebody who came earlier and fitted as well", who


def _silence(stories: dict[UUID, Story], told: set[tuple[UUID, str]]) -> Iterator[tuple[str, UUID | None]]:
    for who, story in stories.items():
        if story.booking["email"] is None:
            continue
        # Of what happened to them in one round only the last is said: an offer left at once is no news.
        for line in {line["at"]: line for line in story.lines}.values():
            kinds = SAID.get(line["what"], ())
            if kinds and not any((who, kind) in told for kind in kinds):
                yield f"Nobody was told of: {line['what']}", who
