"""Following sessions: the page that gives the addresses, and one's own calendar from the private page."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import unquote

import pytest
from icalendar import Calendar

from ateliers import clock, database
from ateliers.bookings.bookings import get_booking
from ateliers.bookings.joining import join_path
from ateliers.bookings.links import manage_path
from ateliers.web import feeds
from tests.world import make_booking, make_event, make_place, make_session, make_structure

SOON = clock.now() + timedelta(days=3)
CONTACT = {"contact_key": b"c" * 16, "person_key": b"o" * 16}


@pytest.fixture(autouse=True)
def forget():
    feeds._kept.clear()


def links_in(text: str) -> list[str]:
    return [unquote(link) for link in re.findall(r'href="((?:webcal|https)://[^"]+)"', text)]


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("structure=ccas-de-nevers", "structures/ccas-de-nevers.ics"),
        ("structure=ccas-de-nevers&type=stand", "structures/ccas-de-nevers.ics?kind=stand"),
        ("ou=Nevers", "departements/58.ics"),
        ("ou=58000&etendue=commune", "communes/58194.ics"),
        ("ou=Nevers&etendue=region&type=webinar", "regions/27.ics?kind=webinar"),
        ("type=webinar", "kinds/webinar.ics"),
    ],
)
async def test_each_program_gets_an_address_that_works(client, query, path):
    await make_structure()
    page = await client.get(f"/suivre?{query}")
    file = f"ateliers.test/api/v1/calendar/{path}"

    assert page.status_code == 200
    assert links_in(page.text) == [
        f"webcal://{file}",
        f"https://calendar.google.com/calendar/r?cid=webcal://{file}",
        f"https://outlook.live.com/calendar/0/addfromweb?url=http://{file}",
    ]
    assert (await client.get(f"/api/v1/calendar/{path}")).status_code == 200
    for address in re.findall(r'<a href="(/api/v1/calendar/[^"]+)"', page.text):
        assert (await client.get(address)).status_code == 200


@pytest.mark.parametrize("query", ["ou=Nullepart", "structure=personne", "type=fete", "type=training", "etendue=lune"])
async def test_what_is_wrong_is_said_and_what_was_typed_is_kept(client, query):
    page = await client.get(f"/suivre?{query}")

    assert page.status_code == 422
    assert "point à corriger" in page.text
    assert links_in(page.text) == []


async def test_nothing_chosen_is_no_mistake(client):
    page = await client.get("/suivre")

    assert page.status_code == 200
    assert links_in(page.text) == []


async def test_a_structure_that_left_is_gone(client):
    await make_structure("Partie", state="withdrawn")
    assert (await client.get("/suivre?structure=partie")).status_code == 410


@pytest.mark.parametrize(
    ("extension", "media_type"),
    [
        ("ics", "text/calendar; charset=utf-8"),
        ("atom", "application/atom+xml; charset=utf-8"),
        ("json", "application/feed+json"),
        ("jscal", "application/jscalendar+json; type=group"),
    ],
)
async def test_every_format_has_its_name_and_its_validators(client, extension, media_type):
    await make_session(await make_event(await make_structure()), starts_at=SOON)
    path = f"/api/v1/calendar/departements/58.{extension}"
    answer = await client.get(path)
    again = await client.get(path, headers={"if-none-match": answer.headers["etag"]})
    by_date = await client.get(path, headers={"if-modified-since": answer.headers["last-modified"]})

    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    assert (again.status_code, by_date.status_code) == (304, 304)


@pytest.mark.parametrize(
    ("accepted", "is_zipped"), [("gzip", True), ("br, gzip;q=0.5", True), ("gzip;q=0, br", False), ("br", False)]
)
async def test_bytes_are_compressed_for_who_can_read_them(client, accepted, is_zipped):
    await make_structure()
    answer = await client.get("/api/v1/calendar/kinds/stand.ics", headers={"accept-encoding": accepted})

    assert (answer.headers.get("content-encoding") == "gzip", answer.status_code) == (is_zipped, 200)
    assert answer.headers["etag"].endswith('-gz"') == is_zipped


async def test_a_kind_that_is_none_is_said(client):
    assert (await client.get("/api/v1/calendar/departements/58.ics?kind=party")).status_code == 422
    assert (await client.get("/api/v1/calendar/departements/58.ics?utm=x")).status_code == 200


async def private_page():
    session = await make_session(await make_event(), place_id=await make_place(), starts_at=SOON)
    return manage_path(await get_booking(await make_booking(session, **CONTACT)))


async def test_ones_own_calendar_is_opened_and_closed_by_a_button(client):
    private = await private_page()
    before = await client.get(f"{private}/agenda")
    assert links_in(before.text) == []
    assert await database.fetch_value("SELECT count(*) FROM personal_feed") == 0

    opened = await client.post(f"{private}/agenda")
    page = await client.get(opened.headers["location"])
    address = re.search(r'value="http://ateliers.test(/f/[a-z2-7]{32}\.ics)"', page.text)[1]
    feed = await client.get(address)
    assert len(Calendar.from_ical(feed.content).walk("VEVENT")) == 1
    assert feed.headers["cache-control"] == "private, max-age=900"
    assert feed.headers["x-robots-tag"] == "noindex"
    again = await client.get(address, headers={"if-none-match": feed.headers["etag"]})
    assert again.status_code == 304

    closed = await client.post(f"{private}/agenda/fermer")
    assert links_in((await client.get(closed.headers["location"])).text) == []
    assert (await client.get(address)).status_code == 410


async def test_only_the_private_link_opens_it(client):
    private = await private_page()
    for path in (f"{private[:-4]}aaaa/agenda", f"{private[:-4]}aaaa/agenda/fermer"):
        assert (await client.post(path)).status_code == 404
    assert (await client.get("/f/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.ics")).status_code == 404
    assert (await client.get("/f/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")).status_code == 404


async def test_a_booking_can_be_kept_as_a_file(client):
    session = await make_session(
        await make_event(kind="webinar"), place_id=None, starts_at=SOON, join_url="https://visio.example/salle"
    )
    held = await get_booking(await make_booking(session, **CONTACT))
    waiting = await get_booking(await make_booking(session, state="waiting"))
    answer = await client.get(f"{manage_path(held)}/agenda.ics")

    (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert event["LOCATION"] == f"http://ateliers.test{join_path(held)}"
    assert b"METHOD" not in answer.content
    assert (await client.get(f"{manage_path(waiting)}/agenda.ics")).status_code == 404
    assert f"{manage_path(held)}/agenda.ics" in (await client.get(manage_path(held))).text


async def test_an_empty_choice_is_no_choice(client):
    await make_session(await make_event(), place_id=await make_place(), starts_at=SOON)
    page = await client.get("/suivre?ou=&type=&structure=")

    assert (page.status_code, links_in(page.text)) == (200, [])
    assert 'href="/suivre?ou=&amp;type="' in (await client.get("/")).text
