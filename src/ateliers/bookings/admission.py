"""Admission: wishes that arrive while a commit is under way are decided together in the next.

A row is locked until its commit is on disk, so one booking a transaction is one booking a commit. Here a process has one
transaction at a time; whatever arrives meanwhile, for whatever session, shares the next. A quiet hour sees rounds of one, a rush
sees rounds of hundreds, and it is the same code. Processes share nothing but the database: any may die, its round rolls back.
"""

from __future__ import annotations

import asyncio
import contextvars
import weakref
from collections import deque
from collections.abc import Sequence

import asyncpg

from ateliers.bookings.rounds import Answer, Request, Round
from ateliers.database import transaction

LARGEST_ROUND = 256
SMALLEST_HALF = 32  # fewer wishes than this are not worth dividing
TRIES = 3  # for one wish alone: a code or request key that another process wrote between our look and our write


class _Line:
    """The wishes of one process, in order of arrival."""

    def __init__(self) -> None:
        self.queue: deque[tuple[Request, asyncio.Future[Answer]]] = deque()
        self.task: asyncio.Task[None] | None = None

    def submit(self, request: Request) -> asyncio.Future[Answer]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self.queue.append((request, future))
        if self.task is None:
            # An empty context: the round must not find itself in whatever transaction its first caller has open.
            self.task = loop.create_task(self.drain(), context=contextvars.Context())
        return future

    async def drain(self) -> None:
        try:
            while self.queue:
                # Half of a rush at a time: while one half is in the database, the other is read from and answered to.
                size = min(len(self.queue), max(SMALLEST_HALF, len(self.queue) // 2), LARGEST_ROUND)
                taken = [self.queue.popleft() for _ in range(size)]
                await self.serve([(request, future) for request, future in taken if not future.done()])
        finally:
            self.task = None

    async def serve(self, taken: list[tuple[Request, asyncio.Future[Answer]]]) -> None:
        if not taken:
            return
        try:
            answers: Sequence[Answer | Exception] = await play_round([request for request, _ in taken])
        except Exception as fault:  # noqa: BLE001 - whoever asked gets it
            answers = [fault] if len(taken) == 1 else []
        if len(answers) < len(taken) or isinstance(answers[0], asyncpg.UniqueViolationError):
            # One bad wish must not fail the others: each on its own.
            answers = [await _alone(request) for request, _ in taken]
        for (_, future), answer in zip(taken, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)


_lines: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Line] = weakref.WeakKeyDictionary()


async def submit(request: Request) -> Answer:
    """Decide a wish with whatever else has arrived. Raises what the database raises; a refusal is an answer."""
    return await _lines.setdefault(asyncio.get_running_loop(), _Line()).submit(request)


async def _alone(request: Request) -> Answer | Exception:
    for attempt in range(TRIES):
        try:
            return (await play_round([request]))[0]
        except asyncpg.UniqueViolationError as fault:
            if attempt == TRIES - 1:
                return fault
        except Exception as fault:  # noqa: BLE001 - handed to whoever asked
            return fault
    raise AssertionError


async def play_round(requests: Sequence[Request]) -> list[Answer]:
    """Decide these wishes in one transaction, in their order."""
    if not requests:
        return []
    played = Round(requests, now=max(request.now for request in requests))
    async with transaction():
        await played.read()
        played.decide()
        await played.write()
    return played.answers()
