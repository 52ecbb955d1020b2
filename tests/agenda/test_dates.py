"""The dates of a cycle and the two halves of a hybrid session: published, moved, called off, found."""

# ruff: noqa: DTZ001 - the clock on the wall has no zone

from __future__ import annotations

from datetime import datetime

import msgspec
import pytest

from ateliers.agenda.calendar import public_description
from ateliers.agenda.changing import MovesWithItsPlace, call_off_session, move_session
from ateliers.agenda.dates import FirstDateStaysFirst
from ateliers.agenda.drafts import Move, NewSession
from ateliers.agenda.kinds import Kind
from ateliers.agenda.publishing import CycleTooShort, add_session, create_event
from ateliers.agenda.search import Search, search_sessions
from ateliers.agenda.sessions import get_session, list_sessions_of_event
from ateliers.refusals import Invalid
from tests.agenda.drafts import THURSDAY, TUESDAY, samir, webinar, workshop
from tests.agenda.values import a_session
from tests.world import NOON, make_structure

EARLIER = datetime(2026, 11, 30, 14)
LATER = datetime(2026, 12, 8, 14)
VISIO = "https://visio.test/secret"


async def cycle(**changes):
    structure = await make_structure()
    by = await samir(structure)
    draft = workshop(dates=[TUESDAY, THURSDAY, LATER], is_cycle=True, publish=True, **changes)
    event = await create_event(draft, by=by, now=NOON)
    return event, await list_sessions_of_event(event.id), by


async def hybrid(**changes):
    structure = await make_structure()
    by = await samir(structure)
    draft = workshop(**{"online_url": VISIO, "online_capacity": 30, "publish": True, **changes})
    event = await create_event(draft, by=by, now=NOON)
    sessions = await list_sessions_of_event(event.id)
    return (
        [session for session in sessions if session.onsite_id is None],
        [session for session in sessions if session.onsite_id is not None],
        by,
    )


async def found(**search):
    return [one.session.id for one in (await search_sessions(Search(**search), now=NOON)).found]


async def test_the_first_date_leads_its_cycle():
    _event, [first, second, third], _by = await cycle()

    assert [first.lead_id, second.lead_id, third.lead_id] == [None, first.id, first.id]
    assert [date.id for date in third.dates] == [first.id, second.id, third.id]
    assert {session.path for session in (first, second, third)} == {f"/seances/{first.id}"}


async def test_a_cycle_closes_when_its_first_date_begins():
    _event, [first, _second, third], _by = await cycle()

    assert third.begins_at == first.starts_at
    assert third.takes_bookings(NOON)
    assert not third.takes_bookings(first.starts_at)


async def test_one_date_alone_is_no_cycle():
    structure = await make_structure()
    by = await samir(structure)

    with pytest.raises(CycleTooShort):
        await create_event(workshop(is_cycle=True, publish=True), by=by, now=NOON)


async def test_nobody_books_a_cycle_of_stands():
    structure = await make_structure()
    by = await samir(structure)

    with pytest.raises(Invalid) as refused:
        await create_event(workshop(kind=Kind.STAND, is_cycle=True), by=by, now=NOON)

    assert set(refused.value.errors) == {"is_cycle"}


async def test_an_earlier_date_leads_a_draft_and_is_refused_once_published():
    structure = await make_structure()
    by = await samir(structure)
    draft = await create_event(workshop(dates=[TUESDAY, LATER], is_cycle=True), by=by, now=NOON)
    event = await create_event(workshop(dates=[TUESDAY, LATER], is_cycle=True, publish=True), by=by, now=NOON)

    added = await add_session(draft.id, NewSession(local_start=EARLIER), by=by, now=NOON)
    with pytest.raises(FirstDateStaysFirst):
        await add_session(event.id, NewSession(local_start=EARLIER), by=by, now=NOON)

    leads = [session.lead_id for session in await list_sessions_of_event(draft.id)]
    assert leads == [None, added.id, added.id]


async def test_a_date_added_to_a_cycle_has_the_seats_of_its_first():
    event, [first, *_], by = await cycle()

    added = await add_session(event.id, NewSession(local_start=datetime(2026, 12, 15, 14), capacity=3), by=by, now=NOON)

    assert (added.lead_id, added.capacity) == (first.id, 10)


async def test_the_first_date_cannot_be_moved_behind_another():
    _event, [first, *_], by = await cycle()

    with pytest.raises(FirstDateStaysFirst):
        await move_session(first.id, Move(local_start=datetime(2026, 12, 4, 9)), by=by, now=NOON)

    assert (await get_session(first.id)).starts_at == first.starts_at


async def test_a_cycle_is_found_once_as_long_as_a_date_of_it_takes_place():
    _event, [first, second, third], by = await cycle()

    once = await found()
    await call_off_session(first.id, "Nadia est malade", by=by, now=NOON)
    still = await found()
    await call_off_session(second.id, "Nadia est malade", whole=True, by=by, now=NOON)

    assert (once, still, await found()) == ([first.id], [first.id], [])
    assert (await get_session(third.id)).is_off


async def test_calling_off_one_date_leaves_the_others():
    _event, [first, second, third], by = await cycle()

    await call_off_session(second.id, "La salle est prise", by=by, now=NOON)

    after = await get_session(first.id)
    assert [date.called_off_at for date in after.dates] == [None, NOON, None]
    assert [date.id for date in after.coming_dates] == [first.id, third.id]
    assert after.takes_bookings(NOON)


async def test_a_hybrid_session_has_an_online_half_of_its_own():
    [onsite], [half], _by = await hybrid()

    assert (half.onsite_id, half.place_id, half.join_url, half.capacity) == (onsite.id, None, VISIO, 30)
    assert (half.starts_at, half.ends_at) == (onsite.starts_at, onsite.ends_at)
    assert onsite.join_url is None
    assert onsite.online.id == half.id
    assert half.path == onsite.path
    assert onsite.places_in_words() == "Sur place\u00a0: il reste 10 places. En ligne\u00a0: il reste 30 places"


@pytest.mark.parametrize("kind", [Kind.WEBINAR, Kind.STAND])
async def test_only_what_has_a_place_and_bookings_is_hybrid(kind):
    structure = await make_structure()
    by = await samir(structure)
    made = webinar() if kind is Kind.WEBINAR else workshop(kind=kind)

    with pytest.raises(Invalid) as refused:
        await create_event(msgspec.structs.replace(made, online_url=VISIO), by=by, now=NOON)

    assert set(refused.value.errors) == {"online_url"}


async def test_online_seats_need_a_link():
    structure = await make_structure()
    by = await samir(structure)

    with pytest.raises(Invalid) as refused:
        await create_event(workshop(online_capacity=5), by=by, now=NOON)

    assert set(refused.value.errors) == {"online_url"}


async def test_a_pair_is_found_once_also_when_only_online_seats_are_left():
    [onsite], [_half], _by = await hybrid(capacity=None)

    assert await found() == [onsite.id]
    assert await found(seats_left=True) == [onsite.id]


async def test_the_online_half_moves_with_its_place():
    [onsite], [half], by = await hybrid()

    await move_session(onsite.id, Move(local_start=LATER), by=by, now=NOON)

    after = await get_session(half.id)
    assert (after.local_start, after.revision, after.previous_start) == (LATER, 1, half.starts_at)


async def test_another_room_concerns_nobody_online():
    [onsite], [half], by = await hybrid()

    await move_session(onsite.id, Move(place_name="Mairie", commune="58000"), by=by, now=NOON)

    assert (await get_session(onsite.id)).revision == 1
    assert (await get_session(half.id)).revision == 0


async def test_the_online_half_has_its_own_link_and_no_date_of_its_own():
    [onsite], [half], by = await hybrid()

    changed = await move_session(half.id, Move(join_url="https://visio.test/autre"), by=by, now=NOON)
    with pytest.raises(MovesWithItsPlace):
        await move_session(half.id, Move(local_start=LATER), by=by, now=NOON)

    assert (changed.join_url, changed.revision) == ("https://visio.test/autre", 1)
    assert (await get_session(onsite.id)).revision == 0


async def test_calling_off_on_site_calls_off_online():
    [onsite], [half], by = await hybrid()

    await call_off_session(onsite.id, "La salle est fermée", by=by, now=NOON)

    assert (await get_session(half.id)).called_off_reason == "La salle est fermée"
    assert (await get_session(half.id)).revision == 1


async def test_calling_off_online_leaves_what_is_on_site():
    [onsite], [half], by = await hybrid()

    await call_off_session(half.id, "La connexion est coupée", by=by, now=NOON)

    after = await get_session(onsite.id)
    assert (after.called_off_at, after.online, after.revision, after.updated_at) == (None, None, 0, NOON)


async def test_a_hybrid_cycle_is_two_cycles_side_by_side():
    onsite, online, _by = await hybrid(dates=[TUESDAY, LATER], is_cycle=True)

    assert [session.lead_id for session in onsite] == [None, onsite[0].id]
    assert [session.lead_id for session in online] == [None, online[0].id]
    assert [session.onsite_id for session in online] == [session.id for session in onsite]
    assert [date.id for date in online[1].dates] == [session.id for session in online]
    assert await found() == [onsite[0].id]


async def test_feeds_say_that_one_may_follow_from_home_or_books_all_dates():
    [onsite], _halves, _by = await hybrid()
    page = "https://ateliers.test/seances/1"

    assert "Aussi en ligne" in public_description(onsite, page)
    assert "Une date d’un cycle" in public_description(a_session(is_cycle=True), page)
