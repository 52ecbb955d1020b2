"""Shared experiences as everybody reads them: by region or for the whole country, searched, and what is no longer there (F13)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from ateliers.agenda.kinds import Kind
from ateliers.database import fetch, fetch_rows, fetch_value
from ateliers.experiences.experience import DOCUMENT_SQL, EXPERIENCE_SQL, Document, Experience, Scope, get_experience
from ateliers.refusals import NotFound, Refusal
from ateliers.words import fold

TOMBSTONE = timedelta(days=365)  # how long a feed says that something is gone

AGREED_SQL = """EXISTS (SELECT FROM experience_consent g WHERE g.experience_id = x.id AND g.withdrawn_at IS NULL
    AND g.content = x.content AND g.scope = $1)"""


class ExperienceGone(Refusal):
    """Its structure or the coordination no longer shares it."""

    status = 410
    title = "This shared experience is no longer shared."


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """Which ones: of a région (INSEE code), or those shared with the whole country (None)."""

    region: str | None = None

    @property
    def scope(self) -> Scope:
        """What their structures agreed to."""
        return Scope.NATIONAL if self.region is None else Scope.REGIONAL_SITE


class Retired(msgspec.Struct, frozen=True, kw_only=True):
    """What was shared here once and is not any more."""

    id: UUID
    at: datetime


async def list_published(
    shelf: Shelf,
    *,
    words: str = "",
    kind: Kind | None = None,
    structure_id: UUID | None = None,
    limit: int = 20,
    skip: int = 0,
) -> tuple[list[Experience], int]:
    """A page of them, the best match then the latest first, and how many there are in all."""
    text = fold(words).strip()
    values: list[Any] = [
        shelf.scope.value,
        shelf.region,
        None if kind is None else kind.value,
        structure_id,
        text,
    ]
    where = f"""x.state = 'published' AND {AGREED_SQL} AND ($2::text IS NULL OR o.region = $2)
        AND ($3::text IS NULL OR e.kind = $3) AND ($4::uuid IS NULL OR e.structure_id = $4)
        AND ($5 = '' OR x.words @@ plainto_tsquery('french', $5))"""
    count = await fetch_value(
        f"""SELECT count(*) FROM experience x JOIN event e ON e.id = x.event_id JOIN structure o ON o.id = e.structure_id
            WHERE {where}""",
        *values,
    )
    found = await fetch(
        Experience,
        f"""{EXPERIENCE_SQL} WHERE {where}
            ORDER BY CASE WHEN $5 = '' THEN 0 ELSE ts_rank(x.words, plainto_tsquery('french', $5)) END DESC,
                     x.published_at DESC, x.id
            LIMIT $6 OFFSET $7""",
        *values,
        limit,
        skip,
    )
    return found, count


async def count_by_region() -> dict[str, int]:
    """How many are shared on the pages of each région, by its code; none: absent."""
    rows = await fetch_rows(
        f"""SELECT o.region, count(*) AS many
            FROM experience x JOIN event e ON e.id = x.event_id JOIN structure o ON o.id = e.structure_id
            WHERE x.state = 'published' AND {AGREED_SQL} GROUP BY o.region""",
        Scope.REGIONAL_SITE.value,
    )
    return {row["region"]: row["many"] for row in rows}


async def list_retired(shelf: Shelf, *, now: datetime) -> list[Retired]:
    """What was ever shared and is not here now, the latest first; for a year."""
    return await fetch(
        Retired,
        f"""SELECT x.id, x.changed_at AS at
            FROM experience x JOIN event e ON e.id = x.event_id JOIN structure o ON o.id = e.structure_id
            WHERE x.published_at IS NOT NULL AND ($2::text IS NULL OR o.region = $2) AND x.changed_at > $3
              AND NOT (x.state = 'published' AND {AGREED_SQL})
              AND EXISTS (SELECT FROM experience_consent w WHERE w.experience_id = x.id AND w.scope = $1)
            ORDER BY x.changed_at DESC, x.id""",
        shelf.scope.value,
        shelf.region,
        now - TOMBSTONE,
    )


async def get_published(id: UUID) -> Experience:
    """One that everybody may read. Raises NotFound; ExperienceGone for what everybody could once read."""
    found = await get_experience(id)
    if not found.is_public:
        raise ExperienceGone if found.published_at is not None else NotFound
    return found


async def documents_of(experiences: Sequence[Experience]) -> dict[UUID, list[Document]]:
    """Their files, by experience."""
    sql = f"{DOCUMENT_SQL} WHERE d.experience_id = ANY($1) ORDER BY d.added_at, d.id"
    found: dict[UUID, list[Document]] = {}
    for document in await fetch(Document, sql, [one.id for one in experiences]):
        found.setdefault(document.experience_id, []).append(document)
    return found
