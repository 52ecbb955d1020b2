"""Sessions as an Atom feed (RFC 4287)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

from ateliers.agenda.calendar import location, public_description, public_title
from ateliers.agenda.session import Session
from ateliers.exchange.feeds.head import Head
from ateliers.rendering import absolute
from ateliers.settings import settings
from ateliers.words import _, plain, when_in_words

TAGGED = "2026"  # the year in which the domain was ours when these tags were first made (RFC 4151)


def entry(session: Session) -> bytes:
    """One session. Its id stays the same whatever moves or changes."""
    page = absolute(session.path)
    when = when_in_words(session.starts_at, session.ends_at, session.zone)
    where = location(session) or _("Online")
    content = "\n\n".join((when, where, public_description(session, page)))
    lines = [
        "<entry>",
        f"<id>tag:{settings().mail_domain},{TAGGED}:session/{session.id.hex}</id>",
        f"<title>{_text(public_title(session))}</title>",
        f"<updated>{_moment(session.updated_at)}</updated>",
        f"<published>{_moment(session.published_at or session.created_at)}</published>",
        f'<link rel="alternate" type="text/html" href="{escape(page)}"/>',
        f'<link rel="related" type="text/calendar" href="{escape(page)}/agenda.ics"/>',
        *(f"<author><name>{_text(one.name)}</name></author>" for one in session.organisers),
        f'<category term="{session.kind.value}" label="{_text(str(session.kind.label))}"/>',
        f"<summary>{_text(f'{when} – {where}')}</summary>",
        f'<content type="text">{_text(content)}</content>',
        "</entry>\n",
    ]
    return "".join(lines).encode()


def whole(head: Head, entries: Sequence[bytes]) -> bytes:
    """The feed."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>\n',
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{head.language}">',
        f"<id>{escape(head.address)}</id>",
        f"<title>{_text(head.name)}</title>",
        f"<updated>{_moment(head.modified)}</updated>",
        f'<link rel="self" type="application/atom+xml" href="{escape(head.address)}"/>',
        f'<link rel="alternate" type="text/html" href="{escape(head.page)}"/>\n',
    ]
    return b"".join(["".join(lines).encode(), *entries, b"</feed>\n"])


def _text(value: str) -> str:
    return escape(plain(value, lines=True))


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
