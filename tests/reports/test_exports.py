"""Files that a spreadsheet opens: accents, formulas that are none, every row, no names."""

from __future__ import annotations

import csv
import io
from contextlib import aclosing
from datetime import date, timedelta

import openpyxl
import pytest

from ateliers import database
from ateliers.documents.csv_tables import safe
from ateliers.documents.sheets import Format
from ateliers.refusals import Invalid, NotAllowed
from ateliers.reports.exports import About, dictionary_csv, report_csv, report_workbook
from ateliers.reports.grouping import Grouping
from ateliers.reports.indicators import INDICATORS
from ateliers.reports.report import Report, report
from ateliers.reports.rows import booking_rows, csv_of, session_rows, workbook_of
from ateliers.reports.scope import Scope
from tests.reports.network import insert_tally
from tests.world import NOON, START, make_booking, make_event, make_session, make_structure

DAY = date(2026, 12, 1)
LATER = START + timedelta(days=1)
FORMULA = '=HYPERLINK("http://evil.test";"x")'


async def a_report(name: str = FORMULA, *, is_outside: bool = False) -> Report:
    structure = await make_structure(name, slug="s")
    session = await make_session(await make_event(structure, title=FORMULA), outcome="held")
    await make_booking(session, seats=8, code="AAA111", name="Odile Secret")
    await make_booking(session, state="waiting", seats=2, code="BBB222")
    await insert_tally(session, present=5, absent=1, excused=0, walk_ins=1)
    scope = Scope(structures=[structure], is_outside=is_outside)
    start, end = (date(2026, 10, 1), date(2026, 12, 31)) if is_outside else (DAY, DAY)
    return await report(by=Grouping.STRUCTURE, start=start, end=end, scope=scope, now=LATER)


def read_csv(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content[3:].decode(), newline=""), delimiter=";"))


async def test_csv_has_every_figure_and_no_formula() -> None:
    rows = read_csv(report_csv(await a_report(), About()))

    assert rows[0] == ["Structure", *(str(one.label) for one in INDICATORS), "Remarques"]
    assert [row[0] for row in rows[1:]] == [f"'{FORMULA}", "Total"]
    named = dict(zip(rows[0], rows[1], strict=True))
    assert named["Places réservées"] == "8"
    assert named["Taux de présence"] == "83,3"
    assert named["Taux de remplissage"] == "80,0"


async def test_xlsx_has_the_figures_and_what_they_mean() -> None:
    book = openpyxl.load_workbook(io.BytesIO(report_workbook(await a_report(), Format.XLSX, About())))

    assert book.sheetnames == ["Rapport", "Dictionnaire des données"]
    rows = list(book["Rapport"].values)
    assert rows[0][0] == "Rapport par structure, du 01/12/2026 au 01/12/2026"
    named = dict(zip(rows[3], rows[4], strict=True))
    assert (named["Structure"], named["Participations"], named["Taux de présence"]) == (FORMULA, 6, "=P5/T5")
    assert book["Rapport"].cell(5, 1).data_type == "s"
    meaning = list(book["Dictionnaire des données"].values)
    assert [row[5] for row in meaning[1:]] == [one.key for one in INDICATORS]
    assert read_csv(dictionary_csv())[1:] == [list(row) for row in meaning[1:]]


async def test_hidden_counts_are_hidden_in_files_too() -> None:
    made = await a_report("CCAS", is_outside=True)

    rows = read_csv(report_csv(made, About(closed={made.rows[0].key: {"bookings": "3"}})))
    named = dict(zip(rows[0], rows[1], strict=True))
    assert (named["Absent"], named["Taux d’absence"]) == ("moins de 5", "non communiqué")
    assert named["Remarques"] == "Inscriptions\u00a0: rectifié (à la clôture\u00a0: 3)"
    assert rows[-1][-1].startswith("Les nombres de personnes inférieurs à 5")
    sheet = openpyxl.load_workbook(io.BytesIO(report_workbook(made, Format.XLSX, About())))["Rapport"]
    named = dict(
        zip(next(sheet.iter_rows(4, 4, values_only=True)), next(sheet.iter_rows(5, 5, values_only=True)), strict=True)
    )
    assert named["Absent"] == "moins de 5"
    assert "moins de 5" in sheet.cell(2, 1).value


@pytest.mark.parametrize(
    ("text", "safely"),
    [
        ("=1+1", "'=1+1"),
        ("+33", "'+33"),
        ("-1", "'-1"),
        ("@SUM", "'@SUM"),
        ("\t=1", "'\t=1"),
        ("  =1", "'  =1"),
        ("\r=1", "'\r=1"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_text_is_no_formula(text: str, safely: str) -> None:
    assert safe(text) == safely


async def text_of(rows) -> list[list[str]]:
    return read_csv(b"".join([chunk async for chunk in csv_of(rows)]))


async def test_rows_have_every_session_and_booking_but_no_name() -> None:
    made = await a_report()
    structure = (await database.fetch_rows("SELECT id FROM structure"))[0]["id"]
    scope = Scope(structures=[structure], is_outside=False)
    booking = await database.fetch_value("SELECT id FROM booking WHERE code = 'AAA111'")
    session = await database.fetch_value("SELECT id FROM session")
    for seat, state in ((1, "present"), (2, "absent")):
        await database.execute(
            "INSERT INTO attendance (booking_id, seat, session_id, state, at) VALUES ($1, $2, $3, $4, $5)",
            booking,
            seat,
            session,
            state,
            NOON,
        )
    other = await make_session(await make_event(await make_structure("Autre", slug="autre")))
    await make_booking(other)

    sessions = await text_of(await session_rows(start=DAY, end=DAY, scope=scope, now=LATER))
    book = await workbook_of(await session_rows(start=DAY, end=DAY, scope=scope, now=LATER), "Séances", Format.XLSX)
    sheet = openpyxl.load_workbook(io.BytesIO(book))["Séances"]
    bookings = await text_of(await booking_rows(start=DAY, end=DAY, scope=scope, now=LATER))

    assert len(made.rows) == 1
    assert sessions[1:] == [
        [
            str(session),
            "2026-12-01",
            "14:00",
            "Europe/Paris",
            f"'{FORMULA}",
            f"'{FORMULA}",
            "Atelier",
            "58194",
            "Nevers",
            "tenue",
            "10",
            "8",
            "0",
            "2",
            "2",
            "5",
            "1",
            "0",
            "1",
            "",
        ]
    ]
    assert [cell.value for cell in sheet[1]] == sessions[0]
    assert sheet[2][1].value.date() == DAY
    assert [(cell.value, cell.data_type) for cell in sheet[2][2:6]] == [
        ("14:00", "s"),
        ("Europe/Paris", "s"),
        (FORMULA, "s"),
        (FORMULA, "s"),
    ]
    assert [cell.value for cell in sheet[2][10:19]] == [10, 8, 0, 2, 2, 5, 1, 0, 1]
    assert [len(row) for row in bookings] == [17, 17, 17]
    assert [row[11:] for row in bookings[1:]] == [
        ["Confirmée", "En ligne", "8", "1", "1", "0"],
        ["Sur la liste d’attente", "En ligne", "2", "0", "0", "0"],
    ]
    assert "Odile" not in str(bookings)


async def test_rows_are_not_for_others() -> None:
    for rows in (session_rows, booking_rows):
        with pytest.raises(NotAllowed):
            await rows(start=DAY, end=DAY, scope=Scope(is_outside=True), now=LATER)
        with pytest.raises(Invalid):
            await rows(start=DAY, end=DAY - timedelta(days=1), scope=Scope(structures=[], is_outside=False), now=LATER)


async def test_who_stops_reading_leaves_nothing_open() -> None:
    event = await make_event()
    for n in range(3):
        await make_session(event, starts_at=START + timedelta(hours=n))
    read = database.batches("SELECT id FROM session ORDER BY id", size=1)

    async with aclosing(read):
        assert len(await anext(read)) == 1

    assert (
        await database.fetch_value(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()"
        )
        == 0
    )
    sizes = [len(batch) async for batch in database.batches("SELECT generate_series(1, 5)", size=2)]
    assert sizes == [2, 2, 1]
