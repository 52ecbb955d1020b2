"""Every message with invented data, in the demo. Anywhere else these addresses do not exist."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from ateliers.refusals import NotFound
from ateliers.settings import settings
from ateliers.web.gallery_pages import gallery_page, letter_html, letter_page

HOME = "/courriels"


@get(HOME, sync_to_thread=True)
def show_all() -> Response[bytes]:
    """Every message by its subject."""
    _only_in_the_demo()
    return gallery_page(HOME)


@get(HOME + "/{kind:str}", sync_to_thread=False)
def show_one(kind: FromPath[str]) -> Response[bytes]:
    """One message: subject, HTML, text."""
    _only_in_the_demo()
    return letter_page(HOME, kind)


@get(HOME + "/{kind:str}/html", sync_to_thread=False)
def show_html(kind: FromPath[str]) -> Response[bytes]:
    """Its HTML, for the frame of its page."""
    _only_in_the_demo()
    return letter_html(kind)


def _only_in_the_demo() -> None:
    if not settings().demo:
        raise NotFound


ROUTES: list[Any] = [show_all, show_one, show_html]
