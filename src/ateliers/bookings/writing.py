"""Writing to all of a session: how many that reaches and by which way, then the message itself (D12)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from ateliers.agenda.session import Session
from ateliers.agenda.sessions import get_session
from ateliers.bookings.booking import Booking
from ateliers.bookings.bookings import BOOKING_SQL
from ateliers.bookings.needs import looks_like_nir
from ateliers.bookings.session_message import KIND, Audience, NewMessage
from ateliers.bookings.texts import TEXT_OF
from ateliers.database import execute, fetch, transaction
from ateliers.mail.outbox import NewMail, queue_many
from ateliers.mail.sms import find_gateway, mobile_number
from ateliers.network.people import Person
from ateliers.refusals import Invalid, NotFound, Refusal

WRITTEN_AFTER = timedelta(days=30)  # after the end: a forgotten coat, a document; then names are on their way out


class NobodyToWriteTo(Refusal):
    """Everybody has gone, or nobody left an address."""

    title = "There is nobody to write to."


class TooLongAgo(Refusal):
    """People are not written to about what is long past."""

    title = "This session is too long ago to write to people about it."


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a message reaches: by e-mail, by SMS, and who can only be called."""

    by_email: list[Booking]
    by_text: list[Booking]
    to_call: list[Booking]

    @property
    def told(self) -> int:
        """How many messages leave."""
        return len(self.by_email) + len(self.by_text)


async def reach(session: Session, audience: Audience) -> Reach:
    """Who would be written to now."""
    found = await fetch(
        Booking,
        f"{BOOKING_SQL} WHERE session_id = $1 AND state = ANY($2) ORDER BY lower(name), id",
        session.lead_id or session.id,
        [state.value for state in audience.states],
    )
    gateway = await find_gateway(session.structure_id)
    may_text = gateway is not None and gateway.is_on
    by_email = [booking for booking in found if booking.email and not booking.unreachable]
    others = [booking for booking in found if not booking.email or booking.unreachable]
    by_text = [booking for booking in others if may_text and mobile_number(booking.phone or "")]
    return Reach(by_email=by_email, by_text=by_text, to_call=[booking for booking in others if booking not in by_text])


async def write_to_session(session_id: UUID, new: NewMessage, *, key: UUID, by: Person, now: datetime) -> int:
    """Queue the message for everybody it is for, each their own; how many. The same `key` twice is one message.

    Raises NotFound, Invalid, TooLongAgo, NobodyToWriteTo.
    """
    session = await get_session(session_id)
    if not by.serves(session.structure_id):
        raise NotFound
    wrong = {
        name: "Do not write a social security number."
        for name in ("subject", "body")
        if looks_like_nir(getattr(new, name))
    }
    if wrong:
        raise Invalid(wrong)
    if now > session.ends_at + WRITTEN_AFTER:
        raise TooLongAgo
    async with transaction():
        found = await reach(session, new.audience)
        if not found.told:
            raise NobodyToWriteTo
        made = await execute(
            """INSERT INTO session_message (id, session_id, audience, subject, body, told, by_id, at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING""",
            key,
            session_id,
            new.audience.value,
            new.subject,
            new.body,
            found.told,
            by.id,
            now,
        )
        if not made:
            return 0
        ways = [(booking, KIND) for booking in found.by_email]
        ways += [(booking, TEXT_OF[KIND]) for booking in found.by_text]
        return await queue_many(
            NewMail(
                kind=kind,
                key=f"{KIND}:{key}:{booking.id}",
                subject_id=booking.id,
                now=now,
                data={"message": str(key)},
            )
            for booking, kind in ways
        )
