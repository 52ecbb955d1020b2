"""A certificate is made for people marked present and for nobody else; who checks it learns no name."""

from __future__ import annotations

import pytest

from ateliers import database
from ateliers.agenda.sessions import get_session
from ateliers.attendance.certificate import (
    NameMissing,
    NotPresent,
    certificates_pdf,
    find_certificate,
    get_certificate,
    issue_certificate,
    issue_own_certificate,
    list_certificates,
    list_own_presences,
)
from ateliers.attendance.mark import SeatState
from ateliers.attendance.record import mark_seat, undo
from ateliers.attendance.walk_ins import add_walk_in, list_walk_ins
from ateliers.bookings.bookings import get_booking
from ateliers.network.people import get_person
from ateliers.refusals import NotFound
from tests.world import NOON, START, make_booking, make_event, make_nadia, make_paule, make_session, make_structure


async def test_who_came_has_a_certificate_that_anybody_may_check(db):
    structure = await make_structure()
    session = await make_session(await make_event(structure))
    nadia = await get_person(await make_nadia(structure))
    booking = await get_booking(await make_booking(session, seats=2, names=["Odile Marchand"]))
    with pytest.raises(NotPresent):
        await issue_own_certificate(booking, session, 1, now=START)
    await mark_seat(session, booking.code, 1, SeatState.PRESENT, by=nadia, now=START)
    await mark_seat(session, booking.code, 2, SeatState.PRESENT, by=nadia, now=START)

    own = await issue_own_certificate(booking, session, 1, now=START)
    again = await issue_certificate(session, f"{booking.code}-1", "Odile Marchand", by=nadia, now=START)

    assert (await list_own_presences(booking), again.code) == ([(session, 1), (session, 2)], own.code)
    with pytest.raises(NotPresent):
        await issue_own_certificate(booking, session, 2, now=START)  # whose seat that is the booking does not tell
    typed = f" {own.code_in_words.lower()}\u00a0"
    found = await find_certificate(typed)
    assert found is not None
    assert found.holds
    assert [found.is_of(name) for name in ("odile marchand", "MARCHAND, Odile", "Odile", "", "Rosa")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    made = await certificates_pdf(await get_session(session), [found], now=START)
    assert made.startswith(b"%PDF")

    await mark_seat(session, booking.code, 1, SeatState.ABSENT, by=nadia, now=START)

    corrected = await get_certificate(own.code)
    assert (corrected.holds, await list_certificates(session)) == (False, [])
    with pytest.raises(NotFound):
        await certificates_pdf(await get_session(session), [corrected], now=START)


async def test_a_certificate_outlives_the_names(db):
    structure = await make_structure()
    session = await make_session(await make_event(structure))
    nadia = await get_person(await make_nadia(structure))
    booking = await get_booking(await make_booking(session))
    await mark_seat(session, booking.code, 1, SeatState.PRESENT, by=nadia, now=START)
    made = await issue_own_certificate(booking, session, 1, now=START)

    await database.execute("DELETE FROM attendance")
    forgotten = await get_certificate(made.code)
    await database.execute("UPDATE certificate SET name = NULL")

    later = await get_certificate(made.code)
    assert (forgotten.holds, later.holds, later.is_of("Odile Marchand"), later.name) == (False, True, True, None)


async def test_staff_make_one_for_who_came_without_a_booking(db):
    structure = await make_structure()
    session = await make_session(await make_event(structure))
    nadia = await get_person(await make_nadia(structure))
    paule = await get_person(await make_paule())
    await add_walk_in(session, None, "1", START, by=nadia, now=START)
    [somebody] = await list_walk_ins(session)

    with pytest.raises(NameMissing):
        await issue_certificate(session, str(somebody.id), " ", by=nadia, now=START)
    with pytest.raises(NotFound):
        await issue_certificate(session, str(somebody.id), "Rosa Pires", by=paule, now=START)
    made = await issue_certificate(session, str(somebody.id), "Rosa Pirès", by=nadia, now=START)
    mended = await issue_certificate(session, str(somebody.id), "Rosa Pires", by=nadia, now=NOON)

    assert (mended.code, mended.name, mended.issued_at) == (made.code, "Rosa Pires", START)
    await undo(session, somebody.action, by=nadia, now=START)
    assert (await get_certificate(made.code)).holds is False
    with pytest.raises(NotPresent):
        await issue_certificate(session, str(somebody.id), "Rosa Pires", by=nadia, now=START)
