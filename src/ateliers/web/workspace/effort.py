"""Who ran a session and their hours, on one form (E14)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.agenda.session import Session
from ateliers.attendance.effort import MOST, Team, find_effort_sum, list_effort, record_effort, suggested, time_in_hours
from ateliers.clock import now
from ateliers.network.people import Person, list_members
from ateliers.refusals import NotFound, Refusal
from ateliers.web.answers import redirect
from ateliers.web.forms import Form, read_form
from ateliers.web.workspace.serving import served_session, session_page

BLANK_ROWS = 2  # below those that are filled in


@get("/espace/seances/{session_id:uuid}/equipe")
async def show_effort(session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """What was written down, or what is likely."""
    session = await served_session(session_id, me)
    known = [one.typed for one in await list_effort(session_id)]
    return await _effort_page(Form.of(Team, people=known or [suggested(session, me)]), session, me)


@post("/espace/seances/{session_id:uuid}/equipe")
async def keep_effort(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Write it down."""
    session = await served_session(session_id, me)
    form = await read_form(request, Team)
    if form.data is None:
        return await _effort_page(form, session, me)
    try:
        await record_effort(session_id, form.data, by=me, now=now())
    except NotFound:
        raise
    except Refusal as refusal:
        return await _effort_page(form.refuse(refusal), session, me)
    return redirect(f"/espace/seances/{session_id}/equipe")


async def _effort_page(form: Form[Team], session: Session, me: Person) -> Response[bytes]:
    filled = 1 + max((int(name.split(".")[1]) for name in form.raw if name.startswith("people.")), default=-1)
    return await session_page(
        "workspace/effort.html",
        session,
        me,
        status=422 if form.errors else 200,
        form=form,
        rows=range(min(MOST, filled + BLANK_ROWS)),
        members=sorted({member.name for member in await list_members(session.structure_id)}),
        sums=await find_effort_sum(session.id),
        hours=time_in_hours,
    )


ROUTES: list[Any] = [show_effort, keep_effort]
