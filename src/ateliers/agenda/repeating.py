"""From a plain form to dates: the first one, how it comes again, and what is left out (B2)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec

from ateliers.agenda.drafts import NewEvent, NewSession
from ateliers.agenda.local_time import LONGEST_AHEAD, wrong_start
from ateliers.agenda.series import (
    LAST,
    MOST_IN_SERIES,
    Repeat,
    Rule,
    Series,
    Weekday,
    day_in_month,
    days_of,
    make_rule,
    read_rule,
)
from ateliers.agenda.where import Errors, Span, Spot, span
from ateliers.database import execute, fetch, new_id
from ateliers.network.structure import Structure
from ateliers.places.holidays import public_holidays
from ateliers.places.place import find_place

BY_HAND = ""  # why a day is left out


class Repetition(msgspec.Struct, frozen=True, kw_only=True):
    """The dates of a rule that is asked for, and the days it leaves out: day to holiday's name, or BY_HAND."""

    rule: Rule
    starts: list[datetime]  # naive, the first one first
    left_out: dict[date, str]


def find_repetition(
    new: NewEvent | NewSession, first: datetime, *, holidays: dict[date, str]
) -> tuple[Repetition | None, Errors]:
    """The dates that the answers mean, None where nothing is repeated; or what is wrong with them.

    `holidays` need not be known where they count: the days are found first without them (see `years_of`).
    """
    if new.repeat is None:
        asked = new.repeat_until is not None or new.repeat_times is not None
        return None, {"repeat": "Say how often it comes again."} if asked else {}
    errors = _wrong_answers(new, new.repeat, first)
    if errors:
        return None, errors
    furthest = (first + LONGEST_AHEAD).date()
    rule = make_rule(
        new.repeat,
        first.date(),
        weekdays={day.number for day in new.repeat_days},
        until=new.repeat_until or furthest,
    )
    left_out: dict[date, str] = {}
    days: list[date] = []
    for day in islice(days_of(rule, first.date()), 2 * MOST_IN_SERIES):
        if new.skip_holidays and day in holidays:
            left_out[day] = holidays[day]
        elif day in new.except_days:
            left_out[day] = BY_HAND
        else:
            days.append(day)
        if len(days) == new.repeat_times:
            break
    if len(days) > MOST_IN_SERIES:
        return None, {"repeat_until": "A series has at most 200 dates: choose a nearer end."}
    if not days:
        return None, {"except_days": "No date is left."}
    # What was counted in dates is kept as the day of the last one: so a date left out later takes no other in.
    rule = msgspec.structs.replace(rule, until=new.repeat_until or days[-1])
    return Repetition(rule=rule, starts=[datetime.combine(day, first.time()) for day in days], left_out=left_out), {}


def _wrong_answers(new: NewEvent | NewSession, repeat: Repeat, first: datetime) -> Errors:
    wrong = _wrong_end(new, first)
    if wrong:
        return wrong
    day = first.date()
    if repeat.is_weekly and new.repeat_days and day.weekday() not in {one.number for one in new.repeat_days}:
        return {"repeat_days": "The first date is not on one of these days."}
    if repeat is Repeat.MONTHLY_LAST:
        last = Rule(is_monthly=True, weekdays=(day.weekday(),), nth=LAST, until=day)
        if day_in_month(last, day.year, day.month) != day:
            return {"repeat": "The first date is not the last such weekday of its month."}
    return {}


def _wrong_end(new: NewEvent | NewSession, first: datetime) -> Errors:
    until = new.repeat_until
    if until is None:
        return {} if new.repeat_times else {"repeat_until": "Say until which day, or how many dates."}
    if new.repeat_times is not None:
        return {"repeat_times": "Say either until which day or how many dates, not both."}
    if until < first.date():
        return {"repeat_until": "The end comes before the first date."}
    if until > (first + LONGEST_AHEAD).date():
        return {"repeat_until": "This date is more than three years away."}
    return {}


def years_of(new: NewEvent | NewSession, first: datetime) -> range:
    """The years whose public holidays may count."""
    end = new.repeat_until or (first + LONGEST_AHEAD).date()
    return range(first.year, min(end.year, first.year + 4) + 1)


async def departement_of(spot: Spot, structure: Structure) -> str:
    """Whose public holidays count: the place's, online the structure's."""
    place = None if spot.place_id is None else await find_place(spot.place_id)
    return structure.departement if place is None else place.departement


async def repeat(
    new: NewEvent | NewSession, first: datetime, spot: Spot, structure: Structure, *, now: datetime
) -> tuple[Repetition | None, Errors]:
    """`find_repetition` with the public holidays of the place, each date judged on its clock."""
    if wrong_start(first, spot.zone, now=now):
        return None, {}  # said beside the first date
    holidays = {}
    if new.repeat is not None and new.skip_holidays:
        holidays = await public_holidays(await departement_of(spot, structure), years_of(new, first))
    found, errors = find_repetition(new, first, holidays=holidays)
    if found is not None:
        wrong = [message for start in found.starts if (message := wrong_start(start, spot.zone, now=now))]
        if wrong:
            return None, {"repeat_until": wrong[0]}
    return found, errors


def spans_of(
    found: Repetition | None, dates: list[datetime], zone: str, length: timedelta, *, all_day: bool
) -> list[Span]:
    """The dates of the rule and those beside it, each once, in order of time."""
    ruled = set() if found is None else set(found.starts)
    spans = [span(date, zone, length, all_day=all_day) for date in sorted(ruled.union(dates))]
    return [
        msgspec.structs.replace(one, recurs_on=one.local_start) if one.local_start in ruled else one for one in spans
    ]


async def keep_series(
    event_id: UUID, found: Repetition, zone: str, new: NewEvent | NewSession, *, now: datetime
) -> UUID:
    """Its row; the id."""
    id = new_id()
    await execute(
        """INSERT INTO series (id, event_id, rule, zone, local_start, except_days, skip_holidays, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
        id,
        event_id,
        str(found.rule),
        zone,
        found.starts[0],
        [day for day, why in found.left_out.items() if why == BY_HAND],
        new.skip_holidays,
        now,
    )
    return id


async def list_series_of(event_id: UUID) -> list[Series]:
    """The rules that dates of the event follow, in order of time."""
    return await fetch(
        Series,
        """SELECT id, event_id, rule, zone, local_start, except_days, skip_holidays, created_at
           FROM series WHERE event_id = $1 ORDER BY local_start, id""",
        event_id,
    )


async def next_of_series(event_id: UUID, series_id: str) -> dict[str, Any]:
    """What the form for more dates is to begin with, to go on with a series of the event; nothing for another id."""
    for series in await list_series_of(event_id):
        if str(series.id) == series_id:
            rule = read_rule(series.rule)
            longer = msgspec.structs.replace(rule, until=rule.until + timedelta(days=366))
            days = days_of(longer, series.local_start.date())
            first = next((day for day in days if day > rule.until), None)
            return {
                "local_start": None if first is None else datetime.combine(first, series.local_start.time()),
                "repeat": rule.repeat,
                "repeat_days": [list(Weekday)[day] for day in rule.weekdays] if not rule.is_monthly else [],
                "skip_holidays": series.skip_holidays,
            }
    return {}
