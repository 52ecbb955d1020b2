"""Calendar files over HTTP: validators, compression, and a short memory so that a 304 costs no database query (rules F5, F6)."""

from __future__ import annotations

import gzip
import re
import time
from collections import OrderedDict
from datetime import UTC, date, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
import structlog
from asyncpg import InterfaceError, PostgresError
from litestar import Request, Response
from litestar.exceptions import HTTPException

from ateliers.agenda.calendar import Feed, FeedState, etag_of, feed_state, session_calendar, structure_feed
from ateliers.agenda.sessions import get_session
from ateliers.refusals import NotFound, Refusal
from ateliers.words import language

log = structlog.get_logger()

TRUSTED_SECONDS = 2.0  # a feed is not looked at again before
MOST_FEEDS = 512  # kept in one process, the least recently asked for goes first
CALENDAR = "text/calendar"  # the framework adds the charset
FRESH = "public, max-age=900, stale-while-revalidate=3600"
GONE_STATES = ("suspended", "withdrawn")
_TAG = re.compile(r'(?:W/)?"([^"]*)"')


class FeedGone(Refusal):
    """The structure has left: subscribers may forget this address."""

    status = 410
    title = "This calendar is no longer published."


class FeedResting(HTTPException):
    """The database does not answer. An empty calendar instead would make subscribers forget everything (rule F6)."""

    status_code = 503


class _Kept(msgspec.Struct, kw_only=True):
    feed: Feed
    state: FeedState
    day: date  # UTC: the window moves at midnight
    checked: float


_kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()


async def session_file(request: Request[Any, Any, Any], session_id: UUID, *, now: datetime) -> Response[bytes]:
    """The calendar file of one session that anybody may see. Raises NotFound."""
    session = await get_session(session_id)
    if not session.may_be_seen_by(None, now):
        raise NotFound
    body = session_calendar(session)
    return _answer(request, Feed(body=body, etag=etag_of(body), modified=session.updated_at.replace(microsecond=0)))


async def structure_file(request: Request[Any, Any, Any], slug: str, *, now: datetime) -> Response[bytes]:
    """The feed of a structure's public sessions. Raises NotFound, FeedGone."""
    key = slug, language()
    found = _kept.get(key)
    moment = time.monotonic()
    if found is None or moment - found.checked > TRUSTED_SECONDS:
        if found is not None:
            found.checked = moment  # others are answered from memory while this one looks
        try:
            found = await _look(key, found, now=now)
        except (OSError, PostgresError, InterfaceError) as fault:
            if found is None:
                raise FeedResting(headers={"retry-after": "120"}) from fault
            log.warning("feed_served_from_memory", error=type(fault).__name__)
    _kept[key] = found
    _kept.move_to_end(key)
    return _answer(request, found.feed)


async def _look(key: tuple[str, str], found: _Kept | None, *, now: datetime) -> _Kept:
    slug, _language = key
    state = await feed_state(slug, now=now)
    if state is None or state.state not in ("admitted", *GONE_STATES):
        _kept.pop(key, None)
        raise NotFound
    if state.state in GONE_STATES:
        _kept.pop(key, None)
        raise FeedGone
    day = now.astimezone(UTC).date()
    if found is None or (state, day) != (found.state, found.day):
        found = _Kept(feed=await structure_feed(slug, state, now=now), state=state, day=day, checked=time.monotonic())
        _kept[key] = found
        if len(_kept) > MOST_FEEDS:
            _kept.popitem(last=False)
    return found


@lru_cache(256)
def _zipped(body: bytes) -> bytes:
    return gzip.compress(body, 6, mtime=0)


def _answer(request: Request[Any, Any, Any], feed: Feed) -> Response[bytes]:
    zipped = "gzip" in request.headers.get("accept-encoding", "")
    tag = f"{feed.etag}-gz" if zipped else feed.etag
    headers = {
        "etag": f'"{tag}"',
        "last-modified": format_datetime(feed.modified, usegmt=True),
        "cache-control": FRESH,
        "vary": "accept-encoding, accept-language",
    }
    if _is_known(request, feed, tag):
        return Response(b"", status_code=304, headers=headers, media_type=CALENDAR)
    headers["content-disposition"] = 'inline; filename="ateliers.ics"'
    if zipped:
        headers["content-encoding"] = "gzip"
    return Response(_zipped(feed.body) if zipped else feed.body, headers=headers, media_type=CALENDAR)


def _is_known(request: Request[Any, Any, Any], feed: Feed, tag: str) -> bool:
    """Whether the reader has these bytes: If-None-Match wins over the date (RFC 9110 13.2.2)."""
    wanted = request.headers.get("if-none-match")
    if wanted is not None:
        return wanted.strip() == "*" or tag in _TAG.findall(wanted)
    since = request.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        seen = parsedate_to_datetime(since)
    except ValueError:
        return False
    return feed.modified <= (seen if seen.tzinfo else seen.replace(tzinfo=UTC))
