"""A survey of at most five questions, answered online or on paper, without a name (D13).

An answer is kept without anything that leads to who gave it: no booking, no moment, a random id. That somebody has answered
is kept elsewhere, as a hash.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.agenda.permission import allow_managing
from ateliers.agenda.questions import MOST, Answer, Question, taken, wrong_questions
from ateliers.agenda.sessions import get_event, get_session
from ateliers.bookings.booking import Booking
from ateliers.bookings.codes import new_code
from ateliers.bookings.needs import looks_like_nir
from ateliers.database import execute, fetch_rows, fetch_value, transaction
from ateliers.experiences.links import done_key
from ateliers.network.people import Person
from ateliers.refusals import Invalid, NotFound, Refusal
from ateliers.words import plain

OPEN_FOR = timedelta(days=60)  # after the session
FEWEST = 3  # answers before anything is shown: of two, each could tell the other's
LONGEST = 1000  # characters of a free answer
YES_NO = ("yes", "no")


class SurveyClosed(Refusal):
    """The session is too long ago, or the survey was taken back."""

    title = "This survey is closed. Thank you for wanting to answer."


class AlreadyAnswered(Refusal):
    """Each booking answers once."""

    title = "You have already answered this survey. Thank you."


class NothingAnswered(Refusal):
    """Every question was left empty."""

    status = 422
    title = "Answer one question at least."


class NewSurvey(msgspec.Struct, frozen=True, kw_only=True):
    """The questions, as managers write them."""

    questions: Annotated[list[Question], Meta(max_length=MOST)] = []


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What was answered to one question. `counts` by answer offered, in its order; `texts` in no order at all."""

    question: Question
    answered: int
    counts: list[tuple[str, int]]
    texts: list[str]


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """An event's answers; `results` is empty below FEWEST answers."""

    answers: int
    online: int
    results: list[Result]

    @property
    def paper(self) -> int:
        """Typed in from paper."""
        return self.answers - self.online


async def list_questions(event_id: UUID) -> list[Question]:
    """The survey's questions; none: there is no survey."""
    found = await fetch_value("SELECT questions FROM survey WHERE event_id = $1", event_id)
    return msgspec.convert(found or [], list[Question])


async def write_survey(event_id: UUID, new: NewSurvey, *, by: Person, now: datetime) -> None:
    """Set the questions. One that changes its way of answering is a new one. Raises NotFound, NotAllowed, Invalid."""
    event = await get_event(event_id)
    allow_managing(by, event.structure_id)
    questions = [question for question in new.questions if question.text or question.choices]
    if wrong := wrong_questions(questions):
        raise Invalid(wrong)
    known = await list_questions(event_id)
    kept = taken(questions, known, [new_code().lower() for _ in questions])
    await execute(
        """INSERT INTO survey (event_id, questions, updated_at) VALUES ($1, $2, $3)
           ON CONFLICT (event_id) DO UPDATE SET questions = $2, updated_at = $3""",
        event_id,
        msgspec.to_builtins(kept),
        now,
    )


async def has_answered(booking: Booking) -> bool:
    """Whether this booking's survey was answered."""
    found: bool = await fetch_value("SELECT EXISTS (SELECT FROM survey_done WHERE booking = $1)", done_key(booking))
    return found


async def answer_survey(booking: Booking, given: Mapping[str, str], *, now: datetime) -> None:
    """Keep what the person of this booking answers. Raises SurveyClosed, AlreadyAnswered, Invalid, NothingAnswered."""
    session = await get_session(booking.session_id)
    questions = await list_questions(session.event_id)
    if not questions or now < session.starts_at or now > session.ends_at + OPEN_FOR:
        raise SurveyClosed
    answers = read_answers(questions, given)
    async with transaction():
        if not await execute("INSERT INTO survey_done (booking) VALUES ($1) ON CONFLICT DO NOTHING", done_key(booking)):
            raise AlreadyAnswered
        await _keep(session.event_id, session.id, "online", answers)


async def add_paper_answer(session_id: UUID, given: Mapping[str, str], *, by: Person) -> None:
    """Keep what somebody wrote on paper. Raises NotFound, SurveyClosed, Invalid, NothingAnswered."""
    session = await get_session(session_id)
    if not by.serves(session.structure_id):
        raise NotFound
    questions = await list_questions(session.event_id)
    if not questions:
        raise SurveyClosed
    await _keep(session.event_id, session.id, "paper", read_answers(questions, given))


def read_answers(questions: Sequence[Question], given: Mapping[str, str]) -> dict[str, str]:
    """Answers by question; what was left empty is left out. Raises Invalid, NothingAnswered."""
    answers, wrong = {}, {}
    for question in questions:
        text = plain(given.get(question.id, ""), lines=True)
        offered = choices_of(question)
        if not text:
            continue
        if offered and text not in offered:
            wrong[question.id] = "Choose one of the answers offered."
        elif len(text) > LONGEST:
            wrong[question.id] = "Write a shorter answer."
        elif looks_like_nir(text):
            wrong[question.id] = "Do not write a social security number."
        answers[question.id] = text
    if wrong:
        raise Invalid(wrong)
    if not answers:
        raise NothingAnswered
    return answers


def choices_of(question: Question) -> Sequence[str]:
    """The answers offered; none for a few words."""
    return YES_NO if question.answer is Answer.YES_NO else question.choices


async def survey_results(event_id: UUID, *, by: Person) -> Results:
    """What was answered so far. Raises NotFound."""
    event = await get_event(event_id)
    if not by.serves(event.structure_id):
        raise NotFound
    rows = await fetch_rows("SELECT channel, answers FROM survey_answer WHERE event_id = $1 ORDER BY id", event_id)
    shown = await list_questions(event_id) if len(rows) >= FEWEST else []
    return Results(
        answers=len(rows),
        online=sum(row["channel"] == "online" for row in rows),
        results=[_result(question, [row["answers"] for row in rows]) for question in shown],
    )


def _result(question: Question, rows: list[dict[str, str]]) -> Result:
    answers = [row[question.id] for row in rows if question.id in row]
    offered = choices_of(question)
    # An answer that is no longer offered was given all the same.
    others = [text for text in dict.fromkeys(answers) if offered and text not in offered]
    return Result(
        question=question,
        answered=len(answers),
        counts=[(text, answers.count(text)) for text in [*offered, *others]],
        texts=[] if offered else answers,
    )


async def _keep(event_id: UUID, session_id: UUID, channel: Literal["online", "paper"], answers: dict[str, str]) -> None:
    await execute(
        "INSERT INTO survey_answer (id, event_id, session_id, channel, answers) VALUES ($1, $2, $3, $4, $5)",
        uuid.uuid4(),  # not by time: the order of answers would tell whose they are
        event_id,
        session_id,
        channel,
        answers,
    )
