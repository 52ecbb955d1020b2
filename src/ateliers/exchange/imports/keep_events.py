"""Keeping imported events: published under one structure a source, dated as their source wrote them."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from ateliers.agenda.drafts import NewEvent, NewSession
from ateliers.agenda.publishing import add_session, create_event, publish_event
from ateliers.database import fetch_value, transaction
from ateliers.exchange.imports.agenda_rows import EventRow, Timing, Venue
from ateliers.exchange.imports.keep_places import NOBODY
from ateliers.exchange.imports.ledger import take_over, taken_over
from ateliers.network.people import Person, RoleName, add_person, add_role, get_person
from ateliers.network.structure import StructureKind, StructureState
from ateliers.network.structures import NewStructure, add_structure
from ateliers.places.communes import region_of, zone_of
from ateliers.places.place import Accessibility, NewPlace, add_place
from ateliers.refusals import Invalid, Refusal
from ateliers.settings import settings
from ateliers.words import T

NAMES = {"openagenda": "Évènements repris d’OpenAgenda", "evenements": "Ateliers repris d’une liste"}
BEFORE = timedelta(days=1)  # a past event is kept as if published this long before its first session


class EventKeeper:
    """Writes events under the source's structure, made at the first need."""

    def __init__(self, *, source: str, now: datetime) -> None:
        self._source = source
        self._now = now
        self._by: Person | None = None
        self._structure_id = NOBODY
        self.latest_id = NOBODY

    def twin_of(self, _row: EventRow) -> T | None:
        """Events have an identity at their source: none is told by its looks."""
        return None

    def remarks(self, row: EventRow) -> tuple[T, ...]:
        """What to say of a row that is kept otherwise than it may be expected."""
        return (
            () if self._is_published(row) else (T("To come: kept as a draft, for its structure to check and publish."),)
        )

    def _is_published(self, row: EventRow) -> bool:
        # A portal's events are run by somebody else: nobody here would answer those who book a seat.
        return self._source != "openagenda" or row.timings[-1].begins <= self._now

    def remember(self, _row: EventRow, _number: int) -> None:
        """Nothing to remember: see twin_of."""

    async def keep(self, row: EventRow, key: str, digest: bytes, *, now: datetime) -> tuple[T, ...]:
        """Write the event and its sessions; why not, if the agenda refuses.

        Sessions written before a refusal or a crash are found again by the next run and not written twice.
        """
        by = await self._author(row)
        then = _moment_of(row, now)
        place_id = None if row.venue is None else await self._venue(row.venue, now=now)
        try:
            return await self._write(row, key, digest, place_id, by=by, then=then)
        except Invalid as refusal:
            return tuple(T(message, **refusal.facts) for message in refusal.errors.values())
        except Refusal as refusal:
            return (T(refusal.title, **refusal.facts),)

    async def _write(
        self, row: EventRow, key: str, digest: bytes, place_id: UUID | None, *, by: Person, then: datetime
    ) -> tuple[T, ...]:
        zone = zone_of(row.venue.commune.departement) if row.venue is not None else "Europe/Paris"
        keys = [f"{key}:{timing.begins.isoformat()}" for timing in row.timings]
        known = await taken_over([f"{key}:event", *keys])
        if f"{key}:event" in known:
            event_id = known[f"{key}:event"].subject_id
        else:
            event_id = (await create_event(self._draft(row, zone, place_id), by=by, now=then)).id
            await take_over(f"{key}:event", event_id, digest, now=self._now)
            await take_over(keys[0], event_id, digest, now=self._now)
        for timing, timing_key in list(zip(row.timings, keys, strict=True))[1:]:
            if timing_key not in known:
                session = NewSession(
                    local_start=_local(timing, zone),
                    minutes=timing.minutes,
                    capacity=row.capacity,
                    place_id=place_id,
                    join_url=row.join_url,
                )
                await add_session(event_id, session, by=by, now=then)
                await take_over(timing_key, event_id, digest, now=self._now)
        if self._is_published(row):
            await publish_event(event_id, by=by, now=then)
        await take_over(key, event_id, digest, now=self._now)
        self.latest_id = event_id
        return ()

    def _draft(self, row: EventRow, zone: str, place_id: UUID | None) -> NewEvent:
        facts = [Accessibility(value) for value in row.venue.accessibility] if row.venue is not None else []
        return NewEvent(
            structure_id=self._structure_id,
            kind=row.kind,
            title=row.title,
            description=row.description,
            phone=row.phone,
            accessibility=facts,
            dates=[_local(row.timings[0], zone)],
            minutes=row.timings[0].minutes,
            capacity=row.capacity,
            place_id=place_id,
            join_url=row.join_url,
        )

    async def _venue(self, venue: Venue, *, now: datetime) -> UUID:
        key = f"{self._source}:lieu:{venue.reference}"
        known = await taken_over([key])
        if key in known:
            return known[key].subject_id
        async with transaction():
            place = await add_place(
                NewPlace(
                    name=venue.name,
                    address=venue.address,
                    address_more="",
                    postcode=venue.postcode,
                    commune_code=venue.commune.code,
                    commune_name=venue.commune.name,
                    departement=venue.commune.departement,
                    latitude=venue.position.latitude,
                    longitude=venue.position.longitude,
                    zone=zone_of(venue.commune.departement),
                    access_note=venue.access_note,
                    external_key=key,
                ),
                owner_id=self._structure_id,
                now=now,
            )
            await take_over(key, place.id, b"", now=now)
        return place.id

    async def _author(self, row: EventRow) -> Person:
        """The manager of the source's structure; both are made when there are none."""
        if self._by is not None:
            return self._by
        key = f"import:{self._source}"
        structure_id = await fetch_value("SELECT id FROM structure WHERE external_key = $1", key)
        address = f"import-{self._source}@{settings().mail_domain}"
        async with transaction():
            if structure_id is None:
                structure_id = await self._add_structure(row, key, address)
            person_id = await add_person("Import", address, now=self._now)
            await add_role(person_id, RoleName.MANAGER, structure_id=structure_id, now=self._now)
        self._structure_id = structure_id
        self._by = await get_person(person_id)
        return self._by

    async def _add_structure(self, row: EventRow, key: str, address: str) -> UUID:
        venue = row.venue
        if venue is None:
            raise Invalid({"commune": "Neither commune nor postcode."})
        made = await add_structure(
            NewStructure(
                name=NAMES[self._source],
                kind=StructureKind.OTHER,
                address=venue.address,
                postcode=venue.postcode,
                commune_code=venue.commune.code,
                commune_name=venue.commune.name,
                departement=venue.commune.departement,
                region=region_of(venue.commune.departement),
                latitude=venue.position.latitude,
                longitude=venue.position.longitude,
                zone=zone_of(venue.commune.departement),
                email=address,
                external_key=key,
            ),
            state=StructureState.ADMITTED,
            now=self._now,
        )
        if made is None:
            raise RuntimeError(key)
        return made.id


def _moment_of(row: EventRow, now: datetime) -> datetime:
    """When the event was published, as far as its source tells: always before its first session."""
    first = row.timings[0].begins - BEFORE
    return min(now, first, row.written_at or now)


def _local(timing: Timing, zone: str) -> datetime:
    return timing.begins.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
