"""HEIC photos and MP4 films without what tells where, when and by whom they were taken (ISO/IEC 14496-12 and 23008-12).

Everything in them is addressed by its distance from the start: what tells is overwritten, never taken out.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

NO_EXIF = b"\0\0\0\0MM\0*\0\0\0\x08" + bytes(6)  # a list of nothing: some programs read no photo whose EXIF is broken
# EXIF; XMP; what a maker adds: and what stands there instead.
TELLING_ITEMS = {b"Exif": NO_EXIF, b"mime": b"", b"uri ": b""}
TELLING_BOXES = {b"udta", b"meta", b"uuid"}  # of a film: place, device, author, whatever a maker adds
FOLDERS = {b"moov", b"trak", b"mdia"}
WITH_TIMES = {b"mvhd", b"tkhd", b"mdhd"}  # begin with when it was made, and last changed
MOST_EXTENTS = 100  # pieces of a photo that are blanked; real ones have two or three

_Box = tuple[bytes, int, int, int]  # its kind, where it starts, where its content starts and ends


def blank_photo(content: bytes) -> bytes:
    """A HEIC photo with empty EXIF and XMP; how it is turned stands elsewhere in it."""
    made = bytearray(content)
    for kind, place, length in islice(_telling_extents(content), MOST_EXTENTS):
        _blank(made, place, place + length, TELLING_ITEMS[kind])
    return bytes(made)


def blank_film(content: bytes) -> bytes:
    """An MP4 film without place, device and times."""
    made = bytearray(content)
    folders = [(0, len(content))]
    while folders:
        for kind, at, start, end in _boxes(content, *folders.pop()):
            if kind in TELLING_BOXES:
                made[at + 4 : at + 8] = b"free"
                _blank(made, start, end)
            elif kind in WITH_TIMES:
                _blank(made, start + 4, start + (20 if content[start : start + 1] == b"\1" else 12))
            elif kind in FOLDERS:
                folders.append((start, end))
    return bytes(made)


def _boxes(content: bytes, start: int, end: int) -> Iterator[_Box]:
    while start + 8 <= end:
        size, kind, head = int.from_bytes(content[start : start + 4]), content[start + 4 : start + 8], 8
        if size == 1:
            size, head = int.from_bytes(content[start + 8 : start + 16]), 16
        elif size == 0:
            size = end - start
        if size < head:
            return
        yield kind, start, start + head, min(start + size, end)
        start += size


def _telling_extents(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    for kind, _at, start, end in _boxes(content, 0, len(content)):
        if kind == b"meta":
            inside = {name: (first, last) for name, _box, first, last in _boxes(content, start + 4, end)}
            items = _telling_items(content, *inside.get(b"iinf", (0, 0)))
            yield from _extents(content, *inside.get(b"iloc", (0, 0)), items, inside.get(b"idat", (0, 0))[0])


def _telling_items(content: bytes, start: int, end: int) -> dict[int, bytes]:
    found = {}
    for _kind, _at, at, _end in _boxes(content, start + (6 if content[start : start + 1] == b"\0" else 8), end):
        wide = 4 if content[at : at + 1] == b"\3" else 2
        kind = content[at + wide + 6 : at + wide + 10]
        if kind in TELLING_ITEMS:
            found[int.from_bytes(content[at + 4 : at + 4 + wide])] = kind
    return found


def _extents(
    content: bytes, start: int, end: int, items: dict[int, bytes], inner: int
) -> Iterator[tuple[bytes, int, int]]:
    """Kind of each of these items, where it stands, and its length."""
    position = start

    def take(many: int) -> int:
        nonlocal position
        position += many
        return int.from_bytes(content[position - many : position])

    version = take(4) >> 24
    sizes = take(2)
    wide_offset, wide_length, wide_base, wide_index = ((sizes >> shift) & 15 for shift in (12, 8, 4, 0))
    for _item in range(take(4 if version == 2 else 2)):
        if position >= end:
            return
        item = take(4 if version == 2 else 2)
        method = take(2) & 15 if version else 0
        take(2)  # of another file
        base = take(wide_base)
        for _extent in range(take(2)):
            if position >= end:
                return
            take(wide_index if version else 0)
            at, length = base + take(wide_offset), take(wide_length)
            if item in items and method < 2:
                yield items[item], at + (inner if method else 0), length


def _blank(made: bytearray, start: int, end: int, instead: bytes = b"") -> None:
    room = max(0, min(end, len(made)) - start)
    made[start : start + room] = instead[:room].ljust(room, b"\0")
