"""The switch of all messages, for the national team and the operator (D15)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.clock import now
from ateliers.mail.outbox import waiting
from ateliers.network.people import Person
from ateliers.network.sending import Suspension, list_stopped, may_stop_all, resume_sending, suspend_sending
from ateliers.refusals import NotAllowed
from ateliers.web.answers import redirect
from ateliers.web.forms import Form, read_form

HOME = "/coordination/envois"


@get(HOME)
async def show(me: NamedDependency[Person]) -> Response[bytes]:
    """Who is held back now, and how much waits."""
    return await _page(me)


@post(HOME + "/suspension")
async def suspend_all(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """Hold everybody's messages back."""
    form = await read_form(request, Suspension)
    if form.data is None:
        return await _page(me, form)
    await suspend_sending(None, form.data, by=me, now=now())
    return redirect(HOME)


@post(HOME + "/reprise")
async def resume_all(me: NamedDependency[Person]) -> Response[bytes]:
    """Let them go again; structures that are held back on their own stay so."""
    await resume_sending(None, by=me, now=now())
    return redirect(HOME)


@post(HOME + "/reprise/{structure_id:uuid}")
async def resume_one(structure_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Let one structure's messages go again."""
    await resume_sending(structure_id, by=me, now=now())
    return redirect(HOME)


async def _page(me: Person, form: Form[Suspension] | None = None) -> Response[bytes]:
    if not may_stop_all(me):
        raise NotAllowed
    stopped = await list_stopped()
    return (form or Form.of(Suspension)).page(
        "coordination/sending.html",
        me=me,
        stopped=stopped,
        all_stopped=any(one.structure_id is None for one in stopped),
        waiting=await waiting(now=now()),
    )


ROUTES = [show, suspend_all, resume_all, resume_one]
