"""Delivery against a real SMTP server that fails in every way a server can."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ateliers import database
from ateliers.mail.delivery import GIVEN_UP, IN_DOUBT, SERVER_DOWN, WAITS, Delivery
from ateliers.mail.email import Dropped, Email, Postponed
from ateliers.mail.holding import Holding, each_dead
from ateliers.mail.outbox import LEASE, NewMail, OutboxRow, claim, queue_many, take_back
from ateliers.mail.smtp import RECYCLED_AFTER, Timeouts
from tests.mail.sink import Sink, smtp_sink
from tests.world import NOON

PATIENT = Timeouts(connect=60, command=60, data=60)
HASTY = Timeouts(connect=60, command=60, data=0.4)  # against a sink that takes a second
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


async def letter(row: OutboxRow, _now: datetime) -> Email:
    return Email(
        to_name="Odile Marchand",
        to_address=row.data.get("to", "odile@example.test"),
        sender_name="CCAS de Nevers",
        subject=row.kind,
        text=".\nBonjour\n..\n",
        html="<p>Bonjour</p>",
        language="fr",
        calendar=b"BEGIN:VCALENDAR\r\n" if row.thread else None,
        method="REQUEST" if row.thread else None,
        purpose="reminder" if row.kind == "reminder" else "service",
    )


async def dropped(_row: OutboxRow, _now: datetime) -> Dropped:
    return Dropped("It no longer holds.")


async def postponed(_row: OutboxRow, now: datetime) -> Postponed:
    return Postponed(now + timedelta(hours=9))


async def broken(_row: OutboxRow, _now: datetime) -> Email:
    raise ZeroDivisionError


COMPOSERS = {"letter": letter, "reminder": letter, "dropped": dropped, "postponed": postponed, "broken": broken}


async def queue(*keys: str, kind: str = "letter", **values) -> None:
    await queue_many([NewMail(**{"kind": kind, "key": key, "subject_id": None, "now": NOON, **values}) for key in keys])


async def deliver(sink: Sink, *, now: datetime = NOON, connections: int = 1, timeouts: Timeouts = PATIENT) -> Delivery:
    delivery = Delivery(sink.url, connections=connections, timeouts=timeouts)
    await delivery.deliver_due(COMPOSERS, now=now)
    await delivery.close()
    return delivery


async def states() -> list[tuple[str, int]]:
    """State of each row, and in how many minutes it is due."""
    rows = await database.fetch_rows("SELECT state, due_at FROM outbox ORDER BY id")
    return [(row["state"], round((row["due_at"] - NOON) / MINUTE)) for row in rows]


async def outcome() -> str:
    return await database.fetch_value("SELECT outcome FROM outbox ORDER BY id LIMIT 1")


async def test_what_is_due_is_sent_over_kept_connections():
    async with smtp_sink() as sink:
        await queue(*(str(n) for n in range(30)))
        await deliver(sink, connections=3)

        assert len(sink.received) == 30
        assert sink.connections == 3
        assert {state for state, _ in await states()} == {"sent"}


async def test_a_text_that_begins_with_dots_arrives_whole():
    async with smtp_sink() as sink:
        await queue("a")
        await deliver(sink)

        body = sink.messages[0].get_body(("plain",)).get_content()
        assert body.replace("\r\n", "\n") == ".\nBonjour\n..\n"


async def test_a_connection_is_renewed_after_a_while():
    async with smtp_sink() as sink:
        for n in range(RECYCLED_AFTER + 1):
            await queue(str(n), data={"to": f"p{n}@example.test"})
        await deliver(sink)

        assert (len(sink.received), sink.connections) == (RECYCLED_AFTER + 1, 2)


async def test_what_no_longer_holds_is_dropped_with_its_reason():
    async with smtp_sink() as sink:
        await queue("a", kind="dropped")
        await deliver(sink)

        assert sink.received == []
        assert await states() == [("dropped", LEASE / MINUTE)]
        assert await outcome() == "It no longer holds."


async def test_what_is_not_for_the_night_waits_for_the_morning():
    async with smtp_sink() as sink:
        await queue("a", kind="postponed")
        await deliver(sink)

        assert await states() == [("queued", 9 * 60)]


async def test_a_composer_that_breaks_holds_up_nobody():
    async with smtp_sink() as sink:
        await queue("a", kind="broken")
        await queue("b")
        await deliver(sink)

        assert len(sink.received) == 1
        assert await states() == [("queued", 1), ("sent", LEASE / MINUTE)]


async def test_an_address_that_mail_cannot_carry_fails_at_once():
    async with smtp_sink() as sink:
        await queue("a", data={"to": "é@example.test"})
        await deliver(sink)

        assert (await states())[0][0] == "failed"


@pytest.mark.parametrize("phase", ["MAIL", "RCPT", "DATA", "text"])
@pytest.mark.parametrize("answer", ["421 4.3.2 Bye", "450 4.2.1 Later", "451 4.3.0 Later", "452 4.3.1 Full"])
async def test_not_now_is_tried_again_at_growing_distances(phase, answer):
    async with smtp_sink() as sink:
        sink.faults = {phase: [answer] * 2}
        await queue("a")
        await deliver(sink)
        assert await states() == [("queued", 1)]
        assert await outcome() == answer

        await deliver(sink, now=NOON + MINUTE)
        assert await states() == [("queued", 6)]

        await deliver(sink, now=NOON + 6 * MINUTE)
        assert len(sink.received) == 1


@pytest.mark.parametrize("phase", ["RCPT", "DATA", "text"])
async def test_never_is_never(phase):
    async with smtp_sink() as sink:
        sink.faults = {phase: ["550 5.1.1 No such user"]}
        await queue("a", "b")
        await deliver(sink)

        assert [state for state, _ in await states()] == ["failed", "sent"]
        assert await outcome() == "550 5.1.1 No such user"
        assert sink.connections == 1


async def test_a_refused_sender_is_our_fault_and_loses_no_letter():
    async with smtp_sink() as sink:
        sink.faults = {"MAIL": ["550 5.7.1 Not you"]}
        await queue("a")
        await deliver(sink)

        assert await states() == [("queued", 1)]


async def test_after_two_days_of_not_now_it_is_given_up():
    async with smtp_sink() as sink:
        sink.faults = {"RCPT": ["450 4.2.2 Full"] * 30}
        await queue("a")
        now, tries = NOON, 0
        while (await states())[0][0] == "queued":
            await deliver(sink, now=now)
            now = await database.fetch_value("SELECT due_at FROM outbox")
            tries += 1

        assert await states() == [("failed", round((now - NOON) / MINUTE))]
        assert tries == len(WAITS) + 7
        assert now <= NOON + GIVEN_UP + LEASE


async def test_a_domain_that_asks_to_slow_down_is_left_alone_for_a_while():
    async with smtp_sink() as sink:
        sink.faults = {"RCPT": ["432 4.7.0 Slower"]}
        await queue("a", "b")
        await queue("c", data={"to": "paule@other.test"})
        await deliver(sink)

        assert await states() == [("queued", 1), ("queued", 10), ("sent", LEASE / MINUTE)]


async def test_too_big_is_sent_again_without_the_attachment():
    async with smtp_sink() as sink:
        sink.faults = {"text": ["552 5.3.4 Too big"]}
        await queue("a", thread="t", sequence=0)
        await deliver(sink)

        assert [part.get_content_type() for part in sink.messages[0].walk()][-1] == "text/calendar"


@pytest.mark.parametrize("fault", ["421 4.3.2 Busy", "554 5.3.2 No service"])
async def test_a_server_that_does_not_want_to_talk_costs_no_letter_anything(fault):
    async with smtp_sink() as sink:
        sink.faults = {"connect": [fault]}
        await queue("a", "b")
        await deliver(sink)
        assert await states() == [("queued", SERVER_DOWN / MINUTE)] * 2

        await deliver(sink, now=NOON + SERVER_DOWN)
        assert len(sink.received) == 2


async def test_after_an_hour_without_server_everything_is_sent():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        down = Sink()
        down.url = f"smtp://127.0.0.1:{unused.getsockname()[1]}"
        await queue(*(str(n) for n in range(20)))
        for minute in range(60):
            await deliver(down, now=NOON + minute * MINUTE)
        assert {state for state, _ in await states()} == {"queued"}

    async with smtp_sink() as sink:
        await deliver(sink, now=NOON + 61 * MINUTE, connections=4)
        assert len(sink.received) == 20


@pytest.mark.parametrize("phase", ["MAIL", "RCPT", "DATA"])
async def test_a_connection_lost_before_the_text_is_simply_tried_again(phase):
    async with smtp_sink() as sink:
        sink.faults = {phase: ["drop"]}
        await queue("a", kind="reminder")
        await deliver(sink)
        assert await states() == [("queued", 1)]

        await deliver(sink, now=NOON + MINUTE)
        assert len(sink.received) == 1


async def test_a_kept_connection_that_the_server_gave_up_is_replaced_without_a_word():
    async with smtp_sink() as sink:
        sink.faults = {}
        delivery = Delivery(sink.url, connections=1, timeouts=PATIENT)
        await queue("a")
        await delivery.deliver_due(COMPOSERS, now=NOON)
        sink.faults = {"MAIL": ["drop"]}
        await queue("b")
        await delivery.deliver_due(COMPOSERS, now=NOON)
        await delivery.close()

        assert (len(sink.received), sink.connections) == (2, 2)


@pytest.mark.parametrize("fault", ["drop", "slow"])
async def test_a_letter_of_unknown_fate_is_sent_once_more_under_the_same_name(fault):
    async with smtp_sink() as sink:
        sink.faults = {"text": [fault] * 3}
        await queue("a")
        await deliver(sink, timeouts=HASTY)
        assert await states() == [("queued", IN_DOUBT / MINUTE)]

        await deliver(sink, now=NOON + IN_DOUBT, timeouts=HASTY)
        assert (await states())[0][0] == "unknown"
        assert len(sink.received) == 2
        assert sink.received[0] == sink.received[1]


@pytest.mark.parametrize("fault", [{"text": ["drop"]}, {"text": ["slow"]}, {"DATA": ["drop after 354"]}])
async def test_a_reminder_of_unknown_fate_is_not_sent_again(fault):
    async with smtp_sink() as sink:
        sink.faults = fault
        await queue("a", kind="reminder")
        await deliver(sink, timeouts=HASTY)
        await deliver(sink, now=NOON + timedelta(days=1))

        assert (await states())[0][0] == "unknown"
        assert len(sink.received) <= 1


async def test_only_the_latest_of_a_thread_is_sent_when_nothing_had_left():
    async with smtp_sink() as sink:
        await queue("a", thread="t", sequence=0)
        await queue("b", thread="t", sequence=1)
        await deliver(sink)

        assert [state for state, _ in await states()] == ["dropped", "sent"]
        assert len(sink.received) == 1


WORKER = """
import asyncio, os, signal, sys
from datetime import datetime, timedelta
from ateliers import database
from ateliers.mail import outbox
from pathlib import Path
from ateliers.mail.delivery import Delivery
from ateliers.mail.holding import Holding
from tests.mail.test_delivery import COMPOSERS

real, left = outbox.finish, int(sys.argv[4])
async def finish(*args, **rest):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)  # the server has said 250, nothing is committed yet
    return await real(*args, **rest)
outbox.finish = finish

async def main():
    await database.open_pool(sys.argv[1])
    holding = Holding(Path(sys.argv[5]))
    await Delivery(sys.argv[2], connections=2, holding=holding).deliver_due(COMPOSERS, now=datetime.fromisoformat(sys.argv[3]))
asyncio.run(main())
"""


async def work_until_killed(db: str, sink: Sink, folder: Path, *, finished: int) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        WORKER,
        db,
        sink.url,
        NOON.isoformat(),
        str(finished),
        str(folder),
        env={**os.environ, "PYTHONPATH": "."},
    )
    assert await process.wait() == -signal.SIGKILL


@pytest.mark.parametrize("kind", ["letter", "reminder"])
async def test_a_worker_killed_between_250_and_commit(db, kind, tmp_path):
    async with smtp_sink() as sink:
        await queue("a", kind=kind)
        await work_until_killed(db, sink, tmp_path, finished=0)
        assert len(sink.received) == 1
        assert await take_back_from_the_dead(tmp_path) == 0

        await deliver(sink, now=NOON + LEASE + MINUTE)

        if kind == "letter":
            assert len({message["message-id"] for message in sink.messages}) == 1
            assert (len(sink.received), (await states())[0][0]) == (2, "sent")
        else:
            assert (len(sink.received), (await states())[0][0]) == (1, "unknown")


async def take_back_from_the_dead(folder: Path) -> int:
    return sum([await take_back(one.id, leaving=one.leaving, now=NOON + SECOND) for one in each_dead(folder)])


async def test_what_a_killed_worker_had_not_begun_to_send_leaves_at_once_and_once(db, tmp_path):
    living = Holding(tmp_path)
    await queue("held", due_at=NOON - MINUTE)
    await claim(1, now=NOON, holder=living.id)
    async with smtp_sink() as sink:
        await queue(*(str(n) for n in range(40)))
        await work_until_killed(db, sink, tmp_path, finished=13)
        left = len(sink.received)

        taken = await take_back_from_the_dead(tmp_path)
        assert await take_back_from_the_dead(tmp_path) == 0
        await deliver(sink, now=NOON + SECOND)

        names = [message["message-id"] for message in sink.messages]
        assert (len(names), len(set(names))) == (left + taken, left + taken)
        held = await database.fetch_value("SELECT due_at FROM outbox WHERE holder = $1", living.id)
        assert held == NOON + LEASE
        assert 38 <= len(names) <= 40  # one a connection may have left when the worker died: those wait for the lease
        await deliver(sink, now=NOON + LEASE + MINUTE, connections=4)
        names = [message["message-id"] for message in sink.messages]
        assert len(set(names)) == 41
        assert len(names) - 41 <= 2
        assert {state for state, _ in await states()} == {"sent"}
    living.close()
