"""Shared experiences as Atom (RFC 4287) and JSON Feed 1.1, with what is no longer shared as tombstones (RFC 6721)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from uuid import UUID

import msgspec

from ateliers import words
from ateliers.exchange.feeds.atom import TAGGED
from ateliers.exchange.feeds.head import Head
from ateliers.exchange.feeds.public import etag_of, revised_at
from ateliers.experiences.experience import Document, Experience
from ateliers.experiences.published import Retired, Shelf, documents_of, list_published, list_retired
from ateliers.places.territories import REGIONS
from ateliers.rendering import absolute
from ateliers.settings import settings
from ateliers.words import _, plain

MOST = 200  # the latest; a region's site that wants more reads the pages
FORMATS = {"atom": "application/atom+xml; charset=utf-8", "json": "application/feed+json"}


class _Shown(msgspec.Struct, frozen=True):
    experience: Experience
    documents: Sequence[Document]


async def experience_feed(shelf: Shelf, extension: str, *, now: datetime) -> bytes:
    """The feed of a région or the country in one of FORMATS, in the reader's language."""
    found, _count = await list_published(shelf, limit=MOST)
    found.sort(key=lambda one: (one.changed_at, one.id), reverse=True)
    documents = await documents_of(found)
    retired = await list_retired(shelf, now=now)
    code = shelf.region or "france"
    told = msgspec.json.encode([[one.id, one.changed_at] for one in found] + [[one.id, one.at, 0] for one in retired])
    name = REGIONS[shelf.region] if shelf.region else _("France")
    head = Head(
        name=_("Shared experiences: %(where)s") % {"where": name},
        address=absolute(f"/retours-d-experience/flux/{code}.{extension}"),
        page=absolute(f"/retours-d-experience/regions/{code}" if shelf.region else "/retours-d-experience"),
        language=words.language(),
        modified=await revised_at(f"experiences/{code}", etag_of(told).encode(), now=now),
    )
    shown = [_Shown(one, documents.get(one.id, [])) for one in found]
    return (_atom if extension == "atom" else _json)(head, shown, retired)


def _atom(head: Head, shown: Sequence[_Shown], retired: Sequence[Retired]) -> bytes:
    parts = [
        '<?xml version="1.0" encoding="utf-8"?>\n',
        f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0" xml:lang="{head.language}">',
        f"<id>{escape(head.address)}</id><title>{_text(head.name)}</title><updated>{_moment(head.modified)}</updated>",
        f'<link rel="self" type="application/atom+xml" href="{escape(head.address)}"/>',
        f'<link rel="alternate" type="text/html" href="{escape(head.page)}"/>\n',
    ]
    for one in shown:
        told = one.experience
        page = escape(absolute(told.path))
        parts += [
            f"<entry><id>{_tag(told.id)}</id><title>{_text(told.title)}</title>",
            f"<updated>{_moment(told.changed_at)}</updated><published>{_moment(told.published_at)}</published>",
            f'<link rel="alternate" type="text/html" href="{page}"/>',
            *(
                f'<link rel="enclosure" type="{document.media_type}" length="{document.size}" '
                f'title="{_text(document.title)}" href="{escape(_address(document))}"/>'
                for document in one.documents
            ),
            f"<author><name>{_text(told.structure_name)}</name></author>",
            f'<category term="{told.kind.value}" label="{_text(str(told.kind.label))}"/>',
            f'<summary>{_text(told.summary)}</summary><content type="html">{escape(_html(told))}</content></entry>\n',
        ]
    parts += [f'<at:deleted-entry ref="{_tag(one.id)}" when="{_moment(one.at)}"/>\n' for one in retired]
    return "".join([*parts, "</feed>\n"]).encode()


def _json(head: Head, shown: Sequence[_Shown], retired: Sequence[Retired]) -> bytes:
    return msgspec.json.encode(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": head.name,
            "home_page_url": head.page,
            "feed_url": head.address,
            "language": head.language,
            "items": [_item(one) for one in shown],
            "_retired": [{"id": _tag(one.id), "at": _moment(one.at)} for one in retired],
        }
    )


def _item(one: _Shown) -> dict[str, object]:
    told = one.experience
    return {
        "id": _tag(told.id),
        "url": absolute(told.path),
        "title": told.title,
        "summary": told.summary,
        "content_html": _html(told),
        "date_published": _moment(told.published_at),
        "date_modified": _moment(told.changed_at),
        "authors": [{"name": told.structure_name, "url": absolute(f"/signataires/{told.structure_slug}")}],
        "tags": [str(told.kind.label)],
        "attachments": [
            {
                "url": _address(document),
                "mime_type": document.media_type,
                "title": document.title,
                "size_in_bytes": document.size,
            }
            for document in one.documents
        ],
        "_experience": {
            "kind": told.kind.value,
            "event": told.event_title,
            "departement": told.departement,
            "region": told.region,
            "commune": told.place or told.structure_commune,
            "first_session": None if told.first_at is None else _moment(told.first_at),
            "last_session": None if told.last_at is None else _moment(told.last_at),
            "sessions": told.dates,
        },
    }


def _html(told: Experience) -> str:
    return "".join(
        f"<h2>{_text(str(label))}</h2>"
        + "".join(f"<p>{'<br>'.join(_text(text).splitlines())}</p>" for text in paragraphs)
        for label, paragraphs in told.parts
    )


def _address(document: Document) -> str:
    return absolute(f"/retours-d-experience/documents/{document.id}")


def _tag(id: UUID) -> str:
    return f"tag:{settings().mail_domain},{TAGGED}:experience/{id.hex}"


def _text(value: str) -> str:
    return escape(plain(value, lines=True))


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
