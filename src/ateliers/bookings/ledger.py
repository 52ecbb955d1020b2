"""What a round of the desk reads after locking and writes before committing: a few set-based statements, whatever its size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from ateliers.agenda.kinds import RULES, Kind
from ateliers.bookings.booking import Booking, BookingState
from ateliers.bookings.bookings import COLUMNS
from ateliers.bookings.desk import Entry, Holding, Outcome, Plan
from ateliers.database import execute, fetch, fetch_rows
from ateliers.mail.outbox import QUEUE_SQL, NewMail, queue_arguments

MOST_AN_HOUR = 5  # bookings of one contact in an hour, all sessions together (C14)
MOST_AHEAD = 20  # live bookings of one contact on sessions to come
HOUR = timedelta(hours=1)

# The event may be changed meanwhile, the session not: whoever moves or calls off locks the session, in order of id like us.
LOCK_SQL = """
    SELECT s.id, s.capacity, s.seats_taken, s.seats_waiting, s.ranks_given, s.starts_at, s.called_off_at, s.revision,
           e.kind, e.state AS event_state, e.visibility, e.party_limit, e.waiting_max, e.promotion_stop, e.cutoff
    FROM session s JOIN event e ON e.id = s.event_id
    WHERE s.id = ANY($1) ORDER BY s.id FOR NO KEY UPDATE OF s
"""

# Scalar sub-selects, neither joins nor EXISTS: each stays an index look-up even when the plan was made while the table was empty.
SEEN_SQL = """
    SELECT r.n - 1 AS turn,
           (SELECT b.id FROM booking b WHERE b.session_id = r.session_id AND b.person_key = r.person_key
            AND b.state IN ('confirmed', 'waiting', 'offered')) AS duplicate,
           (SELECT b.id FROM booking b WHERE b.request_key = r.request_key) AS repeated,
           (SELECT b.id FROM booking b WHERE b.code = r.code) IS NOT NULL AS code_is_taken,
           c.lately, c.ahead
    FROM unnest($1::uuid[], $2::bytea[], $3::text[], $4::text[], $5::bytea[])
         WITH ORDINALITY AS r (session_id, person_key, request_key, code, contact_key, n),
         LATERAL (
             SELECT count(*) FILTER (WHERE b.created_at > $6) AS lately,
                    count(*) FILTER (WHERE b.state IN ('confirmed', 'waiting', 'offered')
                                     AND (SELECT s.starts_at FROM session s WHERE s.id = b.session_id) > $7) AS ahead
             FROM booking b WHERE b.contact_key = r.contact_key
         ) AS c
"""

HELD_SQL = f"SELECT person_key, contact_key, {COLUMNS} FROM booking WHERE id = ANY($1)"

WAITING_SQL = """
    SELECT session_id, id AS booking, seats, person_key AS person FROM booking
    WHERE session_id = ANY($1) AND state = 'waiting' ORDER BY session_id, rank
"""

ENTRIES_SQL = """
    SELECT session_id, count(*) AS entries FROM booking WHERE session_id = ANY($1) AND state = 'waiting' GROUP BY session_id
"""

# One statement for sessions, bookings and outbox: the session first, so that the bookings' foreign key finds it ours.
WRITE_SQL = f"""
    WITH counted AS (
        UPDATE session s SET capacity = x.capacity, seats_taken = x.taken, seats_waiting = x.waiting,
               overbooked = x.overbooked, ranks_given = x.ranks
        FROM json_to_recordset($10::json)
             AS x (id uuid, capacity integer, taken integer, waiting integer, overbooked integer, ranks bigint)
        WHERE s.id = x.id
    ), made AS (
        INSERT INTO booking ({COLUMNS}, person_key, contact_key, request_key)
        SELECT {COLUMNS}, decode(person_key, 'base64'), decode(contact_key, 'base64'), request_key
        FROM json_to_recordset($11::json) AS x (
            id uuid, session_id uuid, code text, uid text, state text, seats integer, rank bigint, name text, email text,
            phone text, names text[], on_behalf text, needs text, language text, channel text, to_call_back boolean, call_why text, offered_until timestamptz, answers jsonb,
            created_at timestamptz, confirmed_at timestamptz, ended_at timestamptz, changed_at timestamptz,
            sequence integer, told_revision integer, reminders boolean, created_by uuid, unreachable text,
            person_key text, contact_key text, request_key text)
    )
    {QUEUE_SQL}
"""

CHANGE_SQL = """
    UPDATE booking b SET state = x.state, seats = x.seats, names = x.names, confirmed_at = x.confirmed_at,
           ended_at = x.ended_at, changed_at = x.changed_at, sequence = x.sequence, to_call_back = x.to_call_back,
           told_revision = x.told_revision
    FROM json_to_recordset($1::json) AS x (
        id uuid, state text, seats integer, names text[], confirmed_at timestamptz, ended_at timestamptz,
        changed_at timestamptz, sequence integer, to_call_back boolean, told_revision integer)
    WHERE b.id = x.id
"""

NOTE_SQL = """
    INSERT INTO booking_journal (session_id, booking_id, at, what, facts, by_id)
    SELECT session_id, booking_id, at, what, facts, by_id FROM json_to_recordset($1::json)
        AS x (session_id uuid, booking_id uuid, at timestamptz, what text, facts jsonb, by_id uuid)
"""


class Locked(msgspec.Struct, frozen=True, kw_only=True):
    """A session whose row is ours until the transaction ends."""

    id: UUID
    capacity: int | None
    seats_taken: int
    seats_waiting: int
    ranks_given: int
    starts_at: datetime
    called_off_at: datetime | None
    revision: int
    kind: Kind
    event_state: str
    visibility: str
    party_limit: int
    waiting_max: int
    promotion_stop: timedelta
    cutoff: timedelta

    @property
    def has_free_seats(self) -> bool:
        """Whether anybody could be served."""
        return self.capacity is None or self.seats_taken < self.capacity

    def plan(
        self, waiting: Sequence[Entry], entries: int, known: dict[bytes, UUID], holdings: dict[UUID, Holding]
    ) -> Plan:
        """The session as the desk wants to see it."""
        return Plan(
            is_open=self.event_state == "published" and self.called_off_at is None and RULES[self.kind].takes_bookings,
            starts_at=self.starts_at,
            capacity=self.capacity,
            taken=self.seats_taken,
            waiting_seats=self.seats_waiting,
            entries=entries,
            ranks_given=self.ranks_given,
            party_limit=self.party_limit,
            waiting_max=self.waiting_max,
            promotion_stop=self.promotion_stop,
            cutoff=self.cutoff,
            waiting=waiting,
            known=known,
            holdings=holdings,
        )


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A booking that is asked for: all that is known of it before the desk has decided."""

    booking: Booking
    person_key: bytes
    contact_key: bytes | None
    request_key: str | None
    is_limited: bool  # C14 holds for it; not for what staff type


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What the table already knows about a draft."""

    turn: int
    duplicate: UUID | None
    repeated: UUID | None
    code_is_taken: bool
    lately: int
    ahead: int


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A booking with its keys."""

    booking: Booking
    person_key: bytes
    contact_key: bytes | None


async def lock(session_ids: Iterable[UUID]) -> dict[UUID, Locked]:
    """Lock the rows of these sessions, in order of id; those that exist."""
    return {row.id: row for row in await fetch(Locked, LOCK_SQL, sorted(session_ids))}


async def look_up(drafts: Sequence[Draft], *, now: datetime) -> list[Seen]:
    """What the table knows about each draft, in their order."""
    if not drafts:
        return []
    rows = await fetch_rows(
        SEEN_SQL,
        [draft.booking.session_id for draft in drafts],
        [draft.person_key for draft in drafts],
        [draft.request_key for draft in drafts],
        [draft.booking.code for draft in drafts],
        [draft.contact_key if draft.is_limited else None for draft in drafts],
        now - HOUR,
        now,
    )
    return sorted((Seen(**row) for row in rows), key=lambda seen: seen.turn)


async def find_held(booking_ids: Iterable[UUID]) -> dict[UUID, Held]:
    """Bookings with their keys, by id."""
    ids = list(booking_ids)
    found: dict[UUID, Held] = {}
    for row in await fetch_rows(HELD_SQL, ids) if ids else []:
        person_key, contact_key, *_ = row.values()
        found[row["id"]] = Held(
            booking=msgspec.convert(dict(row), Booking), person_key=person_key, contact_key=contact_key
        )
    return found


async def list_waiting(session_ids: Iterable[UUID]) -> dict[UUID, list[Entry]]:
    """Who waits for each of these sessions, in order of rank."""
    found: dict[UUID, list[Entry]] = {}
    ids = list(session_ids)
    for row in await fetch_rows(WAITING_SQL, ids) if ids else []:
        entry = Entry(booking=row["booking"], seats=row["seats"], person=row["person"])
        found.setdefault(row["session_id"], []).append(entry)
    return found


async def count_waiting(session_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many bookings wait for each of these sessions."""
    ids = list(session_ids)
    return {row["session_id"]: row["entries"] for row in await fetch_rows(ENTRIES_SQL, ids)} if ids else {}


def counters(session_id: UUID, outcome: Outcome) -> dict[str, Any]:
    """The session's counters after the round."""
    return {
        "id": session_id,
        "capacity": outcome.capacity,
        "taken": outcome.taken,
        "waiting": outcome.waiting_seats,
        "overbooked": outcome.overbooked,
        "ranks": outcome.ranks_given,
    }


async def write(
    sessions: list[dict[str, Any]],
    made: list[dict[str, Any]],
    changed: list[Booking],
    notes: list[dict[str, Any]],
    mails: list[NewMail],
) -> None:
    """Write a round."""
    await execute(WRITE_SQL, *queue_arguments(mails), sessions, made)
    if changed:
        await execute(CHANGE_SQL, changed)
    if notes:
        await execute(NOTE_SQL, notes)


def letters_of(before: Booking | None, after: Booking, *, now: datetime) -> tuple[Booking, list[NewMail]]:
    """The e-mail that a change of one booking calls for, and the booking with the SEQUENCE that it carries."""
    seats_before = before.seats if before is not None and before.state is BookingState.CONFIRMED else 0
    is_confirmed = after.state is BookingState.CONFIRMED
    given_back = seats_before - (after.seats if is_confirmed else 0)
    if before is None:
        kind = "booking_confirmed" if is_confirmed else "waiting_list_joined"
    elif not seats_before and is_confirmed:
        kind = "booking_promoted"
    elif given_back > 0:
        kind = "seats_given_back"
        after = msgspec.structs.replace(after, sequence=before.sequence + 1)
    else:
        return after, []
    if after.email is None:
        return after, []
    has_calendar = kind != "waiting_list_joined"
    mail = NewMail(
        kind=kind,
        key=f"{kind}:{after.id}:{after.sequence}",
        subject_id=after.id,
        now=now,
        data={"seats": given_back, "left": seats_before - given_back} if given_back > 0 else {},
        thread=after.uid if has_calendar else None,
        sequence=after.sequence if has_calendar else None,
    )
    return after, [mail]
