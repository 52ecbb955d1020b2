"""The far end of SMTP: a real server (aiosmtpd) that keeps what it accepts and fails where a test tells it to."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP


class Sink:
    """`faults` maps a phase ('connect', 'MAIL', 'RCPT', 'DATA', 'text') to what happens there, each used once, in order.

    A fault is an answer ('451 4.7.1 Later'), 'drop' (the connection is cut, in 'text' after the mail was kept), or 'slow'.
    """

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.recipients: list[str] = []
        self.connections = 0
        self.faults: dict[str, list[str]] = {}
        self.url = ""

    def fault(self, phase: str) -> str | None:
        left = self.faults.get(phase)
        return left.pop(0) if left else None

    @property
    def messages(self) -> list[EmailMessage]:
        return [email.message_from_bytes(raw, policy=email.policy.default) for raw in self.received]  # type: ignore[misc]

    @property
    def subjects(self) -> list[str]:
        return [str(message["subject"]) for message in self.messages]

    def _at(self, server: SMTP, phase: str) -> str | None:
        fault = self.fault(phase)
        if fault == "drop":
            server.transport.abort()
            return "451 dropped"
        return fault

    async def handle_MAIL(self, server, _session, envelope, address, _options):  # noqa: N802 - named by aiosmtpd
        answer = self._at(server, "MAIL")
        if answer is None:
            envelope.mail_from = address
        return answer or "250 OK"

    async def handle_RCPT(self, server, _session, envelope, address, _options):  # noqa: N802
        answer = self._at(server, "RCPT")
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802
        answer = self.fault("text")
        if answer is None or answer in ("drop", "slow"):
            self.received.append(envelope.content)
            self.recipients += envelope.rcpt_tos
        if answer == "drop":
            server.transport.abort()
        if answer == "slow":
            await asyncio.sleep(1)
        return "250 kept" if answer in (None, "drop", "slow") else answer


class FaultySMTP(SMTP):
    """With faults where aiosmtpd has no hook: at connect, and between RCPT and 354."""

    def connection_made(self, transport):
        sink = self.event_handler
        sink.connections += 1
        answer = sink.fault("connect")
        if answer is not None:
            transport.write(answer.encode() + b"\r\n")
            transport.close()
            return
        super().connection_made(transport)

    def connection_lost(self, error):
        if self.transport is not None:
            super().connection_lost(error)

    async def smtp_DATA(self, arg):  # noqa: N802
        answer = self.event_handler.fault("DATA")
        if answer == "drop":
            self.transport.abort()
        elif answer == "drop after 354":
            await self.push("354 go on")
            self.transport.abort()
        elif answer is not None:
            await self.push(answer)
        else:
            await super().smtp_DATA(arg)


@asynccontextmanager
async def smtp_sink() -> AsyncIterator[Sink]:
    """A sink on a free loopback port."""
    sink = Sink()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: FaultySMTP(sink, hostname="sink.test", loop=loop, enable_SMTPUTF8=False), "127.0.0.1", 0
    )
    sink.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield sink
    finally:
        server.close()
