"""The words by which an event is found: title first, then what happens there, then whose it is; a place says its own."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.agenda.kinds import Kind
from ateliers.database import execute, fetch_one, fetch_rows
from ateliers.places.misspelt import slips_between
from ateliers.words import fold, speaking

MOST_TITLES = 2000  # that are looked through for a word spelt otherwise
SHORTEST_MENDED = 4  # letters
NOT_IN_WORDS = re.compile(r"[^\w]+")


class _Text(msgspec.Struct, frozen=True, kw_only=True):
    kind: Kind
    title: str
    body: str
    structure: str


async def index_words(event_id: UUID) -> None:
    """Write the event's search words anew (weights A title, B what happens, C structure).

    Accents go in Python: the embedded PostgreSQL has no `unaccent`; queries must pass through `words.fold` too.
    """
    text = await fetch_one(
        _Text,
        """SELECT e.kind, e.title, concat_ws(' ', e.description, e.programme, e.level) AS body,
                  o.name AS structure
           FROM event e JOIN structure o ON o.id = e.structure_id WHERE e.id = $1""",
        event_id,
    )
    if text is None:
        return
    with speaking("fr"):
        kind = str(text.kind.label)
    await execute(
        """UPDATE event SET words = setweight(to_tsvector('french', $2), 'A')
               || setweight(to_tsvector('french', $3), 'B') || setweight(to_tsvector('french', $4), 'C')
           WHERE id = $1""",
        event_id,
        fold(text.title),
        fold(f"{kind} {text.body}"),
        fold(text.structure),
    )


async def spell(q: str, *, now: datetime) -> str | None:
    """`q` with its misspelt words as the titles of public events spell them; None where there is nothing to mend."""
    rows = await fetch_rows(
        """SELECT e.title FROM event e JOIN structure o ON o.id = e.structure_id
           WHERE e.state = 'published' AND e.visibility = 'public' AND o.state = 'admitted'
               AND (e.public_from IS NULL OR e.public_from <= $1)
           GROUP BY e.title ORDER BY max(e.published_at) DESC LIMIT $2""",
        now,
        MOST_TITLES,
    )
    known: dict[str, str] = {}
    for row in rows:
        for word in NOT_IN_WORDS.split(row["title"]):
            if len(word) > 2:
                known.setdefault(fold(word), word.lower())
    mended = [_mended(word, known) for word in q.split()]
    return " ".join(mended) if mended != q.split() else None


def _mended(word: str, known: dict[str, str]) -> str:
    typed = fold(word)
    if len(typed) < SHORTEST_MENDED or any(one.startswith(typed) for one in known):
        return word
    most = 1 if len(typed) < 6 else 2
    slips = {one: slips_between(typed, one, most) for one in known if abs(len(one) - len(typed)) <= most}
    best = min(slips, key=lambda one: (slips[one], one), default=typed)
    return known[best] if slips.get(best, most + 1) <= most else word
