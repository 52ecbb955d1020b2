"""The charter: a text in versions, and who signed which (A4, A5)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.database import execute, fetch, fetch_one, fetch_value, new_id, transaction
from ateliers.network.people import Person
from ateliers.refusals import Invalid, NotAllowed, Refusal
from ateliers.words import language, plain

# One file a version and language: title, day of publication, an empty line, then paragraphs apart by empty lines.
TEXTS = Path(__file__).with_name("charter_text")
LONGEST_VERSION = 40  # characters


class VersionPublished(Refusal):
    """A version is published once: what some have signed does not change under their names."""

    title = "Version %(version)s of the charter is already published: choose another name for this one."
    field = "version"


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
        return [_headed(paragraph) for paragraph in self._text]

    def changed_since(self, before: Charter) -> set[str]:
        """Those paragraphs, without the word they open with, that `before` did not have in the reader's language."""
        return {_headed(paragraph)[1] for paragraph in self._text if paragraph not in before._text}

    def left_out_since(self, before: Charter) -> list[tuple[str, str]]:
        """Paragraphs of `before` that stand here no more, headed like `paragraphs`."""
        return [_headed(paragraph) for paragraph in before._text if paragraph not in self._text]

    @property
    def heading(self) -> str:
        """The title in the reader's language."""
        return (language() == "en" and self.title_en) or self.title

    @property
    def _text(self) -> list[str]:
        return ((language() == "en" and self.body_en) or self.body).split("\n\n")


class NewCharter(msgspec.Struct, frozen=True, kw_only=True):
    """A version that the national team publishes."""

    version: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=LONGEST_VERSION,
            title="Version",
            description="A short name, never used before: 2027-01.",
            extra={"autocomplete": "off"},
        ),
    ]
    title: Annotated[str, Meta(max_length=200, title="Title", description="Left empty: the title stays.")] = ""
    body: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=30_000,
            title="Text",
            description="Paragraphs apart by an empty line. A few words and a full stop at the beginning of a paragraph stand out.",
            extra={"input": "textarea"},
        ),
    ]
    title_en: Annotated[str, Meta(max_length=200, title="Title in English")] = ""
    body_en: Annotated[
        str,
        Meta(
            max_length=30_000,
            title="Text in English",
            description="Left empty: English readers see the French text.",
            extra={"input": "textarea"},
        ),
    ] = ""
    sure: Annotated[bool, Meta(title="Every structure is to sign this version")] = False


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """A structure's signature of one version."""

    version: str
    name: str
    role: str
    signed_at: datetime
    structure_name: str  # as it was on that day, like its numbers
    siret: str | None
    rna: str | None


async def current_charter() -> Charter:
    """The version that structures sign today: the latest published, or the one that came with the program."""
    shipped = _shipped()
    published = await fetch_one(Charter, f"{_CHARTERS} ORDER BY published_at DESC, id DESC LIMIT 1")
    if published is None or published.version == shipped.version or published.published_at < shipped.published_at:
        return shipped
    return published


async def find_charter(version: str) -> Charter | None:
    """A version that was published from a file or signed at least once."""
    return await fetch_one(Charter, f"{_CHARTERS} WHERE version = $1", version)


async def publish_charter(
    version: str, body: str, *, now: datetime, title: str = "", body_en: str = "", title_en: str = ""
) -> Charter:
    """Make `body`, paragraphs apart by empty lines, the text to sign from now on.

    Without `title` the titles stay; without `body_en` English readers see the French text. The worker asks for the
    signatures (`resigning.sweep`). Raises VersionPublished, and Invalid without a version or a text.
    """
    before = await current_charter()
    new = Charter(
        version=plain(version),
        title=plain(title) or before.title,
        body=_paragraphs(body),
        title_en=plain(title_en) or ("" if plain(title) else before.title_en),
        body_en=_paragraphs(body_en),
        published_at=now,
    )
    if not new.version or len(new.version) > LONGEST_VERSION:
        raise Invalid({"version": "Give the version a short name."})
    if not new.body:
        raise Invalid({"body": "There is no text in this file."})
    async with transaction():
        if new.version in _shipped_versions() or not await _add(new):
            raise VersionPublished(version=new.version)
    return new


async def publish_from_form(new: NewCharter, *, by: Person, now: datetime) -> Charter:
    """The national team publishes a version. Raises NotAllowed, VersionPublished, and Invalid when the box is not ticked."""
    if not by.is_national:
        raise NotAllowed
    if not new.sure:
        raise Invalid({"sure": "Tick this box to publish the version."})
    return await publish_charter(
        new.version, new.body, title=new.title, title_en=new.title_en, body_en=new.body_en, now=now
    )


async def sign_charter(structure_id: UUID, *, name: str, role: str, now: datetime) -> None:
    """Keep that `name`, `role` in the structure, signed the current version. Signing it again replaces name and date.

    Opens no transaction.
    """
    await execute(
        """
        INSERT INTO signature (id, structure_id, charter_id, name, role, signed_at, structure_name, siret, rna)
        SELECT $1, o.id, $3, $4, $5, $6, o.name, o.siret, o.rna FROM structure o WHERE o.id = $2
        ON CONFLICT (structure_id, charter_id) DO UPDATE SET name = $4, role = $5, signed_at = $6,
            structure_name = excluded.structure_name, siret = excluded.siret, rna = excluded.rna
        """,
        new_id(),
        structure_id,
        await keep_charter(await current_charter()),
        name,
        role,
        now,
    )


async def list_signatures(structure_id: UUID) -> list[Signature]:
    """What the structure signed, latest first."""
    return await fetch(
        Signature,
        """
        SELECT c.version, g.name, g.role, g.signed_at, g.structure_name, g.siret, g.rna
        FROM signature g JOIN charter c ON c.id = g.charter_id
        WHERE g.structure_id = $1 ORDER BY g.signed_at DESC, g.id DESC
        """,
        structure_id,
    )


async def keep_charter(charter: Charter) -> UUID:
    """The id of the version's row, made when first needed: what was signed stays, whatever becomes of the files.

    Opens no transaction.
    """
    await _add(charter)
    id: UUID = await fetch_value("SELECT id FROM charter WHERE version = $1", charter.version)
    return id


_CHARTERS = "SELECT version, title, body, title_en, body_en, published_at FROM charter"


async def _add(charter: Charter) -> bool:
    """Whether the version is new."""
    return bool(
        await execute(
            "INSERT INTO charter (id, version, title, body, title_en, body_en, published_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (version) DO NOTHING",
            new_id(),
            charter.version,
            charter.title,
            charter.body,
            charter.title_en,
            charter.body_en,
            charter.published_at,
        )
    )


def _shipped_versions() -> set[str]:
    return {path.name.removesuffix(".fr.txt") for path in TEXTS.glob("*.fr.txt")}


def _shipped() -> Charter:
    return _charter(max(_shipped_versions()))


def _paragraphs(text: str) -> str:
    """The text with one empty line between its paragraphs and none inside."""
    paragraphs = (plain(paragraph) for paragraph in re.split(r"\n\s*\n", plain(text, lines=True)))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


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
