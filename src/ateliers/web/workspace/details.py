"""The form with which managers keep what everybody reads of their structure up to date."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.clock import now
from ateliers.network.details import Details, update_details
from ateliers.network.people import Person
from ateliers.refusals import Invalid
from ateliers.web.answers import redirect
from ateliers.web.forms import Form, read_form
from ateliers.web.workspace.serving import managed_structure

PATH = "/espace/equipe/{slug:str}/coordonnees"


@get(PATH)
async def show_details(slug: FromPath[str], me: NamedDependency[Person]) -> Response[bytes]:
    """What is told now."""
    structure = await managed_structure(slug, me)
    form = Form.of(Details, structure, commune=f"{structure.commune_name} ({structure.postcode})")
    return form.page("workspace/details.html", me=me, structure=structure)


@post(PATH)
async def update(request: Request[Any, Any, Any], slug: FromPath[str], me: NamedDependency[Person]) -> Response[bytes]:
    """Replace it."""
    structure = await managed_structure(slug, me)
    form = await read_form(request, Details)
    if form.data is not None:
        try:
            await update_details(structure.id, form.data, by=me, now=now())
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return redirect(f"/espace/equipe/{slug}")
    return form.page("workspace/details.html", me=me, structure=structure)


ROUTES = [show_details, update]
