from __future__ import annotations

from datetime import timedelta

from ateliers import database
from ateliers.network import applications, invitations, signing_in
from ateliers.network.people import RoleName, get_person
from ateliers.network.purge import purge_network
from tests.network.test_applications import begun, submitted
from tests.world import NOON, make_samir, make_structure

TABLES = ("staff_session", "sign_in", "application", "invitation")


async def kept() -> list[int]:
    return [await database.fetch_value(f"SELECT count(*) FROM {table}") for table in TABLES]


async def test_what_is_over_is_forgotten_and_nothing_before():
    here = await make_structure()
    samir = await get_person(await make_samir(here))
    await signing_in.start_session(samir.id, now=NOON)
    await signing_in.request_sign_in(samir.email, now=NOON)
    await begun()
    await submitted()
    await invitations.invite_person("lea@example.test", "Léa", RoleName.AMBASSADOR, here, by=samir, now=NOON)
    assert await kept() == [1, 1, 2, 1]

    assert await purge_network(NOON + timedelta(hours=23)) == 0
    assert await purge_network(NOON + timedelta(days=29)) == 2
    assert await kept() == [0, 0, 2, 1]
    assert await purge_network(NOON + applications.LINK_LIFETIME) == 1
    assert await purge_network(NOON + timedelta(days=379)) == 1
    assert await kept() == [0, 0, 1, 0]
    assert await database.fetch_value("SELECT count(*) FROM structure") == 2
