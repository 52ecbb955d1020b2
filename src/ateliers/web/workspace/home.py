"""The workspace's first page: what is coming, what is missing, what can be done next."""

from __future__ import annotations

from datetime import timedelta

from litestar import Response, get
from litestar.di import NamedDependency

from ateliers.agenda.co_organising import list_requests, list_shared_events
from ateliers.agenda.event import EventState
from ateliers.agenda.hosts import list_hosted_sessions
from ateliers.agenda.sessions import list_events_of, list_next_sessions
from ateliers.attendance.missing import count_missing, list_missing
from ateliers.bookings.calling import count_calls_to_make
from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.network.resigning import list_to_sign
from ateliers.network.structure import StructureState
from ateliers.network.structures import get_structure_by_id
from ateliers.network.training import my_trainings
from ateliers.web.answers import page, redirect
from ateliers.words import today_of

COMING = 10
MISSING = 5
AT_ONCE = timedelta()  # here, nobody waits for the day after


@get("/espace")
async def show_home(me: NamedDependency[Person]) -> Response[bytes]:
    """For people of a structure; coordinators and funders without one go to their own pages."""
    if not me.structure_ids and me.is_coordinator:
        return redirect("/coordination")
    if not me.structure_ids and me.is_reader:
        return redirect("/coordination/rapports")
    moment = now()
    mine = me.structure_ids
    events = await list_events_of(mine)
    shared = await list_shared_events(mine)
    structures = [await get_structure_by_id(id) for id in mine]
    outside = [structure for structure in structures if structure.state is not StructureState.ADMITTED]
    return page(
        "workspace/home.html",
        structures=structures,
        outside=outside,
        coming=await list_next_sessions(mine, now=moment, limit=COMING),
        calls=await count_calls_to_make(mine, now=moment),
        missing=await list_missing(mine, now=moment, after=AT_ONCE, limit=MISSING),
        missing_count=sum((await count_missing(mine, now=moment, after=AT_ONCE)).values()),
        drafts=[event for event in events if event.state is EventState.DRAFT],
        to_read=[event for event in events if event.state is EventState.TO_MODERATE],
        asked=await list_requests(me.managed_ids),
        shared=shared,
        is_new=not events and not shared,
        hosted=await list_hosted_sessions(mine, now=moment),
        trainings=[one for one in await my_trainings(me) if one.standing(today_of(moment)) in ("over", "soon")],
        today=today_of(moment),
        to_sign=await list_to_sign(me),
        may_publish=not {structure.id for structure in outside}.issuperset(me.managed_ids),
    )


ROUTES = [show_home]
