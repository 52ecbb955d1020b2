"""Sending with care: stops, daily measures, slow domains, and noticing that something is wrong."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import pytest

from ateliers import database
from ateliers.mail import safety
from ateliers.mail.delivery import Delivery
from ateliers.mail.email import Email
from ateliers.mail.outbox import NewMail, OutboxRow, queue_many
from ateliers.mail.pace import A_MINUTE, FIRST_PAUSE, PROBATION, forget_content
from tests.mail.sink import Sink, smtp_sink
from tests.mail.test_delivery import PATIENT, letter
from tests.world import NOON

OURS, THEIRS, SAMIR = (database.new_id() for _ in range(3))
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def small_measures(monkeypatch):
    """A tenth of the real measures, for they are reached letter by letter."""
    monkeypatch.setattr(safety, "MOST_A_DAY", {purpose: most // 10 for purpose, most in safety.MOST_A_DAY.items()})
    monkeypatch.setattr(safety, "CAPPED_PEOPLE", 4)


async def composed(row: OutboxRow, now: datetime) -> Email:
    return msgspec.structs.replace(await letter(row, now), **row.data.get("email", {}))


async def ours(row: OutboxRow, now: datetime) -> Email:
    return msgspec.structs.replace(await composed(row, now), structure_id=OURS)


async def theirs(row: OutboxRow, now: datetime) -> Email:
    return msgspec.structs.replace(await composed(row, now), structure_id=THEIRS)


COMPOSERS = {"ours": ours, "theirs": theirs}


async def queue(kind: str, many: int = 1, *, to: str = "odile@example.test", now: datetime = NOON, **email) -> None:
    await queue_many(
        [
            NewMail(
                kind=kind,
                key=str(database.new_id()),
                subject_id=None,
                now=now,
                data={"to": to.replace("#", str(n)), "email": email},
            )
            for n in range(many)
        ]
    )


async def deliver(sink: Sink, *, now: datetime = NOON, delivery: Delivery | None = None) -> None:
    worker = delivery or Delivery(sink.url, connections=1, timeouts=PATIENT)
    await worker.deliver_due(COMPOSERS, now=now)
    await worker.close()


async def left() -> list[str]:
    rows = await database.fetch_rows("SELECT outcome FROM outbox WHERE state = 'queued' ORDER BY id")
    return [row["outcome"] for row in rows]


async def test_a_stop_for_all_lets_only_staff_in():
    await safety.stop(None, why="asked", note="Incident", by_id=SAMIR, now=NOON)
    await queue("ours")
    await queue("ours", purpose="access")
    async with smtp_sink() as sink:
        await deliver(sink)

        assert (len(sink.received), await left()) == (1, [safety.SUSPENDED])


async def test_a_stop_for_one_structure_holds_nobody_else_back():
    await safety.stop(OURS, why="asked", note="", by_id=SAMIR, now=NOON)
    await queue("ours")
    await queue("theirs")
    async with smtp_sink() as sink:
        await deliver(sink)

        assert (sink.subjects, await left()) == (["theirs"], [safety.SUSPENDED])


async def test_what_was_held_leaves_when_the_stop_is_lifted():
    await safety.stop(OURS, why="asked", note="", by_id=SAMIR, now=NOON)
    await queue("ours")
    async with smtp_sink() as sink:
        await deliver(sink)
        await safety.lift(OURS, by_id=SAMIR, now=NOON + MINUTE)
        await deliver(sink, now=NOON + MINUTE)

        assert (sink.subjects, await safety.list_stops()) == (["ours"], [])


async def test_a_stop_asked_twice_is_one():
    assert await safety.stop(None, why="asked", note="", by_id=SAMIR, now=NOON)
    assert not await safety.stop(None, why="anomaly", note="x", by_id=None, now=NOON)
    assert await safety.lift(None, by_id=SAMIR, now=NOON)
    assert not await safety.lift(None, by_id=SAMIR, now=NOON)
    assert await safety.stop(None, why="asked", note="", by_id=SAMIR, now=NOON)


async def test_a_reminder_too_many_is_dropped_and_what_a_booking_needs_waits_for_tomorrow():
    async with smtp_sink() as sink:
        delivery = Delivery(sink.url, connections=1)
        most = safety.MOST_A_DAY["service"]
        await queue("ours", most)
        await deliver(sink, delivery=delivery)
        await queue("ours")
        await queue("ours", purpose="reminder")
        await deliver(sink, delivery=delivery)
        await deliver(sink, delivery=delivery, now=NOON + timedelta(hours=12))
        assert (len(sink.received), await left()) == (most, [safety.CAPPED])
        dropped = await database.fetch_value("SELECT outcome FROM outbox WHERE state = 'dropped'")
        assert dropped == safety.CAPPED

        await deliver(sink, delivery=delivery, now=NOON + timedelta(days=1))
        assert len(sink.received) == most + 1


async def test_the_measure_of_a_day_is_the_same_for_all_workers():
    async with smtp_sink() as sink:
        await queue("ours", 40, purpose="survey")
        await deliver(sink)
        await queue("ours", 40, purpose="survey", to="ODILE@example.test")
        await deliver(sink)

        # Another process learns of the count with the first message that it sends.
        assert len(sink.received) == safety.MOST_A_DAY["survey"] + 1


async def test_when_many_people_are_written_to_again_and_again_everything_stops():
    async with smtp_sink() as sink:
        delivery = Delivery(sink.url, connections=1)
        for n in range(safety.CAPPED_PEOPLE):
            await queue("ours", safety.MOST_A_DAY["service"] + 1, to=f"p{n}@example.test")
        while not await safety.list_stops():
            await deliver(sink, delivery=delivery)

        (stop,) = await safety.list_stops()
        assert (stop.structure_id, stop.why, stop.note) == (None, "anomaly", safety.AGAIN_AND_AGAIN)


@pytest.mark.parametrize(("refused", "stops"), [(9, []), (10, [OURS])])
async def test_when_one_message_in_five_is_refused_its_structure_stops(refused, stops):
    async with smtp_sink() as sink:
        await queue("ours", safety.FEWEST - 10, to="p#@example.test")
        await deliver(sink, delivery=(delivery := Delivery(sink.url, connections=1)))
        sink.faults = {"RCPT": ["550 5.1.1 No such user"] * refused}
        await queue("ours", 10, to="q#@example.test", now=NOON + MINUTE)
        await deliver(sink, delivery=delivery, now=NOON + MINUTE)

        assert [stop.structure_id for stop in await safety.list_stops()] == stops


async def test_refusals_of_long_ago_stop_nothing():
    async with smtp_sink() as sink:
        delivery = Delivery(sink.url, connections=1)
        sink.faults = {"RCPT": ["550 5.1.1 No such user"] * 10}
        await queue("ours", 10, to="p#@example.test")
        await deliver(sink, delivery=delivery)
        later = NOON + timedelta(hours=2)
        await queue("ours", 39, to="q#@example.test", now=later)
        await deliver(sink, delivery=delivery, now=later)
        sink.faults = {"RCPT": ["550 5.1.1 No such user"]}
        await queue("ours", 1, now=later)
        await deliver(sink, delivery=delivery, now=later)

        assert await safety.list_stops() == []


async def test_a_slow_domain_is_known_to_every_worker_and_written_to_slowly_afterwards():
    async with smtp_sink() as sink:
        sink.faults = {"RCPT": ["432 4.7.0 Slower"]}
        await queue("ours", 2 * A_MINUTE, to="p#@example.test")
        await deliver(sink)
        await deliver(sink, now=NOON + MINUTE)
        assert sink.received == []

        await deliver(sink, now=NOON + FIRST_PAUSE)
        assert len(sink.received) == A_MINUTE
        await deliver(sink, now=NOON + FIRST_PAUSE + MINUTE)
        assert len(sink.received) == 2 * A_MINUTE


async def test_a_domain_that_complains_again_is_left_alone_for_longer():
    async with smtp_sink() as sink:
        pauses, now = [], NOON
        for _ in range(7):
            sink.faults = {"RCPT": ["450 4.7.1 Slower"]}
            await queue("ours", now=now)
            await deliver(sink, now=now)
            until = await database.fetch_value("SELECT until FROM slow_domain")
            pauses.append(round((until - now) / MINUTE))
            now = until

        assert pauses == [10, 20, 40, 80, 160, 240, 240]
        assert await forget_content(now + 2 * PROBATION + MINUTE) == 1


async def test_old_counts_are_forgotten():
    await queue("ours")
    async with smtp_sink() as sink:
        await deliver(sink)

    assert await safety.purge_counts(NOON + timedelta(days=2)) == 0
    assert await safety.purge_counts(NOON + timedelta(days=3)) == 1


@pytest.mark.parametrize(
    ("starts_in", "state"), [(timedelta(hours=1, minutes=0), "failed"), (timedelta(hours=3), "queued")]
)
async def test_retries_end_an_hour_before_the_event(starts_in, state):
    async with smtp_sink() as sink:
        sink.faults = {"RCPT": ["450 4.2.1 Later"] * 2}
        await queue("ours", now=NOON - timedelta(days=1))
        await database.execute(
            "UPDATE outbox SET data = jsonb_set(data, '{email}', $1)", {"starts_at": (NOON + starts_in).isoformat()}
        )
        await deliver_dated(sink)

        assert await database.fetch_value("SELECT state FROM outbox") == state


async def test_what_is_queued_in_the_last_hour_is_still_tried_until_the_start():
    async with smtp_sink() as sink:
        sink.faults = {"RCPT": ["450 4.2.1 Later"]}
        await queue("ours", starts_at=(NOON + timedelta(minutes=30)).isoformat())
        await deliver_dated(sink)

        assert await database.fetch_value("SELECT state FROM outbox") == "queued"


async def deliver_dated(sink: Sink) -> None:
    async def dated(row: OutboxRow, now: datetime) -> Email:
        start = datetime.fromisoformat(row.data["email"]["starts_at"])
        return msgspec.structs.replace(await letter(row, now), starts_at=start)

    delivery = Delivery(sink.url, connections=1)
    await delivery.deliver_due({"ours": dated}, now=NOON)
    await delivery.close()
