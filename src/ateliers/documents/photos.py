"""Photos without the traces that phones leave in them: where, when and with which device they were taken."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

JPEG = b"\xff\xd8"
PNG = b"\x89PNG\r\n\x1a\n"
START_OF_SCAN = 0xDA
END_OF_IMAGE = 0xD9
AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # a marker, neither a stuffed byte nor a restart
LOOKS = (b"JFIF\0", b"ICC_PROFILE\0", b"Adobe")  # beginnings of application segments that change how a photo looks
TELLING_CHUNKS = {b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"}
ORIENTATION = 0x0112


def without_traces(content: bytes) -> bytes:
    """A JPEG, PNG or WebP photo without its metadata, upright as before; anything else as it is."""
    try:
        if content.startswith(JPEG):
            return _clean_jpeg(content)
        if content.startswith(PNG):
            return _clean_png(content)
        if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
            return _clean_webp(content)
    except (struct.error, IndexError):
        pass  # broken or cut short: nothing in it could be read as metadata either
    return content


def _clean_jpeg(content: bytes) -> bytes:
    kept = [JPEG]
    orientation = 1
    position = 2
    while content[position + 1] != END_OF_IMAGE:
        marker = content[position + 1]
        end = position + 2 + struct.unpack_from(">H", content, position + 2)[0]
        if marker == START_OF_SCAN:  # the picture itself follows, up to the next marker
            found = AFTER_SCAN.search(content, end)
            end = found.start() if found else len(content)
        segment = content[position:end]
        if marker == 0xE1 and segment[4:10] == b"Exif\0\0":
            orientation = _orientation(segment[10:])
        elif not (0xE0 <= marker <= 0xEF or marker == 0xFE) or segment[4:].startswith(LOOKS):
            kept.append(segment)
        position = end
    if orientation != 1:
        kept.insert(1, _only_orientation(orientation))
    # Behind its end some phones hide a film of the moment, with its own traces.
    return b"".join([*kept, content[position : position + 2]])


def _orientation(exif: bytes) -> int:
    order = "<" if exif[:2] == b"II" else ">"
    start = struct.unpack_from(f"{order}I", exif, 4)[0]
    count = struct.unpack_from(f"{order}H", exif, start)[0]
    for number in range(count):
        tag, _kind, _many, value = struct.unpack_from(f"{order}HHIH", exif, start + 2 + 12 * number)
        if tag == ORIENTATION and 1 <= value <= 8:
            return int(value)
    return 1


def _only_orientation(value: int) -> bytes:
    exif = b"Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, ORIENTATION, 3, 1, value, 0, 0)
    return b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif


def _clean_png(content: bytes) -> bytes:
    kept = [PNG]
    position = len(PNG)
    while position < len(content):
        length, name = struct.unpack_from(">I4s", content, position)
        if name not in TELLING_CHUNKS:
            kept.append(content[position : position + 12 + length])
        position += 12 + length
    return b"".join(kept)


def _clean_webp(content: bytes) -> bytes:
    body = b"".join(chunk for name, chunk in _webp_chunks(content) if name not in (b"EXIF", b"XMP "))
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _webp_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 12
    while position + 8 <= len(content):
        name, length = struct.unpack_from("<4sI", content, position)
        end = position + 8 + length + length % 2
        chunk = content[position:end]
        if name == b"VP8X":  # its flags say that EXIF and XMP follow
            chunk = chunk[:8] + bytes([chunk[8] & ~0b1100]) + chunk[9:]
        yield name, chunk
        position = end
