"""From a first draft to everybody's eyes and back: who may do what with a shared experience, and who is told (F11)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.agenda.event import Event, EventState
from ateliers.agenda.permission import may_manage
from ateliers.agenda.sessions import get_event
from ateliers.agenda.territory import organisers_of
from ateliers.bookings.needs import looks_like_nir
from ateliers.database import execute, fetch, fetch_one, fetch_value, new_id, transaction
from ateliers.experiences.agreement import keep_consents
from ateliers.experiences.experience import (
    EXPERIENCE_SQL,
    PARTS,
    PUBLIC_SCOPES,
    Experience,
    ExperienceState,
    NewExperience,
    Scope,
    digest,
    find_experience,
    get_experience,
    list_documents,
)
from ateliers.experiences.papers import NewDocument, drop_document, keep_document, wrong_document
from ateliers.mail.outbox import NewMail, queue_many
from ateliers.network.people import Person, list_coordinators, list_managers, list_members
from ateliers.refusals import Invalid, NotAllowed, NotFound, Refusal
from ateliers.words import fold

TEXTS = ("title", *PARTS)
NEEDED = ("aim", "audience", "course", "worked")  # before it is sent
ORGANISED_SQL = """(e.structure_id = ANY ($1) OR EXISTS (
    SELECT FROM co_organiser y WHERE y.event_id = e.id AND y.structure_id = ANY ($1) AND y.accepted_at IS NOT NULL))"""
HELD_SQL = """
    SELECT EXISTS (SELECT FROM session WHERE event_id = $1 AND ends_at <= $2 AND called_off_at IS NULL
                   AND outcome IS DISTINCT FROM 'held_empty')
"""


class NothingHeldYet(Refusal):
    """An experience is told of what took place."""

    title = "Tell of this event once one of its sessions was held."


class NotBeingWritten(Refusal):
    """It was sent: what was read and agreed to stays as it is."""

    title = "This shared experience was sent. Take it back to change it."


class WrittenMeanwhile(Refusal):
    """What somebody else of the team wrote is not lost without a word."""

    title = "%(name)s changed this text while you were writing: read it below. Press again to keep yours instead."


class NotToBeRead(Refusal):
    """Somebody dealt with it meanwhile, or its structure took it back."""

    title = "This shared experience is no longer waiting for you."


class ToCorrect(msgspec.Struct, frozen=True, kw_only=True):
    """A word to those who wrote it."""

    note: Annotated[
        str, Meta(min_length=1, max_length=2000, title="A word to the structure", extra={"input": "textarea"})
    ]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One change of its state."""

    at: datetime
    by_name: str | None
    state: ExperienceState
    note: str


async def list_steps(experience_id: UUID) -> list[Step]:
    """What happened to it, oldest first."""
    return await fetch(
        Step,
        """SELECT t.at, p.name AS by_name, t.state, t.note FROM experience_step t LEFT JOIN person p ON p.id = t.by_id
           WHERE t.experience_id = $1 ORDER BY t.at, t.id""",
        experience_id,
    )


async def list_told(structure_ids: Sequence[UUID]) -> list[Experience]:
    """What these structures told, alone or with others, the latest changed first."""
    sql = f"{EXPERIENCE_SQL} WHERE {ORGANISED_SQL} ORDER BY x.changed_at DESC, x.id"
    return await fetch(Experience, sql, list(structure_ids))


async def list_shared_with(by: Person, states: Collection[ExperienceState] = ()) -> list[Experience]:
    """Those of a coordinator's territory that were ever sent, what waits for her first; nobody else is given any."""
    if not by.is_coordinator:
        return []
    return await fetch(
        Experience,
        f"""{EXPERIENCE_SQL}
            WHERE ($1::text[] IS NULL OR o.departement = ANY($1)) AND x.submitted_at IS NOT NULL AND x.state <> 'draft'
              AND (cardinality($2::text[]) = 0 OR x.state = ANY($2))
            ORDER BY x.state <> 'submitted', CASE WHEN x.state = 'submitted' THEN x.submitted_at END, x.changed_at DESC""",
        by.coordinated_departements,
        [state.value for state in states],
    )


async def own_experience(experience_id: UUID, by: Person) -> Experience:
    """It, for those who tell it. Raises NotFound."""
    found = await get_experience(experience_id)
    if not found.is_of(by):
        raise NotFound
    return found


async def read_experience(experience_id: UUID, by: Person) -> Experience:
    """It, for the coordinator of its structure, once it was sent. Raises NotFound."""
    found = await get_experience(experience_id)
    if not by.coordinates(found.departement) or found.submitted_at is None:
        raise NotFound
    return found


async def get_event_to_tell(event_id: UUID, by: Person) -> Event:
    """The event, for people of the structures that organise it. Raises NotFound."""
    event = await get_event(event_id)
    if event.state is EventState.DRAFT or not any(by.serves(id) for id in await organisers_of(event)):
        raise NotFound
    return event


async def may_tell(event_id: UUID, *, now: datetime) -> bool:
    """Whether a session of the event was held by now."""
    found: bool = await fetch_value(HELD_SQL, event_id, now)
    return found


async def write_experience(
    event_id: UUID,
    new: NewExperience,
    *,
    by: Person,
    now: datetime,
    send: bool = False,
    agreed: Collection[Scope] = (),
    document: NewDocument | None = None,
    gone: UUID | None = None,
    seen: str | None = None,
) -> None:
    """Keep what is written so far, with one more `document` or one less (`gone`: its id).

    With `send`, hand it to the coordination, and keep what a manager agrees to. All structures that organise the event may
    write; the one whose event it is agrees, since it is shared under its name.

    `seen` is the version that stood before the writer's eyes ('': nothing yet); None: whatever stands is replaced.

    Raises NotFound, NothingHeldYet, NotBeingWritten, WrittenMeanwhile, TooManyDocuments, Invalid; NotAllowed when somebody
    else agrees.
    """
    event = await get_event_to_tell(event_id, by)
    if agreed and not may_manage(by, event.structure_id):
        raise NotAllowed
    wrong = wrong_texts({name: getattr(new, name) for name in TEXTS}, send=send)
    if document is not None:
        wrong |= wrong_document(document)
    if wrong:
        raise Invalid(wrong)
    async with transaction():
        if not await may_tell(event_id, now=now):
            raise NothingHeldYet
        id = await _write(event_id, new, seen=seen, by=by, now=now)
        if gone is not None:
            await drop_document(id, gone)
        if document is not None:
            await keep_document(id, document, by=by, now=now)
        if send:
            await _send(id, by=by, now=now)
            await keep_consents(await locked(id), agreed, by=by, now=now)


def wrong_texts(texts: Mapping[str, str], *, send: bool) -> dict[str, str]:
    """What is wrong with the answers that no pattern can judge, by field."""
    wrong = {}
    for name, text in texts.items():
        if looks_like_nir(text):
            wrong[name] = "Do not write a social security number."
        elif send and name in NEEDED and not text:
            wrong[name] = "Fill in this answer."
    return wrong


async def reopen_experience(experience_id: UUID, *, by: Person, now: datetime) -> Experience:
    """Take it back to change it: nobody else sees it meanwhile. Raises NotFound, NotAllowed for what only managers may."""
    async with transaction():
        found = await locked(experience_id)
        if not found.is_of(by):
            raise NotFound
        if found.state is ExperienceState.PUBLISHED and not may_manage(by, found.structure_id):
            raise NotAllowed
        if found.state is not ExperienceState.DRAFT:
            await change(found, ExperienceState.DRAFT, by=by, now=now)
        return found


async def send_back(experience_id: UUID, note: ToCorrect, *, by: Person, now: datetime) -> None:
    """Ask the structure to change it. Raises NotFound, NotToBeRead."""
    async with transaction():
        found = await _to_read(experience_id, by, {ExperienceState.SUBMITTED, ExperienceState.REVIEWED})
        step = await change(found, ExperienceState.DRAFT, by=by, now=now, note=note.note)
        await tell("experience_to_correct", found, step, await team_of(found), now=now)


async def review_experience(experience_id: UUID, *, by: Person, now: datetime) -> ExperienceState:
    """It was read and is good: shared at once where the structure agreed, else as soon as it does. Raises NotFound, NotToBeRead."""
    async with transaction():
        found = await _to_read(experience_id, by, {ExperienceState.SUBMITTED})
        if any(scope in found.scopes for scope in PUBLIC_SCOPES):
            await publish(found, by=by, now=now)
            return ExperienceState.PUBLISHED
        step = await change(found, ExperienceState.REVIEWED, by=by, now=now)
        await tell("experience_to_agree", found, step, await list_managers(found.structure_id), now=now)
        return ExperienceState.REVIEWED


async def take_down(experience_id: UUID, note: ToCorrect, *, by: Person, now: datetime) -> None:
    """The coordination no longer shares it, and says why. Raises NotFound, NotToBeRead."""
    async with transaction():
        found = await _to_read(experience_id, by, {ExperienceState.PUBLISHED, ExperienceState.REVIEWED})
        step = await change(found, ExperienceState.WITHDRAWN, by=by, now=now, note=note.note)
        await tell("experience_taken_down", found, step, await team_of(found), now=now)


async def publish(found: Experience, *, by: Person, now: datetime) -> None:
    """Share it with everybody, and tell its structure. Opens no transaction."""
    step = await change(found, ExperienceState.PUBLISHED, by=by, now=now)
    await tell("experience_published", found, step, await team_of(found), now=now)


async def change(found: Experience, state: ExperienceState, *, by: Person, now: datetime, note: str = "") -> UUID:
    """Give it another state; the id of the step. Opens no transaction."""
    await execute(
        """UPDATE experience SET state = $2, changed_at = $3,
               content = CASE WHEN $2 = 'draft' THEN NULL ELSE content END,
               submitted_at = CASE WHEN $2 = 'submitted' THEN $3 ELSE submitted_at END,
               published_at = CASE WHEN $2 = 'published' THEN COALESCE(published_at, $3) ELSE published_at END
           WHERE id = $1""",
        found.id,
        state.value,
        now,
    )
    step = new_id()
    await execute(
        "INSERT INTO experience_step (id, experience_id, at, by_id, state, note) VALUES ($1, $2, $3, $4, $5, $6)",
        step,
        found.id,
        now,
        by.id,
        state.value,
        note,
    )
    return step


async def locked(experience_id: UUID) -> Experience:
    """It, locked until the transaction ends. Raises NotFound."""
    found = await fetch_one(Experience, f"{EXPERIENCE_SQL} WHERE x.id = $1 FOR UPDATE OF x", experience_id)
    if found is None:
        raise NotFound
    return found


async def team_of(found: Experience) -> list[UUID]:
    """The managers, and who wrote it if they are still of one of the structures that organise the event."""
    members = [m.person_id for id in found.organiser_ids for m in await list_members(id)]
    return [*await list_managers(found.structure_id), *(id for id in members if id == found.written_by)]


async def coordinators_of(found: Experience) -> list[UUID]:
    """Who reads it."""
    return [person.id for person in await list_coordinators(found.departement)]


async def tell(kind: str, found: Experience, step: UUID, people: Iterable[UUID], *, now: datetime, **data: str) -> None:
    """Queue an e-mail to each. Opens no transaction."""
    await queue_many(
        NewMail(
            kind=kind,
            key=f"{kind}:{step}:{person}",
            subject_id=found.id,
            now=now,
            data={"person": str(person), "step": str(step), **data},
        )
        for person in dict.fromkeys(people)
    )


async def note_of(step: UUID) -> str:
    """What was said with a step."""
    return await fetch_value("SELECT note FROM experience_step WHERE id = $1", step) or ""


async def _write(event_id: UUID, new: NewExperience, *, seen: str | None, by: Person, now: datetime) -> UUID:
    # Two first drafts: one at a time.
    await fetch_value("SELECT 1 FROM event WHERE id = $1 FOR NO KEY UPDATE", event_id)
    known = await find_experience(event_id)
    if known is not None and known.state is not ExperienceState.DRAFT:
        raise NotBeingWritten
    if known is not None and known.written_by not in (None, by.id) and seen not in (None, known.version):
        raise WrittenMeanwhile(name=await fetch_value("SELECT name FROM person WHERE id = $1", known.written_by))
    texts = [getattr(new, name) for name in TEXTS]
    id: UUID = await fetch_value(
        f"""INSERT INTO experience (id, event_id, state, title, {", ".join(PARTS)}, written_by, created_at, changed_at)
            VALUES ($1, $2, 'draft', $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
            ON CONFLICT (event_id) DO UPDATE SET title = $3, aim = $4, audience = $5, course = $6, worked = $7,
                difficulties = $8, advice = $9, changed_at = $11
            RETURNING id""",
        known.id if known else new_id(),
        event_id,
        *texts,
        by.id,
        now,
    )
    return id


async def _send(id: UUID, *, by: Person, now: datetime) -> None:
    found = await locked(id)
    body = " ".join(getattr(found, name) for name in PARTS)
    await execute(
        """UPDATE experience SET content = $2, words = setweight(to_tsvector('french', $3), 'A')
               || setweight(to_tsvector('french', $4), 'B') || setweight(to_tsvector('french', $5), 'C')
           WHERE id = $1""",
        id,
        digest(found, await list_documents(id)),
        fold(found.title),
        fold(" ".join([found.event_title, *found.names, found.structure_commune, found.place])),
        fold(body),
    )
    step = await change(found, ExperienceState.SUBMITTED, by=by, now=now)
    await tell("experience_submitted", found, step, await coordinators_of(found), now=now)


async def _to_read(experience_id: UUID, by: Person, states: Collection[ExperienceState]) -> Experience:
    found = await locked(experience_id)
    if not by.coordinates(found.departement) or found.submitted_at is None:
        raise NotFound
    if found.state not in states:
        raise NotToBeRead
    return found
