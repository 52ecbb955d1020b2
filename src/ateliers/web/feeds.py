"""Feeds over HTTP: validators, compression, and a short memory so that a 304 costs no database query (rules F5, F6)."""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from ateliers import database
from ateliers.agenda.calendar import session_calendar
from ateliers.agenda.group import may_be_read
from ateliers.agenda.sessions import get_session, list_dates
from ateliers.exchange.feeds.formats import FORMATS
from ateliers.exchange.feeds.personal import personal_feed
from ateliers.exchange.feeds.public import Feed, FeedState, feed_state, make_feed, packed
from ateliers.exchange.feeds.selection import Selection
from ateliers.refusals import NotFound, Refusal
from ateliers.words import language

log = structlog.get_logger()

TRUSTED_SECONDS = 2.0  # a feed is not looked at again before
MOST_FEEDS = 512  # kept in one process, the least recently asked for goes first
MOST_BYTES = 64_000_000  # of all of them together
CALENDAR = "text/calendar"  # the framework adds the charset
FRESH = "public, max-age=900, stale-while-revalidate=3600"
PRIVATE = "private, max-age=900"
_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_GZIP = re.compile(r"(?:^|[,\s])(?:gzip|\*)\s*(?:;\s*q\s*=\s*(?P<weight>[0-9.]+))?\s*(?:,|$)", re.IGNORECASE)

_Key = tuple[Selection, str, str]  # which, extension, language


class FeedResting(HTTPException):
    """The database does not answer. An empty calendar instead would make subscribers forget everything (rule F6)."""

    status_code = 503


class _Kept(msgspec.Struct, kw_only=True):
    feed: Feed
    state: FeedState
    checked: float


_kept: OrderedDict[_Key, _Kept] = OrderedDict()
_looking: dict[_Key, asyncio.Lock] = {}


async def session_file(
    request: Request[Any, Any, Any], session_id: UUID, *, key: str = "", now: datetime
) -> Response[bytes]:
    """The calendar file of one session that anybody may see, or those with its `key`; with the dates of its cycle.

    Raises NotFound.
    """
    session = await get_session(session_id)
    if not may_be_read(session, key, now=now):
        raise NotFound
    dates = await list_dates(session) or [session]
    changed = max(date.updated_at for date in dates).replace(microsecond=0)
    feed = await packed(lambda: session_calendar(*dates), changed, CALENDAR)
    return _answer(request, feed, "ics", FRESH)


async def public_feed(
    request: Request[Any, Any, Any], selection: Selection, extension: str, *, now: datetime
) -> Response[bytes]:
    """A public feed in one of FORMATS. Raises NotFound, FeedGone."""
    if extension not in FORMATS:
        raise NotFound
    key = selection, extension, language()
    found = _kept.get(key)
    is_trusted = found is not None and time.monotonic() - found.checked <= TRUSTED_SECONDS
    # While one reader looks whether it has changed, the others get what there is.
    if found is None or (not is_trusted and key not in _looking):
        try:
            found = await _look(key, now=now)
        except Exception as fault:
            if not database.is_away(fault):
                raise
            found = _kept.get(key)
            if found is None:
                raise FeedResting(headers={"retry-after": "120"}) from fault
            log.warning("feed_served_from_memory", error=type(fault).__name__)
    return _answer(request, found.feed, extension, FRESH)


async def private_file(request: Request[Any, Any, Any], token: str, *, now: datetime) -> Response[bytes]:
    """A person's own calendar. Raises NotFound, FeedGone. No cache that others share keeps it (rule F9)."""
    try:
        feed = await personal_feed(token, now=now)
    except Exception as fault:
        if not database.is_away(fault):
            raise
        raise FeedResting(headers={"retry-after": "120"}) from fault
    answer = _answer(request, feed, "ics", PRIVATE)
    answer.headers["x-robots-tag"] = "noindex"
    return answer


def forget_when_checked() -> None:
    """Look at every feed again when it is next asked for."""
    for kept in _kept.values():
        kept.checked = -TRUSTED_SECONDS


async def _look(key: _Key, *, now: datetime) -> _Kept:
    """The feed as it is now; who asks while it is being made waits for the same one."""
    lock = _looking.setdefault(key, asyncio.Lock())
    try:
        async with lock:
            found = _kept.get(key)
            if found is not None and time.monotonic() - found.checked <= TRUSTED_SECONDS:
                return found
            return await _renew(key, found, now=now)
    finally:
        if not lock.locked():
            _looking.pop(key, None)


async def _renew(key: _Key, found: _Kept | None, *, now: datetime) -> _Kept:
    selection, extension, _language = key
    try:
        state = await feed_state(selection, now=now)
    except Refusal:
        _kept.pop(key, None)
        raise
    if found is None or state != found.state:
        feed = await make_feed(selection, extension, state, now=now)
        found = _Kept(feed=feed, state=state, checked=0)
    found.checked = time.monotonic()
    _kept[key] = found
    _kept.move_to_end(key)
    while len(_kept) > MOST_FEEDS or (len(_kept) > 1 and _size() > MOST_BYTES):
        _kept.popitem(last=False)
    return found


def _size() -> int:
    return sum(len(kept.feed.body) + len(kept.feed.zipped) for kept in _kept.values())


def _answer(request: Request[Any, Any, Any], feed: Feed, extension: str, caching: str) -> Response[bytes]:
    zipped = _takes_gzip(request.headers.get("accept-encoding", ""))
    tag = f"{feed.etag}-gz" if zipped else feed.etag
    headers = {
        "etag": f'"{tag}"',
        "last-modified": format_datetime(feed.modified.astimezone(UTC), usegmt=True),
        "cache-control": caching,
        "vary": "accept-encoding, accept-language",
    }
    if _is_known(request, feed, tag):
        return Response(b"", status_code=304, headers=headers, media_type=feed.media_type)
    headers["content-disposition"] = f'inline; filename="ateliers.{extension}"'
    if zipped:
        headers["content-encoding"] = "gzip"
    return Response(feed.zipped if zipped else feed.body, headers=headers, media_type=feed.media_type)


def _takes_gzip(accepted: str) -> bool:
    match = _GZIP.search(accepted)
    return match is not None and (match["weight"] is None or match["weight"].strip("0.") != "")


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
