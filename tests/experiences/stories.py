"""An event that was held, its people, and what they tell of it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import msgspec

from ateliers.experiences.experience import NewExperience, Scope, find_experience
from ateliers.experiences.sharing import write_experience
from ateliers.network.people import Person, get_person
from tests.world import NOON, make_event, make_nadia, make_paule, make_samir, make_session, make_structure

TOLD = NewExperience(
    title="Trois après-midi à la médiathèque",
    aim="Faire ouvrir leur espace à dix habitants.",
    audience="Des retraités du quartier, invités par la médiathèque.",
    course="Un café d’abord.\n\nPuis chacun son téléphone,\nà deux.",
    worked="Être deux pour dix personnes.",
    advice="Réserver la salle une heure de plus.",
)


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """Who is there, and what was held a week ago."""

    structure: UUID
    event: UUID
    samir: Person
    nadia: Person
    paule: Person

    async def send(self, *scopes: Scope, told: NewExperience = TOLD, by: Person | None = None) -> UUID:
        """Its experience, sent by its manager."""
        await write_experience(self.event, told, by=by or self.samir, now=NOON, send=True, agreed=scopes)
        found = await find_experience(self.event)
        assert found is not None
        return found.id


async def make_held(name: str = "CCAS de Nevers", **structure: str) -> Held:
    """A workshop held a week before NOON."""
    ours = await make_structure(name, **structure)
    event = await make_event(ours)
    await make_session(event, starts_at=NOON - timedelta(days=7), outcome="held")
    people = [await make_samir(ours), await make_nadia(ours), await make_paule()]
    samir, nadia, paule = [await get_person(one) for one in people]
    return Held(structure=ours, event=event, samir=samir, nadia=nadia, paule=paule)
