"""The personal link over HTTP: it sends to the meeting, or says why not, and no cache keeps either."""

from __future__ import annotations

from ateliers.bookings.bookings import get_booking
from ateliers.bookings.joining import join_path
from tests.bookings.test_joining import ROOM, make_webinar
from tests.web.test_calendar_files import SOON
from tests.world import make_booking


async def path_of(booking_id) -> str:
    return join_path(await get_booking(booking_id))


async def test_it_sends_to_the_meeting_without_saying_from_where(client):
    booking = await make_booking(await make_webinar(starts_at=SOON))
    answer = await client.get(await path_of(booking))

    assert (answer.status_code, answer.headers["location"]) == (303, ROOM)
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")


async def test_without_a_seat_it_says_so(client):
    booking = await make_booking(await make_webinar(starts_at=SOON), state="waiting")
    french = await client.get(await path_of(booking))
    english = await client.get(f"/en{await path_of(booking)}")

    assert (french.status_code, english.status_code) == (403, 403)
    assert "Vous n’avez pas encore de place confirmée." in french.text
    assert "You do not have a confirmed seat yet." in english.text
    assert ROOM not in french.text


async def test_nobody_elses_link_opens_it(client):
    path = await path_of(await make_booking(await make_webinar(starts_at=SOON)))
    assert (await client.get(path[:-1] + ("a" if path[-1] != "a" else "b"))).status_code == 404
