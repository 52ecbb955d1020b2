"""Content lines of iCalendar (RFC 5545 3.1): escaped, quoted, folded, the same bytes each time.

Written by hand because what writes them decides what Outlook and libical accept: parameters are always quoted, and a fold falls
neither inside a character nor inside an escape (rules S1 to S4).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from ateliers.words import plain

LINE = 75  # octets, the line end not counted
_UNQUOTED = str.maketrans({'"': "’", "^": "", "\\": "/"})
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


def text(value: str) -> str:
    """`value` as a TEXT value: line breaks kept, control characters gone."""
    return plain(value, lines=True).translate(_ESCAPES)


def quoted(value: str) -> str:
    """`value` as a parameter value, in quotes.

    No quote, caret or backslash inside: Outlook does not know how RFC 6868 writes them, others undo escapes that are none.
    """
    return '"' + plain(value).translate(_UNQUOTED) + '"'


def utc(moment: datetime) -> str:
    """`moment` as DATE-TIME in UTC."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def folded(line: str) -> bytes:
    """One content line with its line ends."""
    raw = line.encode()
    if len(raw) <= LINE:
        return raw + b"\r\n"
    parts = []
    start, room = 0, LINE
    while len(raw) - start > room:
        end = start + room
        while raw[end] & 0xC0 == 0x80:  # inside a UTF-8 sequence
            end -= 1
        slashes = len(raw[start:end]) - len(raw[start:end].rstrip(b"\\"))
        end -= slashes % 2  # a lone backslash belongs to what follows
        parts.append(raw[start:end])
        start, room = end, LINE - 1  # the leading space counts
    parts.append(raw[start:])
    return b"\r\n ".join(parts) + b"\r\n"


def written(lines: Iterable[str]) -> bytes:
    """Lines as bytes."""
    return b"".join(map(folded, lines))
