"""What was taken over already: one line a foreign row, written beside what it became."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ateliers.database import execute, fetch


class Taken(msgspec.Struct, frozen=True):
    """A foreign row that became something of ours."""

    key: str
    subject_id: UUID
    digest: bytes


def digest_of(row: Mapping[str, Any]) -> bytes:
    """16 bytes that change when the row does, whatever the order of its columns."""
    return hashlib.blake2b(msgspec.json.encode(row, order="deterministic"), digest_size=16).digest()


async def taken_over(keys: Iterable[str]) -> dict[str, Taken]:
    """Those of `keys` that an earlier run took over."""
    found = await fetch(Taken, "SELECT key, subject_id, digest FROM imported WHERE key = ANY ($1)", list(keys))
    return {taken.key: taken for taken in found}


async def take_over(key: str, subject_id: UUID, digest: bytes, *, now: datetime) -> None:
    """Write that `key` became `subject_id`. Opens no transaction."""
    await execute(
        "INSERT INTO imported (key, subject_id, digest, imported_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (key) DO NOTHING",
        key,
        subject_id,
        digest,
        now,
    )
