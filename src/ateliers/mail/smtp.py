"""One SMTP connection, kept open, and what each end of an exchange means (rules E7 to E9)."""

from __future__ import annotations

import asyncio
import re
import ssl
from typing import Literal
from urllib.parse import unquote, urlsplit

import aiosmtplib
import msgspec
from aiosmtplib import SMTP, SMTPResponse

from ateliers.mail.outbox import UNKNOWN

RECYCLED_AFTER = 100  # messages over one connection
ASKED_AFTER = 30.0  # seconds idle before a NOOP
ANSWER_LENGTH = 300  # characters of a server's answer that are kept
_DOTS = re.compile(rb"(?m)^\.")


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds. RFC 5321 4.5.3.2: a shorter one after the final dot makes duplicates."""

    connect: float = 30
    command: float = 300
    data: float = 600


class Result(msgspec.Struct, frozen=True):
    """How handing one message over ended."""

    state: Literal["sent", "again", "failed", "unknown"]
    answer: str
    slow_domain: bool = False  # the receiving side asks for fewer messages
    too_big: bool = False


class Unreachable(Exception):
    """No server to talk to, or it does not want to talk now: no message's fault."""


class SmtpLine(msgspec.Struct, kw_only=True):
    """A connection that opens when needed and stays open."""

    url: str  # as settings.smtp_url
    hostname: str  # given in EHLO
    timeouts: Timeouts = Timeouts()
    client: SMTP | None = None
    sent: int = 0
    used_at: float = 0.0

    async def send(self, sender: str, recipient: str, message: bytes, *, envelope_id: str | None = None) -> Result:
        """Hand one message to the server; a bounce will quote `envelope_id` where servers know how. Raises Unreachable."""
        fresh = await self._ready()
        try:
            return await self._exchange(sender, recipient, message, envelope_id)
        except _LostBeforeData as lost:
            await self.close()
            if fresh:
                return Result("again", str(lost))
        # An idle connection that the server had given up: nothing was said yet, so say it on a new one.
        await self._ready()
        try:
            return await self._exchange(sender, recipient, message, envelope_id)
        except _LostBeforeData as lost:
            await self.close()
            return Result("again", str(lost))

    async def close(self) -> None:
        """Say goodbye if there is still somebody there."""
        client, self.client, self.sent = self.client, None, 0
        if client is None:
            return
        try:
            await client.quit(timeout=2)
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            client.close()

    async def _ready(self) -> bool:
        """Be connected; True when the connection is new."""
        idle = asyncio.get_running_loop().time() - self.used_at
        if self.client is not None and self.client.is_connected and self.sent < RECYCLED_AFTER:
            if idle < ASKED_AFTER:
                return False
            try:
                await self.client.noop(timeout=self.timeouts.connect)
                return False
            except (aiosmtplib.SMTPException, OSError, TimeoutError):
                pass
        await self.close()
        parts = urlsplit(self.url)
        client = SMTP(
            hostname=parts.hostname,
            port=parts.port,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            local_hostname=self.hostname,
            timeout=self.timeouts.connect,
            use_tls=parts.scheme == "smtps",
            start_tls=parts.scheme == "smtp+starttls",
        )
        try:
            await client.connect()
            if not client.last_ehlo_response:  # connecting says it only when it signs in
                await client.ehlo()
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ssl.SSLError) as refused:
            client.close()
            raise Unreachable(_one_line(str(refused)) or type(refused).__name__) from refused
        self.client = client
        return True

    async def _exchange(self, sender: str, recipient: str, message: bytes, envelope_id: str | None) -> Result:
        """MAIL, RCPT, DATA, one after the other, so that the phase of a failure is known (rule E8)."""
        client = self.client
        if client is None or client.protocol is None:
            raise _LostBeforeData("connection lost")
        self.used_at = asyncio.get_running_loop().time()
        # RFC 3461: bounces with the headers only, and word of a delay; success is what silence means (rule B1).
        asks = envelope_id is not None and client.supports_extension("dsn")
        bounce, news = (f" RET=HDRS ENVID={envelope_id}", " NOTIFY=FAILURE,DELAY") if asks else ("", "")
        for phase, command, wanted in (
            ("MAIL", (b"MAIL", f"FROM:<{sender}>{bounce}".encode()), 250),
            ("RCPT", (b"RCPT", f"TO:<{recipient}>{news}".encode()), 250),
            ("DATA", (b"DATA",), 354),
        ):
            try:
                answer = await client.execute_command(*command, timeout=self.timeouts.command)
            except (aiosmtplib.SMTPException, OSError, TimeoutError) as lost:
                raise _LostBeforeData(f"connection lost at {phase}: {_one_line(str(lost))}") from lost
            if answer.code == 421:  # it is about to hang up
                await self.close()
                return _verdict(phase, answer)
            if answer.code != wanted and not (phase == "RCPT" and answer.code == 251):
                await self._reset()
                return _verdict(phase, answer)
        result = await self._text(client, message)
        self.sent += 1
        self.used_at = asyncio.get_running_loop().time()
        if result.state == "unknown":
            client.close()
            self.client = None
        return result

    async def _text(self, client: SMTP, message: bytes) -> Result:
        """The text and the final dot; from here on a lost connection tells nothing."""
        protocol = client.protocol
        if protocol is None:
            raise _LostBeforeData("connection lost")
        try:
            protocol.write(_DOTS.sub(b"..", message) + b".\r\n")
            answer = await protocol.read_response(timeout=self.timeouts.data)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as lost:
            return Result("unknown", f"{UNKNOWN}{_one_line(str(lost))}")
        return _verdict("text", answer)

    async def _reset(self) -> None:
        """Clear what the server remembers of the refused message."""
        if self.client is None:
            return
        try:
            await self.client.rset(timeout=self.timeouts.connect)
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            await self.close()


class _LostBeforeData(Exception):
    """The connection went before any text: the message was certainly not accepted."""


def _verdict(phase: str, answer: SMTPResponse) -> Result:
    text = f"{answer.code} {_one_line(answer.message)}"
    enhanced = re.match(r"[245]\.\d{1,3}\.\d{1,3}", answer.message)
    status = enhanced[0] if enhanced else ""
    if 200 <= answer.code < 300 and phase == "text":
        return Result("sent", text)
    if answer.code < 500:
        return Result("again", text, slow_domain=answer.code == 432 or status.startswith("4.7."))
    if phase == "MAIL":  # it is us they refuse, whoever is written to: somebody must mend that
        return Result("again", text)
    return Result("failed", text, too_big=answer.code == 552 or status == "5.3.4")


def _one_line(text: str) -> str:
    return " ".join(text.split())[:ANSWER_LENGTH]
