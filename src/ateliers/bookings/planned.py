"""What is still to be written about a booking, as far as anybody can tell today (D11)."""

from __future__ import annotations

from datetime import datetime

import msgspec

from ateliers.agenda.reminder import Reminder
from ateliers.agenda.session import Session
from ateliers.bookings.booking import Booking, BookingState
from ateliers.bookings.quiet import quiet_until
from ateliers.bookings.reminders import JUST_TOLD, moments
from ateliers.bookings.texts import REMINDED
from ateliers.mail.sms import find_gateway, mobile_number
from ateliers.words import T


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """One message to come. It leaves if it still holds then."""

    what: T
    at: datetime


async def plan_of(booking: Booking, session: Session, *, now: datetime) -> list[Planned]:
    """The reminders ahead, in order of time; none for who is not to come, or wants none."""
    if booking.state is not BookingState.CONFIRMED or not booking.reminders or session.is_called_off:
        return []
    if booking.email and not booking.unreachable:
        return [one for one in reminders_of(booking, session) if one.at > now]
    gateway = await find_gateway(session.structure_id)
    if gateway is None or not gateway.is_on or mobile_number(booking.phone or "") is None:
        return []
    at = session.starts_at - REMINDED
    at = quiet_until(at, session.zone) or at
    return [Planned(what=T("SMS: reminder"), at=at)] if now < at else []


def reminders_of(booking: Booking, session: Session) -> list[Planned]:
    """The reminders that this booking gets: of each date of its cycle, unless it was made just before."""
    starts = [date.starts_at for date in session.coming_dates] or [session.starts_at]
    since = booking.confirmed_at or booking.created_at
    found = [
        Planned(what=T("Reminder, %(when)s", when=Reminder(moment.step).label), at=moment.at)
        for start in starts
        for moment in moments(start, session.zone, session.reminder_plan)
        if since <= moment.at - JUST_TOLD
    ]
    return sorted(found, key=lambda one: one.at)
