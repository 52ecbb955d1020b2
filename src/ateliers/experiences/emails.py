"""The e-mail of the day after, composed when it is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.agenda.session import Session
from ateliers.bookings.booking import Booking
from ateliers.bookings.composing import Composed, about_a_booking, email_about
from ateliers.bookings.quiet import quiet_until
from ateliers.experiences.follow_up import Audience, FollowUp, audience_of, find_follow_up
from ateliers.experiences.links import stop_path, survey_path
from ateliers.experiences.survey import list_questions
from ateliers.mail.email import Dropped, Email, Postponed
from ateliers.mail.opt_outs import has_opted_out
from ateliers.mail.outbox import OutboxRow
from ateliers.rendering import absolute
from ateliers.words import speaking

NOT_WANTED_NOW = Dropped("The structure no longer sends this message.")
NOT_THEM = Dropped("Attendance was corrected meanwhile.")
OPTED_OUT = Dropped("This person wants no such message.")


@about_a_booking
async def follow_up(row: OutboxRow, booking: Booking, session: Session, now: datetime) -> Composed:
    """Thanks, documents, and the survey; or a word to those who were missed."""
    audience = Audience(row.data["audience"])
    found = await find_follow_up(session.event_id, audience)
    if found is None or not found.is_on:
        return NOT_WANTED_NOW
    if await audience_of(booking.id, UUID(row.data["session"])) is not audience:
        return NOT_THEM
    if await has_opted_out(booking.email or "", "survey"):
        return OPTED_OUT
    if (until := quiet_until(now, session.zone)) is not None:
        return Postponed(until)
    has_survey = found.with_survey and bool(await list_questions(session.event_id))
    return written(found, booking, session, has_survey=has_survey)


def written(found: FollowUp, booking: Booking, session: Session, *, has_survey: bool) -> Email:
    """The e-mail, with its way out."""
    with speaking(booking.language):
        stop = absolute(stop_path(booking))
        survey_url = absolute(survey_path(booking)) if has_survey else None
    email = email_about("follow_up", booking, session, {"found": found, "survey_url": survey_url, "stop_url": stop})
    return msgspec.structs.replace(email, purpose="survey", unsubscribe_url=stop, starts_at=None)


COMPOSERS: dict[str, Callable[[OutboxRow, datetime], Awaitable[Composed]]] = {"follow_up": follow_up}
