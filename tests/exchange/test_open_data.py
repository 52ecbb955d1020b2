"""Open data of the sessions: what a row says, how changes and withdrawals are told, the shape of OpenAgenda."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ateliers import database
from ateliers.agenda.session import SESSION_SQL, Session
from ateliers.exchange.imports import run_import
from ateliers.exchange.open_data.columns import ALL, Told, row_of, schema
from ateliers.exchange.open_data.ledger import sweep
from ateliers.exchange.open_data.openagenda import event, read_events
from ateliers.exchange.open_data.reading import Cursor, Wanted, begin, read_page
from ateliers.refusals import Invalid
from tests.agenda.values import ONLINE, a_session
from tests.world import NOON, SAINT_DENIS, START, make_event, make_place, make_session, make_structure

Row = dict[str, Any]
CHECKS = {
    "string": lambda value: isinstance(value, str),
    "datetime": lambda value: datetime.fromisoformat(value).tzinfo is not None,
    "boolean": lambda value: isinstance(value, bool),
    "number": lambda value: isinstance(value, float),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
}


def row(**values: Any) -> Row:
    session = a_session(**values)
    return row_of(Told(id=str(session.id), changed_at=NOON, session=session))


def faults(told: Row) -> list[str]:
    """What our own Table Schema has against a row."""
    found = []
    for field in schema()["fields"]:
        value, rules = told[field["name"]], field.get("constraints", {})
        if value is None:
            found += [f"{field['name']} is empty"] if rules.get("required") else []
        elif not CHECKS[field["type"]](value) or value not in rules.get("enum", [value]):
            found.append(f"{field['name']}: {value!r}")
    return found


@pytest.mark.parametrize(
    "values",
    [
        {},
        ONLINE,
        SAINT_DENIS,
        {"called_off_at": NOON, "called_off_reason": "Malade"},
        {"previous_start": NOON},
        {"kind": "stand", "all_day": True, "capacity": None},
        {"is_cycle": True},
        {"phone": "02 62 00 00 00"},
    ],
)
def test_a_row_is_valid_in_its_own_schema_and_has_every_column(values):
    told = row(**values)

    assert (faults(told), list(told)) == ([], [column.name for column in ALL])
    assert "visio" not in json.dumps(told)


def test_a_row_says_it_as_people_of_the_field_do():
    told = row(previous_start=START - timedelta(days=7), **SAINT_DENIS)

    assert {name: told[name] for name in ("type", "etat", "debut", "debut_precedent", "region", "telephone")} == {
        "type": "atelier",
        "etat": "reportee",
        "debut": "2026-12-01T17:00:00+04:00",
        "debut_precedent": "2026-11-24T17:00:00+04:00",
        "region": "La Réunion",
        "telephone": "+262386000000",
    }


def test_what_is_withdrawn_leaves_its_id_alone():
    told = row_of(Told(id="x", changed_at=NOON, session=None))

    assert {name: value for name, value in told.items() if value is not None} == {
        "id": "x",
        "etat": "retiree",
        "modifie_le": "2026-11-24T11:00:00.000000Z",
    }
    assert faults(told) == []


@given(
    st.booleans(),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(NOON.tzinfo)),  # noqa: DTZ001
    st.uuids(),
)
def test_a_cursor_comes_back_as_it_went(whole, at, id):
    cursor = Cursor(whole=whole, at=at, id=id, began=at)

    assert Cursor.of(str(cursor)) == cursor


@pytest.mark.parametrize("text", ["", "tout", "tout.1.x.1", f"tout.{'9' * 17}.{'0' * 32}.1", f"x.1.{'0' * 32}.1", "٣"])
def test_a_cursor_that_is_none_is_refused(text):
    with pytest.raises(Invalid):
        Cursor.of(text)


async def follow(kept: dict[str, Row], wanted: Wanted, cursor: Cursor, *, now: datetime) -> Cursor:
    """What a reader does who takes every page and keeps what it says; where to go on next time."""
    while True:
        page = await read_page(wanted, cursor, limit=3, now=now)
        for told in map(row_of, page.rows):
            if told["etat"] == "retiree":
                kept.pop(told["id"], None)
            else:
                kept[told["id"]] = told
        if page.next is None:
            assert page.changes is not None
            return page.changes
        cursor = page.next


async def whole(wanted: Wanted, *, now: datetime) -> dict[str, Row]:
    kept: dict[str, Row] = {}
    await follow(kept, wanted, await begin(None), now=now)
    return kept


async def public_now(departement: str | None) -> set[str]:
    """What anybody may see, by another road than the ledger's."""
    sessions = await database.fetch(Session, SESSION_SQL)
    admitted = {r["id"] for r in await database.fetch_rows("SELECT id FROM structure WHERE state = 'admitted'")}
    return {
        str(one.id)
        for one in sessions
        if one.structure_id in admitted
        and (one.event_state.value, one.visibility.value) == ("published", "public")
        and departement in (None, one.departement)
    }


@pytest.mark.parametrize("departement", [None, "58"])
async def test_who_follows_the_changes_knows_what_who_takes_the_whole_knows(db, departement):
    chance = random.Random(departement)
    wanted = Wanted(departement=departement)
    places = [await make_place(), await make_place(**SAINT_DENIS)]
    structures = [await make_structure(), await make_structure("Autre")]
    events = [await make_event(chance.choice(structures)) for _n in range(5)]
    for event_id in events:
        for day in range(2):
            start = START + timedelta(days=day)
            await make_session(event_id, place_id=chance.choice(places), starts_at=start)
    touched = "updated_at = updated_at + interval '1 s'"
    structure = "WHERE id = (SELECT structure_id FROM event WHERE id = $1)"
    changes = [
        "UPDATE event SET visibility = CASE visibility WHEN 'public' THEN 'link' ELSE 'public' END WHERE id = $1",
        "UPDATE event SET state = CASE state WHEN 'published' THEN 'archived' ELSE 'published' END WHERE id = $1",
        f"UPDATE event SET title = title || '.', {touched} WHERE id = $1",
        f"UPDATE session SET called_off_at = starts_at, {touched} WHERE event_id = $1",
        f"UPDATE session SET place_id = (SELECT id FROM place ORDER BY random() LIMIT 1), {touched} WHERE event_id = $1",
        f"UPDATE structure SET state = CASE state WHEN 'admitted' THEN 'suspended' ELSE 'admitted' END {structure}",
        f"UPDATE structure SET name = name || '.' {structure}",
        "DELETE FROM session WHERE id = (SELECT id FROM session WHERE event_id = $1 LIMIT 1)",
    ]
    now, kept = NOON, {}
    await sweep(now)
    cursor = await follow(kept, wanted, await begin(None), now=now)
    for step in range(14):
        now += timedelta(seconds=chance.choice([-30, 1, 60]))  # clocks of workers differ
        for change in chance.sample(changes, k=2):
            await database.execute(change, chance.choice(events))
        if step % 5 == 4:
            await make_session(chance.choice(events), place_id=chance.choice(places), starts_at=START)
        await sweep(now)
        cursor = await follow(kept, wanted, cursor, now=now)

        assert kept == await whole(wanted, now=now)
        assert set(kept) == await public_now(departement)


async def test_what_goes_while_somebody_takes_the_whole_is_told_afterwards(db):
    event_id = await make_event(await make_structure())
    place = await make_place()
    sessions = [await make_session(event_id, place_id=place, starts_at=START + timedelta(days=n)) for n in range(4)]
    await sweep(NOON)
    first = await read_page(Wanted(), await begin(None), limit=3, now=NOON)
    await database.execute("DELETE FROM session WHERE id = $1", sessions[0])
    await database.execute("UPDATE session SET updated_at = $2 WHERE id = $1", sessions[3], NOON)
    await sweep(NOON + timedelta(minutes=1))
    assert first.next is not None
    kept = {told.id: row_of(told) for told in first.rows}
    await follow(kept, Wanted(), await follow(kept, Wanted(), first.next, now=NOON), now=NOON)

    assert set(kept) == {str(one) for one in sessions[1:]}


async def test_a_round_without_changes_writes_nothing(db):
    await make_session(await make_event(await make_structure()))
    await sweep(NOON)
    before = await database.fetch_rows("SELECT *, xmin, ctid FROM open_session")
    await sweep(NOON + timedelta(hours=1))

    assert await database.fetch_rows("SELECT *, xmin, ctid FROM open_session") == before


async def test_the_files_say_the_same_page_by_page(client):
    structure, partner = await make_structure(), await make_structure("Partenaire")
    event_id = await make_event(structure, title="=1+1")
    await insert_partner(event_id, partner)
    place = await make_place()
    for day in range(5):
        await make_session(event_id, place_id=place, starts_at=START + timedelta(days=day))
    await make_session(await make_event(structure, visibility="network", title="Réseau"), place_id=place)
    await sweep(NOON)

    rows, address = [], "/donnees/seances.json?limit=2&departement=58"
    while address is not None:
        page = (await client.get(address)).json()
        rows, address, changes = rows + page["seances"], page["suite"], page["changements"]
    file = await client.get("/donnees/seances.csv?departement=58")
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    lines = list(csv.DictReader(io.StringIO(file.text)))
    part = await client.get("/donnees/seances.csv?departement=58&limit=2")

    assert (len(rows), {one["coorganisateurs"] for one in rows}) == (5, {"Partenaire"})
    assert [line["id"] for line in lines] == [one["id"] for one in rows]
    assert {line["titre"] for line in lines} == {"'=1+1"}  # no formula for a spreadsheet
    assert [line["debut"] for line in lines] == [one["debut"] for one in rows]
    assert len(part.text.splitlines()) > 2
    following = re.findall(r'<([^>]+)>; rel="next"', part.headers["link"])[0]
    assert (await client.get(following)).text.splitlines()[0] == file.text.splitlines()[0]
    assert (await client.get(changes)).json()["seances"] == []
    assert len((await client.get("/donnees/seances.json?structure=partenaire")).json()["seances"]) == 5
    assert (await client.get("/donnees/seances.json?departement=974")).json()["seances"] == []
    since = (await client.get("/donnees/seances.json?updated_since=2026-11-24T11:00:00Z")).json()["seances"]
    assert len(since) == 5
    again = await client.get("/donnees/seances.csv?departement=58", headers={"if-none-match": file.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    known = (await client.get("/donnees/seances.schema.json")).json()
    assert [field["name"] for field in known["fields"]] == list(lines[0])


async def insert_partner(event_id, structure_id):
    await database.execute(
        "INSERT INTO co_organiser (event_id, structure_id, asked_at, accepted_at) VALUES ($1, $2, $3, $3)",
        event_id,
        structure_id,
        NOON,
    )


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("updated_since=hier", "updated_since"),
        ("updated_since=0001-01-01T00:00:00Z", "updated_since"),
        ("cursor=x", "cursor"),
        ("departement=0", "departement"),
        ("region=58", "region"),
        ("type=fete", "type"),
        ("limit=0", "limit"),
        ("page=2", "page"),
    ],
)
async def test_a_wrong_question_is_answered_beside_its_field(client, query, field):
    answer = await client.get(f"/donnees/seances.json?{query}")

    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"#/{field}"]


# OpenAgenda ---------------------------------------------------------------------------------------


def test_an_event_has_the_shape_that_openagenda_documents():
    made = event([a_session(description="x" * 300, to_bring=""), a_session(starts_at=START + timedelta(days=7))])

    assert (made["title"], len(made["description"]["fr"]), made["longDescription"]["fr"]) == (
        {"fr": "Activer Mon espace santé avec votre téléphone"},
        200,
        "x" * 300,
    )
    assert [timing["begin"] for timing in made["timings"]] == ["2026-12-01T14:00:00+01:00", "2026-12-08T14:00:00+01:00"]
    assert (made["attendanceMode"], made["status"], made["state"]) == (1, 1, 2)
    assert made["location"]["insee"] == "58194"
    image = made["image"]
    assert image["base"] + image["filename"] == f"{made['links'][0]['link']}/image.png"
    assert image["variants"] == [{"filename": "image.png", "size": {"width": 1200, "height": 675}, "type": "full"}]
    assert made["accessibility"] == {"mi": True, "hi": False, "vi": False, "ii": False, "pi": False}
    assert 0 < made["uid"] < 2**53


def test_its_state_is_that_of_its_sessions():
    off = {"called_off_at": NOON}
    cases = [
        [a_session(**off)],
        [a_session(**off), a_session()],
        [a_session(capacity=2)],
        [a_session(previous_start=NOON)],
    ]

    assert [(event(case)["status"], len(event(case)["timings"])) for case in cases] == [(6, 1), (1, 1), (5, 1), (2, 1)]
    online = event([a_session(**ONLINE)])
    assert (online["attendanceMode"], "location" in online, "visio" in json.dumps(online)) == (2, False, False)


async def test_another_instance_takes_our_events_over_as_they_are(db, tmp_path):
    structure = await make_structure()
    places = [await make_place(), await make_place(**SAINT_DENIS, name="Médiathèque du Chaudron")]
    for place in places:
        event_id = await make_event(structure, title=f"Atelier {place.hex[-3:]}")
        zone = "Indian/Reunion" if place == places[1] else "Europe/Paris"
        for day in range(2):
            await make_session(event_id, place_id=place, starts_at=START + timedelta(days=day), zone=zone)
    seen: list[Row] = []
    after = None
    while True:
        total, events, after = await read_events(Wanted(), size=1, after=after, now=NOON)
        seen += events
        if after is None:
            break
    assert (total, len(seen)) == (2, 2)
    before = await database.fetch_rows(
        "SELECT e.title, s.starts_at, s.zone FROM session s JOIN event e ON e.id = s.event_id"
    )
    file = tmp_path / "openagenda.json"
    file.write_text(json.dumps({"total": 2, "events": seen}), encoding="utf-8")
    report = await run_import("openagenda", file, dry_run=False, now=NOON)
    again = await run_import("openagenda", file, dry_run=False, now=NOON)

    assert [(one.name, one.outcome.value) for one in report.rows] == [(one["title"]["fr"], "imported") for one in seen]
    assert [one.outcome.value for one in again.rows] == ["known"] * 2
    after_it = await database.fetch_rows(
        """SELECT e.title, s.starts_at, s.zone FROM session s JOIN event e ON e.id = s.event_id
           JOIN structure o ON o.id = e.structure_id WHERE o.external_key = 'import:openagenda'"""
    )
    assert sorted(map(tuple, after_it)) == sorted(map(tuple, before))
    places_now = await database.fetch_rows("SELECT name, commune_code FROM place ORDER BY created_at, id")
    assert sorted(map(tuple, places_now[:2])) == sorted(map(tuple, places_now[2:]))
