"""The sign-in sheet as PDF: a line for each seat, blank lines for people who come without a booking (E7)."""

from __future__ import annotations

from datetime import datetime

import msgspec

from ateliers.agenda.calendar import location
from ateliers.agenda.session import Session
from ateliers.attendance.sheet import Sheet
from ateliers.documents.pdf import make_pdf
from ateliers.words import _, fold, language, when_in_words

BLANK = 6  # lines below the names at least
A_PAGE = 16  # lines on the first page, which are there in any case


class PaperSheet(msgspec.Struct, frozen=True, kw_only=True):
    """What the paper says, in the reader's language."""

    lang: str
    heading: str
    title: str
    by: str
    facts: list[str]
    to_destroy: str
    number_label: str
    name_label: str
    signature_label: str
    names: list[str]  # in order of the alphabet; '' for a blank line
    without_booking: str
    first_blank: int  # index of the first line for who comes without a booking; -1: every line is for anybody
    run_by_label: str
    foot: str


def paper_sheet(sheet: Sheet, *, with_names: bool = True) -> PaperSheet:
    """The paper of a session. Without names: blank lines only, where people should not read each other's."""
    session = sheet.session
    # Companions without a name of their own stand below whoever booked for them.
    lines = sorted(sheet.lines, key=lambda line: (fold(line.name or line.contact), line.code, line.seat))
    names = [line.shown_name for line in lines] if with_names else []
    blank = max(len(lines) + BLANK, A_PAGE) - len(names)
    return PaperSheet(
        lang=language(),
        heading=_("Sign-in sheet"),
        title=session.title,
        by=session.structure_name,
        facts=_facts(session),
        to_destroy=_("To be destroyed once attendance is recorded"),
        number_label=_("No."),
        name_label=_("First and last name"),
        signature_label=_("Signature"),
        names=[*names, *[""] * blank],
        without_booking=_("Without a booking"),
        first_blank=len(names) if with_names else -1,
        run_by_label=_("Run by (name and signature)"),
        foot=_("Your name and signature show that you came. They serve for nothing else."),
    )


def _facts(session: Session) -> list[str]:
    return [
        when_in_words(session.starts_at, session.ends_at, session.zone),
        location(session) or _("Online"),
    ]


async def sign_in_sheet_pdf(sheet: Sheet, *, now: datetime, with_names: bool = True) -> bytes:
    """The same as PDF/UA, in the reader's language."""
    return await make_pdf("documents/sign_in_sheet.typ", paper_sheet(sheet, with_names=with_names), now=now)
