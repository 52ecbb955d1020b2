"""The personal link into a webinar: it opens while a seat is held, follows the session, and dies with the seat."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ateliers import database
from ateliers.bookings.booking import BookingState
from ateliers.bookings.bookings import get_booking
from ateliers.bookings.joining import find_way_in, join_link, join_path
from ateliers.bookings.links import private_key
from ateliers.refusals import NotFound
from tests.agenda.values import ONLINE, a_session
from tests.bookings.values import a_booking
from tests.world import NOON, START, make_booking, make_event, make_session

ROOM = "https://visio.example.test/salle"


async def make_webinar(**values):
    return await make_session(
        await make_event(kind="webinar"), **{"place_id": None, "join_url": ROOM, "starts_at": START, **values}
    )


async def way(booking_id, now=NOON):
    booking = await get_booking(booking_id)
    return await find_way_in(join_path(booking).removeprefix("/webinaire/"), now=now)


async def test_it_leads_to_the_meeting_and_follows_it(db):
    session = await make_webinar()
    booking = await make_booking(session)
    before = await way(booking)
    await database.execute("UPDATE session SET join_url = $2 WHERE id = $1", session, f"{ROOM}/2")

    assert (before.url, (await way(booking)).url) == (ROOM, f"{ROOM}/2")


async def test_it_dies_with_the_seat(db):
    booking = await make_booking(await make_webinar())
    await database.execute("UPDATE booking SET state = 'given_back', ended_at = $2 WHERE id = $1", booking, NOON)

    assert (await way(booking)).url is None


async def test_it_opens_nothing_before_there_is_a_seat_nor_after_the_end(db):
    session = await make_webinar()
    waiting, held = await make_booking(session, state="waiting"), await make_booking(session)
    end = START + timedelta(hours=2)

    assert (await way(waiting)).url is None
    assert [(await way(held, end + timedelta(minutes=minutes))).url for minutes in (30, 61)] == [ROOM, None]


async def test_called_off_it_leads_nowhere(db):
    session = await make_webinar()
    booking = await make_booking(session)
    await database.execute("UPDATE session SET called_off_at = $2 WHERE id = $1", session, NOON)

    assert (await way(booking)).url is None


async def test_of_a_cycle_it_opens_the_date_that_is_on(db):
    first = await make_webinar()
    event = await database.fetch_value("SELECT event_id FROM session WHERE id = $1", first)
    later = START + timedelta(days=7)
    await make_session(event, place_id=None, join_url=f"{ROOM}/2", starts_at=later, lead_id=first)
    booking = await make_booking(first)

    assert [(await way(booking, now)).url for now in (NOON, later, later + timedelta(days=1))] == [
        ROOM,
        f"{ROOM}/2",
        None,
    ]


@pytest.mark.parametrize("key", ["", "a", "é", "a" * 42, "\0", "=" * 42])
async def test_what_is_not_ours_is_not_there(db, key):
    with pytest.raises(NotFound):
        await find_way_in(key, now=NOON)


def test_the_link_says_nothing_that_manages_the_booking():
    booking = a_booking()

    assert booking.code not in join_path(booking)
    assert private_key(booking) not in join_path(booking)


def test_only_a_held_seat_of_an_online_session_has_one():
    online, on_site = a_session(**ONLINE), a_session()
    off = a_session(**ONLINE, called_off_at=NOON)

    assert join_link(a_booking(), online) == f"http://ateliers.test{join_path(a_booking())}"
    assert [join_link(a_booking(), session) for session in (on_site, off)] == [None, None]
    for state in set(BookingState) - {BookingState.CONFIRMED}:
        assert join_link(a_booking(state=state.value), online) is None
