"""A lively network to try the service on: invented structures, their events of every kind, past and to come, and who books.

Everything passes through the use cases, at the moment it is meant to have happened: `now` is handed in, so it may be past.
Dates are counted in weekdays, and the dice never depend on the clock: the network looks the same on any day, at any hour.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

import msgspec

from ateliers.agenda.changing import call_off_session, move_session
from ateliers.agenda.drafts import Move, NewEvent
from ateliers.agenda.kinds import RULES
from ateliers.agenda.publishing import create_event
from ateliers.agenda.session import Session
from ateliers.agenda.sessions import list_sessions_of_event
from ateliers.attendance.mark import Mark, SeatState
from ateliers.attendance.record import record_attendance, record_nobody_came
from ateliers.attendance.walk_ins import add_walk_in
from ateliers.bookings.book import book_seats
from ateliers.bookings.booking import Booking, BookingState, Channel, Contact, OnBehalf, Wish
from ateliers.bookings.bookings import list_bookings
from ateliers.bookings.give_back import give_back_seats
from ateliers.database import transaction
from ateliers.demo.attendance import count_passers_by, show_attendance
from ateliers.demo.days import weekday_from
from ateliers.demo.desk import show_the_coordination, show_the_desk
from ateliers.demo.figures import show_the_figures
from ateliers.demo.houses import APPLICANTS, HOUSES, Hall, House
from ateliers.demo.papers import show_the_papers, write_hours
from ateliers.demo.rules import Publisher, show_the_rules
from ateliers.demo.series import show_the_series
from ateliers.demo.stories import show_the_stories
from ateliers.demo.texts import FIRST_NAMES, LAST_NAMES, NEEDS, OFFERS, WALK_INS, Offer
from ateliers.mail.backlog import drop_backlog
from ateliers.network.applications import add_applicant
from ateliers.network.charter import sign_charter
from ateliers.network.people import Person, RoleName, add_person, add_role, get_person
from ateliers.network.structure import StructureState
from ateliers.network.structures import NewStructure, add_structure
from ateliers.places.communes import Commune, region_of, zone_of
from ateliers.places.place import NewPlace, add_place
from ateliers.refusals import Refusal
from ateliers.words import fold

BOURGOGNE_FRANCHE_COMTE = ["21", "25", "39", "58", "70", "71", "89", "90"]
AUXERRE = "89024"  # in a département that reads events first
SEED = 58  # the same network each time
HISTORY = 68  # weekdays: how far back sessions go, where the structure was there already
HORIZON = 36  # weekdays: how far ahead they go
HOURS = (time(9, 30), time(10), time(14), time(14, 30), time(18))
RECENT = timedelta(hours=2)  # confirmations of bookings this fresh are still sent, so that the mailbox is not empty
UNRECORDED = 7  # weekdays: attendance of sessions this fresh is still to be taken
FORGOTTEN = 5  # weekdays: of the sessions of the region that are older, the latest is told by nobody


# One person for each way of looking at the service.
CAST = (
    ("Samir Haddad", RoleName.MANAGER, "samir.haddad@ccas-nevers.example"),
    ("Nadia Ferrand", RoleName.AMBASSADOR, "nadia.ferrand@ccas-nevers.example"),
    ("Paule Guérin", RoleName.COORDINATOR, "paule.guerin@reseau.example"),
    ("Claire Vidal", RoleName.NATIONAL, "claire.vidal@reseau.example"),
    ("Bruno Keller", RoleName.FUNDER, "bruno.keller@financeur.example"),
)


async def fill(*, now: datetime) -> None:
    """Invent the network as it stands at `now`, in tables that are empty."""
    await _Filling(now).run()


class _Open(msgspec.Struct, frozen=True, kw_only=True):
    """A structure that stands, and what it publishes with."""

    id: UUID
    house: House
    is_alone: bool  # in its région: small counts there could but be hidden at the price of larger ones elsewhere
    zone: str
    halls: list[UUID]
    manager: Person
    helper: Person  # takes attendance


class _Filling:
    """One run: the dice, the moment, and the names given out so far."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.dice = random.Random(SEED)
        self.people = 0

    async def run(self) -> None:
        coordinator, national = await self.network()
        structures = [await self.open(house) for house in HOUSES]
        for number, (name, kind, commune, address, email) in enumerate(APPLICANTS):
            applicant = House(
                name=name,
                kind=kind,
                commune=commune,
                address=address,
                email=email,
                manager=f"{FIRST_NAMES[number]} {LAST_NAMES[-number - 1]}",
                signed_days_ago=2,
            )
            await self.keep(applicant, StructureState.SUBMITTED, self.now - timedelta(days=2))
        over: list[tuple[_Open, Session]] = []
        ahead: list[tuple[_Open, Session]] = []
        for structure in structures:
            for turn, key in enumerate(structure.house.offers):
                for session in await self.publish(structure, OFFERS[key], turn):
                    (over if session.ends_at <= self.now else ahead).append((structure, session))
        _structure, forgotten = max(
            (
                (structure, session)
                for structure, session in over
                if session.local_start.date() < weekday_from(self.now, -FORGOTTEN, structure.zone)
                and not structure.is_alone
            ),
            key=lambda pair: (pair[1].ends_at, pair[0].house.name, pair[1].title),
        )
        held: dict[UUID, UUID] = {}  # by structure, its first session that is over
        for structure, session in over:
            await self.hold(structure, session, is_told=session.id != forgotten.id)
            held.setdefault(structure.id, session.id)
        for structure, session in ahead:
            await self.take_bookings(structure, session, before=self.now)
        await self.change(ahead)
        first = structures[0]
        await show_the_desk(first.id, first.halls[0], manager=first.manager, zone=first.zone, now=self.now)
        coming = next(session for structure, session in ahead if structure.id == first.id)
        await show_the_papers(coming, held[first.id], manager=first.manager, national=national, now=self.now)
        await show_the_coordination(coordinator, first.id, now=self.now)
        await show_the_series(
            first.id, first.halls[0], manager=first.manager, coordinator=coordinator, zone=first.zone, now=self.now
        )
        await show_the_stories(coordinator, now=self.now)
        home, neighbour, read = (
            Publisher(id=one.id, hall=one.halls[0], manager=one.manager)
            for one in (first, structures[1], next(one for one in structures if one.house.commune == AUXERRE))
        )
        await show_the_rules(home, neighbour, read, coordinator=coordinator, now=self.now)
        await show_the_figures(coordinator, first.id, manager=first.manager, now=self.now)
        await show_attendance(first.id, first.halls[0], first.manager, first.helper, first.zone, self.now)
        await drop_backlog(self.now - RECENT, now=self.now)

    async def network(self) -> tuple[Person, Person]:
        """Those who belong to no structure; of them the coordinator and who is of the national team."""
        since = self.now - timedelta(days=400)
        territories = {RoleName.COORDINATOR: BOURGOGNE_FRANCHE_COMTE, RoleName.FUNDER: BOURGOGNE_FRANCHE_COMTE}
        ids = {}
        async with transaction():
            for name, role, email in CAST[2:]:
                ids[role] = await add_person(name, email, now=since)
                await add_role(ids[role], role, departements=territories.get(role), now=since)
        return await get_person(ids[RoleName.COORDINATOR]), await get_person(ids[RoleName.NATIONAL])

    async def keep(self, house: House, state: StructureState, since: datetime) -> UUID:
        commune = house.found_commune
        async with transaction():
            made = await add_structure(
                NewStructure(
                    name=house.name,
                    kind=house.kind,
                    address=house.address,
                    postcode=commune.postcodes[0],
                    commune_code=commune.code,
                    commune_name=commune.name,
                    departement=commune.departement,
                    region=region_of(commune.departement),
                    latitude=commune.latitude,
                    longitude=commune.longitude,
                    zone=zone_of(commune.departement),
                    email=house.email,
                    phone=house.phone or None,
                    presentation=house.presentation,
                    external_key=f"demo:{fold(house.name)}",
                ),
                state=state,
                now=since,
            )
            if made is None:
                raise LookupError(house.name)
            await sign_charter(made.id, name=house.manager, role=house.signed_as, now=since)
            if state is not StructureState.ADMITTED:
                await add_applicant(made.id, email=house.email, manager_name=house.manager, now=since)
        return made.id

    async def open(self, house: House) -> _Open:
        """An admitted structure with its people and venues."""
        since = self.now - timedelta(days=house.signed_days_ago)
        structure_id = await self.keep(house, StructureState.ADMITTED, since)
        commune = house.found_commune
        domain = house.email.partition("@")[2]
        async with transaction():
            ids = []
            for name in (house.manager, *house.ambassadors):
                role = RoleName.MANAGER if name == house.manager else RoleName.AMBASSADOR
                ids.append(await add_person(name, f"{fold(name).replace(' ', '.')}@{domain}", now=since))
                await add_role(ids[-1], role, structure_id=structure_id, now=since)
            halls = [await self.add_hall(hall, commune, structure_id, since) for hall in house.halls]
        manager = await get_person(ids[0])
        helper = await get_person(ids[1]) if len(ids) > 1 else manager
        return _Open(
            id=structure_id,
            house=house,
            is_alone=commune.departement not in BOURGOGNE_FRANCHE_COMTE,
            zone=zone_of(commune.departement),
            halls=halls,
            manager=manager,
            helper=helper,
        )

    async def add_hall(self, hall: Hall, commune: Commune, structure_id: UUID, since: datetime) -> UUID:
        # A few streets from the centre, so that two halls of a town are two points on a map.
        north, east = self.dice.uniform(-0.01, 0.01), self.dice.uniform(-0.01, 0.01)
        place = await add_place(
            NewPlace(
                name=hall.name,
                address=hall.address,
                postcode=commune.postcodes[0],
                commune_code=commune.code,
                commune_name=commune.name,
                departement=commune.departement,
                latitude=round(commune.latitude + north, 5),
                longitude=round(commune.longitude + east, 5),
                zone=zone_of(commune.departement),
                access_note=hall.access_note,
                accessibility=list(hall.accessibility),
            ),
            owner_id=structure_id,
            now=since,
        )
        return place.id

    async def publish(self, structure: _Open, offer: Offer, turn: int) -> list[Session]:
        """One event, published some time ago, with dates behind and ahead."""
        rules = RULES[offer.kind]
        back = min(HISTORY, 6 * (structure.house.signed_days_ago - 8) // 7)
        written = self.now - timedelta(days=back * 7 // 6 + 5)
        behind = self.days(-back, -1, 2 if turn % 2 else 1)
        dates = [
            datetime.combine(weekday_from(self.now, day, structure.zone), self.dice.choice(HOURS))
            for day in behind + self.days(1, HORIZON, 2)
        ]
        event = await create_event(
            NewEvent(
                structure_id=structure.id,
                kind=offer.kind,
                title=offer.title,
                description=offer.description,
                programme=offer.programme,
                to_bring=offer.to_bring,
                level=offer.level,
                phone=structure.house.phone,
                run_by=structure.helper.name.split()[0],
                accessibility=list(offer.accessibility),
                dates=sorted(dates),
                minutes=offer.minutes,
                capacity=offer.capacity,
                place_id=structure.halls[turn % len(structure.halls)] if rules.needs_place else None,
                join_url=f"https://visio.example/{structure.id.hex[-8:]}-{turn}" if rules.needs_link else None,
                publish=True,
            ),
            by=structure.manager,
            now=written,
        )
        return await list_sessions_of_event(event.id)

    def days(self, first: int, last: int, count: int) -> list[int]:
        return self.dice.sample(range(first, last), min(count, last - first))

    async def take_bookings(self, structure: _Open, session: Session, *, before: datetime) -> None:
        """People book until `before`: few, many, or more than there is room for."""
        if not session.rules.takes_bookings or session.capacity is None:
            return
        usual = min(session.capacity, 14)
        shares = (0.9, 1) if structure.is_alone else (0, 0.3, 0.5, 0.7, 0.9, 1, 1.5, 1.5)
        wanted = int(usual * self.dice.choice(shares))
        early = timedelta(days=self.dice.randint(0, 6), hours=self.dice.randint(1, 9))
        moment = max(session.created_at, before - early)
        wishes = []
        while wanted > 0:
            seats = 1 if structure.is_alone else self.dice.choice((1, 1, 1, 2, 2, 3))
            wishes.append(self.wish(seats))
            wanted -= seats
        # What only the network sees, somebody of the network books.
        by = structure.manager if session.rules.network_only else None
        made = await asyncio.gather(*(self.try_to_book(session, wish, by, moment) for wish in wishes))
        booked = [booking for booking in made if booking is not None]
        changes_its_mind = self.dice.random() < 0.4
        if len(booked) > 2 and not structure.is_alone and changes_its_mind:
            later = min(moment + timedelta(hours=5), before)
            await give_back_seats(booked[-1].id, booked[-1].seats, now=later)

    @staticmethod
    async def try_to_book(session: Session, wish: Wish, by: Person | None, moment: datetime) -> Booking | None:
        try:
            return await book_seats(session.id, wish, now=moment, by=by)
        except Refusal:
            return None  # full, list and all: so is life

    def wish(self, seats: int) -> Wish:
        """What somebody new asks for."""
        first = FIRST_NAMES[self.people % len(FIRST_NAMES)]
        last = LAST_NAMES[(self.people * 7 + self.people // len(FIRST_NAMES)) % len(LAST_NAMES)]
        self.people += 1
        name = f"{first} {last}"
        by_phone = self.people % 6 == 0
        email = f"{fold(name).replace(' ', '.')}.{self.people}@courriel.example"
        helped = self.people % 9 == 0
        return Wish(
            contact=Contact(
                name=name,
                email=None if by_phone else email,
                phone=f"06{self.people:08d}" if by_phone or seats > 1 else None,
            ),
            seats=seats,
            names=[name, f"{self.dice.choice(FIRST_NAMES)} {last}"][:seats] if seats > 1 and not helped else [],
            on_behalf=self.dice.choice(tuple(OnBehalf)) if helped else None,
            needs=self.dice.choice(NEEDS) if self.people % 11 == 0 else None,
            language="en" if self.people % 17 == 0 else "fr",
            channel=Channel.ONLINE,
        )

    async def hold(self, structure: _Open, session: Session, *, is_told: bool) -> None:
        """A session that is over: who booked, and where somebody told it, who came, with a booking or without."""
        await self.take_bookings(structure, session, before=session.starts_at - timedelta(days=1))
        if session.local_start.date() > weekday_from(self.now, -UNRECORDED, structure.zone) or not is_told:
            return
        then = session.ends_at
        marks = [
            Mark(op=f"demo-{one.code}-{seat}", code=one.code, seat=seat, state=self.turn_out(structure), at=then)
            for one in await list_bookings(session.id)
            if one.state is BookingState.CONFIRMED
            for seat in range(1, one.seats + 1)
        ]
        if marks:
            await record_attendance(session.id, marks, by=structure.helper, now=then)
        several = (0,) if structure.is_alone else (0, 0, 1, 2, 3)
        guests = self.dice.randint(6, 18) if session.rules.has_counter else self.dice.choice(several)
        if not marks and not guests:
            await record_nobody_came(session.id, "demo-nobody", by=structure.helper, now=then)
        if session.rules.has_counter:
            await count_passers_by(session.id, guests, by=structure.helper, now=then)
        for number in range(0 if session.rules.has_counter else guests):
            came = session.starts_at + timedelta(minutes=5 * number)
            guest = self.dice.choice(WALK_INS) or None
            await add_walk_in(session.id, guest, f"demo-{number}", came, by=structure.helper, now=then)
        await write_hours(session, structure.helper, structure.manager, now=then)

    def turn_out(self, structure: _Open) -> SeatState:
        return (
            SeatState.PRESENT
            if structure.is_alone
            else self.dice.choices((SeatState.PRESENT, SeatState.ABSENT, SeatState.EXCUSED), (83, 11, 6))[0]
        )

    async def change(self, ahead: Sequence[tuple[_Open, Session]]) -> None:
        """Plans change: two sessions are called off, two move to the day after."""
        workshops = [pair for pair in ahead if pair[1].rules.needs_place and pair[1].rules.takes_bookings]
        for structure, session in workshops[3:30:14]:
            reason = "L’animatrice est souffrante. Nous vous proposerons une nouvelle date très vite."
            await call_off_session(session.id, reason, by=structure.manager, now=self.now)
        for structure, session in workshops[5:33:14]:
            later = Move(local_start=session.local_start + timedelta(days=1))
            await move_session(session.id, later, by=structure.manager, now=self.now)
