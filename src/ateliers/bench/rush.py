"""Many clients booking through the API at once; run as a process of its own: its task on stdin, what it saw in a file."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
import uvloop


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to ask, for which sessions, how long."""

    base: str
    sessions: list[UUID]
    seconds: float
    clients: int


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Bookings a second, confirmed or waiting, and their codes; refusals because a session was full; other answers."""

    rate: float
    slowest_percent: float  # milliseconds
    codes: list[str]
    waiting: int  # of the codes
    refused: int
    wrong: int


class _Crowd:
    """What the clients share: when to stop, whom to book for, what was answered."""

    def __init__(self, task: Task, loop: asyncio.AbstractEventLoop) -> None:
        self.task = task
        self.loop = loop
        self.host = urlsplit(task.base).netloc
        self.mark = f"{loop.time():.6f}".replace(".", "")
        self.end = loop.time() + task.seconds
        self.number = 0
        self.codes: list[str] = []
        self.times: list[float] = []
        self.waiting = self.refused = self.wrong = 0

    def ask(self) -> bytes:
        """The request of the next person."""
        self.number = number = self.number + 1
        session = self.task.sessions[number * 7919 % len(self.task.sessions)]
        body = f'{{"contact":{{"name":"Personne {number}","email":"p{number}-{self.mark}@example.org"}},"seats":1}}'
        return (
            f"POST /api/v1/sessions/{session}/bookings HTTP/1.1\r\nHost: {self.host}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    def hear(self, answer: bytes, seconds: float) -> None:
        """Count an answer."""
        self.times.append(seconds)
        if answer.startswith(b"HTTP/1.1 201"):
            self.waiting += b'"waiting"' in answer
            at = answer.index(b'"code":"') + 8
            self.codes.append(answer[at : answer.index(b'"', at)].decode())
        elif answer.startswith(b"HTTP/1.1 409"):
            self.refused += 1
        else:
            self.wrong += 1


class _Client(asyncio.Protocol):
    """One connection: asks, waits for the whole answer, asks for the next person. Thin: it shares the cores with the service."""

    def __init__(self, crowd: _Crowd) -> None:
        self.crowd = crowd
        self.heard = b""
        self.whole = 0  # bytes of the answer, once its head is here
        self.done: asyncio.Future[None] = crowd.loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.ask()

    def ask(self) -> None:
        self.begun = self.crowd.loop.time()
        if self.begun >= self.crowd.end:
            self.transport.close()
        else:
            self.transport.write(self.crowd.ask())

    def data_received(self, data: bytes) -> None:
        self.heard += data
        if not self.whole:
            head = self.heard.find(b"\r\n\r\n")
            if head < 0:
                return
            at = self.heard.lower().index(b"content-length:") + 15
            self.whole = head + 4 + int(self.heard[at : self.heard.index(b"\r", at)])
        if len(self.heard) >= self.whole:
            self.crowd.hear(self.heard, self.crowd.loop.time() - self.begun)
            self.heard, self.whole = b"", 0
            self.ask()

    def connection_lost(self, fault: Exception | None) -> None:
        if fault is not None or self.crowd.loop.time() < self.crowd.end:
            self.crowd.wrong += 1
        self.done.set_result(None)


async def rush(task: Task) -> Seen:
    """Book from `clients` connections until the time is over, everybody with an address of their own."""
    loop = asyncio.get_running_loop()
    where = urlsplit(task.base)
    crowd = _Crowd(task, loop)
    begun = loop.time()
    made = [
        await loop.create_connection(lambda: _Client(crowd), str(where.hostname), where.port or 80)
        for _turn in range(task.clients)
    ]
    await asyncio.gather(*(client.done for _transport, client in made))
    spent = loop.time() - begun
    crowd.times.sort()
    slowest = 1000 * crowd.times[int(len(crowd.times) * 0.99)]
    return Seen(
        rate=len(crowd.codes) / spent,
        slowest_percent=slowest,
        codes=crowd.codes,
        waiting=crowd.waiting,
        refused=crowd.refused,
        wrong=crowd.wrong,
    )


if __name__ == "__main__":
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    Path(sys.argv[1]).write_bytes(msgspec.json.encode(uvloop.run(rush(task))))
