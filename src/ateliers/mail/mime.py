"""An e-mail as bytes: the MIME tree that calendars understand (rules M1 to M9), the same bytes each time.

Nothing random: Message-ID, Date and boundaries come from the outbox row, so that a second copy is recognised as one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime
from uuid import UUID

from ateliers.mail.email import Email
from ateliers.settings import settings
from ateliers.words import plain

REMINDERS_FROM = "rappels"  # local part: reminders have their own sender (rule E5)
NAME_LENGTH = 75  # longer sender names count as phishing at Microsoft (rule E1)
HEADER_LINE = 76
ENCODED_WORD = 39  # bytes: their base64 and what stands around it fit a line, after the longest header name too
_NOT_IN_NAMES = re.compile(r'[@:,;"<>()\[\]\\]+')


def message_id(kind: str, row_id: UUID) -> str:
    """Message-ID of an outbox row, without brackets."""
    return f"{kind}.{row_id.hex}@{settings().mail_domain}"


def sender_address(email: Email) -> str:
    """From: what a booking needs, and what one may do without, come from two addresses of the same domain."""
    return f"{REMINDERS_FROM}@{settings().mail_domain}" if email.is_once else settings().mail_from


def mime_bytes(email: Email, *, message_id: str, date: datetime, attach: bool = True) -> bytes:
    """The whole message, CRLF line ends; without the attached copy of the calendar unless `attach`.

    Raises UnicodeError for an address that no header can carry.
    """
    tag = hashlib.blake2b(message_id.encode(), digest_size=12).hexdigest()
    lines = [
        _address("From", email.sender_name, sender_address(email)),
        _address("To", email.to_name, email.to_address),
        _header("Subject", plain(email.subject)),
        f"Date: {format_datetime(date)}",
        f"Message-ID: <{message_id}>",
    ]
    if email.reply_to:
        lines.append(_address("Reply-To", email.sender_name, email.reply_to))
    if email.references:
        lines += [f"In-Reply-To: <{email.references}>", f"References: <{email.references}>"]
    lines += [
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        f"Content-Language: {email.language}",
        "MIME-Version: 1.0",
    ]
    if email.unsubscribe_url:
        lines += [
            f"List-Id: <{email.purpose}.{settings().mail_domain}>",
            f"List-Unsubscribe: <{email.unsubscribe_url}>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        ]
    return "\r\n".join(lines).encode("ascii") + b"\r\n" + _body(email, tag, attach=attach)


def _body(email: Email, tag: str, *, attach: bool) -> bytes:
    parts = [
        _part("text/plain; charset=UTF-8", "quoted-printable", _quoted_printable(email.text)),
        _part("text/html; charset=UTF-8", "quoted-printable", _quoted_printable(email.html)),
    ]
    if not email.html:
        return parts[0]
    if email.calendar is None:
        return _multipart("alternative", f"=_a_{tag}", parts)
    encoded = base64.encodebytes(email.calendar).replace(b"\n", b"\r\n")
    # Inside the first child of multipart/mixed, or Outlook does not find it (rule M2).
    parts.append(_part(f"text/calendar; charset=UTF-8; method={email.method}; component=VEVENT", "base64", encoded))
    if not attach:
        return _multipart("alternative", f"=_a_{tag}", parts)
    attached = _part(
        'application/ics; name="invite.ics"',
        "base64",
        encoded,
        'Content-Disposition: attachment; filename="invite.ics"\r\n',
    )
    return _multipart("mixed", f"=_m_{tag}", [_multipart("alternative", f"=_a_{tag}", parts), attached])


def _multipart(subtype: str, boundary: str, parts: list[bytes]) -> bytes:
    fence = f"--{boundary}".encode()
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode()
    return head + b"".join(fence + b"\r\n" + part + b"\r\n" for part in parts) + fence + b"--\r\n"


def _part(content_type: str, encoding: str, content: bytes, more: str = "") -> bytes:
    return f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\n{more}\r\n".encode() + content


def _quoted_printable(text: str) -> bytes:
    lines = plain(text, lines=True) + "\n"
    return binascii.b2a_qp(lines.encode(), quotetabs=False, istext=True).replace(b"\n", b"\r\n")


def _header(name: str, value: str) -> str:
    """A header on lines that all fit; what is not ASCII, or holds a word too long to fold, in encoded words (RFC 2047)."""
    room = HEADER_LINE - len(name) - len(": ")
    if not value.isascii() or "=?" in value or any(len(word) > room for word in value.split()):
        return f"{name}: " + "\r\n ".join(_encoded_words(value))
    lines = [f"{name}:"]
    for word in value.split():
        if len(lines[-1]) + 1 + len(word) > HEADER_LINE and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines)


def _encoded_words(value: str) -> Iterator[str]:
    """`value` in base64, cut between characters."""
    chunk = b""
    for letter in value:
        encoded = letter.encode()
        if len(chunk) + len(encoded) > ENCODED_WORD:
            yield f"=?utf-8?b?{base64.b64encode(chunk).decode()}?="
            chunk = b""
        chunk += encoded
    yield f"=?utf-8?b?{base64.b64encode(chunk).decode()}?="


def _address(name: str, called: str, address: str) -> str:
    called = " ".join(_NOT_IN_NAMES.sub(" ", plain(called)).split())[:NAME_LENGTH].strip()
    where = f"<{ascii_address(address)}>"
    if not called:
        return f"{name}: {where}"
    if called.isascii():
        return f'{name}: "{called}" {where}' if len(called) < 60 else f'{name}: "{called}"\r\n {where}'
    return f"{_header(name, called)}\r\n {where}"


def ascii_address(address: str) -> str:
    """`address` with its domain in ASCII (IDNA). Raises UnicodeError when the local part is not ASCII or it holds a space."""
    local, at, domain = address.rpartition("@")
    if not at or not local.isascii() or re.search(r"[\s<>\x00-\x1f\x7f]", address):
        raise UnicodeError(f"not an address that mail can carry: {address!r}")
    return f"{local}@{domain.encode('idna').decode() if not domain.isascii() else domain}"
