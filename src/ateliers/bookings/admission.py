"""Admission: wishes that arrive while a commit is under way are decided together in the next.

A row is locked until its commit is on disk, so one booking a transaction is one booking a commit. Here a process has one
transaction at a time; whatever arrives meanwhile, for whatever session, shares the next. A quiet hour sees rounds of one, a rush
sees rounds of hundreds, and it is the same code. Processes share nothing but the database: any may die, its round rolls back.
"""

from __future__ import annotations

import asyncio
import contextvars
import weakref
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from ateliers.bookings import codes, ledger
from ateliers.bookings.booking import Booking, BookingState
from ateliers.bookings.desk import Decision, DeskWish, Holding, Outcome, Verdict, decide
from ateliers.bookings.ledger import Draft, Held, Locked, Seen
from ateliers.database import transaction
from ateliers.mail.outbox import NewMail

LARGEST_ROUND = 256
SMALLEST_HALF = 32  # fewer wishes than this are not worth dividing
TRIES = 3  # for one wish alone: a code or request key that another process wrote between our look and our write


class Request(msgspec.Struct, kw_only=True, eq=False):
    """A wish at the door of the desk. `draft` when it is for a new booking."""

    session_id: UUID
    wish: DeskWish
    now: datetime
    draft: Draft | None = None
    by_id: UUID | None = None
    is_from_network: bool = False  # may book what only the network sees


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a request. `booking` as it stands after the round, when the wish was about one."""

    decision: Decision
    booking: Booking | None = None
    promoted: list[Booking] = []
    outcome: Outcome | None = None
    obstacle: str = ""  # what stopped it before the desk: 'not_found', 'too_many', 'key_reused'


class _Line:
    """The wishes of one process, in order of arrival."""

    def __init__(self) -> None:
        self.queue: deque[tuple[Request, asyncio.Future[Answer]]] = deque()
        self.task: asyncio.Task[None] | None = None

    def submit(self, request: Request) -> asyncio.Future[Answer]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self.queue.append((request, future))
        if self.task is None:
            # An empty context: the round must not find itself in whatever transaction its first caller has open.
            self.task = loop.create_task(self.drain(), context=contextvars.Context())
        return future

    async def drain(self) -> None:
        try:
            while self.queue:
                # Half of a rush at a time: while one half is in the database, the other is read from and answered to.
                size = min(len(self.queue), max(SMALLEST_HALF, len(self.queue) // 2), LARGEST_ROUND)
                taken = [self.queue.popleft() for _ in range(size)]
                await self.serve([(request, future) for request, future in taken if not future.done()])
        finally:
            self.task = None

    async def serve(self, taken: list[tuple[Request, asyncio.Future[Answer]]]) -> None:
        if not taken:
            return
        try:
            answers: Sequence[Answer | Exception] = await play_round([request for request, _ in taken])
        except Exception as fault:  # noqa: BLE001 - whoever asked gets it
            answers = [fault] if len(taken) == 1 else []
        if len(answers) < len(taken) or isinstance(answers[0], asyncpg.UniqueViolationError):
            # One bad wish must not fail the others: each on its own.
            answers = [await _alone(request) for request, _ in taken]
        for (_, future), answer in zip(taken, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)


_lines: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Line] = weakref.WeakKeyDictionary()


async def submit(request: Request) -> Answer:
    """Decide a wish with whatever else has arrived. Raises what the database raises; a refusal is an answer."""
    return await _lines.setdefault(asyncio.get_running_loop(), _Line()).submit(request)


async def _alone(request: Request) -> Answer | Exception:
    for attempt in range(TRIES):
        try:
            return (await play_round([request]))[0]
        except asyncpg.UniqueViolationError as fault:
            if attempt == TRIES - 1:
                return fault
        except Exception as fault:  # noqa: BLE001 - handed to whoever asked
            return fault
    raise AssertionError


async def play_round(requests: Sequence[Request]) -> list[Answer]:
    """Decide these wishes in one transaction, in their order."""
    if not requests:
        return []
    played = _Round(requests)
    async with transaction():
        await played.read()
        played.decide()
        await played.write()
    return played.answers()


class _Round:
    """One transaction's worth of wishes."""

    def __init__(self, requests: Sequence[Request]) -> None:
        self.requests = requests
        self.now = max(request.now for request in requests)
        self.locked: dict[UUID, Locked] = {}
        self.held: dict[UUID, Held] = {}
        self.seen: dict[int, Seen] = {}
        self.drafts: dict[int, Draft] = {}
        self.early: dict[int, Answer] = {}  # answered before the desk
        self.follows: dict[int, int] = {}  # same request key as an earlier wish of the round: same fate
        self.turns: dict[UUID, list[int]] = {}  # session → its wishes, in order
        self.outcomes: dict[UUID, Outcome] = {}
        self.after: dict[UUID, Booking] = {}

    async def read(self) -> None:
        requests = self.requests
        self.locked = await ledger.lock({request.session_id for request in requests})
        self.drafts = {turn: request.draft for turn, request in enumerate(requests) if request.draft is not None}
        seen = await ledger.look_up(list(self.drafts.values()), now=self.now)
        self.seen = dict(zip(self.drafts, seen, strict=True))
        named = {
            request.wish.booking for request in requests if request.draft is None and hasattr(request.wish, "booking")
        }
        named |= {seen.repeated for seen in self.seen.values() if seen.repeated is not None}
        self.held = await ledger.find_held(named)
        self.answer_early()
        for turn, request in enumerate(requests):
            if turn not in self.early and turn not in self.follows:
                self.turns.setdefault(request.session_id, []).append(turn)
        with_list = [self.locked[session_id] for session_id in self.turns if self.locked[session_id].seats_waiting]
        frees = {
            row.id
            for row in with_list
            if row.has_free_seats or any(self.requests[turn].draft is None for turn in self.turns[row.id])
        }
        self.waiting = await ledger.list_waiting(frees)
        self.entries = await ledger.count_waiting(row.id for row in with_list if row.id not in frees)

    def answer_early(self) -> None:
        """Answer what never reaches the desk."""
        by_key: dict[str, int] = {}
        lately: dict[bytes, int] = {}
        for turn, request in enumerate(self.requests):
            row = self.locked.get(request.session_id)
            if row is None or (request.draft and row.visibility == "network" and not request.is_from_network):
                self.early[turn] = Answer(decision=Decision(verdict=Verdict.CLOSED), obstacle="not_found")
                continue
            draft = self.drafts.get(turn)
            if draft is None:
                continue
            seen = self.seen[turn]
            key = draft.request_key
            if seen.repeated is not None:
                self.early[turn] = _repeated(draft, self.held[seen.repeated])
            elif key is not None and key in by_key:
                self.follows[turn] = by_key[key]
            elif seen.duplicate is None and self.is_too_many(draft, seen, lately):
                self.early[turn] = Answer(decision=Decision(verdict=Verdict.CLOSED), obstacle="too_many")
            elif key is not None:
                by_key[key] = turn
            if seen.code_is_taken:
                self.drafts[turn] = _with_other_code(draft)

    @staticmethod
    def is_too_many(draft: Draft, seen: Seen, lately: dict[bytes, int]) -> bool:
        if draft.contact_key is None or not draft.is_limited:
            return False
        here = lately.get(draft.contact_key, 0)
        if seen.lately + here >= ledger.MOST_AN_HOUR or seen.ahead + here >= ledger.MOST_AHEAD:
            return True
        lately[draft.contact_key] = here + 1
        return False

    def decide(self) -> None:
        for session_id, turns in self.turns.items():
            row = self.locked[session_id]
            waiting = self.waiting.get(session_id, [])
            known = {
                self.drafts[turn].person_key: seen.duplicate
                for turn in turns
                if turn in self.drafts and (seen := self.seen[turn]).duplicate is not None
            }
            holdings = {
                one.id: Holding(state=one.state, seats=one.seats, person=held.person_key, rank=one.rank)
                for held in self.held.values()
                if (one := held.booking).session_id == session_id
            }
            plan = row.plan(waiting, len(waiting) or self.entries.get(session_id, 0), known, holdings)
            self.outcomes[session_id] = decide(plan, [self.requests[turn].wish for turn in turns], now=self.now)

    async def write(self) -> None:
        drafts = {draft.booking.id: draft for draft in self.drafts.values()}
        unread = {
            booking_id
            for outcome in self.outcomes.values()
            for booking_id in outcome.changed
            if booking_id not in drafts and booking_id not in self.held
        }
        self.held |= await ledger.find_held(unread)
        made: list[dict[str, Any]] = []
        changed: list[Booking] = []
        mails: list[NewMail] = []
        for session_id, outcome in self.outcomes.items():
            for booking_id, holding in outcome.changed.items():
                draft = drafts.get(booking_id)
                before = None if draft else self.held[booking_id].booking
                booking = draft.booking if draft else self.held[booking_id].booking
                revision = self.locked[session_id].revision
                after = self.apply(booking, holding, before, revision)
                after, letters = ledger.letters_of(before, after, now=self.now)
                self.after[booking_id] = after
                mails += letters
                if draft:
                    made.append(_row(after, draft))
                else:
                    changed.append(after)
        sessions = [ledger.counters(session_id, outcome) for session_id, outcome in self.outcomes.items()]
        if made or changed or any(outcome.notes for outcome in self.outcomes.values()):
            await ledger.write(sessions, made, changed, self.notes(), mails)

    def apply(self, booking: Booking, holding: Holding, before: Booking | None, revision: int) -> Booking:
        """The booking as it stands after the desk's decision."""
        is_live = holding.state in (BookingState.CONFIRMED, BookingState.WAITING)
        newly_confirmed = holding.state is BookingState.CONFIRMED and booking.confirmed_at is None
        promoted = newly_confirmed and before is not None
        return msgspec.structs.replace(
            booking,
            state=holding.state,
            seats=holding.seats,
            rank=booking.rank if booking.rank is not None else holding.rank,
            names=booking.names[: holding.seats],
            confirmed_at=self.now if newly_confirmed else booking.confirmed_at,
            ended_at=None if is_live else self.now,
            changed_at=self.now,
            # Who has no e-mail address learns by phone that there is a seat (C10).
            to_call_back=booking.to_call_back or (promoted and booking.email is None),
            # The e-mail of a promotion tells the session as it is now.
            told_revision=revision if newly_confirmed or before is None else booking.told_revision,
        )

    def notes(self) -> list[dict[str, Any]]:
        return [
            {
                "session_id": session_id,
                "booking_id": note.booking,
                "at": self.now,
                "what": note.what,
                "facts": note.facts,
                "by_id": None if note.wish is None else self.requests[self.turns[session_id][note.wish]].by_id,
            }
            for session_id, outcome in self.outcomes.items()
            for note in outcome.notes
        ]

    def answers(self) -> list[Answer]:
        found = dict(self.early)
        for session_id, turns in self.turns.items():
            outcome = self.outcomes[session_id]
            promoted = [self.after[booking_id] for booking_id in outcome.promoted]
            for turn, decision in zip(turns, outcome.decisions, strict=True):
                booking = self.after.get(decision.booking) if decision.booking else None
                if booking is not None and booking.state is BookingState.WAITING and decision.position:
                    booking = msgspec.structs.replace(booking, position=decision.position)
                found[turn] = Answer(decision=decision, booking=booking, promoted=promoted, outcome=outcome)
        for turn, first in self.follows.items():
            answer = found[first]
            if answer.booking is not None and not _is_same(self.drafts[turn], self.drafts[first]):
                answer = Answer(decision=answer.decision, obstacle="key_reused")
            found[turn] = answer
        return [found[turn] for turn in range(len(self.requests))]


def _is_same(one: Draft, other: Draft) -> bool:
    return (
        one.booking.session_id == other.booking.session_id
        and one.contact_key == other.contact_key
        and one.booking.name == other.booking.name
    )


def _repeated(draft: Draft, held: Held) -> Answer:
    """The same form or request again: the same booking; for somebody else, a refusal (C20)."""
    there = held.booking
    verdict = Verdict.WAITING if there.state is BookingState.WAITING else Verdict.CONFIRMED
    is_same = (
        there.session_id == draft.booking.session_id
        and held.contact_key == draft.contact_key
        and there.name == draft.booking.name
    )
    if not is_same:
        return Answer(decision=Decision(verdict=Verdict.CLOSED), obstacle="key_reused")
    return Answer(decision=Decision(verdict=verdict, booking=there.id), booking=there)


def _with_other_code(draft: Draft) -> Draft:
    return msgspec.structs.replace(draft, booking=msgspec.structs.replace(draft.booking, code=codes.new_code()))


def _row(booking: Booking, draft: Draft) -> dict[str, Any]:
    row = msgspec.structs.asdict(booking)
    row |= {"person_key": draft.person_key, "contact_key": draft.contact_key, "request_key": draft.request_key}
    return row
