"""The seats of a session: how many, for whom they are kept; who waits and who would be next; what the desk did and why."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from ateliers import words
from ateliers.agenda.drafts import Which, WhichDates
from ateliers.agenda.local_time import to_utc, wrong_start
from ateliers.agenda.series_changing import list_concerned
from ateliers.agenda.session import Session
from ateliers.bookings.held_back import hold_back_seats
from ateliers.bookings.journal import list_journal
from ateliers.bookings.listing import Show, list_page, list_queue
from ateliers.bookings.next_in_line import who_is_next
from ateliers.bookings.resize import MOST, Foreseen, foresee_resize, resize_sessions
from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.refusals import Invalid, Refusal
from ateliers.web.answers import redirect
from ateliers.web.fields import REQUIRED, number_of
from ateliers.web.forms import Form, read_form
from ateliers.web.workspace.serving import served_session, session_page

CONFIRMED = "confirmed"  # name of the button below the warning
MOST_ASKED = 100  # seats of « who would be next? »
SHOWN = 200  # of those who wait; the list of bookings has them all


class CapacityForm(msgspec.Struct, frozen=True, kw_only=True):
    """How many seats, of this date or of more of its series; empty for no limit."""

    which: WhichDates = Which.THIS
    capacity: (
        Annotated[int, Meta(ge=1, le=MOST, title="Number of seats", description="Leave empty for no limit.")] | None
    ) = None


class HoldBackForm(msgspec.Struct, frozen=True, kw_only=True):
    """How many free seats are kept for phone and partners, and until when."""

    seats: Annotated[
        int,
        Meta(ge=0, le=MOST, title="Seats held back", description="Write 0 to give them to everybody now."),
    ]
    until: (
        Annotated[
            datetime,
            Meta(
                title="Until when?", description="Then they are for everybody. Left empty: until the list stops moving."
            ),
        ]
        | None
    ) = None  # on the clock of the session's zone


@get("/espace/seances/{session_id:uuid}/places")
async def show_seats(session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """How the seats stand, and the forms that change it."""
    return await _seats_page(await served_session(session_id, me), me)


@post("/espace/seances/{session_id:uuid}/places")
async def resize(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Another number of seats; first what follows from it, where seats that people have would be above the limit (B9)."""
    session = await served_session(session_id, me)
    form = await read_form(request, CapacityForm)
    if "capacity" not in form.raw:
        # Left empty it lifts the limit; a request without the question must not.
        form.errors["capacity"] = [REQUIRED]
    elif form.data is not None:
        foreseen = await foresee_resize(session_id, form.data.capacity, which=form.data.which, now=now())
        if foreseen.is_warning and CONFIRMED not in form.raw:
            return await _seats_page(session, me, capacity_form=form, foreseen=foreseen)
        try:
            await resize_sessions(session_id, form.data.capacity, which=form.data.which, by=me, now=now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(f"/espace/seances/{session_id}/places")
    return await _seats_page(session, me, capacity_form=form)


@post("/espace/seances/{session_id:uuid}/retenir")
async def hold_back(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Keep free seats for phone and partners, or give them to everybody."""
    session = await served_session(session_id, me)
    form = await read_form(request, HoldBackForm)
    if form.data is not None:
        try:
            until = _instant(form.data.until, session)
            await hold_back_seats(session_id, form.data.seats, until, by=me, now=now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(f"/espace/seances/{session_id}/places")
    return await _seats_page(session, me, hold_form=form)


@get("/espace/seances/{session_id:uuid}/attente")
async def show_waiting(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Offers and the waiting list with its ranks; `?libres=` asks who would be next; the journal in plain words."""
    session = await served_session(session_id, me)
    desk_id = session.lead_id or session.id
    asked = number_of(request.query_params.get("libres", ""))
    seats = None if asked is None else min(max(1, asked), MOST_ASKED)
    return await session_page(
        "workspace/waiting.html",
        session,
        me,
        offered=(await list_page(desk_id, show=Show.OFFERED)).bookings,
        waiting=await list_queue(desk_id, most=SHOWN),
        shown=SHOWN,
        seats=seats,
        next=await who_is_next(desk_id, seats, now=now()) if seats else [],
        most=MOST_ASKED,
        journal=await list_journal(desk_id),
    )


async def _seats_page(
    session: Session,
    me: Person,
    *,
    capacity_form: Form[CapacityForm] | None = None,
    hold_form: Form[HoldBackForm] | None = None,
    foreseen: Foreseen | None = None,
) -> Response[bytes]:
    capacity_form = capacity_form or Form.of(CapacityForm, capacity=session.capacity)
    until = session.held_back_until
    hold_form = hold_form or Form.of(
        HoldBackForm,
        seats=session.seats_held_back,
        until=words.local(until, session.zone).replace(tzinfo=None) if until and session.seats_held_back else None,
    )
    return await session_page(
        "workspace/session_seats.html",
        session,
        me,
        status=422 if capacity_form.errors or hold_form.errors else 200,
        capacity_form=capacity_form,
        hold_form=hold_form,
        foreseen=foreseen,
        ahead=len(await list_concerned(session, Which.ALL, now=now())),
    )


def _instant(local: datetime | None, session: Session) -> datetime | None:
    """The moment that was typed on the session's clock. Raises Invalid when it is past, or no time at all."""
    if local is None:
        return None
    wrong = wrong_start(local.replace(tzinfo=None), session.zone, now=now())
    if wrong:
        raise Invalid({"until": wrong})
    return to_utc(local.replace(tzinfo=None), session.zone)


ROUTES = [show_seats, resize, hold_back, show_waiting]
