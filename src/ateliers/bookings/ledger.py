"""What a round of the desk reads after locking and writes before committing: a few set-based statements, whatever its size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from ateliers.agenda.kinds import RULES, Kind
from ateliers.agenda.questions import Question
from ateliers.bookings.booking import Booking
from ateliers.bookings.bookings import COLUMNS
from ateliers.bookings.wishes import Entry, Holding, Outcome, Plan
from ateliers.database import execute, fetch, fetch_one, fetch_rows
from ateliers.mail.outbox import QUEUE_SQL, NewMail, queue_arguments

MOST_AN_HOUR = 5  # bookings of one contact in an hour, all sessions together (C14)
MOST_AHEAD = 20  # live bookings of one contact on sessions to come
HOUR = timedelta(hours=1)

# The event may be changed meanwhile, the session not: whoever moves or calls off locks the session, in order of id like us.
READ_SQL = """
    SELECT s.id, s.capacity, s.seats_taken, s.seats_waiting, s.seats_offered, s.seats_held_back, s.held_back_until,
           s.ranks_given, s.starts_at, s.called_off_at, s.revision,
           e.kind, e.state AS event_state, e.visibility, e.party_limit, e.waiting_max, e.promotion_stop, e.cutoff,
           e.public_from, e.opens_at, e.closing, e.offer_for, e.call_for, e.questions, e.is_cycle,
           CASE WHEN e.is_cycle THEN ARRAY(SELECT d.id FROM session d WHERE d.lead_id = s.id) ELSE '{}' END AS dates
    FROM session s JOIN event e ON e.id = s.event_id
    WHERE s.id = ANY(ARRAY(SELECT COALESCE(x.lead_id, x.id) FROM session x WHERE x.id = ANY($1))) ORDER BY s.id
"""

LOCK_SQL = f"{READ_SQL} FOR NO KEY UPDATE OF s"

# Asked after the lock: a date may have been called off while we waited for it.
OFF_SQL = """
    SELECT COALESCE(lead_id, id) AS lead, max(called_off_at) AS at FROM session
    WHERE id = ANY($1) OR lead_id = ANY($1) GROUP BY 1 HAVING bool_and(called_off_at IS NOT NULL)
"""

# What the desk decided for the first date of a cycle holds for all of them.
MIRROR_SQL = """
    UPDATE session s SET capacity = l.capacity, seats_taken = l.seats_taken, seats_waiting = l.seats_waiting,
           seats_offered = l.seats_offered, seats_held_back = l.seats_held_back, held_back_until = l.held_back_until,
           overbooked = l.overbooked, ranks_given = l.ranks_given
    FROM session l WHERE s.lead_id = ANY($1) AND l.id = s.lead_id
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

DUPLICATES_SQL = """
    SELECT id, person_key FROM booking
    WHERE session_id = $1 AND person_key = ANY($2) AND state IN ('confirmed', 'waiting', 'offered')
"""

WAITING_SQL = """
    SELECT session_id, id AS booking, seats, person_key AS person, email IS NOT NULL AND unreachable = '' AS has_email FROM booking
    WHERE session_id = ANY($1) AND state = 'waiting' ORDER BY session_id, rank
"""

OVERDUE_SQL = """
    SELECT session_id, id AS booking, seats, person_key AS person, email IS NOT NULL AND unreachable = '' AS has_email, offered_until AS until
    FROM booking WHERE session_id = ANY($1) AND state = 'offered' AND offered_until < $2 ORDER BY session_id, offered_until, id
"""

ENTRIES_SQL = """
    SELECT session_id, count(*) AS entries FROM booking WHERE session_id = ANY($1) AND state = 'waiting' GROUP BY session_id
"""

# One statement for sessions, bookings and outbox: the session first, so that the bookings' foreign key finds it ours.
WRITE_SQL = f"""
    WITH counted AS (
        UPDATE session s SET capacity = x.capacity, seats_taken = x.taken, seats_waiting = x.waiting,
               seats_offered = x.offered, seats_held_back = x.held_back, held_back_until = x.held_back_until,
               overbooked = x.overbooked, ranks_given = x.ranks
        FROM json_to_recordset($10::json)
             AS x (id uuid, capacity integer, taken integer, waiting integer, offered integer, held_back integer,
                   held_back_until timestamptz, overbooked integer, ranks bigint)
        WHERE s.id = x.id
    ), made AS (
        INSERT INTO booking ({COLUMNS}, person_key, contact_key, request_key)
        SELECT {COLUMNS}, decode(person_key, 'base64'), decode(contact_key, 'base64'), request_key
        FROM json_to_recordset($11::json) AS x (
            id uuid, session_id uuid, code text, uid text, state text, seats integer, rank bigint, name text, email text,
            phone text, names text[], on_behalf text, needs text, language text, channel text, to_call_back boolean, call_why text,
            offered_until timestamptz, answers jsonb,
            created_at timestamptz, confirmed_at timestamptz, ended_at timestamptz, changed_at timestamptz,
            sequence integer, told_revision integer, reminders boolean, created_by uuid, unreachable text,
            person_key text, contact_key text, request_key text)
    )
    {QUEUE_SQL}
"""

CHANGE_SQL = """
    UPDATE booking b SET session_id = x.session_id, state = x.state, seats = x.seats, rank = x.rank, names = x.names,
           confirmed_at = x.confirmed_at, offered_until = x.offered_until, ended_at = x.ended_at, changed_at = x.changed_at,
           sequence = x.sequence, to_call_back = x.to_call_back, call_why = x.call_why, told_revision = x.told_revision
    FROM json_to_recordset($1::json) AS x (
        id uuid, session_id uuid, state text, seats integer, rank bigint, names text[], confirmed_at timestamptz,
        offered_until timestamptz, ended_at timestamptz, changed_at timestamptz, sequence integer, to_call_back boolean,
        call_why text, told_revision integer)
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
    seats_offered: int
    seats_held_back: int
    held_back_until: datetime | None
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
    public_from: datetime | None
    opens_at: datetime | None
    closing: timedelta
    offer_for: timedelta | None
    call_for: timedelta
    is_cycle: bool
    dates: list[UUID]  # of a cycle, the other ones: what is asked for them is asked here
    questions: list[Question]

    def may_serve(self, now: datetime) -> bool:
        """Whether somebody who waits could be served: seats are free, or held back until now at most."""
        held = self.seats_taken + self.seats_offered + self.seats_held_back
        is_due = self.held_back_until is not None and self.held_back_until <= now
        return self.capacity is None or held < self.capacity or is_due

    def plan(
        self,
        waiting: Sequence[Entry],
        offers: Sequence[Entry],
        entries: int,
        known: dict[bytes, UUID],
        holdings: dict[UUID, Holding],
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
            offered=self.seats_offered,
            held_back=self.seats_held_back,
            held_back_until=self.held_back_until,
            opens_at=self.opens_at,
            closing=self.closing,
            offer_for=self.offer_for,
            call_for=self.call_for,
            waiting=waiting,
            offers=offers,
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

    @property
    def holding(self) -> Holding:
        """As the desk wants to see it."""
        return Holding(
            state=self.booking.state,
            seats=self.booking.seats,
            person=self.person_key,
            rank=self.booking.rank,
            offered_until=self.booking.offered_until,
            has_email=self.booking.can_be_written_to,
        )


async def lock(session_ids: Iterable[UUID]) -> dict[UUID, Locked]:
    """Lock the rows of these sessions, in order of id; those that exist, the first date for any date of a cycle."""
    rows = {row.id: row for row in await fetch(Locked, LOCK_SQL, sorted(session_ids))}
    cycles = [row.id for row in rows.values() if row.is_cycle]
    if cycles:
        off = {row["lead"]: row["at"] for row in await fetch_rows(OFF_SQL, cycles)}
        rows |= {id: msgspec.structs.replace(rows[id], called_off_at=off.get(id)) for id in cycles}
    return rows


async def find(session_id: UUID) -> Locked | None:
    """The same without a lock, to look only."""
    return await fetch_one(Locked, READ_SQL, [session_id])


async def find_duplicates(session_id: UUID, persons: list[bytes]) -> dict[bytes, UUID]:
    """Which live booking of the session these people have."""
    rows = await fetch_rows(DUPLICATES_SQL, session_id, persons)
    return {row["person_key"]: row["id"] for row in rows}


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
    ids = list(session_ids)
    return _entries(await fetch_rows(WAITING_SQL, ids)) if ids else {}


async def list_overdue(session_ids: Iterable[UUID], *, now: datetime) -> dict[UUID, list[Entry]]:
    """Offers of each of these sessions that nobody answered in time."""
    ids = list(session_ids)
    return _entries(await fetch_rows(OVERDUE_SQL, ids, now)) if ids else {}


def _entries(rows: Iterable[asyncpg.Record]) -> dict[UUID, list[Entry]]:
    found: dict[UUID, list[Entry]] = {}
    for row in rows:
        entry = Entry(
            booking=row["booking"],
            seats=row["seats"],
            person=row["person"],
            has_email=row["has_email"],
            until=row.get("until"),
        )
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
        "offered": outcome.offered,
        "held_back": outcome.held_back,
        "held_back_until": outcome.held_back_until,
        "overbooked": outcome.overbooked,
        "ranks": outcome.ranks_given,
    }


async def write(
    sessions: list[dict[str, Any]],
    made: list[dict[str, Any]],
    changed: list[Booking],
    notes: list[dict[str, Any]],
    mails: list[NewMail],
    cycles: list[UUID],
) -> None:
    """Write a round; `cycles` are those of its sessions that lead one."""
    await execute(WRITE_SQL, *queue_arguments(mails), sessions, made)
    if cycles:
        await execute(MIRROR_SQL, cycles)
    if changed:
        await execute(CHANGE_SQL, changed)
    if notes:
        await execute(NOTE_SQL, notes)
