"""What is still to be written about a booking."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ateliers.bookings.planned import plan_of
from ateliers.mail.sms import keep_gateway
from ateliers.words import speaking
from tests.agenda.values import a_session
from tests.bookings.values import a_booking
from tests.mail.test_sms import a_gateway
from tests.world import NOON, START

EARLY = START - timedelta(days=20)


async def plan(now=EARLY, *, session=None, **values) -> list[tuple[str, str]]:
    booking = a_booking(**{"confirmed_at": EARLY, **values})
    with speaking("fr"):
        return [
            (str(one.what), f"{one.at:%d/%m %H:%M}") for one in await plan_of(booking, session or a_session(), now=now)
        ]


async def test_the_reminders_ahead_are_told_in_order():
    steps = [
        ("Rappel, une semaine avant", "24/11 13:00"),
        ("Rappel, la veille", "30/11 13:00"),
        ("Rappel, deux heures avant", "01/12 11:00"),
    ]

    assert await plan() == steps
    assert await plan(START - timedelta(days=3)) == steps[1:]
    assert await plan(START) == []


async def test_who_booked_late_gets_the_steps_still_ahead():
    assert [what for what, _ in await plan(NOON, confirmed_at=START - timedelta(days=2))] == [
        "Rappel, la veille",
        "Rappel, deux heures avant",
    ]


@pytest.mark.parametrize("values", [{"state": "waiting", "rank": 1}, {"reminders": False}, {"email": None}])
async def test_who_is_not_to_be_reminded_has_no_plan(values):
    assert await plan(**values) == []


async def test_what_is_called_off_has_no_plan():
    assert await plan(session=a_session(called_off_at=NOON)) == []


async def test_who_has_only_a_mobile_gets_one_sms_where_there_is_a_gateway():
    session = a_session()
    await keep_gateway(a_gateway("https://sms.example.test/", structure_id=session.structure_id), now=NOON)

    assert await plan(email=None, session=session) == [("SMS\u00a0: rappel", "30/11 13:00")]
    assert await plan(email=None, phone="03 86 00 00 00", session=session) == []
