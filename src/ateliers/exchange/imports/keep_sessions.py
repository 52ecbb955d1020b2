"""Keeping imported sessions: as events of a structure, with the hand of one of its managers (B24)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.agenda.drafts import NewEvent, NewSession
from ateliers.agenda.local_time import to_utc
from ateliers.agenda.publishing import add_session, create_event, publish_event
from ateliers.database import fetch, transaction
from ateliers.exchange.imports.keep_places import NOBODY
from ateliers.exchange.imports.ledger import take_over, taken_over
from ateliers.exchange.imports.session_rows import LONGEST_BACK, SessionRow, moment_of_writing
from ateliers.network.people import Person
from ateliers.places.place import NewPlace, add_place
from ateliers.places.territories import zone_of
from ateliers.refusals import Invalid, Refusal
from ateliers.words import T, fold


class _Known(msgspec.Struct, frozen=True):
    title: str
    starts_at: datetime


async def open_keeper(structure_id: UUID, *, publish: bool, by: Person, now: datetime) -> SessionKeeper:
    """A keeper that knows what the structure has on its agenda."""
    known = await fetch(
        _Known,
        """SELECT e.title, s.starts_at FROM session s JOIN event e ON e.id = s.event_id
           WHERE e.structure_id = $1 AND s.starts_at > $2 AND s.called_off_at IS NULL AND s.onsite_id IS NULL""",
        structure_id,
        now - LONGEST_BACK,
    )
    return SessionKeeper(structure_id, {_looks(one.title, one.starts_at) for one in known}, publish=publish, by=by)


class SessionKeeper:
    """Writes sessions: the first of a group makes its event, the others are dates of it."""

    def __init__(self, structure_id: UUID, known: set[tuple[str, datetime]], *, publish: bool, by: Person) -> None:
        self._structure_id = structure_id
        self._known = known
        self._publish = publish
        self._by = by
        self._drafts: tuple[T, ...] = ()  # why the event of the latest row could not be published
        self.latest_id = NOBODY

    def twin_of(self, row: SessionRow) -> T | None:
        """What to say when the agenda has it: same title, same moment."""
        if _looks(row.title, to_utc(row.local_start, row.spot.zone)) in self._known:
            return T("Already on the agenda: same title, same moment.")
        return None

    def remarks(self, _row: SessionRow) -> tuple[T, ...]:
        """Why its event stays a draft, when it was to be published."""
        return self._drafts

    def remember(self, row: SessionRow, _number: int) -> None:
        """From now on this session is known."""
        self._known.add(_looks(row.title, to_utc(row.local_start, row.spot.zone)))

    async def keep(self, row: SessionRow, key: str, digest: bytes, *, now: datetime) -> tuple[T, ...]:
        """Write the session; why not, if the agenda refuses."""
        self._drafts = ()
        try:
            return await self._write(row, key, digest, now=now)
        except Invalid as refusal:
            return tuple(T(message, **refusal.facts) for message in refusal.errors.values())
        except Refusal as refusal:
            return (T(refusal.title, **refusal.facts),)

    async def _write(self, row: SessionRow, key: str, digest: bytes, *, now: datetime) -> tuple[T, ...]:
        place_id = await self._place(row, now=now)
        then = moment_of_writing(to_utc(row.local_start, row.spot.zone), now)
        group = f"seances:{self._structure_id}:evenement:{row.group}"
        event = (await taken_over([group])).get(group)
        if event is None:
            self.latest_id = (await create_event(self._draft(row, place_id), by=self._by, now=then)).id
            await take_over(group, self.latest_id, digest, now=now)
            await take_over(key, self.latest_id, digest, now=now)
            await self._show(now=then)
            return ()
        self.latest_id = event.subject_id
        session = NewSession(
            local_start=row.local_start,
            minutes=row.minutes,
            all_day=row.all_day,
            capacity=row.capacity,
            place_id=place_id,
            join_url=row.spot.join_url,
        )
        await add_session(event.subject_id, session, by=self._by, now=then)
        await take_over(key, event.subject_id, digest, now=now)
        await self._show(now=then)
        return ()

    async def _show(self, *, now: datetime) -> None:
        """Publish the event of the latest row, if that is wanted; published already, nothing changes."""
        if not self._publish:
            return
        try:
            await publish_event(self.latest_id, by=self._by, now=now)
        except Refusal as refusal:
            why = T(refusal.title, **refusal.facts)
            self._drafts = (T("Kept as a draft, not published: %(why)s", why=why),)

    def _draft(self, row: SessionRow, place_id: UUID | None) -> NewEvent:
        return NewEvent(
            structure_id=self._structure_id,
            kind=row.kind,
            title=row.title,
            description=row.description,
            programme=row.programme,
            to_bring=row.to_bring,
            level=row.level,
            phone=row.phone,
            dates=[row.local_start],
            minutes=row.minutes,
            all_day=row.all_day,
            capacity=row.capacity,
            place_id=place_id,
            join_url=row.spot.join_url,
        )

    async def _place(self, row: SessionRow, *, now: datetime) -> UUID | None:
        if row.spot.place is not None:
            return row.spot.place.id
        venue = row.spot.venue
        if venue is None:
            return None
        key = f"seances:{self._structure_id}:lieu:{venue.reference}"
        known = await taken_over([key])
        if key in known:
            return known[key].subject_id
        async with transaction():
            place = await add_place(
                NewPlace(
                    name=venue.name,
                    address=venue.address,
                    postcode=venue.postcode,
                    commune_code=venue.commune.code,
                    commune_name=venue.commune.name,
                    departement=venue.commune.departement,
                    latitude=venue.position.latitude,
                    longitude=venue.position.longitude,
                    zone=zone_of(venue.commune.departement),
                    external_key=key,
                ),
                owner_id=self._structure_id,
                now=now,
            )
            await take_over(key, place.id, b"", now=now)
        return place.id


def _looks(title: str, starts_at: datetime) -> tuple[str, datetime]:
    return fold(title), starts_at
