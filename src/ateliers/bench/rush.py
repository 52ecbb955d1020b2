"""Many clients booking through the API at once; run as a process of its own: its task on stdin, what it saw in a file."""

from __future__ import annotations

import asyncio
import sys
from itertools import count
from pathlib import Path
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
    """Confirmed bookings a second and their codes; refusals because a session was full; other answers."""

    rate: float
    slowest_percent: float  # milliseconds
    codes: list[str]
    refused: int
    wrong: int


class _Answer(msgspec.Struct):
    code: str
    status: str


async def rush(task: Task) -> Seen:
    """Book from `clients` connections until the time is over, everybody with an address of their own."""
    where = urlsplit(task.base)
    loop = asyncio.get_running_loop()
    end = loop.time() + task.seconds
    numbers = count()
    mark = f"{loop.time():.6f}".replace(".", "")
    codes: list[str] = []
    times: list[float] = []
    refused = wrong = 0

    async def client() -> None:
        nonlocal refused, wrong
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        while (begun := loop.time()) < end:
            number = next(numbers)
            session = task.sessions[number * 7919 % len(task.sessions)]
            body = f'{{"contact":{{"name":"Personne {number}","email":"p{number}-{mark}@example.org"}},"seats":1}}'.encode()
            head = (
                f"POST /api/v1/sessions/{session}/bookings HTTP/1.1\r\nHost: {where.netloc}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            writer.write(head.encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            at = answer.lower().index(b"content-length:") + 15
            content = await reader.readexactly(int(answer[at : answer.index(b"\r", at)]))
            times.append(loop.time() - begun)
            status = answer[9:12]
            if status == b"201":
                codes.append(msgspec.json.decode(content, type=_Answer).code)
            elif status == b"409":
                refused += 1
            else:
                wrong += 1
        writer.close()

    begun = loop.time()
    await asyncio.gather(*(client() for _turn in range(task.clients)))
    spent = loop.time() - begun
    times.sort()
    slowest = 1000 * times[int(len(times) * 0.99)]
    return Seen(rate=len(codes) / spent, slowest_percent=slowest, codes=codes, refused=refused, wrong=wrong)


if __name__ == "__main__":
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    Path(sys.argv[1]).write_bytes(msgspec.json.encode(uvloop.run(rush(task))))
