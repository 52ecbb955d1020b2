"""Each row of a file is taken over once, mended and said so, or refused with its reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ateliers import database
from ateliers.exchange.imports import ImportReport, run_import
from tests.world import NOON

PLACES = """id;nom;commune;code_postal;code_insee;adresse;latitude;longitude;horaires;services
1;Médiathèque;Nevers;58000;58194;17 rue Jean-Jaurès;46.99;3.16;Mo-Fr 09:00-12:00;Accéder à du matériel|Aide
2;MAIRIE;BOURG EN BRESSE;1000;1053;place de la Mairie 01000 BOURG EN BRESSE;5.22;46.20;le lundi matin;
3;Médiathèque;Nevers;58000;58194;17 rue Jean-Jaurès;46.9901;3.1601;;
4;;Nevers;58000;58194;;46.99;3.16;;
5;Foyer;Atlantide;99999;;;0;0;;
"""
WORKSHOPS = [
    {
        "id": 1,
        "when": "2019-06-17T18:30:00+02:00",
        "where": "Salle Florin - 20 avenue de Bordeaux - 59155 Faches Thumesnil",
        "maxCount": 8,
        "type": "atelier",
        "city": "faches",
        "title": "Coudre des lingettes",
        "createdAt": "2019-02-15T11:56:11+01:00",
        "count": 7,
    },
    {
        "id": 2,
        "when": "2027-01-12T10:00:00",
        "where": "salle Amana 12 bis rue Paul Bert",
        "maxCount": 0,
        "type": "evenement",
        "city": "marcq",
        "title": "Rencontre",
        "createdAt": "",
    },
    {"id": 3, "when": "someday", "where": "Lille", "city": "lille", "title": "Sans date"},
    {"id": 4, "when": "2019-06-17T18:30:00+02:00", "where": "nulle part", "city": "", "title": "Sans lieu"},
]


def openagenda(**fields: Any) -> dict[str, Any]:
    """A record as the public portals export it."""
    timings = [
        {"begin": "2026-03-18T09:00:00+01:00", "end": "2026-03-18T11:00:00+01:00"},
        {"begin": "2026-03-19T09:00:00+01:00", "end": "2026-03-19T10:00:00+01:00"},
    ]
    return {
        "fields": {
            "uid": "77",
            "title_fr": "Atelier de gravure",
            "description_fr": "Une démonstration.",
            "longdescription_fr": "<p>Une démonstration.</p><p>À ne pas manquer&nbsp;!</p>",
            "canonicalurl": "https://openagenda.example/77",
            "location_uid": "9",
            "location_name": "Musée",
            "location_address": "34 Boulevard de Vaugirard, 75015 Paris, France",
            "location_city": "PARIS",
            "location_postalcode": "75015",
            "location_coordinates": [48.84, 2.31],
            "timings": json.dumps(timings),
            "attendancemode": '{"id": 1}',
            "status": '{"id": 1}',
            "updatedat": "2026-03-01T10:00:00+00:00",
            "accessibility": "hi;mi",
            **fields,
        }
    }


def outcomes(report: ImportReport) -> list[str]:
    return [row.outcome.value for row in report.rows]


def notes(report: ImportReport, number: int) -> list[str]:
    return [note.message for note in report.rows[number - 1].notes]


async def count(table: str) -> int:
    return int(await database.fetch_value(f"SELECT count(*) FROM {table}"))


async def test_places_are_imported_mended_recognised_or_refused(tmp_path: Path):
    file = tmp_path / "lieux.csv"
    file.write_bytes(PLACES.encode("windows-1252"))

    report = await run_import("lieux", file, dry_run=False, now=NOON)

    assert outcomes(report) == ["repaired", "repaired", "known", "refused", "refused"]
    assert notes(report, 1) == ["Encoding: Windows-1252."]
    assert notes(report, 2) == [
        "Postcode: the leading zero put back.",
        "INSEE code: the leading zero put back.",
        "Latitude and longitude were swapped.",
    ]
    assert notes(report, 3) == ["The same place as row %(number)s."]
    assert notes(report, 4) == ["No name."]
    assert notes(report, 5) == ["Unknown commune: %(what)s."]
    rows = await database.fetch_rows("SELECT * FROM place ORDER BY name")
    assert [(row["name"], row["address"], row["postcode"], row["commune_name"]) for row in rows] == [
        ("MAIRIE", "place de la Mairie", "01000", "Bourg-en-Bresse"),
        ("Médiathèque", "17 rue Jean-Jaurès", "58000", "Nevers"),
    ]
    assert [(row["opening_hours"], row["access_note"]) for row in rows] == [
        ("", "le lundi matin"),
        ("Mo-Fr 09:00-12:00", ""),
    ]
    assert rows[1]["services"] == ["Accéder à du matériel", "Aide"]


async def test_a_preview_tells_the_same_and_changes_nothing(tmp_path: Path):
    file = tmp_path / "lieux.csv"
    file.write_text(PLACES, encoding="utf-8")

    preview = await run_import("lieux", file, dry_run=True, now=NOON)

    assert (await count("place"), await count("imported")) == (0, 0)
    real = await run_import("lieux", file, dry_run=False, now=NOON)
    assert preview.rows == [msgspec.structs.replace(row, became=None) for row in real.rows]


@pytest.mark.parametrize("kind", ["lieux", "evenements", "openagenda"])
async def test_a_second_run_changes_nothing(tmp_path: Path, kind: str):
    contents = {"lieux": PLACES, "evenements": json.dumps(WORKSHOPS), "openagenda": json.dumps([openagenda()])}
    file = tmp_path / f"{kind}.txt"
    file.write_text(contents[kind], encoding="utf-8")
    tables = ("place", "structure", "person", "role", "event", "session", "imported")
    await run_import(kind, file, dry_run=False, now=NOON)
    before = [await count(table) for table in tables]

    again = await run_import(kind, file, dry_run=False, now=NOON)

    assert {row.outcome.value for row in again.rows} <= {"known", "refused"}
    assert [await count(table) for table in tables] == before


async def test_a_row_that_changed_at_its_source_is_left_alone_and_said(tmp_path: Path):
    file = tmp_path / "lieux.csv"
    file.write_text(PLACES, encoding="utf-8")
    await run_import("lieux", file, dry_run=False, now=NOON)
    file.write_text(PLACES.replace("17 rue Jean-Jaurès;46.99;", "18 rue Jean-Jaurès;46.99;"), encoding="utf-8")

    again = await run_import("lieux", file, dry_run=False, now=NOON)

    assert notes(again, 1) == ["Already imported; the source has changed since, nothing was touched."]
    assert await database.fetch_value("SELECT address FROM place WHERE name = 'Médiathèque'") == "17 rue Jean-Jaurès"


async def test_workshops_become_published_sessions(tmp_path: Path):
    file = tmp_path / "ateliers.json"
    file.write_text(json.dumps(WORKSHOPS), encoding="utf-8")

    report = await run_import("evenements", file, dry_run=False, now=NOON)

    assert outcomes(report) == ["repaired", "repaired", "refused", "refused"]
    assert notes(report, 1) == [
        "No end: %(n)s minutes, as is usual.",
        "%(n)s bookings counted at the source, without names: not taken over.",
        "No position: the commune's centre stands for it.",
    ]
    assert "Number of seats %(text)s: no limit was set." in notes(report, 2)
    assert notes(report, 3) == ["No date that can be read."] or notes(report, 3)[-1] == "No date that can be read."
    rows = await database.fetch_rows(
        """SELECT e.title, e.kind, e.state, s.local_start, s.capacity, p.name AS place, p.address, p.commune_name
           FROM session s JOIN event e ON e.id = s.event_id JOIN place p ON p.id = s.place_id ORDER BY s.starts_at"""
    )
    assert [
        (r["title"], r["kind"], r["state"], r["capacity"], r["place"], r["address"], r["commune_name"]) for r in rows
    ] == [
        (
            "Coudre des lingettes",
            "workshop",
            "published",
            8,
            "Salle Florin",
            "20 avenue de Bordeaux",
            "Faches-Thumesnil",
        ),
        (
            "Rencontre",
            "information_meeting",
            "published",
            None,
            "salle Amana",
            "12 bis rue Paul Bert",
            "Marcq-en-Barœul",
        ),
    ]
    assert [r["local_start"].isoformat() for r in rows] == ["2019-06-17T18:30:00", "2027-01-12T10:00:00"]


async def test_workshops_come_as_csv_too(tmp_path: Path):
    columns = list(WORKSHOPS[0])
    lines = [";".join(columns), ";".join(str(WORKSHOPS[0][column]) for column in columns)]
    file = tmp_path / "ateliers.csv"
    file.write_text("\n".join(lines), encoding="utf-8")

    report = await run_import("evenements", file, dry_run=False, now=NOON)

    assert outcomes(report) == ["repaired"]
    assert await database.fetch_value("SELECT capacity FROM session") == 8


async def test_openagenda_events_keep_their_dates_and_place(tmp_path: Path):
    file = tmp_path / "agenda.json"
    online = {"attendancemode": '{"id": 2}', "uid": "78"}
    records = [openagenda(), openagenda(**online), openagenda(uid="79", status='{"id": 6}'), openagenda(uid="")]
    file.write_text(json.dumps({"records": records}), encoding="utf-8")

    report = await run_import("openagenda", file, dry_run=False, now=NOON)

    assert outcomes(report) == ["repaired", "refused", "refused", "refused"]
    assert [notes(report, n)[-1] for n in (2, 3, 4)] == [
        "Online, without a link that begins with https://",
        "Postponed or called off at its source.",
        "No identifier.",
    ]
    event = (await database.fetch_rows("SELECT * FROM event"))[0]
    assert (event["title"], event["kind"], event["state"]) == ("Atelier de gravure", "workshop", "published")
    assert (
        event["description"]
        == "Une démonstration.\n\nÀ ne pas manquer\u00a0!\n\nSource\u00a0: https://openagenda.example/77"
    )
    sessions = await database.fetch_rows("SELECT local_start, ends_at - starts_at AS long FROM session ORDER BY 1")
    assert [(s["local_start"].isoformat(), s["long"].total_seconds()) for s in sessions] == [
        ("2026-03-18T09:00:00", 7200),
        ("2026-03-19T09:00:00", 3600),
    ]
    place = (await database.fetch_rows("SELECT * FROM place"))[0]
    assert (place["name"], place["address"], place["commune_code"]) == ("Musée", "34 Boulevard de Vaugirard", "75056")


async def test_openagenda_events_to_come_wait_for_somebody_to_publish_them(tmp_path: Path):
    file = tmp_path / "agenda.json"
    timings = '[{"begin": "2027-03-18T09:00:00+01:00", "end": "2027-03-18T11:00:00+01:00"}]'
    file.write_text(json.dumps([openagenda(timings=timings)]), encoding="utf-8")

    report = await run_import("openagenda", file, dry_run=False, now=NOON)

    assert notes(report, 1)[-1] == "To come: kept as a draft, for its structure to check and publish."
    assert await database.fetch_value("SELECT state FROM event") == "draft"


async def test_what_a_row_says_never_breaks_the_import(tmp_path: Path):
    file = tmp_path / "strange.json"
    values: list[Any] = [None, 3, [], {}, "x", "\x00", "<b>", True, 10**30, -1.5]
    rows = [
        dict.fromkeys(("id", "nom", "commune", "code_postal", "latitude", "when", "title"), value) for value in values
    ]
    rows += [{"fields": value, "title_fr": "x"} for value in values]
    file.write_text(json.dumps(rows), encoding="utf-8")

    for kind in ("lieux", "evenements", "openagenda"):
        report = await run_import(kind, file, dry_run=False, now=NOON)
        assert set(outcomes(report)) == {"refused"}
