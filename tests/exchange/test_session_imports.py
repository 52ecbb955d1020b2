"""A structure's sessions out of tables and calendar files: read, mended, taken over once, refused with a reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from ateliers import database
from ateliers.agenda.calendar import session_calendar
from ateliers.agenda.kinds import Kind
from ateliers.attendance.missing import list_missing
from ateliers.documents.files import Upload
from ateliers.exchange.feeds.selection import Scope, Selection
from ateliers.exchange.imports.reading import UnreadableFile, read_rows
from ateliers.exchange.imports.report import ImportReport
from ateliers.exchange.imports.session_csv import _moment
from ateliers.exchange.imports.session_ics import read_calendar
from ateliers.exchange.imports.session_rows import Usual, kind_of
from ateliers.exchange.imports.sessions import (
    forget_files,
    get_held_file,
    hold_file,
    import_file,
    import_sessions,
    preview_file,
)
from ateliers.exchange.open_data.ledger import sweep
from ateliers.network.people import get_person
from ateliers.refusals import NotAllowed, NotFound
from tests.agenda.values import a_session
from tests.exchange.test_feeds import feed_of
from tests.world import (
    NOON,
    SAINT_DENIS,
    START,
    make_event,
    make_nadia,
    make_person,
    make_place,
    make_samir,
    make_session,
    make_structure,
)

TABLE = """Titre;Type;État;Date;Heure de début;Heure de fin;Nb places;Lieu;Adresse;CP;Ville;Téléphone
Découvrir Mon espace santé;Atelier;;12/01/2027;14h;16h30;8;Médiathèque Jean-Jaurès;;;;03 86 00 00 00
Découvrir Mon espace santé;Atelier;;19/01/2027;14h;;8;Salle des fêtes;2 rue Haute;58640;Varennes-Vauzelles;
Vos ordonnances;webinaire;;2027-01-20;18:00;19:00;;https://visio.example/a;;;;
Vos ordonnances;;;13/13/2027;14h;;;Nevers;;58000;Nevers;
Trop tard;atelier;;12/01/2020;14h;;;;;58000;Nevers;
;atelier;;12/01/2027;14h;;;;;58000;Nevers;
Annulé par la mairie;atelier;annulée;12/01/2027;14h;;;;;58000;Nevers;
Nulle part;atelier;;12/01/2027;10h;;;Zzz;;;;
En toutes lettres;atelier;;mardi 1er décembre 2026;10 h;;;Mairie;;;58400;
"""


class Manager(msgspec.Struct, frozen=True):
    """A structure in Nevers, its library, and SAMIR."""

    structure: UUID
    place: UUID
    by: Any

    async def bring(
        self, content: str | bytes, *, publish: bool = True, dry_run: bool = False, **usual: Any
    ) -> ImportReport:
        raw = content.encode() if isinstance(content, str) else content
        return await import_sessions(
            "f", raw, Usual(**usual), self.structure, publish=publish, dry_run=dry_run, by=self.by, now=NOON
        )


@pytest.fixture
async def manager(db) -> Manager:
    structure = await make_structure()
    place = await make_place(owner_id=structure)
    return Manager(structure, place, await get_person(await make_samir(structure)))


def day(number: int, hour: int) -> datetime:
    """In January, on the clock of the place."""
    return datetime(2027, 1, number, hour)  # noqa: DTZ001 - a wall clock


def outcomes(report: ImportReport) -> list[str]:
    return [row.outcome.value for row in report.rows]


def last_notes(report: ImportReport) -> list[str]:
    return [row.notes[-1].message if row.notes else "" for row in report.rows]


async def agenda(structure: UUID) -> list[tuple[Any, ...]]:
    rows = await database.fetch_rows(
        """SELECT e.title, e.kind, e.state, s.local_start, (s.ends_at - s.starts_at) AS long, s.capacity,
                  COALESCE(p.name, s.join_url) AS place, p.commune_name
           FROM session s JOIN event e ON e.id = s.event_id LEFT JOIN place p ON p.id = s.place_id
           WHERE e.structure_id = $1 ORDER BY s.starts_at, e.title""",
        structure,
    )
    return [tuple(row) for row in rows]


async def test_a_table_made_by_hand_becomes_sessions(manager):
    report = await manager.bring(TABLE)

    assert outcomes(report) == ["imported", "repaired", "imported", *["refused"] * 5, "repaired"]
    assert [row.name for row in report.rows[4:6]] == ["Trop tard", ""]
    assert last_notes(report) == [
        "",
        "No end: %(n)s minutes, as is usual.",
        "",
        "The date or the hour cannot be read.",
        "This date is in the past.",
        "No title.",
        "Called off or withdrawn at its source.",
        "Unknown commune: %(what)s.",
        "No end: %(n)s minutes, as is usual.",
    ]
    assert await agenda(manager.structure) == [
        (
            "En toutes lettres", "workshop", "published", datetime(2026, 12, 1, 10), timedelta(hours=2), 10,  # noqa: DTZ001
            "Mairie", "La Charité-sur-Loire",
        ),
        (
            "Découvrir Mon espace santé", "workshop", "published", day(12, 14), timedelta(hours=2.5), 8,
            "Médiathèque Jean-Jaurès", "Nevers",
        ),
        (
            "Découvrir Mon espace santé", "workshop", "published", day(19, 14), timedelta(hours=2), 8,
            "Salle des fêtes", "Varennes-Vauzelles",
        ),
        (
            "Vos ordonnances", "webinar", "published", day(20, 18), timedelta(hours=1), 100,
            "https://visio.example/a", None,
        ),
    ]  # fmt: skip
    events = await database.fetch_value("SELECT count(DISTINCT id) FROM event")
    assert events == 3  # two dates of one title are one event


async def test_a_preview_tells_the_same_and_a_second_run_changes_nothing(manager):
    preview = await manager.bring(TABLE, dry_run=True)
    before = await agenda(manager.structure)
    report = await manager.bring(TABLE)
    after = await agenda(manager.structure)
    again = await manager.bring(TABLE)

    assert before == []
    assert preview.rows == [msgspec.structs.replace(row, became=None) for row in report.rows]
    assert outcomes(again)[:3] == ["known"] * 3
    assert await agenda(manager.structure) == after


async def test_what_the_agenda_has_already_is_known_by_its_looks(manager):
    event = await make_event(manager.structure, title="Découvrir mon espace SANTÉ")
    await make_session(event, starts_at=datetime(2027, 1, 12, 13, tzinfo=UTC), place_id=manager.place)
    report = await manager.bring(TABLE)

    assert (outcomes(report)[0], last_notes(report)[0]) == ("known", "Already on the agenda: same title, same moment.")


async def test_sessions_that_are_over_are_taken_when_asked_and_can_be_counted(manager):
    before = START - timedelta(days=70)
    table = "titre;debut;lieu\n" + "".join(
        f"Atelier tablette;{start:%Y-%m-%dT%H:%M};Médiathèque Jean-Jaurès\n"
        for start in (START - timedelta(days=1400), before, START)
    )
    assert outcomes(await manager.bring(table, dry_run=True)) == ["refused", "refused", "repaired"]
    assert outcomes(await manager.bring(table, past=True)) == ["refused", "repaired", "repaired"]
    assert outcomes(await manager.bring(table, past=True)) == ["refused", "known", "known"]
    missing = await list_missing([manager.structure], now=NOON)
    assert [(one.title, one.seats) for one in missing] == [("Atelier tablette", 0)]
    told = [line.replace("20261201", "20200107") for line in WEEKLY if not line.startswith("EXDATE")]
    weekly = (
        ics(*told).replace(b";UNTIL=20261222T130000Z", b"").replace(b"SUMMARY:", b"LOCATION:58000 Nevers\r\nSUMMARY:")
    )
    report = await manager.bring(weekly, past=True, dry_run=True)
    assert (len(report.rows), {row.outcome.value for row in report.rows}) == (105, {"imported"})


async def test_a_row_that_changed_is_told_and_its_session_left_alone(manager):
    first = "id;titre;debut;lieu\na;Atelier tablette;2027-01-12T14:00;Médiathèque Jean-Jaurès\n"
    await manager.bring(first)
    before = await agenda(manager.structure)
    again = await manager.bring(first.replace("T14", "T15"))

    assert last_notes(again) == ["Already imported; the source has changed since, nothing was touched."]
    assert again.rows[0].became == await database.fetch_value("SELECT id FROM event")
    assert await agenda(manager.structure) == before


async def test_drafts_when_asked_and_when_publishing_is_refused(manager):
    await manager.bring(TABLE, publish=False)
    assert {row[2] for row in await agenda(manager.structure)} == {"draft"}
    await database.execute("UPDATE structure SET state = 'suspended'")
    report = await manager.bring("titre;debut;lieu\nAutre atelier;2027-02-01T10:00;Médiathèque Jean-Jaurès\n")
    assert last_notes(report) == ["Kept as a draft, not published: %(why)s"]


async def test_what_a_file_does_not_say_is_usual(manager):
    report = await manager.bring("titre;debut\nPermanence;2027-02-01T10:00\n", kind=Kind.STAND, place_id=manager.place)

    assert outcomes(report) == ["repaired"]
    assert [row[1] for row in await agenda(manager.structure)] == ["stand"]
    nowhere = await manager.bring("titre;debut\nPermanence;2027-02-01T11:00\n")
    assert last_notes(nowhere) == ["No place: give its commune or postcode, or choose a usual place."]


async def test_our_own_open_data_and_calendars_come_back_as_they_were(manager, client):
    other = await make_structure("Ailleurs", slug="ailleurs")
    for place, zone in ((await make_place(), "Europe/Paris"), (await make_place(**SAINT_DENIS), "Indian/Reunion")):
        event = await make_event(other, title=f"Atelier {zone}", to_bring="Votre téléphone")
        for day in range(2):
            await make_session(event, place_id=place, starts_at=START + timedelta(days=day), zone=zone)
    await sweep(NOON)
    table = (await client.get("/donnees/seances.csv?structure=ailleurs")).content
    calendar = (await feed_of(Selection(scope=Scope.STRUCTURE, code="ailleurs"))).body

    report = await manager.bring(table)
    assert outcomes(report) == ["imported"] * 4
    assert await agenda(manager.structure) == await agenda(other)
    assert await database.fetch_value("SELECT count(*) FROM event") == 4
    # The calendar holds the same sessions: told by title and moment.
    assert outcomes(await manager.bring(calendar)) == ["known"] * 4
    mine = "SELECT id FROM event WHERE structure_id = $1"
    for gone in (f"session WHERE event_id IN ({mine})", f"event WHERE id IN ({mine})"):
        await database.execute(f"DELETE FROM {gone}", manager.structure)
    await database.execute("DELETE FROM imported")
    assert outcomes(await manager.bring(calendar)) == ["imported"] * 4
    assert await agenda(manager.structure) == await agenda(other)


async def test_only_managers_bring_files_in_and_only_their_sender_reads_them(manager):
    upload = Upload(name="a.csv", content=TABLE.encode())
    nadia = await get_person(await make_nadia(manager.structure))
    stranger = await get_person(await make_person("Olga Autre", "manager", structure_id=await make_structure("Autre")))
    for by, refusal in ((nadia, NotAllowed), (stranger, NotFound)):
        with pytest.raises(refusal):
            await hold_file(upload, Usual(), manager.structure, by=by, now=NOON)
    held_id = await hold_file(upload, Usual(), manager.structure, by=manager.by, now=NOON)
    with pytest.raises(NotFound):
        await get_held_file(held_id, by=stranger)
    held = await get_held_file(held_id, by=manager.by)
    assert outcomes(await preview_file(held, by=manager.by, now=NOON))[:3] == ["imported", "repaired", "imported"]
    for expected in ("imported", "known"):
        assert outcomes(await import_file(held, publish=False, by=manager.by, now=NOON))[0] == expected
    await forget_files(NOON + timedelta(days=2))
    with pytest.raises(NotFound):
        await get_held_file(held_id, by=manager.by)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x01",
        b"a\n",
        b"BEGIN:VCALENDAR\r\nEND:VEVENT\r\n",
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        b"titre;debut\n" + b"x;2027-01-01T10:00\n" * 501,
    ],
)
async def test_a_file_that_is_none_is_refused_whole(manager, content):
    with pytest.raises(UnreadableFile):
        await manager.bring(content)


# without a database ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12/01/2027 14h", "2027-01-12T14:00"),
        ("mardi 12/01/2027 à 14 h 30", "2027-01-12T14:30"),
        ("12.1.27 9:05", "2027-01-12T09:05"),
        ("2027-01-12 14:30", "2027-01-12T14:30"),
        ("2027-01-12 2:30 pm", "2027-01-12T14:30"),
        ("2027-01-12T13:30:00Z", "2027-01-12T14:30"),
        ("2027-01-12", None),
        ("31/02/2027 14h", None),
        ("12/01/2027 25h", None),
        ("demain", None),
        ("", None),
    ],
)
def test_a_moment_is_read_as_people_write_it(text, expected):
    found = _moment(text, "Europe/Paris")

    assert (found.isoformat(timespec="minutes") if found else None) == expected


@pytest.mark.parametrize(
    ("told", "title", "kind"),
    [
        ("temps_information", "x", Kind.MEETING),
        ("Webinaire", "x", Kind.WEBINAR),
        ("", "Stand au marché", Kind.STAND),
        ("", "Réunion d'information", Kind.MEETING),
        ("", "Mon espace santé", Kind.WORKSHOP),
        ("stand", "Atelier", Kind.STAND),
    ],
)
def test_the_kind_is_told_by_its_column_then_by_the_title(told, title, kind):
    assert kind_of(told, title, Kind.WORKSHOP) is kind


def ics(*lines: str) -> bytes:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *lines, "END:VCALENDAR", ""]).encode()


def starts(raw: bytes) -> list[str]:
    return [one.start.isoformat() for one in sorted(read_calendar(raw, now=NOON), key=lambda one: str(one.start))]


WEEKLY = (
    "BEGIN:VEVENT", "UID:w", "DTSTAMP:20261101T000000Z", "DTSTART;TZID=Europe/Paris:20261201T140000",
    "DTEND;TZID=Europe/Paris:20261201T160000", "SUMMARY:Atelier", "RRULE:FREQ=WEEKLY;UNTIL=20261222T130000Z",
    "EXDATE;TZID=Europe/Paris:20261208T140000", "END:VEVENT",
)  # fmt: skip


def test_rules_exceptions_and_changed_dates_are_honoured():
    moved = (
        "BEGIN:VEVENT", "UID:w", "DTSTAMP:20261101T000000Z", "RECURRENCE-ID;TZID=Europe/Paris:20261215T140000",
        "DTSTART;TZID=Europe/Paris:20261216T100000", "DTEND;TZID=Europe/Paris:20261216T110000", "END:VEVENT",
    )  # fmt: skip
    off = (
        "BEGIN:VEVENT", "UID:w", "DTSTAMP:20261101T000000Z", "RECURRENCE-ID:20261222T130000Z",
        "DTSTART:20261222T130000Z", "STATUS:CANCELLED", "END:VEVENT",
    )  # fmt: skip
    found = read_calendar(ics(*WEEKLY, *moved, *off), now=NOON)

    assert [(one.start.isoformat(), one.is_off, one.summary) for one in found] == [
        ("2026-12-01T14:00:00+01:00", False, "Atelier"),
        ("2026-12-16T10:00:00+01:00", False, "Atelier"),
        ("2026-12-22T13:00:00+00:00", True, "Atelier"),
    ]


def test_a_rule_keeps_its_hour_when_clocks_change():
    rule = "DTSTART;TZID=Europe/Paris:20270323T140000", "RRULE:FREQ=WEEKLY;COUNT=2", "SUMMARY:x"

    assert starts(ics("BEGIN:VEVENT", "UID:a", *rule, "END:VEVENT")) == [
        "2027-03-23T14:00:00+01:00",
        "2027-03-30T14:00:00+02:00",
    ]


@given(
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]),
    st.integers(1, 3),
    st.integers(1, 30),
    st.sampled_from(["", ";BYDAY=TU,TH", ";BYDAY=2TU"]),
)
def test_rules_unfold_as_dateutil_unfolds_them(frequency, interval, count, days):
    if "2" in days and frequency != "MONTHLY":
        days = ""
    rule = f"FREQ={frequency};INTERVAL={interval};COUNT={count}{days}"
    zone = ZoneInfo("Europe/Paris")
    event = (
        "BEGIN:VEVENT",
        "UID:a",
        "DTSTART;TZID=Europe/Paris:20261201T140000",
        f"RRULE:{rule}",
        "SUMMARY:x",
        "END:VEVENT",
    )
    horizon = NOON.astimezone(zone).replace(tzinfo=None) + timedelta(days=366)
    expected = [one for one in rrulestr(rule, dtstart=START.astimezone(zone).replace(tzinfo=None)) if one <= horizon]

    assert starts(ics(*event)) == [one.replace(tzinfo=zone).isoformat() for one in expected]


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(noise):
    raw = ics(*WEEKLY)
    for content in (noise, raw[:150] + noise + raw[150:]):
        try:
            read_calendar(content, now=NOON)
        except UnreadableFile:
            continue


def test_an_event_of_ours_is_read_as_it_was_written():
    [one] = read_calendar(session_calendar(a_session()), now=NOON)

    assert (one.start, one.end, one.geo) == (START, START + timedelta(hours=2), (46.9896, 3.159))
    assert len(read_rows(TABLE.encode()).rows) == 9
