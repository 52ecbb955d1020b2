"""The worker's loop: each chore at its rhythm, faults survived, a graceful end."""

from __future__ import annotations

import asyncio
from datetime import datetime

from ateliers import worker
from ateliers.worker import Chore, repeat


async def stop_when(stopping: asyncio.Event, reached: asyncio.Event) -> None:
    async with asyncio.timeout(60):
        await reached.wait()
    stopping.set()


async def test_a_chore_that_fails_is_run_again_and_does_not_stop_the_others(monkeypatch):
    monkeypatch.setattr(worker, "PAUSE_AFTER_FAULT", 0.001)
    stopping, enough = asyncio.Event(), asyncio.Event()
    tries: list[str] = []

    async def fail(_now: datetime) -> None:
        tries.append("fail")
        if tries.count("fail") >= 3 and "work" in tries:
            enough.set()
        raise RuntimeError("broken")

    async def work(_now: datetime) -> None:
        tries.append("work")

    chores = [Chore(name="fail", seconds=0.001, run=fail), Chore(name="work", seconds=0.001, run=work)]
    await asyncio.gather(repeat(chores, stopping), stop_when(stopping, enough))

    assert tries.count("fail") >= 3


async def test_a_chore_that_found_work_is_run_again_at_once():
    stopping, enough = asyncio.Event(), asyncio.Event()
    left = [3, 2, 1, 0]

    async def deliver(_now: datetime) -> int:
        count = left.pop(0)
        if not left:
            enough.set()
        return count

    await asyncio.gather(
        repeat([Chore(name="deliver", seconds=3600, run=deliver)], stopping), stop_when(stopping, enough)
    )

    assert left == []


async def test_a_chore_under_way_finishes_before_the_worker_ends():
    stopping, begun = asyncio.Event(), asyncio.Event()
    done = []

    async def slow(_now: datetime) -> None:
        begun.set()
        await asyncio.sleep(0.05)
        done.append(True)

    await asyncio.gather(repeat([Chore(name="slow", seconds=3600, run=slow)], stopping), stop_when(stopping, begun))

    assert done == [True]


async def test_a_chore_that_never_ends_is_cut_short(monkeypatch):
    monkeypatch.setattr(worker, "GRACE_SECONDS", 0.01)
    stopping, begun = asyncio.Event(), asyncio.Event()

    async def hang(_now: datetime) -> None:
        begun.set()
        await asyncio.sleep(3600)

    async with asyncio.timeout(60):
        await asyncio.gather(repeat([Chore(name="hang", seconds=1, run=hang)], stopping), stop_when(stopping, begun))
