"""The demo's network is lively and whole."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ateliers import database
from ateliers.agenda.kinds import Kind
from ateliers.demo.filling import CAST, fill
from ateliers.network.people import find_person_by_email
from tests.conftest import empty_all_tables
from tests.web.rows import keep_rows, put_rows_back
from tests.world import NOON

_rows: dict[str, Any] = {}  # of the demo at noon, filled once: putting them back takes no time beside it


async def fill_at_noon() -> None:
    if _rows:
        await put_rows_back(_rows, [table for table, rows in _rows.items() if rows])
    else:
        await fill(now=NOON)
        _rows.update(await keep_rows())


async def figure(sql: str) -> int:
    return int(await database.fetch_value(sql) or 0)


async def test_the_demo_has_something_of_everything():
    await fill_at_noon()

    for name, role, email in CAST:
        person = await find_person_by_email(email)
        assert person is not None
        assert (person.name, [one.role for one in person.roles]) == (name, [role])
    assert await figure("SELECT count(*) FROM structure WHERE state = 'admitted'") == 13
    assert await figure("SELECT count(*) FROM structure WHERE state = 'submitted'") == 2
    assert await figure("SELECT count(DISTINCT departement) FROM structure") >= 8
    assert await figure("SELECT count(*) FROM structure WHERE zone = 'Indian/Reunion'") == 2
    assert await figure("SELECT count(*) FROM event") >= 44
    assert await figure("SELECT count(DISTINCT kind) FROM event") == len(Kind)
    session = "SELECT count(*) FROM session WHERE"
    assert await database.fetch_value(f"{session} starts_at > $1", NOON) >= 70
    assert await database.fetch_value(f"{session} ends_at < $1", NOON) >= 50
    assert await figure(f"{session} called_off_at IS NOT NULL") == 2
    assert await figure(f"{session} moved_at IS NOT NULL") == 3  # one of them of a series
    assert await figure(f"{session} seats_taken = capacity AND seats_waiting > 0") >= 3
    assert await figure("SELECT count(*) FROM booking") >= 400
    assert await figure("SELECT count(*) FROM booking WHERE state = 'offered'") == 2
    assert await figure("SELECT count(*) FROM booking WHERE to_call_back") >= 1
    assert await figure("SELECT count(*) FROM event WHERE is_cycle") == 1
    assert await figure(f"{session} onsite_id IS NOT NULL") == 1
    assert await figure(f"{session} seats_held_back > 0") == 1
    assert await figure("SELECT count(*) FROM candidate WHERE state = 'open'") == 2
    assert await figure("SELECT count(*) FROM event WHERE state = 'to_moderate'") == 1
    assert await figure("SELECT count(*) FROM training") == 4
    assert await figure("SELECT count(*) FROM co_organiser") == 2
    assert await figure("SELECT count(*) FROM kit_item") == 4
    assert await figure("SELECT count(*) FROM signed_sheet") == 1
    assert await figure("SELECT count(*) FROM effort_sum") >= 40
    for column in ("present", "absent", "excused", "walk_ins"):
        assert await figure(f"SELECT sum({column}) FROM tally") >= 5


async def test_mail_of_the_past_is_not_sent_and_the_future_is_spared():
    await fill_at_noon()
    assert await database.fetch_value("SELECT count(*) FROM outbox WHERE state = 'queued'") < 60
    assert await database.fetch_value("SELECT count(*) FROM booking WHERE created_at > $1", NOON) == 0
    assert await database.fetch_value("SELECT count(*) FROM attendance WHERE at > $1", NOON) == 0


async def shape() -> list[dict[str, object]]:
    """Every session of the demo by its place in its event, who booked it and who came; nothing that a clock says."""
    rows = await database.fetch_rows(
        """SELECT o.name, e.title, s.capacity, s.seats_taken, s.seats_waiting, s.called_off_at IS NOT NULL AS is_off,
                  s.outcome, t.present, t.absent, t.excused
           FROM session s JOIN event e ON e.id = s.event_id JOIN structure o ON o.id = e.structure_id
           LEFT JOIN tally t ON t.session_id = s.id ORDER BY o.name, e.title, s.starts_at, s.capacity"""
    )
    return [dict(row) for row in rows]


@pytest.mark.parametrize("later", [timedelta(hours=11, minutes=50), timedelta(days=96, hours=-7)])
async def test_it_looks_the_same_on_any_day_at_any_hour(later: timedelta):
    await fill_at_noon()
    tuesday = await shape()
    await empty_all_tables()
    await fill(now=NOON + later)

    assert await shape() == tuesday
