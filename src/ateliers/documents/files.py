"""Files that people hand in and fetch: kept in the database, named safely, of a type that their first bytes prove."""

from __future__ import annotations

import enum
import hashlib
import re
import unicodedata
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.database import execute, fetch_one, new_id
from ateliers.refusals import Invalid, NotFound

MEGABYTE = 1_000_000
LARGEST_FILE = 20 * MEGABYTE
LONGEST_NAME = 120
HEIF_BRANDS = {b"heic", b"heix", b"mif1", b"hevc", b"heim"}


class FileType(enum.Enum):
    """What may be handed in; the values are media types."""

    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"
    HEIC = "image/heic"  # what some phones make of a photo
    WEBP = "image/webp"
    ODF = "application/vnd.oasis.opendocument"
    OFFICE = "application/vnd.openxmlformats-officedocument"
    MP4 = "video/mp4"

    @property
    def suffix(self) -> str:
        """Ending of a file's name where the type has one only; else ''."""
        return _SUFFIXES.get(self, "")


_SUFFIXES = {
    FileType.PDF: ".pdf",
    FileType.JPEG: ".jpg",
    FileType.PNG: ".png",
    FileType.HEIC: ".heic",
    FileType.WEBP: ".webp",
    FileType.MP4: ".mp4",
}
_FIRST_BYTES = {
    b"%PDF-": FileType.PDF,
    b"\xff\xd8\xff": FileType.JPEG,
    b"\x89PNG\r\n\x1a\n": FileType.PNG,
}
PHOTOS = frozenset({FileType.JPEG, FileType.PNG, FileType.HEIC, FileType.WEBP})
PAPERS = PHOTOS | {FileType.PDF}
EVERY_TYPE = frozenset(FileType)


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """What a form brought: the name that was claimed, and the bytes."""

    name: str
    content: bytes


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A kept file without its bytes."""

    id: UUID
    name: str
    media_type: str
    size: int  # bytes
    created_at: datetime


class FileContent(msgspec.Struct, frozen=True, kw_only=True):
    """A kept file, to be sent."""

    name: str
    media_type: str
    content: bytes


def type_of(content: bytes) -> FileType | None:
    """What the first bytes say; None for anything that may not be handed in."""
    for first, kind in _FIRST_BYTES.items():
        if content.startswith(first):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return FileType.WEBP
    if content[4:8] == b"ftyp":
        return FileType.HEIC if content[8:12] in HEIF_BRANDS else FileType.MP4
    return _type_of_zip(content) if content.startswith(b"PK\x03\x04") else None


def _type_of_zip(content: bytes) -> FileType | None:
    if b"mimetypeapplication/vnd.oasis.opendocument" in content[:200]:
        return FileType.ODF
    return FileType.OFFICE if b"[Content_Types].xml" in content else None


def wrong_with(upload: Upload, *, types: Collection[FileType], most: int = LARGEST_FILE) -> str | None:
    """What keeps the file from being taken, as a message id; None when it is good. `most` is in bytes."""
    if not upload.content:
        return "This file is empty."
    if len(upload.content) > most:
        return "This file is too large: 20 MB at most."
    if type_of(upload.content) not in types:
        return (
            "This type of file cannot be taken: send a PDF or a photo."
            if set(types) <= PAPERS
            else ("This type of file cannot be taken: send a PDF, a photo, a video or a document.")
        )
    return None


async def keep_file(
    upload: Upload, *, now: datetime, types: Collection[FileType], most: int = LARGEST_FILE, field: str = "file"
) -> UUID:
    """Keep the file; its id. Opens no transaction. Raises Invalid beside `field`."""
    wrong = wrong_with(upload, types=types, most=most)
    if wrong:
        raise Invalid({field: wrong})
    kind = type_of(upload.content)
    id = new_id()
    await execute(
        "INSERT INTO file (id, name, media_type, size, sha256, content, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        id,
        safe_name(upload.name, kind),
        kind.value if kind else "",
        len(upload.content),
        hashlib.sha256(upload.content).digest(),
        upload.content,
        now,
    )
    return id


async def get_file(id: UUID) -> FileContent:
    """The file with its bytes; whether this reader may have it, its owner's room says. Raises NotFound."""
    found = await fetch_one(FileContent, "SELECT name, media_type, content FROM file WHERE id = $1", id)
    if found is None:
        raise NotFound
    return found


async def drop_file(id: UUID) -> None:
    """Forget a file that nothing speaks of any more. Opens no transaction."""
    await execute("DELETE FROM file WHERE id = $1", id)


def safe_name(name: str, kind: FileType | None) -> str:
    """A name that every system can save: no path, no control character, the ending of its type."""
    base = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    base = re.sub(r"[^\w .,()’'+-]", "_", base).strip(". ")
    stem, dot, ending = base.rpartition(".")
    if not dot:
        stem, ending = base, ""
    suffix = (kind.suffix if kind else "") or (f".{ending.lower()}" if ending.isalnum() else "")
    return f"{stem[: LONGEST_NAME - len(suffix)].strip() or 'document'}{suffix}"
