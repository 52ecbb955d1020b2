"""Out through Postfix, in through LMTP and IMAP: what real servers make of our mail, and we of theirs."""

from __future__ import annotations

import asyncio
import email
import email.policy
import os
import signal
import smtplib
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest

from ateliers import clock, database
from ateliers.bookings import unreachable
from ateliers.bookings.booking import BookingState
from ateliers.bookings.bookings import get_booking
from ateliers.bookings.emails import COMPOSERS
from ateliers.bookings.incoming import Fate, take
from ateliers.bookings.messages import send_again
from ateliers.mail.delivery import Delivery
from ateliers.mail.imap import DONE, read_mailbox
from ateliers.mail.inbound import Received, Report, classify
from ateliers.mail.lmtp import lmtp_server
from ateliers.mail.return_path import message_of
from tests.mail.letters_back import US, calendar_letter, human_letter, itip, signed, zone
from tests.mail.sink import FaultySMTP, Sink
from tests.mailservers.servers import HELD_UP, PATIENCE, Post
from tests.world import NOON, make_booking, make_session

pytestmark = pytest.mark.mailservers

WORLD = zone("example.test")


class Incoming(list[Received]):
    """What the service was handed, in order."""

    async def until(self, count: int, post: Post) -> None:
        async def all_came() -> bool:
            return len(self) >= count

        await until(all_came, post)


async def until(holds: Callable[[], Awaitable[bool]], post: Post) -> None:
    """Wait until it holds, and have Postfix try again what it put off."""
    began = turn = time.monotonic()
    while not await holds():
        now = time.monotonic()
        assert now < began + PATIENCE, post.log()
        if now > turn + HELD_UP:
            turn = now
            await asyncio.to_thread(post.flush)
        await asyncio.sleep(0.1)


@asynccontextmanager
async def open_door(post: Post):
    """The service's LMTP server, in this process; what comes in is dealt with at NOON."""
    taken = Incoming()

    async def handle(received: Received) -> bool:
        fate = await take(received, now=NOON, records=WORLD)
        taken.append(received)
        return fate is Fate.TAKEN

    async with lmtp_server(f"127.0.0.1:{post.our_lmtp}", handle):
        yield taken


@asynccontextmanager
async def far_end(post: Post, **faults: list[str]):
    """Another provider, which answers as told."""
    sink = Sink()
    sink.faults = faults
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: FaultySMTP(sink, hostname="mx.far.test", loop=loop), "127.0.0.1", post.far_end
    )
    try:
        yield sink
    finally:
        server.close()


async def booked(address: str = "odile@example.test"):
    """A booking whose confirmation is queued."""
    booking_id = await make_booking(await make_session(), email=address)
    await send_again(booking_id, now=NOON)
    return await get_booking(booking_id)


async def deliver(post: Post, now: datetime = NOON) -> None:
    delivery = Delivery(post.smtp_url, connections=1)
    await delivery.deliver_due(COMPOSERS, now=now)
    await delivery.close()


def send(post: Post, raw: bytes, *, to: str = US, sender: str = "odile@example.test", **options: list[str]) -> None:
    """Somebody's own mail program."""
    with smtplib.SMTP("127.0.0.1", post.smtp, timeout=60) as server:
        server.sendmail(sender, [to], raw, **options)


async def test_an_invite_arrives_byte_for_byte(post):
    booking = await booked()

    await deliver(post)

    [raw] = await asyncio.to_thread(post.messages, "odile@example.test")
    message = email.message_from_bytes(raw, policy=email.policy.default)
    row_id, outcome = await database.fetch_value("SELECT (id, outcome) FROM outbox")
    assert outcome.startswith("250 2.0.0 Ok: queued as")
    assert message_of(message["Return-Path"]) == row_id
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    calendar, attached = list(message.walk())[4:]
    content = calendar.get_payload(decode=True)
    assert content == attached.get_payload(decode=True)
    assert f"UID:{booking.uid}\r\n".encode() in content
    assert content.replace(b"\r\n", b"").count(b"\n") == 0


async def test_postfix_itself_makes_a_bounce_and_the_contact_is_to_be_called(post):
    booking = await booked("nobody@example.test")
    row_id = await database.fetch_value("SELECT id FROM outbox")

    async with open_door(post) as taken:
        await deliver(post)
        await taken.until(1, post)
    await unreachable.sweep(NOON)

    [received] = taken
    report = classify(received)
    assert isinstance(report, Report)
    assert (received.sender, report.row_id, report.action, report.status) == ("", row_id, "failed", "5.1.1")
    whole = received.raw.decode()
    assert f"Original-Envelope-Id: {row_id.hex}" in whole  # ENVID was honoured
    assert "text/rfc822-headers" in whole  # RET=HDRS as well: our text does not travel twice
    assert "text/calendar; charset=UTF-8; method" not in whole
    booking = await get_booking(booking.id)
    assert (booking.unreachable, booking.to_call_back, booking.call_why) == ("dead", True, "bounced")
    assert await database.fetch_value("SELECT state FROM outbox WHERE id = $1", row_id) == "failed"


async def test_a_delay_is_only_noted_and_giving_up_is_a_soft_bounce(post):
    booking = await booked("odile@far.test")

    async with far_end(post, RCPT=["452 4.2.2 Mailbox full"] * 100), open_door(post) as taken:
        await deliver(post)
        await taken.until(2, post)
    await unreachable.sweep(NOON)

    reports = [classify(received) for received in taken[:2]]
    assert [(one.action, one.status) for one in reports if isinstance(one, Report)] == [
        ("delayed", "4.2.2"),
        ("failed", "4.2.2"),
    ]
    assert await database.fetch_value("SELECT array_agg(cause) FROM bounce") == ["soft"]
    assert (await get_booking(booking.id)).unreachable == ""


async def test_a_refusal_by_policy_is_ours_to_mend(post):
    booking = await booked("odile@far.test")

    async with far_end(post, text=["550 5.7.26 Unauthenticated mail is not accepted"]), open_door(post) as taken:
        await deliver(post)
        await taken.until(1, post)
    await unreachable.sweep(NOON)

    assert await database.fetch_value("SELECT (cause, status) FROM bounce") == ("policy", "5.7.26")
    booking = await get_booking(booking.id)
    assert (booking.unreachable, booking.to_call_back) == ("", False)


async def test_word_of_a_delivery_is_no_bounce(post):
    await booked()
    row_id = await database.fetch_value("SELECT id FROM outbox")
    from ateliers.mail.return_path import return_path

    async with open_door(post) as taken:
        options = {"mail_options": [f"ENVID={row_id.hex}"], "rcpt_options": ["NOTIFY=SUCCESS"]}
        await asyncio.to_thread(
            lambda: send(post, human_letter("x"), to="odile@example.test", sender=return_path(row_id), **options)
        )
        await taken.until(1, post)

    report = classify(taken[0])
    assert isinstance(report, Report)
    assert (report.row_id, report.action) == (row_id, "delivered")
    assert await database.fetch_value("SELECT count(*) FROM bounce") == 0


async def test_a_forged_return_path_looks_like_no_mailbox(post):
    async with open_door(post) as taken:
        forged = "retour+0123456789abcdef0123456789abcdef-aaaaaaaaaaaaaaaa@ateliers.test"
        await asyncio.to_thread(send, post, human_letter("x"), to=forged, sender="odile@example.test")
        bounce = (await asyncio.to_thread(post.messages, "odile@example.test"))[0]

    assert taken == []
    assert b"550 5.1.1 No such mailbox here" in bounce


async def test_a_decline_that_postfix_carried_gives_the_seat_back(post):
    booking = await booked()
    await deliver(post)
    raw = signed(calendar_letter(itip(booking.uid, sequence=booking.sequence)))

    async with open_door(post) as taken:
        await asyncio.to_thread(send, post, raw)
        await taken.until(1, post)

    assert b"Received: from" in taken[0].raw  # it really went through
    assert (await get_booking(booking.id)).state is BookingState.GIVEN_BACK
    await asyncio.to_thread(post.empty, "odile@example.test")
    await deliver(post)
    [receipt] = await asyncio.to_thread(post.messages, "odile@example.test")
    assert b"method=CANCEL" in receipt


async def test_a_forged_result_of_authentication_passes_postfix_and_is_not_believed(post):
    booking = await booked()
    raw = b"Authentication-Results: mx.ateliers.test; dkim=pass header.d=example.test\r\n"
    raw += calendar_letter(itip(booking.uid, sequence=booking.sequence))

    async with open_door(post) as taken:
        await asyncio.to_thread(send, post, raw)
        await taken.until(1, post)

    assert b"dkim=pass" in taken[0].raw
    assert (await get_booking(booking.id)).state is BookingState.CONFIRMED
    assert await database.fetch_value("SELECT count(*) FROM outbox WHERE kind = 'decline_to_confirm'") == 1


async def test_postfix_keeps_what_we_cannot_take_now_and_brings_it_again(post):
    booking = await booked()
    raw = signed(calendar_letter(itip(booking.uid, sequence=booking.sequence)))
    times = []

    async def handle(received: Received) -> bool:
        times.append(received)
        if len(times) == 1:
            raise ConnectionError("the database is away")
        return await take(received, now=NOON, records=WORLD) is Fate.TAKEN

    async def given_back() -> bool:
        return (await get_booking(booking.id)).state is BookingState.GIVEN_BACK

    async with lmtp_server(f"127.0.0.1:{post.our_lmtp}", handle):
        await asyncio.to_thread(send, post, raw)
        await until(given_back, post)

    assert times[0].raw == times[1].raw


async def test_a_mailbox_is_read_where_lmtp_is_not_to_be_had(post):
    await asyncio.to_thread(post.route, ours_to="box")
    booking = await booked()
    lost = await get_booking(await make_booking(booking.session_id, email="nobody@example.test", name="Lucien"))
    await send_again(lost.id, now=NOON)
    await deliver(post)
    await asyncio.to_thread(send, post, signed(calendar_letter(itip(booking.uid, sequence=booking.sequence))))
    await asyncio.to_thread(send, post, human_letter("Je ne connais personne.", sender="x@example.test"))
    await asyncio.to_thread(post.messages, US, count=3)

    async def handle(received: Received) -> bool:
        return await take(received, now=NOON, records=WORLD) is Fate.TAKEN

    first = await read_mailbox(post.imap_url(US), handle)
    second = await read_mailbox(post.imap_url(US), handle)
    await unreachable.sweep(NOON)

    assert (first, second) == (3, 0)
    assert (await get_booking(booking.id)).state is BookingState.GIVEN_BACK
    assert (await get_booking(lost.id)).unreachable == "dead"
    assert len(await asyncio.to_thread(post.messages, US, count=2, folder=DONE)) == 2
    [left] = await asyncio.to_thread(
        post.messages, US
    )  # nobody is named to read it: it stays for whoever opens the box
    assert b"Je ne connais personne." in left


async def test_the_worker_does_it_all_by_itself(post, db, tmp_path):
    now = clock.now()
    session = await make_session(starts_at=(now + timedelta(days=7)).replace(microsecond=0))
    odile = await get_booking(await make_booking(session))
    lost = await get_booking(await make_booking(session, email="nobody@example.test", name="Lucien"))
    for booking in (odile, lost):
        await send_again(booking.id, now=now)

    async def noticed() -> bool:
        return bool((await get_booking(lost.id)).unreachable)

    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "ateliers",
        "worker",
        "--lmtp",
        env={
            **os.environ,
            "ATELIERS_DATABASE_URL": db,
            "ATELIERS_DATA_DIR": str(tmp_path),
            "ATELIERS_LMTP": f"127.0.0.1:{post.our_lmtp}",
            "ATELIERS_SMTP_URL": post.smtp_url,
        },
    )
    try:
        await asyncio.to_thread(post.messages, "odile@example.test")
        stamp = now - timedelta(minutes=1)
        raw = calendar_letter(itip(odile.uid, sequence=1, stamp=stamp))
        await asyncio.to_thread(send, post, raw)
        mails = await asyncio.to_thread(post.messages, "odile@example.test", count=2)
        await until(noticed, post)
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()

    asked = [mail for mail in mails if f"/ma-reservation/{odile.code}/" in mail.decode() and b"method=" not in mail]
    assert len(asked) == 1  # nobody signed the decline: one click is asked for
    assert (await get_booking(odile.id)).state is BookingState.CONFIRMED
    assert (await get_booking(lost.id)).unreachable == "dead"
