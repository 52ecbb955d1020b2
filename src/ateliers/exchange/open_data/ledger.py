"""Since when open data says what it says of each session, changes of its event, place and structure included.

A round looks at all that is public now and writes what is new, changed or gone. Its moment is later than that of every round
before, and its rows are seen all at once: who has read until some moment misses nothing by asking for what came after it.
"""

from __future__ import annotations

from datetime import datetime

from ateliers.database import execute, transaction

ROUND = 0x6F70656E  # any constant: one round at a time
# What anybody may see, on `event e`, `structure o`, `session s`; now is $1. The online half of a session is not a second one.
PUBLIC = """e.state = 'published' AND e.visibility = 'public' AND o.state = 'admitted' AND s.onsite_id IS NULL
    AND (e.public_from IS NULL OR e.public_from <= $1)"""
VERSION = """hashtextextended(concat_ws('/', s.id, extract(epoch FROM s.updated_at), extract(epoch FROM e.updated_at),
    extract(epoch FROM p.updated_at), o.name, o.slug, o.phone, (
        SELECT string_agg(x.name, '/' ORDER BY x.name) FROM co_organiser c JOIN structure x ON x.id = c.structure_id
        WHERE c.event_id = e.id AND c.accepted_at IS NOT NULL AND x.state = 'admitted')), 0)"""


async def sweep(now: datetime) -> None:
    """One round."""
    async with transaction():
        await execute("SELECT pg_advisory_xact_lock($1)", ROUND)
        await execute(
            f"""
            WITH public AS MATERIALIZED (
                SELECT s.id, {VERSION} AS version FROM session s JOIN event e ON e.id = s.event_id
                JOIN structure o ON o.id = e.structure_id LEFT JOIN place p ON p.id = s.place_id WHERE {PUBLIC}
            ), moment AS (
                SELECT GREATEST($1, max(changed_at) + interval '1 microsecond') AS at FROM open_session
            ), gone AS (
                UPDATE open_session k SET gone = true, changed_at = moment.at FROM moment
                WHERE NOT k.gone AND NOT EXISTS (SELECT FROM public WHERE public.id = k.session_id)
            )
            INSERT INTO open_session AS k (session_id, version, changed_at)
            SELECT public.id, public.version, moment.at FROM moment, public
            LEFT JOIN open_session known ON known.session_id = public.id
            WHERE known.session_id IS NULL OR known.gone OR known.version <> public.version
            ON CONFLICT (session_id) DO UPDATE
                SET version = excluded.version, changed_at = excluded.changed_at, gone = false
            """,
            now,
        )
