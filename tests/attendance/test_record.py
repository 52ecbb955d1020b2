"""Marks on the list: last by device time wins, sent twice counts once, taken back leaves what was there before."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ateliers import database
from ateliers.agenda.changing import SessionCalledOff
from ateliers.attendance.journal import get_journal
from ateliers.attendance.mark import Mark, SeatState, UnknownSeat, read_seat_id, stored
from ateliers.attendance.record import (
    NothingToUndo,
    OperationReused,
    SomebodyCame,
    correct_nobody_came,
    mark_everyone_present,
    mark_seat,
    record_attendance,
    record_nobody_came,
    undo,
)
from ateliers.attendance.sheet import get_sheet
from ateliers.attendance.tally import Tally, get_tally
from ateliers.attendance.walk_ins import add_walk_in, list_walk_ins
from ateliers.network.people import Person, get_person
from ateliers.refusals import Invalid, NotAllowed, NotFound
from tests.world import START, make_booking, make_event, make_nadia, make_person, make_session, make_structure

PRESENT, ABSENT, EXCUSED = SeatState.PRESENT, SeatState.ABSENT, SeatState.EXCUSED
LATER = START + timedelta(minutes=30)


async def a_session(**values: Any) -> tuple[UUID, Person]:
    structure = await make_structure()
    session = await make_session(await make_event(structure), **values)
    return session, await get_person(await make_nadia(structure))


def mark(op: str, code: str, state: SeatState | None, *, seat: int = 1, minutes: int = 0) -> Mark:
    return Mark(op=op, code=code, seat=seat, state=state, at=START + timedelta(minutes=minutes))


async def states(session: UUID) -> dict[tuple[str, int], str]:
    rows = await database.fetch_rows(
        "SELECT b.code, a.seat, a.state FROM attendance a JOIN booking b ON b.id = a.booking_id WHERE a.session_id = $1",
        session,
    )
    return {(row["code"], row["seat"]): row["state"] for row in rows}


async def outcome(session: UUID) -> str | None:
    found: str | None = await database.fetch_value("SELECT outcome FROM session WHERE id = $1", session)
    return found


async def recount(session: UUID) -> Tally:
    counts = {"present": 0, "absent": 0, "excused": 0}
    for state in (await states(session)).values():
        counts[state] += 1
    return Tally(**counts, walk_ins=len(await list_walk_ins(session)))


async def test_the_later_mark_wins_whatever_arrives_last() -> None:
    session, nadia = await a_session()
    await make_booking(session, code="AAA111", seats=2)

    await record_attendance(session, [mark("2", "AAA111", PRESENT, minutes=5)], by=nadia, now=LATER)
    await record_attendance(session, [mark("1", "AAA111", ABSENT, minutes=1)], by=nadia, now=LATER)

    assert await states(session) == {("AAA111", 1): "present"}
    assert await get_tally(session) == Tally(present=1)
    assert await outcome(session) == "held"


async def test_the_same_operation_counts_once() -> None:
    session, nadia = await a_session()
    await make_booking(session, code="AAA111", seats=2)
    marks = [mark("1", "AAA111", PRESENT), mark("2", "AAA111", ABSENT, seat=2)]

    await record_attendance(session, marks + marks, by=nadia, now=LATER)
    await record_attendance(session, marks, by=nadia, now=LATER + timedelta(minutes=1))

    assert await get_tally(session) == Tally(present=1, absent=1)
    assert await database.fetch_value("SELECT count(*) FROM attendance_mark") == 2


async def test_an_operation_is_not_taken_for_another_seat() -> None:
    session, nadia = await a_session()
    await make_booking(session, code="AAA111", seats=2)
    await record_attendance(session, [mark("1", "AAA111", PRESENT)], by=nadia, now=LATER)

    with pytest.raises(OperationReused):
        await record_attendance(session, [mark("1", "AAA111", PRESENT, seat=2)], by=nadia, now=LATER)

    assert await get_tally(session) == Tally(present=1)


async def test_two_sessions_may_name_their_operations_alike() -> None:
    session, nadia = await a_session()
    event = await database.fetch_value("SELECT event_id FROM session WHERE id = $1", session)
    other = await make_session(event)
    await make_booking(session, code="AAA111")
    await make_booking(other, code="BBB222")

    await record_attendance(session, [mark("1", "AAA111", PRESENT)], by=nadia, now=LATER)
    await record_attendance(other, [mark("1", "BBB222", ABSENT)], by=nadia, now=LATER)

    assert (await get_tally(session), await get_tally(other)) == (Tally(present=1), Tally(absent=1))


@pytest.mark.parametrize("seat", [0, 3, -1])
async def test_a_seat_beyond_the_booking_is_refused(seat: int) -> None:
    session, nadia = await a_session()
    await make_booking(session, code="AAA111", seats=2)

    with pytest.raises(UnknownSeat):
        await record_attendance(
            session, [mark("1", "AAA111", PRESENT), mark("2", "AAA111", PRESENT, seat=seat)], by=nadia, now=LATER
        )

    assert await states(session) == {}


async def test_seats_of_others_are_refused() -> None:
    session, nadia = await a_session()
    other = await make_session(await make_event(await make_structure("Emmaüs", slug="emmaus")))
    await make_booking(other, code="BBB222")
    await make_booking(session, code="CCC333", state="waiting")

    for code in ("BBB222", "CCC333", "NOBODY"):
        with pytest.raises(UnknownSeat):
            await record_attendance(session, [mark("1", code, PRESENT)], by=nadia, now=LATER)
    with pytest.raises(NotAllowed):
        await record_attendance(other, [mark("1", "BBB222", PRESENT)], by=nadia, now=LATER)
    stranger = await get_person(await make_person("Stranger"))
    with pytest.raises(NotAllowed):
        await add_walk_in(session, None, "1", START, by=stranger, now=LATER)
    with pytest.raises(NotFound):
        await get_sheet(session, by=stranger)
    with pytest.raises(NotFound):
        await record_attendance(database.new_id(), [], by=nadia, now=LATER)


async def test_nobody_comes_to_a_session_called_off() -> None:
    session, nadia = await a_session(called_off_at=START - timedelta(days=1))
    await make_booking(session, code="AAA111")

    with pytest.raises(SessionCalledOff):
        await record_attendance(session, [mark("1", "AAA111", PRESENT)], by=nadia, now=LATER)


@pytest.mark.parametrize("op", ["", " ", "a b", "é", "a\x00", "x" * 101])
async def test_an_operation_has_a_plain_name(op: str) -> None:
    session, nadia = await a_session()

    with pytest.raises(Invalid):
        await add_walk_in(session, None, op, START, by=nadia, now=LATER)


async def test_everyone_present_leaves_what_is_known() -> None:
    session, nadia = await a_session()
    await make_booking(session, code="AAA111", seats=3)
    await make_booking(session, code="BBB222", state="waiting")
    await mark_seat(session, "AAA111", 2, EXCUSED, by=nadia, now=START)

    assert await mark_everyone_present(session, "all", by=nadia, now=LATER) == 2
    assert await mark_everyone_present(session, "all", by=nadia, now=LATER) == 0

    assert await states(session) == {("AAA111", 1): "present", ("AAA111", 2): "excused", ("AAA111", 3): "present"}
    await undo(session, stored(session, "all"), by=nadia, now=LATER)
    assert await states(session) == {("AAA111", 2): "excused"}
    assert await get_tally(session) == Tally(excused=1)


async def test_undo_brings_the_mark_before_back() -> None:
    session, nadia = await a_session()
    await make_booking(session, code="AAA111")
    for minute, state in enumerate((PRESENT, ABSENT, None)):
        await mark_seat(session, "AAA111", 1, state, by=nadia, now=START + timedelta(minutes=minute))

    seen = []
    for _n in range(3):
        last = (await get_sheet(session, by=nadia)).last
        assert last is not None
        await undo(session, last.action, by=nadia, now=LATER)
        seen.append(await states(session))

    assert seen == [{("AAA111", 1): "absent"}, {("AAA111", 1): "present"}, {}]
    assert (await get_sheet(session, by=nadia)).last is None
    assert await outcome(session) is None
    with pytest.raises(NothingToUndo):
        await undo(session, last.action, by=nadia, now=LATER)
    assert await database.fetch_value("SELECT count(*) FROM attendance_mark WHERE undone_at IS NOT NULL") == 3


async def test_a_second_tap_on_the_same_answer_changes_nothing() -> None:
    session, nadia = await a_session()
    await make_booking(session, code="AAA111")

    for _n in range(2):
        await mark_seat(session, "AAA111", 1, PRESENT, by=nadia, now=LATER)

    assert await database.fetch_value("SELECT count(*) FROM attendance_mark") == 1


async def test_held_with_nobody_is_not_called_off() -> None:
    session, nadia = await a_session()
    await make_booking(session, code="AAA111", seats=2)
    await mark_seat(session, "AAA111", 1, EXCUSED, by=nadia, now=START)

    await record_nobody_came(session, "none", by=nadia, now=LATER)

    assert await outcome(session) == "held_empty"
    assert await get_tally(session) == Tally(excused=1, absent=1)
    assert await database.fetch_value("SELECT called_off_at FROM session WHERE id = $1", session) is None

    await add_walk_in(session, None, "w", LATER, by=nadia, now=LATER)
    assert await outcome(session) == "held"
    with pytest.raises(SomebodyCame):
        await record_nobody_came(session, "none-2", by=nadia, now=LATER)


async def test_held_with_nobody_is_said_by_somebody_and_taken_back() -> None:
    session, nadia = await a_session()
    await make_booking(session, code="AAA111", seats=2)

    for op in ("none", "none", "again"):
        await record_nobody_came(session, op, by=nadia, now=LATER)
    sheet = await get_sheet(session, by=nadia)
    assert [(word.who, word.at, word.op) for word in sheet.nobody] == [
        ("Nadia Ferrand", LATER, "again"),
        ("Nadia Ferrand", LATER, "none"),
    ]
    await undo(session, sheet.nobody[0].action, by=nadia, now=LATER)
    assert (await outcome(session), await get_tally(session)) == ("held_empty", Tally(absent=2))
    await correct_nobody_came(session, by=nadia, now=LATER)

    assert (await outcome(session), await get_tally(session)) == (None, Tally())
    journal = await get_journal(session, by=nadia)
    assert (
        sum(str(line.text) == "La séance a eu lieu, personne n’est venu" and line.is_undone for line in journal.lines)
        == 2
    )


async def test_an_excuse_days_before_does_not_say_that_it_was_held() -> None:
    session, nadia = await a_session()
    await make_booking(session, code="AAA111")
    day_before = START - timedelta(days=1)

    await mark_seat(session, "AAA111", 1, EXCUSED, by=nadia, now=day_before)

    assert await outcome(session) is None
    assert await get_tally(session) == Tally(excused=1)


async def test_a_clock_that_runs_ahead_does_not_have_the_last_word_for_ever() -> None:
    session, nadia = await a_session()
    await make_booking(session, code="AAA111")

    await record_attendance(session, [mark("1", "AAA111", ABSENT, minutes=9999)], by=nadia, now=START)
    await mark_seat(session, "AAA111", 1, PRESENT, by=nadia, now=LATER)

    assert await states(session) == {("AAA111", 1): "present"}


async def test_walk_ins_come_above_capacity_with_or_without_a_name() -> None:
    session, nadia = await a_session(capacity=1)
    await make_booking(session, code="AAA111")
    for op, name in (("1", None), ("2", "  Marius\tPetit "), ("2", "Marius Petit")):
        await add_walk_in(session, name, op, START, by=nadia, now=LATER)

    assert [walk_in.name for walk_in in await list_walk_ins(session)] == [None, "Marius Petit"]
    assert await get_tally(session) == Tally(walk_ins=2)

    await undo(session, stored(session, "2"), by=nadia, now=LATER)
    assert not await add_walk_in(session, "Marius Petit", "2", START, by=nadia, now=LATER)
    assert await get_tally(session) == Tally(walk_ins=1)


async def test_the_list_shows_who_is_still_to_be_asked_first() -> None:
    session, nadia = await a_session()
    await make_booking(session, code="AAA111", seats=2, names=["Zoé Zola"])
    await make_booking(session, code="BBB222", name="Élise Abel")
    await make_booking(session, code="CCC333", name="Aide à domicile", on_behalf="professional")
    await mark_seat(session, "BBB222", 1, PRESENT, by=nadia, now=LATER)

    sheet = await get_sheet(session, by=nadia)

    assert [(line.id, line.name, line.state) for line in sheet.lines] == [
        ("CCC333-1", "", None),
        ("AAA111-2", "", None),
        ("AAA111-1", "Zoé Zola", None),
        ("BBB222-1", "Élise Abel", PRESENT),
    ]
    assert (sheet.seats, sheet.unrecorded, sheet.tally) == (4, 3, Tally(present=1))
    assert sheet.last is not None
    assert str(sheet.last.label) == "Élise Abel\u00a0: Présent"
    assert [line.id for line in (await get_sheet(session, search="elise", by=nadia)).lines] == ["BBB222-1"]


def test_a_seat_has_a_name_outside() -> None:
    assert read_seat_id("abc123-12") == ("ABC123", 12)
    for wrong in ("", "ABC123", "ABC123-0", "ABC123-01", "ABC-123-1", "é-1", "A-999999", "A-1\n"):
        with pytest.raises(UnknownSeat):
            read_seat_id(wrong)


async def test_phones_that_tap_at_the_same_time_lose_nothing() -> None:
    session, nadia = await a_session()
    await make_booking(session, code="AAA111", seats=6)

    async with asyncio.TaskGroup() as phones:
        for n in range(6):
            taps = [
                mark(f"{n}-{seat}", "AAA111", PRESENT if n % 2 else ABSENT, seat=seat, minutes=n)
                for seat in range(1, 7)
            ]
            phones.create_task(record_attendance(session, taps, by=nadia, now=LATER))
            phones.create_task(add_walk_in(session, None, f"w{n}", START, by=nadia, now=LATER))
        phones.create_task(mark_everyone_present(session, "all", by=nadia, now=START))

    assert await get_tally(session) == Tally(present=6, walk_ins=6) == await recount(session)


OPS = st.lists(
    st.tuples(
        st.sampled_from(["AAA111", "BBB222"]),
        st.integers(1, 2),
        st.sampled_from([PRESENT, ABSENT, EXCUSED, None]),
        st.integers(0, 3),  # minutes: ties are frequent
    ),
    min_size=1,
    max_size=7,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ops=OPS, seed=st.integers(0, 2**32))
async def test_any_interleaving_ends_in_the_same_state(ops: list[Any], seed: int) -> None:
    # Nothing is drawn inside: hypothesis stops a draw with an exception that would end the loop all tests share.
    chance = random.Random(seed)
    marks = [
        mark(f"op{n}", code, state, seat=seat, minutes=minutes) for n, (code, seat, state, minutes) in enumerate(ops)
    ]
    undone = {n for n in range(len(marks)) if chance.random() < 0.3}
    latest: dict[tuple[str, int], Mark] = {}
    for n, one in enumerate(marks):
        key = (one.code, one.seat)
        if n not in undone and (key not in latest or (one.at, one.op) > (latest[key].at, latest[key].op)):
            latest[key] = one
    expected = {key: one.state.value for key, one in latest.items() if one.state is not None}

    session, nadia = await a_session()
    try:
        for code in ("AAA111", "BBB222"):
            await make_booking(session, code=code, seats=2)
        sent = [*range(len(marks)), *chance.choices(range(len(marks)), k=3)]
        chance.shuffle(sent)
        taken_back = set()
        for n in sent:
            await record_attendance(session, [marks[n]], by=nadia, now=LATER)
            if n in undone - taken_back:
                await undo(session, stored(session, marks[n].op), by=nadia, now=LATER)
                taken_back.add(n)
            assert await get_tally(session) == await recount(session)
        assert await states(session) == expected
    finally:
        async with database.transaction():
            await database.execute("SET LOCAL session_replication_role = replica")
            for table in (
                "attendance_mark",
                "attendance",
                "tally",
                "walk_in",
                "booking",
                "session",
                "event",
                "role",
                "person",
                "place",
                "structure",
            ):
                await database.execute(f"DELETE FROM {table}")
