"""Clients that ask over kept connections, as many as wanted, and what they saw."""

from __future__ import annotations

import asyncio
from itertools import count
from urllib.parse import urlsplit

import msgspec


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What a run of clients saw: answers a second, 99th percentile in milliseconds, answers that were not 200."""

    rate: float
    slowest_percent: float
    wrong: int


async def get_over_and_over(base: str, paths: list[str], *, clients: int, seconds: float, cookie: str = "") -> Run:
    """GET `paths` in turn from `clients` connections for `seconds`, as who has that cookie."""
    more = f"Cookie: {cookie}\r\n" if cookie else ""
    where = urlsplit(base)
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    turns = count()
    times: list[float] = []
    wrong = 0

    async def client() -> None:
        nonlocal wrong
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        while (begun := loop.time()) < end:
            path = paths[next(turns) % len(paths)]
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {where.netloc}\r\nAccept-Encoding: gzip\r\n{more}\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.partition(b":")[2])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            )
            await reader.readexactly(length)
            times.append(loop.time() - begun)
            wrong += not head.startswith(b"HTTP/1.1 200")
        writer.close()

    begun = loop.time()
    await asyncio.gather(*(client() for _turn in range(clients)))
    spent = loop.time() - begun
    times.sort()
    return Run(rate=len(times) / spent, slowest_percent=1000 * times[int(len(times) * 0.99)], wrong=wrong)
