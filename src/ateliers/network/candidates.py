"""Volunteers who would like to become ambassadors: they apply, a coordinator finds them a structure (A14)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.database import execute, fetch, fetch_one, fetch_value, new_id, transaction
from ateliers.mail import outbox
from ateliers.network.invitations import add_invitation
from ateliers.network.people import Person, RoleName, YourCommune, YourEmail, list_coordinators
from ateliers.network.structure import Structure, StructureState
from ateliers.network.structures import get_structure_by_id
from ateliers.places.communes import find_commune, resolve
from ateliers.places.distance import kilometres
from ateliers.refusals import Invalid, NotFound, Refusal
from ateliers.signing import read_timed_token, timed_token

LINK_LIFETIME = timedelta(days=7)  # to confirm the address; after that nothing is kept
KEPT = timedelta(days=180)  # once answered
MAX_LINKS = 3  # per address and hour; more are silently not sent
_PURPOSE = "candidate"


class NewCandidate(msgspec.Struct, frozen=True, kw_only=True):
    """What a volunteer tells. `website_2` is a trap for robots: people do not see it."""

    name: Annotated[
        str, Meta(min_length=1, max_length=100, title="First name and name", extra={"autocomplete": "name"})
    ]
    email: YourEmail
    phone: Annotated[
        str,
        Meta(
            max_length=30,
            pattern=r"^(\+?[0-9][0-9 .()\u00a0-]{2,28})?$",
            title="Phone number",
            extra={"input": "tel", "autocomplete": "tel", "error": "Write a telephone number, such as 03 86 00 00 00."},
        ),
    ] = ""
    commune: YourCommune
    about: Annotated[
        str,
        Meta(
            max_length=1000,
            title="What would you like to do?",
            description="For example: help at a stand on Saturdays. No information about health.",
            extra={"input": "textarea"},
        ),
    ] = ""
    website_2: str = ""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A volunteer, as coordinators see them."""

    id: UUID
    name: str
    email: str
    phone: str | None
    commune_code: str
    commune_name: str
    departement: str
    about: str
    language: str
    state: str  # 'to_confirm', 'open', 'matched', 'closed'
    created_at: datetime
    structure_id: UUID | None


class Waiting(Candidate, frozen=True, kw_only=True):
    """A volunteer who waits for a structure, and what became of the one proposed before, if any."""

    proposed: str | None  # name of that structure
    answer: str | None  # 'declined', 'withdrawn', 'expired'

    def nearest_first(self, structures: Iterable[Structure]) -> list[tuple[Structure, int | None]]:
        """The structures with the kilometres from their commune, None where it is not known any more."""
        home = find_commune(self.commune_code)
        if home is None:
            return [(one, None) for one in structures]
        away = [
            (one, round(kilometres(home.latitude, home.longitude, one.latitude, one.longitude))) for one in structures
        ]
        return sorted(away, key=lambda pair: (pair[1], pair[0].name))


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """Which structure a volunteer is proposed to."""

    structure_id: Annotated[UUID, Meta(title="Structure")]


class CandidateLinkOver(Refusal):
    """The link is too old, or not ours."""

    status = 410
    title = "This link no longer works. Fill in the form again."


class CandidateAnswered(Refusal):
    """Somebody was faster."""

    title = "This volunteer was answered meanwhile."


COLUMNS = ", ".join(Candidate.__struct_fields__)


async def apply_as_candidate(new: NewCandidate, *, language: str, now: datetime) -> None:
    """Keep what was told, and mail the link that confirms the address. Raises Invalid."""
    commune = resolve(new.commune)
    if commune is None:
        raise Invalid({"commune": "We do not know this commune. Write its name and choose it in the list."})
    email = new.email.strip().lower()
    async with transaction():
        await execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 2))", f"candidate:{email}")
        lately = await fetch_value(
            "SELECT count(*) FROM candidate WHERE email = $1 AND created_at > $2", email, now - timedelta(hours=1)
        )
        if lately >= MAX_LINKS:
            return
        id = new_id()
        await execute(
            """INSERT INTO candidate (id, name, email, phone, commune_code, commune_name, departement, about, language, state,
               created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'to_confirm', $10, $10)""",
            id,
            new.name,
            email,
            new.phone or None,
            commune.code,
            commune.name,
            commune.departement,
            new.about,
            language,
            now,
        )
        await outbox.queue("candidate_link", key=f"candidate_link:{id}", subject_id=id, now=now)


def confirm_path(id: UUID, *, now: datetime) -> str:
    """The page with the button that confirms."""
    return f"/devenir-ambassadeur/{timed_token(_PURPOSE, id.hex, now=now)}"


async def get_candidate(token: str, *, now: datetime) -> Candidate:
    """Who holds this link. Raises CandidateLinkOver."""
    text = read_timed_token(_PURPOSE, token, now=now, max_age=LINK_LIFETIME)
    candidate = None if text is None else await find_candidate(UUID(text))
    if candidate is None:
        raise CandidateLinkOver
    return candidate


async def find_candidate(id: UUID) -> Candidate | None:
    """One volunteer."""
    return await fetch_one(Candidate, f"SELECT {COLUMNS} FROM candidate WHERE id = $1", id)


async def confirm_candidate(token: str, *, now: datetime) -> None:
    """The address is theirs: coordinators of the territory are told. Doing it twice changes nothing. Raises CandidateLinkOver."""
    candidate = await get_candidate(token, now=now)
    async with transaction():
        await execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 2))", f"candidate:{candidate.email}")
        # Who applies again says it better: the later answers replace the earlier ones.
        await execute(
            "UPDATE candidate SET state = 'closed', changed_at = $3 WHERE email = $1 AND state = 'open' AND id <> $2",
            candidate.email,
            candidate.id,
            now,
        )
        opened = await execute(
            "UPDATE candidate SET state = 'open', changed_at = $2 WHERE id = $1 AND state = 'to_confirm'",
            candidate.id,
            now,
        )
        if opened:
            await outbox.queue_many(
                outbox.NewMail(
                    kind="candidate_open",
                    key=f"candidate_open:{candidate.id}:{person.id}",
                    subject_id=candidate.id,
                    now=now,
                    data={"person": str(person.id)},
                )
                for person in await list_coordinators(candidate.departement)
            )


# Of candidate c, the latest invitation into the structure it was proposed to, once nothing more can come of it at $1.
_ANSWERED = """
    SELECT CASE WHEN i.state = 'sent' THEN 'expired' ELSE i.state END AS answer
    FROM (SELECT * FROM invitation WHERE email = c.email AND structure_id = c.structure_id AND role = 'ambassador'
          ORDER BY sent_at DESC, id DESC LIMIT 1) i
    WHERE i.state IN ('declined', 'withdrawn') OR (i.state = 'sent' AND i.expires_at <= $1)
"""


async def list_candidates(*, by: Person, now: datetime) -> Sequence[Waiting]:
    """Volunteers of a coordinator's territory who wait for a structure, longest first: the proposal of one may have come to nothing."""
    if not by.is_coordinator:
        return []
    columns = ", ".join(f"c.{name}" for name in Candidate.__struct_fields__)
    return await fetch(
        Waiting,
        f"""SELECT {columns}, o.name AS proposed, a.answer
            FROM candidate c LEFT JOIN structure o ON o.id = c.structure_id LEFT JOIN LATERAL ({_ANSWERED}) a ON true
            WHERE (c.state = 'open' OR (c.state = 'matched' AND a.answer IS NOT NULL))
              AND ($2::text[] IS NULL OR c.departement = ANY ($2)) ORDER BY c.created_at, c.id""",
        now,
        by.coordinated_departements,
    )


async def match_candidate(id: UUID, match: Match, *, by: Person, now: datetime) -> None:
    """Propose a structure: the volunteer is invited into it as an ambassador.

    Raises NotFound, Invalid, CandidateAnswered, AlreadyMember, AlreadyInvited.
    """
    async with transaction():
        candidate = await _locked(id, by=by, now=now)
        structure = await get_structure_by_id(match.structure_id)
        if structure.state is not StructureState.ADMITTED or not by.coordinates(structure.departement):
            raise Invalid({"structure_id": "Choose a structure of your territory."})
        await add_invitation(candidate.email, candidate.name, RoleName.AMBASSADOR, structure.id, by=by, now=now)
        await execute(
            "UPDATE candidate SET state = 'matched', structure_id = $2, changed_at = $3 WHERE id = $1",
            id,
            structure.id,
            now,
        )


async def close_candidate(id: UUID, *, by: Person, now: datetime) -> None:
    """Not followed up: the volunteer is told so. Raises NotFound, CandidateAnswered."""
    async with transaction():
        await _locked(id, by=by, now=now)
        await execute("UPDATE candidate SET state = 'closed', changed_at = $2 WHERE id = $1", id, now)
        await outbox.queue("candidate_closed", key=f"candidate_closed:{id}", subject_id=id, now=now)


async def _locked(id: UUID, *, by: Person, now: datetime) -> Candidate:
    candidate = await fetch_one(Candidate, f"SELECT {COLUMNS} FROM candidate WHERE id = $1 FOR UPDATE", id)
    if candidate is None or candidate.state == "to_confirm" or not by.coordinates(candidate.departement):
        raise NotFound
    is_over = candidate.state == "matched" and await fetch_value(
        f"SELECT EXISTS (SELECT FROM candidate c, LATERAL ({_ANSWERED}) a WHERE c.id = $2)", now, id
    )
    if candidate.state != "open" and not is_over:
        raise CandidateAnswered
    return candidate
