"""Changing a session that people may have booked: move it, call it off.

Nobody is written to from here: the session's revision rises, and the rooms above notice.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.agenda.about import too_early
from ateliers.agenda.dates import settle_cycle
from ateliers.agenda.drafts import CallOff, Move, Which
from ateliers.agenda.event import EventState
from ateliers.agenda.local_time import wrong_start
from ateliers.agenda.permission import allow_managing
from ateliers.agenda.publishing import EventArchived
from ateliers.agenda.series import read_rule
from ateliers.agenda.series_changing import end_series, follow, get_series, holidays_among, list_concerned, part_series
from ateliers.agenda.session import Session
from ateliers.agenda.sessions import get_event, get_session, list_sessions
from ateliers.agenda.where import Span, Spot, find_span, find_spot
from ateliers.database import execute, fetch_rows, transaction
from ateliers.network.people import Person
from ateliers.network.structures import get_structure_by_id
from ateliers.refusals import Invalid, NotFound, Refusal

__all__ = [
    "CallOff",
    "Move",
    "SessionCalledOff",
    "SessionStarted",
    "call_off_session",
    "move_session",
    "preview_move",
]

SHORTEST_REASON = 3
LONGEST_REASON = 500


class SessionStarted(Refusal):
    """What has begun is neither moved nor called off."""

    title = "This session has already started."


class SessionCalledOff(Refusal):
    """It does not take place."""

    title = "This session was called off."


class MovesWithItsPlace(Refusal):
    """People online follow what takes place on site."""

    title = "The online half takes place with the session on site: move that one."
    field = "local_start"


class DateChange(msgspec.Struct, frozen=True, kw_only=True):
    """A session before and after."""

    before: Session
    after: Session
    holiday: str = ""  # the public holiday on which it would fall, in a series without them

    @property
    def is_new(self) -> bool:
        """Whether anything changes that who booked must know."""
        return self.after.revision != self.before.revision or (
            (
                self.before.starts_at,
                self.before.ends_at,
                self.before.place_id,
                self.before.join_url,
                self.before.all_day,
            )
            != (self.after.starts_at, self.after.ends_at, self.after.place_id, self.after.join_url, self.after.all_day)
        )

    @property
    def was_moved_by_hand(self) -> bool:
        """Whether it stood on another day than the rule's already: it stays there."""
        return self.before.recurs_on not in (None, self.before.local_start)


class _PreviewOnly(Exception):
    """No error: takes back a transaction whose result was only to be looked at."""

    def __init__(self, changes: list[DateChange]) -> None:
        super().__init__()
        self.changes = changes


async def move_session(session_id: UUID, move: Move, *, by: Person, now: datetime) -> Session:
    """Change date, length, place or link, together or apart; what is not said stays. Nothing new: nothing changes.

    With `move.which` the other dates of its series follow; bookings stay with their date.

    An online half takes its date from the session on site. Raises Invalid, NotAllowed, NotFound, SessionStarted,
    SessionCalledOff, EventArchived, MovesWithItsPlace, FirstDateStaysFirst.
    """
    async with transaction():
        await _move(session_id, move, by=by, now=now)
        return await get_session(session_id)


async def preview_move(session_id: UUID, move: Move, *, by: Person, now: datetime) -> list[DateChange]:
    """The sessions concerned, before and after, as `move_session` would leave them, or its refusal; nothing is kept (B23)."""
    try:
        async with transaction():
            before = await _move(session_id, move, by=by, now=now)
            after = {one.id: one for one in await list_sessions([one.id for one in before])}
            off = await holidays_among(list(after.values())) if len(before) > 1 else {}
            raise _PreviewOnly(
                [DateChange(before=one, after=after[one.id], holiday=off.get(one.id, "")) for one in before]
            )
    except _PreviewOnly as preview:
        return preview.changes


async def call_off_session(
    session_id: UUID,
    reason: str,
    *,
    whole: bool = False,
    which: Which = Which.THIS,
    by: Person,
    now: datetime,
) -> Session:
    """It does not take place; `reason` is told to everybody who booked. Called off already: nothing changes.

    Its online half goes with it. `whole`: the other dates of its cycle that are still to come do not take place either;
    `which`: other dates of its series, which ends before them.

    Raises Invalid, NotAllowed, NotFound, SessionStarted, EventArchived.
    """
    if not SHORTEST_REASON <= len(reason.strip()) <= LONGEST_REASON:
        raise Invalid({"reason": "Say why in a few words."})
    async with transaction():
        session = await _lock(session_id, by=by, which=which)
        dates = [date.id for date in session.coming_dates if date.starts_at > now] if whole else []
        if which is not Which.THIS:
            await get_series(session)
            dates = [one.id for one in await list_concerned(session, which, now=now)]
        if not dates and session.is_called_off:
            return session
        if not dates and session.starts_at <= now:
            raise SessionStarted
        await execute(
            """UPDATE session SET called_off_at = $2, called_off_reason = $3, revision = revision + 1, updated_at = $2
               WHERE (id = ANY($1) OR onsite_id = ANY($1)) AND called_off_at IS NULL""",
            dates or [session_id],
            now,
            reason.strip(),
        )
        if which is not Which.THIS and session.series_id is not None:
            await end_series(session.series_id)
        # What is said of the session on site says no longer that one may follow from home.
        await execute("UPDATE session SET updated_at = $2 WHERE id = $1", session.onsite_id, now)
        return await get_session(session_id)


async def _lock(session_id: UUID, *, by: Person, which: Which = Which.THIS) -> Session:
    # The event before its session, as when it is edited: the other way round the two could wait for each other.
    await execute(
        "SELECT id FROM event WHERE id = (SELECT event_id FROM session WHERE id = $1) FOR NO KEY UPDATE", session_id
    )
    # With it its online half, and the dates of its cycle: what happens to one may happen to them. The first date before
    # the others, as at the desk, whatever their ids.
    known = await fetch_rows(
        """SELECT s.id FROM session s JOIN session x ON x.event_id = s.event_id JOIN event e ON e.id = s.event_id
           WHERE x.id = $1 AND (s.id = x.id OR s.onsite_id = x.id OR e.is_cycle OR $2)
           ORDER BY s.lead_id IS NOT NULL, s.id FOR NO KEY UPDATE OF s""",
        session_id,
        which is not Which.THIS,
    )
    if not known:
        raise NotFound
    session = await get_session(session_id)
    allow_managing(by, session.structure_id)
    if session.event_state is EventState.ARCHIVED:
        raise EventArchived
    return session


async def _move(session_id: UUID, move: Move, *, by: Person, now: datetime) -> list[Session]:
    """The sessions concerned, as they were."""
    session = await _lock(session_id, by=by, which=move.which)
    if session.is_called_off:
        raise SessionCalledOff
    if session.starts_at <= now:
        raise SessionStarted
    structure = await get_structure_by_id(session.structure_id)
    before = Spot(place_id=session.place_id, join_url=session.join_url, zone=session.zone)
    spot, errors = await find_spot(move, session.rules, structure, before=before, now=now)
    when, wrong = find_span(
        move,
        spot.zone,
        start=session.local_start if move.local_start is None else move.local_start,
        usual=session.ends_at - session.starts_at,
        all_day=session.rules.may_last_all_day and (session.all_day if move.all_day is None else move.all_day),
        now=now,
    )
    if when is not None and when.starts_at < session.starts_at:
        wrong |= too_early(session, when.starts_at, now=now)
    if errors or wrong or when is None:
        raise Invalid(errors | wrong)
    if (spot, when.local_start, when.starts_at, when.ends_at, when.all_day) == (
        before,
        session.local_start,
        session.starts_at,
        session.ends_at,
        session.all_day,
    ):
        return [session]
    if session.onsite_id is not None and when.starts_at != session.starts_at:
        raise MovesWithItsPlace
    if move.which is Which.THIS or session.onsite_id is not None:
        await _take_there(session, spot, when, now=now)
        concerned = [session]
    else:
        concerned = await _move_series(session, spot, when, move.which, now=now)
    await settle_cycle(await get_event(session.event_id))
    return concerned


async def _move_series(session: Session, spot: Spot, when: Span, which: Which, *, now: datetime) -> list[Session]:
    series = await get_series(session)
    rule = read_rule(series.rule)
    concerned = await list_concerned(session, which, now=now)
    for one in concerned:
        then = follow(one, session, spot, when, rule)
        wrong = wrong_start(then.span.local_start, then.spot.zone, now=now)
        if wrong:
            raise Invalid({"local_start": wrong})
        if then.span.starts_at < one.starts_at and (early := too_early(one, then.span.starts_at, now=now)):
            raise Invalid(early)
        await _take_there(one, then.spot, then.span, now=now)
    if when.local_start != session.local_start:
        await part_series(series, session, when, which, now=now)
    return concerned


async def _take_there(session: Session, spot: Spot, when: Span, *, now: datetime) -> None:
    """Write what is new, to its online half as well."""
    here = Spot(place_id=session.place_id, join_url=session.join_url, zone=session.zone)
    if (spot, when.starts_at, when.ends_at, when.all_day) == (
        here,
        session.starts_at,
        session.ends_at,
        session.all_day,
    ):
        return
    await _write_move(session, spot, when, now=now)
    if session.online_id is not None and (when.starts_at, when.ends_at) != (session.starts_at, session.ends_at):
        half = await get_session(session.online_id)
        there = Spot(place_id=None, join_url=half.join_url, zone=spot.zone)
        await _write_move(half, there, when, now=now)


async def _write_move(session: Session, spot: Spot, when: Span, *, now: datetime) -> None:
    # A draft was seen by nobody: its dates are corrected, not moved.
    is_known = session.event_state is EventState.PUBLISHED
    is_later_or_earlier = is_known and when.starts_at != session.starts_at
    await execute(
        """UPDATE session SET place_id = $2, join_url = $3, zone = $4, local_start = $5, starts_at = $6, ends_at = $7,
           revision = revision + $8, moved_at = $9, previous_start = $10, updated_at = $11, all_day = $12,
           held_back_until = held_back_until + ($6::timestamptz - starts_at) WHERE id = $1""",
        session.id,
        spot.place_id,
        spot.join_url,
        spot.zone,
        when.local_start,
        when.starts_at,
        when.ends_at,
        int(is_known),
        now if is_later_or_earlier else session.moved_at,
        session.starts_at if is_later_or_earlier else session.previous_start,
        now,
        when.all_day,
    )
