"""Every figure of a report, declared once: page, CSV, XLSX, API and data dictionary draw from here.

Indicators add up what `report.py` counts for each group of sessions (a `Counts`). How many different people came is not among
them: nobody has an account, so it cannot be computed, and a figure that cannot be computed is not shown.
"""

from __future__ import annotations

import enum

import msgspec

from ateliers.words import T


class Counts(msgspec.Struct, kw_only=True):
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

    def __add__(self, other: Counts) -> Counts:
        return Counts(**{name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__})


class Unit(enum.Enum):
    """What an indicator counts."""

    SESSIONS = "sessions"
    SEATS = "seats"
    BOOKINGS = "bookings"
    PEOPLE = "people"
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
    Unit.PERCENT: T("per cent"),
}


class Section(enum.Enum):
    """The part of a report where an indicator stands."""

    SESSIONS = "sessions"
    BOOKINGS = "bookings"
    ATTENDANCE = "attendance"
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
    Section.RATES: T("Shares"),
}
_DRAWN = {
    Section.SESSIONS: "sessions_held",
    Section.BOOKINGS: "seats_booked",
    Section.ATTENDANCE: "participations",
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

    @property
    def is_rate(self) -> bool:
        """Whether it is a share of something."""
        return self.denominator != ""

    @property
    def is_about_people(self) -> bool:
        """Whether few people may stand behind it: what is masked outside the structure (F7)."""
        return self.unit in {Unit.SEATS, Unit.BOOKINGS, Unit.PEOPLE} and self.adds != ("capacity",)

    def value(self, counts: Counts) -> int:
        """The count; only for indicators that are not rates."""
        return sum(getattr(counts, name) for name in self.adds)


INDICATORS: tuple[Indicator, ...] = (
    Indicator(
        key="sessions",
        section=Section.SESSIONS,
        label=T("Sessions"),
        definition=T(
            "Every dated session of the period, whatever became of it. Drafts are left out; one on site and online counts once."
        ),
        formula=T("held + called off + still to come + attendance missing"),
        unit=Unit.SESSIONS,
        adds=("sessions",),
    ),
    Indicator(
        key="sessions_held",
        section=Section.SESSIONS,
        label=T("Sessions held"),
        definition=T("Sessions that took place, as the attendance list says; those where nobody came included."),
        formula=T("number of sessions with an attendance list"),
        unit=Unit.SESSIONS,
        adds=("held",),
    ),
    Indicator(
        key="sessions_held_empty",
        section=Section.SESSIONS,
        label=T("Sessions held with nobody"),
        definition=T("Sessions that were held, and to which nobody came."),
        formula=T("number of sessions declared held with nobody"),
        unit=Unit.SESSIONS,
        adds=("held_empty",),
    ),
    Indicator(
        key="sessions_called_off",
        section=Section.SESSIONS,
        label=T("Sessions called off"),
        definition=T("Sessions that did not take place. Their seats and bookings are in no other figure."),
        formula=T("number of sessions called off"),
        unit=Unit.SESSIONS,
        adds=("called_off",),
    ),
    Indicator(
        key="sessions_planned",
        section=Section.SESSIONS,
        label=T("Sessions still to come"),
        definition=T("Sessions that are not over at the moment of the report, and have no attendance yet."),
        formula=T("number of sessions not over"),
        unit=Unit.SESSIONS,
        adds=("planned",),
    ),
    Indicator(
        key="sessions_missing",
        section=Section.SESSIONS,
        label=T("Sessions without attendance"),
        definition=T(
            "Sessions that are over and of which nothing was recorded. They stand apart: no rate counts them as zero."
        ),
        formula=T("number of sessions over, not called off, without an attendance list"),
        unit=Unit.SESSIONS,
        adds=("missing",),
    ),
    Indicator(
        key="seats_offered",
        section=Section.BOOKINGS,
        label=T("Seats offered"),
        definition=T("Seats of the sessions that have a limit, those called off left out."),
        formula=T("sum of the seats of these sessions"),
        unit=Unit.SEATS,
        adds=("capacity",),
    ),
    Indicator(
        key="bookings",
        section=Section.BOOKINGS,
        label=T("Bookings"),
        definition=T(
            "Bookings made for these sessions, whatever became of them: confirmed, waiting, given back. A cycle is one booking."
        ),
        formula=T("number of bookings"),
        unit=Unit.BOOKINGS,
        adds=("bookings",),
    ),
    Indicator(
        key="seats_booked",
        section=Section.BOOKINGS,
        label=T("Seats booked"),
        definition=T("Seats held by confirmed bookings. One booking may hold several."),
        formula=T("sum of the seats of confirmed bookings"),
        unit=Unit.SEATS,
        adds=("seats_limited", "seats_unlimited"),
    ),
    Indicator(
        key="seats_booked_limited",
        section=Section.BOOKINGS,
        label=T("Seats booked where there is a limit"),
        definition=T("Seats booked in sessions that have a limit: what is compared with the seats offered."),
        formula=T("sum of the seats of confirmed bookings in sessions that have a limit"),
        unit=Unit.SEATS,
        adds=("seats_limited",),
    ),
    Indicator(
        key="seats_given_back",
        section=Section.BOOKINGS,
        label=T("Seats given back"),
        definition=T("Seats of bookings that were given back entirely."),
        formula=T("sum of the seats of bookings given back"),
        unit=Unit.SEATS,
        adds=("given_back",),
    ),
    Indicator(
        key="seats_booked_or_given_back",
        section=Section.BOOKINGS,
        label=T("Seats booked or given back"),
        definition=T("Seats that were held at some time."),
        formula=T("seats booked + seats given back"),
        unit=Unit.SEATS,
        adds=("seats_limited", "seats_unlimited", "given_back"),
    ),
    Indicator(
        key="seats_waiting",
        section=Section.BOOKINGS,
        label=T("Seats on the waiting list"),
        definition=T("Seats asked for by bookings that are still on the waiting list."),
        formula=T("sum of the seats of bookings that wait"),
        unit=Unit.SEATS,
        adds=("waiting",),
    ),
    Indicator(
        key="participations",
        section=Section.ATTENDANCE,
        label=T("Participations"),
        definition=T(
            "People who came, counted once a session: somebody who came to three sessions counts three times."
        ),
        formula=T("present + came without a booking"),
        unit=Unit.PEOPLE,
        adds=("present", "walk_ins"),
    ),
    Indicator(
        key="present",
        section=Section.ATTENDANCE,
        label=T("Present"),
        definition=T("Booked seats whose holder came."),
        formula=T("number of seats marked present"),
        unit=Unit.PEOPLE,
        adds=("present",),
    ),
    Indicator(
        key="walk_ins",
        section=Section.ATTENDANCE,
        label=T("Came without a booking"),
        definition=T("People who came to a session without a booking."),
        formula=T("number of people added on the spot"),
        unit=Unit.PEOPLE,
        adds=("walk_ins",),
    ),
    Indicator(
        key="absent",
        section=Section.ATTENDANCE,
        label=T("Absent"),
        definition=T("Booked seats whose holder did not come and did not say so."),
        formula=T("number of seats marked absent"),
        unit=Unit.PEOPLE,
        adds=("absent",),
    ),
    Indicator(
        key="excused",
        section=Section.ATTENDANCE,
        label=T("Absent, excused"),
        definition=T("Booked seats whose holder did not come and had said so."),
        formula=T("number of seats marked excused"),
        unit=Unit.PEOPLE,
        adds=("excused",),
    ),
    Indicator(
        key="seats_recorded",
        section=Section.ATTENDANCE,
        label=T("Seats with an answer"),
        definition=T("Booked seats of which the attendance list says something: what attendance rates are shares of."),
        formula=T("present + absent + excused"),
        unit=Unit.SEATS,
        adds=("present", "absent", "excused"),
    ),
    Indicator(
        key="seats_unanswered",
        section=Section.ATTENDANCE,
        label=T("Seats without an answer"),
        definition=T("Booked seats of sessions held, of which the attendance list says nothing."),
        formula=T("seats booked in sessions held − seats with an answer"),
        unit=Unit.SEATS,
        adds=("unanswered",),
    ),
    Indicator(
        key="fill_rate",
        section=Section.RATES,
        label=T("Fill rate"),
        definition=T("Share of the seats offered that were booked."),
        formula=T("seats booked where there is a limit ÷ seats offered"),
        unit=Unit.PERCENT,
        numerator="seats_booked_limited",
        denominator="seats_offered",
    ),
    Indicator(
        key="attendance_rate",
        section=Section.RATES,
        label=T("Attendance rate"),
        definition=T("Share of the seats with an answer whose holder came."),
        formula=T("present ÷ seats with an answer"),
        unit=Unit.PERCENT,
        numerator="present",
        denominator="seats_recorded",
    ),
    Indicator(
        key="absence_rate",
        section=Section.RATES,
        label=T("Absence rate"),
        definition=T("Share of the seats with an answer whose holder did not come and did not say so."),
        formula=T("absent ÷ seats with an answer"),
        unit=Unit.PERCENT,
        numerator="absent",
        denominator="seats_recorded",
    ),
    Indicator(
        key="cancellation_rate",
        section=Section.RATES,
        label=T("Cancellation rate"),
        definition=T("Share of the seats held at some time that were given back."),
        formula=T("seats given back ÷ seats booked or given back"),
        unit=Unit.PERCENT,
        numerator="seats_given_back",
        denominator="seats_booked_or_given_back",
    ),
    Indicator(
        key="calling_off_rate",
        section=Section.RATES,
        label=T("Share of sessions called off"),
        definition=T("Share of the sessions that did not take place."),
        formula=T("sessions called off ÷ sessions"),
        unit=Unit.PERCENT,
        numerator="sessions_called_off",
        denominator="sessions",
    ),
)
BY_KEY = {indicator.key: indicator for indicator in INDICATORS}
COUNTED = tuple(indicator for indicator in INDICATORS if not indicator.is_rate)
RATES = tuple(indicator for indicator in INDICATORS if indicator.is_rate)
