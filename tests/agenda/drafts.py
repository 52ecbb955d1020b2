"""What the tests of the agenda publish, and SAMIR who publishes it."""

# ruff: noqa: DTZ001 - the clock on the wall has no zone

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.agenda.drafts import NewEvent
from ateliers.agenda.kinds import Kind
from ateliers.network.people import Person, get_person
from tests.world import make_samir

TUESDAY = datetime(2026, 12, 1, 14, 0)
THURSDAY = datetime(2026, 12, 3, 9, 30)


def workshop(**changes) -> NewEvent:
    made = NewEvent(
        kind=Kind.WORKSHOP,
        title="Écrire à son médecin",
        programme="Ouvrir la messagerie\nÉcrire",
        dates=[TUESDAY],
        capacity=10,
        place_name="Médiathèque Jean-Jaurès",
        address="17 rue Jean-Jaurès",
        commune="58000",
    )
    return msgspec.structs.replace(made, **changes)


def webinar(**changes) -> NewEvent:
    made = NewEvent(
        kind=Kind.WEBINAR, title="Découvrir de chez soi", dates=[TUESDAY], join_url="https://visio.test/secret"
    )
    return msgspec.structs.replace(made, **changes)


async def samir(structure_id: UUID) -> Person:
    return await get_person(await make_samir(structure_id))
