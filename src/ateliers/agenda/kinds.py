"""The kinds of event and what varies by kind: the only place where kinds are told apart."""

from __future__ import annotations

import enum

import msgspec

from ateliers.words import T


class Kind(enum.Enum):
    """What an event is; the values stand in the column event.kind and in the API."""

    WORKSHOP = "workshop"
    WEBINAR = "webinar"
    STAND = "stand"
    MEETING = "information_meeting"
    TRAINING = "training"

    @property
    def label(self) -> T:
        """Its name on screen."""
        return RULES[self].label


class Counter(enum.Enum):
    """What is counted of a session without naming anybody; the values stand in the column count_tap.counter and in the API."""

    INFORMED = "informed"
    HELPED = "helped"
    SHOWN = "shown"
    ACTIVATED = "activated"
    COMPLETED = "completed"
    ANSWERED = "answered"

    @property
    def label(self) -> T:
        """Its name on screen."""
        return _COUNTED[self][0]

    @property
    def meaning(self) -> T:
        """One sentence for who counts: when to tap."""
        return _COUNTED[self][1]


_COUNTED = {
    Counter.INFORMED: (T("People informed"), T("You spoke with them, or gave them a leaflet.")),
    Counter.HELPED: (T("People helped"), T("You helped them with their phone, tablet or computer.")),
    Counter.SHOWN: (T("Shown to people"), T("You showed them Mon espace santé.")),
    Counter.ACTIVATED: (T("Profiles activated"), T("They activated their Mon espace santé with you.")),
    Counter.COMPLETED: (T("Profiles filled in"), T("They added a document or filled in their medical profile.")),
    Counter.ANSWERED: (T("Questions answered"), T("They asked something, and left with an answer.")),
}
AT_A_STAND = (Counter.INFORMED, Counter.HELPED, Counter.ACTIVATED)
OUTCOMES = (Counter.SHOWN, Counter.ACTIVATED, Counter.COMPLETED, Counter.ANSWERED)


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for every event of one kind."""

    takes_bookings: bool
    needs_place: bool
    needs_link: bool
    has_counter: bool  # people are counted as they pass, not listed (E4)
    counters: tuple[Counter, ...] = OUTCOMES  # what is counted of its sessions (E4, E12)
    may_last_all_day: bool = False  # without fixed hours
    network_only: bool = False  # never shown to the public (A9)
    trains: bool = False  # who came is trained from that day on (A9)
    default_minutes: int
    default_capacity: int | None  # seats; None: no limit
    label: T
    meaning: T  # one sentence for who publishes
    icon: str
    css: str

    @property
    def may_be_hybrid(self) -> bool:
        """People may also follow from home, with seats of their own (B8)."""
        return self.takes_bookings and self.needs_place

    @property
    def online(self) -> Rules:
        """What holds for the online half of a hybrid session."""
        return msgspec.structs.replace(self, needs_place=False, needs_link=True)


RULES: dict[Kind, Rules] = {
    Kind.WORKSHOP: Rules(
        takes_bookings=True,
        needs_place=True,
        needs_link=False,
        has_counter=False,
        default_minutes=120,
        default_capacity=10,
        label=T("Workshop"),
        meaning=T("A small group learns by doing, with the help of an ambassador. People book a seat."),
        icon="atelier",
        css="t-atelier",
    ),
    Kind.WEBINAR: Rules(
        takes_bookings=True,
        needs_place=False,
        needs_link=True,
        has_counter=False,
        default_minutes=60,
        default_capacity=100,
        label=T("Webinar"),
        meaning=T("A meeting on the Internet: people join from home by a link. They book a seat."),
        icon="webinaire",
        css="t-webinaire",
    ),
    Kind.STAND: Rules(
        takes_bookings=False,
        needs_place=True,
        needs_link=False,
        has_counter=True,
        counters=AT_A_STAND,
        may_last_all_day=True,
        default_minutes=180,
        default_capacity=None,
        label=T("Stand"),
        meaning=T("People stop as they pass by: no booking, you count how many came."),
        icon="stand",
        css="t-stand",
    ),
    Kind.MEETING: Rules(
        takes_bookings=True,
        needs_place=True,
        needs_link=False,
        has_counter=False,
        default_minutes=90,
        default_capacity=30,
        label=T("Information meeting"),
        meaning=T("A presentation and questions, for a larger group. People book a seat."),
        icon="temps",
        css="t-temps",
    ),
    Kind.TRAINING: Rules(
        takes_bookings=True,
        needs_place=True,
        needs_link=False,
        has_counter=False,
        network_only=True,
        trains=True,
        counters=(),
        default_minutes=180,
        default_capacity=12,
        label=T("Ambassador training"),
        meaning=T("For people of the network only. They book a seat."),
        icon="formation",
        css="t-formation",
    ),
}
