"""A shared experience: what a structure learnt from an event and tells others, and how far it has come (F11)."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.agenda.kinds import RULES, Kind, Rules
from ateliers.agenda.session import CO_ORGANISERS_SQL, CoOrganiser
from ateliers.bookings.session_message import paragraphs
from ateliers.database import fetch, fetch_one
from ateliers.network.people import Person
from ateliers.refusals import NotFound
from ateliers.words import T

SHOWN_AS_IMAGE = ("image/jpeg", "image/png", "image/webp")


class ExperienceState(enum.Enum):
    """How far it has come."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    REVIEWED = "reviewed"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> T:
        """Its name on screen."""
        return _STATES[self]


_STATES = {
    ExperienceState.DRAFT: T("Being written"),
    ExperienceState.SUBMITTED: T("To be read by the coordination"),
    ExperienceState.REVIEWED: T("Read, waiting for the structure’s agreement"),
    ExperienceState.PUBLISHED: T("Shared with everybody"),
    ExperienceState.WITHDRAWN: T("No longer shared"),
}


class Scope(enum.Enum):
    """What a structure may agree to, each apart (F12)."""

    REGIONAL_SITE = "regional_site"
    REGIONAL_MATERIAL = "regional_material"
    NATIONAL = "national"

    @property
    def label(self) -> T:
        """Its name on screen."""
        return _SCOPES[self]


_SCOPES = {
    Scope.REGIONAL_SITE: T("The region’s site"),
    Scope.REGIONAL_MATERIAL: T("The region’s training and documents"),
    Scope.NATIONAL: T("The whole country"),
}
PUBLIC_SCOPES = (Scope.REGIONAL_SITE, Scope.NATIONAL)  # with either, anybody can read it


def _told(title: str, description: str, most: int = 3000) -> Meta:
    return Meta(max_length=most, title=title, description=description, extra={"input": "textarea"})


class NewExperience(msgspec.Struct, frozen=True, kw_only=True):
    """What a structure tells. Only the title must be given while it is being written."""

    title: Annotated[str, Meta(min_length=1, max_length=140, title="Title of the shared experience")]
    aim: Annotated[str, _told("What you wanted", "Why this event, and what people were to take home.")] = ""
    audience: Annotated[
        str, _told("For whom", "Who came and how you reached them. Name nobody and say nothing of anybody’s health.")
    ] = ""
    course: Annotated[str, _told("How it went", "Step by step: before, during, after.", 6000)] = ""
    worked: Annotated[str, _told("What worked", "What you would do again.")] = ""
    difficulties: Annotated[str, _told("What was difficult", "And how you dealt with it.")] = ""
    advice: Annotated[str, _told("Your advice", "What you would tell a structure that begins.")] = ""


# What was told, as readers are shown it.
PARTS = {
    "aim": T("What was wanted"),
    "audience": T("For whom it was"),
    "course": T("How it went"),
    "worked": T("What worked"),
    "difficulties": T("What was difficult"),
    "advice": T("Advice to others"),
}


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A file that goes with it."""

    id: UUID
    experience_id: UUID
    file_id: UUID
    title: str
    name: str
    media_type: str
    size: int  # bytes

    @property
    def is_image(self) -> bool:
        """Whether browsers show it within a page."""
        return self.media_type in SHOWN_AS_IMAGE

    @property
    def kilobytes(self) -> int:
        """Its size."""
        return max(1, round(self.size / 1000))

    @property
    def format(self) -> str:
        """'PDF', 'JPG': the ending of its name."""
        return self.name.rpartition(".")[2].upper()


class Experience(msgspec.Struct, frozen=True, kw_only=True):
    """A shared experience with what it is about. `scopes` are those that hold for what was sent."""

    id: UUID
    event_id: UUID
    event_title: str
    kind: Kind
    structure_id: UUID
    structure_name: str
    structure_slug: str
    structure_commune: str
    structure_is_member: bool
    co_organisers: list[CoOrganiser]  # of its event, by name
    departement: str  # the structure's
    region: str
    zone: str
    state: ExperienceState
    title: str
    aim: str
    audience: str
    course: str
    worked: str
    difficulties: str
    advice: str
    content: bytes | None
    written_by: UUID | None
    created_at: datetime
    changed_at: datetime
    submitted_at: datetime | None
    published_at: datetime | None
    dates: int  # sessions that were held
    first_at: datetime | None
    last_at: datetime | None
    place: str  # commune of the latest of them; '' online
    scopes: list[Scope]

    @property
    def version(self) -> str:
        """Names what it says at this moment: it is another one after each change."""
        return self.changed_at.isoformat()

    @property
    def rules(self) -> Rules:
        """What the kind of its event decides."""
        return RULES[self.kind]

    @property
    def parts(self) -> list[tuple[T, list[str]]]:
        """Heading and paragraphs of each part that something was written in."""
        return [(label, paragraphs(getattr(self, name))) for name, label in PARTS.items() if getattr(self, name)]

    @property
    def summary(self) -> str:
        """What it is about, in a line or two."""
        return next((getattr(self, name).split("\n")[0] for name in PARTS if getattr(self, name)), "")

    @property
    def is_public(self) -> bool:
        """Whether anybody can read it."""
        return self.state is ExperienceState.PUBLISHED and any(scope in self.scopes for scope in PUBLIC_SCOPES)

    def is_of(self, person: Person) -> bool:
        """Whether they are of its structure, or of one that organises the event too: they tell it together."""
        return any(person.serves(id) for id in self.organiser_ids)

    @property
    def organiser_ids(self) -> list[UUID]:
        """Its structure, under whose name it is shared, then those that organise the event too."""
        return [self.structure_id, *(one.id for one in self.co_organisers)]

    @property
    def names(self) -> list[str]:
        """Of the structures that organised the event, its own first."""
        return [self.structure_name, *(one.name for one in self.co_organisers)]

    @property
    def path(self) -> str:
        """Its public page."""
        return f"/retours-d-experience/{self.id}"

    @property
    def own_path(self) -> str:
        """Its page in the workspace."""
        return f"/espace/evenements/{self.event_id}/retour"

    @property
    def review_path(self) -> str:
        """Its page for the coordination."""
        return f"/coordination/retours/{self.id}"


def digest(new: NewExperience | Experience, documents: Sequence[Document]) -> bytes:
    """SHA-256 of what would be shared: an agreement holds for this alone."""
    told = [new.title, *(getattr(new, name) for name in PARTS), *sorted(f"{d.id} {d.title}" for d in documents)]
    return hashlib.sha256(msgspec.json.encode(told)).digest()


# What was held is counted up to the moment at which it was sent: a weekly event goes on, the story does not.
EXPERIENCE_SQL = f"""
    SELECT x.id, x.event_id, e.title AS event_title, e.kind, e.structure_id, o.name AS structure_name,
           o.slug AS structure_slug, o.commune_name AS structure_commune, o.state = 'admitted' AS structure_is_member,
           {CO_ORGANISERS_SQL}, o.departement, o.region, o.zone, x.state, x.title, x.aim, x.audience, x.course, x.worked, x.difficulties,
           x.advice, x.content, x.written_by, x.created_at, x.changed_at, x.submitted_at, x.published_at,
           h.dates, h.first_at, h.last_at, COALESCE(h.place, '') AS place,
           ARRAY(SELECT c.scope FROM experience_consent c WHERE c.experience_id = x.id AND c.withdrawn_at IS NULL
                 AND c.content = x.content ORDER BY c.scope DESC) AS scopes
    FROM experience x JOIN event e ON e.id = x.event_id JOIN structure o ON o.id = e.structure_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS dates, min(s.starts_at) AS first_at, max(s.starts_at) AS last_at,
               (array_agg(p.commune_name ORDER BY s.starts_at DESC))[1] AS place
        FROM session s LEFT JOIN place p ON p.id = s.place_id
        WHERE s.event_id = e.id AND s.called_off_at IS NULL AND s.outcome IS DISTINCT FROM 'held_empty'
          AND s.onsite_id IS NULL AND s.ends_at <= COALESCE(x.submitted_at, x.changed_at)
    ) AS h
"""
DOCUMENT_SQL = """
    SELECT d.id, d.experience_id, d.file_id, d.title, f.name, f.media_type, f.size
    FROM experience_document d JOIN file f ON f.id = d.file_id
"""


async def find_experience(event_id: UUID) -> Experience | None:
    """What was told of the event, if anything."""
    return await fetch_one(Experience, f"{EXPERIENCE_SQL} WHERE x.event_id = $1", event_id)


async def get_experience(id: UUID) -> Experience:
    """It, whatever its state. Raises NotFound."""
    found = await fetch_one(Experience, f"{EXPERIENCE_SQL} WHERE x.id = $1", id)
    if found is None:
        raise NotFound
    return found


async def list_documents(experience_id: UUID) -> list[Document]:
    """Its files, in the order in which they were added."""
    return await fetch(Document, f"{DOCUMENT_SQL} WHERE d.experience_id = $1 ORDER BY d.added_at, d.id", experience_id)
