"""A mark: what one tap says of one seat."""

from __future__ import annotations

import enum
import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.refusals import Invalid, NotFound
from ateliers.words import T

OP_PATTERN = r"^[!-~]+$"
LONGEST_OP = 100
Op = Annotated[str, Meta(min_length=1, max_length=LONGEST_OP, pattern=OP_PATTERN, title="Operation")]
SEAT_ID = re.compile(r"(?P<code>[A-Za-z0-9]{1,12})-(?P<seat>[1-9][0-9]{0,4})")


class SeatState(enum.Enum):
    """What is known of one seat; a seat of which nothing is known has no state."""

    PRESENT = "present"
    ABSENT = "absent"
    EXCUSED = "excused"

    @property
    def label(self) -> T:
        """Its name on screen."""
        return _LABELS[self]

    @property
    def short_label(self) -> T:
        """Its name on a button."""
        return T("Excused") if self is SeatState.EXCUSED else self.label


_LABELS = {
    SeatState.PRESENT: T("Present"),
    SeatState.ABSENT: T("Absent"),
    SeatState.EXCUSED: T("Absent, excused"),
}


def state_label(state: SeatState | None) -> T:
    """What is known of a seat, in words."""
    return T("Not recorded") if state is None else state.label


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """One operation of one device. The same `op` sent twice counts once; of two marks on a seat the later `at` wins."""

    op: Op  # given by the device, unique in its session
    code: str  # the booking's
    seat: int  # 1…booking.seats
    state: SeatState | None  # None: not recorded after all
    at: datetime  # the device's time, aware


class UnknownSeat(NotFound):
    """No confirmed booking of this session has that seat."""

    title = "This seat is not on the list of this session."


def seat_id(code: str, seat: int) -> str:
    """The seat's name outside: '<booking code>-<n>'."""
    return f"{code}-{seat}"


def read_seat_id(text: str) -> tuple[str, int]:
    """Booking code and number of a seat's name. Raises UnknownSeat."""
    found = SEAT_ID.fullmatch(text)
    if found is None:
        raise UnknownSeat
    return found["code"].upper(), int(found["seat"])


def is_op(text: str) -> bool:
    """Whether an operation can be named so."""
    return len(text) <= LONGEST_OP and re.fullmatch(OP_PATTERN, text) is not None


def stored(session_id: UUID, op: str) -> str:
    """An operation's name in the tables: two sessions' devices may count from one each. Raises Invalid."""
    if not is_op(op):
        raise Invalid({"op": "An operation is named with 1 to 100 letters, digits and signs, without spaces."})
    return f"{session_id.hex}:{op}"


def outside(op: str) -> str:
    """An operation's name as its device gave it."""
    return op.partition(":")[2]
