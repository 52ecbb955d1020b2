"""The certificate that somebody was there: only for those present, with a code that anybody may check (E8)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ateliers import signing
from ateliers.agenda.calendar import location
from ateliers.agenda.session import Session
from ateliers.agenda.sessions import get_session
from ateliers.attendance.mark import UnknownSeat, read_seat_id
from ateliers.attendance.tally import confirmed_seats
from ateliers.bookings.booking import Booking
from ateliers.bookings.codes import ALPHABET
from ateliers.database import fetch, fetch_one, fetch_value, transaction
from ateliers.documents.pdf import make_pdf
from ateliers.documents.qr import qr_svg
from ateliers.network.people import Person
from ateliers.refusals import NotFound, Refusal
from ateliers.rendering import absolute
from ateliers.words import _, date_in_words, fold, language, plain, when_in_words

LENGTH = 10  # of a code: 50 random bits
PURPOSE = "certificate"
LONGEST_NAME = 120


class NotPresent(Refusal):
    """Attendance does not say that they came."""

    title = "A certificate is made only for people marked present."


class NameMissing(Refusal):
    """A certificate without a name proves nothing."""

    status = 422
    title = "Write the name that stands on the certificate."
    field = "name"


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate as it stands: `holds` is false once attendance says otherwise."""

    code: str
    session_id: UUID
    who: str  # the seat (« CODE-1 »), or the id of who came without a booking
    name: str | None  # None: forgotten
    name_key: bytes
    issued_at: datetime
    holds: bool

    @property
    def code_in_words(self) -> str:
        """« K7M2P XR4TY », as it is read aloud."""
        return f"{self.code[:5]}\u00a0{self.code[5:]}"

    @property
    def path(self) -> str:
        """Where anybody checks it."""
        return f"/attestation/{self.code}"

    def is_of(self, name: str) -> bool:
        """Whether a name, however it is typed, is the one on it; the order of its words does not matter."""
        return bool(fold(name)) and name_key(self.code, name) == self.name_key


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """What one certificate says, in the reader's language."""

    heading: str
    by: str
    says: str
    name: str
    took_part: str
    title: str
    facts: list[str]
    made: str
    check: str
    code: str
    qr: str  # SVG
    qr_label: str


class Papers(msgspec.Struct, frozen=True, kw_only=True):
    """One document of one page each."""

    lang: str
    title: str
    by: str
    pages: list[Paper]


_SQL = """
    SELECT c.code, c.session_id, COALESCE(c.walk_in_id::text, b.code || '-' || c.seat, '') AS who, c.name, c.name_key, c.issued_at,
           s.called_off_at IS NULL AND CASE
               WHEN c.walk_in_id IS NOT NULL THEN w.undone_at IS NULL
               WHEN c.booking_id IS NOT NULL AND c.name IS NOT NULL THEN COALESCE(a.state = 'present', false)
               ELSE COALESCE(a.state = 'present', true)  -- names were forgotten: what was attested still holds
           END AS holds
    FROM certificate c JOIN session s ON s.id = c.session_id LEFT JOIN walk_in w ON w.id = c.walk_in_id
    LEFT JOIN booking b ON b.id = c.booking_id
    LEFT JOIN attendance a ON a.booking_id = c.booking_id AND a.seat = c.seat AND a.session_id = c.session_id
"""


async def issue_certificate(session_id: UUID, who: str, name: str, *, by: Person, now: datetime) -> Certificate:
    """The certificate of a seat (`who`: « CODE-1 ») or of somebody without a booking (`who`: their id), made once.

    `name` is what stands on it. Raises NotFound, NameMissing, NotPresent, UnknownSeat.
    """
    session = await get_session(session_id)
    if not by.serves(session.structure_id):
        raise NotFound
    given = plain(name)[:LONGEST_NAME]
    if not given:
        raise NameMissing
    async with transaction():
        walk_in = _walk_in_id(who)
        if walk_in is not None:
            found = await fetch_value(
                "SELECT id FROM walk_in WHERE id = $1 AND session_id = $2 AND undone_at IS NULL", walk_in, session_id
            )
            if found is None:
                raise NotPresent
            return await _keep(session_id, None, None, walk_in, given, by=by, now=now)
        code, seat = read_seat_id(who)
        booking_id, seats = (await confirmed_seats(session_id)).get(code, (None, 0))
        if booking_id is None or seat > seats:
            raise UnknownSeat
        return await _keep(session_id, booking_id, seat, None, given, by=by, now=now)


async def issue_own_certificate(booking: Booking, session_id: UUID, seat: int, *, now: datetime) -> Certificate:
    """The same for who holds the booking's private link, with the name that the booking has. Raises NotPresent."""
    name = own_name(booking, seat)
    if not name:
        raise NotPresent
    async with transaction():
        return await _keep(session_id, booking.id, seat, None, name, by=None, now=now)


def own_name(booking: Booking, seat: int) -> str:
    """Who comes on this seat, as far as the booking tells; '' when it does not."""
    if booking.on_behalf is not None and not booking.names:
        return ""  # who books for somebody else does not come themselves
    return booking.attendees[seat - 1] if 1 <= seat <= len(booking.attendees) else ""


async def list_own_presences(booking: Booking) -> list[tuple[UUID, int]]:
    """Session and number of each seat of the booking that is marked present; of a cycle, at each date."""
    rows = await fetch(
        _Presence,
        "SELECT a.session_id, a.seat FROM attendance a JOIN session s ON s.id = a.session_id "
        "WHERE a.booking_id = $1 AND a.state = 'present' AND s.called_off_at IS NULL ORDER BY s.starts_at, a.seat",
        booking.id,
    )
    return [(row.session_id, row.seat) for row in rows]


async def find_certificate(typed: str) -> Certificate | None:
    """The certificate of a code, however it was typed; or None."""
    code = "".join(letter for letter in typed.upper() if letter in ALPHABET)
    return await fetch_one(Certificate, f"{_SQL} WHERE c.code = $1", code)


async def get_certificate(typed: str) -> Certificate:
    """The same. Raises NotFound."""
    found = await find_certificate(typed)
    if found is None:
        raise NotFound
    return found


async def list_certificates(session_id: UUID) -> list[Certificate]:
    """Those of a session that hold and whose names are known, by name."""
    found = await fetch(Certificate, f"{_SQL} WHERE c.session_id = $1 AND c.name IS NOT NULL", session_id)
    return sorted((one for one in found if one.holds), key=lambda one: (fold(one.name or ""), one.code))


async def certificates_pdf(session: Session, certificates: Sequence[Certificate], *, now: datetime) -> bytes:
    """One page each, PDF/UA, in the reader's language. Raises NotFound when there is none to make."""
    if not certificates or any(one.name is None or not one.holds for one in certificates):
        raise NotFound
    title = _("Certificate of attendance")
    papers = Papers(
        lang=language(),
        title=title,
        by=session.structure_name,
        pages=[_paper(one, session, title) for one in certificates],
    )
    return await make_pdf("documents/certificate.typ", papers, now=now)


def name_key(code: str, name: str) -> bytes:
    """What tells whether a name typed later is this one, without telling the name."""
    return signing.keyed_hash(PURPOSE, f"{code} {' '.join(sorted(fold(name).split()))}")


class _Presence(msgspec.Struct, frozen=True):
    session_id: UUID
    seat: int


def _walk_in_id(who: str) -> UUID | None:
    try:
        return UUID(who)
    except ValueError:
        return None


async def _keep(
    session_id: UUID,
    booking_id: UUID | None,
    seat: int | None,
    walk_in_id: UUID | None,
    name: str,
    *,
    by: Person | None,
    now: datetime,
) -> Certificate:
    """The certificate that stands, with this name; a new one where there is none. Raises NotPresent."""
    # Of two who ask at the same moment the second waits, then finds the first one's code.
    await fetch_value("SELECT id FROM session WHERE id = $1 FOR NO KEY UPDATE", session_id)
    known: str | None = await fetch_value(
        "SELECT code FROM certificate WHERE session_id = $1 AND (booking_id = $2 AND seat = $3 OR walk_in_id = $4)",
        session_id,
        booking_id,
        seat,
        walk_in_id,
    )
    code = known or "".join(ALPHABET[byte & 31] for byte in os.urandom(LENGTH))
    facts: list[Any] = [code, session_id, booking_id, seat, walk_in_id, name, name_key(code, name), now, by and by.id]
    await fetch_value(
        "INSERT INTO certificate (code, session_id, booking_id, seat, walk_in_id, name, name_key, issued_at, issued_by) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (code) DO UPDATE SET name = $6, name_key = $7",
        *facts,
    )
    made = await get_certificate(code)
    if not made.holds:
        raise NotPresent
    return made


def _paper(one: Certificate, session: Session, heading: str) -> Paper:
    address = absolute(one.path)
    return Paper(
        heading=heading,
        by=session.structure_name,
        says=_("certifies that"),
        name=one.name or "",
        took_part=_("took part in:"),
        title=session.title,
        facts=[
            str(session.rules.label),
            when_in_words(session.starts_at, session.ends_at, session.zone),
            location(session) or _("Online"),
        ],
        made=_("Made on %(day)s.") % {"day": date_in_words(one.issued_at, session.zone)},
        check=_("To check this certificate: %(address)s, code %(code)s.")
        % {"address": absolute("/attestation").partition("://")[2], "code": one.code_in_words},
        code=one.code_in_words,
        qr=qr_svg(address),
        qr_label=_("This square leads to the page that checks it."),
    )
