"""Dates that follow a rule (B2): which days it means, the rule as RFC 5545 writes it, and in words."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import count
from uuid import UUID

import msgspec

from ateliers.agenda.local_time import to_utc
from ateliers.words import T, _, day_in_words, ngettext, time_in_words, weekday_in_words

MOST_IN_SERIES = 200
WEEK = timedelta(days=7)
LAST = -1  # the last such weekday of a month
_MONDAY = date(2024, 1, 1)


class Weekday(enum.Enum):
    """A day of the week, as RFC 5545 names it."""

    MONDAY = "MO"
    TUESDAY = "TU"
    WEDNESDAY = "WE"
    THURSDAY = "TH"
    FRIDAY = "FR"
    SATURDAY = "SA"
    SUNDAY = "SU"

    @property
    def number(self) -> int:
        """0 is Monday."""
        return _WEEKDAYS.index(self)

    @property
    def label(self) -> str:
        """Its name on screen."""
        return _weekday_name(self.number)


_WEEKDAYS = list(Weekday)


class Repeat(enum.Enum):
    """How an event comes again; what is not said follows from its first date."""

    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    MONTHLY_WEEKDAY = "monthly_weekday"  # the second Tuesday, when the first date is one
    MONTHLY_LAST = "monthly_last"  # the last Tuesday
    MONTHLY_DAY = "monthly_day"  # the 15th

    @property
    def label(self) -> T:
        """The answer as it is offered."""
        return _LABELS[self]

    @property
    def is_weekly(self) -> bool:
        """Whether days of the week are chosen."""
        return self in {Repeat.WEEKLY, Repeat.FORTNIGHTLY}


_LABELS = {
    Repeat.WEEKLY: T("Every week"),
    Repeat.FORTNIGHTLY: T("Every two weeks"),
    Repeat.MONTHLY_WEEKDAY: T("Every month, on the same weekday as the first date (second Tuesday, for example)"),
    Repeat.MONTHLY_LAST: T("Every month, on the last such weekday (last Tuesday, for example)"),
    Repeat.MONTHLY_DAY: T("Every month, on the same day of the month (the 15th, for example)"),
}


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """When dates come again, from a first one that is known, `until` included."""

    is_monthly: bool
    every: int = 1  # weeks or months
    weekdays: tuple[int, ...] = ()  # 0 is Monday; one of them in a monthly rule, or none with a day of the month
    nth: int | None = None  # of a monthly rule: first to fifth such weekday, or LAST
    month_day: int | None = None
    until: date

    @property
    def repeat(self) -> Repeat:
        """The answer that made it."""
        if not self.is_monthly:
            return Repeat.FORTNIGHTLY if self.every > 1 else Repeat.WEEKLY
        if self.month_day is not None:
            return Repeat.MONTHLY_DAY
        return Repeat.MONTHLY_LAST if self.nth == LAST else Repeat.MONTHLY_WEEKDAY

    def __str__(self) -> str:
        """As RFC 5545 writes it, its end on the clock of the place as its start is."""
        parts = [f"FREQ={'MONTHLY' if self.is_monthly else 'WEEKLY'}"]
        if self.every > 1:
            parts.append(f"INTERVAL={self.every}")
        if self.month_day is not None:
            parts.append(f"BYMONTHDAY={self.month_day}")
        else:
            parts.append("BYDAY=" + ",".join(f"{self.nth or ''}{_WEEKDAYS[day].value}" for day in self.weekdays))
        return ";".join([*parts, f"UNTIL={self.until:%Y%m%d}T235959"])


def read_rule(text: str) -> Rule:
    """The rule that `str` wrote. Raises ValueError, KeyError for other texts."""
    parts = dict(part.split("=") for part in text.split(";"))
    days = re.findall(r"(-?\d*)([A-Z]{2})", parts.get("BYDAY", ""))
    return Rule(
        is_monthly=parts["FREQ"] == "MONTHLY",
        every=int(parts.get("INTERVAL", "1")),
        weekdays=tuple(Weekday(day).number for _nth, day in days),
        nth=int(days[0][0]) if days and days[0][0] else None,
        month_day=int(parts["BYMONTHDAY"]) if "BYMONTHDAY" in parts else None,
        until=datetime.strptime(parts["UNTIL"][:8], "%Y%m%d").date(),  # noqa: DTZ007 - a day
    )


def make_rule(repeat: Repeat, first: date, *, weekdays: set[int], until: date) -> Rule:
    """The rule that begins on `first`; `weekdays` counts in weekly ones, and is that of `first` when empty."""
    if repeat.is_weekly:
        days = tuple(sorted(weekdays or {first.weekday()}))
        return Rule(is_monthly=False, every=2 if repeat is Repeat.FORTNIGHTLY else 1, weekdays=days, until=until)
    if repeat is Repeat.MONTHLY_DAY:
        return Rule(is_monthly=True, month_day=first.day, until=until)
    nth = LAST if repeat is Repeat.MONTHLY_LAST else (first.day - 1) // 7 + 1
    return Rule(is_monthly=True, weekdays=(first.weekday(),), nth=nth, until=until)


def days_of(rule: Rule, first: date) -> Iterator[date]:
    """Its days from `first` on, in order, as RFC 5545 has them; months without such a day have none."""
    if rule.is_monthly:
        for turn in count(step=rule.every):
            year, month = divmod(first.year * 12 + first.month - 1 + turn, 12)
            if (year, month + 1) > (rule.until.year, rule.until.month):
                return
            day = day_in_month(rule, year, month + 1)
            if day is not None and first <= day <= rule.until:
                yield day
    monday = first - timedelta(days=first.weekday())
    while not rule.is_monthly and monday <= rule.until:
        for weekday in rule.weekdays:
            day = monday + timedelta(days=weekday)
            if first <= day <= rule.until:
                yield day
        monday += rule.every * WEEK


def day_in_month(rule: Rule, year: int, month: int) -> date | None:
    """The one day that a monthly rule means in a month; None in a month without one."""
    start = date(year, month, 1)
    if rule.month_day is not None:
        day = start + timedelta(days=rule.month_day - 1)
    elif rule.nth == LAST:
        following = (start + timedelta(days=31)).replace(day=1)
        day = following - timedelta(days=(following.weekday() - rule.weekdays[0] - 1) % 7 + 1)
    else:
        day = start + timedelta(days=(rule.weekdays[0] - start.weekday()) % 7 + 7 * ((rule.nth or 1) - 1))
    return day if day.month == month else None


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of table series."""

    id: UUID
    event_id: UUID
    rule: str
    zone: str  # IANA
    local_start: datetime  # naive: its first date
    except_days: list[date]
    skip_holidays: bool
    created_at: datetime

    def in_words(self) -> str:
        """« chaque semaine, le mardi, à 14 h, jusqu’au mardi 29 juin 2027 », in the reader's language."""
        return rule_in_words(read_rule(self.rule), self.local_start, self.zone, skip_holidays=self.skip_holidays)


def rule_in_words(rule: Rule, local_start: datetime, zone: str, *, skip_holidays: bool) -> str:
    """A rule in the reader's language, on the clock of the place."""
    start = to_utc(local_start, zone)
    end = to_utc(datetime.combine(rule.until, local_start.time()), zone)
    text = _("%(rule)s at %(time)s, until %(day)s") % {
        "rule": _days_in_words(rule),
        "time": time_in_words(start, zone),
        "day": day_in_words(end, zone),
    }
    return _("%(text)s, without public holidays") % {"text": text} if skip_holidays else text


def _days_in_words(rule: Rule) -> str:
    if not rule.is_monthly:
        days = [_("on %(day)s") % {"day": _weekday_name(day)} for day in rule.weekdays]
        listed = (
            days[0]
            if len(days) == 1
            else _("%(days)s and %(last)s")
            % {
                "days": ", ".join(days[:-1]),
                "last": days[-1],
            }
        )
        often = ngettext("every week, %(days)s,", "every %(num)s weeks, %(days)s,", rule.every)
        return often % {"num": rule.every, "days": listed}
    if rule.month_day is not None:
        first = _("1st") if rule.month_day == 1 else str(rule.month_day)
        which = _("on day %(n)s") % {"n": first}
    else:
        which = str(_NTH[rule.nth or 1]) % {"day": _weekday_name(rule.weekdays[0])}
    return ngettext("every month, %(which)s,", "every %(num)s months, %(which)s,", rule.every) % {
        "num": rule.every,
        "which": which,
    }


_NTH = {
    1: T("on the first %(day)s"),
    2: T("on the second %(day)s"),
    3: T("on the third %(day)s"),
    4: T("on the fourth %(day)s"),
    5: T("on the fifth %(day)s"),
    LAST: T("on the last %(day)s"),
}


def _weekday_name(number: int) -> str:
    return weekday_in_words(datetime.combine(_MONDAY + timedelta(days=number), datetime.min.time()))
