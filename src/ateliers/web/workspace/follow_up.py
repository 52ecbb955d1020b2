"""What an event's people are written the day after, the survey, its paper, and what was answered (D13)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.agenda.event import Event
from ateliers.agenda.sessions import list_sessions_of_event
from ateliers.clock import now
from ateliers.experiences.follow_up import Audience, NewFollowUp, list_follow_ups, write_follow_up
from ateliers.experiences.survey import (
    FEWEST,
    NewSurvey,
    add_paper_answer,
    list_questions,
    survey_results,
    write_survey,
)
from ateliers.network.people import Person
from ateliers.refusals import NotFound, Refusal
from ateliers.web.answers import page, redirect
from ateliers.web.forms import Form, read_form
from ateliers.web.survey_form import errors_of, read_survey
from ateliers.web.workspace.serving import served_event, served_session, session_page
from ateliers.words import gettext

EVENT = "/espace/evenements/{event_id:uuid}"
PAPER = "/espace/seances/{session_id:uuid}/avis"


@get(f"{EVENT}/suivi")
async def show(event_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Two messages and the survey's questions."""
    return await _page(await served_event(event_id, me), me)


@post(f"{EVENT}/suivi")
async def write(
    request: Request[Any, Any, Any], event_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Keep one of the two messages."""
    event = await served_event(event_id, me)
    form = await read_form(request, NewFollowUp)
    if form.data is not None:
        try:
            await write_follow_up(event_id, form.data, by=me, now=now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(f"/espace/evenements/{event_id}/suivi")
    return await _page(event, me, message=form)


@post(f"{EVENT}/questionnaire")
async def ask(
    request: Request[Any, Any, Any], event_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Keep the survey's questions."""
    event = await served_event(event_id, me)
    form = await read_form(request, NewSurvey)
    if form.data is not None:
        try:
            await write_survey(event_id, form.data, by=me, now=now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(f"/espace/evenements/{event_id}/suivi")
    return await _page(event, me, survey=form)


@get(f"{EVENT}/questionnaire")
async def print_survey(event_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """The survey on paper."""
    event = await served_event(event_id, me)
    return page("workspace/survey_print.html", me=me, event=event, questions=await list_questions(event_id))


@get(f"{EVENT}/avis")
async def show_results(event_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """What was answered, all sessions together."""
    event = await served_event(event_id, me)
    return page(
        "workspace/survey_results.html",
        me=me,
        event=event,
        found=await survey_results(event_id, by=me),
        fewest=FEWEST,
        sessions=[session for session in await list_sessions_of_event(event_id) if session.starts_at <= now()],
        questions=await list_questions(event_id),
    )


@get(PAPER)
async def type_in(session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """The survey, to type in what was written on paper."""
    return await _paper(session_id, me)


@post(PAPER, status_code=200)
async def keep_paper(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Keep one sheet, and show an empty one for the next."""
    given = await read_survey(request)
    try:
        await add_paper_answer(session_id, given, by=me)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _paper(session_id, me, given=given, refusal=refusal)
    return await _paper(session_id, me, kept=True)


async def _page(
    event: Event,
    me: Person,
    *,
    message: Form[NewFollowUp] | None = None,
    survey: Form[NewSurvey] | None = None,
) -> Response[bytes]:
    known = await list_follow_ups(event.id)
    forms = {}
    for audience, subject in (
        (Audience.CAME, gettext("Thank you for coming")),
        (Audience.MISSED, gettext("We missed you")),
    ):
        stands = known.get(audience)
        forms[audience] = (
            Form.of(NewFollowUp, stands) if stands else Form.of(NewFollowUp, audience=audience, subject=subject)
        )
    wrong = any(form is not None and form.errors for form in (message, survey))
    if message is not None:
        sent = message.raw.get("audience", [""])[-1]
        forms[next((one for one in Audience if one.value == sent), Audience.CAME)] = message
    questions = await list_questions(event.id)
    return page(
        "workspace/follow_up.html",
        status=422 if wrong else 200,
        me=me,
        event=event,
        forms=forms,
        known=known,
        survey=survey or Form.of(NewSurvey, questions=questions),
        questions=questions,
        may_manage=me.manages(event.structure_id),
    )


async def _paper(
    session_id: UUID,
    me: Person,
    *,
    given: dict[str, str] | None = None,
    refusal: Refusal | None = None,
    kept: bool = False,
) -> Response[bytes]:
    session = await served_session(session_id, me)
    return await session_page(
        "workspace/survey_paper.html",
        session,
        me,
        status=422 if refusal else 200,
        questions=await list_questions(session.event_id),
        given=given or {},
        errors=errors_of(refusal) if refusal else {},
        kept=kept,
    )


ROUTES = [show, write, ask, print_survey, show_results, type_in, keep_paper]
