"""Who was trained and until when it holds: trainings taken part in, those that a coordinator notes, reminders (A9).

A training is a day of a person. How long it holds is the rule of the structure's département, looked up when it is asked:
a rule that changes changes every date at once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.database import execute, fetch, fetch_one, fetch_rows, fetch_value, transaction
from ateliers.mail.outbox import NewMail, queue_many
from ateliers.network.people import Person
from ateliers.network.rules import MONTHS
from ateliers.refusals import Invalid, NotAllowed, NotFound
from ateliers.words import fold, today_of

SOON = timedelta(days=60)  # before a training ends it is said on every page, and written the first time
REMINDERS = (60, 14)  # days before the end
MOST_PEOPLE = 200  # noted at once


class Trained(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of a structure, with their latest training, if any."""

    person_id: UUID
    name: str
    email: str
    structure_id: UUID
    structure_name: str
    departement: str
    training_id: UUID | None
    day: date | None
    valid_until: date | None  # the last day on which it holds
    session_id: UUID | None  # where it was taken; None: elsewhere
    noted_by: str | None  # the coordinator who noted it by hand

    def standing(self, today: date) -> str:
        """'never', 'over', 'soon' (over within SOON) or 'valid'."""
        if self.valid_until is None:
            return "never"
        if self.valid_until < today:
            return "over"
        return "soon" if self.valid_until - today <= SOON else "valid"


class NewTrainings(msgspec.Struct, frozen=True, kw_only=True):
    """A training taken elsewhere, by some people."""

    people: Annotated[list[UUID], Meta(max_length=MOST_PEOPLE, title="Who was trained")] = []
    day: Annotated[date, Meta(title="Day of the training")]


# One row for each person and structure, whatever their roles there.
_SQL = f"""
    SELECT p.id AS person_id, p.name, p.email, o.id AS structure_id, o.name AS structure_name, o.departement,
           t.id AS training_id, t.day, t.session_id, n.name AS noted_by,
           (t.day + make_interval(months => COALESCE(u.training_months, {MONTHS})))::date AS valid_until
    FROM (SELECT DISTINCT person_id, structure_id FROM role
          WHERE revoked_at IS NULL AND role IN ('ambassador', 'manager')) r
    JOIN person p ON p.id = r.person_id AND p.closed_at IS NULL
    JOIN structure o ON o.id = r.structure_id
    LEFT JOIN territory_rule u ON u.departement = o.departement
    LEFT JOIN LATERAL (SELECT * FROM training g WHERE g.person_id = p.id ORDER BY g.day DESC, g.id DESC LIMIT 1) t ON true
    LEFT JOIN person n ON n.id = t.recorded_by AND t.session_id IS NULL
"""


async def trained_of(structure_id: UUID) -> dict[UUID, Trained]:
    """By person, everybody of the structure."""
    return {one.person_id: one for one in await fetch(Trained, f"{_SQL} WHERE o.id = $1", structure_id)}


async def my_trainings(person: Person) -> list[Trained]:
    """How the person stands in each of their structures, by name of structure."""
    found = await fetch(Trained, f"{_SQL} WHERE p.id = $1", person.id)
    return sorted(found, key=lambda one: fold(one.structure_name))


async def list_trained(*, by: Person) -> list[Trained]:
    """Everybody of the admitted structures of a coordinator's territory: never trained, then who ends first. Raises NotAllowed."""
    if not by.is_coordinator:
        raise NotAllowed
    found = await fetch(
        Trained,
        f"{_SQL} WHERE o.state = 'admitted' AND ($1::text[] IS NULL OR o.departement = ANY ($1))",
        by.coordinated_departements,
    )
    return sorted(found, key=lambda one: (one.valid_until or date.min, fold(one.name), fold(one.structure_name)))


async def trained_structures(structure_ids: Collection[UUID], *, now: datetime) -> set[UUID]:
    """Those of `structure_ids` in which some ambassador or manager has a training that holds today."""
    rows = await fetch_rows(
        f"SELECT DISTINCT structure_id FROM ({_SQL} WHERE o.id = ANY ($1)) AS one WHERE valid_until >= $2",
        list(structure_ids),
        today_of(now),
    )
    return {row["structure_id"] for row in rows}


async def is_anybody_trained(structure_ids: Collection[UUID], *, now: datetime) -> bool:
    """Whether some ambassador or manager of one of these structures has a training that holds today."""
    found: bool = await fetch_value(
        f"SELECT EXISTS (SELECT FROM ({_SQL} WHERE o.id = ANY ($1)) AS one WHERE valid_until >= $2)",
        list(structure_ids),
        today_of(now),
    )
    return found


async def note_trainings(new: NewTrainings, *, by: Person, now: datetime) -> int:
    """Keep a training taken elsewhere by people of a coordinator's territory; how many were new. Raises NotAllowed, Invalid."""
    if not by.is_coordinator:
        raise NotAllowed
    errors = {}
    if not new.people:
        errors["people"] = "Choose at least one person."
    elif not set(new.people) <= {one.person_id for one in await list_trained(by=by)}:
        errors["people"] = "Choose people of your territory."
    if new.day > today_of(now):
        errors["day"] = "This day is still to come."
    elif new.day < today_of(now) - timedelta(days=3653):
        errors["day"] = "This day is more than ten years ago."
    if errors:
        raise Invalid(errors)
    async with transaction():
        return await execute(
            """INSERT INTO training (id, person_id, day, recorded_by, recorded_at)
               SELECT gen_random_uuid(), p.id, $2, $3, $4 FROM person p
               WHERE p.id = ANY ($1)
                 AND NOT EXISTS (SELECT FROM training t WHERE t.person_id = p.id AND t.session_id IS NULL AND t.day = $2)""",
            new.people,
            new.day,
            by.id,
            now,
        )


async def withdraw_training(id: UUID, *, by: Person) -> None:
    """Take back one that was noted by hand. Raises NotFound, as for one that comes from a list of attendance."""
    if not by.is_coordinator or id not in {one.training_id for one in await list_trained(by=by)}:
        raise NotFound
    if not await execute("DELETE FROM training WHERE id = $1 AND session_id IS NULL", id):
        raise NotFound


async def keep_attendance(
    session_id: UUID, day: date, *, came: Sequence[str], others: Sequence[str], now: datetime
) -> None:
    """Who came to a training (addresses of their bookings) was trained that day; `others` were not. Opens no transaction.

    Of whom the session's list says nothing any more, because it was forgotten, the training stays.
    """
    await execute(
        """INSERT INTO training (id, person_id, session_id, day, recorded_at)
           SELECT gen_random_uuid(), p.id, $1, $2, $4 FROM person p WHERE p.email = ANY ($3)
           ON CONFLICT (person_id, session_id) DO UPDATE SET day = excluded.day WHERE training.day <> excluded.day""",
        session_id,
        day,
        list(came),
        now,
    )
    gone = sorted(set(others) - set(came))
    if gone:
        await execute(
            "DELETE FROM training t USING person p WHERE p.id = t.person_id AND t.session_id = $1 AND p.email = ANY ($2)",
            session_id,
            gone,
        )


async def find_ending(training_id: UUID) -> Trained | None:
    """The training with the person and the structure where it ends first; None when a later one took its place."""
    return await fetch_one(
        Trained, f"{_SQL} WHERE t.id = $1 AND o.state = 'admitted' ORDER BY valid_until, o.id LIMIT 1", training_id
    )


async def sweep(now: datetime) -> int:
    """Queue what is due to people whose training ends soon; how many e-mails.

    Of two steps missed by a worker that was down only the latest is queued; nothing is written once it is over.
    """
    today = today_of(now)
    rows = await fetch_rows(
        f"""SELECT training_id, person_id, min(valid_until) AS ends FROM ({_SQL} WHERE o.state = 'admitted') AS one
            WHERE valid_until BETWEEN $1 AND $2 GROUP BY training_id, person_id""",
        today,
        today + timedelta(days=max(REMINDERS)),
    )
    due = [
        (row["training_id"], min(days for days in REMINDERS if row["ends"] - today <= timedelta(days=days)))
        for row in rows
    ]
    if not due:
        return 0
    async with transaction():
        return await queue_many(
            NewMail(kind="training_ending", key=f"training_ending:{id}:{days}", subject_id=id, now=now)
            for id, days in due
        )
