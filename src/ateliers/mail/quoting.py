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
_BREAKS = re.compile(r"<\s*(?:br|/p|/div|/li|/tr|/h[1-6])\b[^>]{0,200}>", re.IGNORECASE)
_UNSEEN = re.compile(r"<\s*(style|script|head|title)\b.{0,100000}?<\s*/\s*\1\s*>", re.IGNORECASE | re.DOTALL)
_QUOTED = re.compile(r"<\s*blockquote\b.*", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]{0,5000}>")
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
    """The text of an HTML message, lines kept, its quotation left out."""
    shown = _QUOTED.sub("", _UNSEEN.sub("", html)) or html
    lines = _TAG.sub("", _BREAKS.sub("\n", re.sub(r"\s+", " ", shown)))
    return "\n".join(line.strip() for line in unescape(lines).splitlines())
