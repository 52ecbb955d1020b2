"""A session's page: when, where, with whom, what to bring, and how to get a seat."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath
from markupsafe import Markup
from msgspec import Meta

from ateliers import clock
from ateliers.agenda.event import EventState, Visibility
from ateliers.agenda.group import asks_for_code, entry_of, is_code_of, is_opened, may_be_read
from ateliers.agenda.poster import Format, make_poster
from ateliers.agenda.session import Session
from ateliers.agenda.sessions import get_session, list_sessions_of_event
from ateliers.exchange.linked_data import linked_data
from ateliers.places.place import Accessibility
from ateliers.refusals import NotFound, Refusal
from ateliers.web.answers import page, private, redirect
from ateliers.web.crowds import Crowd, network_of
from ateliers.web.forms import Form, read_form

MOST_OTHER_DATES = 8
GUESSES = Crowd(timedelta(hours=1))
MOST_GUESSES = 30  # wrong codes of one event from one network in an hour


class WrongCode(Refusal):
    """Not the code of this group."""

    status = 422
    title = "This is not the code of this group. Check it with the person who invited you."
    field = "code"


class TooManyGuesses(Refusal):
    """Somebody tries one code after the other."""

    status = 429
    title = "Too many wrong codes. Wait an hour, or call the person who invited you."
    field = "code"


class GroupCode(msgspec.Struct, frozen=True, kw_only=True):
    """The form in front of an event for a group."""

    code: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=40,
            title="Code of your group",
            description="The person who invited you gave it to you.",
            extra={"autocomplete": "off", "autocapitalize": "characters"},
        ),
    ]


@get("/seances/{session_id:uuid}", include_in_schema=False)
async def show_session(request: Request[Any, Any, Any], session_id: FromPath[UUID]) -> Response[bytes]:
    """What everybody may know of a session; drafts and the network's own do not exist for strangers.

    One for a group asks for the code first, and says nothing before.
    """
    now = clock.now()
    session = await get_session(session_id)
    key = request.query_params.get("groupe", "")
    if asks_for_code(session, now=now) and not is_opened(session, key):
        return private(Form.of(GroupCode).page("public/group_code.html", session_id=session_id))
    if not may_be_read(session, key, now=now):
        raise NotFound
    if session.path != f"/seances/{session.id}":
        return redirect(session.path + entry_of(session))
    others = [
        other
        for other in await list_sessions_of_event(session.event_id)
        if other.path not in {session.path, f"/seances/{session.id}"} and not other.is_over(now) and not other.is_off
    ]
    shown = page(
        "public/session.html",
        session=session,
        now=now,
        others=others[:MOST_OTHER_DATES],
        facts=facts_of(session),
        entry=entry_of(session),
        is_hidden=session.visibility is not Visibility.PUBLIC or session.event_state is not EventState.PUBLISHED,
        linked_data=Markup(linked_data(session)),  # noqa: S704 - JSON with every < > & escaped
    )
    return private(shown) if session.visibility is Visibility.GROUP else shown


@get("/seances/{session_id:uuid}/image.png", include_in_schema=False)
async def show_card(session_id: FromPath[UUID]) -> Response[bytes]:
    """The picture that stands for a session where its link is shared, and in search engines."""
    now = clock.now()
    session = await get_session(session_id)
    if not session.may_be_seen_by(None, now=now):
        raise NotFound
    return Response(await make_poster(session, Format.CARD, now=now), media_type="image/png")


@post("/seances/{session_id:uuid}/code")
async def open_to_group(request: Request[Any, Any, Any], session_id: FromPath[UUID]) -> Response[bytes]:
    """To the page, with proof that the code is known; who guesses too often waits."""
    moment = clock.now()
    session = await get_session(session_id)
    if not asks_for_code(session, now=moment):
        raise NotFound
    form = await read_form(request, GroupCode)
    if form.data is not None:
        guesser = (network_of(request.scope), session.event_id)
        if GUESSES.count(guesser, now=moment) >= MOST_GUESSES:
            form.refuse(TooManyGuesses())
        elif is_code_of(session, form.data.code):
            return redirect(session.path + entry_of(session))
        else:
            GUESSES.note(guesser, now=moment)
            form.refuse(WrongCode())
    return private(form.page("public/group_code.html", session_id=session_id))


def facts_of(session: Session) -> list[str]:
    """Accessibility of venue and event together, in words, each once, in the order of the enumeration."""
    known = {*session.place_accessibility, *session.accessibility}
    return [str(fact.label) for fact in Accessibility if fact.value in known]


ROUTES = [show_session, show_card, open_to_group]
