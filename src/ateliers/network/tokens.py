"""Tokens with which a structure's own software uses the API: shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.database import execute, fetch, fetch_one, new_id, transaction
from ateliers.network.people import Person, Role, RoleName
from ateliers.refusals import Invalid, NotFound
from ateliers.words import plain

SCOPES = ("events", "bookings", "attendance", "reports")
PREFIX = "ate_"  # so that a scanner of leaked secrets recognises one


class ApiToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token that works: whose it is and what it may do."""

    id: UUID
    structure_id: UUID
    name: str
    scopes: list[str]

    def allows(self, scope: str) -> bool:
        """Whether the token was made for this."""
        return scope in self.scopes

    @property
    def person(self) -> Person:
        """Who acts when the token does: a manager of its structure. The table person has a closed row with this id."""
        role = Role(role=RoleName.MANAGER, structure_id=self.structure_id)
        return Person(id=self.id, name=self.name, email=_address(self.id), language="fr", roles=[role])


async def create_token(structure_id: UUID, name: str, scopes: Iterable[str], *, now: datetime) -> str:
    """The text of a new token, told this once. Raises Invalid for an unknown scope or an empty name."""
    name = plain(name)
    wanted = sorted(set(scopes))
    if not name:
        raise Invalid({"name": "Fill in this answer."})
    if not wanted or not set(wanted) <= set(SCOPES):
        raise Invalid({"scopes": "Choose among: events, bookings, attendance, reports."})
    text = PREFIX + secrets.token_urlsafe(32)
    id = new_id()
    async with transaction():
        # What a token does is signed by somebody: a person who can never sign in, so that every journal can point at it.
        await execute(
            "INSERT INTO person (id, name, email, created_at, closed_at) VALUES ($1, $2, $3, $4, $4)",
            id,
            name,
            _address(id),
            now,
        )
        await execute(
            "INSERT INTO api_token (id, structure_id, name, token_hash, scopes, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
            id,
            structure_id,
            name,
            _hash(text),
            wanted,
            now,
        )
    return text


async def find_token(text: str) -> ApiToken | None:
    """The token, if it works: known, not revoked, and its structure still admitted."""
    return await fetch_one(
        ApiToken,
        "SELECT t.id, t.structure_id, t.name, t.scopes FROM api_token t JOIN structure o ON o.id = t.structure_id"
        " WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND o.state = 'admitted'",
        _hash(text),
    )


async def list_tokens(structure_id: UUID) -> list[ApiToken]:
    """The tokens of a structure that are not revoked; the oldest first."""
    return await fetch(
        ApiToken,
        "SELECT id, structure_id, name, scopes FROM api_token WHERE structure_id = $1 AND revoked_at IS NULL"
        " ORDER BY created_at, id",
        structure_id,
    )


async def revoke_token(id: UUID, *, now: datetime) -> None:
    """The token stops working at once; twice is the same as once. Raises NotFound."""
    if not await execute("UPDATE api_token SET revoked_at = COALESCE(revoked_at, $2) WHERE id = $1", id, now):
        raise NotFound


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="replace")).digest()


def _address(id: UUID) -> str:
    return f"{id.hex}@token.invalid"  # a name that can never exist (RFC 2606)
