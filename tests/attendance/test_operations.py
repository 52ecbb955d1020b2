"""Batches of devices: each operation once, in any order, nothing dropped; what cannot be taken waits for a human."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from ateliers import database
from ateliers.agenda.kinds import Counter
from ateliers.attendance.aside import StillImpossible, list_kept_aside, put_away, take_after_all
from ateliers.attendance.counters import CountedSince, NoSuchCounter, correct_total, count_people
from ateliers.attendance.mark import SeatState
from ateliers.attendance.operations import Ack, Batch, SomebodyElse, Status, Why, corrected, take_operations
from ateliers.attendance.record import NothingToUndo, SomebodyCame, mark_seat, record_nobody_came, undo
from ateliers.attendance.recorder import (
    MOST_HEARD,
    HeardEnough,
    LinkOver,
    NewLink,
    Recorder,
    TooLateForLink,
    give_link,
    list_links,
    volunteer_of,
    withdraw_link,
)
from ateliers.attendance.sheet import Sheet, get_sheet
from ateliers.attendance.tally import Tally, get_counts, get_tally
from ateliers.network.people import Person, get_person
from ateliers.refusals import NotAllowed, NotFound
from tests.world import START, make_booking, make_event, make_nadia, make_samir, make_session, make_structure

LATER = START + timedelta(minutes=30)


async def a_session(*, kind: str = "workshop", **values: Any) -> tuple[UUID, Person]:
    structure = await make_structure()
    session = await make_session(await make_event(structure, kind=kind), **values)
    return session, await get_person(await make_nadia(structure))


def operation(op: str, kind: str = "mark", *, seq: int = 0, at: datetime = LATER, **rest: Any) -> dict[str, Any]:
    return {"op": op, "kind": kind, "seq": seq, "at": at.isoformat(), **rest}


async def send(
    session: UUID,
    device: str,
    *operations: dict[str, Any],
    by: Recorder,
    now: datetime = LATER,
    clock: datetime = LATER,
) -> list[Ack]:
    return await take_operations(session, Batch(device=device, now=clock, operations=list(operations)), by=by, now=now)


def shown(sheet: Sheet) -> tuple[Any, ...]:
    """All that a list says, without the names of rows."""
    return (
        sorted((line.id, line.state, sorted(line.heads), len(line.voices)) for line in sheet.lines),
        sheet.tally,
        sorted(one.name or "" for one in sheet.walk_ins),
        sheet.counts,
        sorted(one.op for one in sheet.nobody),
        sheet.session.outcome,
    )


async def test_a_batch_is_taken_once_and_each_operation_answered() -> None:
    session, nadia = await a_session()
    await make_booking(session, code="AAA111", seats=2)
    batch = (
        operation("1", seat="AAA111-1", state="present", seq=1),
        operation("2", "walk_in", name=" Marius\tPetit ", seq=2),
        operation("3", "count", counter="activated", amount=2, seq=3),
        operation("4", "walk_in", seq=4),
        operation("5", "undo", action="4", seq=5),
    )

    assert [ack.status for ack in await send(session, "A", *batch, by=nadia)] == [Status.TAKEN] * 5
    assert [ack.status for ack in await send(session, "A", *batch, batch[0], by=nadia)] == [Status.KNOWN] * 6
    sheet = await get_sheet(session, by=nadia)
    assert (sheet.tally, sheet.counts[Counter.ACTIVATED]) == (Tally(present=1, walk_ins=1), 2)
    assert [one.name for one in sheet.walk_ins] == ["Marius Petit"]
    assert sheet.session.outcome == "held"


async def test_a_page_left_open_sends_nothing_as_whoever_signed_in_since() -> None:
    session, nadia = await a_session(kind="stand")
    samir = await get_person(await make_samir(nadia.structure_ids[0]))
    batch = Batch(device="A", now=LATER, operations=[operation("1", "count", counter="informed")], by=str(nadia.id))

    with pytest.raises(SomebodyElse):
        await take_operations(session, batch, by=samir, now=LATER)
    assert [ack.status for ack in await take_operations(session, batch, by=nadia, now=LATER)] == [Status.TAKEN]


async def test_a_wrong_clock_is_put_right_by_what_the_device_says_it_is_now() -> None:
    wrong = timedelta(days=-20000)  # a phone that thinks it is 1972
    assert corrected(LATER + wrong - timedelta(minutes=7), sent=LATER + wrong, now=LATER) == LATER - timedelta(
        minutes=7
    )
    assert corrected(LATER + timedelta(hours=1), sent=LATER, now=LATER) == LATER

    session, nadia = await a_session()
    await make_booking(session, code="AAA111")
    ahead = timedelta(hours=1)
    one = operation("a", seat="AAA111-1", state="absent", at=LATER - timedelta(minutes=5) + ahead)
    await send(session, "A", one, by=nadia, clock=LATER + ahead)
    await send(session, "B", operation("b", seat="AAA111-1", state="present"), by=nadia)

    sheet = await get_sheet(session, by=nadia)
    [line] = sheet.disputed
    assert line.state is SeatState.PRESENT  # B tapped five minutes later
    assert [(voice.state, voice.who) for voice in line.voices] == [
        (SeatState.PRESENT, "Nadia Ferrand"),
        (SeatState.ABSENT, "Nadia Ferrand"),
    ]
    await mark_seat(session, "AAA111", 1, SeatState.PRESENT, saw=line.heads, by=nadia, now=LATER)
    assert (await get_sheet(session, by=nadia)).disputed == []
    assert await database.fetch_value("SELECT count(*) FROM attendance_conflict") == 0


async def test_a_page_opened_before_another_tap_asks_a_human_too() -> None:
    session, nadia = await a_session()
    structure = await database.fetch_value("SELECT id FROM structure")
    samir = await get_person(await make_samir(structure))
    await make_booking(session, code="AAA111")
    await mark_seat(session, "AAA111", 1, SeatState.ABSENT, saw=[], by=samir, now=LATER)
    await mark_seat(session, "AAA111", 1, SeatState.PRESENT, saw=[], by=nadia, now=LATER)

    [line] = (await get_sheet(session, by=nadia)).disputed
    assert [voice.who for voice in line.voices] == ["Nadia Ferrand", "Samir Haddad"]
    await mark_seat(session, "AAA111", 1, SeatState.PRESENT, saw=line.heads, by=samir, now=LATER)
    assert (await get_sheet(session, by=nadia)).disputed == []


@pytest.mark.parametrize("seed", range(6))
async def test_any_interleaving_of_two_devices_ends_in_the_same_sheet(seed: int) -> None:
    chance = random.Random(seed)
    operations: dict[str, list[dict[str, Any]]] = {"A": [], "B": []}
    for n in range(40):
        device = chance.choice("AB")
        mine = operations[device]
        at = LATER - timedelta(minutes=chance.randrange(20))
        kinds = ("mark", "mark", "walk_in", "count", "undo", "nobody") if seed % 2 else ("mark", "nobody", "undo")
        kind = chance.choice(kinds)
        rest: dict[str, Any] = {}
        if kind == "mark":
            rest = {
                "seat": chance.choice(("AAA111-1", "AAA111-2", "BBB222-1")),
                "state": chance.choice(("present", "absent", None)),
                "saw": [one["op"] for one in mine if one["kind"] == "mark"][-1:],
            }
        elif kind == "undo":
            rest = {"action": chance.choice(mine)["op"] if mine else "B-later"}
        elif kind == "count":
            rest = {"counter": "shown", "amount": chance.choice((1, 5, -1))}
        mine.append(operation(f"{device}{n}", kind, seq=n, at=at, **rest))

    sheets = []
    structure = await make_structure()
    nadia = await get_person(await make_nadia(structure))
    event = await make_event(structure)
    for round_ in range(3):
        session = await make_session(event)
        # Codes are unique over all sessions: each round's people have codes of their own.
        names = {"AAA111": f"AAA{seed}{round_}1", "BBB222": f"BBB{seed}{round_}2"}
        for code, seats in (("AAA111", 2), ("BBB222", 1)):
            await make_booking(session, code=names[code], seats=seats)
        deliveries = [(device, one) for device, mine in operations.items() for one in mine]
        deliveries += chance.choices(deliveries, k=15)  # sent again
        chance.shuffle(deliveries)
        while deliveries:
            device = deliveries[0][0]
            batch = [one for owner, one in deliveries[: chance.randint(1, 12)] if owner == device]
            deliveries = [pair for pair in deliveries if pair[1] not in batch] + [
                pair for pair in deliveries if pair[1] in batch
            ][len(batch) :]
            sent = [{**one, "seat": names.get(one.get("seat", "")[:6], "") + one.get("seat", "")[6:]} for one in batch]
            await send(session, device, *sent, by=nadia)
        seen = shown(await get_sheet(session, by=nadia))
        sheets.append(str(seen).replace(names["AAA111"], "AAA111").replace(names["BBB222"], "BBB222"))
        assert await list_kept_aside(session) == []

    assert sheets[0] == sheets[1] == sheets[2]


async def test_what_cannot_be_taken_waits_and_holds_nothing_up() -> None:
    session, nadia = await a_session()
    booking = await make_booking(session, code="AAA111")
    huge = 10**400
    sent = (
        operation("1", seat="GONE99-1", state="present"),
        operation("2", "count", counter="informed"),
        {"op": "3", "kind": "dance", "text": "\x00 é", "n": huge},
        {"kind": "mark"},
        operation("5", seat="AAA111-1", state="present"),
        operation("5", seat="AAA111-2", state="present"),
        operation("6", "count", counter="shown", amount=0),
    )
    whys = [Why.NO_SEAT, Why.NO_COUNTER, Why.UNREADABLE, Why.UNREADABLE, None, Why.REUSED, Why.UNREADABLE]

    assert [ack.why for ack in await send(session, "A", *sent, by=nadia)] == whys
    again = [ack.status for ack in await send(session, "A", *sent, by=nadia)]
    assert [n for n, status in enumerate(again) if status is Status.KNOWN] == [0, 1, 4, 6]

    kept = await list_kept_aside(session)
    assert sorted(one.why.value for one in kept) == sorted(why.value for why in whys if why)
    assert (await get_sheet(session, by=nadia)).kept_aside == len(kept)
    assert {str(one.label) for one in kept} >= {"Code GONE99-1\u00a0: Présent", "Personnes informées\u00a0: +1"}
    lost = next(one for one in kept if one.why is Why.NO_SEAT)
    given_back = await make_booking(session, code="GONE99", state="given_back", name="Rosa Petit")
    assert [one.name for one in await list_kept_aside(session) if one.op == lost.op] == ["Rosa Petit"]
    await database.execute("UPDATE booking SET code = 'GONE98' WHERE id = $1", given_back)
    with pytest.raises(StillImpossible):
        await take_after_all(session, lost.op, by=nadia, now=LATER)
    await database.execute("UPDATE booking SET code = 'GONE99' WHERE id = $1", booking)
    await take_after_all(session, lost.op, by=nadia, now=LATER)
    assert await get_tally(session) == Tally(present=1)
    for one in await list_kept_aside(session):
        await put_away(session, one.op, by=nadia, now=LATER)
    assert (await get_sheet(session, by=nadia)).kept_aside == 0
    assert await database.fetch_value("SELECT count(*) FROM kept_aside") == len(kept)
    with pytest.raises(NotFound):
        await put_away(session, lost.op, by=nadia, now=LATER)


async def test_a_session_called_off_keeps_what_arrives_aside() -> None:
    session, nadia = await a_session(called_off_at=START)

    [ack] = await send(session, "A", operation("1", "walk_in"), by=nadia)

    assert ack == Ack(op="1", status=Status.KEPT_ASIDE, why=Why.CALLED_OFF)
    assert (await send(session, "A", operation("1", "walk_in"), by=nadia))[0].status is Status.KNOWN


async def test_the_volunteers_link_writes_on_one_session_for_a_time() -> None:
    session, nadia = await a_session()
    other = await make_session(await database.fetch_value("SELECT event_id FROM session"))
    link = await give_link(session, NewLink(label="  Odette\n"), by=nadia, now=START)
    odette = await volunteer_of(link.token, now=START)
    assert odette == link
    await make_booking(session, code="AAA111")

    await mark_seat(session, "AAA111", 1, SeatState.PRESENT, by=odette, now=LATER)
    await send(session, "A", operation("1", "walk_in"), by=odette)
    sheet = await get_sheet(session, by=odette)
    assert sheet.last is not None
    assert sheet.tally == Tally(present=1, walk_ins=1)
    with pytest.raises(NotFound):
        await get_sheet(other, by=odette)
    with pytest.raises(NotAllowed):
        await send(other, "A", operation("1", "walk_in"), by=odette)
    await database.execute("UPDATE volunteer_link SET heard = heard + $1", MOST_HEARD - 3)
    with pytest.raises(HeardEnough):
        await send(session, "A", operation("2", "walk_in"), operation("3", "walk_in"), by=odette)

    await withdraw_link(session, link.id, by=nadia, now=LATER)
    odette = await volunteer_of(link.token, now=LATER)
    assert not odette.is_open(LATER)
    with pytest.raises(LinkOver):
        await mark_seat(session, "AAA111", 1, SeatState.ABSENT, by=odette, now=LATER)
    [ack] = await send(session, "A", operation("2", "walk_in"), by=odette)
    assert ack.why is Why.EXPIRED
    [kept] = await list_kept_aside(session)
    assert kept.who == "Odette"
    await take_after_all(session, kept.op, by=nadia, now=LATER)
    assert await get_tally(session) == Tally(present=1, walk_ins=2)

    assert [one.label for one in await list_links(session)] == ["Odette"]
    for wrong in ("", "x" * 48, link.token[:-1] + ("a" if link.token[-1] != "a" else "b"), "é" * 48):
        with pytest.raises(NotFound):
            await volunteer_of(wrong, now=LATER)
    with pytest.raises(LinkOver):
        await volunteer_of(link.token, now=LATER + timedelta(days=30))
    with pytest.raises(TooLateForLink):
        await give_link(session, NewLink(label="Trop tard"), by=nadia, now=LATER + timedelta(days=2))


async def test_people_counted_at_a_stand_are_never_participations() -> None:
    session, nadia = await a_session(kind="stand", capacity=None)
    for op in ("1", "1", "2"):
        await count_people(session, Counter.INFORMED, op, by=nadia, now=LATER)
    await send(session, "A", *(operation(f"a{n}", "count", counter="helped", seq=n) for n in range(3)), by=nadia)

    assert await get_counts(session) == {Counter.INFORMED: 2, Counter.HELPED: 3}
    assert await get_tally(session) == Tally()
    sheet = await get_sheet(session, by=nadia)
    assert (sheet.session.outcome, sheet.last.counter if sheet.last else None) == ("held", Counter.HELPED)
    with pytest.raises(SomebodyCame):
        await record_nobody_came(session, "x", by=nadia, now=LATER)
    with pytest.raises(NoSuchCounter):
        await count_people(session, Counter.SHOWN, "3", by=nadia, now=LATER)

    await correct_total(session, Counter.HELPED, 10, seen=3, op="fix", by=nadia, now=LATER)
    with pytest.raises(CountedSince):
        await correct_total(session, Counter.HELPED, 4, seen=3, op="fix2", by=nadia, now=LATER)
    assert await get_counts(session) == {Counter.INFORMED: 2, Counter.HELPED: 10}
    for _n in range(2):
        last = (await get_sheet(session, by=nadia)).last
        assert last is not None
        await undo(session, last.action, by=nadia, now=LATER)
    assert (await get_counts(session))[Counter.HELPED] == 2
    with pytest.raises(NothingToUndo):
        await undo(session, last.action, by=nadia, now=LATER)
