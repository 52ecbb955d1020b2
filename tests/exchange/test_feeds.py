"""Public feeds: what is in them, in which format, and when they say that they changed."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID
from xml.etree import ElementTree as ET

import msgspec
import pytest
from icalendar import Calendar

from ateliers import database
from ateliers.agenda.kinds import Kind
from ateliers.agenda.vtimezone import vtimezone
from ateliers.exchange.feeds import public
from ateliers.exchange.feeds.formats import FORMATS, Listed
from ateliers.exchange.feeds.head import Head
from ateliers.exchange.feeds.public import Feed, feed_state, make_feed
from ateliers.exchange.feeds.selection import FeedGone, Scope, Selection
from ateliers.refusals import NotFound
from ateliers.words import speaking
from tests.agenda.values import ONLINE, a_session
from tests.golden import same_as_golden
from tests.world import NOON, SAINT_DENIS, START, make_event, make_place, make_session, make_structure

GOLDEN = Path(__file__).parent / "golden"
ATOM = {"a": "http://www.w3.org/2005/Atom"}
OURS = Selection(scope=Scope.STRUCTURE, code="ccas-de-nevers")


@pytest.fixture(autouse=True)
def forget():
    public._entries.clear()


async def feed_of(selection: Selection = OURS, extension: str = "ics", *, now: datetime = NOON) -> Feed:
    return await make_feed(selection, extension, await feed_state(selection, now=now), now=now)


async def ids_in(selection: Selection, *, now: datetime = NOON) -> list[UUID]:
    found = Calendar.from_ical((await feed_of(selection, now=now)).body).walk("VEVENT")
    return [UUID(str(event["UID"])[2:34]) for event in found]


def by(scope: Scope, code: str, kind: Kind | None = None) -> Selection:
    return Selection(scope=scope, code=code, kind=kind)


@pytest.mark.parametrize("extension", FORMATS)
def test_a_feed_is_written_as_it_was_agreed(extension):
    """A workshop, a webinar called off, a stand of two days, and an evening overseas."""
    sessions = [
        a_session(),
        a_session(
            id="01a20152-ad6a-75c4-a7c9-2021ffa8e4b5",
            called_off_at=NOON,
            called_off_reason="Malade",
            revision=1,
            **ONLINE,
        ),
        a_session(
            id="01a20152-ad6a-75c4-a7c9-2021ffa8e4b6",
            kind="stand",
            all_day=True,
            starts_at=datetime.fromisoformat("2026-12-02T23:00Z"),
            ends_at=datetime.fromisoformat("2026-12-04T23:00Z"),
        ),
        a_session(id="01a20152-ad6a-75c4-a7c9-2021ffa8e4b7", **SAINT_DENIS, title='<b>& "Autres" \\ ; , </b>\u0007'),
    ]
    head = Head(
        name="Ateliers : CCAS de Nevers",
        address=f"http://ateliers.test{OURS.path(extension)}",
        page="http://ateliers.test/signataires/ccas-de-nevers",
        language="fr",
        modified=NOON,
    )
    form = FORMATS[extension]
    listed = [
        Listed(id=one.id, version=1, zone=one.zone, starts_at=one.starts_at, ends_at=one.ends_at, all_day=one.all_day)
        for one in sessions
    ]
    raw = form.whole(head, listed, [form.entry(one) for one in sessions])

    assert same_as_golden(GOLDEN / f"feed.{extension}", raw)
    assert b"visio" not in raw.replace(b"\r\n ", b"")


async def test_it_holds_what_is_public_from_thirty_days_back(db):
    structure = await make_structure()
    place = await make_place()
    shown = await make_event(structure)
    kept = [
        await make_session(shown, starts_at=start, place_id=place)
        for start in (NOON - timedelta(days=29), START, START + timedelta(days=300))
    ]
    await make_session(shown, starts_at=NOON - timedelta(days=32), place_id=place)
    for values in ({"visibility": "link"}, {"visibility": "network"}, {"state": "draft", "published_at": None}):
        await make_session(await make_event(structure, **values), place_id=place)
    await make_session(await make_event(await make_structure("Autre")), place_id=place)
    await make_session(shown, place_id=None, onsite_id=kept[1])  # the same one from home

    assert await ids_in(OURS) == kept


async def test_an_embargo_ends_by_itself(db):
    event = await make_event(await make_structure(), public_from=NOON + timedelta(hours=1))
    session = await make_session(event)
    before, after = await feed_of(), await feed_of(now=NOON + timedelta(hours=2))

    assert (await ids_in(OURS), await ids_in(OURS, now=NOON + timedelta(hours=2))) == ([], [session])
    assert after.modified > before.modified


async def test_it_gathers_by_territory_and_kind(db):
    nievre, reunion = await make_structure(), await make_structure("Ailleurs", **{**SAINT_DENIS, "region": "04"})
    paris = {"postcode": "75011", "commune_code": "75111", "commune_name": "Paris 11e", "departement": "75"}
    here = await make_session(await make_event(nievre), place_id=await make_place())
    in_paris = await make_session(await make_event(nievre), place_id=await make_place(**paris))
    webinar = await make_session(await make_event(nievre, kind="webinar"), place_id=None)
    far = await make_session(await make_event(reunion), place_id=await make_place(**SAINT_DENIS), zone="Indian/Reunion")
    left = await make_structure("Partie", state="suspended")
    await make_session(await make_event(left), place_id=await make_place())

    found = {
        selection.key: set(await ids_in(selection))
        for selection in (
            OURS,
            by(Scope.COMMUNE, "58194"),
            by(Scope.COMMUNE, "75056"),
            by(Scope.COMMUNE, "75111"),
            by(Scope.DEPARTEMENT, "58"),
            by(Scope.DEPARTEMENT, "58", Kind.WEBINAR),
            by(Scope.DEPARTEMENT, "2A"),
            by(Scope.REGION, "27"),
            by(Scope.REGION, "04"),
            by(Scope.KIND, "webinar"),
            by(Scope.KIND, "workshop"),
        )
    }
    assert found == {
        "structures/ccas-de-nevers": {here, in_paris, webinar},
        "communes/58194": {here},
        "communes/75056": {in_paris},
        "communes/75111": {in_paris},
        "departements/58": {here, webinar},
        "departements/58?kind=webinar": {webinar},
        "departements/2A": set(),
        "regions/27": {here, webinar},
        "regions/04": {far},
        "kinds/webinar": {webinar},
        "kinds/workshop": {here, in_paris, far},
    }


@pytest.mark.parametrize(
    "selection",
    [
        by(Scope.STRUCTURE, "personne"),
        by(Scope.COMMUNE, "00000"),
        by(Scope.DEPARTEMENT, "20"),
        by(Scope.REGION, "99"),
        by(Scope.KIND, "party"),
        by(Scope.KIND, "training"),
        by(Scope.KIND, "stand", Kind.WEBINAR),
    ],
)
async def test_what_does_not_exist_has_no_feed(db, selection):
    with pytest.raises(NotFound):
        await feed_state(selection, now=NOON)


async def test_a_structure_that_left_is_gone(db):
    await make_structure(state="withdrawn")
    with pytest.raises(FeedGone):
        await feed_state(OURS, now=NOON)


async def test_it_names_each_zone_once(db):
    event = await make_event(await make_structure())
    await make_session(event)
    await make_session(event, zone="Indian/Reunion", place_id=await make_place(**SAINT_DENIS))
    raw = (await feed_of()).body

    zones = [str(zone["TZID"]) for zone in Calendar.from_ical(raw).walk("VTIMEZONE")]
    assert zones == ["Europe/Paris", "Indian/Reunion"]
    assert vtimezone("Indian/Reunion", 2025, 2027) in raw


async def test_seats_that_come_and_go_change_no_byte(db):
    session = await make_session(await make_event(await make_structure()))
    before = await feed_of()
    await database.execute("UPDATE session SET seats_taken = 3, seats_waiting = 2 WHERE id = $1", session)
    after = await feed_of(now=NOON + timedelta(hours=1))

    assert (after.etag, after.modified) == (before.etag, before.modified)


async def test_a_change_of_the_place_or_the_structure_is_seen(db):
    await make_session(await make_event(await make_structure()), place_id=await make_place())
    etags = [(await feed_of()).etag]
    for change in (
        "UPDATE place SET name = 'Mairie', updated_at = updated_at + interval '1 s'",
        "UPDATE structure SET name = 'Nevers'",
    ):
        await database.execute(change)
        etags.append((await feed_of()).etag)

    assert len(set(etags)) == 3


async def test_the_date_of_a_feed_never_goes_back(db):
    event = await make_event(await make_structure())
    session, other = await make_session(event), await make_session(event, starts_at=START + timedelta(days=1))
    seen = [await feed_of()]
    for minutes, change in (
        (5, f"UPDATE session SET updated_at = updated_at + interval '1 s' WHERE id = '{session}'"),
        (5, f"DELETE FROM session WHERE id = '{other}'"),
        (4, "UPDATE event SET visibility = 'link', updated_at = updated_at - interval '1 day'"),  # clocks that are slow
    ):
        await database.execute(change)
        seen.append(await feed_of(now=NOON + timedelta(minutes=minutes)))
    dates = [feed.modified for feed in seen]

    assert dates == sorted(set(dates))
    assert len({feed.etag for feed in seen}) == 4


async def test_a_session_that_leaves_the_window_moves_the_date_forward(db):
    await make_session(await make_event(await make_structure()))
    before, same = await feed_of(), await feed_of(now=NOON + timedelta(days=1))
    after = await feed_of(now=START + timedelta(days=32))

    assert (same.etag, same.modified) == (before.etag, before.modified)
    assert after.modified > before.modified
    assert Calendar.from_ical(after.body).walk("VEVENT") == []


async def test_a_feed_is_the_same_in_every_process(db):
    await make_session(await make_event(await make_structure()))
    first = await feed_of()
    public._entries.clear()

    assert await feed_of(now=NOON + timedelta(hours=3)) == first


async def test_what_is_written_of_a_session_is_written_once(db, monkeypatch):
    event = await make_event(await make_structure())
    sessions = [await make_session(event, starts_at=START + timedelta(days=day)) for day in range(3)]
    written = []
    real = FORMATS["ics"]
    counted = msgspec.structs.replace(real, entry=lambda session: written.append(session.id) or real.entry(session))
    monkeypatch.setitem(FORMATS, "ics", counted)
    await feed_of()
    await database.execute("UPDATE session SET updated_at = updated_at + interval '1 s' WHERE id = $1", sessions[1])
    await feed_of()

    assert sorted(written) == sorted([*sessions, sessions[1]])


async def test_atom_says_what_it_must(db):
    session = await make_session(await make_event(await make_structure(), title="<Santé> & vous"))
    root = ET.fromstring((await feed_of(extension="atom")).body)  # noqa: S314 - our own bytes
    (entry,) = root.findall("a:entry", ATOM)

    assert root.find("a:link[@rel='self']", ATOM).get("href").endswith("/structures/ccas-de-nevers.atom")
    assert entry.find("a:id", ATOM).text == f"tag:ateliers.test,2026:session/{session.hex}"
    assert entry.find("a:title", ATOM).text == "<Santé> & vous"
    assert entry.find("a:updated", ATOM).text == "2026-11-14T11:00:00Z"
    for name in ("id", "title", "updated"):
        assert root.find(f"a:{name}", ATOM).text


async def test_json_feed_says_what_it_must(db):
    session = await make_session(await make_event(await make_structure()))
    found = json.loads((await feed_of(extension="json")).body)
    (item,) = found["items"]

    assert (found["version"], found["language"]) == ("https://jsonfeed.org/version/1.1", "fr")
    assert (item["id"], item["url"]) == (f"o-{session.hex}@ateliers.test", f"http://ateliers.test/seances/{session}")
    assert item["_session"]["starts_at"] == "2026-12-01T14:00:00+01:00"


async def test_jscalendar_says_what_it_must(db):
    await make_session(await make_event(await make_structure()))
    (event,) = json.loads((await feed_of(extension="jscal")).body)["entries"]

    assert (event["start"], event["timeZone"], event["duration"]) == ("2026-12-01T14:00:00", "Europe/Paris", "PT120M")


@pytest.mark.parametrize("extension", FORMATS)
async def test_an_empty_feed_is_a_feed_all_the_same(db, extension):
    await make_structure()
    body = (await feed_of(extension=extension)).body

    assert {"ics": b"VCALENDAR", "atom": b"<feed", "json": b'"items":[]', "jscal": b'"entries":[]'}[extension] in body


async def test_it_speaks_the_readers_language(db):
    await make_session(await make_event(await make_structure()))
    names = []
    for language in ("fr", "en"):
        with speaking(language):
            names.append(str(Calendar.from_ical((await feed_of()).body)["X-WR-CALNAME"]))

    assert names == ["Ateliers\u00a0: CCAS de Nevers", "Workshops: CCAS de Nevers"]
