from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ateliers import database
from ateliers.mail import outbox
from ateliers.mail.email import Dropped, Email
from ateliers.network import applications, invitations, people, signing_in
from ateliers.network.application import Note
from ateliers.network.emails import COMPOSERS
from ateliers.network.people import RoleName
from tests.network.test_applications import FORM, begun
from tests.world import NOON, make_paule, make_samir, make_structure

DAY = timedelta(days=1)


async def composed(now: datetime = NOON) -> list[Email | Dropped]:
    """What the worker would send now, in the order it was queued."""
    return [await COMPOSERS[row.kind](row, now) for row in await outbox.claim(100, now=now)]


def links(email: Email) -> list[str]:
    return [word for word in email.text.split() if word.startswith("http://ateliers.test/")]


async def one() -> Email:
    [email] = await composed()
    assert isinstance(email, Email)
    return email


async def test_the_sign_in_e_mail_carries_a_link_and_a_code_that_work():
    await make_samir(await make_structure())
    await signing_in.request_sign_in("samir@example.test", now=NOON)
    email = await one()

    assert (email.to_name, email.to_address) == ("Samir Haddad", "samir@example.test")
    code = email.subject.rpartition(" : ")[2]
    assert email.subject == f"Votre code de connexion : {code}"
    assert code in email.text
    assert code in email.html
    assert "jusqu’à 12\u00a0h\u00a015 (heure de Paris)" in email.text
    [link] = links(email)
    assert link in email.html
    assert await signing_in.is_link_open(link.rpartition("/")[2], now=NOON)
    assert await signing_in.sign_in_with_code("samir@example.test", code, now=NOON)


async def test_a_sign_in_that_is_used_or_too_old_is_not_sent():
    await make_samir(await make_structure())
    await signing_in.request_sign_in("samir@example.test", now=NOON)
    assert await composed(NOON + DAY) == [Dropped("Used or too old.")]


async def test_someone_who_speaks_english_is_written_to_in_english():
    await make_samir(await make_structure())
    await database.execute("UPDATE person SET language = 'en'")
    await signing_in.request_sign_in("samir@example.test", now=NOON)
    email = await one()
    assert email.subject.startswith("Your code to sign in: ")
    assert links(email)[0].startswith("http://ateliers.test/en/connexion/")


async def test_each_step_of_an_application_is_written_to_whom_it_concerns():
    paule = await people.get_person(await make_paule("58"))
    token = await begun()
    email = await one()
    assert (email.to_address, email.subject) == (
        "lise@example.test",
        "Votre candidature au réseau : continuez ici",
    )
    assert (await applications.get_applicant(links(email)[0].rpartition("/")[2], now=NOON)).email == "lise@example.test"

    structure = await applications.submit_application(token, FORM, now=NOON)
    received, examine = await composed()
    assert isinstance(received, Email)
    assert isinstance(examine, Email)
    assert (received.to_name, received.to_address) == ("Lise Aubert", "lise@example.test")
    assert examine.to_address == "paule@example.test"
    assert links(examine) == [f"http://ateliers.test/coordination/candidatures/{structure.id}"]

    await applications.ask_changes(structure.id, Note(note="L’adresse <b>?</b>"), by=paule, now=NOON)
    email = await one()
    assert "L’adresse <b>?</b>" in email.text
    assert "L’adresse &lt;b&gt;?&lt;/b&gt;" in email.html

    await applications.submit_application(token, FORM, now=NOON)
    await composed()
    await applications.admit(structure.id, by=paule, now=NOON)
    email = await one()
    assert email.subject == "Bienvenue dans le réseau : votre structure Les Amis du Numérique est admise"
    assert links(email) == ["http://ateliers.test/connexion"]


async def test_a_refusal_says_why():
    paule = await people.get_person(await make_paule("58"))
    structure = await applications.submit_application(await begun(), FORM, now=NOON)
    await composed()
    await applications.refuse(structure.id, Note(note="Hors du territoire."), by=paule, now=NOON)
    assert "Hors du territoire." in (await one()).text


async def test_news_that_no_longer_hold_are_not_sent():
    await make_paule("58")
    token = await begun()
    await applications.submit_application(token, FORM, now=NOON)
    await applications.withdraw_application(token, now=NOON)
    sent = [email for email in await composed() if isinstance(email, Email)]
    assert [email.subject for email in sent] == ["Candidature retirée : Les Amis du Numérique"]


@pytest.mark.parametrize("answered", [False, True])
async def test_an_invitation_says_who_invites_and_is_dropped_once_answered(answered: bool):
    here = await make_structure()
    samir = await people.get_person(await make_samir(here))
    id = await invitations.invite_person("lea@example.test", "Léa Brun", RoleName.AMBASSADOR, here, by=samir, now=NOON)
    if answered:
        await invitations.decline_invitation(invitations.invitation_path(id).rpartition("/")[2], now=NOON)
        assert await composed() == [Dropped("Answered or withdrawn.")]
        return
    email = await one()
    assert email.subject == "Invitation à rejoindre CCAS de Nevers sur Ateliers"
    assert "Samir Haddad vous invite. Rôle proposé\u00a0: Ambassadeur·rice (CCAS de Nevers)." in email.text
    assert links(email) == [f"http://ateliers.test{invitations.invitation_path(id)}"]


async def test_who_asks_again_is_reminded_of_what_is_under_way():
    token = await begun()
    await applications.submit_application(token, FORM, now=NOON)
    await composed()
    await begun()
    email = await one()
    new, ongoing = (link.rpartition("/")[2] for link in links(email))
    assert "La candidature Les Amis du Numérique est en cours." in email.text
    assert (await applications.get_applicant(new, now=NOON)).structure_id is None
    assert (await applications.get_applicant(ongoing, now=NOON)).structure_id is not None
