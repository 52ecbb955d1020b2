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
SHORTEST_KEPT = 5  # letters of a word that is looked for alone: « pour » says nothing
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
    """`q` with its misspelt words as titles of public events, names of their structures and of places spell them, else only its words that these know.

    None where there is nothing to mend or to leave out.
    """
    rows = await fetch_rows(
        """(SELECT concat_ws(' ', e.title, o.name) AS title FROM event e JOIN structure o ON o.id = e.structure_id
            WHERE e.state = 'published' AND e.visibility = 'public' AND o.state = 'admitted'
                AND (e.public_from IS NULL OR e.public_from <= $1)
            GROUP BY e.title, o.name ORDER BY max(e.published_at) DESC LIMIT $2)
           UNION ALL
           (SELECT concat_ws(' ', p.name, p.commune_name) FROM place p WHERE EXISTS (
                SELECT FROM session s JOIN event e ON e.id = s.event_id JOIN structure o ON o.id = e.structure_id
                WHERE s.place_id = p.id AND s.ends_at > $1 AND e.state = 'published' AND e.visibility = 'public'
                    AND o.state = 'admitted' AND (e.public_from IS NULL OR e.public_from <= $1)) LIMIT $2)""",
        now,
        MOST_TITLES,
    )
    known: dict[str, str] = {}
    for row in rows:
        for word in NOT_IN_WORDS.split(row["title"]):
            if len(word) > 2:
                known.setdefault(fold(word), word.lower())
    words = q.split()
    mended = [_mended(word, known) for word in words]
    if mended == words:
        mended = [word for word in words if len(word) >= SHORTEST_KEPT and _is_known(word, known)] or words
    return " ".join(mended) if mended != words else None


def _is_known(word: str, known: dict[str, str]) -> bool:
    return any(one.startswith(fold(word)) for one in known)


def _mended(word: str, known: dict[str, str]) -> str:
    typed = fold(word)
    if len(typed) < SHORTEST_MENDED or _is_known(word, known):
        return word
    most = 1 if len(typed) < 6 else 2
    slips = {one: slips_between(typed, one, most) for one in known if abs(len(one) - len(typed)) <= most}
    best = min(slips, key=lambda one: (slips[one], one), default=typed)
    return known[best] if slips.get(best, most + 1) <= most else word
