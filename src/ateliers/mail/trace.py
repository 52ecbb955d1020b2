"""The trace of every message that came in, by its bytes: the same twice counts once (rule R1)."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from ateliers.database import execute, fetch_value
from ateliers.mail.inbound import Received

KEPT = timedelta(days=30)  # longer than any server tries to hand over the same message again


def digest_of(received: Received) -> bytes:
    """What tells this message, at this address, from all others."""
    return hashlib.blake2b(received.recipient.lower().encode() + b"\0" + received.raw, digest_size=20).digest()


async def is_known(digest: bytes) -> bool:
    """Whether this very message was dealt with before."""
    return bool(await fetch_value("SELECT true FROM inbound WHERE digest = $1", digest))


async def keep_trace(digest: bytes, kind: str, outcome: str, *, now: datetime) -> None:
    """Note what a message was and what became of it."""
    await execute(
        "INSERT INTO inbound (digest, at, kind, outcome) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        digest,
        now,
        kind,
        outcome,
    )


async def purge_traces(now: datetime) -> None:
    """Forget what came in long ago."""
    await execute("DELETE FROM inbound WHERE at < $1", now - KEPT)
