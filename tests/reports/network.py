"""A small random network, and the report a patient person would make of it in plain Python."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from ateliers import database
from ateliers.places.communes import region_of
from ateliers.reports.grouping import Grouping, Part
from ateliers.reports.indicator import Counts
from ateliers.reports.scope import Scope
from tests.world import (
    NEVERS,
    NOON,
    SAINT_DENIS,
    make_booking,
    make_event,
    make_place,
    make_session,
    make_structure,
)

DIJON = {**NEVERS, "postcode": "21000", "commune_code": "21231", "commune_name": "Dijon", "departement": "21"}
TOWNS = [NEVERS, DIJON, SAINT_DENIS]
COUNTERS = ["informed", "helped", "activated", "shown", "completed", "answered"]
KINDS = ["workshop", "webinar", "stand", "training"]
NOW = NOON
FINE = {Grouping.STRUCTURE, Grouping.COMMUNE, Grouping.KIND}


class Known(msgspec.Struct, kw_only=True):
    """A session as it was written down, with what became of it."""

    structure: UUID
    structure_name: str
    town: dict[str, Any]
    kind: str
    is_draft: bool
    day: date
    ends_at: datetime
    capacity: int | None
    called_off: bool
    outcome: str | None
    bookings: list[tuple[str, int]]
    tally: tuple[int, int, int, int]
    counters: dict[str, int]
    effort: tuple[int, int, int, int] | None  # minutes and preparation, of everybody and of volunteers


async def make_network(chance: random.Random, *, sessions: int = 25) -> list[Known]:
    """Structures in three towns and their sessions of last and next weeks."""
    structures, places = [], []
    for n in range(4):
        town = chance.choice(TOWNS)
        name = f"Structure {n}"
        structures.append((await make_structure(name, region="27", **town), name, town))
        places.append((await make_place(**(here := chance.choice(TOWNS))), here))
    events = []
    for _n in range(8):
        structure, name, town = chance.choice(structures)
        kind, draft = chance.choice(KINDS), chance.random() < 0.1
        state = chance.choice(["draft", "to_moderate"]) if draft else "published"
        event = await make_event(structure, kind=kind, state=state)
        events.append((event, structure, name, town, kind, draft))
    return [await _make_session(chance, chance.choice(events), chance.choice(places)) for _n in range(sessions)]


async def _make_session(chance: random.Random, event: Any, place: Any) -> Known:
    event_id, structure, name, town, kind, draft = event
    if kind == "webinar":
        place = (None, town)
    starts_at = NOON + timedelta(days=chance.randint(-70, 20), hours=chance.randint(-12, 12))
    called_off = chance.random() < 0.15
    is_past = starts_at <= NOON
    outcome = chance.choice(["held", "held", "held", "held_empty", None]) if is_past else None
    capacity = chance.choice([None, 3, 12])
    zone = place[1]["zone"]
    session = await make_session(
        event_id,
        starts_at=starts_at,
        capacity=capacity,
        place_id=place[0],
        zone=zone,
        outcome=outcome,
        overbooked=100 if capacity else 0,
        called_off_at=NOON if called_off else None,
    )
    bookings = [
        (chance.choice(["confirmed", "confirmed", "confirmed", "waiting", "given_back", "left"]), chance.randint(1, 3))
        for _n in range(chance.choice([0, 2, 5, 9]))
    ]
    for state, seats in bookings:
        await make_booking(session, state=state, seats=seats)
    booked = sum(seats for state, seats in bookings if state == "confirmed")
    present = chance.randint(0, booked) if outcome == "held" else 0
    absent = chance.randint(0, booked - present)
    excused = chance.randint(0, booked - present - absent)
    tally = (present, absent, excused, chance.randint(0, 3) if outcome == "held" else 0)
    if outcome is not None:
        values = dict(zip(("present", "absent", "excused", "walk_ins"), tally, strict=True))
        await insert_tally(session, **values)
    counters = {counter: chance.randint(0, 9) for counter in COUNTERS if chance.random() < 0.4}
    for counter, total in counters.items():
        await database.execute("INSERT INTO count_sum VALUES ($1, $2, $3, $4)", session, counter, total, NOON)
    effort = (chance.randint(60, 200), chance.randint(0, 90), 60, 0) if chance.random() < 0.3 else None
    if effort is not None:
        await database.execute("INSERT INTO effort_sum VALUES ($1, 2, 1, $2, $3, $4, $5, $6)", session, *effort, NOON)
    return Known(
        structure=structure,
        structure_name=name,
        town=place[1],
        kind=kind,
        is_draft=draft,
        day=local_day(starts_at, zone),
        ends_at=starts_at + timedelta(hours=2),
        capacity=capacity,
        called_off=called_off,
        outcome=outcome,
        bookings=bookings,
        tally=tally,
        counters=counters,
        effort=effort,
    )


def local_day(moment: datetime, zone: str) -> date:
    from zoneinfo import ZoneInfo

    return moment.astimezone(ZoneInfo(zone)).date()


async def insert_tally(session: UUID, **values: int) -> None:
    await database.execute(
        "INSERT INTO tally (session_id, present, absent, excused, walk_ins, first_at, last_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $6)",
        session,
        values["present"],
        values["absent"],
        values["excused"],
        values["walk_ins"],
        NOON,
    )


def key_of(by: Grouping, known: Known) -> str:
    return {
        Grouping.STRUCTURE: str(known.structure),
        Grouping.COMMUNE: known.town["commune_code"],
        Grouping.DEPARTEMENT: known.town["departement"],
        Grouping.REGION: region_of(known.town["departement"]),
        Grouping.NATION: "FR",
        Grouping.KIND: known.kind,
        Grouping.MONTH: f"{known.day:%Y-%m}",
    }[by]


def expected_cells(
    network: list[Known], by: Grouping, part: Part, start: date, end: date, kind: str | None, scope: Scope
) -> dict[tuple[str, str, str], tuple[str, Counts]]:
    """The counts of each département and month or quarter, with the names of structures and communes."""
    here: dict[tuple[str, str], list[Known]] = defaultdict(list)
    for one in network:
        name = f"{one.day:%Y-%m}" if part is Part.MONTH else f"{one.day.year}-T{(one.day.month + 2) // 3}"
        here[one.town["departement"], name].append(one)
    names = {str(one.structure): one.structure_name for one in network}
    names |= {town["commune_code"]: town["commune_name"] for town in TOWNS}
    return {
        (departement, of if by in FINE else "", name): (names.get(of, ""), counts)
        for (departement, name), some in here.items()
        for of, counts in expected(some, by if by in FINE else Grouping.NATION, start, end, kind, scope).items()
    }


def expected(
    network: list[Known], by: Grouping, start: date, end: date, kind: str | None, scope: Scope
) -> dict[str, Counts]:
    """The counts, one session after the other."""
    found: dict[str, Counts] = defaultdict(Counts)
    for one in network:
        if one.is_draft or not start <= one.day <= end or (kind and one.kind != kind):
            continue
        if scope.structures is not None and one.structure not in scope.structures:
            continue
        if scope.departements is not None and one.town["departement"] not in scope.departements:
            continue
        counts = found[key_of(by, one)]
        counts.sessions += 1
        if one.called_off:
            counts.called_off += 1
            continue
        taken = sum(seats for state, seats in one.bookings if state == "confirmed")
        counts.capacity += one.capacity or 0
        if one.capacity is None:
            counts.seats_unlimited += taken
        else:
            counts.seats_limited += taken
        counts.bookings += len(one.bookings)
        counts.given_back += sum(seats for state, seats in one.bookings if state == "given_back")
        counts.waiting += sum(seats for state, seats in one.bookings if state == "waiting")
        is_stand = one.kind == "stand"
        counts.informed += is_stand * one.counters.get("informed", 0)
        counts.helped += is_stand * one.counters.get("helped", 0)
        counts.stand_activated += is_stand * one.counters.get("activated", 0)
        counts.shown += (not is_stand) * one.counters.get("shown", 0)
        counts.activated += (not is_stand) * one.counters.get("activated", 0)
        counts.completed += (not is_stand) * one.counters.get("completed", 0)
        counts.answered += (not is_stand) * one.counters.get("answered", 0)
        if one.effort is not None:
            counts.told += 1
            counts.minutes += one.effort[0]
            counts.preparation += one.effort[1]
            counts.volunteer_minutes += one.effort[2]
            counts.volunteer_preparation += one.effort[3]
        if one.outcome is None:
            if one.ends_at > NOW:
                counts.planned += 1
            else:
                counts.missing += 1
            continue
        counts.held += 1
        counts.held_empty += one.outcome == "held_empty"
        present, absent, excused, walk_ins = one.tally
        counts.present += present
        counts.absent += absent
        counts.excused += excused
        counts.walk_ins += walk_ins
        counts.unanswered += taken - present - absent - excused
    return dict(found)
