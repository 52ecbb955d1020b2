"""Signed words: links that carry proof instead of a stored secret."""

from __future__ import annotations

import base64
import hmac
from datetime import UTC, datetime, timedelta

from ateliers.settings import settings

MAC_LENGTH = 16  # base32 letters, 80 bits


def sign(purpose: str, text: str, *, length: int = MAC_LENGTH) -> str:
    """`length` lower-case base32 letters that only this service can make for `text`, and for this purpose only."""
    needed = -(-length * 5 // 8)  # bytes behind that many letters
    return base64.b32encode(_mac(purpose, text)[:needed]).decode().lower()[:length]


def is_signed(purpose: str, text: str, mac: str) -> bool:
    """Whether `sign(purpose, text)` made `mac`; compared in constant time, letters of either case."""
    return hmac.compare_digest(sign(purpose, text, length=len(mac) or 1).encode(), mac.lower().encode()) and (
        len(mac) >= MAC_LENGTH
    )


def keyed_hash(purpose: str, text: str) -> bytes:
    """16 bytes that stand for `text` in a table without telling it."""
    return _mac(purpose, text)[:16]


def timed_token(purpose: str, text: str, *, now: datetime) -> str:
    """`text` with its moment, readable by anybody, forgeable by nobody."""
    payload = base64.urlsafe_b64encode(f"{int(now.timestamp())}:{text}".encode()).decode().rstrip("=")
    return f"{payload}.{sign(purpose, payload)}"


def read_timed_token(purpose: str, token: str, *, now: datetime, max_age: timedelta) -> str | None:
    """The text of a token that `timed_token` made less than `max_age` ago, else None."""
    moment = token_moment(purpose, token)
    if moment is None or not timedelta(0) <= now - moment[0] <= max_age:
        return None
    return moment[1]


def token_moment(purpose: str, token: str) -> tuple[datetime, str] | None:
    """When a genuine token was made and its text; None if it is not ours."""
    payload, _, mac = token.partition(".")
    if not token.isascii() or not is_signed(purpose, payload, mac):
        return None
    stamp, _, text = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode().partition(":")
    return datetime.fromtimestamp(int(stamp), UTC), text


def _mac(purpose: str, text: str) -> bytes:
    return hmac.digest(settings().secret_key.encode(), f"{purpose}\0{text}".encode(), "sha256")
