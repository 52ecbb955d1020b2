"""The demo's mailbox in the browser: what was sent, as it arrived. Anywhere else these addresses do not exist."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from litestar import Response, get
from litestar.params import FromPath

from ateliers import mailbox
from ateliers.refusals import NotFound
from ateliers.settings import settings
from ateliers.web.answers import page
from ateliers.web.frame import CSP
from ateliers.web.gallery_pages import html_alone


def _folder() -> Path:
    """Where the demo keeps its mail. Raises NotFound outside the demo."""
    if not settings().demo:
        raise NotFound
    return settings().data_dir / mailbox.FOLDER


def _letter(name: str) -> mailbox.Letter:
    letter = mailbox.find_letter(_folder(), name)
    if letter is None:
        raise NotFound
    return letter


@get(mailbox.PATH, sync_to_thread=True)
def show_mailbox() -> Response[bytes]:
    """The newest messages, newest first."""
    return page("public/mailbox.html", letters=mailbox.list_envelopes(_folder()), path=mailbox.PATH)


@get(mailbox.PATH + "/{name:str}", sync_to_thread=True)
def show_letter(name: FromPath[str]) -> Response[bytes]:
    """One message: headers, text, HTML, attachments, source."""
    answer = page("public/mailbox_letter.html", letter=_letter(name), path=mailbox.PATH)
    answer.headers["content-security-policy"] = f"{CSP}; frame-src 'self'"
    return answer


@get(mailbox.PATH + "/{name:str}/html", sync_to_thread=True)
def show_html(name: FromPath[str]) -> Response[bytes]:
    """The message's HTML, for the frame of its page."""
    return html_alone(_letter(name).html)


@get(mailbox.PATH + "/{name:str}/piece/{number:int}", sync_to_thread=True)
def download_part(name: FromPath[str], number: FromPath[int]) -> Response[bytes]:
    """An attachment, to keep."""
    found = mailbox.find_part(_folder(), name, number)
    if found is None:
        raise NotFound
    part, content = found
    return Response(
        content,
        media_type="application/octet-stream",
        headers={"content-disposition": f"attachment; filename*=UTF-8''{quote(part.name, safe='')}"},
    )


ROUTES: list[Any] = [show_mailbox, show_letter, show_html, download_part]
