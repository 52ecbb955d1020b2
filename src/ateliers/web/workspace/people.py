"""People of a structure: who is in it, who is invited, who leaves."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.clock import now
from ateliers.network import invitations
from ateliers.network.invitations import MemberRole, NewMember
from ateliers.network.people import Person, RoleName, list_members
from ateliers.network.structure import Structure
from ateliers.network.structures import get_structure, list_structures_by_id
from ateliers.network.training import trained_of
from ateliers.refusals import NotFound, Refusal
from ateliers.web.answers import page, redirect
from ateliers.web.forms import Form, read_form
from ateliers.words import today_of


@get("/espace/equipe")
async def choose_structure(me: NamedDependency[Person]) -> Response[bytes]:
    """The people of one's structure, or which structure when there are several."""
    structures = await list_structures_by_id(me.structure_ids)
    if len(structures) == 1:
        return redirect(f"/espace/equipe/{structures[0].slug}")
    return page("workspace/people_choice.html", me=me, structures=structures)


@get("/espace/equipe/{slug:str}")
async def show_people(slug: FromPath[str], me: NamedDependency[Person]) -> Response[bytes]:
    """Members, invitations, and the form to invite."""
    return await _people_page(await _structure(slug, me), me, Form.of(NewMember, role=MemberRole.AMBASSADOR))


@post("/espace/equipe/{slug:str}/invitations")
async def invite(request: Request[Any, Any, Any], slug: FromPath[str], me: NamedDependency[Person]) -> Response[bytes]:
    """Invite somebody."""
    structure = await _structure(slug, me)
    form = await read_form(request, NewMember)
    if form.data is None:
        return await _people_page(structure, me, form)
    try:
        await invitations.invite_person(
            form.data.email, form.data.name, RoleName(form.data.role.value), structure.id, by=me, now=now()
        )
    except Refusal as refusal:
        return await _people_page(structure, me, form.refuse(refusal))
    return redirect(f"/espace/equipe/{slug}")


@post("/espace/equipe/{slug:str}/invitations/{invitation_id:uuid}/renvoi")
async def resend(slug: FromPath[str], invitation_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Send an invitation again."""
    await _structure(slug, me)
    await invitations.resend_invitation(invitation_id, by=me, now=now())
    return redirect(f"/espace/equipe/{slug}")


@post("/espace/equipe/{slug:str}/invitations/{invitation_id:uuid}/retrait")
async def withdraw(slug: FromPath[str], invitation_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Take an invitation back."""
    await _structure(slug, me)
    await invitations.withdraw_invitation(invitation_id, by=me, now=now())
    return redirect(f"/espace/equipe/{slug}")


@post("/espace/equipe/{slug:str}/roles/{role_id:uuid}/retrait")
async def revoke(slug: FromPath[str], role_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Take a role away."""
    structure = await _structure(slug, me)
    try:
        await invitations.revoke_role(role_id, by=me, now=now())
    except invitations.LastManager as refusal:
        return await _people_page(structure, me, Form.of(NewMember, role=MemberRole.AMBASSADOR), refused=refusal)
    # Who gave up their own role may no longer see this page.
    return redirect(f"/espace/equipe/{slug}" if me.coordinates(structure.departement) else "/espace/equipe")


async def _structure(slug: str, me: Person) -> Structure:
    structure = await get_structure(slug)
    if not _may_see(structure, me):
        raise NotFound
    return structure


def _may_see(structure: Structure, me: Person) -> bool:
    return me.serves(structure.id) or me.coordinates(structure.departement)


async def _people_page(
    structure: Structure, me: Person, form: Form[NewMember], *, refused: Refusal | None = None
) -> Response[bytes]:
    may_invite = me.manages(structure.id) or me.coordinates(structure.departement)
    return form.page(
        "workspace/people.html",
        status=None if refused is None else refused.status,
        me=me,
        structure=structure,
        members=await list_members(structure.id),
        trained=await trained_of(structure.id),
        today=today_of(now()),
        invitations=await invitations.list_invitations(structure.id) if may_invite else [],
        may_invite=may_invite,
        now=now(),
        refused=refused,
    )


ROUTES = [choose_structure, show_people, invite, resend, withdraw, revoke]
