"""Closings of periods, and links that show figures to others: the same pages for a structure and for a territory."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from ateliers import clock
from ateliers.agenda.kinds import Kind
from ateliers.attendance.closing import list_periods, may_reopen, reopen_period
from ateliers.network.people import Person
from ateliers.refusals import Refusal
from ateliers.reports.extents import WHOLE, chosen_extent, extent_text, list_extents
from ateliers.reports.grouping import Grouping
from ateliers.reports.links import TOLD_DAYS, NewLink, create_link, list_links, revoke_link
from ateliers.reports.periods import Period
from ateliers.reports.snapshots import close_figures, find_snapshot, get_snapshot, may_read
from ateliers.reports.wording import untold_note
from ateliers.web.answers import redirect
from ateliers.web.forms import Form, read_form
from ateliers.web.reporting import file
from ateliers.words import today_of


class NewClosing(msgspec.Struct, frozen=True, kw_only=True):
    """Which days of what are settled."""

    where: Annotated[str, Meta(min_length=1, max_length=80, title="Territory")]
    first_day: Annotated[date, Meta(title="First day", description=TOLD_DAYS)]
    last_day: Annotated[date, Meta(title="Last day")]


class Reopening(msgspec.Struct, frozen=True, kw_only=True):
    """Why figures may change again."""

    why: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=500,
            title="Why it is reopened",
            description="It stays written beside the figures, with your name and the date.",
        ),
    ]


def last_quarter(now: datetime) -> tuple[date, date]:
    """First and last day of the last quarter that is over."""
    today = today_of(now)
    this = date(today.year, today.month - (today.month - 1) % 3, 1)
    end = this - timedelta(days=1)
    return date(end.year, end.month - 2, 1), end


def settled_routes(door: str) -> list[Any]:
    """The pages under `door`: of the structures that somebody manages ('/espace'), or of their territory."""
    closings, links = f"{door}/clotures", f"{door}/partages"

    @get(closings)
    async def show_closings(me: NamedDependency[Person]) -> Response[bytes]:
        """What is closed, and what was reopened."""
        return await _closings_page(closings, me, now=clock.now())

    @post(closings)
    async def close_period(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
        """Close a period and freeze its figures."""
        return await _close(request, closings, me, now=clock.now())

    @post(closings + "/{period_id:uuid}/reouverture")
    async def reopen(
        request: Request[Any, Any, Any], period_id: FromPath[UUID], me: NamedDependency[Person]
    ) -> Response[bytes]:
        """Let its attendance be corrected again, saying why."""
        return await _reopen(request, closings, period_id, me, now=clock.now())

    @get(closings + "/{period_id:uuid}/chiffres.json")
    async def download_snapshot(period_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
        """The frozen figures, byte for byte what the hash is of."""
        found = await get_snapshot(period_id, by=me)
        return file(found.content.encode(), "application/json", f"chiffres-{found.hash[:12]}.json")

    @get(links)
    async def show_links(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
        """The links that were given out."""
        return await _links_page(request, links, me, now=clock.now())

    @post(links)
    async def share_figures(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
        """Give out one more."""
        return await _share(request, links, me, now=clock.now())

    @post(links + "/{link_id:uuid}/retrait")
    async def take_back(link_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
        """The link shows nothing any more."""
        await revoke_link(link_id, by=me, now=clock.now())
        return redirect(links)

    return [show_closings, close_period, reopen, download_snapshot, show_links, share_figures, take_back]


async def _closings_page(
    home: str,
    me: Person,
    *,
    now: datetime,
    form: Form[NewClosing] | None = None,
    reopening: tuple[UUID, Form[Reopening]] | None = None,
) -> Response[bytes]:
    """What was closed and reopened, by whom; a form to close, and one to reopen beside each that is closed."""
    of_structures = home.startswith("/espace")
    extents = await list_extents(me, of_structures=of_structures)
    if form is None:
        first, last = last_quarter(now)
        form = Form.of(NewClosing, where=extents[0].value, first_day=first, last_day=last)
    codes = me.coordinated_departements
    periods = await list_periods(
        structure_ids=[one.structure_id for one in extents if one.structure_id] if of_structures else None,
        departements=None if of_structures else codes,
    )
    choices = {(one.structure_id, tuple(sorted(one.departements or ()))): one.value for one in extents}
    shown = [
        {
            "period": period,
            "extent": await extent_text(period.structure_id, period.departements),
            "where": choices.get((period.structure_id, tuple(period.departements or ()))),
            "untold": _untold(Period(period.first_day, period.last_day)),
            "snapshot": await find_snapshot(period.id),
            "may_read": may_read(period, by=me),
            "may_reopen": period.is_closed and await may_reopen(period, by=me),
            "form": reopening[1] if reopening and reopening[0] == period.id else Form.of(Reopening),
        }
        for period in periods
    ]
    status = 422 if reopening else None
    return form.page(
        "closings.html",
        status=status,
        reopening=reopening[1] if reopening else None,
        home=home,
        extents=extents,
        shown=shown,
    )


def _untold(period: Period) -> str:
    """What frozen figures do not tell outside: nothing about people, or nothing in the finer tables."""
    return untold_note(Grouping.NATION, None, period) or untold_note(Grouping.STRUCTURE, None, period)


async def _close(request: Request[Any, Any, Any], home: str, me: Person, *, now: datetime) -> Response[bytes]:
    form = await read_form(request, NewClosing)
    if form.data is None:
        return await _closings_page(home, me, now=now, form=form)
    try:
        extent = await chosen_extent(form.data.where, me, of_structures=home.startswith("/espace"))
        await close_figures(
            first_day=form.data.first_day,
            last_day=form.data.last_day,
            structure_id=extent.structure_id,
            departements=extent.departements,
            by=me,
            now=now,
        )
    except Refusal as refusal:
        if refusal.status in (403, 404):
            raise
        return await _closings_page(home, me, now=now, form=form.refuse(refusal))
    return redirect(home)


async def _reopen(
    request: Request[Any, Any, Any], home: str, period_id: UUID, me: Person, *, now: datetime
) -> Response[bytes]:
    form = await read_form(request, Reopening)
    if form.data is None:
        return await _closings_page(home, me, now=now, reopening=(period_id, form))
    try:
        await reopen_period(period_id, form.data.why, by=me, now=now)
    except Refusal as refusal:
        if refusal.status in (403, 404):
            raise
        return await _closings_page(home, me, now=now, reopening=(period_id, form.refuse(refusal)))
    return redirect(home)


async def _links_page(
    request: Request[Any, Any, Any], home: str, me: Person, *, now: datetime, form: Form[NewLink] | None = None
) -> Response[bytes]:
    """The links that were given out, and a form for one more; the address may fill it."""
    of_structures = home.startswith("/espace")
    extents = await list_extents(me, of_structures=of_structures)
    if form is None:
        first, last = last_quarter(now)
        usual = Grouping.MONTH if of_structures else Grouping.DEPARTEMENT
        asked: dict[str, Any] = {
            "where": extents[0].value,
            "first_day": first.isoformat(),
            "last_day": last.isoformat(),
            "by": usual.value,
        }
        form = Form.of(NewLink, None, **asked | {name: text for name, text in _asked(request) if text})
    return form.page(
        "links.html",
        home=home,
        extents=extents,
        links=await list_links(me, of_structures=of_structures),
        now=now,
        whole=WHOLE,
        untold=untold_note,
    )


async def _share(request: Request[Any, Any, Any], home: str, me: Person, *, now: datetime) -> Response[bytes]:
    form = await read_form(request, NewLink)
    if form.data is None:
        return await _links_page(request, home, me, now=now, form=form)
    try:
        await create_link(form.data, of_structures=home.startswith("/espace"), by=me, now=now)
    except Refusal as refusal:
        if refusal.status in (403, 404):
            raise
        return await _links_page(request, home, me, now=now, form=form.refuse(refusal))
    return redirect(home)


def _asked(request: Request[Any, Any, Any]) -> list[tuple[str, str]]:
    """What the report's page hands over, as far as a form can show it."""
    names = {"start": "first_day", "end": "last_day", "by": "by", "kind": "kind", "where": "where"}
    known = {"by": {one.value for one in Grouping}, "kind": {one.value for one in Kind}}
    found = [(names[name], request.query_params[name]) for name in names if name in request.query_params]
    return [(name, text) for name, text in found if name not in known or text in known[name]]
