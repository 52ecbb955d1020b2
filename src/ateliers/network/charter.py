"""The charter: a text in versions, and who signed which (A4, A5)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from uuid import UUID

import msgspec

from ateliers.database import execute, fetch, fetch_value, new_id
from ateliers.words import language

# One file a version and language: title, day of publication, an empty line, then paragraphs apart by empty lines.
TEXTS = Path(__file__).with_name("charter_text")


class Charter(msgspec.Struct, frozen=True, kw_only=True):
    """One version of the text, in both languages; French is the one that is signed."""

    version: str
    title: str
    body: str
    title_en: str
    body_en: str
    published_at: datetime

    @property
    def paragraphs(self) -> list[tuple[str, str]]:
        """Each paragraph in the reader's language: the word it opens with ('' for the preamble), and the rest."""
        body = self.body_en if language() == "en" else self.body
        return [_headed(paragraph) for paragraph in body.split("\n\n")]

    @property
    def heading(self) -> str:
        """The title in the reader's language."""
        return self.title_en if language() == "en" else self.title


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """A structure's signature of one version."""

    version: str
    name: str
    role: str
    signed_at: datetime


def current_charter() -> Charter:
    """The version that structures sign today: the latest file."""
    return _charter(max(path.name.split(".")[0] for path in TEXTS.glob("*.fr.txt")))


async def sign_charter(structure_id: UUID, *, name: str, role: str, now: datetime) -> None:
    """Keep that `name`, `role` in the structure, signed the current version. Signing it again replaces name and date.

    Opens no transaction.
    """
    await execute(
        """
        INSERT INTO signature (id, structure_id, charter_id, name, role, signed_at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (structure_id, charter_id) DO UPDATE SET name = $4, role = $5, signed_at = $6
        """,
        new_id(),
        structure_id,
        await _stored(current_charter()),
        name,
        role,
        now,
    )


async def list_signatures(structure_id: UUID) -> list[Signature]:
    """What the structure signed, latest first."""
    return await fetch(
        Signature,
        """
        SELECT c.version, g.name, g.role, g.signed_at FROM signature g JOIN charter c ON c.id = g.charter_id
        WHERE g.structure_id = $1 ORDER BY g.signed_at DESC, g.id DESC
        """,
        structure_id,
    )


async def _stored(charter: Charter) -> UUID:
    """The id of the version's row, made at the first signature: what was signed stays, whatever becomes of the files."""
    await execute(
        "INSERT INTO charter (id, version, title, body, body_en, published_at) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (version) DO NOTHING",
        new_id(),
        charter.version,
        charter.title,
        charter.body,
        charter.body_en,
        charter.published_at,
    )
    id: UUID = await fetch_value("SELECT id FROM charter WHERE version = $1", charter.version)
    return id


@lru_cache
def _charter(version: str) -> Charter:
    title, day, body = _read(f"{version}.fr.txt")
    title_en, _day, body_en = _read(f"{version}.en.txt")
    published_at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return Charter(
        version=version, title=title, body=body, title_en=title_en, body_en=body_en, published_at=published_at
    )


def _read(name: str) -> tuple[str, str, str]:
    head, _, body = (TEXTS / name).read_text(encoding="utf-8").strip().partition("\n\n")
    title, day = head.split("\n")
    return title, day, body


def _headed(paragraph: str) -> tuple[str, str]:
    head, point, rest = paragraph.partition(". ")
    return (head, rest) if point and len(head.split()) <= 4 else ("", paragraph)
