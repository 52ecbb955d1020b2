"""The staff's page of a session: who comes, who waits, searched and narrowed, a page at a time; and the list to print."""

from __future__ import annotations

from enum import Enum
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers import words
from ateliers.bookings.booking import BookingState, Channel
from ateliers.bookings.bookings import list_bookings
from ateliers.bookings.listing import Show, list_page
from ateliers.bookings.messages import LATEST, count_messages_of_session, messages_of_session
from ateliers.network.people import Person
from ateliers.web.answers import redirect
from ateliers.web.fields import number_of
from ateliers.web.workspace.serving import served_session, session_page
from ateliers.words import T

E = TypeVar("E", bound=Enum)

# How messages end, as addresses name it: what the page says, and the states of the outbox.
ENDINGS = {
    "partis": (T("Sent"), ["sent", "unknown"]),
    "a-envoyer": (T("Waiting to be sent"), ["queued"]),
    "refuses": (T("Not delivered"), ["failed"]),
    "retenus": (T("Not sent"), ["dropped"]),
}
LONGEST_SEARCH = 100


@get("/espace/seances/{session_id:uuid}")
async def show_session(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """The list: `?q=` searches names, contacts and codes, `?etat=` and `?canal=` narrow it, `?page=` turns the page."""
    session = await served_session(session_id, me)
    if session.lead_id is not None:
        return redirect(f"/espace/seances/{session.lead_id}")  # the dates of a cycle are booked together
    asked = request.query_params
    query = words.plain(asked.get("q", ""))[:LONGEST_SEARCH]
    channel = _one_of(Channel, asked.get("canal", ""))
    # Whoever searches looks for somebody, whatever became of them.
    show = _one_of(Show, asked.get("etat", "")) or (Show.EVERY if query else Show.LIVE)
    listing = await list_page(
        session.id,
        show=show,
        channel=channel,
        query=query,
        page=number_of(asked.get("page", "")) or 1,
    )
    kept = {"q": query, "canal": channel.value if channel else ""}
    return await session_page(
        "workspace/bookings.html",
        session,
        me,
        listing=listing,
        show=show,
        channel=channel,
        channels=list(Channel),
        query=query,
        choices=[one for one in Show if listing.count(one) or one is show],
        address=lambda **more: "?" + urlencode({name: value for name, value in {**kept, **more}.items() if value}),
    )


@get("/espace/seances/{session_id:uuid}/imprimer")
async def show_print(session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Everybody on one list, for paper."""
    session = await served_session(session_id, me)
    bookings = [booking for booking in await list_bookings(session.lead_id or session.id) if booking.is_live]
    return await session_page(
        "workspace/bookings_print.html",
        session,
        me,
        confirmed=[booking for booking in bookings if booking.state is BookingState.CONFIRMED],
        others=[booking for booking in bookings if booking.state is not BookingState.CONFIRMED],
    )


@get("/espace/seances/{session_id:uuid}/envois")
async def show_messages(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """What was written to those who booked, and how it ended; `?etat=` narrows it (D11)."""
    session = await served_session(session_id, me)
    desk_id = session.lead_id or session.id
    asked = request.query_params.get("etat", "")
    return await session_page(
        "workspace/session_messages.html",
        session,
        me,
        messages=await messages_of_session(desk_id, ENDINGS[asked][1] if asked in ENDINGS else None),
        counts=await count_messages_of_session(desk_id),
        endings=ENDINGS,
        asked=asked if asked in ENDINGS else "",
        latest=LATEST,
    )


def _one_of(kind: type[E], value: str) -> E | None:
    try:
        return kind(value)
    except ValueError:
        return None


ROUTES = [show_session, show_print, show_messages]
