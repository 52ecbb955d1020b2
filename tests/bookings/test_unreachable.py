"""A contact whom messages do not reach is marked, put on the list to call, and the structure is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ateliers import database
from ateliers.bookings.address import AddressWorks, correct_address
from ateliers.bookings.book import book_seats
from ateliers.bookings.booking import Contact, Wish
from ateliers.bookings.bookings import get_booking
from ateliers.bookings.emails import COMPOSERS
from ateliers.bookings.incoming import take
from ateliers.bookings.journal import list_journal
from ateliers.bookings.messages import messages_of, send_again
from ateliers.bookings.unreachable import GATHERING, sweep
from ateliers.mail.delivery import Delivery
from ateliers.mail.return_path import return_path
from ateliers.network.people import get_person
from ateliers.refusals import Invalid, NotFound
from tests.bookings.post import calendar_of, receive, text_of
from tests.mail.letters_back import bounce, human_letter, to_us, zone
from tests.mail.sink import smtp_sink
from tests.mail.test_inbound import COMPLAINT
from tests.world import NOON, make_booking, make_event, make_nadia, make_person, make_session, make_structure

WORLD = zone()
LATER = NOON + GATHERING


async def another_session(**values):
    """A session of another event of the same structure."""
    return await make_session(
        await make_event(await database.fetch_value("SELECT id FROM structure LIMIT 1")), **values
    )


async def sent(booking_id, *, now=NOON):
    """The row of a confirmation that left."""
    await send_again(booking_id, now=now)
    await receive(now)
    return await database.fetch_value(
        "SELECT id FROM outbox WHERE subject_id = $1 ORDER BY id DESC LIMIT 1", booking_id
    )


async def comes_back(row_id, status="5.1.1", *, now=NOON, action="failed") -> None:
    await take(bounce(row_id, status, f"550 {status} no", action), now=now, records=WORLD)
    await sweep(now)


async def trouble_of(booking_id) -> tuple[str, bool, str]:
    booking = await get_booking(booking_id)
    return booking.unreachable, booking.to_call_back, booking.call_why


async def test_a_dead_address_is_given_up_and_the_structure_told():
    session = await make_session()
    odile = await make_booking(session, phone="0612345678")

    await comes_back(await sent(odile))

    assert await trouble_of(odile) == ("dead", True, "bounced")
    assert (await list_journal(session))[0].text == "Nos messages reviennent\xa0: à appeler."
    [told] = await messages_of(odile)
    assert (told.ending, told.detail) == ("Refusé par la messagerie du destinataire", "5.1.1 550 5.1.1 no")
    assert await receive(NOON) == []
    [mail] = await receive(LATER)
    assert str(mail["To"]) == "CCAS de Nevers <contact@ccas-nevers.test>"
    assert str(mail["Subject"]).startswith("1 personne à appeler : Activer")
    assert "- Odile Marchand, 06 12 34 56 78 (odile@example.test)" in text_of(mail)


async def test_nothing_more_is_written_to_it_but_a_later_booking_is():
    session = await make_session()
    odile = await make_booking(session)
    await comes_back(await sent(odile))
    await receive(LATER)

    await send_again(odile, now=LATER)
    assert await receive(LATER) == []
    [_first, told] = await messages_of(odile)
    assert told.ending == "Non envoyé\xa0: Cette adresse ne reçoit plus de messages."

    other = await another_session()
    wish = Wish(contact=Contact(name="Odile Marchand", email="odile@example.test"))
    again = await book_seats(other, wish, now=LATER)
    [mail] = await receive(LATER)
    assert again.code in text_of(mail)


async def test_all_bookings_of_the_address_are_marked_and_told_once_a_session():
    session, other = await make_session(), await another_session()
    bookings = [await make_booking(session), await make_booking(session, name="Lucien"), await make_booking(other)]
    over = await make_booking(await another_session(starts_at=NOON - timedelta(days=2)))

    await comes_back(await sent(bookings[0]))

    assert [await trouble_of(one) for one in bookings] == [("dead", True, "bounced")] * 3
    assert await trouble_of(over) == ("dead", False, "")  # nobody awaits them
    assert len(await receive(LATER)) == 2


async def test_a_full_mailbox_counts_after_three_times_in_a_month():
    odile = await make_booking(await make_session())
    for days, expected in [(0, ""), (1, ""), (40, ""), (41, ""), (42, "soft")]:
        now = NOON - timedelta(days=50) + timedelta(days=days)
        await comes_back(await sent(odile, now=now), "5.2.2", now=now)
        assert (await get_booking(odile)).unreachable == expected


async def test_the_same_bounce_again_counts_once():
    odile = await make_booking(await make_session())
    row = await sent(odile)
    for _time in range(4):
        await comes_back(row, "4.2.2")

    assert await trouble_of(odile) == ("", False, "")
    assert await database.fetch_value("SELECT count(*) FROM bounce") == 1


async def test_a_refusal_for_reasons_of_ours_is_told_to_the_operator_alone():
    odile = await make_booking(await make_session())

    await comes_back(await sent(odile), "5.7.26")

    assert await trouble_of(odile) == ("", False, "")
    assert await database.fetch_value("SELECT status FROM bounce WHERE cause = 'policy'") == "5.7.26"


async def test_a_delay_changes_nothing():
    odile = await make_booking(await make_session())

    await comes_back(await sent(odile), "4.2.2", action="delayed")

    assert await trouble_of(odile) == ("", False, "")
    assert await database.fetch_value("SELECT state FROM outbox") == "sent"


async def test_who_did_not_get_the_news_that_nothing_takes_place_is_called():
    session = await make_session()
    odile = await make_booking(session)
    await sent(odile)
    await database.execute("UPDATE session SET revision = 1, moved_at = $2 WHERE id = $1", session, NOON)
    from ateliers.bookings import changes

    await changes.sweep(NOON)
    await receive(NOON)
    row = await database.fetch_value("SELECT id FROM outbox WHERE kind = 'session_moved'")

    await comes_back(row, "4.4.1")

    assert await trouble_of(odile) == ("", True, "bounced")


async def test_what_the_server_refuses_at_once_is_a_bounce_too():
    odile = await make_booking(await make_session())
    await send_again(odile, now=NOON)

    async with smtp_sink() as sink:
        sink.faults["RCPT"] = ["550 5.1.1 No such user"]
        delivery = Delivery(sink.url, connections=1)
        await delivery.deliver_due(COMPOSERS, now=NOON)
        await delivery.close()
    await sweep(NOON)

    assert await trouble_of(odile) == ("dead", True, "bounced")


async def test_a_complaint_ends_reminders_and_nothing_else():
    odile = await make_booking(await make_session())
    row = await sent(odile)
    head, body = COMPLAINT
    raw = f"{head}\n\n{body.format(path=return_path(row))}\n".replace("\n", "\r\n").encode()

    await take(to_us(raw), now=NOON, records=WORLD)
    await sweep(NOON)

    assert (await get_booking(odile)).reminders is False
    assert await trouble_of(odile) == ("", False, "")


async def test_words_that_do_not_reach_the_structure_are_on_its_list():
    odile = await make_booking(await make_session())
    await take(to_us(human_letter("Bonjour")), now=NOON, records=WORLD)
    await receive(NOON)
    row = await database.fetch_value("SELECT id FROM outbox WHERE kind = 'reply_received'")

    await comes_back(row)

    assert await trouble_of(odile) == ("", True, "reply")


async def test_a_bounce_of_another_room_s_letter_harms_nobody():
    from ateliers.mail.outbox import queue

    await queue("sign_in", key="x", subject_id=None, now=NOON)
    row = await database.fetch_value("SELECT id FROM outbox")

    await comes_back(row)

    assert await database.fetch_value("SELECT count(*) FROM bounce WHERE handled_at IS NOT NULL") == 1


async def test_a_moved_session_is_told_by_phone_to_who_cannot_be_written_to():
    session = await make_session()
    odile = await make_booking(session)
    await comes_back(await sent(odile))
    await database.execute("UPDATE booking SET to_call_back = false, call_why = ''")
    await database.execute("UPDATE session SET revision = 1, moved_at = $2 WHERE id = $1", session, NOON)
    from ateliers.bookings import changes

    await changes.sweep(NOON)

    assert (await get_booking(odile)).to_call_back is True
    assert await database.fetch_value("SELECT count(*) FROM outbox WHERE kind = 'session_moved'") == 0


async def test_staff_write_down_the_right_address_and_the_confirmation_goes_there():
    structure = await make_structure()
    session = await make_session(await make_event(structure))
    odile = await make_booking(session)
    await comes_back(await sent(odile))
    await receive(LATER)
    nadia = await get_person(await make_nadia(structure))

    await correct_address(odile, " Odile.Marchand@Example.test ", by=nadia, now=LATER)

    assert await trouble_of(odile) == ("", False, "")
    [mail] = await receive(LATER)
    assert str(mail["To"]) == "Odile Marchand <odile.marchand@example.test>"
    method, event = calendar_of(mail)
    assert (method, str(event["ATTENDEE"])) == ("REQUEST", "mailto:odile.marchand@example.test")


async def test_an_address_that_takes_mail_is_not_exchanged_nor_by_a_stranger():
    structure = await make_structure()
    odile = await make_booking(await make_session(await make_event(structure)))
    stranger = await get_person(await make_person("Inès Inconnue"))
    nadia = await get_person(await make_nadia(structure))

    with pytest.raises(AddressWorks):
        await correct_address(odile, "x@example.test", by=nadia, now=NOON)
    with pytest.raises(NotFound):
        await correct_address(odile, "x@example.test", by=stranger, now=NOON)
    assert (await get_booking(odile)).email == "odile@example.test"


async def test_somebody_on_the_waiting_list_can_be_given_an_address():
    structure = await make_structure()
    session = await make_session(await make_event(structure), capacity=1)
    lucien = await make_booking(session, state="waiting", email=None, phone="0612345678")
    nadia = await get_person(await make_nadia(structure))

    with pytest.raises(Invalid):
        await correct_address(lucien, "nothing", by=nadia, now=NOON)
    await correct_address(lucien, "lucien@example.test", by=nadia, now=NOON)

    [mail] = await receive(NOON)
    assert str(mail["To"]) == "Odile Marchand <lucien@example.test>"
