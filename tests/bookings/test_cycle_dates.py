"""Each date of a cycle in the calendar: invited, moved, called off and taken back under a UID of its own."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from ateliers import database
from ateliers.agenda.changing import call_off_session, move_session
from ateliers.agenda.drafts import Move, NewSession
from ateliers.agenda.publishing import add_session
from ateliers.agenda.sessions import get_session
from ateliers.bookings import changes, cycle_dates, reminders
from ateliers.bookings.booked_dates import NOT_INVITED, find_booked_date
from ateliers.bookings.bookings import get_booking
from ateliers.bookings.give_back import give_back_seats
from tests.bookings.cycles import WEEK, book, make_cycle
from tests.bookings.post import calendar_of, receive, text_of
from tests.world import NOON, START

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
FOURTH = datetime(2026, 12, 22, 14)  # noqa: DTZ001 - a wall clock


async def told(now=NOON):
    """What leaves after the worker has looked: kind, method, UID, SEQUENCE and start of each, sorted by start."""
    await changes.sweep(now)
    await cycle_dates.sweep(now)
    found = []
    for message in await receive(now):
        method, event = calendar_of(message) or ("", None)
        found.append(
            (
                method,
                str(event["UID"]) if event else "",
                int(event["SEQUENCE"]) if event else 0,
                event["DTSTART"].dt.isoformat() if event else "",
            )
        )
    return sorted(found, key=lambda one: one[3])


async def uids(booking_id, dates) -> list[str]:
    further = [await find_booked_date(booking_id, date) for date in dates[1:]]
    return [(await get_booking(booking_id)).uid, *(date.uid for date in further)]


async def booked_and_told(**values):
    samir, dates = await make_cycle(**values)
    booking = await book(dates[0])
    await told()
    return samir, dates, booking, await uids(booking.id, dates)


async def test_one_confirmation_and_a_calendar_object_per_date():
    _samir, dates = await make_cycle()
    booking = await book(dates[0])

    sent = await told()

    names = await uids(booking.id, dates)
    assert len(set(names)) == 3
    assert sent == [
        ("REQUEST", names[0], 0, "2026-12-01T14:00:00+01:00"),
        ("REQUEST", names[1], 0, "2026-12-08T14:00:00+01:00"),
        ("REQUEST", names[2], 0, "2026-12-15T14:00:00+01:00"),
    ]
    assert await told() == []


async def test_the_confirmation_names_every_date():
    _samir, dates = await make_cycle()
    await book(dates[0])

    (message,) = await receive(NOON)

    assert text_of(message).split("\n")[4:9] == [
        "Activer Mon espace santé avec votre téléphone",
        "Quand : un cycle, toutes les dates réservées en une fois",
        "- mardi 1er décembre 2026, de 14 h à 16 h",
        "- mardi 8 décembre 2026, de 14 h à 16 h",
        "- mardi 15 décembre 2026, de 14 h à 16 h",
    ]


async def test_moving_one_date_concerns_its_object_only():
    samir, dates, _booking, names = await booked_and_told()

    await move_session(dates[1], Move(local_start=datetime(2026, 12, 9, 10)), by=samir, now=NOON + MINUTE)  # noqa: DTZ001

    assert await told(NOON + MINUTE) == [("REQUEST", names[1], 1, "2026-12-09T10:00:00+01:00")]
    assert await told(NOON + MINUTE) == []


async def test_moving_the_first_date_concerns_its_object_only():
    samir, dates, _booking, names = await booked_and_told()

    await move_session(dates[0], Move(local_start=datetime(2026, 12, 2, 10)), by=samir, now=NOON + MINUTE)  # noqa: DTZ001

    assert await told(NOON + MINUTE) == [("REQUEST", names[0], 1, "2026-12-02T10:00:00+01:00")]


@pytest.mark.parametrize("which", [0, 1, 2])
async def test_calling_off_one_date_leaves_the_others_in_the_calendar(which):
    samir, dates, _booking, names = await booked_and_told()

    await call_off_session(dates[which], "La salle est prise", by=samir, now=NOON + MINUTE)
    sent = await told(NOON + MINUTE)

    day = (START + which * WEEK + HOUR).strftime("%Y-%m-%dT14:00:00+01:00")
    assert sent == [("CANCEL", names[which], 1, day)]


async def test_who_is_told_of_one_date_reads_that_the_others_stay():
    samir, dates, _booking, _names = await booked_and_told()

    await call_off_session(dates[1], "La salle est prise", by=samir, now=NOON + MINUTE)
    await cycle_dates.sweep(NOON + MINUTE)
    (message,) = await receive(NOON + MINUTE)

    assert "Les autres dates du cycle ont lieu, et votre place est gardée :\n- mardi 1er décembre" in text_of(message)


async def test_a_cycle_called_off_whole_is_told_once_and_leaves_the_calendar():
    samir, dates, _booking, names = await booked_and_told()

    await call_off_session(dates[0], "Nadia est malade", whole=True, by=samir, now=NOON + MINUTE)
    sent = await told(NOON + MINUTE)

    assert [(method, uid, sequence) for method, uid, sequence, _ in sent] == [("CANCEL", uid, 1) for uid in names]
    kinds = await database.fetch_rows("SELECT kind FROM outbox WHERE sequence = 1 ORDER BY id")
    assert sorted(row["kind"] for row in kinds) == ["session_called_off"] * 3
    subjects = await database.fetch_value("SELECT count(*) FROM outbox WHERE state <> 'sent'")
    assert subjects == 0


async def test_giving_back_takes_every_date_off_the_calendar():
    _samir, dates, booking, names = await booked_and_told()

    await give_back_seats(booking.id, now=NOON + MINUTE)
    sent = await told(NOON + MINUTE)

    assert [(method, uid, sequence) for method, uid, sequence, _ in sent] == [("CANCEL", uid, 1) for uid in names]
    assert [await find_booked_date(booking.id, date) for date in dates[1:]] == [None, None]


async def test_what_was_never_sent_is_not_taken_back():
    _samir, dates = await make_cycle()
    booking = await book(dates[0])
    await give_back_seats(booking.id, now=NOON)

    assert await told() == [("", "", 0, "")]  # the letter that says so, without a calendar part


async def test_who_waits_gets_the_dates_with_the_seat():
    _samir, dates = await make_cycle(capacity=1)
    first = await book(dates[0])
    waiting = await book(dates[0], "Lucien Petit")
    await told()

    assert (await find_booked_date(waiting.id, dates[1])).sequence == NOT_INVITED
    await give_back_seats(first.id, now=NOON + MINUTE)
    sent = await told(NOON + MINUTE)

    names = await uids(waiting.id, dates)
    invited = [one for one in sent if one[0] == "REQUEST"]
    assert [(uid, sequence) for _method, uid, sequence, _start in invited] == [(uid, 0) for uid in names]


async def test_who_waits_hears_of_a_change_and_has_nothing_to_take_back():
    samir, dates = await make_cycle(capacity=1)
    await book(dates[0])
    waiting = await book(dates[0], "Lucien Petit")
    await told()

    await call_off_session(dates[2], "La salle est prise", by=samir, now=NOON + MINUTE)
    sent = await told(NOON + MINUTE)
    await give_back_seats(waiting.id, now=NOON + 2 * MINUTE)

    assert [method for method, *_ in sent] == ["", "CANCEL"]
    assert await told(NOON + 2 * MINUTE) == []


async def test_a_date_added_later_reaches_everybody():
    samir, dates, booking, _names = await booked_and_told()
    by_phone = await book(dates[0], "Rose Simon", email=None, phone="0612345678")
    await cycle_dates.sweep(NOON)
    event = (await get_session(dates[0])).event_id

    added = await add_session(event, NewSession(local_start=FOURTH), by=samir, now=NOON + HOUR)
    sent = await told(NOON + HOUR)

    date = await find_booked_date(booking.id, added.id)
    assert sent == [("REQUEST", date.uid, 0, "2026-12-22T14:00:00+01:00")]
    assert added.seats_taken == 2
    called = await get_booking(by_phone.id)
    assert (called.to_call_back, called.call_why) == (True, "change")


async def test_who_can_only_be_phoned_is_called_when_a_date_changes():
    samir, dates = await make_cycle()
    booking = await book(dates[0], email=None, phone="0612345678")
    await told()

    await call_off_session(dates[2], "La salle est prise", by=samir, now=NOON + MINUTE)
    sent = await told(NOON + MINUTE)

    called = await get_booking(booking.id)
    assert (sent, called.to_call_back, called.call_why) == ([], True, "change")


async def test_however_many_workers_look_each_date_is_told_once():
    _samir, dates = await make_cycle()
    for name in ("Odile Marchand", "Lucien Petit", "Rose Simon"):
        await book(dates[0], name)

    await asyncio.gather(*(cycle_dates.sweep(NOON) for _ in range(5)))

    kinds = await database.fetch_rows("SELECT kind, count(*) AS n FROM outbox GROUP BY kind ORDER BY kind")
    assert [tuple(row.values()) for row in kinds] == [("booking_confirmed", 3), ("booking_date_invite", 6)]


async def test_each_date_is_recalled_on_its_own():
    _samir, dates = await make_cycle()
    booking = await book(dates[0])
    await told()

    for start in (START, START + WEEK):
        await reminders.sweep(start - 2 * HOUR)

    rows = await database.fetch_rows("SELECT key, data FROM outbox WHERE kind = 'reminder' ORDER BY id")
    assert [row["key"] for row in rows] == [
        f"reminder:{booking.id}:{dates[0]}:H-2:0",
        f"reminder:{booking.id}:{dates[1]}:H-2:0",
    ]
    (message,) = [m for m in await receive(START + WEEK - 2 * HOUR) if "Rappel" in m["subject"]]
    assert "mardi 8 décembre 2026" in message["subject"]
    assert calendar_of(message) is None
