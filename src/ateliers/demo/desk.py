"""What one structure of the demo shows besides: a waiting list that offers seats, a cycle, a hybrid meeting, questions; volunteers."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from ateliers.agenda.drafts import NewEvent
from ateliers.agenda.kinds import Kind
from ateliers.agenda.publishing import create_event
from ateliers.agenda.questions import Answer, Question
from ateliers.agenda.session import Session
from ateliers.agenda.sessions import list_sessions_of_event
from ateliers.bookings.book import book_seats
from ateliers.bookings.booking import Booking, Channel, Contact, Wish
from ateliers.bookings.give_back import give_back_seats
from ateliers.database import fetch_value
from ateliers.demo.days import weekday_from
from ateliers.demo.texts import PHONE_CARD
from ateliers.network.applications import find_applicant_of
from ateliers.network.candidates import NewCandidate, apply_as_candidate, confirm_candidate, confirm_path
from ateliers.network.notes import NewNote, NoteKind, add_note
from ateliers.network.people import Person
from ateliers.network.structure import StructureState
from ateliers.network.structures import list_structures
from ateliers.network.thread import NewMessage, write_to_applicant

PEOPLE = (
    ("Thérèse Baudry", "therese.baudry@courriel.example", None),
    ("Marcel Ozanne", "marcel.ozanne@courriel.example", None),
    ("Yvette Collin", None, "0386111213"),
    ("Lucien Prévost", "lucien.prevost@courriel.example", None),
)


async def show_the_desk(structure_id: UUID, hall: UUID, *, manager: Person, zone: str, now: datetime) -> None:
    """Events that show what the desk can do, with people at every stage of it."""

    def at(weekdays: int, hour: int) -> datetime:
        return datetime.combine(weekday_from(now, weekdays, zone), time(hour))

    async def publish(title: str, dates: list[datetime], **settings: Any) -> list[Session]:
        known: dict[str, Any] = {
            "structure_id": structure_id,
            "kind": Kind.WORKSHOP,
            "title": title,
            "dates": dates,
            "place_id": hall,
            "to_bring": PHONE_CARD,
            "publish": True,
        }
        event = await create_event(NewEvent(**(known | settings)), by=manager, now=now - timedelta(days=5))
        return await list_sessions_of_event(event.id)

    [offering] = await publish(
        "Ranger ses ordonnances et ses résultats",
        [at(7, 14)],
        description="Un petit groupe, pour retrouver ses documents sans s’énerver.",
        capacity=4,
        offer_hours=48,
    )
    await _fill_and_offer(offering, manager, now=now)
    await publish(
        "Parcours en trois ateliers : prendre en main Mon espace santé",
        [at(10, 10), at(16, 10), at(22, 10)],
        description="Trois rendez-vous qui se suivent : on s’inscrit une fois pour les trois.",
        capacity=8,
        is_cycle=True,
    )
    await publish(
        "Mes données de santé : qui voit quoi ?",
        [at(13, 18)],
        kind=Kind.MEETING,
        description="Une présentation et vos questions, dans la salle ou depuis chez vous.",
        to_bring="",
        capacity=20,
        online_url="https://visio.example/qui-voit-quoi",
        online_capacity=50,
    )
    await publish(
        "Préparer un rendez-vous médical",
        [at(19, 14)],
        description="Rassembler ses documents et ses questions avant de voir son médecin.",
        capacity=10,
        seats_held_back=3,
        opens_at=at(3, 9),
        release_minutes=15,
        questions=[
            Question(
                text="Quel téléphone avez-vous ?",
                answer=Answer.CHOICE,
                choices=["Android", "iPhone", "Je ne sais pas"],
                is_required=True,
            ),
            Question(text="Faut-il vous appeler la veille ?", answer=Answer.YES_NO),
        ],
    )


async def _fill_and_offer(session: Session, manager: Person, *, now: datetime) -> None:
    """All seats are taken, four people wait, two seats come free: one is offered by e-mail, one is a call to make."""
    before = now - timedelta(days=2)
    held = [
        await book_seats(session.id, _wish(f"Personne {number}", f"personne.{number}@courriel.example"), now=before)
        for number in range(1, (session.capacity or 4) + 1)
    ]
    for turn, (name, email, phone) in enumerate(PEOPLE):
        moment = before + timedelta(hours=1 + turn)
        channel = Channel.PHONE if email is None else Channel.ONLINE
        wish = _wish(name, email, phone, channel=channel, seats=2 if turn == 1 else 1)
        await book_seats(session.id, wish, now=moment, by=manager if email is None else None)
    for booking in held[:2]:
        await _give_back(booking, now=now - timedelta(hours=1))


def _wish(
    name: str, email: str | None, phone: str | None = None, *, channel: Channel = Channel.ONLINE, seats: int = 1
) -> Wish:
    return Wish(contact=Contact(name=name, email=email, phone=phone), seats=seats, channel=channel)


async def _give_back(booking: Booking, *, now: datetime) -> None:
    await give_back_seats(booking.id, booking.seats, now=now)


async def show_the_coordination(coordinator: Person, structure_id: UUID, *, now: datetime) -> None:
    """Volunteers, notes and a message for the coordinator's morning."""
    for name, email, commune, about in (
        ("Luce Bernard", "luce.bernard@courriel.example", "Nevers (58000)", "Tenir un stand le samedi matin."),
        (
            "Omar Diallo",
            "omar.diallo@courriel.example",
            "Decize (58300)",
            "J’ai été formateur, je peux aider en atelier.",
        ),
    ):
        new = NewCandidate(name=name, email=email, commune=commune, about=about)
        await apply_as_candidate(new, language="fr", now=now - timedelta(days=1))
        id = await fetch_value("SELECT id FROM candidate WHERE email = $1", email)
        await confirm_candidate(confirm_path(id, now=now).rpartition("/")[2], now=now)
    due = (now - timedelta(days=1)).date()
    call = NewNote(kind=NoteKind.CALL, text="Cherche une deuxième ambassadrice. À rappeler.", follow_up_on=due)
    await add_note(structure_id, call, by=coordinator, now=now - timedelta(days=20))
    for candidate in await list_structures(by=coordinator, state=StructureState.SUBMITTED):
        if await find_applicant_of(candidate.id) is not None:
            hello = NewMessage(text="Bonjour, combien de personnes pourriez-vous accueillir ?")
            await write_to_applicant(candidate.id, hello, by=coordinator, now=now - timedelta(hours=3))
