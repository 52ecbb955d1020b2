"""Inviting people by e-mail: sent, accepted, declined, sent again, withdrawn, expired (A8)."""

from __future__ import annotations

import enum
import re
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.database import execute, fetch, fetch_one, fetch_value, new_id, transaction
from ateliers.mail import outbox
from ateliers.network.people import EMAIL, Person, RoleName, add_person, add_role
from ateliers.network.signing_in import start_session
from ateliers.network.structures import get_structure_by_id
from ateliers.refusals import Invalid, NotAllowed, NotFound, Refusal
from ateliers.signing import is_signed, sign
from ateliers.words import T, language, plain

LIFETIME = timedelta(days=14)
MAX_SENT = 5  # times one invitation is e-mailed
_PURPOSE = "invitation"
_DEPARTEMENT = re.compile(r"[0-9]{2}|2[AB]|9[78][0-9]")


class MemberRole(enum.Enum):
    """The roles that a structure gives."""

    AMBASSADOR = "ambassador"
    MANAGER = "manager"

    @property
    def label(self) -> T:
        """What it lets people do, on screen."""
        return _MEMBER_ROLES[self]


_MEMBER_ROLES = {
    MemberRole.AMBASSADOR: T("Ambassador: sees who comes, records attendance"),
    MemberRole.MANAGER: T("Manager: also publishes events and invites people"),
}


class NewMember(msgspec.Struct, frozen=True, kw_only=True):
    """The form that invites somebody into a structure."""

    name: Annotated[str, Meta(min_length=1, max_length=100, title="First and last name")]
    email: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=254,
            pattern=EMAIL,
            title="Their e-mail address",
            extra={"input": "email", "error": "Write a whole address, such as nom@exemple.fr."},
        ),
    ]
    role: Annotated[MemberRole, Meta(title="Role", extra={"input": "radio"})]


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of table invitation, with the names of who invites and where."""

    id: UUID
    email: str
    name: str
    role: RoleName
    structure_id: UUID | None
    structure_name: str | None
    departements: list[str] | None
    invited_by: UUID | None
    inviter: str | None
    state: str  # 'sent', 'accepted', 'declined', 'withdrawn'
    sent_at: datetime  # the latest time
    times_sent: int
    expires_at: datetime
    answered_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be accepted."""
        return self.state == "sent" and now < self.expires_at

    def standing(self, now: datetime) -> str:
        """Its state, 'expired' included."""
        return "expired" if self.state == "sent" and now >= self.expires_at else self.state


class InvitationOver(Refusal):
    """Answered, withdrawn, expired, or not ours."""

    status = 410
    title = "This invitation no longer holds: it was answered already, withdrawn, or is more than 14 days old."


class AlreadyMember(Refusal):
    """The person has this role."""

    title = "This person already has this role."
    field = "email"


class AlreadyInvited(Refusal):
    """An open invitation is waiting for an answer."""

    title = "This person is already invited. You can send the invitation again."
    field = "email"


class SentTooOften(Refusal):
    """Enough reminders."""

    title = "This invitation was sent %(n)s times already. Withdraw it, or talk to the person."


class LastManager(Refusal):
    """A structure of the network keeps somebody to write to."""

    title = "This person is the only manager of the structure. Invite another manager first."


INVITATION_SQL = """
    SELECT i.id, i.email, i.name, i.role, i.structure_id, o.name AS structure_name, i.departements, i.invited_by,
           p.name AS inviter, i.state, i.sent_at, i.times_sent, i.expires_at, i.answered_at
    FROM invitation i LEFT JOIN structure o ON o.id = i.structure_id LEFT JOIN person p ON p.id = i.invited_by
"""


async def invite_person(
    email: str,
    name: str,
    role: RoleName,
    structure_id: UUID | None = None,
    departements: list[str] | None = None,
    *,
    by: Person | None,
    now: datetime,
) -> UUID:
    """Send an invitation; its id. `by` None: the operator, through the command.

    Raises Invalid, NotAllowed, NotFound, AlreadyMember, AlreadyInvited.
    """
    async with transaction():
        return await add_invitation(email, name, role, structure_id, departements, by=by, now=now)


async def add_invitation(
    email: str,
    name: str,
    role: RoleName,
    structure_id: UUID | None = None,
    departements: list[str] | None = None,
    *,
    by: Person | None,
    now: datetime,
) -> UUID:
    """`invite_person` in the caller's transaction."""
    email, name = plain(email).lower(), plain(name)
    _check(email, name, role, structure_id, departements)
    await _allow(structure_id, by=by)
    held = await fetch_value(
        "SELECT 1 FROM role r JOIN person p ON p.id = r.person_id WHERE p.email = $1 AND p.closed_at IS NULL"
        " AND r.role = $2 AND r.structure_id IS NOT DISTINCT FROM $3 AND r.revoked_at IS NULL"
        " AND r.departements IS NOT DISTINCT FROM $4",
        email,
        role.value,
        structure_id,
        departements,
    )
    if held:
        raise AlreadyMember
    # One that expired makes way for a new one; an open one does not.
    await execute(
        "UPDATE invitation SET state = 'withdrawn', answered_at = $4 WHERE email = $1 AND role = $2"
        " AND structure_id IS NOT DISTINCT FROM $3 AND state = 'sent' AND expires_at <= $4",
        email,
        role.value,
        structure_id,
        now,
    )
    id = await fetch_value(
        "INSERT INTO invitation (id, email, name, role, structure_id, departements, invited_by, state, sent_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, 'sent', $8, $9) ON CONFLICT DO NOTHING RETURNING id",
        new_id(),
        email,
        name,
        role.value,
        structure_id,
        departements,
        None if by is None else by.id,
        now,
        now + LIFETIME,
    )
    if id is None:
        raise AlreadyInvited
    await outbox.queue("invitation", key=f"invitation:{id}:1", subject_id=id, now=now)
    return id  # type: ignore[no-any-return]


async def resend_invitation(id: UUID, *, by: Person, now: datetime) -> None:
    """Send it once more, good for another fourteen days. Raises NotFound, NotAllowed, InvitationOver, SentTooOften."""
    async with transaction():
        invitation = await _locked(id, by=by)
        if invitation.state != "sent":
            raise InvitationOver
        if invitation.times_sent >= MAX_SENT:
            raise SentTooOften(n=MAX_SENT)
        await execute(
            "UPDATE invitation SET times_sent = times_sent + 1, sent_at = $2, expires_at = $3 WHERE id = $1",
            id,
            now,
            now + LIFETIME,
        )
        key = f"invitation:{id}:{invitation.times_sent + 1}"
        await outbox.queue("invitation", key=key, subject_id=id, now=now)


async def withdraw_invitation(id: UUID, *, by: Person, now: datetime) -> None:
    """Take it back: its link stops working. Raises NotFound, NotAllowed, InvitationOver."""
    async with transaction():
        if (await _locked(id, by=by)).state != "sent":
            raise InvitationOver
        await _close(id, "withdrawn", now=now)


async def get_invitation(token: str, *, now: datetime) -> Invitation:
    """The open invitation of a link. Raises InvitationOver."""
    id = _link_id(token)
    invitation = None if id is None else await find_invitation(id)
    if invitation is None or not invitation.is_open(now):
        raise InvitationOver
    return invitation


async def find_invitation(id: UUID) -> Invitation | None:
    """The invitation, whatever its state."""
    return await fetch_one(Invitation, f"{INVITATION_SQL} WHERE i.id = $1", id)


async def list_invitations(structure_id: UUID) -> list[Invitation]:
    """Every invitation into the structure, latest first."""
    return await fetch(
        Invitation, f"{INVITATION_SQL} WHERE i.structure_id = $1 ORDER BY i.sent_at DESC, i.id DESC", structure_id
    )


async def accept_invitation(token: str, *, now: datetime) -> str:
    """Take the role, and sign in: the token of a staff session, for the link came by e-mail. Raises InvitationOver."""
    async with transaction():
        invitation = await _locked_by_link(token, now=now)
        await _close(invitation.id, "accepted", now=now)
        person_id = await add_person(invitation.name, invitation.email, language=language(), now=now)
        await add_role(
            person_id,
            invitation.role,
            structure_id=invitation.structure_id,
            departements=invitation.departements,
            now=now,
        )
        return await start_session(person_id, now=now)


async def decline_invitation(token: str, *, now: datetime) -> None:
    """Say no: nothing is kept but the answer. Raises InvitationOver."""
    async with transaction():
        await _close((await _locked_by_link(token, now=now)).id, "declined", now=now)


async def revoke_role(role_id: UUID, *, by: Person, now: datetime) -> None:
    """Take a role in a structure away. Raises NotFound, NotAllowed, LastManager."""
    async with transaction():
        found = await fetch_one(
            _Held,
            "SELECT role, structure_id FROM role WHERE id = $1 AND revoked_at IS NULL AND structure_id IS NOT NULL",
            role_id,
        )
        if found is None:
            raise NotFound
        await execute("SELECT FROM structure WHERE id = $1 FOR UPDATE", found.structure_id)
        await _allow(found.structure_id, by=by)
        others: int = await fetch_value(
            "SELECT count(*) FROM role WHERE structure_id = $1 AND role = 'manager' AND revoked_at IS NULL AND id <> $2",
            found.structure_id,
            role_id,
        )
        if found.role is RoleName.MANAGER and others == 0:
            raise LastManager
        await execute("UPDATE role SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", role_id, now)


def invitation_path(id: UUID) -> str:
    """The path of the link of an invitation."""
    return f"/invitation/{id.hex}-{sign(_PURPOSE, id.hex, length=26)}"


class _Held(msgspec.Struct, frozen=True):
    role: RoleName
    structure_id: UUID


def _check(email: str, name: str, role: RoleName, structure_id: UUID | None, departements: list[str] | None) -> None:
    errors = {}
    if not re.fullmatch(EMAIL, email) or len(email) > 254:
        errors["email"] = "Write a whole address, such as nom@exemple.fr."
    if not 1 <= len(name) <= 100:
        errors["name"] = "Write the first and last name."
    if role.is_of_a_structure is not (structure_id is not None):
        errors["role"] = "An ambassador or a manager belongs to a structure, and nobody else does."
    if role is RoleName.COORDINATOR and not departements:
        errors["departements"] = "A coordinator needs at least one département."
    if any(not _DEPARTEMENT.fullmatch(code) for code in departements or ()):
        errors["departements"] = "Write codes of départements, such as 58, 2A or 974."
    if departements and role not in {RoleName.COORDINATOR, RoleName.FUNDER}:
        errors["departements"] = "Only coordinators and funders have a territory."
    if errors:
        raise Invalid(errors)


async def _allow(structure_id: UUID | None, *, by: Person | None) -> None:
    """Who may invite and revoke: managers in their structure, coordinators in their territory, the national team anywhere."""
    if structure_id is None:
        if by is not None and not by.is_national:
            raise NotAllowed
        return
    structure = await get_structure_by_id(structure_id)
    if by is not None and not by.manages(structure_id) and not by.coordinates(structure.departement):
        raise NotAllowed if by.serves(structure_id) else NotFound


async def _locked(id: UUID, *, by: Person) -> Invitation:
    await execute("SELECT FROM invitation WHERE id = $1 FOR UPDATE", id)
    invitation = await find_invitation(id)
    if invitation is None:
        raise NotFound
    await _allow(invitation.structure_id, by=by)
    return invitation


async def _locked_by_link(token: str, *, now: datetime) -> Invitation:
    id = _link_id(token)
    if id is None:
        raise InvitationOver
    await execute("SELECT FROM invitation WHERE id = $1 FOR UPDATE", id)
    return await get_invitation(token, now=now)


async def _close(id: UUID, state: str, *, now: datetime) -> None:
    await execute("UPDATE invitation SET state = $2, answered_at = $3 WHERE id = $1", id, state, now)


def _link_id(token: str) -> UUID | None:
    text, _, mac = token.partition("-")
    if len(text) != 32 or not token.isascii() or len(mac) != 26 or not is_signed(_PURPOSE, text, mac):
        return None
    return UUID(text)
