"""Applying to the network: a verified e-mail, a form with the charter's signature, a coordinator's answer (A1, A2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from ateliers.database import execute, fetch_one, fetch_rows, fetch_value, new_id, transaction
from ateliers.mail import outbox
from ateliers.network import structures
from ateliers.network.application import Applicant, Application, Note, described_structure
from ateliers.network.charter import sign_charter
from ateliers.network.people import Person, RoleName, add_person, add_role, list_coordinators
from ateliers.network.structure import Structure, StructureState
from ateliers.network.structures import NewStructure, add_structure, get_structure_by_id, log_state
from ateliers.refusals import NotFound, Refusal
from ateliers.signing import read_timed_token, timed_token

LINK_LIFETIME = timedelta(days=30)  # a coordinator may take weeks to answer, and the same link shows the answer
MAX_LINKS = 3  # per address and hour; more are silently not sent
_PURPOSE = "application"


class ApplicationLinkOver(Refusal):
    """The link is too old, or not ours."""

    status = 410
    title = "This link no longer works. Ask for a new one with your e-mail address."


class AlreadyKnown(Refusal):
    """Another structure has this number, and did not withdraw before the answer."""

    title = "A structure with this number has already applied or is in the network."
    field = "siret"


class ApplicationClosed(Refusal):
    """The application stands where this cannot be done."""

    title = "This application cannot be changed like this any more: somebody may have just answered it."


_APPLICANT = "SELECT id, email, language, created_at, structure_id, manager_name FROM application"


async def request_application_link(email: str, *, language: str, now: datetime) -> None:
    """Begin an application: queue an e-mail with the link to the form."""
    email = email.strip().lower()
    async with transaction():
        await execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 2))", f"application:{email}")
        begun: int = await fetch_value(
            "SELECT count(*) FROM application WHERE email = $1 AND created_at > $2", email, now - timedelta(hours=1)
        )
        if begun >= MAX_LINKS:
            return
        id = new_id()
        await execute(
            "INSERT INTO application (id, email, language, created_at) VALUES ($1, $2, $3, $4)",
            id,
            email,
            language,
            now,
        )
        await outbox.queue("application_link", key=f"application_link:{id}", subject_id=id, now=now)


def application_path(id: UUID, *, now: datetime) -> str:
    """The applicant's own page: form, then answer."""
    return f"/rejoindre/{timed_token(_PURPOSE, id.hex, now=now)}"


async def get_applicant(token: str, *, now: datetime) -> Applicant:
    """Who holds this link. Raises ApplicationLinkOver."""
    text = read_timed_token(_PURPOSE, token, now=now, max_age=LINK_LIFETIME)
    applicant = None if text is None else await find_applicant(UUID(text))
    if applicant is None:
        raise ApplicationLinkOver
    return applicant


async def find_applicant(id: UUID) -> Applicant | None:
    """The applicant of an application."""
    return await fetch_one(Applicant, f"{_APPLICANT} WHERE id = $1", id)


async def find_applicant_of(structure_id: UUID) -> Applicant | None:
    """Who applied for the structure; None if it came another way."""
    return await fetch_one(Applicant, f"{_APPLICANT} WHERE structure_id = $1", structure_id)


async def add_applicant(
    structure_id: UUID, *, email: str, manager_name: str, now: datetime, language: str = "fr"
) -> None:
    """Keep who applied for a structure that came without the form. Opens no transaction."""
    await execute(
        "INSERT INTO application (id, email, language, created_at, structure_id, manager_name) VALUES ($1, $2, $3, $4, $5, $6)",
        new_id(),
        email.strip().lower(),
        language,
        now,
        structure_id,
        manager_name,
    )


async def list_ongoing(email: str) -> list[tuple[UUID, str]]:
    """Applications of this address that are not answered yet: id, and name of the structure."""
    rows = await fetch_rows(
        "SELECT a.id, o.name FROM application a JOIN structure o ON o.id = a.structure_id"
        " WHERE a.email = $1 AND o.state IN ('submitted', 'changes_asked') ORDER BY a.id",
        email,
    )
    return [(row["id"], row["name"]) for row in rows]


async def get_application(structure_id: UUID, *, by: Person) -> tuple[Structure, Applicant | None]:
    """A structure and who applied for it, for the coordinator of its territory. Raises NotFound for anybody else."""
    structure = await get_structure_by_id(structure_id)
    if not by.coordinates(structure.departement):
        raise NotFound
    return structure, await find_applicant_of(structure_id)


async def submit_application(token: str, application: Application, *, now: datetime) -> Structure:
    """Send the form, the first time, after changes were asked for or once it was withdrawn; the charter is signed with it.

    Raises Invalid, AlreadyKnown, ApplicationClosed, ApplicationLinkOver.
    """
    applicant = await get_applicant(token, now=now)
    values = described_structure(application, applicant)
    try:
        async with transaction():
            return await _submit(applicant.id, application, values, now=now)
    except asyncpg.UniqueViolationError as violation:  # two at the same moment, or a number changed into a known one
        raise AlreadyKnown(field="rna" if "rna" in str(violation.constraint_name) else "siret") from violation


async def withdraw_application(token: str, *, now: datetime) -> None:
    """The applicant gives up. Raises ApplicationClosed once it is answered."""
    applicant = await get_applicant(token, now=now)
    if applicant.structure_id is None:
        raise ApplicationClosed
    async with transaction():
        structure = await _locked(applicant.structure_id)
        entry = await _change(structure, StructureState.WITHDRAWN, now=now)
        await tell_coordinators("application_withdrawn", structure, entry, now=now)


async def admit(structure_id: UUID, *, by: Person, now: datetime) -> None:
    """Let the structure in: the applicant becomes its manager. Raises NotFound, ApplicationClosed."""
    async with transaction():
        structure = await _locked(structure_id, by=by)
        entry = await _change(structure, StructureState.ADMITTED, by=by, now=now)
        await execute("UPDATE structure SET admitted_at = $2 WHERE id = $1", structure_id, now)
        applicant = await find_applicant_of(structure_id)
        if applicant is not None and applicant.manager_name is not None:
            person_id = await add_person(applicant.manager_name, applicant.email, language=applicant.language, now=now)
            await add_role(person_id, RoleName.MANAGER, structure_id=structure_id, now=now)
        await outbox.queue("structure_admitted", key=f"structure_admitted:{entry}", subject_id=structure_id, now=now)


async def ask_changes(structure_id: UUID, note: Note, *, by: Person, now: datetime) -> None:
    """Send the application back with a message. Raises NotFound, ApplicationClosed."""
    await _answer(structure_id, StructureState.CHANGES_ASKED, "application_changes_asked", note, by=by, now=now)


async def refuse(structure_id: UUID, note: Note, *, by: Person, now: datetime) -> None:
    """Refuse the application and say why. Raises NotFound, ApplicationClosed."""
    await _answer(structure_id, StructureState.REFUSED, "application_refused", note, by=by, now=now)


async def _answer(
    structure_id: UUID, state: StructureState, kind: str, note: Note, *, by: Person, now: datetime
) -> None:
    async with transaction():
        structure = await _locked(structure_id, by=by)
        entry = await _change(structure, state, by=by, note=note.note, now=now)
        await outbox.queue(kind, key=f"{kind}:{entry}", subject_id=structure_id, now=now, data={"entry": str(entry)})


async def _submit(applicant_id: UUID, application: Application, values: NewStructure, *, now: datetime) -> Structure:
    applicant = await fetch_one(Applicant, f"{_APPLICANT} WHERE id = $1 FOR UPDATE", applicant_id)
    if applicant is None:
        raise ApplicationLinkOver
    if applicant.structure_id is None:
        structure = await add_structure(values, state=StructureState.DRAFT, now=applicant.created_at)
        if structure is None:
            raise AlreadyKnown(field=await _known_number(values))
    else:
        structure = await _locked(applicant.structure_id)
        if not structure.may_be_sent:
            raise ApplicationClosed
        await structures.rewrite_structure(structure.id, values, now=now)
    entry = await _change(structure, StructureState.SUBMITTED, now=now)
    await execute(
        "UPDATE application SET structure_id = $2, manager_name = $3 WHERE id = $1",
        applicant_id,
        structure.id,
        application.manager_name,
    )
    await sign_charter(structure.id, name=application.signatory_name, role=application.signatory_role, now=now)
    await outbox.queue("application_received", key=f"application_received:{entry}", subject_id=structure.id, now=now)
    structure = await get_structure_by_id(structure.id)
    await tell_coordinators("application_submitted", structure, entry, now=now)
    return structure


async def _known_number(values: NewStructure) -> str:
    known = await fetch_value(
        "SELECT 1 FROM structure WHERE siret = $1 AND (state <> 'withdrawn' OR admitted_at IS NOT NULL)", values.siret
    )
    return "siret" if known else "rna"


async def _locked(structure_id: UUID, *, by: Person | None = None) -> Structure:
    """The structure, locked until the transaction ends; only for the coordinator of its territory when `by` is given."""
    structure = await fetch_one(
        Structure, f"SELECT {structures.COLUMNS} FROM structure o WHERE o.id = $1 FOR UPDATE", structure_id
    )
    if structure is None or (by is not None and not by.coordinates(structure.departement)):
        raise NotFound
    return structure


async def _change(
    structure: Structure, state: StructureState, *, now: datetime, by: Person | None = None, note: str = ""
) -> UUID:
    if not structure.state.may_become(state):
        raise ApplicationClosed
    await execute("UPDATE structure SET state = $2 WHERE id = $1", structure.id, state.value)
    return await log_state(structure.id, state, now=now, by_id=None if by is None else by.id, note=note)


async def tell_coordinators(
    kind: str, structure: Structure, entry: UUID, *, now: datetime, data: dict[str, str] | None = None
) -> None:
    """Queue an e-mail to each coordinator of the structure's territory. Opens no transaction."""
    await outbox.queue_many(
        outbox.NewMail(
            kind=kind,
            key=f"{kind}:{entry}:{person.id}",
            subject_id=structure.id,
            now=now,
            data={**(data or {}), "person": str(person.id)},
        )
        for person in await list_coordinators(structure.departement)
    )
