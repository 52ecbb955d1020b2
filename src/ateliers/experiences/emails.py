"""The e-mail of the day after, and those about a shared experience, composed when they are sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ateliers.agenda.session import Session
from ateliers.bookings.booking import Booking
from ateliers.bookings.composing import Composed, about_a_booking, email_about
from ateliers.bookings.quiet import quiet_until
from ateliers.experiences.experience import ExperienceState, Scope, get_experience
from ateliers.experiences.follow_up import Audience, FollowUp, audience_of, find_follow_up
from ateliers.experiences.links import stop_path, survey_path
from ateliers.experiences.sharing import note_of
from ateliers.experiences.survey import list_questions
from ateliers.mail.email import Dropped, Email, Postponed
from ateliers.mail.letters import letter
from ateliers.mail.opt_outs import has_opted_out
from ateliers.mail.outbox import OutboxRow
from ateliers.network.emails import SENDER
from ateliers.network.people import get_person
from ateliers.rendering import absolute
from ateliers.words import speaking

NOT_WANTED_NOW = Dropped("The structure no longer sends this message.")
NOT_THEM = Dropped("Attendance was corrected meanwhile.")
MOVED_ON = Dropped("It has moved on since.")
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


async def experience_submitted(row: OutboxRow, _now: datetime) -> Composed:
    """To a coordinator: there is something to read."""
    return await _about_experience(row, {ExperienceState.SUBMITTED}, for_coordination=True)


async def experience_to_correct(row: OutboxRow, _now: datetime) -> Composed:
    """To the structure: what to change."""
    return await _about_experience(row, {ExperienceState.DRAFT})


async def experience_to_agree(row: OutboxRow, _now: datetime) -> Composed:
    """To its managers: it was read, their agreement is missing."""
    return await _about_experience(row, {ExperienceState.REVIEWED})


async def experience_published(row: OutboxRow, _now: datetime) -> Composed:
    """To the structure: everybody can read it, and how to change one's mind."""
    return await _about_experience(row, {ExperienceState.PUBLISHED})


async def experience_taken_down(row: OutboxRow, _now: datetime) -> Composed:
    """To the structure: the coordination shares it no more, and why."""
    return await _about_experience(row, {ExperienceState.WITHDRAWN})


async def experience_withdrawn(row: OutboxRow, _now: datetime) -> Composed:
    """To a coordinator: the structure changed its mind about one use."""
    scope = Scope(row.data["scope"])
    return await _about_experience(row, set(ExperienceState), for_coordination=True, scope=scope)


async def _about_experience(
    row: OutboxRow, expected: set[ExperienceState], *, for_coordination: bool = False, **facts: Any
) -> Composed:
    if row.subject_id is None:
        raise ValueError(f"{row.kind} without a subject")
    found = await get_experience(row.subject_id)
    if found.state not in expected:
        return MOVED_ON
    person = await get_person(UUID(row.data["person"]))
    subject, text, html = letter(
        row.kind,
        person.language,
        name=person.name,
        experience=found,
        path=found.review_path if for_coordination else found.own_path,
        note=await note_of(UUID(row.data["step"])),
        **facts,
    )
    return Email(
        to_name=person.name,
        to_address=person.email,
        sender_name=SENDER,
        subject=subject,
        text=text,
        html=html,
        language=person.language,
    )


COMPOSERS: dict[str, Callable[[OutboxRow, datetime], Awaitable[Composed]]] = {
    "follow_up": follow_up,
    "experience_submitted": experience_submitted,
    "experience_to_correct": experience_to_correct,
    "experience_to_agree": experience_to_agree,
    "experience_published": experience_published,
    "experience_taken_down": experience_taken_down,
    "experience_withdrawn": experience_withdrawn,
}
