"""Another number of seats for several dates of a series: who waits is served, nobody is cancelled (B2, B9)."""

from __future__ import annotations

from ateliers.agenda.drafts import Which
from ateliers.agenda.publishing import create_event
from ateliers.agenda.series import Repeat
from ateliers.agenda.sessions import list_sessions_of_event
from ateliers.bookings.resize import Foreseen, foresee_resize, resize_sessions
from tests.agenda.drafts import samir, workshop
from tests.world import NOON, make_booking, make_structure


async def test_this_date_and_those_after_it_get_other_seats():
    by = await samir(await make_structure())
    asked = workshop(capacity=1, repeat=Repeat.WEEKLY, repeat_times=3, publish=True)
    event = await create_event(asked, by=by, now=NOON)
    dates = await list_sessions_of_event(event.id)
    for date in dates:
        await make_booking(date.id)
        await make_booking(date.id, state="waiting")

    await resize_sessions(dates[1].id, 2, which=Which.FOLLOWING, by=by, now=NOON)

    after = await list_sessions_of_event(event.id)
    assert [(one.capacity, one.seats_taken, one.seats_waiting) for one in after] == [(1, 1, 1), (2, 2, 0), (2, 2, 0)]
    assert await foresee_resize(dates[0].id, 1, which=Which.ALL, now=NOON) == Foreseen(
        capacity=1, held=5, overbooked=2, released=0
    )
