"""Calendar files over HTTP, and the page that stops reminders."""

from __future__ import annotations

import asyncio
import gzip
from datetime import timedelta
from email.utils import format_datetime

import pytest
from icalendar import Calendar

from ateliers import clock, database
from ateliers.bookings.bookings import get_booking
from ateliers.bookings.opt_out import stop_reminders_path
from ateliers.exchange.feeds import public
from ateliers.web import feeds
from tests.world import NOON, make_booking, make_event, make_place, make_session, make_structure

FEED = "/api/v1/calendar/structures/ccas-de-nevers.ics"
PLAIN = {"accept-encoding": "identity"}
SOON = clock.now() + timedelta(days=3)


@pytest.fixture(autouse=True)
def forget():
    feeds._kept.clear()
    public._entries.clear()


async def make_feed() -> None:
    await make_session(await make_event(await make_structure()), starts_at=SOON)


async def count_queries(monkeypatch) -> list[str]:
    asked: list[str] = []
    real = database._run

    async def counted(method, sql, args):
        asked.append(sql)
        return await real(method, sql, args)

    monkeypatch.setattr(database, "_run", counted)
    return asked


async def test_a_feed_is_a_calendar(client):
    await make_feed()
    answer = await client.get(FEED)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("inline")
    assert answer.headers["cache-control"] == "public, max-age=900, stale-while-revalidate=3600"
    assert len(Calendar.from_ical(answer.content).walk("VEVENT")) == 1


async def test_who_has_it_is_told_so_without_asking_the_database(client, monkeypatch):
    await make_feed()
    first = await client.get(FEED)
    asked = await count_queries(monkeypatch)
    again = await client.get(FEED, headers={"if-none-match": first.headers["etag"]})

    assert (again.status_code, again.content, asked) == (304, b"", [])
    assert again.headers["etag"] == first.headers["etag"]


@pytest.mark.parametrize("form", ['"{}"', 'W/"{}"', '"other", "{}"', "*"])
async def test_every_form_of_if_none_match(client, form):
    await make_feed()
    tag = (await client.get(FEED)).headers["etag"].strip('"')
    assert (await client.get(FEED, headers={"if-none-match": form.format(tag)})).status_code == 304


async def test_the_tag_wins_over_the_date(client):
    await make_feed()
    date = (await client.get(FEED)).headers["last-modified"]
    by_date = await client.get(FEED, headers={"if-modified-since": date})
    by_both = await client.get(FEED, headers={"if-modified-since": date, "if-none-match": '"other"'})
    earlier = format_datetime(clock.now() - timedelta(days=90), usegmt=True)
    older = await client.get(FEED, headers={"if-modified-since": earlier})
    nonsense = await client.get(FEED, headers={"if-modified-since": "yesterday"})

    assert [answer.status_code for answer in (by_date, by_both, older, nonsense)] == [304, 200, 200, 200]


async def test_compressed_bytes_have_their_own_tag(client):
    event, place = (
        await make_event(await make_structure(), description="Une longue histoire. " * 99),
        await make_place(),
    )
    for day in range(9):
        await make_session(event, place_id=place, starts_at=SOON + timedelta(days=day))
    bare = await client.get(FEED, headers=PLAIN)
    async with client.stream("GET", FEED, headers={"accept-encoding": "gzip"}) as zipped:
        raw = b"".join([part async for part in zipped.aiter_raw()])

    assert zipped.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw) == bare.content
    assert bare.headers["etag"] != zipped.headers["etag"]


async def test_head_tells_the_same_without_the_body(client):
    await make_feed()
    got = await client.get(FEED, headers=PLAIN)
    head = await client.head(FEED, headers=PLAIN)

    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "last-modified", "content-length", "content-type"):
        assert head.headers[name] == got.headers[name]


async def test_a_change_is_seen_as_soon_as_the_memory_is_not_trusted(client, monkeypatch):
    monkeypatch.setattr(feeds, "TRUSTED_SECONDS", -1)
    await make_feed()
    before = await client.get(FEED)
    await database.execute("UPDATE session SET called_off_at = $1, updated_at = $1", NOON)
    after = await client.get(FEED, headers={"if-none-match": before.headers["etag"]})

    assert after.status_code == 200
    assert b"CANCELLED" in after.content


async def test_it_follows_the_readers_language(client):
    await make_feed()
    english = await client.get(FEED, headers={"accept-language": "en"})
    french = await client.get(FEED, headers={"accept-language": "fr"})

    assert b"CATEGORIES:Workshop" in english.content
    assert b"CATEGORIES:Atelier" in french.content
    assert "accept-language" in english.headers["vary"]


@pytest.mark.parametrize(
    ("state", "status"), [("suspended", 410), ("withdrawn", 410), ("draft", 404), ("submitted", 404)]
)
async def test_a_structure_that_left_or_never_came(client, state, status):
    await make_structure(state=state)
    assert (await client.get(FEED)).status_code == status


@pytest.mark.parametrize(
    "path", ["structures/nobody.ics", "structures/ccas-de-nevers", "structures/%00.ics", "sessions/1.ics"]
)
async def test_what_is_not_there_is_not_an_empty_calendar(client, path):
    await make_structure()
    answer = await client.get(f"/api/v1/calendar/{path}")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def database_is_away(*_args):
    raise ConnectionRefusedError


async def test_without_database_there_is_no_empty_calendar(client, monkeypatch):
    await make_feed()
    with monkeypatch.context() as away:
        away.setattr(database, "_run", database_is_away)
        answer = await client.get(FEED)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "120")


async def test_without_database_what_is_in_memory_is_given_out(client, monkeypatch):
    await make_feed()
    monkeypatch.setattr(feeds, "TRUSTED_SECONDS", -1)
    before = await client.get(FEED)
    with monkeypatch.context() as away:
        away.setattr(database, "_run", database_is_away)
        answer = await client.get(FEED)

    assert (answer.status_code, answer.content) == (200, before.content)


async def test_who_asks_while_it_is_made_waits_for_the_same_one(client, monkeypatch):
    await make_feed()
    made = []
    real = feeds.make_feed

    async def counted(*args, **rest):
        made.append(args)
        return await real(*args, **rest)

    monkeypatch.setattr(feeds, "make_feed", counted)
    answers = await asyncio.gather(*(client.get(FEED) for _turn in range(20)))

    assert ({answer.status_code for answer in answers}, len(made)) == ({200}, 1)
    assert feeds._looking == {}


async def test_one_session_in_both_places(client):
    session = await make_session(await make_event(), starts_at=SOON)
    answers = [
        await client.get(path)
        for path in (f"/api/v1/calendar/sessions/{session}.ics", f"/seances/{session}/agenda.ics")
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize("values", [{"visibility": "network"}, {"state": "draft", "published_at": None}])
async def test_a_session_that_is_not_the_publics(client, values):
    session = await make_session(await make_event(**values))
    assert (await client.get(f"/seances/{session}/agenda.ics")).status_code == 404


async def test_the_link_to_join_is_in_no_file(client):
    event = await make_event(await make_structure(), kind="webinar")
    session = await make_session(event, place_id=None, starts_at=SOON, join_url="https://visio.example.test/salle")
    for path in (FEED, f"/seances/{session}/agenda.ics"):
        assert b"visio" not in (await client.get(path)).content.replace(b"\r\n ", b"")


async def test_opening_the_link_stops_nothing_and_the_button_does(client):
    booking = await get_booking(await make_booking(await make_session(await make_event(), place_id=await make_place())))
    path = stop_reminders_path(booking)
    page = await client.get(path)
    assert (await get_booking(booking.id)).reminders
    done = await client.post(path)

    assert (page.status_code, done.status_code) == (200, 200)
    assert "Arrêter les rappels" in page.text
    assert "Les rappels sont arrêtés." in done.text
    assert not (await get_booking(booking.id)).reminders


async def test_mail_programs_stop_them_in_one_click(client):
    booking = await get_booking(await make_booking(await make_session()))
    answer = await client.post(f"/en{stop_reminders_path(booking)}", data={"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    assert not (await get_booking(booking.id)).reminders


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_link_that_is_not_ours(client, method):
    booking = await get_booking(await make_booking(await make_session()))
    for path in (f"/rappels/{booking.code}/aaaaaaaaaaaaaaaa", "/rappels/ZZZZZZ/aaaaaaaaaaaaaaaa", "/rappels/%00/é"):
        assert (await client.request(method, path)).status_code == 404
    assert (await get_booking(booking.id)).reminders
