"""Which e-mail a change of one booking calls for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from ateliers.bookings.booking import Booking, BookingState
from ateliers.mail.outbox import NewMail


def letters_of(before: Booking | None, after: Booking, *, now: datetime) -> tuple[Booking, list[NewMail]]:
    """The e-mail that a change of one booking calls for, and the booking with the SEQUENCE that it carries."""
    seats_before = before.seats if before is not None and before.state is BookingState.CONFIRMED else 0
    is_confirmed = after.state is BookingState.CONFIRMED
    given_back = seats_before - (after.seats if is_confirmed else 0)
    kind = _kind_of(before, after, given_back)
    if kind in {"seats_given_back", "booking_changed"}:
        after = msgspec.structs.replace(after, sequence=after.sequence + 1)
    if not kind or after.email is None:
        return after, []
    has_calendar = is_confirmed or given_back > 0
    mail = NewMail(
        kind=kind,
        key=f"{kind}:{after.id}:{after.sequence}",
        subject_id=after.id,
        now=now,
        data=_facts(kind, before, given_back),
        thread=after.uid if has_calendar else None,
        sequence=after.sequence if has_calendar else None,
    )
    return after, [mail]


def _kind_of(before: Booking | None, after: Booking, given_back: int) -> str:
    """Which e-mail tells it; '' when there is nothing to tell."""
    if before is None:
        return _FIRST_NEWS[after.state]
    if before.session_id != after.session_id:
        return "booking_changed"
    if given_back > 0:
        return "seats_given_back"
    return _NEWS.get((before.state, after.state), "")


def _facts(kind: str, before: Booking | None, given_back: int) -> dict[str, Any]:
    """What the composer could no longer know when it writes."""
    if before is None:
        return {}
    match kind:
        case "seats_given_back":
            return {"seats": given_back, "left": before.seats - given_back}
        case "booking_changed":
            return {"before": before.session_id}
        case "offer_expired":
            return {"until": before.offered_until}
        case _:
            return {}


_FIRST_NEWS = {
    BookingState.CONFIRMED: "booking_confirmed",
    BookingState.WAITING: "waiting_list_joined",
    BookingState.OFFERED: "seat_offered",  # a seat came free in the very round that put them on the list
}
_NEWS = {
    (BookingState.WAITING, BookingState.CONFIRMED): "booking_promoted",
    (BookingState.WAITING, BookingState.OFFERED): "seat_offered",
    (BookingState.OFFERED, BookingState.CONFIRMED): "booking_confirmed",
    (BookingState.OFFERED, BookingState.EXPIRED): "offer_expired",
}
