from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from ateliers import database
from ateliers.mail import outbox
from ateliers.mail.email import Dropped, Email
from ateliers.network.charter import (
    VersionPublished,
    current_charter,
    list_signatures,
    publish_charter,
    sign_charter,
)
from ateliers.network.emails import COMPOSERS
from ateliers.network.people import get_person
from ateliers.network.resigning import PLAN, CharterChanged, NewSignature, find_unsigned, sign_again, sweep
from ateliers.refusals import Invalid, NotAllowed, NotFound
from tests.world import NOON, make_nadia, make_person, make_samir, make_structure

DAY = timedelta(days=1)
GOOD = NewSignature(version="2027-01", name="Samir Haddad", role="directeur", agrees=True)


async def signed_structure(name: str = "CCAS de Nevers") -> UUID:
    """One that signed the version before."""
    id = await make_structure(name)
    await sign_charter(id, name="Marc Petit", role="maire", now=NOON - 9 * DAY)
    return id


async def publish(version: str = "2027-01", *, now: datetime = NOON) -> None:
    await publish_charter(version, "Nous aidons.\n\nNous écoutons.", now=now)


async def keys() -> list[str]:
    """Of the outbox, in order: structure's slug, manager, step."""
    rows = await database.fetch_rows(
        """SELECT concat_ws(' ', o.slug, p.name, split_part(m.key, ':', 5)) AS said
           FROM outbox m JOIN structure o ON o.id::text = split_part(m.key, ':', 3)
           JOIN person p ON p.id::text = split_part(m.key, ':', 4) JOIN charter c ON c.id::text = split_part(m.key, ':', 2)
           WHERE m.kind = 'charter_to_sign' ORDER BY m.created_at, 1"""
    )
    return [row["said"] for row in rows]


async def composed(now: datetime) -> list[Email | Dropped]:
    return [await COMPOSERS[row.kind](row, now) for row in await outbox.claim(100, now=now)]


async def test_what_is_published_is_what_is_signed():
    before = await current_charter()
    await publish_charter("2027-01", "Un.\r\n\r\n\r\nDeux\nlignes.\n", body_en="One.", now=NOON)
    charter = await current_charter()

    assert (charter.version, charter.title, charter.title_en) == ("2027-01", before.title, before.title_en)
    assert (charter.body, charter.body_en, charter.published_at) == ("Un.\n\nDeux lignes.", "One.", NOON)


async def test_a_version_is_published_once_and_not_without_a_text():
    await publish()
    for version in ("2027-01", " 2027-01 ", "2026-11"):
        with pytest.raises(VersionPublished):
            await publish(version, now=NOON + DAY)
    for version, body in (("", "Texte."), ("x" * 41, "Texte."), ("2027-02", " \n\n\x00 ")):
        with pytest.raises(Invalid):
            await publish_charter(version, body, now=NOON)
    assert (await current_charter()).published_at == NOON


async def test_managers_are_told_at_publication_and_reminded_twice_each_exactly_once():
    here = await signed_structure()
    await make_samir(here)
    await make_nadia(here)
    await make_person("Olga Autre", "manager", structure_id=here)
    gone = await make_structure("Partie", state="suspended")
    await make_person("Ines Partie", "manager", structure_id=gone)
    assert await sweep(NOON) == 0

    await publish()
    for days in range(60):
        await asyncio.gather(sweep(NOON + days * DAY), sweep(NOON + days * DAY))

    assert await keys() == [f"ccas-de-nevers {name} {days}" for days in PLAN for name in ("Olga Autre", "Samir Haddad")]


async def test_what_an_import_made_is_not_asked_to_sign():
    made = await make_structure("Agenda ouvert", external_key="import:openagenda")
    await make_person("Import", "manager", structure_id=made)
    await publish()
    await sweep(NOON)
    assert await keys() == []
    assert await find_unsigned([made]) == set()


async def test_of_the_steps_that_a_worker_missed_only_the_latest_is_sent():
    await make_samir(await signed_structure())
    await publish()

    assert [await sweep(NOON + 20 * DAY), await sweep(NOON + 21 * DAY)] == [1, 0]
    assert await keys() == ["ccas-de-nevers Samir Haddad 14"]


async def test_who_comes_later_has_as_many_days_as_the_others():
    here = await signed_structure()
    await publish()
    samir = await make_samir(here)
    await database.execute("UPDATE role SET granted_at = $2 WHERE person_id = $1", samir, NOON + 40 * DAY)

    assert [await sweep(NOON + days * DAY) for days in (39, 40, 53, 54)] == [0, 1, 0, 1]


async def test_nothing_is_sent_once_it_is_signed_not_even_what_waits():
    here = await signed_structure()
    samir = await get_person(await make_samir(here))
    await publish()
    await sweep(NOON)
    await sign_again(here, GOOD, by=samir, now=NOON + DAY)

    assert await composed(NOON + DAY) == [Dropped("Signed meanwhile, or no longer in the network.")]
    assert [await sweep(NOON + days * DAY) for days in (14, 30)] == [0, 0]


async def test_what_waits_is_dropped_for_a_later_version_and_for_who_left():
    here = await signed_structure()
    await make_samir(here)
    await publish()
    await sweep(NOON)
    await publish("2027-02", now=NOON + DAY)
    await sweep(NOON + DAY)
    await database.execute("UPDATE role SET revoked_at = $1", NOON + DAY)

    assert await composed(NOON + DAY) == [Dropped("A later version is published."), Dropped("No longer a manager.")]


async def test_the_e_mail_says_which_version_and_leads_to_the_page():
    await make_samir(await signed_structure())
    await publish()
    await sweep(NOON)
    [first] = await composed(NOON)
    await sweep(NOON + 14 * DAY)
    second = (await composed(NOON + 14 * DAY))[-1]

    assert isinstance(first, Email)
    assert isinstance(second, Email)
    assert (first.to_name, first.to_address) == ("Samir Haddad", "samir@example.test")
    assert [first.subject, second.subject] == [
        "Charte à signer de nouveau pour CCAS de Nevers",
        "Rappel : charte à signer de nouveau pour CCAS de Nevers",
    ]
    for text in (first.text, first.html):
        assert "2027-01, publiée le 24/11/2026" in text
        assert "http://ateliers.test/espace/charte/ccas-de-nevers" in text


async def test_a_manager_signs_once_and_both_signatures_stay():
    here = await signed_structure()
    samir = await get_person(await make_samir(here))
    await publish()
    assert await find_unsigned([here]) == {here}

    await asyncio.gather(*(sign_again(here, GOOD, by=samir, now=NOON + n * DAY) for n in (1, 1)))
    await sign_again(here, GOOD, by=samir, now=NOON + 5 * DAY)

    signatures = await list_signatures(here)
    assert [(g.version, g.name, g.signed_at) for g in signatures] == [
        ("2027-01", "Samir Haddad", NOON + DAY),
        ("2026-11", "Marc Petit", NOON - 9 * DAY),
    ]
    assert await find_unsigned([here]) == set()


async def test_only_a_manager_who_read_this_version_signs():
    here = await signed_structure()
    samir, nadia = await get_person(await make_samir(here)), await get_person(await make_nadia(here))
    stranger = await get_person(await make_person("Stranger"))
    await publish()
    old = NewSignature(version="2026-11", name="S", role="d", agrees=True)
    unticked = NewSignature(version="2027-01", name="S", role="d")

    for person, signature, refusal in (
        (nadia, GOOD, NotAllowed),
        (stranger, GOOD, NotFound),
        (samir, old, CharterChanged),
        (samir, unticked, Invalid),
    ):
        with pytest.raises(refusal):
            await sign_again(here, signature, by=person, now=NOON)
    assert await find_unsigned([here]) == {here}
