"""A mailbox read where LMTP is not to be had: new messages one by one, moved away once dealt with (rule R1)."""

from __future__ import annotations

import asyncio
import imaplib
import re
import ssl
from collections.abc import Awaitable, Callable
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses, parseaddr
from urllib.parse import unquote, urlsplit

import structlog

from ateliers.mail.inbound import LARGEST, Received, is_ours
from ateliers.mail.return_path import message_of
from ateliers.settings import settings

log = structlog.get_logger()

SECONDS = 30.0  # what each exchange gets
AT_ONCE = 100  # messages a visit
DONE = "ateliers"  # the folder of what was dealt with
LEFT = "$AteliersLeft"  # keyword of what nobody is named to read: it stays, unread, for whoever opens the mailbox
_RECIPIENT_HEADERS = ("Delivered-To", "X-Original-To", "X-Envelope-To", "Envelope-To", "To", "Cc")


class MailboxError(Exception):
    """The mailbox cannot be read: no connection, a wrong password, no such folder."""


class _Mailbox:
    """One visit, over a connection of its own; every method waits for the network."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme == "imaps":
            context = ssl.create_default_context()
            self.imap: imaplib.IMAP4 = imaplib.IMAP4_SSL(host, parts.port or 993, ssl_context=context, timeout=SECONDS)
        else:
            self.imap = imaplib.IMAP4(host, parts.port or 143, timeout=SECONDS)
        if parts.scheme == "imap+starttls":
            self.imap.starttls(ssl.create_default_context())
        self.imap.login(unquote(parts.username or ""), unquote(parts.password or ""))
        folder = unquote(parts.path.strip("/")) or "INBOX"
        self._ask("SELECT", self.imap.select(_quoted(folder)))
        self.imap.create(_quoted(DONE))  # refused when it is there

    def list_new(self) -> list[bytes]:
        found = self._ask("SEARCH", self.imap.uid("SEARCH", "UNSEEN", "UNKEYWORD", LEFT))
        return (found[0] or b"").split()[:AT_ONCE]

    def read(self, uid: bytes) -> bytes | None:
        """The message; None when it is too large, or gone since."""
        told = b" ".join(_bytes(self.imap.uid("FETCH", uid.decode(), "(RFC822.SIZE)")[1]))
        size = re.search(rb"RFC822\.SIZE (\d+)", told)
        if size is None or int(size[1]) > LARGEST:
            return None
        parts = self.imap.uid("FETCH", uid.decode(), "(BODY.PEEK[])")[1]
        return next((part[1] for part in parts if isinstance(part, tuple)), None)

    def put_away(self, uid: bytes) -> None:
        number = uid.decode()
        self.imap.uid("STORE", number, "+FLAGS.SILENT", r"(\Seen)")
        if "MOVE" in self.imap.capabilities:
            self._ask("MOVE", self.imap.uid("MOVE", number, _quoted(DONE)))
            return
        self._ask("COPY", self.imap.uid("COPY", number, _quoted(DONE)))
        self.imap.uid("STORE", number, "+FLAGS.SILENT", r"(\Deleted)")
        self.imap.expunge()

    def leave(self, uid: bytes) -> None:
        self.imap.uid("STORE", uid.decode(), "+FLAGS.SILENT", f"({LEFT})")

    def close(self) -> None:
        try:
            self.imap.logout()
        except (imaplib.IMAP4.error, OSError):
            self.imap.shutdown()

    @staticmethod
    def _ask(what: str, answer: tuple[str, list[bytes | None]]) -> list[bytes | None]:
        if answer[0] != "OK":
            raise MailboxError(f"{what}: {b' '.join(_bytes(answer[1])).decode('ascii', 'replace')}")
        return answer[1]


async def look_into(url: str) -> None:
    """Open the mailbox and close it again. Raises MailboxError."""
    await asyncio.to_thread((await _opened(url)).close)


async def read_mailbox(url: str, take: Callable[[Received], Awaitable[bool]]) -> int:
    """Deal with what is new in the mailbox; how many messages that was. Raises MailboxError."""
    mailbox = await _opened(url)
    handled = 0
    try:
        for uid in await asyncio.to_thread(mailbox.list_new):
            raw = await asyncio.to_thread(mailbox.read, uid)
            is_read = raw is None or await take(received(raw))
            await asyncio.to_thread(mailbox.put_away if is_read else mailbox.leave, uid)
            handled += 1
    except (OSError, imaplib.IMAP4.error) as wrong:
        raise MailboxError(str(wrong)) from wrong
    finally:
        await asyncio.to_thread(mailbox.close)
    return handled


async def _opened(url: str) -> _Mailbox:
    try:
        return await asyncio.to_thread(_Mailbox, url)
    except (OSError, imaplib.IMAP4.error) as wrong:
        raise MailboxError(str(wrong)) from wrong


def received(raw: bytes) -> Received:
    """A message from a mailbox with its envelope, as far as the headers tell it."""
    headers = BytesHeaderParser(policy=compat32).parsebytes(raw)
    return_paths = headers.get_all("Return-Path", [])
    sender = parseaddr(str(return_paths[0]))[1] if return_paths else parseaddr(str(headers.get("From", "")))[1]
    addresses = [
        address
        for name in _RECIPIENT_HEADERS
        for _called, address in getaddresses([str(value) for value in headers.get_all(name, [])][:20])
    ]
    signed = next((address for address in addresses if message_of(address)), None)
    ours = next((address for address in addresses if is_ours(address)), settings().mail_from)
    return Received(raw=raw, sender=sender, recipient=signed or ours)


def _bytes(parts: list[bytes | None]) -> list[bytes]:
    return [part for part in parts if isinstance(part, bytes)]


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
