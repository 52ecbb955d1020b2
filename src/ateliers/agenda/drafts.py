"""What a person fills in or a program sends to publish, to add a date, to move: one struct for the form and the API."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.agenda.event import Visibility
from ateliers.agenda.kinds import Kind
from ateliers.agenda.questions import MOST as MOST_QUESTIONS
from ateliers.agenda.questions import Question
from ateliers.agenda.reminder import USUAL, Reminder
from ateliers.agenda.series import MOST_IN_SERIES, Repeat, Weekday
from ateliers.places.place import Accessibility
from ateliers.words import T

MOST_SEATS = 100_000
MOST_DATES = 60  # in one form
LONGEST_MINUTES = 2 * 24 * 60

Title = Annotated[
    str, Meta(min_length=3, max_length=150, title="Title", description="What people will be able to do afterwards.")
]
Description = Annotated[str, Meta(max_length=5000, title="In a few sentences", extra={"input": "textarea"})]
Programme = Annotated[
    str,
    Meta(
        max_length=3000,
        title="What we will do together",
        description="One step a line.",
        extra={"input": "textarea"},
    ),
]
ToBring = Annotated[
    str, Meta(max_length=1000, title="What to bring", description="One thing a line.", extra={"input": "textarea"})
]
Level = Annotated[str, Meta(max_length=150, title="Level", description="For example: no experience needed.")]
Phone = Annotated[
    str,
    Meta(
        pattern=r"^\+?[0-9][0-9 .\-]{2,24}$",
        max_length=25,
        title="Phone of a person to call",
        extra={"input": "tel", "autocomplete": "tel", "error": "A phone number is made of digits: 03 86 00 00 00."},
    ),
]
RunBy = Annotated[str, Meta(max_length=60, title="First name of who welcomes people")]
PartyLimit = Annotated[int, Meta(ge=1, le=100, title="Seats in one booking, at most")]
WaitingMax = Annotated[int, Meta(ge=0, le=10_000, title="Seats on the waiting list", description="0: no waiting list.")]
PromotionStop = Annotated[
    int,
    Meta(
        ge=0,
        le=336,
        title="Hours before the start when the waiting list closes",
        description="Later than that, a freed seat is not given to anybody without a call.",
    ),
]
Cutoff = Annotated[int, Meta(ge=0, le=336, title="Hours before the start until which people may give their seat back")]
Facts = Annotated[list[Accessibility], Meta(max_length=len(Accessibility), title="Made accessible")]
Seen = Annotated[Visibility, Meta(title="Who can find it", extra={"sometimes": True})]
GroupCode = Annotated[
    str,
    Meta(
        max_length=20,
        title="Code of the group",
        description="Only for an event reserved to a group. Left empty: we draw one.",
        extra={"sometimes": True, "autocomplete": "off", "autocapitalize": "characters"},
    ),
]

OfferHours = Annotated[
    int,
    Meta(
        ge=1,
        le=336,
        title="Hours to accept a seat that becomes free",
        description="Left empty: the first who waits has the seat at once, without answering.",
    ),
]
CallHours = Annotated[
    int,
    Meta(
        ge=1,
        le=336,
        title="Hours a seat is kept for somebody who must be called",
        description="For people on the waiting list who have no e-mail address.",
    ),
]
PublicFrom = Annotated[
    datetime,
    Meta(
        tz=False,
        title="Shown to the public from",
        description="Only your team sees it earlier. Left empty: as soon as it is published.",
    ),
]
OpensAt = Annotated[
    datetime, Meta(tz=False, title="Bookings open on", description="Left empty: as soon as it is published.")
]
ClosingHours = Annotated[
    int,
    Meta(
        ge=0,
        le=336,
        title="Hours before the start when online bookings close",
        description="0: people can book until the start. You can always book for somebody.",
    ),
]
ReleaseMinutes = Annotated[
    int,
    Meta(
        ge=0,
        le=240,
        title="Minutes after the start when unclaimed seats are free",
        description="For people who come without a booking. Left empty: seats are kept until the end.",
    ),
]
Questions = Annotated[list[Question], Meta(max_length=MOST_QUESTIONS, title="Questions of the booking form")]
OpenInvites = Annotated[
    bool,
    Meta(
        title="Show the event in shared calendars",
        description="Otherwise people who see somebody’s calendar only see that they are busy.",
    ),
]
ReminderPlan = Annotated[
    list[Reminder], Meta(max_length=len(Reminder), title="Reminders by e-mail", description="None ticked: no reminder.")
]
HeldBack = Annotated[
    int,
    Meta(
        ge=0,
        le=MOST_SEATS,
        title="Seats held back for bookings by phone and by partners",
        description="Nobody can book them online.",
    ),
]
HeldBackDays = Annotated[int, Meta(ge=0, le=90, title="Days before the start when these seats are free for everybody")]
AllDay = Annotated[bool, Meta(title="All day long, without fixed hours")]

# How dates come again, from the first one (B2).
Repeated = Annotated[Repeat, Meta(title="Does it come again?", extra={"sometimes": True})]
RepeatDays = Annotated[
    list[Weekday],
    Meta(
        max_length=len(Weekday),
        title="On which days of the week",
        description="For a date every week or every two weeks. None ticked: the day of the first date.",
        extra={"sometimes": True},
    ),
]
RepeatUntil = Annotated[date, Meta(title="Until which day", description="This day included.")]
RepeatTimes = Annotated[int, Meta(ge=2, le=MOST_IN_SERIES, title="Or how many dates in all")]
ExceptDays = Annotated[
    list[date],
    Meta(
        max_length=MOST_DATES,
        title="Days without a session",
        description="Holidays of your team, a room that is taken.",
        extra={"sometimes": True},
    ),
]
SkipHolidays = Annotated[bool, Meta(title="Nothing on public holidays of the place")]


class Which(enum.Enum):
    """Of a date in a series: what else a change of it changes (B2)."""

    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"

    @property
    def label(self) -> T:
        """The answer as it is offered."""
        return _WHICH[self]


_WHICH = {
    Which.THIS: T("This date only"),
    Which.FOLLOWING: T("This date and those after it"),
    Which.ALL: T("All dates of the series that are still to come"),
}
WhichDates = Annotated[Which, Meta(title="Which dates of the series?", extra={"input": "radio"})]

Minutes = Annotated[int, Meta(ge=5, le=LONGEST_MINUTES, title="How long, in minutes")]
Capacity = Annotated[int, Meta(ge=1, le=MOST_SEATS, title="Seats", description="Left empty: no limit.")]
VenueId = Annotated[UUID, Meta(title="Place")]
# `sometimes`: whether an answer is needed depends on another one, so the form does not call it optional.
PlaceName = Annotated[str, Meta(max_length=150, title="Name of the place", extra={"sometimes": True})]
Address = Annotated[str, Meta(max_length=200, title="Number and street")]
AddressMore = Annotated[str, Meta(max_length=200, title="Building, floor, room")]
CommuneText = Annotated[
    str,
    Meta(
        max_length=100,
        title="Commune or postcode",
        description="For example: Nevers, or 58000.",
        extra={"list": "communes", "sometimes": True},
    ),
]
AccessNote = Annotated[
    str, Meta(max_length=500, title="How to get there", description="Bus stop, door code, car park.")
]
PlaceFacts = Annotated[list[Accessibility], Meta(max_length=len(Accessibility), title="The place has")]
KeepPlace = Annotated[bool, Meta(title="Keep this place among our venues")]
JoinUrl = Annotated[
    str,
    Meta(
        pattern=r"^https:\/\/\S+$",
        max_length=500,
        title="Link of the online meeting",
        description="Shown only to those who hold a seat.",
        extra={"input": "url", "sometimes": True, "error": "The link begins with https://"},
    ),
]
OnlineUrl = Annotated[
    str,
    Meta(
        pattern=r"^https:\/\/\S+$",
        max_length=500,
        title="Link to follow from home",
        description="Shown only to those who hold an online seat.",
        extra={"input": "url", "error": "The link begins with https://"},
    ),
]
OnlineCapacity = Annotated[int, Meta(ge=1, le=MOST_SEATS, title="Seats online", description="Left empty: no limit.")]
LocalStart = Annotated[datetime, Meta(tz=False, title="Date and time", description="On the clock of the place.")]
LocalEnd = Annotated[datetime, Meta(tz=False, title="End", description="On the clock of the place.")]
Reason = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=500,
        title="Why",
        description="Everybody who booked will read it.",
        extra={"input": "textarea"},
    ),
]


class About(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an event is about: all that can be edited once it exists."""

    title: Title
    description: Description = ""
    programme: Programme = ""
    to_bring: ToBring = ""
    level: Level = ""
    run_by: RunBy = ""
    phone: Phone | None = None
    visibility: Seen = Visibility.PUBLIC
    group_code: GroupCode = ""
    accessibility: Facts = []
    party_limit: PartyLimit = 5
    waiting_max: WaitingMax = 20
    promotion_stop_hours: PromotionStop = 3
    cutoff_hours: Cutoff = 2
    offer_hours: OfferHours | None = None  # None: who waits is confirmed at once (C9)
    call_hours: CallHours = 24
    # Moments on the clock of the structure (B5).
    public_from: PublicFrom | None = None  # None: once published
    opens_at: OpensAt | None = None  # None: once published
    closing_hours: ClosingHours = 0
    release_minutes: ReleaseMinutes | None = None  # None: never (E9)
    questions: Questions = []
    open_invites: OpenInvites = False
    reminder_plan: ReminderPlan = msgspec.field(default_factory=lambda: list(USUAL))


class NewEvent(About, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An event with its first dates, which share one place, one length and one number of seats."""

    kind: Annotated[Kind, Meta(title="Kind")]
    structure_id: Annotated[UUID, Meta(title="Structure")] | None = None  # None: the only one its author manages
    dates: Annotated[list[Annotated[datetime, Meta(tz=False)]], Meta(max_length=MOST_DATES, title="Date and time")] = []
    repeat: Repeated | None = None  # the first date comes again
    repeat_days: RepeatDays = []
    repeat_until: RepeatUntil | None = None  # or repeat_times
    repeat_times: RepeatTimes | None = None
    except_days: ExceptDays = []
    skip_holidays: SkipHolidays = False
    minutes: Minutes | None = None  # None: what is usual for the kind
    all_day: AllDay = False
    capacity: Capacity | None = None  # seats; None: no limit
    seats_held_back: HeldBack = 0  # of each session (B11)
    held_back_days: HeldBackDays = 2
    place_id: VenueId | None = None  # a venue that is known, or the fields of one that is not
    place_name: PlaceName = ""
    address: Address = ""
    address_more: AddressMore = ""
    commune: CommuneText = ""
    access_note: AccessNote = ""
    place_accessibility: PlaceFacts = []
    keep_place: KeepPlace = False
    join_url: JoinUrl | None = None
    online_url: OnlineUrl | None = None  # people may also follow from home, with seats of their own
    online_capacity: OnlineCapacity | None = None  # seats; None: no limit
    is_cycle: Annotated[
        bool,
        Meta(
            title="These dates are a cycle",
            description="People book all of them at once. Attendance is recorded at each date.",
        ),
    ] = False
    publish: Annotated[bool, Meta(title="Publish at once")] = False


class NewSession(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One more date of an event, or those of a rule from this one on.

    Where nothing is said, place, link and length are those of its latest session.
    """

    local_start: LocalStart
    repeat: Repeated | None = None  # the first date comes again
    repeat_days: RepeatDays = []
    repeat_until: RepeatUntil | None = None  # or repeat_times
    repeat_times: RepeatTimes | None = None
    except_days: ExceptDays = []
    skip_holidays: SkipHolidays = False
    local_end: LocalEnd | None = None  # or minutes
    minutes: Minutes | None = None
    all_day: AllDay | None = None  # None: as its latest session
    capacity: Capacity | None = None  # seats; None: no limit
    seats_held_back: HeldBack = 0
    held_back_days: HeldBackDays = 2
    place_id: VenueId | None = None
    place_name: PlaceName = ""
    address: Address = ""
    address_more: AddressMore = ""
    commune: CommuneText = ""
    access_note: AccessNote = ""
    place_accessibility: PlaceFacts = []
    keep_place: KeepPlace = False
    join_url: JoinUrl | None = None
    online_url: OnlineUrl | None = None  # people may also follow from home, with seats of their own
    online_capacity: OnlineCapacity | None = None  # seats; None: no limit


class Move(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changes about one session, or about several of its series. Where nothing is said, nothing changes."""

    which: WhichDates = Which.THIS

    local_start: LocalStart | None = None
    local_end: LocalEnd | None = None  # or minutes
    minutes: Minutes | None = None
    all_day: AllDay | None = None
    place_id: VenueId | None = None
    place_name: PlaceName = ""
    address: Address = ""
    address_more: AddressMore = ""
    commune: CommuneText = ""
    access_note: AccessNote = ""
    place_accessibility: PlaceFacts = []
    keep_place: KeepPlace = False
    join_url: JoinUrl | None = None


class CallOff(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a session, or several of its series, does not take place."""

    which: WhichDates = Which.THIS

    reason: Reason
    whole: Annotated[bool, Meta(title="All dates of the cycle that are still to come")] = False


class Venue(msgspec.Struct, frozen=True, kw_only=True):
    """A place that a structure keeps for its events: what is said here once is said of all of them."""

    structure_id: Annotated[UUID, Meta(title="Structure")] | None = None  # None: the only one its manager has
    place_name: PlaceName
    address: Address = ""
    address_more: AddressMore = ""
    commune: CommuneText
    access_note: AccessNote = ""
    place_accessibility: PlaceFacts = []


Where = NewEvent | NewSession | Move
