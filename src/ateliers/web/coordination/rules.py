"""What a coordinator's territory asks for: reading events first, trained ambassadors (A9, A10, B4)."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.network.rules import NewRule, list_rules, set_rules
from ateliers.refusals import Invalid
from ateliers.web.answers import redirect
from ateliers.web.forms import Form, read_form

PATH = "/coordination/regles"


@get(PATH)
async def show_rules(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """The rules, and the form filled with those of one département (`departement`) and of all that ask for the same."""
    rules = await list_rules(by=me)
    asked = request.query_params.get("departement", "")
    shown = next((rule for rule in rules if rule.departement == asked), rules[0] if rules else None)
    alike = [] if shown is None else [rule.departement for rule in rules if rule.asks == shown.asks]
    form = Form.of(NewRule, shown, departements=[asked] if shown is not None and shown.departement == asked else alike)
    return await _page(form, me)


@post(PATH)
async def change(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """Set them."""
    form = await read_form(request, NewRule)
    if form.data is not None:
        try:
            await set_rules(form.data, by=me, now=now())
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return redirect(PATH)
    return await _page(form, me)


async def _page(form: Form[NewRule], me: Person) -> Response[bytes]:
    rules = await list_rules(by=me)
    return form.page("coordination/rules.html", me=me, rules=rules)


ROUTES: list[Any] = [show_rules, change]
