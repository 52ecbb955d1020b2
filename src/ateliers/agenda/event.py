"""An event: what a structure offers, whatever the dates."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from ateliers.agenda.kinds import RULES, Kind, Rules
from ateliers.agenda.questions import Question
from ateliers.agenda.reminder import Reminder
from ateliers.words import T


class Visibility(enum.Enum):
    """Who finds an event (B6)."""

    PUBLIC = "public"
    LINK = "link"
    NETWORK = "network"
    GROUP = "group"  # whoever has its code

    @property
    def label(self) -> T:
        """Its name on screen."""
        return _VISIBILITY_LABELS[self]


class EventState(enum.Enum):
    """Where an event stands (B4)."""

    DRAFT = "draft"
    TO_MODERATE = "to_moderate"
    PUBLISHED = "published"
    ARCHIVED = "archived"

    @property
    def label(self) -> T:
        """Its name on screen."""
        return _STATE_LABELS[self]

    @property
    def was_published(self) -> bool:
        """Whether those it is for may know of it: published, and perhaps put away since."""
        return self in {EventState.PUBLISHED, EventState.ARCHIVED}


_VISIBILITY_LABELS = {
    Visibility.PUBLIC: T("Everyone: it can be found in the search"),
    Visibility.LINK: T("Only those who have the link"),
    Visibility.NETWORK: T("Only people of the network"),
    Visibility.GROUP: T("Only a group that has a code"),
}
_STATE_LABELS = {
    EventState.DRAFT: T("Draft"),
    EventState.TO_MODERATE: T("Waiting for the coordinator"),
    EventState.PUBLISHED: T("Published"),
    EventState.ARCHIVED: T("Archived"),
}


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of table event, but its search words."""

    id: UUID
    structure_id: UUID
    kind: Kind
    title: str
    description: str
    programme: str  # one step a line
    to_bring: str  # one thing a line
    level: str
    phone: str | None
    visibility: Visibility
    state: EventState
    accessibility: list[str]  # values of places.place.Accessibility
    party_limit: int  # seats in one booking
    waiting_max: int  # seats waiting per session; 0: no waiting list
    promotion_stop: timedelta
    cutoff: timedelta
    run_by: str
    offer_for: timedelta | None  # who waits is offered a seat for this long; None: confirmed at once
    call_for: timedelta  # a seat is held this long for who can only be phoned
    public_from: datetime | None
    opens_at: datetime | None  # bookings open
    closing: timedelta  # bookings close this long before the start
    questions: list[Question]
    release_after: timedelta | None  # after the start, unclaimed seats are free; None: never
    is_cycle: bool
    is_private: bool
    reminder_plan: list[str]
    group_code: str | None  # what people of its group type to see it
    created_by: UUID | None
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None
    external_key: str | None

    @property
    def rules(self) -> Rules:
        """What its kind decides."""
        return RULES[self.kind]

    @property
    def reminders(self) -> list[Reminder]:
        """The steps of its plan, in order of time."""
        return [step for step in Reminder if step.value in self.reminder_plan]

    @property
    def path(self) -> str:
        """Its page in the workspace."""
        return f"/espace/evenements/{self.id}"


EVENT_SQL = """
    SELECT e.id, e.structure_id, e.kind, e.title, e.description, e.programme, e.to_bring, e.level, e.phone,
           e.visibility, e.state, e.accessibility, e.party_limit, e.waiting_max, e.promotion_stop, e.cutoff,
           e.run_by, e.offer_for, e.call_for, e.public_from, e.opens_at, e.closing, e.questions, e.release_after,
           e.is_cycle, e.is_private, e.reminder_plan, e.group_code, e.created_by, e.created_at, e.updated_at, e.published_at, e.external_key
    FROM event e
"""
