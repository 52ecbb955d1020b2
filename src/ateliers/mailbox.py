"""The demo's mailbox: a local SMTP sink that keeps every message as a file, and reads them again."""

from __future__ import annotations

import email
import email.policy
import itertools
import re
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

import msgspec

FOLDER = "mailbox"
PATH = "/boite-aux-lettres"
NAME = re.compile(r"[0-9]{1,20}-[0-9]{1,8}")
LARGEST = 10_000_000  # bytes of a message
SHOWN = 200  # the newest messages


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part that is not the text: an attachment, or the calendar object beside it."""

    number: int
    name: str
    media_type: str
    size: int  # bytes


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A message as the list shows it. `name` is its file's, `date` as the message writes it."""

    name: str
    to: str
    sender: str
    subject: str
    date: str


class Letter(Envelope, frozen=True, kw_only=True):
    """A message whole."""

    text: str
    html: str
    parts: list[Part]
    source: str


@contextmanager
def sink(folder: Path) -> Iterator[int]:
    """Take mail on a free loopback port (yielded) until the end; every message becomes `<nanoseconds>-<n>.eml`."""
    from aiosmtpd.controller import Controller

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    port = free_port()  # chosen here: the library cannot be asked which one it was given
    controller = Controller(
        _Keeper(folder), hostname="127.0.0.1", port=port, data_size_limit=LARGEST, enable_SMTPUTF8=True
    )
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def free_port() -> int:
    """A loopback port that nobody listens on at this moment, below those that systems give to outgoing connections."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class _Keeper:
    """What aiosmtpd calls for each message."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = itertools.count(1)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep the message; it appears under its name when it is whole."""
        name = f"{time.time_ns()}-{next(self.numbers)}"
        part = self.folder / f"{name}.part"
        part.write_bytes(envelope.original_content)
        part.rename(part.with_suffix(".eml"))
        return f"250 OK {name}"


def list_envelopes(folder: Path) -> list[Envelope]:
    """The newest messages, newest first."""
    names = sorted((path.stem for path in folder.glob("*.eml")), key=_age, reverse=True)
    return [Envelope(name=name, **_headers(_open(folder, name))) for name in names[:SHOWN]]


def find_letter(folder: Path, name: str) -> Letter | None:
    """The message `name`, or None."""
    message = _read(folder, name)
    if message is None:
        return None
    text = message.get_body(("plain",))
    html = message.get_body(("html",))
    parts = [
        Part(
            number=number,
            name=part.get_filename()
            or ("invitation.ics" if part.get_content_type() == "text/calendar" else f"{number}"),
            media_type=part.get_content_type(),
            size=len(_bytes_of(part)),
        )
        for number, part in enumerate(_leaves(message), 1)
        if part is not text and part is not html
    ]
    return Letter(
        name=name,
        **_headers(message),
        text=_text_of(text),
        html=_text_of(html),
        parts=parts,
        source=(folder / f"{name}.eml").read_bytes().decode("utf-8", "replace"),
    )


def find_part(folder: Path, name: str, number: int) -> tuple[Part, bytes] | None:
    """A part of a message and its bytes, or None."""
    letter, message = find_letter(folder, name), _read(folder, name)
    if letter is None or message is None:
        return None
    for part in letter.parts:
        if part.number == number:
            return part, _bytes_of(list(_leaves(message))[number - 1])
    return None


def _open(folder: Path, name: str) -> EmailMessage:
    """Headers only: bodies are long to read."""
    with (folder / f"{name}.eml").open("rb") as file:
        return BytesHeaderParser(_class=EmailMessage, policy=email.policy.default).parse(file)


def _headers(message: EmailMessage) -> dict[str, str]:
    fields = {"to": "to", "sender": "from", "subject": "subject", "date": "date"}
    return {field: str(message[header] or "") for field, header in fields.items()}


def _read(folder: Path, name: str) -> EmailMessage | None:
    path = folder / f"{name}.eml"
    if not NAME.fullmatch(name) or not path.is_file():
        return None
    return email.message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=email.policy.default)


def _leaves(message: EmailMessage) -> Iterator[EmailMessage]:
    for part in message.walk():
        if not part.is_multipart() and isinstance(part, EmailMessage):
            yield part


def _bytes_of(part: EmailMessage) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _text_of(part: Any) -> str:
    if part is None:
        return ""
    return _bytes_of(part).decode(part.get_content_charset() or "utf-8", "replace").replace("\r\n", "\n")


def _age(name: str) -> tuple[int, ...]:
    return tuple(int(piece) if piece.isdigit() else 0 for piece in name.split("-"))
