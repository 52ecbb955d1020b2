"""An event for a group: whoever types its code sees it and books (B6); the address then carries proof of it."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime

from ateliers.agenda.event import Event, EventState, Visibility
from ateliers.agenda.session import Session
from ateliers.signing import is_signed, sign
from ateliers.words import fold

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # read aloud without mistaking O for 0 or I for 1
LENGTH = 6
SHORTEST = 4
PURPOSE = "group"


def plain_code(typed: str) -> str:
    """A code however it was typed: accents, spaces, dashes and small letters do not matter."""
    return fold(typed).replace(" ", "").upper()


def draw_code() -> str:
    """A code for a group that chose none."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def is_code_of(session: Session, typed: str) -> bool:
    """Whether `typed` is the code of the event's group."""
    return session.group_code is not None and hmac.compare_digest(
        plain_code(typed).encode(), session.group_code.encode()
    )


def entry_of(session: Session | Event) -> str:
    """What an address ends with to open the event without its code being typed again; '' where none is needed.

    Another code makes every such address invalid.
    """
    return "" if session.visibility is not Visibility.GROUP else f"?groupe={sign(PURPOSE, _proven(session))}"


def is_opened(session: Session, key: str) -> bool:
    """Whether `key`, of an address, proves that the code was known."""
    return session.visibility is Visibility.GROUP and is_signed(PURPOSE, _proven(session), key)


def _proven(session: Session | Event) -> str:
    event_id = session.id if isinstance(session, Event) else session.event_id
    return f"{event_id} {session.group_code}"


def asks_for_code(session: Session, *, now: datetime) -> bool:
    """Whether there is something to see for those who type the code."""
    return (
        session.visibility is Visibility.GROUP
        and session.event_state in {EventState.PUBLISHED, EventState.ARCHIVED}
        and session.is_shown(now)
    )


def may_be_read(session: Session, key: str, *, now: datetime) -> bool:
    """Whether a stranger whose address has `key` ('' for none) may know of it."""
    return session.may_be_seen_by(None, now) or (asks_for_code(session, now=now) and is_opened(session, key))
