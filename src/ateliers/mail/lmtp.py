"""The door for incoming mail: an LMTP server (RFC 2033) that our mail server hands messages to, one answer for each recipient."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
from aiosmtpd.lmtp import LMTP

from ateliers.mail.inbound import LARGEST, Received, is_ours
from ateliers.settings import settings

log = structlog.get_logger()

Take = Callable[[Received], Awaitable[bool]]  # False: nobody reads it, its sender should know

TAKEN = "250 2.0.0 OK"
NOBODY = "550 5.2.1 Nobody reads this mailbox: please call the structure"
LATER = "451 4.3.0 Not now, please try again"
NO_SUCH_MAILBOX = "550 5.1.1 No such mailbox here"
IDLE_SECONDS = 300.0
SOCKET_MODE = 0o660  # the mail server's user belongs to the socket's group


@asynccontextmanager
async def lmtp_server(address: str, take: Take) -> AsyncIterator[None]:
    """Take mail at `address` ('host:port' or the path of a socket) until the end. Raises OSError when it cannot."""
    loop = asyncio.get_running_loop()

    def protocol() -> LMTP:
        return LMTP(
            _Handler(take),
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            hostname=settings().mail_domain,
            ident="ateliers",
            timeout=IDLE_SECONDS,
            loop=loop,
        )

    if address.startswith("/"):
        server: asyncio.Server = await loop.create_unix_server(protocol, address)  # in the place of one left behind
        await asyncio.to_thread(Path(address).chmod, SOCKET_MODE)
    else:
        host, _, port = address.rpartition(":")
        server = await loop.create_server(protocol, host.strip("[]"), int(port))
    log.info("taking mail", address=address)
    try:
        yield
    finally:
        server.close()


class _Handler:
    """What aiosmtpd calls, by its names."""

    def __init__(self, take: Take) -> None:
        self._take = take

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Refuse what is not ours before its text is sent: a forged return path looks like no mailbox (rule B2)."""
        if not is_ours(address):
            return NO_SUCH_MAILBOX
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Deal with the message; LMTP wants as many answers as there are recipients."""
        sender = (envelope.mail_from or "").strip("<>")  # the null sender comes as « <> »
        raw = envelope.original_content
        answers = [await self._one(Received(raw=raw, sender=sender, recipient=to)) for to in envelope.rcpt_tos]
        return "\r\n".join(answers)

    async def _one(self, received: Received) -> str:
        try:
            return TAKEN if await self._take(received) else NOBODY
        except Exception:  # whatever is wrong here is not the message's fault: it must not be lost
            log.exception("inbound_fault")
            return LATER
