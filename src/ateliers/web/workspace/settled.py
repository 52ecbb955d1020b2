"""Closings of periods, and links that show figures to others, for a structure's manager."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.web import settled_figures

CLOSINGS = "/espace/clotures"
LINKS = "/espace/partages"


@get(CLOSINGS)
async def show_closings(me: NamedDependency[Person]) -> Response[bytes]:
    """What is closed, and what was reopened."""
    return await settled_figures.closings_page(CLOSINGS, me, now=now())


@post(CLOSINGS)
async def close_period(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """Close a period."""
    return await settled_figures.close(request, CLOSINGS, me, now=now())


@post(CLOSINGS + "/{period_id:uuid}/reouverture")
async def reopen_period(
    request: Request[Any, Any, Any], period_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Reopen it, saying why."""
    return await settled_figures.reopen(request, CLOSINGS, period_id, me, now=now())


@get(CLOSINGS + "/{period_id:uuid}/chiffres.json")
async def download_snapshot(period_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """The figures as they were frozen."""
    return await settled_figures.snapshot_file(period_id, me)


@get(LINKS)
async def show_links(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """The links that were given out."""
    return await settled_figures.links_page(request, LINKS, me, now=now())


@post(LINKS)
async def share_figures(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """Give out one more."""
    return await settled_figures.share(request, LINKS, me, now=now())


@post(LINKS + "/{link_id:uuid}/retrait")
async def revoke_link(link_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Take one back."""
    return await settled_figures.revoke(LINKS, link_id, me, now=now())


ROUTES: list[Any] = [
    show_closings,
    close_period,
    reopen_period,
    download_snapshot,
    show_links,
    share_figures,
    revoke_link,
]
