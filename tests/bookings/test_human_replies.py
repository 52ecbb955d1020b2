"""What people write back reaches the structure, with the booking it is about."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage

import pytest

from ateliers import database
from ateliers.bookings.bookings import get_booking
from ateliers.bookings.human_replies import KEPT, MOST_A_DAY, list_replies
from ateliers.bookings.incoming import Fate, purge_incoming, take
from ateliers.bookings.journal import list_journal
from ateliers.bookings.messages import send_again
from ateliers.settings import settings
from tests.bookings.post import receive, text_of
from tests.mail.letters_back import human_letter, to_us, zone
from tests.world import NOON, make_booking, make_event, make_nadia, make_session, make_structure

WORLD = zone()
HELLO = "Bonjour,\r\n\r\nje serai en retard de dix minutes.\r\n"


@pytest.fixture
def setting(monkeypatch):
    """`setting(NAME="value")`: the operator decided so."""

    def choose(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"ATELIERS_{name}", value)
        settings.cache_clear()

    yield choose
    monkeypatch.undo()
    settings.cache_clear()


async def write(raw: bytes, *, now=NOON, sender: str = "odile@example.test") -> Fate:
    return await take(to_us(raw, sender=sender), now=now, records=WORLD)


async def another_session(**values):
    """A session of another event of the same structure."""
    return await make_session(
        await make_event(await database.fetch_value("SELECT id FROM structure LIMIT 1")), **values
    )


async def booked(**values):
    return await get_booking(await make_booking(await make_session(), **values))


async def answered(booking) -> tuple[str, EmailMessage]:
    """The Message-ID of its confirmation, as it left, and the confirmation."""
    await send_again(booking.id, now=NOON)
    [mail] = await receive(NOON)
    return str(mail["Message-ID"]).strip("<>"), mail


async def test_an_answer_goes_to_the_structure_with_the_booking():
    booking = await booked(phone="0612345678")
    named, _mail = await answered(booking)

    assert await write(human_letter(HELLO, answers=named)) is Fate.TAKEN

    [mail] = await receive(NOON)
    assert str(mail["To"]) == "CCAS de Nevers <contact@ccas-nevers.test>"
    assert str(mail["Reply-To"]) == '"Odile Marchand, par Ateliers" <odile@example.test>'.replace('"', "").replace(
        ",", ""
    )
    assert str(mail["From"]).endswith("<rendez-vous@ateliers.test>")
    text = text_of(mail)
    assert "> je serai en retard de dix minutes." in text
    assert f"Code d’inscription : {booking.code}" in text
    assert "06 12 34 56 78" in text
    [line] = await list_journal(booking.session_id)
    assert (line.who, line.text) == ("Odile Marchand", "A répondu\xa0; message transmis à la structure.")
    [kept] = await list_replies(booking.id)
    assert (kept.sender, kept.words) == ("odile@example.test", "Bonjour,\n\nje serai en retard de dix minutes.")


async def test_an_answer_that_lost_its_thread_is_known_by_its_address():
    soon = await booked()
    await make_booking(await another_session(starts_at=NOON + timedelta(days=30)), name="Plus tard")

    await write(human_letter(HELLO))

    assert await database.fetch_value("SELECT booking_id FROM reply") == soon.id


async def test_words_for_two_structures_are_shown_to_neither():
    await booked()
    elsewhere = await make_event(await make_structure("Maison France Services", email="msf@example.test"))
    await make_booking(await make_session(elsewhere))

    assert await write(human_letter(HELLO)) is Fate.REFUSED
    assert await receive(NOON) == []


async def test_a_stranger_s_words_go_to_the_operator_s_contact_or_back(setting):
    assert await write(human_letter(HELLO, sender="stranger@example.test")) is Fate.REFUSED
    assert await database.fetch_value("SELECT count(*) FROM inbound") == 0

    setting(MAIL_CONTACT="aide@example.test")
    assert await write(human_letter(HELLO, sender="stranger@example.test")) is Fate.TAKEN

    [mail] = await receive(NOON)
    assert (str(mail["To"]), str(mail["Subject"])) == ("aide@example.test", "À lire : Re: Inscription")
    assert "aucune inscription" in text_of(mail)


async def test_an_answer_from_another_address_says_so():
    booking = await booked()
    named, _mail = await answered(booking)

    await write(human_letter(HELLO, answers=named, sender="lucien@example.test"))

    [mail] = await receive(NOON)
    assert "Ce n’est pas l’adresse avec laquelle l’inscription a été faite." in text_of(mail)


async def test_the_same_letter_again_is_sent_on_once():
    await booked()

    await write(human_letter(HELLO))
    await write(human_letter(HELLO))

    assert len(await receive(NOON)) == 1


async def test_a_letter_box_cannot_be_flooded():
    booking = await booked()
    for number in range(MOST_A_DAY + 3):
        await write(human_letter(f"{number}"))

    assert len(await list_replies(booking.id)) == MOST_A_DAY


async def test_where_answers_are_read_here_they_come_to_the_sender(setting):
    booking = await booked()
    _named, before = await answered(booking)
    setting(LMTP="127.0.0.1:2424")
    _named, after = await answered(booking)

    assert str(before["Reply-To"]) == "CCAS de Nevers <contact@ccas-nevers.test>"
    assert after["Reply-To"] is None


async def test_words_are_forgotten_after_a_while():
    booking = await booked()
    await write(human_letter(HELLO))

    await purge_incoming(NOON + KEPT)
    assert len(await list_replies(booking.id)) == 1

    await purge_incoming(NOON + KEPT + timedelta(seconds=1))
    assert await list_replies(booking.id) == []
    assert await database.fetch_value("SELECT count(*) FROM inbound") == 0


async def test_what_is_in_a_letter_cannot_become_part_of_the_page():
    await booked()

    await write(human_letter("<script>alert(1)</script> {{ 7 * 7 }}", subject="x<b>"))

    [mail] = await receive(NOON)
    html = mail.get_body(("html",)).get_content()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7 * 7 }}" in html
    assert "<script" not in html


async def test_staff_read_it_on_the_page_of_the_booking(browser_of):
    structure = await make_structure()
    booking = await get_booking(await make_booking(await make_session(await make_event(structure))))
    await write(human_letter("Je viens avec <ma sœur>."))
    nadia = await browser_of(await make_nadia(structure))

    page = await nadia.get(f"/espace/inscriptions/{booking.id}")

    assert page.status_code == 200
    assert "<p>Je viens avec &lt;ma sœur&gt;.</p>" in page.text
