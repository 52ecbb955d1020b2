"""The charter's current version, for managers whose structure has yet to sign it."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.clock import now
from ateliers.network.charter import current_charter, find_charter, list_signatures
from ateliers.network.people import Person
from ateliers.network.resigning import (
    NOT_AGREED,
    NewSignature,
    find_unsigned,
    list_to_sign,
    sign_again,
    sign_path,
)
from ateliers.network.signed_charter import get_signed, signed_charter_pdf
from ateliers.network.structure import Structure
from ateliers.network.structures import list_structures_by_id
from ateliers.refusals import NotFound, Refusal
from ateliers.web.answers import PDF, inline_file, page, private, redirect
from ateliers.web.forms import Form, read_form
from ateliers.web.workspace.serving import managed_structure


@get("/espace/charte")
async def choose_structure(me: NamedDependency[Person]) -> Response[bytes]:
    """The structure that has yet to sign, else the one managed; which one when there are several."""
    structures = await list_to_sign(me) or await list_structures_by_id(me.managed_ids)
    if len(structures) == 1:
        return redirect(sign_path(structures[0]))
    return page("workspace/charter_choice.html", me=me, structures=structures)


@get("/espace/charte/{slug:str}")
async def show_charter(slug: FromPath[str], me: NamedDependency[Person]) -> Response[bytes]:
    """What changed, the text, and the form to sign; once signed, when and by whom."""
    structure = await managed_structure(slug, me)
    current = await current_charter()
    return await _charter_page(structure, me, Form.of(NewSignature, version=current.version, name=me.name))


@post("/espace/charte/{slug:str}")
async def sign(request: Request[Any, Any, Any], slug: FromPath[str], me: NamedDependency[Person]) -> Response[bytes]:
    """Sign for the structure."""
    structure = await managed_structure(slug, me)
    form = await read_form(request, NewSignature)
    if form.data is None:
        return await _charter_page(structure, me, form if form["agrees"].value else form.also(NOT_AGREED))
    try:
        await sign_again(structure.id, form.data, by=me, now=now())
    except NotFound:
        raise
    except Refusal as refusal:
        return await _charter_page(structure, me, form.refuse(refusal))
    return redirect(sign_path(structure))


@get("/espace/charte/{slug:str}/{version:str}/charte-signee.pdf")
async def signed_pdf(slug: FromPath[str], version: FromPath[str], me: NamedDependency[Person]) -> Response[bytes]:
    """What was signed, as a document."""
    structure, charter, signature = await get_signed(slug, version, by=me)
    made = await signed_charter_pdf(structure, charter, signature, now=now())
    return private(Response(made, media_type=PDF, headers=inline_file("charte-signee.pdf")))


async def _charter_page(structure: Structure, me: Person, form: Form[NewSignature]) -> Response[bytes]:
    signatures = await list_signatures(structure.id)
    return form.page(
        "workspace/charter.html",
        me=me,
        structure=structure,
        charter=await current_charter(),
        signatures=signatures,
        before=await find_charter(signatures[0].version) if signatures else None,
        is_to_sign=structure.id in await find_unsigned([structure.id]),
    )


ROUTES = [choose_structure, show_charter, sign, signed_pdf]
