"""What search engines are pointed at: the pages of sessions to come, of signatory structures and of what they share (B6, B19)."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from ateliers.database import fetch
from ateliers.exchange.open_data.ledger import PUBLIC
from ateliers.experiences.experience import PUBLIC_SCOPES

MOST = 49_000  # addresses; sitemaps.org allows 50,000 in a file


class Address(msgspec.Struct, frozen=True):
    """A page, and since when it says what it says; None: not known."""

    path: str
    changed: date | None = None


async def list_addresses(now: datetime) -> list[Address]:
    """Structures, what they share with everybody, then sessions that anybody may see, the soonest first; a cycle and a hybrid session once."""
    return await fetch(
        Address,
        f"""SELECT '/signataires/' || slug AS path, NULL::date AS changed FROM structure WHERE state = 'admitted'
            UNION ALL
            SELECT '/retours-d-experience/' || x.id, x.changed_at::date FROM experience x
            WHERE x.state = 'published' AND EXISTS (
                SELECT FROM experience_consent c WHERE c.experience_id = x.id AND c.withdrawn_at IS NULL
                AND c.content = x.content AND c.scope = ANY ($3))
            UNION ALL
            (SELECT '/seances/' || s.id, GREATEST(s.updated_at, e.updated_at)::date
             FROM session s JOIN event e ON e.id = s.event_id JOIN structure o ON o.id = e.structure_id
             WHERE {PUBLIC} AND s.lead_id IS NULL AND s.ends_at > $1 ORDER BY s.starts_at LIMIT $2)
            LIMIT $2""",
        now,
        MOST,
        [scope.value for scope in PUBLIC_SCOPES],
    )
