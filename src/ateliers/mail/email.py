"""What a composer answers: an e-mail ready to be written out, or the reason why none goes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

# What the service tells, reminders, surveys, alerts, and what lets staff in: no stop holds that back, or nobody could lift it.
Purpose = Literal["service", "reminder", "survey", "alert", "access"]


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
    purpose: Purpose = "service"
    structure_id: UUID | None = None  # for whom it is sent; None: for the service
    starts_at: datetime | None = None  # of what it is about: retries stop before that (rule E9)

    @property
    def is_once(self) -> bool:
        """Sent at most once: a second copy would disturb. The rest is sent at least once (rule E10)."""
        return self.purpose in ("reminder", "survey", "alert")


class Dropped(msgspec.Struct, frozen=True):
    """No e-mail goes, because what it would say no longer holds. The journal shows `reason`, an English message id."""

    reason: str


class Postponed(msgspec.Struct, frozen=True):
    """Not at this hour: ask again at `until` (aware)."""

    until: datetime
