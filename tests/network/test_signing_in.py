from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from ateliers import database
from ateliers.network import signing_in
from ateliers.network.signing_in import LinkSpent, WrongCode, code_of, link_path
from tests.world import NOON, make_person, make_samir, make_structure

EMAIL = "samir@example.test"
MINUTE = timedelta(minutes=1)


async def asked(email: str = EMAIL) -> UUID:
    await signing_in.request_sign_in(email, now=NOON)
    return await database.fetch_value("SELECT id FROM sign_in ORDER BY id DESC LIMIT 1")


def token_of(id: UUID) -> str:
    return link_path(id).rpartition("/")[2]


def a_wrong_code(id: UUID) -> str:
    return f"{(int(code_of(id)) + 1) % 1_000_000:06d}"


async def test_the_link_signs_in_once():
    samir = await make_samir(await make_structure())
    token = token_of(await asked(" Samir@Example.test "))
    assert await signing_in.is_link_open(token, now=NOON)

    session = await signing_in.sign_in_with_link(token, now=NOON + MINUTE)

    person = await signing_in.person_of_session(session, now=NOON + MINUTE)
    assert person is not None
    assert person.id == samir
    assert not await signing_in.is_link_open(token, now=NOON + MINUTE)
    with pytest.raises(LinkSpent):
        await signing_in.sign_in_with_link(token, now=NOON + MINUTE)


async def test_the_code_signs_in_once_with_or_without_spaces():
    samir = await make_samir(await make_structure())
    code = code_of(await asked())

    session = await signing_in.sign_in_with_code(EMAIL, f"{code[:3]} {code[3:]}", now=NOON)

    person = await signing_in.person_of_session(session, now=NOON)
    assert person is not None
    assert person.id == samir
    with pytest.raises(WrongCode):
        await signing_in.sign_in_with_code(EMAIL, code, now=NOON)


async def test_using_the_code_spends_the_link_too():
    await make_samir(await make_structure())
    id = await asked()
    await signing_in.sign_in_with_code(EMAIL, code_of(id), now=NOON)
    with pytest.raises(LinkSpent):
        await signing_in.sign_in_with_link(token_of(id), now=NOON)


async def test_after_fifteen_minutes_neither_works():
    await make_samir(await make_structure())
    id = await asked()
    late = NOON + 15 * MINUTE
    with pytest.raises(LinkSpent):
        await signing_in.sign_in_with_link(token_of(id), now=late)
    with pytest.raises(WrongCode):
        await signing_in.sign_in_with_code(EMAIL, code_of(id), now=late)


async def test_five_wrong_codes_spend_the_right_one_but_not_the_link():
    await make_samir(await make_structure())
    id = await asked()
    for _ in range(5):
        with pytest.raises(WrongCode):
            await signing_in.sign_in_with_code(EMAIL, a_wrong_code(id), now=NOON)
    with pytest.raises(WrongCode):
        await signing_in.sign_in_with_code(EMAIL, code_of(id), now=NOON)
    assert await signing_in.sign_in_with_link(token_of(id), now=NOON)


@pytest.mark.parametrize("code", ["", "\x00", "12345", "é" * 6, "9" * 10_000, "٠١٢٣٤٥"])
async def test_an_odd_code_is_a_wrong_code(code: str):
    await make_samir(await make_structure())
    await asked()
    with pytest.raises(WrongCode):
        await signing_in.sign_in_with_code(EMAIL, code, now=NOON)


async def test_an_unknown_address_gets_the_same_answer_and_no_e_mail():
    await signing_in.request_sign_in("stranger@example.test", now=NOON)
    assert await database.fetch_value("SELECT count(*) FROM outbox") == 0
    with pytest.raises(WrongCode):
        await signing_in.sign_in_with_code("stranger@example.test", "000000", now=NOON)


async def test_one_person_is_sent_at_most_five_e_mails_an_hour():
    await make_samir(await make_structure())
    for _ in range(8):
        await signing_in.request_sign_in(EMAIL, now=NOON)
    assert await database.fetch_value("SELECT count(*) FROM outbox") == 5
    await signing_in.request_sign_in(EMAIL, now=NOON + timedelta(hours=1))
    assert await database.fetch_value("SELECT count(*) FROM outbox") == 6


@pytest.mark.parametrize(
    "token", ["", "-", "a" * 32, f"{'a' * 32}-{'a' * 26}", "é-é", f"{'z' * 32}-{'a' * 26}", "\x00"]
)
async def test_a_link_that_is_not_ours_is_spent(token: str):
    assert not await signing_in.is_link_open(token, now=NOON)
    with pytest.raises(LinkSpent):
        await signing_in.sign_in_with_link(token, now=NOON)


async def test_a_session_is_stored_as_a_hash_ends_at_sign_out_and_after_a_week():
    samir = await make_samir(await make_structure())
    token = await signing_in.start_session(samir, now=NOON)
    assert token.encode() not in await database.fetch_value("SELECT token_hash FROM staff_session")
    assert await signing_in.person_of_session(token, now=NOON + timedelta(days=6)) is not None
    assert await signing_in.person_of_session(token, now=NOON + timedelta(days=7)) is None
    assert await signing_in.person_of_session("x" + token[1:], now=NOON) is None

    await signing_in.sign_out(token)

    assert await signing_in.person_of_session(token, now=NOON) is None


async def test_a_closed_account_cannot_come_in():
    samir = await make_samir(await make_structure())
    id = await asked()
    session = await signing_in.start_session(samir, now=NOON)
    await database.execute("UPDATE person SET closed_at = $1", NOON)
    assert await signing_in.person_of_session(session, now=NOON) is None
    with pytest.raises(LinkSpent):
        await signing_in.sign_in_with_link(token_of(id), now=NOON)


async def test_a_link_can_be_made_without_an_e_mail():
    person = await make_person("Inès Roy", "national")
    address = await signing_in.sign_in_link_for(person, now=NOON)
    session = await signing_in.sign_in_with_link(address.rpartition("/")[2], now=NOON)
    found = await signing_in.person_of_session(session, now=NOON)
    assert found is not None
    assert found.is_national


async def test_a_link_opened_twice_at_once_signs_in_once():
    await make_samir(await make_structure())
    token = token_of(await asked())
    ends = await asyncio.gather(
        *(signing_in.sign_in_with_link(token, now=NOON) for _ in range(6)), return_exceptions=True
    )
    assert sorted(type(end).__name__ for end in ends) == ["LinkSpent"] * 5 + ["str"]


async def test_codes_guessed_at_once_are_all_counted():
    await make_samir(await make_structure())
    id = await asked()
    await asyncio.gather(
        *(signing_in.sign_in_with_code(EMAIL, a_wrong_code(id), now=NOON) for _ in range(7)), return_exceptions=True
    )
    assert await database.fetch_value("SELECT attempts FROM sign_in") == 5
    with pytest.raises(WrongCode):
        await signing_in.sign_in_with_code(EMAIL, code_of(id), now=NOON)
