"""Poster A4, two flyers A5 on one sheet, and pictures: printed, shown at the town hall, posted and shared online (B22)."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import datetime

import msgspec

from ateliers.agenda.session import Session
from ateliers.documents.pdf import make_pdf, make_png
from ateliers.documents.qr import qr_svg
from ateliers.places.place import Accessibility
from ateliers.rendering import absolute
from ateliers.words import _, day_in_words, language, local, phone_in_words, time_in_words

MOST_OTHERS = 5  # further dates that are named
LONGEST_WORD = 20  # letters that fit on one line of a poster


class Format(enum.Enum):
    """What is made; the value is the file's name."""

    POSTER = "affiche.pdf"
    FLYER = "tracts.pdf"
    PICTURE = "affiche.png"
    CARD = "image.png"


TEMPLATES = {
    Format.POSTER: "documents/poster.typ",
    Format.FLYER: "documents/flyer.typ",
    Format.PICTURE: "documents/poster.typ",
    Format.CARD: "documents/card.typ",
}
CARD_SIZE = (1200, 675)  # points of the CARD
PAPERS = {Format.POSTER, Format.FLYER}


class Poster(msgspec.Struct, frozen=True, kw_only=True):
    """What the paper says, in the reader's language."""

    lang: str
    kind: str
    title: str
    has_long_word: bool  # in the title: it may be cut
    dates: list[str]  # a cycle has several
    hours: str
    also: str  # further dates of the event, same hours, same place; '' for none
    where: list[str]
    facts: str
    free: str
    how: str
    phone_label: str
    phone: str
    address_label: str
    address: str  # to type
    qr: str  # SVG
    qr_label: str
    by: str
    called_off: str


def poster_of(session: Session, others: Sequence[Session] = ()) -> Poster:
    """The paper of a session as it stands; `others` are further dates of its event, in order of time."""
    number = session.phone or session.structure_phone
    address = absolute(f"/s/{session.code[:5]}-{session.code[5:]}")
    known = {fact.value: fact for fact in Accessibility}
    facts = dict.fromkeys([*session.accessibility, *session.place_accessibility])
    hours = _("from %(start)s to %(end)s") % {
        "start": time_in_words(session.starts_at, session.zone),
        "end": time_in_words(session.ends_at, session.zone),
    }
    return Poster(
        lang=language(),
        kind=str(session.rules.label),
        title=session.title,
        has_long_word=any(len(word) > LONGEST_WORD for word in session.title.split()),
        dates=[day_in_words(date.starts_at, session.zone) for date in session.dates if not date.called_off_at]
        or [day_in_words(session.starts_at, session.zone)],
        hours=_("the whole day") if session.all_day else hours,
        also=_also(session, others),
        where=_where(session),
        facts=", ".join(str(known[fact].label) for fact in facts if fact in known),
        free=_("Free"),
        how=_("Book your seat: no account needed")
        if session.rules.takes_bookings
        else _("Come as you are, no booking needed"),
        phone_label=_("By phone"),
        phone=phone_in_words(number) if number else "",
        address_label=_("On the Internet"),
        address=address.partition("://")[2],
        qr=qr_svg(address),
        qr_label=_("Point your phone here"),
        by=session.structure_name,
        called_off=_("This session is called off.") if session.is_called_off else "",
    )


def _also(session: Session, others: Sequence[Session]) -> str:
    def told_by(one: Session) -> tuple[object, ...]:
        start, end = local(one.starts_at, one.zone), local(one.ends_at, one.zone)
        return one.onsite_id, one.all_day, start.time(), end.time(), one.place_name, one.address, one.commune_name

    alike = [
        other
        for other in others
        if other.starts_at > session.starts_at and not other.is_off and told_by(other) == told_by(session)
    ]
    if not alike or session.dates:
        return ""
    days = [day_in_words(other.starts_at, other.zone).rpartition(" ")[0] for other in alike[:MOST_OTHERS]]  # no year
    return _("Also: %(days)s") % {"days": ", ".join(days) + (", …" if len(alike) > MOST_OTHERS else "")}


def _where(session: Session) -> list[str]:
    if session.place_name is None:
        return [_("From home, on the Internet")]
    lines = [session.place_name, session.address, f"{session.postcode} {session.commune_name}"]
    return [line for line in lines if line]


async def make_poster(session: Session, form: Format, *, others: Sequence[Session] = (), now: datetime) -> bytes:
    """The file, in the reader's language: PDF/UA, or a picture of 1,240 × 1,754 points (CARD: 1,200 × 675)."""
    make = make_pdf if form in PAPERS else make_png
    return await make(TEMPLATES[form], poster_of(session, others), now=now)
