"""A round: wishes decided together in one transaction, and what becomes of each booking they touch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ateliers.bookings import codes, ledger
from ateliers.bookings.answers import wrong_answers
from ateliers.bookings.booking import Booking, BookingState
from ateliers.bookings.desk import decide
from ateliers.bookings.ledger import Draft, Held, Locked, Seen
from ateliers.bookings.news import letters_of
from ateliers.bookings.wishes import Decision, DeskWish, Entry, Holding, Outcome, Verdict
from ateliers.mail.outbox import NewMail

FOR_A_SEAT = "seat"  # calling.Why: who has no e-mail address learns by phone that there is a seat (C10)


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
    obstacle: str = ""  # what stopped it before the desk: 'not_found', 'too_many', 'key_reused', 'wrong_answers'
    errors: dict[str, str] = {}  # 'wrong_answers': field to message id


class Round:
    """One transaction's worth of wishes."""

    def __init__(self, requests: Sequence[Request], *, now: datetime) -> None:
        self.requests = requests
        self.now = now
        self.locked: dict[UUID, Locked] = {}
        self.held: dict[UUID, Held] = {}
        self.seen: dict[int, Seen] = {}
        self.drafts: dict[int, Draft] = {}
        self.early: dict[int, Answer] = {}  # answered before the desk
        self.follows: dict[int, int] = {}  # same request key as an earlier wish of the round: same fate
        self.turns: dict[UUID, list[int]] = {}  # session → its wishes, in order
        self.waiting: dict[UUID, list[Entry]] = {}
        self.overdue: dict[UUID, list[Entry]] = {}
        self.entries: dict[UUID, int] = {}
        self.outcomes: dict[UUID, Outcome] = {}
        self.after: dict[UUID, Booking] = {}

    async def read(self) -> None:
        self.locked = await ledger.lock({request.session_id for request in self.requests})
        leads = {date: row.id for row in self.locked.values() for date in row.dates}
        if leads:
            self.requests = [_on_the_first(request, leads) for request in self.requests]
        requests = self.requests
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
        await self.read_lists()

    async def read_lists(self) -> None:
        """Who waits, where somebody may be served, and the offers that have run out."""
        rows = [self.locked[session_id] for session_id in self.turns]
        self.overdue = await ledger.list_overdue((row.id for row in rows if row.seats_offered), now=self.now)
        with_list = [row for row in rows if row.seats_waiting]
        frees = {
            row.id
            for row in with_list
            if row.may_serve(self.now)
            or row.id in self.overdue
            or any(self.requests[turn].draft is None for turn in self.turns[row.id])
        }
        self.waiting = await ledger.list_waiting(frees)
        self.entries = await ledger.count_waiting(row.id for row in with_list if row.id not in frees)

    def answer_early(self) -> None:
        """Answer what never reaches the desk."""
        by_key: dict[str, int] = {}
        lately: dict[bytes, int] = {}
        for turn, request in enumerate(self.requests):
            row = self.locked.get(request.session_id)
            if row is None or not _may_be_known(row, request):
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
            elif wrong := _wrong_answers(row, draft):
                self.early[turn] = Answer(
                    decision=Decision(verdict=Verdict.CLOSED), obstacle="wrong_answers", errors=wrong
                )
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
        """Ask the desk, session by session."""
        for session_id, turns in self.turns.items():
            known = {
                self.drafts[turn].person_key: seen.duplicate
                for turn in turns
                if turn in self.drafts and (seen := self.seen[turn]).duplicate is not None
            }
            self.ask_desk(session_id, known)

    def ask_desk(self, session_id: UUID, known: dict[bytes, UUID]) -> Outcome:
        """The outcome of one session's wishes; `known` as in `Plan`."""
        waiting = self.waiting.get(session_id, [])
        holdings = {
            held.booking.id: held.holding for held in self.held.values() if held.booking.session_id == session_id
        }
        plan = self.locked[session_id].plan(
            waiting, self.overdue.get(session_id, []), len(waiting) or self.entries.get(session_id, 0), known, holdings
        )
        outcome = decide(plan, [self.requests[turn].wish for turn in self.turns[session_id]], now=self.now)
        self.outcomes[session_id] = outcome
        return outcome

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
                after, letters = letters_of(before, after, now=self.now)
                self.after[booking_id] = after
                mails += letters
                if draft:
                    made.append(_row(after, draft))
                else:
                    changed.append(after)
        sessions = [ledger.counters(session_id, outcome) for session_id, outcome in self.outcomes.items()]
        if made or changed or any(outcome.notes for outcome in self.outcomes.values()):
            cycles = [session_id for session_id in self.outcomes if self.locked[session_id].is_cycle]
            await ledger.write(sessions, made, changed, self.notes(), mails, cycles)

    def apply(self, booking: Booking, holding: Holding, before: Booking | None, revision: int) -> Booking:
        """The booking as it stands after the desk's decision."""
        is_new = before is None or before.state is not holding.state
        is_told = is_new and holding.state in (BookingState.CONFIRMED, BookingState.OFFERED)
        # A wish may have waited and been served within this very round.
        has_waited = holding.rank is not None if before is None else before.state is BookingState.WAITING
        to_call_back, call_why = booking.to_call_back, booking.call_why
        if is_told and has_waited and not booking.can_be_written_to:
            to_call_back, call_why = True, FOR_A_SEAT
        elif is_new and call_why == FOR_A_SEAT:
            to_call_back, call_why = False, ""  # they have answered, or it is too late
        return msgspec.structs.replace(
            booking,
            state=holding.state,
            seats=holding.seats,
            rank=booking.rank if booking.rank is not None else holding.rank,
            names=booking.names[: holding.seats],
            confirmed_at=self.now if is_told and holding.state is BookingState.CONFIRMED else booking.confirmed_at,
            offered_until=holding.offered_until,
            ended_at=None if holding.state.is_live else self.now,
            changed_at=self.now,
            to_call_back=to_call_back,
            call_why=call_why,
            # The e-mail of a seat tells the session as it is now.
            told_revision=revision if is_told or before is None else booking.told_revision,
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


def _on_the_first(request: Request, leads: dict[UUID, UUID]) -> Request:
    """The wish for a date of a cycle as one for its first date, where all of them are booked at once (B3)."""
    lead = leads.get(request.session_id)
    if lead is None:
        return request
    draft = request.draft
    if draft is not None:
        draft = msgspec.structs.replace(draft, booking=msgspec.structs.replace(draft.booking, session_id=lead))
    return msgspec.structs.replace(request, session_id=lead, draft=draft)


def _may_be_known(row: Locked, request: Request) -> bool:
    """Whether who books may know of the session: staff always, others neither too early nor from outside the network."""
    if request.draft is None or request.by_id is not None:
        return True
    is_early = row.public_from is not None and request.now < row.public_from
    return not is_early and (row.visibility != "network" or request.is_from_network)


def _wrong_answers(row: Locked, draft: Draft) -> dict[str, str]:
    if not row.questions and not draft.booking.answers:
        return {}
    return wrong_answers(row.questions, draft.booking.answers, is_staff=not draft.is_limited)


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
