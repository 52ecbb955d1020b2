"""Close a period: nothing of its attendance changes any more, until somebody reopens it and says why (E13)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import ClassVar
from uuid import UUID

import msgspec

from ateliers.database import execute, fetch, fetch_one, fetch_value, new_id, transaction
from ateliers.network.people import Person
from ateliers.refusals import Invalid, NotAllowed, NotFound, Refusal
from ateliers.words import plain, today_of

CLOSING = 0x636C6F  # advisory lock: shared by who writes attendance, alone for who closes
LONGEST_WHY = 500
LONGEST_DAYS = 366  # a closing freezes figures of at most a year


class ClosedPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """Days whose attendance is settled: of one structure, of départements, or (both None) of the nation."""

    id: UUID
    structure_id: UUID | None
    departements: list[str] | None
    first_day: date  # on the clock of the place; both included
    last_day: date
    closed_at: datetime
    closed_by: str | None = None  # name
    reopened_at: datetime | None = None
    reopened_by: str | None = None
    reopened_why: str = ""

    @property
    def is_closed(self) -> bool:
        """Whether it holds now."""
        return self.reopened_at is None


class PeriodClosed(Refusal):
    """The session's day lies in a period whose figures are settled."""

    status: ClassVar[int] = 423
    title = "The figures of this period are closed since %(day)s. Whoever closed it can reopen it."


class PeriodNotOver(Refusal):
    """What is still to come cannot be settled."""

    title = "This period is not over: it can be closed once its last day has passed."
    field = "last_day"


class AlreadyClosed(Refusal):
    """The same days of the same territory are closed."""

    title = "This period is closed already."
    field = "first_day"


class NotClosed(Refusal):
    """Somebody reopened it before."""

    title = "This period was reopened already."


_SQL = """
    SELECT c.id, c.structure_id, c.departements, c.first_day, c.last_day, c.closed_at, closer.name AS closed_by,
           c.reopened_at, opener.name AS reopened_by, c.reopened_why
    FROM closed_period c LEFT JOIN person closer ON closer.id = c.closed_by LEFT JOIN person opener ON opener.id = c.reopened_by
"""


def forbids(departement: str) -> str:
    """SQL: of a closing `c`, a session `s` in this département and its event `e`: nothing of its attendance may change."""
    return f"""
    c.reopened_at IS NULL AND s.local_start::date BETWEEN c.first_day AND c.last_day
    AND CASE WHEN c.structure_id IS NOT NULL THEN c.structure_id = e.structure_id
             WHEN c.departements IS NOT NULL THEN {departement} = ANY (c.departements)
             ELSE true END
"""


FORBIDS = forbids("""COALESCE(
    (SELECT p.departement FROM session site JOIN place p ON p.id = site.place_id WHERE site.id = COALESCE(s.onsite_id, s.id)),
    (SELECT o.departement FROM structure o WHERE o.id = e.structure_id))""")

# Where the day ends later than in Paris, as in the Antilles, a session of its evening may go on; none lasts two days.
_GOES_ON = f"""
    SELECT EXISTS (
        SELECT FROM closed_period c, session s JOIN event e ON e.id = s.event_id
        WHERE c.id = $1 AND s.starts_at BETWEEN $2::timestamptz - interval '2 days' AND $2::timestamptz + interval '2 days'
          AND s.ends_at > $2 AND s.called_off_at IS NULL AND {FORBIDS})
"""


async def close_period(
    *,
    first_day: date,
    last_day: date,
    structure_id: UUID | None = None,
    departements: list[str] | None = None,
    by: Person,
    now: datetime,
) -> ClosedPeriod:
    """From now on no attendance of these days is written. Raises PeriodNotOver, AlreadyClosed, Invalid, NotAllowed."""
    if last_day < first_day:
        raise Invalid({"last_day": "The period ends before it starts."})
    if last_day - first_day > timedelta(days=LONGEST_DAYS):
        raise Invalid({"last_day": "A period that is closed is at most one year long."})
    if today_of(now) <= last_day:
        raise PeriodNotOver
    await _check_closer(structure_id, departements, by=by)
    departements = sorted(set(departements)) if departements is not None else None
    id = new_id()
    async with transaction():
        # Whoever is writing attendance ends first: what they write is in the figures that are frozen now.
        await execute("SELECT pg_advisory_xact_lock($1)", CLOSING)
        made = await execute(
            """INSERT INTO closed_period (id, structure_id, departements, first_day, last_day, closed_at, closed_by)
               SELECT $1, $2, $3, $4, $5, $6, $7 WHERE NOT EXISTS (
                   SELECT FROM closed_period WHERE reopened_at IS NULL AND first_day = $4 AND last_day = $5
                   AND structure_id IS NOT DISTINCT FROM $2 AND departements IS NOT DISTINCT FROM $3)""",
            id,
            structure_id,
            departements,
            first_day,
            last_day,
            now,
            by.id,
        )
        if not made:
            raise AlreadyClosed
        if await fetch_value(_GOES_ON, id, now):
            raise PeriodNotOver
    return await get_period(id)


async def reopen_period(id: UUID, why: str, *, by: Person, now: datetime) -> ClosedPeriod:
    """Its attendance can be corrected again; who, when and why stay written. Raises NotClosed, Invalid, NotAllowed, NotFound."""
    why = plain(why)[:LONGEST_WHY]
    if not why:
        raise Invalid({"why": "Write why it is reopened: it stays beside the figures."})
    period = await get_period(id)
    await _check_opener(period, by=by)
    reopened = await execute(
        "UPDATE closed_period SET reopened_at = $2, reopened_by = $3, reopened_why = $4 WHERE id = $1 AND reopened_at IS NULL",
        id,
        now,
        by.id,
        why,
    )
    if not reopened:
        raise NotClosed
    return await get_period(id)


async def get_period(id: UUID) -> ClosedPeriod:
    """One closing, reopened or not. Raises NotFound."""
    found = await fetch_one(ClosedPeriod, f"{_SQL} WHERE c.id = $1", id)
    if found is None:
        raise NotFound
    return found


async def list_periods(
    *, structure_ids: list[UUID] | None = None, departements: list[str] | None = None
) -> list[ClosedPeriod]:
    """Closings that concern these structures, or these départements, or (both None) everybody; the latest days first."""
    return await fetch(
        ClosedPeriod,
        f"""{_SQL} WHERE CASE
            WHEN $1::uuid[] IS NOT NULL THEN c.structure_id = ANY ($1) OR (c.structure_id IS NULL AND (
                c.departements IS NULL OR c.departements && ARRAY(SELECT departement FROM structure WHERE id = ANY ($1))))
            WHEN $2::text[] IS NOT NULL THEN c.structure_id IS NULL AND (c.departements IS NULL OR c.departements && $2)
            ELSE c.structure_id IS NULL END
            ORDER BY c.last_day DESC, c.closed_at DESC, c.id DESC""",
        structure_ids,
        departements,
    )


async def locked_by(session_id: UUID) -> ClosedPeriod | None:
    """The closing that forbids to write the session's attendance, if any. Inside the writer's transaction, under the session's lock.

    Until that transaction ends, no period is closed: nothing is written after the figures were frozen.
    """
    await execute("SELECT pg_advisory_xact_lock_shared($1)", CLOSING)
    return await fetch_one(
        ClosedPeriod,
        f"""{_SQL} JOIN session s ON s.id = $1 JOIN event e ON e.id = s.event_id
            WHERE {FORBIDS} ORDER BY c.closed_at LIMIT 1""",
        session_id,
    )


async def may_reopen(period: ClosedPeriod, *, by: Person) -> bool:
    """Whether it is theirs to reopen."""
    try:
        await _check_opener(period, by=by)
    except NotAllowed:
        return False
    return True


async def _check_closer(structure_id: UUID | None, departements: list[str] | None, *, by: Person) -> None:
    if structure_id is not None:
        if departements is not None or not by.manages(structure_id):
            raise NotAllowed
    elif departements is not None:
        if not departements or not all(by.coordinates(departement) for departement in departements):
            raise NotAllowed
    elif not by.is_national:
        raise NotAllowed


async def _check_opener(period: ClosedPeriod, *, by: Person) -> None:
    """Who could have closed it, and for a structure's own closing its coordinator too."""
    if period.structure_id is not None and not by.manages(period.structure_id):
        departement = await fetch_value("SELECT departement FROM structure WHERE id = $1", period.structure_id)
        if not by.coordinates(departement):
            raise NotAllowed
    elif period.structure_id is None:
        await _check_closer(None, period.departements, by=by)
