"""Changing several dates of a series at once (B2): this one and those after it, or all that are to come.

A date keeps its row, and with it its bookings: it is moved, never made anew. What somebody changed by hand about one
date stays as they left it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from ateliers.agenda.drafts import Which
from ateliers.agenda.series import LAST, Rule, Series, day_in_month, read_rule
from ateliers.agenda.session import SESSION_SQL, Session
from ateliers.agenda.where import Span, Spot, span
from ateliers.database import execute, execute_many, fetch, fetch_one, fetch_value, new_id
from ateliers.places.holidays import public_holidays
from ateliers.refusals import Invalid


class Following(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one date of a series when another one of it is changed."""

    spot: Spot
    span: Span
    recurs_on: datetime | None  # naive: the date of the rule that it stands for from now on; None: of no rule any more


async def list_concerned(session: Session, which: Which, *, now: datetime) -> list[Session]:
    """The dates that `which` means, seen from `session`: on site or online, to come, not called off; itself among them."""
    if which is Which.THIS or session.series_id is None:
        return [session]
    return [one for one in await _list_members(session, which) if one.starts_at > now and not one.is_called_off]


async def _list_members(session: Session, which: Which) -> list[Session]:
    first = session.recurs_on if which is Which.FOLLOWING else None
    return await fetch(
        Session,
        f"""{SESSION_SQL} WHERE s.series_id = $1 AND ($2::timestamp IS NULL OR s.recurs_on >= $2)
            ORDER BY s.recurs_on""",
        session.series_id,
        first,
    )


def follow(one: Session, chosen: Session, spot: Spot, when: Span, rule: Rule) -> Following:
    """`one` as it becomes when `chosen` goes to `spot` at `when`: what was alike changes alike, the rest stays."""
    there = spot if _spot_of(one) == _spot_of(chosen) else _spot_of(one)
    is_alike = (one.ends_at - one.starts_at, one.all_day) == (chosen.ends_at - chosen.starts_at, chosen.all_day)
    length = when.ends_at - when.starts_at if is_alike else one.ends_at - one.starts_at
    all_day = when.all_day if is_alike else one.all_day
    recurs_on = _new_date(one, chosen, when, rule)
    start = recurs_on if recurs_on is not None and one.local_start == one.recurs_on else one.local_start
    if one.id == chosen.id:
        return Following(spot=spot, span=when, recurs_on=recurs_on)
    return Following(spot=there, span=span(start, there.zone, length, all_day=all_day), recurs_on=recurs_on)


def _spot_of(session: Session) -> Spot:
    return Spot(place_id=session.place_id, join_url=session.join_url, zone=session.zone)


def _new_date(one: Session, chosen: Session, when: Span, rule: Rule) -> datetime | None:
    if one.recurs_on is None or when.local_start == chosen.local_start:
        return one.recurs_on
    day = new_day(rule, one.recurs_on.date(), chosen.local_start.date(), when.local_start.date())
    return None if day is None else datetime.combine(day, when.local_start.time())


def new_day(rule: Rule, day: date, before: date, after: date) -> date | None:
    """Where a day of the rule goes when another goes from `before` to `after`; None in a month without such a day."""
    if not rule.is_monthly:
        return day + (after - before)
    turned = new_rule(rule, before, after, until=rule.until)
    year, month = divmod(day.year * 12 + day.month - 1 + _months(before, after), 12)
    return day_in_month(turned, year, month + 1)


def new_rule(rule: Rule, before: date, after: date, *, until: date) -> Rule:
    """The rule once one of its days went from `before` to `after`."""
    if not rule.is_monthly:
        shift = (after - before).days
        weekdays = tuple(sorted({(day + shift) % 7 for day in rule.weekdays}))
        return msgspec.structs.replace(rule, weekdays=weekdays, until=until)
    if rule.month_day is not None:
        return msgspec.structs.replace(rule, month_day=after.day, until=until)
    is_last = rule.nth == LAST and (after + timedelta(days=7)).month != after.month
    nth = LAST if is_last else (after.day - 1) // 7 + 1
    return msgspec.structs.replace(rule, weekdays=(after.weekday(),), nth=nth, until=until)


def _months(before: date, after: date) -> int:
    return (after.year - before.year) * 12 + after.month - before.month


async def get_series(session: Session) -> Series:
    """The series that the session is a date of. Raises Invalid for a session of none."""
    found = await fetch_one(
        Series,
        """SELECT id, event_id, rule, zone, local_start, except_days, skip_holidays, created_at
           FROM series WHERE id = $1 FOR NO KEY UPDATE""",
        session.series_id,
    )
    if found is None:
        raise Invalid({"which": "This session is not one of a series."})
    return found


async def part_series(
    series: Series, chosen: Session, when: Span, which: Which, *, now: datetime
) -> dict[UUID, datetime | None]:
    """A series of its own for the dates that go to another day or hour, as their rule is another now.

    Returns the date of the rule that each of them stands for, called-off ones included. What is left of the old series
    ends before them.
    """
    rule = read_rule(series.rule)
    members = [one for one in await _list_members(chosen, which) if which is Which.FOLLOWING or one.starts_at > now]
    dates = {one.id: _new_date(one, chosen, when, rule) for one in members}
    kept = [moment for moment in dates.values() if moment is not None]
    series_id = None
    if kept:
        series_id = new_id()
        before, after = chosen.local_start.date(), when.local_start.date()
        first = min(one.recurs_on for one in members if one.recurs_on).date()
        left_out = [new_day(rule, day, before, after) for day in series.except_days if day >= first]
        await execute(
            """INSERT INTO series (id, event_id, rule, zone, local_start, except_days, skip_holidays, created_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
            series_id,
            series.event_id,
            str(new_rule(rule, before, after, until=max(kept).date())),
            series.zone,
            min(kept),
            [day for day in left_out if day is not None],
            series.skip_holidays,
            now,
        )
    await execute_many(
        "UPDATE session SET series_id = $2, recurs_on = $3 WHERE id = $1",
        [(id, series_id if moment else None, moment) for id, moment in dates.items()],
    )
    await end_series(series.id)
    return dates


async def holidays_among(sessions: list[Session]) -> dict[UUID, str]:
    """Sessions that fall on a public holiday of their place, where their series was to have none."""
    skips = await fetch_value("SELECT bool_or(skip_holidays) FROM series WHERE event_id = $1", sessions[0].event_id)
    if not skips:
        return {}
    years = {one.local_start.year for one in sessions}
    known = {place: await public_holidays(place, years) for place in {one.departement for one in sessions}}
    return {
        one.id: name for one in sessions if (name := known[one.departement].get(one.local_start.date())) is not None
    }


async def end_series(series_id: UUID) -> None:
    """Let the series end with the last of its dates that takes place; one without any date goes."""
    row = await fetch_one(
        Series,
        """SELECT id, event_id, rule, zone, local_start, except_days, skip_holidays, created_at
           FROM series WHERE id = $1""",
        series_id,
    )
    if row is None:
        return
    if not await fetch_value("SELECT count(*) FROM session WHERE series_id = $1", series_id):
        await execute("DELETE FROM series WHERE id = $1", series_id)
        return
    last = await fetch_value(
        "SELECT max(recurs_on) FROM session WHERE series_id = $1 AND called_off_at IS NULL", series_id
    )
    if last is not None:
        rule = msgspec.structs.replace(read_rule(row.rule), until=last.date())
        await execute("UPDATE series SET rule = $2 WHERE id = $1", series_id, str(rule))
