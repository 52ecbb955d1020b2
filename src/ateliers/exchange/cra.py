"""A held session as a prefilled « CRA collectif » of La Coop de la médiation numérique: nothing is typed twice (F15).

Fields and their answers are those of La Coop's form « Atelier collectif »; docs/cra-la-coop.md says where each comes from.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.agenda.kinds import Counter
from ateliers.documents.csv_tables import csv_file, safe
from ateliers.exchange.held import HeldSession, list_held
from ateliers.network.people import Person
from ateliers.refusals import NotFound
from ateliers.rendering import absolute
from ateliers.words import fold

LONGEST_NOTES = 1000
# La Coop's own words stay French in every language: they are what its form shows.
LEVELS = {"debut": "Débutant", "intermediaire": "Intermédiaire", "avance": "Avancé"}
OWN_PLACE, OTHER_PLACE, ONLINE = "Lieu d’activité", "Autre lieu", "À distance"
HEALTH = "Santé"


class Cra(msgspec.Struct, frozen=True, kw_only=True):
    """One line: the columns of the file, in the order of La Coop's form."""

    identifiant: str
    date: str  # 2026-12-01
    duree_minutes: int
    type_lieu: str
    lieu_nom: str
    lieu_commune: str
    lieu_code_insee: str
    lieu_code_postal: str
    titre_atelier: str
    participants_total: int
    participants_deja_accompagnes: str  # not known: nobody has an account
    genre_non_communique: int
    tranche_age_non_communique: int
    statut_non_communique: int
    thematiques: str
    materiel: str  # to be chosen there: what people brought is not written down
    niveau: str
    notes: str


def cra_of(held: HeldSession) -> Cra | None:
    """The session as La Coop asks for it; None where there is nothing to report: not held, nobody came, or people were only counted."""
    session, figures = held.session, held.figures
    if held.state != "held" or not figures.came or not session.rules.takes_bookings:
        return None
    where = ONLINE if session.is_online else OWN_PLACE if figures.is_own_place else OTHER_PLACE
    return Cra(
        identifiant=str(session.id),
        date=session.local_start.date().isoformat(),
        duree_minutes=round((session.ends_at - session.starts_at).total_seconds() / 60),
        type_lieu=where,
        lieu_nom=session.place_name or "",
        lieu_commune=session.commune_name or "",
        lieu_code_insee=session.commune_code or "",
        lieu_code_postal=session.postcode or "",
        titre_atelier=session.title,
        participants_total=figures.came,
        participants_deja_accompagnes="",
        genre_non_communique=figures.came,
        tranche_age_non_communique=figures.came,
        statut_non_communique=figures.came,
        thematiques=HEALTH,
        materiel="",
        niveau=next((level for start, level in LEVELS.items() if fold(session.level).startswith(start)), ""),
        notes=_notes(held),
    )


async def list_cras(event_id: UUID, *, structure_id: UUID, by: Person, now: datetime) -> list[Cra]:
    """Of each session of the event that has one, in order of time. Raises NotFound."""
    if not by.serves(structure_id):
        raise NotFound
    return [cra for held in await list_held(event_id, now=now) if (cra := cra_of(held)) is not None]


def cra_csv(cras: list[Cra]) -> bytes:
    """The lines under their head, safe to open in a spreadsheet."""
    names = Cra.__struct_fields__
    lines = [[_cell(getattr(cra, name)) for name in names] for cra in cras]
    return csv_file([list(names), *lines])


def _cell(value: str | int) -> str | int:
    return safe(value) if isinstance(value, str) else value


def _notes(held: HeldSession) -> str:
    counted = [
        f"{counter.label} : {held.figures.counted(counter)}" for counter in Counter if held.figures.counted(counter)
    ]
    said = [*counted, f"Source : {absolute(held.session.path)}"]
    return " – ".join(said)[:LONGEST_NOTES]
