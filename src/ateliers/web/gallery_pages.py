"""The pages of the gallery, the same for staff and in the demo."""

from __future__ import annotations

from litestar import Response

from ateliers.refusals import NotFound
from ateliers.web import gallery
from ateliers.web.answers import page
from ateliers.web.frame import CSP

# A message's own HTML: in a frame of its own that runs nothing and fetches nothing.
LETTER_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"


def gallery_page(home: str) -> Response[bytes]:
    """Every message by its subject."""
    return page("gallery.html", shown=[_one(kind) for kind in gallery.kinds()], home=home)


def letter_page(home: str, kind: str) -> Response[bytes]:
    """One message: subject, HTML, text. Raises NotFound."""
    answer = page("gallery_letter.html", one=_one(kind), home=home)
    answer.headers["content-security-policy"] = f"{CSP}; frame-src 'self'"
    return answer


def letter_html(kind: str) -> Response[bytes]:
    """Its HTML, for the frame of its page. Raises NotFound."""
    return html_alone(_one(kind).html)


def html_alone(html: str) -> Response[bytes]:
    """A message's HTML in a frame."""
    return Response(html.encode(), media_type="text/html", headers={"content-security-policy": LETTER_CSP})


def _one(kind: str) -> gallery.Shown:
    found = gallery.show(kind)
    if found is None:
        raise NotFound
    return found
