"""Signing in without a password: one e-mail, a link and a six-digit code in it, single use, fifteen minutes (H1).

Link and code are worked out from the id of the `sign_in` row by HMAC, so that no table holds a secret.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from urllib.parse import quote
from uuid import UUID

import msgspec

from ateliers.database import execute, fetch, fetch_one, fetch_value, new_id, transaction
from ateliers.mail import outbox
from ateliers.network.people import PERSON_SQL, Person, find_person_by_email
from ateliers.refusals import Refusal
from ateliers.rendering import absolute
from ateliers.signing import is_signed, keyed_hash, sign

LIFETIME = timedelta(minutes=15)
MAX_ATTEMPTS = 5  # wrong codes, counted over every open e-mail of the person
MAX_EMAILS = 5  # per person and hour; more are silently not sent
# Attendance is taken on phones without a network: signing in again may not be possible.
SESSION_LIFETIME = timedelta(days=7)
_LINK, _CODE = "sign-in-link", "sign-in-code"


class LinkSpent(Refusal):
    """The link is used, too old, or not ours: they look alike."""

    status = 410
    title = "This link no longer works: it was used already, or it is more than 15 minutes old."


class WrongCode(Refusal):
    """No open e-mail has this code; the same for an unknown address."""

    status = 422
    title = "This code is not right, or it no longer works. Check it, or ask for a new e-mail."
    field = "code"


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """One e-mailed link and code."""

    id: UUID
    person_id: UUID
    expires_at: datetime
    used_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be used."""
        return self.used_at is None and now < self.expires_at


async def request_sign_in(email: str, *, now: datetime, back: str = "") -> None:
    """Queue a sign-in e-mail if the address is somebody's; say nothing either way. Its link leads on to the page `back`."""
    person = await find_person_by_email(email)
    if person is None:
        return
    async with transaction():
        await execute("SELECT FROM person WHERE id = $1 FOR UPDATE", person.id)  # two requests at once count as two
        sent: int = await fetch_value(
            "SELECT count(*) FROM sign_in WHERE person_id = $1 AND created_at > $2", person.id, now - timedelta(hours=1)
        )
        if sent < MAX_EMAILS:
            id = await _open_sign_in(person.id, now=now, lifetime=LIFETIME)
            await outbox.queue("sign_in", key=f"sign_in:{id}", subject_id=id, now=now, data={"back": back})


async def sign_in_link_for(person_id: UUID, *, now: datetime, lifetime: timedelta = LIFETIME) -> str:
    """A whole address that signs the person in once, without an e-mail: for the demo and the command."""
    async with transaction():
        return absolute(link_path(await _open_sign_in(person_id, now=now, lifetime=lifetime)))


async def is_link_open(token: str, *, now: datetime) -> bool:
    """Whether the link can still be used; using it is another step, because mail scanners open links."""
    id = _link_id(token)
    found = None if id is None else await find_sign_in(id)
    return found is not None and found.is_open(now)


async def find_sign_in(id: UUID) -> SignIn | None:
    """The row, open or not."""
    return await fetch_one(SignIn, "SELECT id, person_id, expires_at, used_at FROM sign_in WHERE id = $1", id)


async def sign_in_with_link(token: str, *, now: datetime) -> str:
    """Use the link: the token of a new staff session. Raises LinkSpent."""
    id = _link_id(token)
    if id is None:
        raise LinkSpent
    async with transaction():
        person_id = await fetch_value(
            "UPDATE sign_in SET used_at = $2 WHERE id = $1 AND used_at IS NULL AND expires_at > $2"
            " AND (SELECT closed_at IS NULL FROM person WHERE person.id = person_id) RETURNING person_id",
            id,
            now,
        )
        if person_id is None:
            raise LinkSpent
        return await start_session(person_id, now=now)


async def sign_in_with_code(email: str, code: str, *, now: datetime) -> str:
    """Use the code of an e-mail sent to this address: the token of a new staff session. Raises WrongCode."""
    person = await find_person_by_email(email)
    if person is None:
        raise WrongCode
    typed = "".join(code.split())
    async with transaction():
        candidates = await fetch(
            SignIn,
            "SELECT id, person_id, expires_at, used_at FROM sign_in"
            " WHERE person_id = $1 AND used_at IS NULL AND expires_at > $2 AND attempts < $3 ORDER BY id FOR UPDATE",
            person.id,
            now,
            MAX_ATTEMPTS,
        )
        ids = [c.id for c in candidates]
        right = [id for id in ids if hmac.compare_digest(code_of(id).encode(), typed.encode())]
        if right:
            await execute("UPDATE sign_in SET used_at = $2 WHERE id = ANY ($1)", ids, now)
            return await start_session(person.id, now=now)
        await execute("UPDATE sign_in SET attempts = attempts + 1 WHERE id = ANY ($1)", ids)
    raise WrongCode  # only now: the attempt is counted by the commit above


async def person_of_session(token: str, *, now: datetime) -> Person | None:
    """Who holds this staff session, if it is still good."""
    return await fetch_one(
        Person,
        f"{PERSON_SQL} JOIN staff_session s ON s.person_id = p.id"
        " WHERE s.token_hash = $1 AND s.expires_at > $2 AND p.closed_at IS NULL",
        _session_hash(token),
        now,
    )


async def sign_out(token: str) -> None:
    """End the session; nothing happens if there is none."""
    await execute("DELETE FROM staff_session WHERE token_hash = $1", _session_hash(token))


async def start_session(person_id: UUID, *, now: datetime) -> str:
    """The token of a new session, of which only a hash is stored. Opens no transaction."""
    token = secrets.token_urlsafe(32)
    await execute("DELETE FROM staff_session WHERE person_id = $1 AND expires_at <= $2", person_id, now)
    await execute(
        "INSERT INTO staff_session (token_hash, person_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
        _session_hash(token),
        person_id,
        now,
        now + SESSION_LIFETIME,
    )
    await execute("UPDATE person SET seen_at = $2 WHERE id = $1", person_id, now)
    return token


def link_path(id: UUID, back: str = "") -> str:
    """The path of the link of a sign-in e-mail; it leads on to the page `back`."""
    return f"/connexion/{id.hex}-{sign(_LINK, id.hex, length=26)}{'?suite=' + quote(back, safe='/') if back else ''}"


def code_of(id: UUID) -> str:
    """The six digits of a sign-in e-mail."""
    return f"{int.from_bytes(keyed_hash(_CODE, id.hex)) % 1_000_000:06d}"


async def _open_sign_in(person_id: UUID, *, now: datetime, lifetime: timedelta) -> UUID:
    id = new_id()
    await execute(
        "INSERT INTO sign_in (id, person_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
        id,
        person_id,
        now,
        now + lifetime,
    )
    return id


def _link_id(token: str) -> UUID | None:
    text, _, mac = token.partition("-")
    if len(text) != 32 or not token.isascii() or len(mac) != 26 or not is_signed(_LINK, text, mac):
        return None
    return UUID(text)


def _session_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()
