"""Venues of a structure: kept once, corrected, no longer offered; who booked there is told of another address (B12, B13)."""

from __future__ import annotations

import msgspec
import pytest

from ateliers.agenda.drafts import Venue
from ateliers.agenda.sessions import get_session
from ateliers.agenda.venues import correct_venue, drop_venue, get_venue, keep_venue, list_venues, venue_of
from ateliers.network.people import get_person
from ateliers.places.place import Accessibility, list_places_of
from ateliers.refusals import Invalid, NotFound
from tests.agenda.drafts import samir
from tests.world import NOON, START, make_event, make_person, make_place, make_session, make_structure

HALL = Venue(
    place_name="Salle des fêtes",
    address="2 rue Haute",
    commune="Nevers (58000)",
    place_accessibility=[Accessibility.STEP_FREE],
)


async def test_a_venue_is_kept_corrected_and_no_longer_offered():
    structure_id = await make_structure()
    by = await samir(structure_id)

    kept = await keep_venue(HALL, by=by, now=NOON)

    assert (kept.owner_id, kept.name, kept.commune_code, kept.accessibility) == (
        structure_id,
        "Salle des fêtes",
        "58194",
        [Accessibility.STEP_FREE],
    )
    assert msgspec.structs.replace(venue_of(kept), structure_id=None) == HALL

    facts = msgspec.structs.replace(HALL, place_accessibility=[Accessibility.INDUCTION_LOOP], access_note="Bus 3")
    await correct_venue(kept.id, facts, by=by, now=NOON)
    [venue] = await list_venues([structure_id], now=NOON)
    assert (venue.place.accessibility, venue.place.access_note) == ([Accessibility.INDUCTION_LOOP], "Bus 3")

    await drop_venue(kept.id, by=by, now=NOON)
    assert await list_places_of(structure_id) == []
    with pytest.raises(NotFound):
        await get_venue(kept.id, by=by)
    with pytest.raises(Invalid) as refusal:
        await keep_venue(msgspec.structs.replace(HALL, commune="Nulle-part"), by=by, now=NOON)
    assert list(refusal.value.errors) == ["commune"]


async def test_another_address_is_told_to_who_booked_and_a_new_fact_is_not():
    structure_id = await make_structure()
    by = await samir(structure_id)
    place_id = await make_place(owner_id=structure_id)
    event_id = await make_event(structure_id)
    ahead = await make_session(event_id, place_id=place_id)
    over = await make_session(event_id, place_id=place_id, starts_at=NOON - (START - NOON))
    known = venue_of(await get_venue(place_id, by=by))

    async def revisions() -> list[int]:
        return [(await get_session(id)).revision for id in (ahead, over)]

    await correct_venue(place_id, msgspec.structs.replace(known, access_note="Sonnez"), by=by, now=NOON)
    assert await revisions() == [0, 0]
    await correct_venue(place_id, msgspec.structs.replace(known, address="19 rue Jean-Jaurès"), by=by, now=NOON)
    assert await revisions() == [1, 0]

    stranger = await get_person(
        await make_person("Olga Autre", "manager", structure_id=await make_structure("Une autre", slug="autre"))
    )
    with pytest.raises(NotFound):
        await correct_venue(place_id, known, by=stranger, now=NOON)
