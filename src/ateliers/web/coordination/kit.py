"""The kit as coordinators and the national team keep it: things, their versions, what is obsolete, what is fetched."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from ateliers.agenda.kit import (
    allow_keeping,
    describe_item,
    get_item,
    list_kit,
    mark_obsolete,
    publish_item,
    publish_version,
)
from ateliers.agenda.kit_item import About, Item, NewItem, NewVersion
from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.refusals import Invalid, NotAllowed
from ateliers.web.answers import page, redirect
from ateliers.web.forms import LARGEST_UPLOAD, Form, read_form

PATH = "/coordination/kit"
ITEM = f"{PATH}/{{item_id:uuid}}"


class Obsolete(msgspec.Struct, frozen=True, kw_only=True):
    """Why it is not to be used any more."""

    why: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=300,
            title="Why, and what to use instead",
            description="For example: The phone number has changed. Take the 2027 leaflet.",
            extra={"input": "textarea"},
        ),
    ]


@get(PATH)
async def show_kept(me: NamedDependency[Person]) -> Response[bytes]:
    """What is published, and how often it is fetched."""
    allow_keeping(me)
    return page("coordination/kit.html", me=me, items=await list_kit(by=me))


@get(f"{PATH}/nouveau")
async def show_new(me: NamedDependency[Person]) -> Response[bytes]:
    """The form."""
    allow_keeping(me)
    return Form.of(NewItem).page("coordination/kit_new.html", me=me)


@post(f"{PATH}/nouveau", request_max_body_size=LARGEST_UPLOAD)
async def publish_new(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """Publish it."""
    allow_keeping(me)
    form = await read_form(request, NewItem, files=True)
    if form.data is None:
        return form.page("coordination/kit_new.html", me=me)
    try:
        item_id = await publish_item(form.data, form.uploads.get("file"), by=me, now=now())
    except Invalid as refusal:
        return form.refuse(refusal).page("coordination/kit_new.html", me=me)
    return redirect(f"{PATH}/{item_id}")


@get(ITEM)
async def show_item(item_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """One thing: its versions, and what can be done with it."""
    return await _item_page(await _kept(item_id, me), me)


@post(ITEM)
async def describe(
    request: Request[Any, Any, Any], item_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Say anew what it is."""
    item = await _kept(item_id, me)
    form = await read_form(request, About)
    if form.data is None:
        return await _item_page(item, me, about=form)
    await describe_item(item_id, form.data, by=me, now=now())
    return redirect(f"{PATH}/{item_id}")


@post(f"{ITEM}/version", request_max_body_size=LARGEST_UPLOAD)
async def publish_next(
    request: Request[Any, Any, Any], item_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Publish a new version."""
    item = await _kept(item_id, me)
    form = await read_form(request, NewVersion, files=True)
    if form.data is None:
        return await _item_page(item, me, version=form)
    try:
        await publish_version(item_id, form.data, form.uploads.get("file"), by=me, now=now())
    except Invalid as refusal:
        return await _item_page(item, me, version=form.refuse(refusal))
    return redirect(f"{PATH}/{item_id}")


@post(f"{ITEM}/obsolete")
async def make_obsolete(
    request: Request[Any, Any, Any], item_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """It is not to be used any more."""
    item = await _kept(item_id, me)
    form = await read_form(request, Obsolete)
    if form.data is None:
        return await _item_page(item, me, obsolete=form)
    await mark_obsolete(item_id, form.data.why, by=me, now=now())
    return redirect(f"{PATH}/{item_id}")


@post(f"{ITEM}/a-jour")
async def make_current(item_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """It is to be used after all."""
    await mark_obsolete(item_id, "", by=me, now=now())
    return redirect(f"{PATH}/{item_id}")


async def _kept(item_id: UUID, me: Person) -> Item:
    allow_keeping(me)
    item = await get_item(item_id, by=me)
    if not item.is_kept_by(me):
        raise NotAllowed
    return item


async def _item_page(item: Item, me: Person, **sent: Form[Any]) -> Response[bytes]:
    latest = item.latest
    forms = {
        "about": Form.of(About, title=item.title, description=item.description, kinds=item.kinds),
        "version": Form.of(NewVersion, licence=latest.licence, link=latest.link or ""),
        "obsolete": Form.of(Obsolete),
    }
    wrong = next((form for form in sent.values() if form.errors), None)
    return page(
        "coordination/kit_item.html", status=422 if wrong else 200, me=me, item=item, wrong=wrong, **forms | sent
    )


ROUTES: list[Any] = [show_kept, show_new, publish_new, show_item, describe, publish_next, make_obsolete, make_current]
