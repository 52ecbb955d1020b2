"""Forms to publish that are not finished: kept as they were left, for their author alone, until they are published or thrown away."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from ateliers.agenda.kinds import Kind
from ateliers.database import execute, fetch, fetch_one, new_id, transaction
from ateliers.network.people import Person
from ateliers.words import plain

MOST = 20  # of one person; the oldest goes
KEPT = timedelta(days=180)
LARGEST = 60_000  # characters; a whole form with every field full has fewer
WRITTEN = ("title", "description", "programme", "dates")  # with all of them empty there is nothing to keep

Answers = dict[str, list[str]]


class Unfinished(msgspec.Struct, frozen=True, kw_only=True):
    """A form as it was left."""

    id: UUID
    kind: Kind
    title: str
    answers: Answers
    saved_at: datetime


_SQL = "SELECT id, kind, title, answers, saved_at FROM unfinished_event"


def id_of(text: str) -> UUID:
    """The id that was written; a new one for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return new_id()


async def keep_unfinished(id: UUID, kind: Kind, answers: Answers, *, by: Person, now: datetime) -> bool:
    """Keep a form as it stands, over what was kept of it before; False when there is nothing to keep, or far too much."""
    told = {name: [plain(text, lines=True) for text in texts] for name, texts in answers.items()}
    is_blank = not any(text for name in WRITTEN for text in told.get(name, []))
    if is_blank or sum(len(text) for texts in told.values() for text in texts) > LARGEST:
        return False
    async with transaction():
        await execute(
            """INSERT INTO unfinished_event (id, person_id, kind, title, answers, saved_at) VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT (id) DO UPDATE SET kind = $3, title = $4, answers = $5, saved_at = $6
               WHERE unfinished_event.person_id = $2""",
            id,
            by.id,
            kind.value,
            (told.get("title") or [""])[-1],
            told,
            now,
        )
        await execute(
            """DELETE FROM unfinished_event WHERE id IN (
                   SELECT id FROM unfinished_event WHERE person_id = $1 ORDER BY saved_at DESC, id OFFSET $2)""",
            by.id,
            MOST,
        )
    return True


async def find_unfinished(id: UUID, *, by: Person) -> Unfinished | None:
    """A form that `by` left, or None."""
    return await fetch_one(Unfinished, f"{_SQL} WHERE id = $1 AND person_id = $2", id, by.id)


async def list_unfinished(by: Person) -> list[Unfinished]:
    """What `by` left unfinished, the latest first."""
    return await fetch(Unfinished, f"{_SQL} WHERE person_id = $1 ORDER BY saved_at DESC, id", by.id)


async def drop_unfinished(id: UUID, *, by: Person) -> None:
    """Finished, or thrown away. Opens no transaction."""
    await execute("DELETE FROM unfinished_event WHERE id = $1 AND person_id = $2", id, by.id)


async def purge_unfinished(now: datetime) -> None:
    """Forget what nobody has come back to."""
    await execute("DELETE FROM unfinished_event WHERE saved_at < $1", now - KEPT)
