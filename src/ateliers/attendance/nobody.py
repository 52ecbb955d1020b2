"""« Held with nobody » (E2): who said so and when, a set that only grows; one taken back stays written and no longer counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.attendance.mark import outside
from ateliers.attendance.recorder import Recorder, author
from ateliers.database import execute, fetch, fetch_value


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """One tap that says that nobody came."""

    op: str  # as stored
    at: datetime
    device: str = ""
    seq: int = 0


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """Whose word it is that nobody came."""

    action: str  # what `record.undo` takes
    at: datetime
    who: str  # '' : nobody known

    @property
    def op(self) -> str:
        """The action's name as a device gives it."""
        return outside(self.action)


async def list_words(session_id: UUID) -> list[Word]:
    """Those that stand, the first one first."""
    return await fetch(
        Word,
        "SELECT n.op AS action, n.at, COALESCE(p.name, v.label, '') AS who FROM nobody_came n "
        "LEFT JOIN person p ON p.id = n.by_id LEFT JOIN volunteer_link v ON v.id = n.volunteer_id "
        "WHERE n.session_id = $1 AND n.undone_at IS NULL ORDER BY n.at, n.op",
        session_id,
    )


async def is_known(op: str) -> bool:
    """Whether this operation was written before, taken back or not."""
    found: bool = await fetch_value("SELECT EXISTS (SELECT FROM nobody_came WHERE op = $1)", op)
    return found


async def is_said(session_id: UUID) -> bool:
    """Whether somebody's word stands that nobody came."""
    sql = "SELECT EXISTS (SELECT FROM nobody_came WHERE session_id = $1 AND undone_at IS NULL)"
    found: bool = await fetch_value(sql, session_id)
    return found


async def write_words(
    session_id: UUID, declared: Sequence[Declared], dead: set[str], *, by: Recorder, now: datetime
) -> None:
    """Write them; those in `dead` were taken back before they arrived."""
    person, volunteer = author(by)
    await execute(
        "INSERT INTO nobody_came (op, session_id, at, recorded_at, by_id, volunteer_id, device, seq, undone_at) "
        "SELECT o, $1, a, $2, $3, $4, d, q, CASE WHEN u THEN $2::timestamptz END FROM unnest($5::text[], $6::timestamptz[], "
        "$7::text[], $8::bigint[], $9::bool[]) AS t (o, a, d, q, u)",
        session_id,
        now,
        person,
        volunteer,
        [one.op for one in declared],
        [one.at for one in declared],
        [one.device for one in declared],
        [one.seq for one in declared],
        [one.op in dead for one in declared],
    )


async def take_words_back(session_id: UUID, actions: Sequence[str], *, now: datetime) -> int:
    """They no longer count; how many those were."""
    return await execute(
        "UPDATE nobody_came SET undone_at = $2 WHERE session_id = $1 AND undone_at IS NULL AND op = ANY ($3)",
        session_id,
        now,
        actions,
    )
