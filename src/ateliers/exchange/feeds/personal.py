"""A person's own calendar: their confirmed bookings at a private address that they can close (rule F9).

It is opened from the private page of one booking and holds the bookings of the same person under the same contact: who books
for others by one address gives each of them a calendar of their own.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from ateliers import signing, words
from ateliers.agenda.calendar import calendar_file
from ateliers.agenda.ical import text
from ateliers.agenda.session import SESSION_SQL, Session
from ateliers.bookings import invites
from ateliers.bookings.booking import Booking, BookingState
from ateliers.bookings.bookings import BOOKING_SQL
from ateliers.database import execute, fetch, fetch_one, new_id, transaction
from ateliers.exchange.feeds.formats import REFRESH
from ateliers.exchange.feeds.public import Feed, packed, revised_at
from ateliers.exchange.feeds.selection import KEPT, FeedGone, midnight
from ateliers.refusals import NotFound, Refusal
from ateliers.rendering import absolute
from ateliers.words import _

PURPOSE = "personal-feed"
TOKEN_LENGTH = 32  # base32 letters: 160 bits
MOST_BOOKINGS = 500
PATH = "/f/"

_MINE = """contact_key = (SELECT contact_key FROM booking WHERE id = $1)
    AND person_key = (SELECT person_key FROM booking WHERE id = $1) AND revoked_at IS NULL"""


class NoContact(Refusal):
    """Nothing tells this person from another of the same name."""

    status = 409
    title = "This calendar needs an e-mail address or a phone number in the booking."


class _Opened(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    contact_key: bytes
    person_key: bytes
    language: str
    revoked_at: datetime | None


async def find_personal_path(booking: Booking) -> str | None:
    """The path of this person's calendar, when it is open."""
    row = await fetch_one(_Id, f"SELECT id FROM personal_feed WHERE {_MINE}", booking.id)
    return _path(row.id) if row else None


async def open_personal_feed(booking: Booking, *, now: datetime) -> str:
    """The path of this person's calendar, opened now unless it is open already. Raises NoContact."""
    made = new_id()
    async with transaction():
        await execute(
            """INSERT INTO personal_feed (id, token_hash, contact_key, person_key, language, created_at)
               SELECT $2, $3, contact_key, person_key, $4, $5 FROM booking WHERE id = $1 AND contact_key IS NOT NULL
               ON CONFLICT (contact_key, person_key) WHERE revoked_at IS NULL DO NOTHING""",
            booking.id,
            made,
            _hash(_token(made)),
            booking.language,
            now,
        )
        path = await find_personal_path(booking)
    if path is None:
        raise NoContact
    return path


async def close_personal_feed(booking: Booking, *, now: datetime) -> None:
    """The address stops working for good; another one may be opened. Closing what is closed does nothing."""
    await execute(f"UPDATE personal_feed SET revoked_at = $2 WHERE {_MINE}", booking.id, now)


async def personal_feed(token: str, *, now: datetime) -> Feed:
    """The calendar at a private address, in the language of who opened it. Raises NotFound, FeedGone once it is closed."""
    opened = await fetch_one(
        _Opened,
        "SELECT id, contact_key, person_key, language, revoked_at FROM personal_feed WHERE token_hash = $1",
        _hash(token),
    )
    if opened is None:
        raise NotFound
    if opened.revoked_at is not None:
        raise FeedGone
    held = await fetch(
        _Held,
        f"""SELECT b.id AS booking_id, s.id AS session_id FROM booking b
            JOIN session s ON s.id = b.session_id OR s.lead_id = b.session_id
            WHERE b.contact_key = $1 AND b.person_key = $2 AND b.state = 'confirmed' AND s.ends_at >= $3
            ORDER BY s.starts_at, s.id LIMIT {MOST_BOOKINGS}""",
        opened.contact_key,
        opened.person_key,
        midnight(now) - KEPT,
    )
    booking_ids, session_ids = ({one.booking_id for one in held}, {one.session_id for one in held})
    bookings = {one.id: one for one in await fetch(Booking, f"{BOOKING_SQL} WHERE id = ANY($1)", list(booking_ids))}
    sessions = {one.id: one for one in await fetch(Session, f"{SESSION_SQL} WHERE s.id = ANY($1)", list(session_ids))}
    pairs = [
        (bookings[one.booking_id], sessions[one.session_id])
        for one in held
        if one.booking_id in bookings and one.session_id in sessions
    ]
    with words.speaking(opened.language):
        body = _file(pairs, opened.id)
    modified = await revised_at(f"f/{opened.id}", body, now=now)
    return await packed(lambda: body, modified, "text/calendar")


async def booking_calendar(booking: Booking) -> bytes:
    """The dates of one confirmed booking as a file to keep. Raises NotFound when no seat is held."""
    if booking.state is not BookingState.CONFIRMED:
        raise NotFound
    dates = await fetch(
        Session, f"{SESSION_SQL} WHERE s.id = $1 OR s.lead_id = $1 ORDER BY s.starts_at, s.id", booking.session_id
    )
    with words.speaking(booking.language):
        return calendar_file([], dates, [invites.kept(booking, date) for date in dates])


def _file(pairs: list[tuple[Booking, Session]], feed_id: UUID) -> bytes:
    name = text(_("My workshops"))
    lines = [
        f"NAME:{name}",
        f"X-WR-CALNAME:{name}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}",
        f"X-PUBLISHED-TTL:{REFRESH}",
        f"SOURCE;VALUE=URI:{absolute(_path(feed_id))}",
    ]
    return calendar_file(lines, [session for _booking, session in pairs], [invites.kept(*pair) for pair in pairs])


class _Held(msgspec.Struct, frozen=True):
    booking_id: UUID
    session_id: UUID


class _Id(msgspec.Struct, frozen=True):
    id: UUID


def _path(feed_id: UUID) -> str:
    return f"{PATH}{_token(feed_id)}.ics"


def _token(feed_id: UUID) -> str:
    return signing.sign(PURPOSE, str(feed_id), length=TOKEN_LENGTH)


def _hash(token: str) -> bytes:
    return signing.keyed_hash(PURPOSE, token)
