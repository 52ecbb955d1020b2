"""The survey of a session, without a name; and no more of these messages (D13, D14)."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from ateliers.agenda.sessions import get_session
from ateliers.bookings.booking import Booking
from ateliers.clock import now
from ateliers.experiences.links import booking_by_survey_key, stop_path, survey_path
from ateliers.experiences.survey import AlreadyAnswered, SurveyClosed, answer_survey, has_answered, list_questions
from ateliers.mail.opt_outs import has_opted_out, opt_out
from ateliers.refusals import Refusal
from ateliers.web.answers import page, private
from ateliers.web.survey_form import errors_of, read_survey
from ateliers.words import T

PATH = "/avis/{code:str}/{key:str}"


@get(PATH)
async def show_survey(code: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """The questions; who has answered is thanked."""
    booking = await booking_by_survey_key(code, key)
    if await has_answered(booking):
        return await _page(booking, thanks=True)
    return await _page(booking)


@post(PATH, status_code=200)
async def answer(request: Request[Any, Any, Any], code: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """Keep the answers."""
    booking = await booking_by_survey_key(code, key)
    given = await read_survey(request)
    try:
        await answer_survey(booking, given, now=now())
    except (AlreadyAnswered, SurveyClosed) as refusal:
        return await _page(booking, closed=refusal)
    except Refusal as refusal:
        return await _page(booking, given=given, errors=errors_of(refusal))
    return await _page(booking, thanks=True)


@get(f"{PATH}/arreter")
async def ask_to_stop(code: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """The button; mail scanners open links, so opening changes nothing."""
    booking = await booking_by_survey_key(code, key)
    return _stop_page(booking, stopped=await has_opted_out(booking.email or "", "survey"))


@post(f"{PATH}/arreter", status_code=200)
async def stop(code: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """No more of these messages. Twice is the same as once; mail programs do it with one click (RFC 8058)."""
    booking = await booking_by_survey_key(code, key)
    await opt_out(booking.email or "", "survey", now=now())
    return _stop_page(booking, stopped=True)


async def _page(
    booking: Booking,
    *,
    given: dict[str, str] | None = None,
    errors: dict[str, T] | None = None,
    thanks: bool = False,
    closed: Refusal | None = None,
) -> Response[bytes]:
    session = await get_session(booking.session_id)
    return private(
        page(
            "public/survey.html",
            status=422 if errors else 409 if closed else 200,
            session=session,
            questions=await list_questions(session.event_id),
            path=survey_path(booking),
            given=given or {},
            errors=errors or {},
            thanks=thanks,
            closed=closed,
        )
    )


def _stop_page(booking: Booking, *, stopped: bool) -> Response[bytes]:
    return private(page("public/survey_stop.html", path=stop_path(booking), stopped=stopped))


ROUTES: list[Any] = [show_survey, answer, ask_to_stop, stop]
