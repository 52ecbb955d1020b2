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
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
OTHER_BRANDS = {b"avif", b"avis", b"crx ", b"M4A ", b"M4B "}  # photos and sound, which are no film
MACROS = b"vbaProject.bin"  # names in a ZIP file are not compressed


class FileType(enum.Enum):
    """What may be handed in; the values are media types."""

    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"
    HEIC = "image/heic"  # what some phones make of a photo
    WEBP = "image/webp"
    ODT = "application/vnd.oasis.opendocument.text"
    ODS = "application/vnd.oasis.opendocument.spreadsheet"
    ODP = "application/vnd.oasis.opendocument.presentation"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    MP4 = "video/mp4"

    @property
    def suffix(self) -> str:
        """Ending of a file's name."""
        return ".jpg" if self is FileType.JPEG else f".{self.name.lower()}"


_FIRST_BYTES = {
    b"%PDF-": FileType.PDF,
    b"\xff\xd8\xff": FileType.JPEG,
    b"\x89PNG\r\n\x1a\n": FileType.PNG,
}
_OFFICE_PARTS = {
    b"word/document": FileType.DOCX,
    b"xl/workbook.xml": FileType.XLSX,
    b"ppt/presentation": FileType.PPTX,
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
        brand = content[8:12]
        return FileType.HEIC if brand in HEIC_BRANDS else None if brand in OTHER_BRANDS else FileType.MP4
    return _type_of_zip(content) if content.startswith(b"PK\x03\x04") else None


def _type_of_zip(content: bytes) -> FileType | None:
    if content[30:38] == b"mimetype":  # first and not compressed (ODF 1.3, part 2, 3.3)
        told = content[38:120].partition(b"PK")[0].strip()
        return next((kind for kind in (FileType.ODT, FileType.ODS, FileType.ODP) if kind.value.encode() == told), None)
    if b"[Content_Types].xml" not in content or MACROS in content:
        return None
    return next((kind for part, kind in _OFFICE_PARTS.items() if part in content), None)


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
            else ("This type of file cannot be taken: send a PDF, a photo, a video or a document without macros.")
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
