"""What somebody wrote in an answer, without what their program quoted below or above it."""

from __future__ import annotations

import re
from html import unescape

_QUOTE_BEGINS = re.compile(
    r"(?:-{2,}\s*(?:message d.origine|original message|message transféré|forwarded message)\b.*"
    r"|_{10,}"
    r"|(?:le|on|am|el|il) .{4,200}(?:a écrit|wrote|schrieb|escribió|ha scritto)\s*:"
    r"|(?:de|from)\s*:\s.*rendez-vous@.*)",
    re.IGNORECASE,
)
_UNSEEN = {"style", "script", "head", "title", "blockquote"}
_BREAKS = {"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6"}
_TAG_NAME = re.compile(r"/?[a-z0-9]+", re.IGNORECASE)
_GAPS = re.compile(r"\n{3,}")


def spoken(text: str) -> str:
    """The lines before the quotation, quoted lines left out; the whole when nothing else remains."""
    kept: list[str] = []
    lines = text.splitlines()
    for number, line in enumerate(lines):
        # Some programs break « On … wrote: » over two lines.
        two = f"{line} {lines[number + 1]}" if number + 1 < len(lines) else line
        if _QUOTE_BEGINS.match(line.strip()) or (len(two) < 250 and _QUOTE_BEGINS.fullmatch(two.strip())):
            break
        if not line.startswith(">"):
            kept.append(line)
    return _GAPS.sub("\n\n", "\n".join(kept)).strip() or text.strip()


def without_tags(html: str) -> str:
    """The text of an HTML message, lines kept, what is not shown and its quotation left out; all of it if nothing else is left."""
    return _shown(html, _UNSEEN) or _shown(html, _UNSEEN - {"blockquote"})


def _shown(html: str, unseen: set[str]) -> str:
    # Cut at each « < »: one pass, however broken it is.
    first, *pieces = html.split("<")
    shown = [first]
    waits_for = ""
    for piece in pieces:
        found = _TAG_NAME.match(piece)
        name = found[0].lower() if found else ""
        text = piece.partition(">")[2]
        if waits_for:
            if name != f"/{waits_for}":
                continue
            waits_for = ""
        elif name in unseen:
            waits_for = name
            continue
        if name.strip("/") in _BREAKS:
            shown.append("\0")
        shown.append(text)
    text = re.sub(r"\s+", " ", unescape("".join(shown)))
    return "\n".join(line.strip() for line in text.split("\0")).strip()
