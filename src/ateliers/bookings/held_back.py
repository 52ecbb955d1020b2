"""Seats held back for people who phone and for partners, until a moment from which they are everybody's (B11)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ateliers.agenda.sessions import get_session
from ateliers.bookings import admission
from ateliers.bookings.book import BookingClosed
from ateliers.bookings.rounds import Request
from ateliers.bookings.wishes import HoldBack, Outcome, Verdict
from ateliers.network.people import Person
from ateliers.refusals import Invalid, NotAllowed, NotFound, Refusal


class NotThatManyFree(Refusal):
    """Only seats that nobody has can be held back."""

    status = 422
    title = "%(limit)s seats at most can be held back: the others are taken."
    field = "seats"


async def hold_back_seats(
    session_id: UUID, seats: int, until: datetime | None, *, by: Person, now: datetime
) -> Outcome:
    """Hold back `seats` of the free ones, those held back before counted in; 0 releases them, and who waits is served.

    Bookings by phone, on paper, on the spot and through partners use them first. `until` None: as long as somebody who waits
    could still be served. Raises NotFound, NotAllowed, Invalid, NotThatManyFree, BookingClosed.
    """
    session = await get_session(session_id)
    if not by.serves(session.structure_id):
        raise NotAllowed
    until = session.begins_at - session.promotion_stop if until is None else until
    if seats < 0:
        raise Invalid({"seats": "Write a number of seats, or 0."})
    if seats and not now < until <= session.begins_at:
        raise Invalid({"until": "Choose a moment to come, before the session starts."})
    answer = await admission.submit(
        Request(
            session_id=session_id,
            wish=HoldBack(seats=seats, until=until if seats else None),
            now=now,
            by_id=by.id,
        )
    )
    if answer.outcome is None:
        raise NotFound
    if answer.decision.verdict is Verdict.TOO_LARGE:
        raise NotThatManyFree(limit=answer.decision.seats)
    if answer.decision.verdict is not Verdict.DONE:
        raise BookingClosed
    return answer.outcome
