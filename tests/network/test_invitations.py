from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from ateliers import database
from ateliers.network import invitations, people
from ateliers.network.invitations import (
    AlreadyInvited,
    AlreadyMember,
    InvitationOver,
    LastManager,
    SentTooOften,
    invitation_path,
)
from ateliers.network.people import Person, RoleName
from ateliers.network.signing_in import person_of_session
from ateliers.refusals import Invalid, NotAllowed, NotFound
from tests.world import NOON, make_nadia, make_paule, make_person, make_samir, make_structure

DAY = timedelta(days=1)


async def manager(structure_id: UUID) -> Person:
    return await people.get_person(await make_samir(structure_id))


async def invite(structure_id: UUID, by: Person | None, **changes: Any) -> UUID:
    given: dict[str, Any] = {"email": " Lea@Example.test", "name": "Léa Brun", "role": RoleName.AMBASSADOR} | changes
    return await invitations.invite_person(structure_id=structure_id, by=by, now=NOON, **given)


def token_of(id: UUID) -> str:
    return invitation_path(id).rpartition("/")[2]


async def test_accepting_makes_the_person_gives_the_role_and_signs_in():
    here = await make_structure()
    id = await invite(here, await manager(here))

    session = await invitations.accept_invitation(token_of(id), now=NOON + DAY)

    lea = await person_of_session(session, now=NOON + DAY)
    assert lea is not None
    assert (lea.name, lea.email, lea.serves(here), lea.manages(here)) == ("Léa Brun", "lea@example.test", True, False)
    [invitation] = await invitations.list_invitations(here)
    assert (invitation.state, invitation.answered_at, invitation.inviter) == ("accepted", NOON + DAY, "Samir Haddad")
    with pytest.raises(InvitationOver):
        await invitations.accept_invitation(token_of(id), now=NOON + DAY)


async def test_declining_keeps_nobody():
    here = await make_structure()
    id = await invite(here, await manager(here))
    await invitations.decline_invitation(token_of(id), now=NOON)
    assert await people.find_person_by_email("lea@example.test") is None
    with pytest.raises(InvitationOver):
        await invitations.accept_invitation(token_of(id), now=NOON)


async def test_it_expires_and_sent_again_it_holds_again():
    here = await make_structure()
    samir = await manager(here)
    id = await invite(here, samir)
    late = NOON + 14 * DAY
    with pytest.raises(InvitationOver):
        await invitations.get_invitation(token_of(id), now=late)
    [invitation] = await invitations.list_invitations(here)
    assert (invitation.standing(late), invitation.standing(NOON)) == ("expired", "sent")

    await invitations.resend_invitation(id, by=samir, now=late)

    assert (await invitations.get_invitation(token_of(id), now=late)).times_sent == 2
    assert await database.fetch_value("SELECT count(*) FROM outbox WHERE kind = 'invitation'") == 2
    for _ in range(3):
        await invitations.resend_invitation(id, by=samir, now=late)
    with pytest.raises(SentTooOften):
        await invitations.resend_invitation(id, by=samir, now=late)


async def test_one_withdrawn_no_longer_works():
    here = await make_structure()
    samir = await manager(here)
    id = await invite(here, samir)
    await invitations.withdraw_invitation(id, by=samir, now=NOON)
    with pytest.raises(InvitationOver):
        await invitations.get_invitation(token_of(id), now=NOON)
    with pytest.raises(InvitationOver):
        await invitations.resend_invitation(id, by=samir, now=NOON)


async def test_nobody_is_invited_twice_to_the_same_role():
    here = await make_structure()
    samir = await manager(here)
    await invite(here, samir)
    with pytest.raises(AlreadyInvited):
        await invite(here, samir, email="LEA@example.test")
    await invite(here, samir, role=RoleName.MANAGER)
    with pytest.raises(AlreadyMember):
        await invite(here, samir, email="samir@example.test", role=RoleName.MANAGER)
    later = await invitations.invite_person(
        "lea@example.test", "Léa Brun", RoleName.AMBASSADOR, here, by=samir, now=NOON + 15 * DAY
    )
    assert (await invitations.get_invitation(token_of(later), now=NOON + 15 * DAY)).times_sent == 1


async def test_who_may_invite():
    here, there = await make_structure(), await make_structure("CPAM du Doubs", departement="25")
    nadia = await people.get_person(await make_nadia(here))
    samir = await manager(here)
    paule = await people.get_person(await make_paule("58"))
    stranger = await people.get_person(await make_person("Stranger"))

    await invite(here, paule)
    with pytest.raises(NotAllowed):
        await invite(here, nadia)
    for other in (samir, paule, stranger):
        with pytest.raises(NotFound):
            await invite(there, other)
    for other in (samir, paule, stranger):
        with pytest.raises(NotAllowed):
            await invitations.invite_person(
                "x@example.test", "X", RoleName.COORDINATOR, None, ["58"], by=other, now=NOON
            )


async def test_the_operator_invites_a_coordinator():
    id = await invitations.invite_person(
        "p@example.test", "Paule", RoleName.COORDINATOR, None, ["58", "2A"], by=None, now=NOON
    )
    session = await invitations.accept_invitation(token_of(id), now=NOON)
    paule = await person_of_session(session, now=NOON)
    assert paule is not None
    assert paule.coordinated_departements == ["2A", "58"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": ""}, "email"),
        ({"email": "no address"}, "email"),
        ({"email": "a@b.fr\r\nBcc: c@d.fr"}, "email"),
        ({"email": "x" * 300 + "@example.test"}, "email"),
        ({"name": ""}, "name"),
        ({"name": "\x00\u202e"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"role": RoleName.NATIONAL}, "role"),
        ({"departements": ["58"]}, "departements"),
    ],
)
async def test_a_wrong_answer_is_named_and_nothing_is_kept(changes: dict[str, Any], field: str):
    here = await make_structure()
    with pytest.raises(Invalid) as refused:
        await invite(here, None, **changes)
    assert list(refused.value.errors) == [field]
    assert await database.fetch_value("SELECT count(*) FROM invitation") == 0


async def test_a_role_is_taken_away_but_never_the_last_managers():
    here = await make_structure()
    samir = await manager(here)
    nadia = await make_nadia(here)
    stranger = await people.get_person(await make_person("Stranger"))
    roles = {m.person_id: m.role_id for m in await people.list_members(here)}

    with pytest.raises(NotFound):
        await invitations.revoke_role(roles[nadia], by=stranger, now=NOON)
    with pytest.raises(NotAllowed):
        await invitations.revoke_role(roles[samir.id], by=await people.get_person(nadia), now=NOON)
    with pytest.raises(LastManager):
        await invitations.revoke_role(roles[samir.id], by=samir, now=NOON)
    await invitations.revoke_role(roles[nadia], by=samir, now=NOON)

    assert [m.person_id for m in await people.list_members(here)] == [samir.id]
    with pytest.raises(NotFound):
        await invitations.revoke_role(roles[nadia], by=samir, now=NOON)


@pytest.mark.parametrize("token", ["", "-", "é", "0" * 32 + "-" + "a" * 26])
async def test_a_link_that_is_not_ours_does_not_hold(token: str):
    for attempt in (
        invitations.get_invitation(token, now=NOON),
        invitations.accept_invitation(token, now=NOON),
        invitations.decline_invitation(token, now=NOON),
    ):
        with pytest.raises(InvitationOver):
            await attempt
