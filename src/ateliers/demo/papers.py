"""What the demo shows of paper: hours of past sessions, a signed sheet, and a kit to take from."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from ateliers.agenda.kinds import Kind
from ateliers.agenda.kit import count_download, list_kit, mark_obsolete, publish_item, publish_version
from ateliers.agenda.kit_item import Licence, NewItem, NewVersion
from ateliers.agenda.poster import Format, make_poster
from ateliers.agenda.session import Session
from ateliers.attendance.effort import NewEffort, Team, record_effort
from ateliers.attendance.signed_sheets import keep_signed_sheet
from ateliers.documents.files import Upload
from ateliers.network.people import Person

DOWNLOADS = 7


async def write_hours(session: Session, helper: Person, manager: Person, *, now: datetime) -> None:
    """A volunteer ran it; the manager prepared it."""
    people = [
        NewEffort(name=helper.name, minutes="2 h", preparation="45 min", is_volunteer=True),
        NewEffort(name=manager.name, minutes="30 min", preparation="1 h"),
    ]
    await record_effort(session.id, Team(people=people), by=helper, now=now)


async def show_the_papers(coming: Session, held: UUID, *, manager: Person, national: Person, now: datetime) -> None:
    """A signed sheet of a session held, and four things in the kit, one of them obsolete."""
    poster = await make_poster(coming, Format.POSTER, now=now)
    scan = Upload(name="feuille-signee.pdf", content=poster)
    await keep_signed_sheet(held, scan, by=manager, now=now - timedelta(days=20))
    models = NewItem(
        title="Affiche à compléter",
        description="Imprimez-la en A4, écrivez la date au feutre.",
        kinds=[Kind.WORKSHOP, Kind.MEETING],
        licence=Licence.CC_BY,
    )
    first = await publish_item(
        models, Upload(name="affiche.pdf", content=poster), by=national, now=now - timedelta(days=90)
    )
    newer = NewVersion(licence=Licence.CC_BY, changes="Le numéro de téléphone est plus grand.")
    await publish_version(
        first, newer, Upload(name="affiche-2.pdf", content=poster), by=national, now=now - timedelta(days=9)
    )
    for title, text, kinds, licence, link in (
        ("Les films de Mon espace santé", "Courts, sous-titrés, à montrer au début.", [], Licence.NETWORK, "films"),
        ("Jeu de cartes « Vrai ou faux ? »", "Pour un stand.", [Kind.STAND], Licence.CC_BY_SA, "jeu-de-cartes"),
        ("Dépliant 2024", "", [], Licence.OPEN_LICENCE, "depliant-2024"),
    ):
        new = NewItem(
            title=title, description=text, kinds=kinds, licence=licence, link=f"https://reseau.example/kit/{link}"
        )
        old = await publish_item(new, None, by=national, now=now - timedelta(days=60))
    await mark_obsolete(old, "Le nom du service a changé. Prenez l’affiche.", by=national, now=now - timedelta(days=30))
    for item in await list_kit(by=manager):
        for _ in range(DOWNLOADS if item.id == first else 0):
            await count_download(item.latest.id, by=manager)
