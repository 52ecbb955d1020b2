"""E-mails of the network: signing in, applying, inviting, signing. Composed at the moment of sending, from the state of that moment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ateliers.database import fetch_value
from ateliers.mail.email import Dropped, Email
from ateliers.mail.letters import letter
from ateliers.mail.outbox import OutboxRow
from ateliers.network.applications import (
    LINK_LIFETIME,
    application_path,
    find_applicant,
    find_applicant_of,
    list_ongoing,
)
from ateliers.network.candidates import Candidate, confirm_path, find_candidate
from ateliers.network.charter import current_charter
from ateliers.network.following_up import find_sent
from ateliers.network.invitations import find_invitation, invitation_path
from ateliers.network.people import get_person, list_managers
from ateliers.network.resigning import find_unsigned, sign_path
from ateliers.network.signing_in import code_of, find_sign_in, link_path
from ateliers.network.structure import StructureState
from ateliers.network.structures import get_structure_by_id
from ateliers.network.thread import find_message
from ateliers.network.training import SOON, find_ending
from ateliers.words import today_of

SENDER = "Ateliers"

Composed = Email | Dropped


def _email(kind: str, to: tuple[str, str], language: str, **facts: Any) -> Email:
    name, address = to
    subject, text, html = letter(kind, language, name=name, **facts)
    return Email(
        to_name=name, to_address=address, sender_name=SENDER, subject=subject, text=text, html=html, language=language
    )


async def sign_in(row: OutboxRow, now: datetime) -> Composed:
    """Link and code, once (H1)."""
    found = await find_sign_in(_subject(row))
    if found is None or not found.is_open(now):
        return Dropped("Used or too old.")
    person = await get_person(found.person_id)
    code = code_of(found.id)
    email = _email(
        "sign_in",
        (person.name, person.email),
        person.language,
        path=link_path(found.id, row.data.get("back", "")),
        code=f"{code[:3]} {code[3:]}",
        until=found.expires_at,
    )
    return msgspec.structs.replace(email, purpose="access")


async def application_link(row: OutboxRow, now: datetime) -> Composed:
    """The link to the application form."""
    applicant = await find_applicant(_subject(row))
    if applicant is None or applicant.structure_id is not None:
        return Dropped("The form was sent meanwhile.")
    ongoing = [(name, application_path(id, now=now)) for id, name in await list_ongoing(applicant.email)]
    return _email(
        "application_link",
        ("", applicant.email),
        applicant.language,
        path=application_path(applicant.id, now=now),
        days=LINK_LIFETIME.days,
        ongoing=ongoing,
    )


async def application_received(row: OutboxRow, now: datetime) -> Composed:
    """To the applicant: we have it."""
    return await _to_applicant(row, StructureState.SUBMITTED, now=now)


async def application_changes_asked(row: OutboxRow, now: datetime) -> Composed:
    """To the applicant: what to change, and the link to the form."""
    return await _to_applicant(row, StructureState.CHANGES_ASKED, note=await _note(row), now=now)


async def application_refused(row: OutboxRow, now: datetime) -> Composed:
    """To the applicant: no, and why."""
    return await _to_applicant(row, StructureState.REFUSED, note=await _note(row), now=now)


async def structure_admitted(row: OutboxRow, now: datetime) -> Composed:
    """To the applicant, now manager: welcome, and where to sign in."""
    return await _to_applicant(row, StructureState.ADMITTED, now=now)


async def application_submitted(row: OutboxRow, _now: datetime) -> Composed:
    """To each coordinator: there is an application to examine."""
    return await _to_coordinator(row, StructureState.SUBMITTED)


async def application_withdrawn(row: OutboxRow, _now: datetime) -> Composed:
    """To each coordinator: the applicant gave up."""
    return await _to_coordinator(row, StructureState.WITHDRAWN)


async def application_message(row: OutboxRow, now: datetime) -> Composed:
    """To the other side of an application: a message (A3)."""
    structure = await get_structure_by_id(_subject(row))
    message = await find_message(UUID(row.data["message"]))
    if message is None:
        return Dropped("This message no longer exists.")
    if "person" in row.data:
        person = await get_person(UUID(row.data["person"]))
        to, language, path = (person.name, person.email), person.language, f"/coordination/candidatures/{structure.id}"
    else:
        applicant = await find_applicant_of(structure.id)
        if applicant is None:
            return Dropped("Nobody applied for this structure.")
        to, language = (applicant.manager_name or "", applicant.email), applicant.language
        path = application_path(applicant.id, now=now)
    return _email("application_message", to, language, structure=structure, message=message, path=path)


async def coordinator_message(row: OutboxRow, _now: datetime) -> Composed:
    """To a manager: what the coordinator writes to several structures at once; answers go to her."""
    person = await get_person(UUID(row.data["person"]))
    sent = await find_sent(UUID(row.data["note"]))
    structure_id = _subject(row)
    if sent is None or not person.manages(structure_id):
        return Dropped("No longer of this structure.")
    structure = await get_structure_by_id(structure_id)
    email = _email(row.kind, (person.name, person.email), person.language, structure=structure, sent=sent)
    return msgspec.structs.replace(email, reply_to=sent.by_email)


async def structure_corrected(row: OutboxRow, _now: datetime) -> Composed:
    """To a manager, or to the coordination of where it is now: what was corrected, and why; answers go to who did it."""
    person, author = await get_person(UUID(row.data["person"])), await get_person(UUID(row.data["by"]))
    structure = await get_structure_by_id(_subject(row))
    email = _email(
        row.kind,
        (person.name, person.email),
        person.language,
        structure=structure,
        note=await _note(row),
        author=author,
    )
    return msgspec.structs.replace(email, reply_to=author.email)


async def structure_suspended(row: OutboxRow, _now: datetime) -> Composed:
    """To a manager: no more events for now, and why (A6)."""
    return await _to_manager(row, StructureState.SUSPENDED)


async def structure_left(row: OutboxRow, _now: datetime) -> Composed:
    """To a manager: the structure is no longer in the network, and why (A6)."""
    return await _to_manager(row, StructureState.WITHDRAWN)


async def structure_back(row: OutboxRow, _now: datetime) -> Composed:
    """To a manager: the structure is in the network again (A6)."""
    return await _to_manager(row, StructureState.ADMITTED)


async def candidate_link(row: OutboxRow, now: datetime) -> Composed:
    """To a volunteer: the link that confirms the address (A14)."""
    candidate = await _candidate(row, "to_confirm")
    if isinstance(candidate, Dropped):
        return candidate
    return _to_candidate(row, candidate, path=confirm_path(candidate.id, now=now))


async def candidate_open(row: OutboxRow, _now: datetime) -> Composed:
    """To each coordinator: a volunteer would like to become an ambassador."""
    candidate = await _candidate(row, "open")
    if isinstance(candidate, Dropped):
        return candidate
    person = await get_person(UUID(row.data["person"]))
    return _email(
        row.kind, (person.name, person.email), person.language, candidate=candidate, path="/coordination/benevoles"
    )


async def candidate_closed(row: OutboxRow, _now: datetime) -> Composed:
    """To a volunteer: not now."""
    candidate = await _candidate(row, "closed")
    return candidate if isinstance(candidate, Dropped) else _to_candidate(row, candidate)


async def invitation(row: OutboxRow, now: datetime) -> Composed:
    """Who invites, into which role, and the link to answer."""
    found = await find_invitation(_subject(row))
    if found is None or not found.is_open(now):
        return Dropped("Answered or withdrawn.")
    language = "fr" if found.invited_by is None else (await get_person(found.invited_by)).language
    return _email("invitation", (found.name, found.email), language, invitation=found, path=invitation_path(found.id))


async def charter_to_sign(row: OutboxRow, _now: datetime) -> Composed:
    """To a manager: there is a new version to read and sign; a reminder says since when (A5)."""
    structure, charter = await get_structure_by_id(_subject(row)), await current_charter()
    if charter.version != row.data["version"]:
        return Dropped("A later version is published.")
    if structure.id not in await find_unsigned([structure.id]):
        return Dropped("Signed meanwhile, or no longer in the network.")
    person = await get_person(UUID(row.data["person"]))
    if person.id not in await list_managers(structure.id):
        return Dropped("No longer a manager.")
    return _email(
        row.kind,
        (person.name, person.email),
        person.language,
        structure=structure,
        charter=charter,
        again=row.data["days"] > 0,
        path=sign_path(structure),
    )


async def training_ending(row: OutboxRow, now: datetime) -> Composed:
    """To somebody of a structure: their training holds until then, and where to book the next (A9)."""
    trained = await find_ending(_subject(row))
    today = today_of(now)
    if trained is None or trained.valid_until is None:
        return Dropped("Trained again meanwhile, or no longer in the network.")
    if not today <= trained.valid_until <= today + SOON:
        return Dropped("Over, or good for longer than it was.")
    person = await get_person(trained.person_id)
    return _email(row.kind, (person.name, person.email), person.language, trained=trained, path="/espace/formations")


COMPOSERS: dict[str, Callable[[OutboxRow, datetime], Awaitable[Composed]]] = {
    "sign_in": sign_in,
    "application_link": application_link,
    "application_received": application_received,
    "application_submitted": application_submitted,
    "application_changes_asked": application_changes_asked,
    "application_refused": application_refused,
    "application_withdrawn": application_withdrawn,
    "structure_admitted": structure_admitted,
    "application_message": application_message,
    "coordinator_message": coordinator_message,
    "structure_corrected": structure_corrected,
    "structure_suspended": structure_suspended,
    "structure_left": structure_left,
    "structure_back": structure_back,
    "candidate_link": candidate_link,
    "candidate_open": candidate_open,
    "candidate_closed": candidate_closed,
    "invitation": invitation,
    "charter_to_sign": charter_to_sign,
    "training_ending": training_ending,
}


async def _to_applicant(row: OutboxRow, expected: StructureState, *, now: datetime, note: str = "") -> Composed:
    structure = await get_structure_by_id(_subject(row))
    applicant = await find_applicant_of(structure.id)
    if applicant is None or structure.state is not expected:
        return Dropped("The application has moved on since.")
    return _email(
        row.kind,
        (applicant.manager_name or "", applicant.email),
        applicant.language,
        structure=structure,
        path=application_path(applicant.id, now=now),
        note=note,
    )


async def _to_coordinator(row: OutboxRow, expected: StructureState) -> Composed:
    structure = await get_structure_by_id(_subject(row))
    if structure.state is not expected:
        return Dropped("The application has moved on since.")
    person = await get_person(UUID(row.data["person"]))
    path = f"/coordination/candidatures/{structure.id}"
    return _email(row.kind, (person.name, person.email), person.language, structure=structure, path=path)


async def _to_manager(row: OutboxRow, expected: StructureState) -> Composed:
    structure = await get_structure_by_id(_subject(row))
    if structure.state is not expected:
        return Dropped("Changed again since.")
    person = await get_person(UUID(row.data["person"]))
    return _email(row.kind, (person.name, person.email), person.language, structure=structure, note=await _note(row))


async def _candidate(row: OutboxRow, expected: str) -> Candidate | Dropped:
    candidate = await find_candidate(_subject(row))
    if candidate is None or candidate.state != expected:
        return Dropped("Answered meanwhile.")
    return candidate


def _to_candidate(row: OutboxRow, candidate: Candidate, **facts: Any) -> Email:
    return _email(row.kind, (candidate.name, candidate.email), candidate.language, candidate=candidate, **facts)


async def _note(row: OutboxRow) -> str:
    note: str | None = await fetch_value("SELECT note FROM structure_history WHERE id = $1", UUID(row.data["entry"]))
    return note or ""


def _subject(row: OutboxRow) -> UUID:
    if row.subject_id is None:
        raise ValueError(f"{row.kind} without a subject")
    return row.subject_id
