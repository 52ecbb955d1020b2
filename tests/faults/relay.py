"""A relay between the service and PostgreSQL that loses the connection at a chosen word of the conversation."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum
from typing import Self
from urllib.parse import parse_qs, urlsplit, urlunsplit

HEAD = 5  # bytes: what kind of message, and its length


class End(Enum):
    """How a connection ends."""

    CLOSED = "closed"  # the process is gone
    RESET = "reset"  # the machine is gone, or something between
    TORN = "torn"  # in the middle of a message
    SHUT_DOWN = "57P01"  # the administrator ended it, and PostgreSQL says so
    CRASHED = "57P02"  # another process of the server was killed, and PostgreSQL says so
    NOT_YET = "57P03"  # the server starts or stops


class Relay:
    """What passes, and where it ends: when `left` messages of the server have passed, everything ends as `end` says."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.folder = parse_qs(parts.query)["host"][0]
        self.parts = parts
        self.url = ""
        self.end = End.CLOSED
        self.left: int | None = None  # None: nothing ends
        self.passed = 0
        self._open: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()

    def lose(self, end: End, *, after: int | None) -> None:
        """From now on PostgreSQL says `after` things more."""
        self.end, self.left, self.passed = end, after, 0

    def heal(self) -> int:
        """Nothing is lost any more; how many things PostgreSQL said since."""
        self.left = None
        return self.passed

    @classmethod
    @asynccontextmanager
    async def to(cls, url: str) -> AsyncIterator[Self]:
        relay = cls(url)
        server = await asyncio.start_server(relay._take, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        user = relay.parts.username or "postgres"
        relay.url = urlunsplit(relay.parts._replace(netloc=f"{user}@127.0.0.1:{port}", query="sslmode=disable"))
        try:
            yield relay
        finally:
            server.close()
            relay._drop_all()

    async def _take(self, from_service: asyncio.StreamReader, to_service: asyncio.StreamWriter) -> None:
        if self.left is not None and self.left <= 0:
            self._say_last(to_service)
            return
        from_server, to_server = await asyncio.open_unix_connection(f"{self.folder}/.s.PGSQL.5432")
        pair = (to_service, to_server)
        self._open.add(pair)
        questions = asyncio.create_task(self._carry(from_service, to_server))
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, RuntimeError):
                await self._answer(from_server, to_service)
        finally:
            questions.cancel()
            self._open.discard(pair)
            to_server.close()
            to_service.close()

    async def _carry(self, source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            to.write(data)
        to.close()

    async def _answer(self, from_server: asyncio.StreamReader, to_service: asyncio.StreamWriter) -> None:
        while True:
            head = await from_server.readexactly(HEAD)
            rest = await from_server.readexactly(int.from_bytes(head[1:]) - 4)
            if self.left is not None and self.left <= 0:
                if self.end is End.TORN:
                    to_service.write((head + rest)[: HEAD + len(rest) // 2 - 1])
                self._drop_all()
                return
            to_service.write(head + rest)
            self.passed += 1
            if self.left is not None:
                self.left -= 1

    def _drop_all(self) -> None:
        for to_service, to_server in list(self._open):
            self._say_last(to_service)
            to_server.close()

    def _say_last(self, to_service: asyncio.StreamWriter) -> None:
        if self.end.value.startswith("57P"):
            fields = b"SFATAL\0VFATAL\0C" + self.end.value.encode() + b"\0Mended by the relay\0\0"
            to_service.write(b"E" + struct.pack("!i", len(fields) + 4) + fields)
        if self.end is End.RESET:
            sock = to_service.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            to_service.transport.abort()
        to_service.close()
