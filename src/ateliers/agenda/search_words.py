"""The words by which an event is found: title first, then what happens there, then whose it is; a place says its own."""

from __future__ import annotations

from uuid import UUID

import msgspec

from ateliers.agenda.kinds import Kind
from ateliers.database import execute, fetch_one
from ateliers.words import fold, speaking


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
