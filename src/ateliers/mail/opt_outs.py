"""Who wants no more of what nobody needs: surveys, alerts (D14). Addresses are kept as hashes: nothing can be written to those."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from ateliers.database import execute, fetch_rows, fetch_value
from ateliers.mail.safety import person_hash

Subject = Literal["survey", "alert"]


async def opt_out(address: str, subject: Subject, *, now: datetime) -> None:
    """Write to this address about that no more. Twice is the same as once."""
    await execute(
        "INSERT INTO mail_opt_out (recipient, subject, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        person_hash(address),
        subject,
        now,
    )


async def has_opted_out(address: str, subject: Subject) -> bool:
    """Whether this address wants no more of that."""
    found: bool = await fetch_value(
        "SELECT EXISTS (SELECT FROM mail_opt_out WHERE recipient = $1 AND subject = $2)", person_hash(address), subject
    )
    return found


async def list_opted_out(addresses: Iterable[str], subject: Subject) -> set[str]:
    """Those of these addresses that want no more of that."""
    hashes = {person_hash(address): address for address in addresses}
    rows = await fetch_rows(
        "SELECT recipient FROM mail_opt_out WHERE subject = $1 AND recipient = ANY($2)", subject, list(hashes)
    )
    return {hashes[row["recipient"]] for row in rows}
