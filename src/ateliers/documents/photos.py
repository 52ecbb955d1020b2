"""Photos and films without the traces that phones leave in them: where, when and with which device they were taken."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

from ateliers.documents.boxes import blank_film, blank_photo
from ateliers.documents.files import FileType, type_of

JPEG = b"\xff\xd8"
PNG = b"\x89PNG\r\n\x1a\n"
EXIF = b"Exif\0\0"
START_OF_SCAN = 0xDA
END_OF_IMAGE = 0xD9
MARKER = re.compile(rb"\xff[^\xff]")  # any number of \xff may stand before it
AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # a marker, neither a stuffed byte nor a restart
LOOKS = (b"JFIF\0", b"ICC_PROFILE\0", b"Adobe")  # beginnings of application segments that change how a photo looks
# Of the chunks that programs may skip, those that change how a picture looks (PNG, third edition, 11.3; 5.4 for the rest).
SHOWING_CHUNKS = {b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"bKGD", b"pHYs", b"mDCV", b"cLLI", b"acTL", b"fcTL", b"fdAT"}  # fmt: skip
ORIENTATION = 0x0112


def without_traces(content: bytes) -> bytes:
    """A photo or an MP4 film without its metadata, upright as before; anything else as it is.

    Of a broken JPEG, PNG or WebP, what cannot be read is left out: one that is cut short tells nothing either.
    """
    if content.startswith(JPEG):
        return _clean_jpeg(content)
    if content.startswith(PNG):
        return _clean_png(content)
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return _clean_webp(content)
    kind = type_of(content)
    if kind is FileType.HEIC:
        return blank_photo(content)
    return blank_film(content) if kind is FileType.MP4 else content


def _clean_jpeg(content: bytes) -> bytes:
    kept = [JPEG]
    upright = b""
    for segment in _segments(content):
        marker = segment[1]
        if marker == 0xE1 and segment[4:10] == EXIF:
            upright = _only_orientation(segment[10:])
        elif not (0xE0 <= marker <= 0xEF or marker == 0xFE) or segment[4:].startswith(LOOKS):
            kept.append(segment)
    if upright:
        kept.insert(1, b"\xff\xe1" + struct.pack(">H", len(EXIF + upright) + 2) + EXIF + upright)
    return b"".join(kept)


def _segments(content: bytes) -> Iterator[bytes]:
    position = 2
    # Behind the end some phones hide a film of the moment, with its own traces: it is never reached.
    while (found := MARKER.search(content, position)) is not None:
        position, end = found.span()
        marker = content[position + 1]
        if marker != END_OF_IMAGE:
            end += int.from_bytes(content[end : end + 2])
        if marker == START_OF_SCAN:  # the picture itself follows, up to the next marker
            after = AFTER_SCAN.search(content, end)
            end = after.start() if after else len(content)
        yield content[position:end]
        if marker == END_OF_IMAGE:
            return
        position = end


def _clean_png(content: bytes) -> bytes:
    kept = [PNG]
    upright = b""
    position = len(PNG)
    while position + 12 <= len(content) and kept[-1][4:8] != b"IEND":
        length, name = struct.unpack_from(">I4s", content, position)
        end = position + 12 + length
        if name == b"eXIf":
            upright = _only_orientation(content[position + 8 : end - 4])
        elif name[:1].isupper() or name in SHOWING_CHUNKS:
            kept.append(content[position:end])
        position = end
    if upright:
        told = b"eXIf" + upright
        kept.insert(2, struct.pack(">I", len(upright)) + told + struct.pack(">I", zlib.crc32(told)))
    return b"".join(kept)


def _clean_webp(content: bytes) -> bytes:
    kept = []
    upright = b""
    for name, chunk in _webp_chunks(content):
        if name == b"EXIF":
            upright = _only_orientation(chunk[8:].removeprefix(EXIF))
        elif name != b"XMP ":
            kept.append(chunk)
    if upright:
        kept.append(b"EXIF" + struct.pack("<I", len(upright)) + upright)
    body = b"".join(kept)
    if body.startswith(b"VP8X") and len(body) > 8:  # its flags say whether EXIF and XMP follow
        body = body[:8] + bytes([body[8] & ~0b1100 | 0b1000 * bool(upright)]) + body[9:]
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _webp_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 12
    while position + 8 <= len(content):
        name, length = struct.unpack_from("<4sI", content, position)
        end = position + 8 + length + length % 2
        yield name, content[position:end]
        position = end


def _only_orientation(exif: bytes) -> bytes:
    """Of a TIFF header and its first directory, nothing but how to turn the picture; b'' when it stands upright."""
    order = "<" if exif[:2] == b"II" else ">"
    try:
        start = struct.unpack_from(f"{order}I", exif, 4)[0]
        count = struct.unpack_from(f"{order}H", exif, start)[0]
        for number in range(count):
            tag, _kind, _many, value = struct.unpack_from(f"{order}HHIH", exif, start + 2 + 12 * number)
            if tag == ORIENTATION and 2 <= value <= 8:
                return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, ORIENTATION, 3, 1, value, 0, 0)
    except struct.error:
        pass  # it ends before what it announces
    return b""
