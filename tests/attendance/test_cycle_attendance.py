"""Attendance of a cycle: the same people at every date, marked at each on its own (B3)."""

from __future__ import annotations

from datetime import timedelta

from ateliers.attendance.mark import SeatState
from ateliers.attendance.record import mark_everyone_present, mark_seat, undo
from ateliers.attendance.sheet import get_sheet
from ateliers.attendance.tally import Tally, get_tally
from ateliers.bookings.give_back import give_back_seats
from tests.bookings.cycles import WEEK, book, make_cycle
from tests.world import NOON, START

LATER = timedelta(minutes=30)


async def states(session_id, by) -> list[tuple[str, SeatState | None]]:
    sheet = await get_sheet(session_id, by=by)
    return sorted((line.shown_name, line.state) for line in sheet.lines)


async def test_the_list_of_every_date_is_that_of_the_cycle():
    samir, dates = await make_cycle()
    await book(dates[0])
    gone = await book(dates[0], "Lucien Petit")
    await give_back_seats(gone.id, now=NOON)

    assert [await states(date, samir) for date in dates] == [[("Odile Marchand", None)]] * 3


async def test_who_came_once_is_not_marked_at_the_other_dates():
    samir, dates = await make_cycle()
    odile = await book(dates[0])

    await mark_seat(dates[0], odile.code, 1, SeatState.PRESENT, by=samir, now=START + LATER)
    await mark_seat(dates[1], odile.code, 1, SeatState.EXCUSED, by=samir, now=START + WEEK + LATER)

    assert [await states(date, samir) for date in dates] == [
        [("Odile Marchand", SeatState.PRESENT)],
        [("Odile Marchand", SeatState.EXCUSED)],
        [("Odile Marchand", None)],
    ]
    assert [await get_tally(date) for date in dates] == [Tally(present=1), Tally(excused=1), Tally()]


async def test_undoing_a_tap_leaves_the_other_dates():
    samir, dates = await make_cycle()
    odile = await book(dates[0])
    await mark_seat(dates[0], odile.code, 1, SeatState.PRESENT, by=samir, now=START + LATER)

    assert await mark_everyone_present(dates[1], "all", by=samir, now=START + WEEK + LATER) == 1
    last = (await get_sheet(dates[1], by=samir)).last
    await undo(dates[1], last.action, by=samir, now=START + WEEK + LATER)

    assert [await get_tally(date) for date in dates] == [Tally(present=1), Tally(), Tally()]
    assert await states(dates[0], samir) == [("Odile Marchand", SeatState.PRESENT)]
