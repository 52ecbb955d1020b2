"""What a composer answers: an e-mail ready to be written out, or the reason why none goes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Purpose = Literal["service", "reminder"]


class Email(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one address. Names, subject and bodies are plain text; `mail.mime` makes headers of them."""

    to_name: str
    to_address: str
    sender_name: str  # the structure, or the service
    subject: str
    text: str
    html: str
    language: str
    calendar: bytes | None = None  # a whole VCALENDAR (rule M1)
    method: str | None = None  # its METHOD: 'REQUEST' or 'CANCEL'
    reply_to: str | None = None  # address of a human
    references: str | None = None  # Message-ID of the thread's first message, without brackets
    unsubscribe_url: str | None = None  # one-click (RFC 8058); only on what is a subscription (rule E5)
    purpose: Purpose = "service"  # a reminder is sent at most once, the rest at least once (rule E10)


class Dropped(msgspec.Struct, frozen=True):
    """No e-mail goes, because what it would say no longer holds. The journal shows `reason`, an English message id."""

    reason: str


class Postponed(msgspec.Struct, frozen=True):
    """Not at this hour: ask again at `until` (aware)."""

    until: datetime
