"""A session: one dated occurrence of an event, with its event, place and structure flat beside it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from ateliers.agenda.event import EventState, Visibility
from ateliers.agenda.kinds import RULES, Kind, Rules
from ateliers.agenda.questions import Question
from ateliers.words import _, day_in_words, ngettext, time_in_words

if TYPE_CHECKING:
    from ateliers.network.people import Person


class CycleDate(msgspec.Struct, frozen=True, kw_only=True):
    """One date of a cycle. Instants are aware, on whatever clock the database keeps."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    called_off_at: datetime | None
    place: str  # name and commune; '' online


class CoOrganiser(msgspec.Struct, frozen=True, kw_only=True):
    """A structure that organises the event too, and said so."""

    id: UUID
    name: str
    slug: str

    @property
    def path(self) -> str:
        """Its public page."""
        return f"/signataires/{self.slug}"


class OnlineHalf(msgspec.Struct, frozen=True, kw_only=True):
    """The online half of a hybrid session: seats and a waiting list of its own (B8)."""

    id: UUID
    capacity: int | None  # seats; None: no limit
    seats_left: int | None
    is_full: bool
    waiting_list_is_open: bool

    def places_in_words(self) -> str:
        """How many of its seats are left, in the reader's language and in words."""
        return _seats_in_words(self.seats_left, waiting=self.waiting_list_is_open)


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """What pages, e-mails, feeds and the API say about a session. Instants are aware, UTC; place columns are None online."""

    id: UUID
    event_id: UUID
    structure_id: UUID
    structure_name: str
    structure_slug: str
    structure_email: str
    structure_phone: str | None
    co_organisers: list[CoOrganiser] = []  # by name
    kind: Kind
    title: str
    description: str
    programme: str  # one step a line
    to_bring: str  # one thing a line
    level: str
    phone: str | None  # a person to call
    visibility: Visibility
    event_state: EventState
    accessibility: list[str]  # of the event: values of places.place.Accessibility
    party_limit: int  # seats in one booking
    waiting_max: int  # seats that may wait; 0: no waiting list
    promotion_stop: timedelta  # nobody is promoted this long before the start
    cutoff: timedelta  # seats can be given back online until this long before the start
    run_by: str  # first name of who welcomes people
    offer_for: timedelta | None  # who waits is offered a seat for this long; None: confirmed at once
    call_for: timedelta  # a seat is held this long for who can only be phoned
    public_from: datetime | None  # nobody but staff sees it earlier
    opens_at: datetime | None  # bookings open; None: once published
    closing: timedelta  # bookings close this long before the start
    questions: list[Question]
    release_after: timedelta | None  # after the start, unclaimed seats are free for people on the spot; None: never
    is_cycle: bool  # its event's sessions are booked together
    is_private: bool  # invites carry CLASS:PRIVATE
    reminder_plan: list[str]  # steps of bookings.reminders
    group_code: str | None  # what people of its group type to see it
    place_id: UUID | None
    place_name: str | None
    address: str | None
    address_more: str | None
    postcode: str | None
    commune_code: str | None  # INSEE
    commune_name: str | None
    departement: str  # the place's, else the structure's
    latitude: float | None
    longitude: float | None
    access_note: str | None
    place_accessibility: list[str]
    join_url: str | None  # only for those who hold a confirmed seat (B7)
    zone: str  # IANA
    local_start: datetime  # naive, wall clock in zone: what was promised
    starts_at: datetime
    ends_at: datetime
    capacity: int | None  # seats; None: no limit
    seats_taken: int
    seats_waiting: int
    seats_offered: int  # held for people who are offered them
    seats_held_back: int  # for phone and partners, not given out yet
    held_back_until: datetime | None
    overbooked: int
    lead_id: UUID | None  # first session of its cycle, which has the bookings; None: itself
    series_id: UUID | None  # its date follows a rule
    recurs_on: datetime | None  # naive, wall clock: the rule's date that it stands for, wherever it was moved
    onsite_id: UUID | None  # this is the online half of that session
    online_id: UUID | None  # its online half, unless that was called off
    online_capacity: int | None
    online_taken: int  # seats of the online half that are no longer free
    online_waiting: int
    dates: list[CycleDate]  # of its cycle, in order of time; none outside a cycle
    code: str  # of its short address
    all_day: bool  # no fixed hour: from midnight to midnight in its zone
    outcome: str | None  # 'held', 'held_empty'
    called_off_at: datetime | None
    called_off_reason: str
    moved_at: datetime | None
    previous_start: datetime | None  # start before the latest move
    revision: int
    created_at: datetime
    updated_at: datetime  # the later of the session's and its event's
    published_at: datetime | None

    @property
    def rules(self) -> Rules:
        """What its kind decides; of an online half, what holds online."""
        return RULES[self.kind] if self.onsite_id is None else RULES[self.kind].online

    @property
    def organisers(self) -> list[CoOrganiser]:
        """Its structure, then those that organise it too."""
        own = CoOrganiser(id=self.structure_id, name=self.structure_name, slug=self.structure_slug)
        return [own, *self.co_organisers]

    @property
    def path(self) -> str:
        """Its public page: a hybrid session has one, and so have the dates of a cycle."""
        return f"/seances/{self.onsite_id or self.lead_id or self.id}"

    @property
    def card_path(self) -> str:
        """Its picture for links that are shared."""
        return f"{self.path}/image.png"

    @property
    def booking_path(self) -> str:
        """Where its seats are booked: of a cycle on its first date; an online half has a form of its own."""
        return f"/seances/{self.lead_id or self.id}/reserver"

    @property
    def seats_left(self) -> int | None:
        """Free seats, never below 0; None: no limit."""
        return (
            None
            if self.capacity is None
            else max(0, self.capacity - self.seats_taken - self.seats_offered - self.seats_held_back)
        )

    @property
    def is_full(self) -> bool:
        """No seat is free."""
        return self.seats_left == 0

    @property
    def is_called_off(self) -> bool:
        """It was called off."""
        return self.called_off_at is not None

    @property
    def is_off(self) -> bool:
        """Nothing of what is booked here takes place: of a cycle, no date."""
        return all(date.called_off_at for date in self.dates) if self.dates else self.is_called_off

    @property
    def coming_dates(self) -> list[CycleDate]:
        """The dates of its cycle that take place."""
        return [date for date in self.dates if date.called_off_at is None]

    @property
    def online(self) -> OnlineHalf | None:
        """Its online half, unless that was called off."""
        if self.online_id is None:
            return None
        left = None if self.online_capacity is None else max(0, self.online_capacity - self.online_taken)
        return OnlineHalf(
            id=self.online_id,
            capacity=self.online_capacity,
            seats_left=left,
            is_full=left == 0,
            waiting_list_is_open=left is not None and 0 <= self.online_waiting < self.waiting_max,
        )

    @property
    def is_online(self) -> bool:
        """People join from home."""
        return self.place_id is None

    @property
    def has_waiting_list(self) -> bool:
        """People may wait for a seat."""
        return self.rules.takes_bookings and self.capacity is not None and self.waiting_max > 0

    @property
    def waiting_list_is_open(self) -> bool:
        """One more seat may wait."""
        return self.has_waiting_list and self.seats_waiting < self.waiting_max

    def is_all_over(self, now: datetime) -> bool:
        """What is booked here is over: of a cycle, its last date."""
        return self.is_over(now) and all(date.ends_at <= now for date in self.dates)

    def is_over(self, now: datetime) -> bool:
        """Its end has passed."""
        return self.ends_at <= now

    def is_shown(self, now: datetime) -> bool:
        """The moment from which the public may know of it has come."""
        return self.public_from is None or self.public_from <= now

    @property
    def closes_at(self) -> datetime:
        """No booking is taken online from then on."""
        return self.begins_at - self.closing

    @property
    def begins_at(self) -> datetime:
        """When what is booked here begins: a cycle, on its first date."""
        return self.dates[0].starts_at.astimezone(UTC) if self.dates else self.starts_at

    @property
    def releases_at(self) -> datetime | None:
        """Seats that nobody has claimed are free for people on the spot from then on (E9); None: they are kept."""
        return None if self.release_after is None else self.starts_at + self.release_after

    def takes_bookings(self, now: datetime) -> bool:
        """Published, open, not called off, neither closed nor started, of a kind that takes bookings; it may still be full."""
        return (
            self.event_state is EventState.PUBLISHED
            and not self.is_off
            and self.is_shown(now)
            and (self.opens_at is None or self.opens_at <= now)
            and now < self.closes_at
            and self.rules.takes_bookings
        )

    def may_be_seen_by(self, person: Person | None, now: datetime) -> bool:
        """Whether this reader (None: a stranger) may know of it; what is archived can still be read by its link."""
        if person is not None and (person.serves(self.structure_id) or person.coordinates(self.departement)):
            return True
        if not self.event_state.was_published or self.published_at is None or not self.is_shown(now):
            return False
        return self.visibility is not Visibility.GROUP and (
            self.visibility is not Visibility.NETWORK or person is not None
        )

    def places_in_words(self) -> str:
        """How many seats are left, in the reader's language and in words, not fractions (B10)."""
        if not self.rules.takes_bookings:
            return _("Come as you are, no booking needed")
        half = self.online
        if half is None:
            return self.own_places_in_words()
        here, online = _lowered(self.own_places_in_words()), _lowered(half.places_in_words())
        return _("On site: %(here)s. Online: %(online)s") % {"here": here, "online": online}

    def own_places_in_words(self) -> str:
        """The same without its online half."""
        return _seats_in_words(self.seats_left, waiting=self.waiting_list_is_open)

    def bookings_in_words(self, now: datetime) -> str:
        """When bookings open, or close before the start, in the reader's language; '' where there is nothing to know."""
        if not self.rules.takes_bookings or self.is_off or self.begins_at <= now:
            return ""
        if self.opens_at is not None and now < self.opens_at:
            return _("Bookings open on %(day)s at %(time)s") % self._on_the_clock(self.opens_at)
        if now >= self.closes_at:
            return _("Online bookings are closed")
        return _("Bookings close on %(day)s at %(time)s") % self._on_the_clock(self.closes_at) if self.closing else ""

    def _on_the_clock(self, moment: datetime) -> dict[str, str]:
        return {"day": day_in_words(moment, self.zone), "time": time_in_words(moment, self.zone)}


def _seats_in_words(left: int | None, *, waiting: bool) -> str:
    if left is None:
        return _("Seats for everyone")
    if left > 0:
        return ngettext("%(n)s seat left", "%(n)s seats left", left) % {"n": left}
    return _("Full, waiting list open") if waiting else _("Full")


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


CO_ORGANISERS_SQL = """COALESCE((
    SELECT json_agg(json_build_object('id', c.id, 'name', c.name, 'slug', c.slug) ORDER BY c.name, c.id)
    FROM co_organiser y JOIN structure c ON c.id = y.structure_id
    WHERE y.event_id = e.id AND y.accepted_at IS NOT NULL AND c.state = 'admitted'), '[]') AS co_organisers"""
SESSION_SQL = f"""
    SELECT s.id, s.event_id, e.structure_id, o.name AS structure_name, o.slug AS structure_slug,
           o.email AS structure_email, o.phone AS structure_phone,
           {CO_ORGANISERS_SQL},
           e.kind, e.title, e.description, e.programme, e.to_bring, e.level, e.phone, e.visibility,
           e.state AS event_state, e.accessibility, e.party_limit, e.waiting_max, e.promotion_stop, e.cutoff, e.run_by,
           e.offer_for, e.call_for, e.public_from, e.opens_at, e.closing, e.questions, e.release_after, e.is_cycle,
           e.is_private, e.reminder_plan, e.group_code,
           s.place_id, p.name AS place_name, p.address, p.address_more, p.postcode, p.commune_code, p.commune_name,
           COALESCE(p.departement, o.departement) AS departement, p.latitude, p.longitude, p.access_note,
           COALESCE(p.accessibility, '{{}}') AS place_accessibility,
           s.join_url, s.zone, s.local_start, s.starts_at, s.ends_at, s.capacity, s.seats_taken, s.seats_waiting,
           s.seats_offered, s.seats_held_back, s.held_back_until, s.overbooked, s.lead_id, s.onsite_id, s.code, s.all_day,
           s.series_id, s.recurs_on,
           h.id AS online_id, h.capacity AS online_capacity, COALESCE(h.seats_waiting, 0) AS online_waiting,
           COALESCE(h.seats_taken + h.seats_offered + h.seats_held_back, 0) AS online_taken,
           CASE WHEN e.is_cycle THEN (
               SELECT json_agg(json_build_object('id', d.id, 'starts_at', d.starts_at, 'ends_at', d.ends_at,
                   'called_off_at', d.called_off_at, 'place', concat_ws(', ', v.name, v.commune_name))
                   ORDER BY d.starts_at, d.id)
               FROM session d LEFT JOIN place v ON v.id = d.place_id
               WHERE d.event_id = s.event_id AND (d.onsite_id IS NULL) = (s.onsite_id IS NULL)
           ) ELSE '[]'::json END AS dates,
           s.outcome, s.called_off_at, s.called_off_reason, s.moved_at, s.previous_start, s.revision,
           s.created_at, GREATEST(s.updated_at, e.updated_at) AS updated_at, e.published_at
    FROM session s
    JOIN event e ON e.id = s.event_id
    JOIN structure o ON o.id = e.structure_id
    LEFT JOIN place p ON p.id = s.place_id
    LEFT JOIN session h ON h.onsite_id = s.id AND h.called_off_at IS NULL
"""
