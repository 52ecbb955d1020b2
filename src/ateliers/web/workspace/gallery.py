"""Every message with invented data, for staff who want to know what people receive."""

from __future__ import annotations

from litestar import Response, get
from litestar.params import FromPath

from ateliers.web.gallery_pages import gallery_page, letter_html, letter_page

HOME = "/espace/courriels"


@get(HOME, sync_to_thread=True)
def show_all() -> Response[bytes]:
    """Every message by its subject."""
    return gallery_page(HOME)


@get(HOME + "/{kind:str}", sync_to_thread=False)
def show_one(kind: FromPath[str]) -> Response[bytes]:
    """One message: subject, HTML, text."""
    return letter_page(HOME, kind)


@get(HOME + "/{kind:str}/html", sync_to_thread=False)
def show_html(kind: FromPath[str]) -> Response[bytes]:
    """Its HTML, for the frame of its page."""
    return letter_html(kind)


ROUTES = [show_all, show_one, show_html]
