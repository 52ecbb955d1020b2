"""Coordinators, funders and the national team: who they are, who is invited (A7, A8)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.clock import now
from ateliers.network.invitations import resend_invitation, withdraw_invitation
from ateliers.network.people import Person
from ateliers.network.territory_people import (
    LastOfTheTeam,
    NewTerritoryMember,
    TerritoryRole,
    invite_over_territory,
    list_territory_invitations,
    list_territory_members,
    revoke_over_territory,
)
from ateliers.refusals import NotAllowed, Refusal
from ateliers.web.answers import private, redirect
from ateliers.web.forms import Form, read_form

PATH = "/coordination/equipe"


@get(PATH)
async def show_people(me: NamedDependency[Person]) -> Response[bytes]:
    """Who is over which territory, invitations, and the form to invite."""
    return await _page(_blank(), me)


@post(PATH)
async def invite(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """Invite somebody."""
    form = await read_form(request, NewTerritoryMember)
    if form.data is not None:
        try:
            await invite_over_territory(form.data, by=me, now=now())
        except NotAllowed:
            raise
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(PATH)
    return await _page(form, me)


@post(f"{PATH}/invitations/{{invitation_id:uuid}}/renvoi")
async def resend(invitation_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Send an invitation again."""
    await resend_invitation(invitation_id, by=me, now=now())
    return redirect(PATH)


@post(f"{PATH}/invitations/{{invitation_id:uuid}}/retrait")
async def withdraw(invitation_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Take an invitation back."""
    await withdraw_invitation(invitation_id, by=me, now=now())
    return redirect(PATH)


@post(f"{PATH}/roles/{{role_id:uuid}}/retrait")
async def revoke(role_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Take a role away."""
    own = {one.role_id for one in await list_territory_members(by=me) if one.person_id == me.id}
    try:
        await revoke_over_territory(role_id, by=me, now=now())
    except LastOfTheTeam as refusal:
        return await _page(_blank(), me, refused=refusal)
    # Who gave up their own role no longer sees this page.
    return redirect("/coordination" if role_id in own else PATH)


def _blank() -> Form[NewTerritoryMember]:
    return Form.of(NewTerritoryMember, role=TerritoryRole.COORDINATOR)


async def _page(form: Form[NewTerritoryMember], me: Person, *, refused: Refusal | None = None) -> Response[bytes]:
    return private(
        form.page(
            "coordination/people.html",
            status=None if refused is None else refused.status,
            me=me,
            members=await list_territory_members(by=me),
            invitations=await list_territory_invitations(by=me),
            now=now(),
            refused=refused,
        )
    )


ROUTES: list[Any] = [show_people, invite, resend, withdraw, revoke]
