"""A person's own calendar: whose bookings, behind which address, and how it ends."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from icalendar import Calendar

from ateliers import database
from ateliers.bookings import invites
from ateliers.bookings.bookings import get_booking
from ateliers.bookings.joining import join_path
from ateliers.bookings.links import manage_path, private_key
from ateliers.exchange.feeds import personal
from ateliers.exchange.feeds.personal import (
    NoContact,
    close_personal_feed,
    find_personal_path,
    open_personal_feed,
    personal_feed,
)
from ateliers.exchange.feeds.selection import FeedGone
from ateliers.refusals import NotFound
from tests.agenda.values import ONLINE, a_session
from tests.bookings.values import a_booking
from tests.golden import same_as_golden
from tests.world import NOON, START, make_booking, make_event, make_place, make_session

GOLDEN = Path(__file__).parent / "golden"
ODILE = {"contact_key": b"c" * 16, "person_key": b"o" * 16}
ROOM = "https://visio.example.test/salle"


async def make_sessions(count: int = 1) -> list[UUID]:
    event, place = await make_event(), await make_place()
    return [await make_session(event, place_id=place, starts_at=START + timedelta(days=day)) for day in range(count)]


async def opened(booking_id: UUID) -> str:
    return await open_personal_feed(await get_booking(booking_id), now=NOON)


def token_of(path: str) -> str:
    return path.removeprefix("/f/").removesuffix(".ics")


async def events_at(path: str, now=NOON):
    return Calendar.from_ical((await personal_feed(token_of(path), now=now)).body).walk("VEVENT")


def test_it_is_written_as_it_was_agreed():
    """A workshop and a webinar called off."""
    off = a_session(id="01a20152-ad6a-75c4-a7c9-2021ffa8e4b5", called_off_at=NOON, revision=1, **ONLINE)
    on = a_session(id="01a20152-ad6a-75c4-a7c9-2021ffa8e4b6", **ONLINE)
    pairs = [(a_booking(), a_session()), (a_booking(), off), (a_booking(), on)]
    raw = personal._file(pairs, a_booking().id)

    assert same_as_golden(GOLDEN / "personal.ics", raw)
    assert raw == personal._file(pairs, a_booking().id)
    text = raw.decode().replace("\r\n ", "")
    for word in ("METHOD", "ATTENDEE", "ORGANIZER", "VALARM", "mailto:", "visio", "K7M2PX", private_key(a_booking())):
        assert word not in text


async def test_it_holds_the_confirmed_bookings_of_one_person(db):
    sessions = await make_sessions(5)
    kept = [await make_booking(session, **ODILE) for session in sessions[:2]]
    await make_booking(sessions[2], state="waiting", **ODILE)
    await make_booking(sessions[3], **{**ODILE, "person_key": b"l" * 16})  # Lucie, by the same address
    await make_booking(sessions[4], **{**ODILE, "contact_key": b"d" * 16})  # another Odile

    uids = [str(event["UID"]) for event in await events_at(await opened(kept[0]))]
    assert uids == [
        f"f-{booking.hex}-{session.hex}@ateliers.test" for booking, session in zip(kept, sessions, strict=False)
    ]


async def test_it_has_every_date_of_a_cycle(db):
    first = (await make_sessions())[0]
    event = await database.fetch_value("SELECT event_id FROM session WHERE id = $1", first)
    further = await make_session(event, lead_id=first, starts_at=START + timedelta(days=7))
    booking = await make_booking(first, **ODILE)

    uids = [str(event["UID"])[-46:-14] for event in await events_at(await opened(booking))]
    assert uids == [first.hex, further.hex]


async def test_what_was_given_back_leaves_and_what_is_called_off_stays(db):
    sessions = await make_sessions(2)
    bookings = [await make_booking(session, **ODILE) for session in sessions]
    path = await opened(bookings[0])
    await database.execute("UPDATE booking SET state = 'given_back', ended_at = $2 WHERE id = $1", bookings[0], NOON)
    await database.execute("UPDATE session SET called_off_at = $2 WHERE id = $1", sessions[1], NOON)

    (event,) = await events_at(path)
    assert (event["STATUS"], event["SUMMARY"][:9]) == ("CANCELLED", "ANNULÉ – ")


async def test_its_link_into_a_webinar_is_the_persons_own(db):
    session = await make_session(await make_event(kind="webinar"), place_id=None, join_url=ROOM)
    booking = await make_booking(session, **ODILE)
    path = await opened(booking)
    (event,) = await events_at(path)

    assert event["LOCATION"] == f"http://ateliers.test{join_path(await get_booking(booking))}"
    assert ROOM.encode() not in (await personal_feed(token_of(path), now=NOON)).body.replace(b"\r\n ", b"")


async def test_the_address_is_secret_the_same_each_time_and_stored_nowhere(db):
    session, other = await make_sessions(2)
    booking = await make_booking(session, **ODILE)
    path = await opened(booking)

    assert len(token_of(path)) * 5 >= 160
    assert await opened(booking) == path
    assert await opened(await make_booking(other, **ODILE)) == path
    rows = await database.fetch_rows("SELECT f::text AS row FROM personal_feed f")
    assert [token_of(path) in row["row"] for row in rows] == [False]


async def test_closed_it_is_gone_for_good_and_another_has_another_address(db):
    booking = await make_booking((await make_sessions())[0], **ODILE)
    path = await opened(booking)
    for _twice in range(2):
        await close_personal_feed(await get_booking(booking), now=NOON)

    assert await find_personal_path(await get_booking(booking)) is None
    with pytest.raises(FeedGone):
        await personal_feed(token_of(path), now=NOON)
    again = await opened(booking)
    assert again != path
    assert len(await events_at(again)) == 1


async def test_it_says_when_it_changed(db):
    booking = await make_booking((await make_sessions())[0], **ODILE)
    token = token_of(await opened(booking))
    first, same = await personal_feed(token, now=NOON), await personal_feed(token, now=NOON + timedelta(hours=1))
    await database.execute("UPDATE booking SET state = 'given_back', ended_at = $2 WHERE id = $1", booking, NOON)
    after = await personal_feed(token, now=NOON + timedelta(hours=2))

    assert (first.etag, first.modified) == (same.etag, same.modified)
    assert after.modified > first.modified
    assert after.etag != first.etag


async def test_it_speaks_the_language_of_the_booking(db):
    booking = await make_booking((await make_sessions())[0], language="en", **ODILE)

    (event,) = await events_at(await opened(booking))
    assert event["CATEGORIES"].to_ical() == b"Workshop"


async def test_without_a_contact_there_is_none(db):
    booking = await make_booking((await make_sessions())[0], email=None)
    with pytest.raises(NoContact):
        await opened(booking)
    assert await find_personal_path(await get_booking(booking)) is None


@pytest.mark.parametrize("token", ["", "a" * 32, "é", "\0"])
async def test_what_is_not_ours_is_not_there(db, token):
    with pytest.raises(NotFound):
        await personal_feed(token, now=NOON)


async def test_it_does_not_carry_what_manages_the_booking(db):
    booking = await make_booking((await make_sessions())[0], code="K7M2PX", **ODILE)
    body = (await personal_feed(token_of(await opened(booking)), now=NOON)).body.replace(b"\r\n ", b"")
    held = await get_booking(booking)

    for secret in (held.code, private_key(held), manage_path(held), held.uid, held.email or ""):
        assert secret.encode() not in body
    assert b"RDATE" not in body
    assert invites.ALARM.encode() not in body
