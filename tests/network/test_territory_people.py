"""Coordinators, funders and the national team: invited over a territory, let go; and how far a charter's signatures have come."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ateliers import database
from ateliers.network.charter import NewCharter, current_charter, publish_from_form, sign_charter
from ateliers.network.invitations import AlreadyInvited, accept_invitation, invitation_path
from ateliers.network.people import get_person
from ateliers.network.resigning import campaign_of
from ateliers.network.territory_people import (
    LastOfTheTeam,
    NewTerritoryMember,
    TerritoryRole,
    invite_over_territory,
    list_territory_invitations,
    list_territory_members,
    read_territory,
    revoke_over_territory,
)
from ateliers.refusals import Invalid, NotAllowed, NotFound
from tests.world import NOON, insert, make_nadia, make_paule, make_person, make_samir, make_structure


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", None),
        ("58", ["58"]),
        (" 71, 58 ;2a\n974", ["2A", "58", "71", "974"]),
        ("58 71", ["58", "71"]),
        ("bretagne", ["22", "29", "35", "56"]),
        ("Corse, Nièvre", ["2A", "2B", "58"]),
        ("Pays de la Loire", ["44", "49", "53", "72", "85"]),
    ],
)
def test_a_territory_is_typed_in_codes_or_names(typed: str, read: list[str] | None):
    assert read_territory(typed) == read


@pytest.mark.parametrize("typed", ["Atlantide", "58, 999", "Val de Marne et Paris"])
def test_a_territory_that_does_not_exist_is_refused(typed: str):
    with pytest.raises(Invalid):
        read_territory(typed)


async def test_the_national_team_invites_and_lets_go():
    claire = await get_person(await make_person("Claire Vidal", "national"))
    paule_id = await make_paule("58", "71")
    samir = await get_person(await make_samir(await make_structure()))
    rosa = NewTerritoryMember(
        name="Rosa Pires", email="rosa@example.test", role=TerritoryRole.COORDINATOR, territory="Bretagne"
    )
    for nobody in (samir, await get_person(paule_id)):
        with pytest.raises(NotAllowed):
            await invite_over_territory(rosa, by=nobody, now=NOON)
    for role, territory in ((TerritoryRole.COORDINATOR, ""), (TerritoryRole.NATIONAL, "58")):
        wrong = NewTerritoryMember(name="X", email="x@example.test", role=role, territory=territory)
        with pytest.raises(Invalid):
            await invite_over_territory(wrong, by=claire, now=NOON)

    await invite_over_territory(rosa, by=claire, now=NOON)

    with pytest.raises(AlreadyInvited):
        await invite_over_territory(rosa, by=claire, now=NOON)
    [invitation] = await list_territory_invitations(by=claire)
    assert (invitation.name, invitation.departements, invitation.inviter) == (
        "Rosa Pires",
        ["22", "29", "35", "56"],
        "Claire Vidal",
    )
    await accept_invitation(invitation_path(invitation.id).rpartition("/")[2], now=NOON)
    members = await list_territory_members(by=claire)
    assert [(one.name, one.departements) for one in members] == [
        ("Claire Vidal", None),
        ("Paule Guérin", ["58", "71"]),
        ("Rosa Pires", ["22", "29", "35", "56"]),
    ]
    await revoke_over_territory(members[1].role_id, by=claire, now=NOON)
    assert not (await get_person(paule_id)).is_coordinator
    with pytest.raises(LastOfTheTeam):
        await revoke_over_territory(members[0].role_id, by=claire, now=NOON)
    role = await database.fetch_value("SELECT id FROM role WHERE person_id = $1", samir.id)
    with pytest.raises(NotFound):  # a structure's roles are taken away there
        await revoke_over_territory(role, by=claire, now=NOON)


async def test_a_coordinator_sees_who_has_yet_to_sign():
    here, there = await make_structure(phone=None), await make_structure("Mairie de Nevers")
    await make_structure("Loin", departement="974")
    await make_nadia(here)
    old = (await current_charter()).version
    for structure in (here, there):
        await sign_charter(structure, name="Marc Petit", role="maire", now=NOON - timedelta(days=9))
    paule = await get_person(await make_paule())
    claire = await get_person(await make_person("Claire Vidal", "national"))
    new = NewCharter(version="2027-01", body="Nous aidons.", sure=True)
    with pytest.raises(NotAllowed):
        await publish_from_form(new, by=paule, now=NOON)
    with pytest.raises(Invalid):
        await publish_from_form(NewCharter(version="2027-01", body="Nous aidons."), by=claire, now=NOON)

    await publish_from_form(new, by=claire, now=NOON)
    await sign_charter(there, name="Marc Petit", role="maire", now=NOON)
    for days in (0, 14):
        await insert(
            "outbox",
            key=f"charter_to_sign:{days}",
            kind="charter_to_sign",
            subject_id=here,
            data={"version": "2027-01", "days": days},
            created_at=NOON,
            due_at=NOON,
            state="sent",
            done_at=NOON + timedelta(days=days),
        )

    campaign = await campaign_of(by=paule)

    assert campaign.signed == 1
    [one] = campaign.unsigned
    assert (one.name, one.signed_version, one.asked_at, one.times) == (
        "CCAS de Nevers",
        old,
        NOON + timedelta(days=14),
        2,
    )
