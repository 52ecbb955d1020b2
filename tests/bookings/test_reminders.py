"""Reminders: when they go, once each, and never when they no longer hold."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ateliers import database
from ateliers.agenda.changing import call_off_session, move_session
from ateliers.agenda.drafts import Move
from ateliers.bookings import changes
from ateliers.bookings.bookings import get_booking
from ateliers.bookings.opt_out import stop_reminders, stop_reminders_path
from ateliers.bookings.reminders import JUST_TOLD, moments, sweep
from ateliers.network.people import get_person
from ateliers.refusals import NotFound
from tests.bookings.post import calendar_of, receive, text_of
from tests.world import NOON, START, make_booking, make_event, make_samir, make_session, make_structure

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
LONG_AGO = START - timedelta(days=30)
J7, J1, H2 = START - 7 * DAY, START - DAY, START - 2 * HOUR
PARIS = ZoneInfo("Europe/Paris")
PLAN = ["J-7", "J-1", "H-2"]


async def booked(*, at: datetime = LONG_AGO, **session) -> UUID:
    return await make_booking(await make_session(**session), created_at=at, confirmed_at=at)


async def queued() -> list[str]:
    rows = await database.fetch_rows("SELECT data ->> 'step' AS step FROM outbox WHERE kind = 'reminder' ORDER BY id")
    return [row["step"] for row in rows]


async def swept(*times: datetime) -> list[str]:
    for now in times:
        await sweep(now)
    return await queued()


def at(hour: int, minute: int = 0, day: int = 1) -> datetime:
    return datetime(2026, 12, day, hour, minute, tzinfo=PARIS).astimezone(UTC)


def test_the_plan_of_an_afternoon():
    assert [(m.step, m.at, m.until) for m in moments(START, "Europe/Paris", PLAN)] == [
        ("J-7", J7, J1),
        ("J-1", J1, H2),
        ("H-2", H2, START),
    ]


def test_the_hour_is_kept_when_the_clock_changes_in_between():
    start = datetime(2026, 10, 27, 14, tzinfo=PARIS)

    first = moments(start.astimezone(UTC), "Europe/Paris", PLAN)[0]

    assert first.at.astimezone(PARIS).replace(tzinfo=None) == datetime(2026, 10, 20, 14)  # noqa: DTZ001


def test_an_early_session_is_not_announced_at_night():
    assert [(m.step, m.at) for m in moments(at(9), "Europe/Paris", PLAN)][-1] == ("H-2", at(8))


def test_a_session_at_dawn_has_no_reminder_on_the_same_day():
    assert [m.step for m in moments(at(7, 30), "Europe/Paris", PLAN)] == ["J-7", "J-1"]


def test_a_late_session_is_announced_before_the_evening():
    assert [m.at for m in moments(at(23), "Europe/Paris", PLAN)][1:] == [at(20, day=1) - DAY, at(20)]


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001
    st.sampled_from(["Europe/Paris", "Indian/Reunion", "Pacific/Noumea", "America/Cayenne", "America/Miquelon"]),
)
def test_no_moment_is_at_night_or_after_the_start(start, zone):
    starts_at = start.replace(tzinfo=UTC)

    found = moments(starts_at, zone, PLAN)

    for moment in found:
        assert moment.at < moment.until <= starts_at
        assert 8 <= moment.at.astimezone(ZoneInfo(zone)).hour < 21
    assert [m.at for m in found] == sorted(m.at for m in found)


async def test_each_step_comes_once():
    await booked()

    assert await swept(J7 - MINUTE) == []
    assert await swept(J7, J7, J7 + MINUTE) == ["J-7"]
    assert await swept(J1, J1 + HOUR, H2, H2 + MINUTE) == ["J-7", "J-1", "H-2"]
    assert await swept(START, START + HOUR) == ["J-7", "J-1", "H-2"]


async def test_however_many_workers_sweep():
    await booked()

    await asyncio.gather(*(sweep(J1) for _ in range(6)))

    assert await queued() == ["J-1"]


async def test_a_late_booking_gets_the_steps_still_ahead():
    await booked(at=J1 - DAY)

    assert await swept(J1 - DAY + HOUR, J1, H2) == ["J-1", "H-2"]


async def test_who_has_just_booked_needs_no_reminder():
    await booked(at=J1 - JUST_TOLD + MINUTE)

    assert await swept(J1) == []


async def test_who_was_just_written_to_needs_no_reminder_either():
    structure = await make_structure()
    samir = await get_person(await make_samir(structure))
    session = await make_session(await make_event(structure))
    await make_booking(session, created_at=LONG_AGO, confirmed_at=LONG_AGO)
    await swept(J1)
    await move_session(session, Move(join_url=None, minutes=60), by=samir, now=J1 + HOUR)
    await changes.sweep(J1 + HOUR)

    assert await swept(J1 + 2 * HOUR) == ["J-1"]


async def test_a_moved_session_has_its_steps_anew():
    structure = await make_structure()
    samir = await get_person(await make_samir(structure))
    session = await make_session(await make_event(structure))
    await make_booking(session, created_at=LONG_AGO, confirmed_at=LONG_AGO)
    await swept(J7, J1)
    later = START + 7 * DAY
    await move_session(session, Move(local_start=later.replace(tzinfo=None) + HOUR), by=samir, now=J1 + HOUR)
    await changes.sweep(J1 + HOUR)

    assert await swept(H2, later - DAY, later - 2 * HOUR) == ["J-7", "J-1", "J-1", "H-2"]


async def test_after_an_outage_only_the_step_that_still_makes_sense_is_caught_up():
    await booked()

    assert await swept(J1 + 3 * HOUR) == ["J-1"]


async def test_nothing_is_caught_up_at_night():
    await booked()
    night = datetime(2026, 11, 30, 23, tzinfo=PARIS).astimezone(UTC)

    assert await swept(night) == []
    assert await swept(at(8)) == ["J-1"]


@pytest.mark.parametrize(
    "session", [{"called_off_at": NOON}, {"starts_at": START, "capacity": 5, "called_off_at": NOON, "revision": 1}]
)
async def test_what_is_called_off_is_not_recalled(session):
    await booked(**session)

    assert await swept(J7, J1, H2) == []


async def test_who_waits_or_has_no_address_or_wants_none_gets_none():
    session = await make_session()
    await make_booking(session, state="waiting")
    await make_booking(session, email=None, confirmed_at=LONG_AGO)
    await make_booking(session, reminders=False, confirmed_at=LONG_AGO)
    await make_booking(session, state="given_back", confirmed_at=LONG_AGO)

    assert await swept(J7, J1, H2) == []


async def test_the_letter():
    booking = await get_booking(await booked())
    await sweep(J1)

    (message,) = await receive(J1)

    stop = f"http://ateliers.test{stop_reminders_path(booking)}"
    assert message["subject"].replace("\u00a0", " ") == (
        "Rappel : Activer Mon espace santé avec votre téléphone, mardi 1er décembre 2026 à 14 h"
    )
    assert message["from"] == "CCAS de Nevers <rappels@ateliers.test>"
    assert message["list-unsubscribe"] == f"<{stop}>"
    assert message["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert calendar_of(message) is None
    assert stop in text_of(message)
    assert "- Votre carte Vitale" in text_of(message)


async def outcome_after(change: str, *args) -> str:
    booking = await booked()
    await sweep(J1)
    session = await database.fetch_value("SELECT session_id FROM booking WHERE id = $1", booking)
    await database.execute(change, booking if "booking" in change else session, *args)
    assert await receive(J1 + MINUTE) == []
    return await database.fetch_value("SELECT outcome FROM outbox WHERE kind = 'reminder'")


async def test_looked_at_again_when_it_leaves():
    assert (
        await outcome_after("UPDATE booking SET state = 'given_back' WHERE id = $1")
        == "The seats were given back meanwhile."
    )


async def test_not_after_calling_off():
    change = "UPDATE session SET called_off_at = $2, revision = revision + 1 WHERE id = $1"

    assert await outcome_after(change, NOON) == "The session was called off meanwhile."


async def test_not_for_a_date_that_is_no_more():
    change = "UPDATE session SET revision = revision + 1 WHERE id = $1"

    assert await outcome_after(change) == "A later message says it all."


async def test_not_after_opting_out():
    assert (
        await outcome_after("UPDATE booking SET reminders = false WHERE id = $1") == "The person asked for no reminder."
    )


async def test_never_after_the_start_even_when_mail_was_down_all_day():
    await booked()
    await sweep(H2)

    assert await receive(START) == []
    assert await database.fetch_value("SELECT state FROM outbox") == "dropped"


async def test_what_was_held_up_till_the_night_waits_for_the_morning():
    await booked()
    await sweep(J1)
    night = datetime(2026, 11, 30, 22, tzinfo=PARIS).astimezone(UTC)

    assert await receive(night) == []
    assert len(await receive(at(8))) == 1


async def test_stopping_them_leaves_the_booking():
    booking = await get_booking(await booked())
    code, key = stop_reminders_path(booking).split("/")[2:]

    await stop_reminders(code, key, now=NOON)
    await stop_reminders(code, key, now=NOON)

    after = await get_booking(booking.id)
    assert (after.reminders, after.state) == (False, booking.state)
    assert await swept(J7, J1, H2) == []
    with pytest.raises(NotFound):
        await stop_reminders(code, "a" * 16, now=NOON)


async def test_a_called_off_session_tells_and_does_not_remind():
    structure = await make_structure()
    samir = await get_person(await make_samir(structure))
    session = await make_session(await make_event(structure))
    await make_booking(session, created_at=LONG_AGO, confirmed_at=LONG_AGO)
    await call_off_session(session, "Malade", by=samir, now=J1 - HOUR)
    await changes.sweep(J1 - HOUR)

    assert await swept(J1, H2) == []


async def test_an_event_sends_the_reminders_it_has_chosen():
    await booked(event_id=await make_event(reminder_plan=["J-3", "J-1"]))

    assert await swept(J7, START - 3 * DAY, J1, H2) == ["J-3", "J-1"]


async def test_an_event_may_send_none():
    await booked(event_id=await make_event(reminder_plan=[]))

    assert await swept(J7, J1, H2) == []
