"""The outbox: once per occasion, one worker at a time, in order within a thread."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from ateliers import database
from ateliers.mail.outbox import (
    LEASE,
    NewMail,
    claim,
    finish,
    list_messages,
    mark_handing_over,
    put_back,
    queue,
    queue_many,
    waiting,
)
from tests.world import NOON

MINUTE = timedelta(minutes=1)


def mail(key: str, **values) -> NewMail:
    return NewMail(**{"kind": "reminder", "key": key, "subject_id": None, "now": NOON, **values})


async def kinds_of(rows) -> list[str]:
    return [row.kind for row in rows]


async def test_an_occasion_queued_twice_is_one_row():
    assert await queue_many([mail("a"), mail("b")]) == 2
    assert await queue_many([mail("a", kind="other"), mail("c")]) == 1
    await queue("more", key="a", subject_id=None, now=NOON)

    assert (await waiting(now=NOON)).queued == 3


async def test_nothing_to_queue_is_no_fault():
    assert await queue_many([]) == 0


async def test_data_comes_back_as_it_went():
    await queue("moved", key="a", subject_id=None, now=NOON, data={"before": "2026-12-01", "revision": 3})

    (row,) = await claim(5, now=NOON)

    assert row.data == {"before": "2026-12-01", "revision": 3}
    assert (row.attempts, row.last_outcome, row.created_at) == (1, None, NOON)


async def test_a_claimed_row_is_nobody_elses_until_the_lease_ends():
    await queue_many([mail("a", thread="t", sequence=0)])
    await claim(5, now=NOON)

    assert await claim(5, now=NOON + MINUTE) == []
    (second,) = await claim(5, now=NOON + LEASE + MINUTE)
    assert second.attempts == 2
    assert second.is_in_doubt


async def test_who_lost_the_lease_can_no_longer_say_how_it_ended():
    await queue_many([mail("a")])
    (late,) = await claim(5, now=NOON)
    (holder,) = await claim(5, now=NOON + LEASE + MINUTE)

    assert not await finish(late, "failed", "550", now=NOON)
    assert not await put_back(late, "451", due_at=NOON)
    assert not await mark_handing_over(late)
    assert await finish(holder, "sent", "250", now=NOON)
    assert not await finish(holder, "failed", "550", now=NOON)


async def test_a_row_is_not_due_before_its_time():
    await queue_many([mail("a", due_at=NOON + MINUTE)])

    assert await claim(5, now=NOON) == []
    assert len(await claim(5, now=NOON + MINUTE)) == 1


async def test_a_thread_has_one_message_in_flight_in_order_of_sequence():
    await queue_many([mail("late", kind="second", thread="t", sequence=1)])
    await queue_many(
        [mail("early", kind="first", thread="t", sequence=0), mail("other", kind="third", thread="u", sequence=0)]
    )

    rows = await claim(5, now=NOON)
    assert {row.kind for row in rows} == {"first", "third"}
    assert await claim(5, now=NOON) == []
    first = next(row for row in rows if row.kind == "first")
    assert first.superseded
    assert first.is_first
    await finish(first, "sent", "250", now=NOON, message_id="m@x")
    (second,) = await claim(5, now=NOON)
    assert (second.kind, second.first_of_thread, second.superseded, second.is_first) == ("second", "m@x", False, False)


async def test_a_retry_holds_back_the_rest_of_its_thread():
    await queue_many([mail("a", thread="t", sequence=0)])
    (row,) = await claim(5, now=NOON)
    await put_back(row, "451", due_at=NOON + timedelta(hours=1), refused=True)
    await queue_many([mail("b", thread="t", sequence=1)])

    assert await claim(5, now=NOON) == []
    (again,) = await claim(5, now=NOON + timedelta(hours=1))
    assert (again.refusals, again.last_outcome, again.is_in_doubt) == (1, "451", False)


async def test_a_doubt_is_not_forgotten_when_the_server_goes_away():
    await queue_many([mail("a", thread="t", sequence=0)])
    for outcome in ("unknown: lost", "no server: refused", "421 4.3.2 Bye"):
        (row,) = await claim(1, now=NOON)
        await put_back(row, outcome, due_at=NOON)

    (row,) = await claim(1, now=NOON)
    assert (row.is_in_doubt, row.last_outcome) == (True, "unknown: 421 4.3.2 Bye")


async def test_workers_side_by_side_never_claim_the_same_row():
    await queue_many([mail(str(n)) for n in range(60)])

    batches = await asyncio.gather(*(claim(10, now=NOON) for _ in range(6)))

    ids = [row.id for batch in batches for row in batch]
    assert len(ids) == len(set(ids))


async def test_a_row_queued_in_a_transaction_that_fails_is_not_there():
    with pytest.raises(RuntimeError):
        await _queue_and_fail()

    assert (await waiting(now=NOON)).queued == 0


async def _queue_and_fail() -> None:
    async with database.transaction():
        await queue_many([mail("a")])
        raise RuntimeError


async def test_the_journal_lists_what_is_about_one_subject():
    subject = database.new_id()
    await queue_many([mail("a", subject_id=subject), mail("b"), mail("c", subject_id=subject, kind="later")])

    assert await kinds_of(await list_messages(subject)) == ["reminder", "later"]
