"""A session's page: when, where, with whom, what to bring, and how to get a seat."""

from __future__ import annotations

from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath
from markupsafe import Markup

from ateliers import clock
from ateliers.agenda.event import EventState, Visibility
from ateliers.agenda.session import Session
from ateliers.agenda.sessions import get_session, list_sessions_of_event
from ateliers.exchange.linked_data import linked_data
from ateliers.places.place import Accessibility
from ateliers.refusals import NotFound
from ateliers.web.answers import page, redirect

MOST_OTHER_DATES = 8


@get("/seances/{session_id:uuid}", include_in_schema=False)
async def show_session(session_id: FromPath[UUID]) -> Response[bytes]:
    """What everybody may know of a session; drafts and the network's own do not exist for strangers."""
    now = clock.now()
    session = await get_session(session_id)
    if not session.may_be_seen_by(None, now):
        raise NotFound
    if session.path != f"/seances/{session.id}":
        return redirect(session.path)
    others = [
        other
        for other in await list_sessions_of_event(session.event_id)
        if other.path not in {session.path, f"/seances/{session.id}"} and not other.is_over(now) and not other.is_off
    ]
    return page(
        "public/session.html",
        session=session,
        now=now,
        others=others[:MOST_OTHER_DATES],
        facts=facts_of(session),
        is_hidden=session.visibility is not Visibility.PUBLIC or session.event_state is not EventState.PUBLISHED,
        linked_data=Markup(linked_data(session)),  # noqa: S704 - JSON with every < > & escaped
    )


def facts_of(session: Session) -> list[str]:
    """Accessibility of venue and event together, in words, each once, in the order of the enumeration."""
    known = {*session.place_accessibility, *session.accessibility}
    return [str(fact.label) for fact in Accessibility if fact.value in known]


ROUTES = [show_session]
