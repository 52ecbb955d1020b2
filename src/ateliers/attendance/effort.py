"""Who ran a session, and the time that it took them: on the spot, and to prepare it (E14)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.agenda.session import Session
from ateliers.attendance.tally import lock_session
from ateliers.database import execute, execute_many, fetch, fetch_one, new_id, transaction
from ateliers.network.people import Person
from ateliers.refusals import Invalid
from ateliers.words import language

MOST = 12  # people of one session
MOST_BARE = 12  # hours that a number without a unit may say: « 45 » means minutes to whoever writes it
LONGEST_DAY = 24 * 60  # minutes on the spot
LONGEST_PREPARATION = 100 * 60
FORMS = (
    re.compile(r"(?P<hours>\d{1,3})\s*(?:h|heures?|hours?|:)\s*(?P<minutes>[0-5]?\d)?\s*(?:m|min|mn|minutes?)?"),
    re.compile(r"(?P<minutes>\d{1,4})\s*(?:m|min|mn|minutes?)"),
    re.compile(r"(?P<hours>\d{1,3}(?:[.,]\d{1,2})?)"),
)


class NewEffort(msgspec.Struct, frozen=True, kw_only=True):
    """One person, as the form has them. Times as people write them."""

    name: Annotated[str, Meta(max_length=120, title="Name", extra={"list": "equipe", "autocomplete": "off"})] = ""
    minutes: Annotated[
        str,
        Meta(max_length=20, title="Time on the spot", description="For example: 2 h, 1 h 30 or 45 min."),
    ] = ""
    preparation: Annotated[
        str,
        Meta(
            max_length=20,
            title="Time to prepare and tidy up",
            description="Calls, posters, travel, putting things away.",
        ),
    ] = ""
    is_volunteer: Annotated[bool, Meta(title="As a volunteer, without pay")] = False


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody who ran the session."""

    people: Annotated[list[NewEffort], Meta(max_length=MOST)] = []


class Effort(msgspec.Struct, frozen=True, kw_only=True):
    """What one person gave, in minutes."""

    name: str
    is_volunteer: bool
    minutes: int
    preparation: int

    @property
    def typed(self) -> NewEffort:
        """The same as it would be typed."""
        return NewEffort(
            name=self.name,
            is_volunteer=self.is_volunteer,
            minutes=time_in_hours(self.minutes),
            preparation=time_in_hours(self.preparation) if self.preparation else "",
        )


class EffortSum(msgspec.Struct, frozen=True, kw_only=True):
    """A session's sums, in people and minutes."""

    people: int
    volunteers: int
    minutes: int
    preparation: int
    volunteer_minutes: int
    volunteer_preparation: int


async def record_effort(session_id: UUID, team: Team, *, by: Person, now: datetime) -> None:
    """Write down who ran the session, in place of what stood there; nobody: it is not known after all.

    Raises Invalid, SessionCalledOff, NotAllowed, NotFound, and what a closed period says.
    """
    people = read_team(team)
    async with transaction():
        await lock_session(session_id, by=by, now=now)
        await execute("DELETE FROM effort WHERE session_id = $1", session_id)
        await execute_many(
            "INSERT INTO effort (id, session_id, position, name, is_volunteer, minutes, preparation, recorded_at, recorded_by) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            [
                (new_id(), session_id, place, one.name, one.is_volunteer, one.minutes, one.preparation, now, by.id)
                for place, one in enumerate(people)
            ],
        )
        await _sum_up(session_id, people, now=now)


async def _sum_up(session_id: UUID, people: list[Effort], *, now: datetime) -> None:
    if not people:
        await execute("DELETE FROM effort_sum WHERE session_id = $1", session_id)
        return
    given = [one for one in people if one.is_volunteer]
    await execute(
        "INSERT INTO effort_sum VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (session_id) DO UPDATE SET "
        "people = $2, volunteers = $3, minutes = $4, preparation = $5, volunteer_minutes = $6, "
        "volunteer_preparation = $7, changed_at = $8",
        session_id,
        len(people),
        len(given),
        sum(one.minutes for one in people),
        sum(one.preparation for one in people),
        sum(one.minutes for one in given),
        sum(one.preparation for one in given),
        now,
    )


async def list_effort(session_id: UUID) -> list[Effort]:
    """Who ran the session, in the order of the form."""
    return await fetch(
        Effort,
        "SELECT name, is_volunteer, minutes, preparation FROM effort WHERE session_id = $1 ORDER BY position",
        session_id,
    )


async def find_effort_sum(session_id: UUID) -> EffortSum | None:
    """The session's sums; None when nobody told."""
    return await fetch_one(
        EffortSum,
        "SELECT people, volunteers, minutes, preparation, volunteer_minutes, volunteer_preparation "
        "FROM effort_sum WHERE session_id = $1",
        session_id,
    )


def suggested(session: Session, by: Person) -> NewEffort:
    """What is likely: whoever opens the form was there from beginning to end."""
    lasted = round((session.ends_at - session.starts_at).total_seconds() / 60)
    return NewEffort(name=by.name, minutes="" if session.all_day else time_in_hours(min(lasted, LONGEST_DAY)))


def read_team(team: Team) -> list[Effort]:
    """The people with their minutes; rows without a name and a time are left out. Raises Invalid."""
    wrong: dict[str, str] = {}
    people = []
    for row, one in enumerate(team.people):
        if not one.name:
            wrong[f"people.{row}.name"] = "Write who it was."
        times = []
        for name, text, most in (
            ("minutes", one.minutes, LONGEST_DAY),
            ("preparation", one.preparation, LONGEST_PREPARATION),
        ):
            found = read_minutes(text)
            if found is None or found > most:
                wrong[f"people.{row}.{name}"] = (
                    "Write a time such as 2 h, 1 h 30 or 45 min." if found is None else "This is more than is possible."
                )
            times.append(found or 0)
        people.append(Effort(name=one.name, is_volunteer=one.is_volunteer, minutes=times[0], preparation=times[1]))
    if wrong:
        raise Invalid(wrong)
    return people


def read_minutes(text: str) -> int | None:
    """Minutes of « 2 h », « 1 h 30 », « 1h30 », « 1,5 », « 45 min », « 1:30 »; 0 of nothing; None of anything else."""
    written = " ".join(text.lower().split())
    if not written:
        return 0
    for form in FORMS:
        if found := form.fullmatch(written):
            parts = found.groupdict()
            hours = float((parts.get("hours") or "0").replace(",", "."))
            if form is FORMS[-1] and hours > MOST_BARE:
                return None
            return round(hours * 60) + int(parts.get("minutes") or 0)
    return None


def time_in_hours(minutes: int) -> str:
    """« 1 h 30 », « 45 min », with no-break spaces, as `read_minutes` reads it."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest}\u00a0min"
    unit = f"{hours}\u00a0h"
    return f"{unit}\u00a0{rest:02d}" + ("\u00a0min" if language() == "en" else "") if rest else unit
