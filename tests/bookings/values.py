"""A booking as a value, for tests that need no database."""

from __future__ import annotations

import msgspec

from ateliers.bookings.booking import Booking
from tests.world import NOON


def a_booking(**values) -> Booking:
    """Two seats for ODILE."""
    return msgspec.convert(
        {
            "id": "01a20152-ad6a-75c4-a7c9-2021ffa8e4c0",
            "session_id": "01a20152-ad6a-75c4-a7c9-2021ffa8e4b0",
            "code": "K7M2PX",
            "uid": "b-0123456789abcdef0123456789abcdef@ateliers.test",
            "state": "confirmed",
            "seats": 2,
            "rank": None,
            "name": "Odile Marchand",
            "email": "odile@example.test",
            "phone": "0612345678",
            "names": ["Odile Marchand", "Lucie Marchand"],
            "on_behalf": None,
            "needs": "Je viens en fauteuil",
            "language": "fr",
            "channel": "online",
            "to_call_back": False,
            "call_why": "",
            "offered_until": None,
            "answers": {},
            "created_at": NOON,
            "confirmed_at": NOON,
            "ended_at": None,
            "changed_at": NOON,
            "sequence": 0,
            "told_revision": 0,
            "reminders": True,
            "created_by": None,
            **values,
        },
        Booking,
    )
