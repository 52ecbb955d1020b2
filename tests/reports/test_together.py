"""Reports count a hybrid session once, and a booking of a cycle once, though its seats are held at every date."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import pytest

from ateliers import database
from ateliers.agenda.changing import call_off_session
from ateliers.reports.grouping import Grouping
from ateliers.reports.report import report
from ateliers.reports.rows import booking_rows, csv_of, session_rows
from ateliers.reports.scope import Scope
from tests.bookings.cycles import WEEK, book, make_cycle
from tests.world import NEVERS, NOON, START, make_booking, make_event, make_place, make_session, make_structure

DECEMBER = {"start": date(2026, 12, 1), "end": date(2026, 12, 31)}
JANUARY = START + timedelta(days=31)


async def figures(by: Grouping = Grouping.NATION, **wanted) -> dict:
    made = await report(by=by, **DECEMBER, scope=Scope(is_outside=False), now=JANUARY, **wanted)
    return {key: cell.value for key, cell in made.total.counts.items() if cell.value}


async def make_pair(onsite: str | None, online: str | None):
    event = await make_event(await make_structure())
    there = await make_session(event, outcome=onsite)
    half = await make_session(
        event, place_id=None, join_url="https://visio.test/a", onsite_id=there, outcome=online, capacity=30
    )
    await make_booking(there, seats=2)
    await make_booking(half, seats=3)
    return there, half


@pytest.mark.parametrize(
    ("onsite", "online", "counted"),
    [
        ("held", "held", {"sessions_held": 1}),
        ("held", None, {"sessions_held": 1}),
        (None, "held", {"sessions_held": 1}),
        ("held_empty", "held", {"sessions_held": 1}),
        ("held_empty", "held_empty", {"sessions_held": 1, "sessions_held_empty": 1}),
        (None, None, {"sessions_missing": 1}),
    ],
)
async def test_a_pair_is_one_session(onsite, online, counted):
    await make_pair(onsite, online)

    found = await figures()

    assert {key: value for key, value in found.items() if key.startswith("sessions")} == {"sessions": 1, **counted}
    assert (found["bookings"], found["seats_booked"], found["seats_offered"]) == (2, 5, 40)
    # Of a half whose list is empty nobody knows who came, either.
    assert found.get("seats_unanswered") == (5 if "sessions_held" in counted else None)


async def test_people_of_both_halves_are_counted():
    there, half = await make_pair("held", "held")
    for session, present in ((there, 2), (half, 3)):
        await insert_tally(session, present)

    assert (await figures())["participations"] == 5


async def insert_tally(session_id, present):
    await database.execute(
        "INSERT INTO tally (session_id, present, first_at, last_at) VALUES ($1, $2, $3, $3)", session_id, present, START
    )


async def test_who_follows_from_home_counts_where_it_takes_place():
    elsewhere = await make_structure(
        "CCAS de Dijon", **{**NEVERS, "commune_code": "21231", "commune_name": "Dijon", "departement": "21"}
    )
    event = await make_event(elsewhere)
    there = await make_session(event, place_id=await make_place())
    half = await make_session(event, place_id=None, join_url="https://visio.test/a", onsite_id=there)
    await make_booking(half, seats=3)

    made = await report(by=Grouping.DEPARTEMENT, **DECEMBER, scope=Scope(is_outside=False), now=JANUARY)

    assert [(row.key, row["sessions"].value, row["seats_booked"].value) for row in made.rows] == [("58", 1, 3)]


async def test_a_cycle_is_one_booking_with_a_seat_at_each_date():
    _samir, dates = await make_cycle()
    await book(dates[0], seats=2)

    found = await figures()

    assert (found["sessions"], found["bookings"], found["seats_booked"]) == (3, 1, 6)


async def test_a_cycle_without_its_first_date_is_still_one_booking():
    samir, dates = await make_cycle()
    await book(dates[0], seats=2)
    await call_off_session(dates[0], "Nadia est malade", by=samir, now=NOON)

    found = await figures()

    assert (found["sessions_called_off"], found["bookings"], found["seats_booked"]) == (1, 1, 4)


async def rows(stream) -> list[dict[str, str]]:
    text = "".join([part.decode("utf-8-sig") async for part in csv_of(stream)])
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


async def test_rows_add_up_to_the_report():
    _samir, dates = await make_cycle()
    booking = await book(dates[0], seats=2)
    for session, state in ((dates[0], "present"), (dates[1], "absent")):
        await database.execute(
            "INSERT INTO attendance (booking_id, seat, session_id, state, at) VALUES ($1, 1, $2, $3, $4)",
            booking.id,
            session,
            state,
            START + WEEK,
        )

    sessions = await rows(await session_rows(**DECEMBER, scope=Scope(is_outside=False), now=JANUARY))
    bookings = await rows(await booking_rows(**DECEMBER, scope=Scope(is_outside=False), now=JANUARY))

    assert [row["Inscriptions"] for row in sessions] == ["1", "0", "0"]
    assert [row["Places réservées"] for row in sessions] == ["2", "2", "2"]
    assert [(row["Séance"], row["Présent"], row["Absent"]) for row in bookings] == [
        (str(dates[0]), "1", "0"),
        (str(dates[1]), "0", "1"),
        (str(dates[2]), "0", "0"),
    ]
