"""Writing to all of a session: the message, then how it looks and whom it reaches, then it leaves (D12)."""

from __future__ import annotations

import secrets
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from ateliers.agenda.session import Session
from ateliers.bookings.session_message import Audience, NewMessage, list_messages_of, paragraphs
from ateliers.bookings.writing import reach, write_to_session
from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.refusals import Refusal
from ateliers.web.answers import redirect
from ateliers.web.forms import Form, read_form
from ateliers.web.workspace.serving import served_session, session_page

PATH = "/espace/seances/{session_id:uuid}/message"


class MessageForm(NewMessage, frozen=True, kw_only=True):
    """The message; looked at before it leaves, and sent once however often the button is pressed."""

    nonce: Annotated[str, Meta(pattern="^[0-9a-f]{32}$", extra={"input": "hidden"})]
    confirmed: Annotated[bool, Meta(title="Confirmed", extra={"input": "hidden"})] = False
    back: Annotated[bool, Meta(title="Go back", extra={"input": "hidden"})] = False


@get(PATH)
async def write(session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """An empty message, and those that were sent."""
    session = await served_session(session_id, me)
    form = Form.of(MessageForm, audience=Audience.CONFIRMED, nonce=secrets.token_hex(16))
    return await _page("workspace/message.html", session, me, form)


@post(PATH)
async def send(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """The preview first; confirmed, it leaves."""
    session = await served_session(session_id, me)
    form = await read_form(request, MessageForm)
    new = form.data
    if new is None or new.back:
        return await _page("workspace/message.html", session, me, form)
    if not new.confirmed:
        found = await reach(session, new.audience)
        return await _page("workspace/message_preview.html", session, me, form, new=new, found=found)
    try:
        await write_to_session(session_id, new, key=UUID(hex=new.nonce), by=me, now=now())
    except Refusal as refusal:
        return await _page("workspace/message.html", session, me, form.refuse(refusal))
    return redirect(f"/espace/seances/{session_id}/message")


async def _page(
    template: str, session: Session, me: Person, form: Form[MessageForm], **context: Any
) -> Response[bytes]:
    return await session_page(
        template,
        session,
        me,
        status=422 if form.errors else 200,
        form=form,
        messages=await list_messages_of(session.id),
        paragraphs=paragraphs,
        **context,
    )


ROUTES = [write, send]
