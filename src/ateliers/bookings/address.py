"""Another e-mail address for a booking whose own takes no mail, or that has none: the person said it on the phone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ateliers.agenda.sessions import get_session
from ateliers.bookings.book import BookingClosed, contact_key, tidy_email
from ateliers.bookings.booking import Booking, BookingState
from ateliers.bookings.bookings import get_booking
from ateliers.database import execute, fetch_value, transaction
from ateliers.mail.outbox import NewMail, queue_many
from ateliers.network.people import Person
from ateliers.refusals import Invalid, NotFound, Refusal

_SAYS_IT = {
    BookingState.CONFIRMED: "booking_confirmed",
    BookingState.WAITING: "waiting_list_joined",
    BookingState.OFFERED: "seat_offered",
}


class AddressWorks(Refusal):
    """Mail arrives there, with calendar objects that only that address can take back: book anew for somebody else."""

    title = "Our messages arrive at the address of this booking: it cannot be changed here."
    field = "email"


async def correct_address(booking_id: UUID, email: str, *, by: Person, now: datetime) -> Booking:
    """Write to this address from now on, and say there what stands; the call that was to be made is settled.

    Raises NotFound, BookingClosed, AddressWorks, Invalid.
    """
    session = await get_session((await get_booking(booking_id)).session_id)
    if not by.serves(session.structure_id):
        raise NotFound
    address = tidy_email(email)
    if not address:
        raise Invalid({"email": "Write an e-mail address such as name@example.fr."})
    async with transaction():
        await fetch_value("SELECT id FROM session WHERE id = $1 FOR NO KEY UPDATE", session.id)
        booking = await get_booking(booking_id)
        if not booking.is_live or session.ends_at <= now:
            raise BookingClosed(field="email")
        if booking.email and not booking.unreachable:
            raise AddressWorks
        is_confirmed = booking.state is BookingState.CONFIRMED
        sequence = booking.sequence + is_confirmed
        await execute(
            """UPDATE booking SET email = $2, contact_key = $3, unreachable = '', sequence = $4, changed_at = $5,
                   to_call_back = to_call_back AND call_why <> 'bounced',
                   call_why = CASE call_why WHEN 'bounced' THEN '' ELSE call_why END
               WHERE id = $1""",
            booking_id,
            address,
            contact_key(address),
            sequence,
            now,
        )
        kind = _SAYS_IT[booking.state]
        row = NewMail(
            kind=kind,
            key=f"{kind}:{booking_id}:address:{now.isoformat()}",
            subject_id=booking_id,
            now=now,
            thread=booking.uid if is_confirmed else None,
            sequence=sequence if is_confirmed else None,
        )
        await queue_many([row])
    return await get_booking(booking_id)
