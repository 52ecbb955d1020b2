"""The venues of the structure: kept once with their accessibility, chosen again at each event (B12, B13)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.agenda.drafts import Venue
from ateliers.agenda.venues import correct_venue, drop_venue, get_venue, keep_venue, list_venues, venue_of
from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.network.structures import get_structure_by_id
from ateliers.places.place import Place
from ateliers.refusals import NotAllowed, Refusal
from ateliers.web.answers import page, redirect
from ateliers.web.forms import Form, read_form

VENUES = "/espace/lieux"


@get(VENUES)
async def show_venues(me: NamedDependency[Person]) -> Response[bytes]:
    """The list, each with what it offers."""
    managed = me.managed_ids
    if not managed:
        raise NotAllowed
    return page(
        "workspace/venues.html",
        venues=await list_venues(managed, now=now()),
        structures={id: (await get_structure_by_id(id)).name for id in managed},
    )


@get(f"{VENUES}/nouveau")
async def show_new_venue(me: NamedDependency[Person]) -> Response[bytes]:
    """The form for one more."""
    return await _venue_page(Form.of(Venue), me)


@post(f"{VENUES}/nouveau")
async def add_venue(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """Keep it."""
    form = await read_form(request, Venue)
    if form.data is not None:
        try:
            await keep_venue(form.data, by=me, now=now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(VENUES)
    return await _venue_page(form, me)


@get(f"{VENUES}/{{place_id:uuid}}/modifier")
async def show_venue(place_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """The form to correct it."""
    place = await get_venue(place_id, by=me)
    return await _venue_page(Form.of(Venue, venue_of(place)), me, place)


@post(f"{VENUES}/{{place_id:uuid}}/modifier")
async def change_venue(
    request: Request[Any, Any, Any], place_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Write it anew."""
    place = await get_venue(place_id, by=me)
    form = await read_form(request, Venue)
    if form.data is not None:
        try:
            await correct_venue(place_id, form.data, by=me, now=now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(VENUES)
    return await _venue_page(form, me, place)


@post(f"{VENUES}/{{place_id:uuid}}/retirer")
async def remove_venue(place_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """No longer offer it."""
    await drop_venue(place_id, by=me, now=now())
    return redirect(VENUES)


async def _venue_page(form: Form[Venue], me: Person, place: Place | None = None) -> Response[bytes]:
    managed = me.managed_ids
    if not managed:
        raise NotAllowed
    ahead = [
        one.ahead for one in await list_venues(managed, now=now()) if place is not None and one.place.id == place.id
    ]
    return form.page(
        "workspace/venue.html",
        place=place,
        ahead=sum(ahead),
        structures=[await get_structure_by_id(id) for id in managed],
    )


ROUTES = [show_venues, show_new_venue, add_venue, show_venue, change_venue, remove_venue]
