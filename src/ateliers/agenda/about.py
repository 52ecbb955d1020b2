"""What an event is about, between the form and the table: what is wrong with it, its columns, and back."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ateliers.agenda.drafts import About
from ateliers.agenda.event import Event, Visibility
from ateliers.agenda.group import SHORTEST, draw_code, plain_code
from ateliers.agenda.kinds import Rules
from ateliers.agenda.local_time import LONGEST_AHEAD, NEVER_BEFORE, exists, to_utc
from ateliers.agenda.questions import KEY_LENGTH, taken, wrong_questions
from ateliers.agenda.reminder import Reminder
from ateliers.agenda.session import Session
from ateliers.places.place import Accessibility

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def wrong_about(about: About, zone: str, *, starts: Iterable[datetime], now: datetime) -> dict[str, str]:
    """What contradicts itself: field to message id. `starts` are those of the sessions to come; `zone` is the structure's."""
    errors = wrong_questions(about.questions)
    code = plain_code(about.group_code)
    if about.visibility is Visibility.GROUP and about.group_code and len(code) < SHORTEST:
        errors["group_code"] = "A code has at least four letters or digits."
    moments = {"public_from": about.public_from, "opens_at": about.opens_at}
    errors |= {
        name: message
        for name, moment in moments.items()
        if moment is not None and (message := _wrong_moment(moment, zone, now=now))
    }
    first = min(starts, default=None)
    if first is None or errors.keys() & moments.keys():
        return errors
    if about.public_from is not None and to_utc(about.public_from, zone) >= first:
        errors["public_from"] = "The first session would begin before anybody can see it."
    if about.opens_at is not None:
        if to_utc(about.opens_at, zone) >= first - about.closing_hours * HOUR:
            errors["opens_at"] = "Bookings would close before they open, for the first session."
        elif about.public_from is not None and about.opens_at < about.public_from:
            errors["opens_at"] = "Bookings cannot open before the event is shown."
    return errors


def too_early(event: Event | Session, starts_at: datetime, *, now: datetime) -> dict[str, str]:
    """Why a date of the event cannot be as early as `starts_at`: nobody could see or book it in time."""
    moments = [moment for moment in (event.public_from, event.opens_at) if moment is not None]
    if any(now < moment and moment >= starts_at - event.closing for moment in moments):
        return {
            "local_start": "Bookings open later than that. Change their opening first, in the settings of the event."
        }
    return {}


def columns_of(about: About, rules: Rules, zone: str, *, before: Event | None = None) -> dict[str, Any]:
    """The columns of table event that say what it is about. `before`: as it was, whose questions and code may stay."""
    visibility = Visibility.NETWORK if rules.network_only else about.visibility
    code = plain_code(about.group_code) or (before.group_code if before else None) or draw_code()
    keys = [secrets.token_hex(KEY_LENGTH // 2) for _ in about.questions]
    return {
        "title": about.title,
        "description": about.description,
        "programme": about.programme,
        "to_bring": about.to_bring,
        "level": about.level,
        "run_by": about.run_by,
        "phone": about.phone,
        "visibility": visibility.value,
        "group_code": code if visibility is Visibility.GROUP else None,
        "accessibility": [fact.value for fact in about.accessibility],
        "party_limit": about.party_limit,
        "waiting_max": about.waiting_max,
        "promotion_stop": about.promotion_stop_hours * HOUR,
        "cutoff": about.cutoff_hours * HOUR,
        "offer_for": None if about.offer_hours is None else about.offer_hours * HOUR,
        "call_for": about.call_hours * HOUR,
        "public_from": None if about.public_from is None else to_utc(about.public_from, zone),
        "opens_at": None if about.opens_at is None else to_utc(about.opens_at, zone),
        "closing": about.closing_hours * HOUR,
        "release_after": None if about.release_minutes is None else about.release_minutes * MINUTE,
        "questions": taken(about.questions, before.questions if before else [], keys),
        "is_private": not about.open_invites,
        "reminder_plan": [step.value for step in Reminder if step in about.reminder_plan],
    }


def about_of(event: Event, zone: str) -> About:
    """What the event is about, as the form to edit it shows first; moments on the clock of `zone`."""
    return About(
        title=event.title,
        description=event.description,
        programme=event.programme,
        to_bring=event.to_bring,
        level=event.level,
        run_by=event.run_by,
        phone=event.phone,
        visibility=event.visibility,
        group_code=event.group_code or "",
        accessibility=[Accessibility(fact) for fact in event.accessibility],
        party_limit=event.party_limit,
        waiting_max=event.waiting_max,
        promotion_stop_hours=round(event.promotion_stop / HOUR),
        cutoff_hours=round(event.cutoff / HOUR),
        offer_hours=None if event.offer_for is None else max(1, round(event.offer_for / HOUR)),
        call_hours=max(1, round(event.call_for / HOUR)),
        public_from=_on_the_clock(event.public_from, zone),
        opens_at=_on_the_clock(event.opens_at, zone),
        closing_hours=round(event.closing / HOUR),
        release_minutes=None if event.release_after is None else round(event.release_after / MINUTE),
        questions=event.questions,
        open_invites=not event.is_private,
        reminder_plan=[Reminder(step) for step in event.reminder_plan],
    )


def _on_the_clock(moment: datetime | None, zone: str) -> datetime | None:
    return None if moment is None else moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def _wrong_moment(moment: datetime, zone: str, *, now: datetime) -> str | None:
    # A moment gone by is no mistake: what is shown or open already stays so when the event is edited.
    today = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    if moment < NEVER_BEFORE:
        return "This date is in the past."
    if moment > today + LONGEST_AHEAD:
        return "This date is more than three years away."
    if not exists(moment, zone):
        return "This time does not exist: clocks go forward that night."
    return None
