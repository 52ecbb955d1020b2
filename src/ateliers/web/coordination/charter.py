"""The charter: how far the signatures have come, and a new version of the national team (A4, A5)."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from ateliers.clock import now
from ateliers.network.charter import NewCharter, current_charter, publish_from_form
from ateliers.network.people import Person
from ateliers.network.resigning import PLAN, campaign_of
from ateliers.refusals import NotAllowed, Refusal
from ateliers.web.answers import redirect
from ateliers.web.forms import Form, read_form

PATH = "/coordination/charte"


@get(PATH)
async def show_campaign(me: NamedDependency[Person]) -> Response[bytes]:
    """The version to sign, who has and who has not."""
    current = await current_charter()
    return await _page(Form.of(NewCharter, body=current.body, body_en=current.body_en), me)


@post(PATH)
async def publish(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """Publish a version: every structure is asked to sign it."""
    form = await read_form(request, NewCharter)
    if form.data is not None:
        try:
            await publish_from_form(form.data, by=me, now=now())
        except NotAllowed:
            raise
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(PATH)
    return await _page(form, me)


async def _page(form: Form[NewCharter], me: Person) -> Response[bytes]:
    campaign = await campaign_of(by=me)
    return form.page(
        "coordination/charter.html", me=me, charter=await current_charter(), campaign=campaign, plan=PLAN[1:]
    )


ROUTES: list[Any] = [show_campaign, publish]
