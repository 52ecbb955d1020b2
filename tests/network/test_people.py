from __future__ import annotations

import pytest

from ateliers import database
from ateliers.network import people
from ateliers.network.people import Person, Role, RoleName
from ateliers.network.tokens import create_token, find_token, revoke_token
from ateliers.refusals import Invalid, NotFound
from tests.world import NOON, make_nadia, make_paule, make_person, make_samir, make_structure


async def test_roles_are_bound_to_their_scope():
    here, there = await make_structure(), await make_structure("CPAM du Doubs", departement="25")
    nadia = await people.get_person(await make_nadia(here))
    samir = await people.get_person(await make_samir(here))
    paule = await people.get_person(await make_paule("58"))

    assert (nadia.serves(here), nadia.manages(here), nadia.serves(there)) == (True, False, False)
    assert (samir.serves(here), samir.manages(here), samir.manages(there)) == (True, True, False)
    assert (paule.coordinates("58"), paule.coordinates("25"), paule.reads("25")) == (True, False, False)
    assert (paule.serves(here), paule.structure_ids, samir.structure_ids) == (False, [], [here])


def person(*roles: Role) -> Person:
    return Person(id=database.new_id(), name="X", email="x@example.test", language="fr", roles=list(roles))


def test_the_national_team_coordinates_everywhere_and_a_funder_only_reads():
    national = person(Role(RoleName.NATIONAL))
    funder = person(Role(RoleName.FUNDER, departements=["58"]))
    funder_of_all = person(Role(RoleName.FUNDER))
    operator = person(Role(RoleName.OPERATOR))
    assert (national.coordinates("974"), national.reads("2A"), national.coordinated_departements) == (True, True, None)
    assert (funder.reads("58"), funder.reads("25"), funder.coordinates("58")) == (True, False, False)
    assert (funder_of_all.reads("25"), funder_of_all.is_coordinator) == (True, False)
    assert (operator.reads("58"), operator.coordinates("58")) == (False, False)


async def test_a_stranger_has_no_role():
    stranger = await people.get_person(await make_person("Stranger"))
    assert stranger.roles == []
    assert not stranger.reads("58")
    with pytest.raises(NotFound):
        await people.get_person(database.new_id())


async def test_coordinators_of_a_departement_or_the_national_team_where_there_is_none():
    paule = await make_paule("58")
    ines = await make_person("Inès Roy", "national")
    assert [p.id for p in await people.list_coordinators("58")] == [paule]
    assert [p.id for p in await people.list_coordinators("974")] == [ines]


async def test_a_second_territory_widens_the_first():
    paule = await make_paule("58")
    await people.add_role(paule, RoleName.COORDINATOR, departements=["21", "58"], now=NOON)
    assert (await people.get_person(paule)).coordinated_departements == ["21", "58"]


async def test_a_token_acts_as_a_manager_of_its_structure_and_only_that():
    here, there = await make_structure(), await make_structure("CPAM du Doubs")
    text = await create_token(here, "Logiciel du CCAS", ["events", "bookings"], now=NOON)

    token = await find_token(text)

    assert token is not None
    assert (token.structure_id, token.scopes) == (here, ["bookings", "events"])
    assert (token.allows("events"), token.allows("reports")) == (True, False)
    assert (token.person.manages(here), token.person.manages(there)) == (True, False)
    assert (await people.get_person(token.person.id)).roles == []
    assert await people.find_person_by_email(token.person.email) is None
    assert text.encode() not in await database.fetch_value("SELECT token_hash FROM api_token")

    await revoke_token(token.id, now=NOON)
    assert await find_token(text) is None


async def test_a_token_of_a_structure_that_is_out_does_not_work():
    text = await create_token(await make_structure(state="suspended"), "Logiciel", ["events"], now=NOON)
    assert await find_token(text) is None


@pytest.mark.parametrize(("name", "scopes"), [("", ["events"]), ("X", []), ("X", ["everything"]), ("\x00", ["events"])])
async def test_a_token_without_name_or_with_odd_scopes_is_refused(name: str, scopes: list[str]):
    structure_id = await make_structure()
    with pytest.raises(Invalid):
        await create_token(structure_id, name, scopes, now=NOON)
    assert await database.fetch_value("SELECT count(*) FROM person") == 0
