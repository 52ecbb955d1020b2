"""Public feeds, put together from what is written once of each session.

A change of one session costs one session: its entry is kept by version, in each format and language, and the file joins
entries. The date of a feed is kept in a table, so that it goes forward even when a session disappears (rule F5).
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec

from ateliers import __version__, words
from ateliers.agenda.session import SESSION_SQL, Session
from ateliers.database import execute, fetch, fetch_one, fetch_value
from ateliers.exchange.feeds.formats import FORMATS, Format, Listed
from ateliers.exchange.feeds.head import Head
from ateliers.exchange.feeds.selection import Selection, conditions, find_subject, name_of
from ateliers.rendering import absolute

MOST_ENTRIES = 20_000  # kept in one process, about a kilobyte each; those not asked for longest go first
AT_ONCE = 250  # sessions read and written before others get their turn

_FROM = SESSION_SQL[SESSION_SQL.index("FROM session s") :]
# Not the session's counters: seats come and go, and nothing that a feed tells with them.
_VERSION = """hashtextextended(concat_ws('/', s.id, extract(epoch FROM s.updated_at), extract(epoch FROM e.updated_at),
    extract(epoch FROM p.updated_at), o.name, o.slug), 0)"""


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A file and what HTTP needs to answer 304."""

    body: bytes
    zipped: bytes
    etag: str  # without quotes
    modified: datetime  # aware, UTC, whole seconds; never goes back
    media_type: str


class FeedState(msgspec.Struct, frozen=True, kw_only=True):
    """What changes whenever the feed does, read in one query."""

    subject: str
    name: str
    page: str
    sessions: int
    changes: str


_entries: OrderedDict[tuple[UUID, str, str], tuple[int, bytes]] = OrderedDict()  # by session, format, language


async def feed_state(selection: Selection, *, now: datetime) -> FeedState:
    """What the feed depends on. Raises NotFound, FeedGone."""
    subject = await find_subject(selection)
    where, values = conditions(selection, now=now)
    row = await fetch_one(
        _Sum,
        f"SELECT count(*) AS sessions, COALESCE(sum({_VERSION}), 0)::text AS changes {_FROM} WHERE {where}",
        *values,
    )
    assert row is not None  # noqa: S101 - an aggregate has one row
    return FeedState(
        subject=subject.name,
        name=name_of(selection, subject),
        page=absolute(subject.page),
        sessions=row.sessions,
        changes=row.changes,
    )


async def make_feed(selection: Selection, extension: str, state: FeedState, *, now: datetime) -> Feed:
    """The feed in one of FORMATS, in the reader's language."""
    form = FORMATS[extension]
    where, values = conditions(selection, now=now)
    listed = await fetch(
        Listed,
        f"""SELECT s.id, {_VERSION} AS version, s.zone, s.starts_at, s.ends_at, s.all_day {_FROM}
            WHERE {where} ORDER BY s.starts_at, s.id""",
        *values,
    )
    entries = await _entries_of(listed, extension, form)
    told = f"{__version__} {state.subject} {state.sessions} {state.changes}"
    head = Head(
        name=state.name,
        address=absolute(selection.path(extension)),
        page=state.page,
        language=words.language(),
        modified=await revised_at(selection.key, told.encode(), now=now),
    )
    return await packed(lambda: form.whole(head, listed, entries), head.modified, form.media_type)


async def packed(write: Callable[[], bytes], modified: datetime, media_type: str) -> Feed:
    """A feed ready to be given out; what takes time is done beside the event loop."""
    body = write()
    zipped = await asyncio.to_thread(gzip.compress, body, 6, mtime=0)
    return Feed(body=body, zipped=zipped, etag=etag_of(body), modified=modified, media_type=media_type)


def etag_of(body: bytes) -> str:
    """A strong validator: equal if and only if the bytes are."""
    return hashlib.blake2b(body, digest_size=12).hexdigest()


async def revised_at(key: str, told: bytes, *, now: datetime) -> datetime:
    """Since when the feed says this, to the second; later than whenever it said something else."""
    state = hashlib.blake2b(told, digest_size=16).digest()
    known = await fetch_one(_Revision, "SELECT state, modified_at FROM feed_revision WHERE key = $1", key)
    if known is None or known.state != state:
        await execute(
            """INSERT INTO feed_revision AS r (key, state, modified_at) VALUES ($1, $2, date_trunc('second', $3::timestamptz))
               ON CONFLICT (key) DO UPDATE SET state = excluded.state,
                   modified_at = GREATEST(excluded.modified_at, r.modified_at + interval '1 second')
               WHERE r.state <> excluded.state""",
            key,
            state,
            now,
        )
    found: datetime = await fetch_value("SELECT modified_at FROM feed_revision WHERE key = $1", key)
    return found


async def _entries_of(listed: list[Listed], extension: str, form: Format) -> list[bytes]:
    """What is written of each session, in order; only what is new is read and written."""
    language = words.language()
    found: dict[UUID, bytes] = {}
    missing = []
    for one in listed:
        key = (one.id, extension, language)
        kept = _entries.get(key)
        if kept is not None and kept[0] == one.version:
            found[one.id] = kept[1]
            _entries.move_to_end(key)
        else:
            missing.append(one)
    for start in range(0, len(missing), AT_ONCE):
        part = {one.id: one.version for one in missing[start : start + AT_ONCE]}
        for session in await fetch(Session, f"{SESSION_SQL} WHERE s.id = ANY($1)", list(part)):
            found[session.id] = form.entry(session)
            _entries[session.id, extension, language] = (part[session.id], found[session.id])
        await asyncio.sleep(0)
    while len(_entries) > MOST_ENTRIES:
        _entries.popitem(last=False)
    return [found[one.id] for one in listed if one.id in found]


class _Sum(msgspec.Struct, frozen=True):
    sessions: int
    changes: str


class _Revision(msgspec.Struct, frozen=True):
    state: bytes
    modified_at: datetime
