"""Pages made to stand in a frame of another site, in that site's colours: no cookie, no script, nothing but a list and links (B17)."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from babel.numbers import format_decimal
from litestar import Response
from msgspec import Meta

from ateliers.refusals import Refusal
from ateliers.web.answers import page
from ateliers.web.fields import parse
from ateliers.web.frame import CSP
from ateliers.words import T, language

READABLE = 4.5  # contrast that text needs (WCAG 2.2, 1.4.3)
IN_ANY_SITE = {
    "content-security-policy": CSP.replace("frame-ancestors 'none'", "frame-ancestors *"),
    "x-robots-tag": "noindex",
}
WITH_FRAMES_OF_OURS = {"content-security-policy": f"{CSP}; frame-src 'self'"}
_HEX = {
    "pattern": r"^#?[0-9A-Fa-f]{6}$",
    "extra": {"input": "color", "error": "A colour is # and six digits or letters from A to F: #0b4f8a."},
}
Background = Annotated[str, Meta(title="Background", **_HEX)]
TextColour = Annotated[str, Meta(title="Text", **_HEX)]
LinkColour = Annotated[str, Meta(title="Links", **_HEX)]


class Colours(msgspec.Struct, frozen=True, kw_only=True):
    """The host's colours, as addresses carry them; ours where it says nothing."""

    fond: Background = "#ffffff"
    texte: TextColour = "#22302f"
    liens: LinkColour = "#0b4f8a"

    @property
    def query(self) -> str:
        """For an address: '#' left out."""
        return urlencode({name: getattr(self, name).lstrip("#").lower() for name in self.__struct_fields__})

    @property
    def css(self) -> str:
        """The stylesheet that puts them in place."""
        fond, texte, liens = (f"#{getattr(self, name).lstrip('#')}" for name in ("fond", "texte", "liens"))
        scheme = "light" if _luminance(fond) > _luminance(texte) else "dark"
        return f":root{{color-scheme:{scheme};--fond:{fond};--texte:{texte};--liens:{liens}}}\n"

    def wrong(self) -> dict[str, T]:
        """By field, what cannot be read on the background."""
        found = {}
        for name in ("texte", "liens"):
            reached = contrast(getattr(self, name), self.fond)
            if reached < READABLE:
                found[name] = T(
                    "Hard to read on this background: the contrast is %(reached)s to 1, %(needed)s are needed.",
                    reached=_told(reached),
                    needed=_told(READABLE),
                )
        return found


def colours_of(raw: dict[str, list[str]]) -> Colours:
    """The colours of an address; our own where they are missing, broken or could not be read."""
    given, errors = parse(Colours, {name: raw[name] for name in Colours.__struct_fields__ if name in raw}, typed=False)
    return Colours() if given is None or errors or given.wrong() else given


def framed(template: str, *, colours: Colours, status: int = 200, **context: Any) -> Response[bytes]:
    """A page that any site may show in a frame; its template extends `embed.html`."""
    answer = page(template, status=status, colours=colours, **context)
    answer.headers.update(IN_ANY_SITE)
    return answer


def framed_refusal(refusal: Refusal, *, colours: Colours) -> Response[bytes]:
    """Says no in the frame itself: an ordinary page would be refused by the browser and tell the visitor nothing."""
    title = str(T(refusal.title, **refusal.facts))
    return framed("embed_problem.html", colours=colours, status=refusal.status, title=title)


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white), as WCAG defines it."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _told(ratio: float) -> str:
    """Rounded down, so that what is told as 4.5 is; as the reader's language writes it."""
    return str(format_decimal(int(ratio * 10) / 10, locale=language()))
