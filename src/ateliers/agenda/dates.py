"""The dates of an event: a session each, its online half beside it (B8), and in a cycle the first one as their lead (B3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from ateliers.agenda.drafts import NewEvent, NewSession
from ateliers.agenda.event import Event
from ateliers.agenda.kinds import Rules
from ateliers.agenda.local_time import to_utc
from ateliers.agenda.session import Session
from ateliers.agenda.where import Errors, Span, Spot
from ateliers.database import execute, execute_many, fetch_value, new_id
from ateliers.refusals import Refusal

# What the desk decides for the first date of a cycle holds for all of them.
_SHARED = (
    "capacity, seats_taken, seats_waiting, seats_offered, seats_held_back, held_back_until, overbooked, ranks_given"
)


class FirstDateStaysFirst(Refusal):
    """Bookings of a cycle are made on its first date, and close when it begins."""

    title = "The first date of a cycle stays its first: choose a later date for the others."
    field = "local_start"


class OnlineSeats(msgspec.Struct, frozen=True, kw_only=True):
    """The online half of the sessions to be made."""

    join_url: str
    capacity: int | None  # seats; None: no limit


def find_online(asked: NewEvent | NewSession, rules: Rules) -> tuple[OnlineSeats | None, Errors]:
    """The online half that is asked for, None without one; or what is wrong with it."""
    if asked.online_url is None and asked.online_capacity is None:
        return None, {}
    if not rules.may_be_hybrid:
        return None, {"online_url": "Only sessions with a place and bookings can also be followed from home."}
    if asked.online_url is None:
        return None, {"online_url": "Give the link of the online meeting."}
    return OnlineSeats(join_url=asked.online_url, capacity=asked.online_capacity), {}


def wrong_held_back(new: NewEvent | NewSession, zone: str, spans: Iterable[Span], *, now: datetime) -> Errors:
    """What is wrong with the seats held back of sessions to be made."""
    if not new.seats_held_back:
        return {}
    if new.capacity is None:
        return {"seats_held_back": "Seats can only be held back where their number is limited."}
    if new.seats_held_back > new.capacity:
        return {"seats_held_back": "More seats are held back than there are."}
    if any(_held_back_until(new, zone, when) <= now for when in spans):
        return {"held_back_days": "For the first session, this moment has already gone by."}
    return {}


def _held_back_until(new: NewEvent | NewSession, zone: str, when: Span) -> datetime:
    return to_utc(when.local_start - timedelta(days=new.held_back_days), zone)


def leads_of(sessions: Sequence[Session]) -> tuple[Session | None, Session | None]:
    """The first date of a cycle, on site (or only online) and its online half; None where there is none."""
    leads = [session for session in sessions if session.lead_id is None]
    return (
        next((lead for lead in leads if lead.onsite_id is None), None),
        next((lead for lead in leads if lead.onsite_id is not None), None),
    )


async def insert_sessions(
    event_id: UUID,
    spot: Spot,
    spans: Iterable[Span],
    new: NewEvent | NewSession,
    *,
    online: OnlineSeats | None = None,
    leads: tuple[UUID | None, UUID | None] = (None, None),
    series_id: UUID | None = None,
    now: datetime,
) -> list[UUID]:
    """A session for each span, with its online half; the ids of the sessions, in their order.

    `leads` are those of a cycle; the spans that recur belong to `series_id`, their online halves follow them.
    """
    made: list[tuple[Any, ...]] = []
    halves: list[tuple[Any, ...]] = []
    for when in spans:
        id = new_id()
        dated = (spot.zone, when.local_start, when.starts_at, when.ends_at, when.all_day, now)
        until = _held_back_until(new, spot.zone, when) if new.seats_held_back else None
        seats = (new.capacity, new.seats_held_back, until)
        series = (series_id if when.recurs_on else None, when.recurs_on)
        made.append((id, event_id, spot.place_id, spot.join_url, *dated, *seats, leads[0], None, *series))
        if online is not None:
            seats = (online.capacity, 0, None)
            halves.append((new_id(), event_id, None, online.join_url, *dated, *seats, leads[1], id, None, None))
    await execute_many(
        """INSERT INTO session (id, event_id, place_id, join_url, zone, local_start, starts_at, ends_at, all_day,
           created_at, updated_at, capacity, seats_held_back, held_back_until, lead_id, onsite_id,
           series_id, recurs_on)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12, $13, $14, $15, $16, $17)""",
        [*made, *halves],
    )
    return [row[0] for row in made]


async def settle_cycle(event: Event) -> None:
    """After a change of its dates: in a draft the earliest leads; later on, the first one stays the first.

    Every date has the seats and counters of its lead. Does nothing for other events. Raises FirstDateStaysFirst.
    """
    if not event.is_cycle:
        return
    # The first date before the others, as wherever several rows are locked: the desk does so, whatever their ids.
    await execute(
        "SELECT id FROM session WHERE event_id = $1 ORDER BY lead_id IS NOT NULL, id FOR NO KEY UPDATE", event.id
    )
    if not event.state.was_published:
        await execute(
            """UPDATE session s SET lead_id = NULLIF(f.id, s.id)
               FROM (SELECT DISTINCT ON (onsite_id IS NULL) onsite_id IS NULL AS is_onsite, id
                     FROM session WHERE event_id = $1 ORDER BY onsite_id IS NULL, starts_at, id) AS f
               WHERE s.event_id = $1 AND (s.onsite_id IS NULL) = f.is_onsite""",
            event.id,
        )
    elif await fetch_value(
        """SELECT EXISTS (SELECT FROM session s JOIN session l ON l.id = s.lead_id
                          WHERE s.event_id = $1 AND s.starts_at <= l.starts_at)""",
        event.id,
    ):
        raise FirstDateStaysFirst
    columns = _SHARED.split(", ")
    await execute(
        f"""UPDATE session s SET ({_SHARED}) = ({", ".join(f"l.{column}" for column in columns)})
            FROM session l WHERE s.event_id = $1 AND l.id = s.lead_id""",
        event.id,
    )
