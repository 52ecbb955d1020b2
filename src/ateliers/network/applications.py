"""Applying to the network: a verified e-mail, a form with the charter's signature, a coordinator's answer (A1, A2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Meta

from ateliers.database import execute, fetch_one, fetch_value, new_id, transaction
from ateliers.mail import outbox
from ateliers.network import structures
from ateliers.network.charter import sign_charter
from ateliers.network.people import EMAIL, Person, RoleName, add_person, add_role, list_coordinators
from ateliers.network.structure import Structure, StructureKind, StructureState, compact, is_rna, is_siret
from ateliers.network.structures import NewStructure, add_structure, get_structure_by_id, log_state
from ateliers.places.communes import Commune, resolve
from ateliers.places.territories import region_of, zone_of
from ateliers.refusals import Invalid, NotFound, Refusal
from ateliers.signing import read_timed_token, timed_token

LINK_LIFETIME = timedelta(days=30)  # a coordinator may take weeks to answer, and the same link shows the answer
MAX_LINKS = 3  # per address and hour; more are silently not sent
_PURPOSE = "application"


class EmailAddress(msgspec.Struct, frozen=True, kw_only=True):
    """The first step: where to send the link. `website_2` is a trap for robots: people do not see it."""

    email: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=254,
            pattern=EMAIL,
            title="Your e-mail address",
            extra={
                "input": "email",
                "autocomplete": "email",
                "error": "Write a whole address, such as nom@exemple.fr.",
            },
        ),
    ]
    website_2: str = ""


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """What a structure tells when it applies."""

    name: Annotated[
        str, Meta(min_length=1, max_length=150, title="Name of the structure", extra={"autocomplete": "organization"})
    ]
    kind: Annotated[StructureKind, Meta(title="Kind of structure")]
    siret: Annotated[
        str,
        Meta(
            max_length=30,
            title="SIRET number",
            description="14 digits, if your structure has one.",
            extra={"inputmode": "numeric"},
        ),
    ] = ""
    rna: Annotated[
        str,
        Meta(
            max_length=30,
            title="RNA number",
            description="For an association without a SIRET: the letter W and nine digits.",
        ),
    ] = ""
    address: Annotated[
        str, Meta(min_length=1, max_length=200, title="Number and street", extra={"autocomplete": "street-address"})
    ]
    commune: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=120,
            title="Commune or postcode",
            description="For example: Nevers, or 58000.",
            extra={"list": "communes", "autocomplete": "off"},
        ),
    ]
    phone: Annotated[
        str,
        Meta(
            max_length=30,
            pattern=r"^(\+?[0-9][0-9 .()\u00a0-]{2,28})?$",
            title="Telephone for the public",
            extra={"input": "tel", "autocomplete": "tel", "error": "Write a telephone number, such as 03 86 00 00 00."},
        ),
    ] = ""
    email: Annotated[
        str,
        Meta(
            max_length=254,
            pattern=f"^$|{EMAIL}",
            title="E-mail for the public",
            description="If it is empty, your own address is shown.",
            extra={"input": "email", "error": "Write a whole address, such as nom@exemple.fr."},
        ),
    ] = ""
    website: Annotated[
        str,
        Meta(
            max_length=300,
            pattern=r"^(https?://[^\s\"<>]+)?$",
            title="Website",
            extra={"input": "url", "error": "Write a whole address that begins with https://."},
        ),
    ] = ""
    presentation: Annotated[
        str,
        Meta(max_length=1500, title="Your structure in a few sentences", extra={"input": "textarea"}),
    ] = ""
    manager_name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=100,
            title="Your first and last name",
            description="You will manage the events of your structure, and may invite others.",
            extra={"autocomplete": "name"},
        ),
    ]
    signatory_name: Annotated[
        str, Meta(min_length=1, max_length=100, title="First and last name of the person who signs the charter")
    ]
    signatory_role: Annotated[
        str,
        Meta(
            min_length=1, max_length=100, title="Role of this person", description="For example: director, president."
        ),
    ]
    agrees: Annotated[bool, Meta(title="Our structure has read the charter and signs it")] = False


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What a coordinator tells the applicant."""

    note: Annotated[
        str,
        Meta(min_length=1, max_length=2000, title="Your message to the applicant", extra={"input": "textarea"}),
    ]


class Applicant(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds an application link."""

    id: UUID
    email: str
    language: str
    created_at: datetime
    structure_id: UUID | None
    manager_name: str | None


class ApplicationLinkOver(Refusal):
    """The link is too old, or not ours."""

    status = 410
    title = "This link no longer works. Ask for a new one with your e-mail address."


class AlreadyKnown(Refusal):
    """Another structure has this number."""

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


async def get_application(structure_id: UUID, *, by: Person) -> tuple[Structure, Applicant | None]:
    """A structure and who applied for it, for the coordinator of its territory. Raises NotFound for anybody else."""
    structure = await get_structure_by_id(structure_id)
    if not by.coordinates(structure.departement):
        raise NotFound
    return structure, await find_applicant_of(structure_id)


async def submit_application(token: str, application: Application, *, now: datetime) -> Structure:
    """Send the form, the first time or after changes were asked for; the charter is signed with it.

    Raises Invalid, AlreadyKnown, ApplicationClosed, ApplicationLinkOver.
    """
    applicant = await get_applicant(token, now=now)
    values = _checked(application, applicant)
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
        await _tell_coordinators("application_withdrawn", structure, entry, now=now)


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


def _checked(application: Application, applicant: Applicant) -> NewStructure:
    """The structure that the form describes. Raises Invalid with every wrong field."""
    siret, rna = compact(application.siret), compact(application.rna)
    commune = resolve(application.commune)
    errors: dict[str, str] = {}
    if siret and not is_siret(siret):
        errors["siret"] = "This SIRET number is not right: check its 14 digits."
    if rna and not is_rna(rna):
        errors["rna"] = "This RNA number is not right: it is the letter W and nine digits."
    if commune is None:
        errors["commune"] = "We do not know this commune: write its name or its postcode."
    if not application.agrees:
        errors["agrees"] = "The charter has to be signed to join the network."
    if errors or commune is None:
        raise Invalid(errors)
    return NewStructure(
        name=application.name,
        kind=application.kind,
        siret=siret or None,
        rna=rna or None,
        address=application.address,
        postcode=_postcode(application.commune, commune),
        commune_code=commune.code,
        commune_name=commune.name,
        departement=commune.departement,
        region=region_of(commune.departement),
        latitude=commune.latitude,
        longitude=commune.longitude,
        zone=zone_of(commune.departement),
        email=application.email.lower() or applicant.email,
        phone=application.phone or None,
        website=application.website or None,
        presentation=application.presentation,
        language=applicant.language,
    )


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
        if structure.state is not StructureState.CHANGES_ASKED:
            raise ApplicationClosed
        await structures.rewrite_structure(structure.id, values)
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
    await _tell_coordinators("application_submitted", structure, entry, now=now)
    return structure


async def _known_number(values: NewStructure) -> str:
    known = await fetch_value("SELECT 1 FROM structure WHERE siret = $1", values.siret)
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


async def _tell_coordinators(kind: str, structure: Structure, entry: UUID, *, now: datetime) -> None:
    await outbox.queue_many(
        outbox.NewMail(
            kind=kind,
            key=f"{kind}:{entry}:{person.id}",
            subject_id=structure.id,
            now=now,
            data={"person": str(person.id)},
        )
        for person in await list_coordinators(structure.departement)
    )


def _postcode(typed: str, commune: Commune) -> str:
    """The postcode that was typed, if the commune has it; else its first."""
    return next(
        (code for code in commune.postcodes if code in typed), commune.postcodes[0] if commune.postcodes else ""
    )
