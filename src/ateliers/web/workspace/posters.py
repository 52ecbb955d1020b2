"""Poster, flyers and pictures of a session, for its staff to print and post (B22)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.agenda.poster import PAPERS, Format, make_poster
from ateliers.agenda.sessions import list_sessions_of_event
from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.refusals import NotFound
from ateliers.web.answers import PDF, inline_file, private
from ateliers.web.workspace.serving import served_session


@get("/espace/seances/{session_id:uuid}/affiche/{file:str}")
async def show_poster(session_id: FromPath[UUID], file: FromPath[str], me: NamedDependency[Person]) -> Response[bytes]:
    """One of the files of `Format`."""
    session = await served_session(session_id, me)
    form = next((one for one in Format if one.value == file), None)
    if form is None:
        raise NotFound
    made = await make_poster(session, form, others=await list_sessions_of_event(session.event_id), now=now())
    kind = PDF if form in PAPERS else "image/png"
    return private(Response(made, media_type=kind, headers=inline_file(file)))


ROUTES: list[Any] = [show_poster]
