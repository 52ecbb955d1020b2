"""What an indicator is, and the counts that it adds up."""

from __future__ import annotations

import enum
import operator
from collections.abc import Iterable

import msgspec

from ateliers.words import T


class Counts(msgspec.Struct, gc=False):
    """What is counted for a group of sessions. Seats, bookings and people leave out sessions that were called off."""

    sessions: int = 0
    held: int = 0
    held_empty: int = 0  # among those held
    called_off: int = 0
    planned: int = 0  # not over yet
    missing: int = 0  # over, and nothing was recorded
    capacity: int = 0  # of sessions that have a limit
    seats_limited: int = 0  # confirmed, in sessions that have a limit
    seats_unlimited: int = 0
    bookings: int = 0  # whatever became of them
    given_back: int = 0  # seats
    waiting: int = 0  # seats
    present: int = 0
    absent: int = 0
    excused: int = 0
    unanswered: int = 0  # seats confirmed in sessions held, of which nothing was recorded
    walk_ins: int = 0
    informed: int = 0  # at stands, as are the next two: counted as they pass, never added to who came
    helped: int = 0
    stand_activated: int = 0
    shown: int = 0  # in other sessions, as are the next three
    activated: int = 0
    completed: int = 0
    answered: int = 0
    told: int = 0  # sessions of which somebody told the hours
    minutes: int = 0  # of everybody who ran them, on the spot
    preparation: int = 0  # minutes
    volunteer_minutes: int = 0
    volunteer_preparation: int = 0

    @classmethod
    def sum_of(cls, some: Iterable[Counts]) -> Counts:
        """What groups of sessions come to together."""
        return cls(*map(sum, zip(*map(msgspec.structs.astuple, some), strict=True)))

    def __add__(self, other: Counts) -> Counts:
        return Counts(*map(operator.add, msgspec.structs.astuple(self), msgspec.structs.astuple(other)))


class Unit(enum.Enum):
    """What an indicator counts."""

    SESSIONS = "sessions"
    SEATS = "seats"
    BOOKINGS = "bookings"
    PEOPLE = "people"
    TIMES = "times"
    HOURS = "hours"
    PERCENT = "percent"

    @property
    def label(self) -> T:
        """Its name on screen."""
        return _UNITS[self]


_UNITS = {
    Unit.SESSIONS: T("sessions"),
    Unit.SEATS: T("seats"),
    Unit.BOOKINGS: T("bookings"),
    Unit.PEOPLE: T("people"),
    Unit.TIMES: T("times"),
    Unit.HOURS: T("hours"),
    Unit.PERCENT: T("per cent"),
}


class Privacy(enum.Enum):
    """Who is shown an indicator."""

    OPEN = "open"
    FEW_HIDDEN = "few_hidden"
    INSIDE = "inside"

    @property
    def label(self) -> T:
        """What the data dictionary says of it."""
        return _PRIVACY[self]


_PRIVACY = {
    Privacy.OPEN: T("shown to everybody who reads the report"),
    Privacy.FEW_HIDDEN: T("outside the structure: by whole months or quarters, and counts under 5 are hidden"),
    Privacy.INSIDE: T("shown inside the structure only"),
}


class Section(enum.Enum):
    """The part of a report where an indicator stands."""

    SESSIONS = "sessions"
    BOOKINGS = "bookings"
    ATTENDANCE = "attendance"
    STANDS = "stands"
    OUTCOMES = "outcomes"
    EFFORT = "effort"
    RATES = "rates"

    @property
    def label(self) -> T:
        """Its heading."""
        return _SECTIONS[self]

    @property
    def drawn(self) -> str:
        """Key of the indicator that its chart shows."""
        return _DRAWN[self]


_SECTIONS = {
    Section.SESSIONS: T("The sessions"),
    Section.BOOKINGS: T("Seats and bookings"),
    Section.ATTENDANCE: T("Who came"),
    Section.STANDS: T("At the stands"),
    Section.OUTCOMES: T("What people did"),
    Section.EFFORT: T("Hours given"),
    Section.RATES: T("Shares"),
}
_DRAWN = {
    Section.SESSIONS: "sessions_held",
    Section.BOOKINGS: "seats_booked",
    Section.ATTENDANCE: "participations",
    Section.STANDS: "stand_informed",
    Section.OUTCOMES: "profiles_activated",
    Section.EFFORT: "volunteer_hours",
    Section.RATES: "attendance_rate",
}


class Indicator(msgspec.Struct, frozen=True, kw_only=True):
    """A count, or (with `numerator` and `denominator`) a rate of two counts."""

    key: str
    section: Section
    label: T
    definition: T
    formula: T
    unit: Unit
    adds: tuple[str, ...] = ()  # fields of Counts
    numerator: str = ""  # keys of indicators
    denominator: str = ""
    privacy: Privacy = Privacy.OPEN

    @property
    def is_rate(self) -> bool:
        """Whether it is a share of something."""
        return self.denominator != ""

    @property
    def is_about_people(self) -> bool:
        """Whether few people may stand behind it: what is masked outside the structure (F7)."""
        return self.privacy is Privacy.FEW_HIDDEN

    @property
    def is_counted(self) -> bool:
        """Whether it is a sum of counts: sessions one by one add up to it."""
        return bool(self.adds)

    def value(self, counts: Counts) -> int:
        """The count (of hours: minutes); only for indicators that are sums."""
        if len(self.adds) == 1:  # as of most, and a nation's structures are thousands of lines
            return getattr(counts, self.adds[0])  # type: ignore[no-any-return]
        return sum(getattr(counts, name) for name in self.adds)
