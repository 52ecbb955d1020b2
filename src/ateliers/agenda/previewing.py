"""What the public will read of an event that is still being written, as far as it is known; nothing is kept."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import msgspec

from ateliers.agenda.drafts import NewEvent
from ateliers.agenda.kinds import RULES, Rules
from ateliers.agenda.local_time import to_utc, wrong_start
from ateliers.agenda.repeating import find_repetition, spans_of, years_of
from ateliers.agenda.series import rule_in_words
from ateliers.agenda.where import Span, midnight
from ateliers.network.structure import Structure
from ateliers.places.communes import resolve
from ateliers.places.holidays import public_holidays
from ateliers.places.place import Accessibility, find_place
from ateliers.places.territories import zone_of
from ateliers.words import day_in_words, gettext, ngettext


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """An event as its page will show it."""

    rules: Rules
    title: str  # '' while none is written
    description: str
    programme: list[str]
    to_bring: list[str]
    level: str
    where: str  # '' while unknown
    facts: list[str]  # accessibility, in words
    zone: str
    dates: list[Span]
    left_out: dict[str, str]  # of a rule: days in words, and why each has no session; '' by hand
    rule: str  # in words; '' without one
    seats: str  # in words
    missing: list[str]  # what is wrong with the dates, message ids


async def preview_event(new: NewEvent, structure: Structure, *, now: datetime) -> Preview:
    """The preview of an event of `structure`, incomplete as it may be."""
    rules = RULES[new.kind]
    place = None if new.place_id is None else await find_place(new.place_id)
    commune = resolve(new.commune) if new.commune else None
    where, facts = "", {fact.value for fact in new.accessibility}
    zone, departement = structure.zone, structure.departement
    if not rules.needs_place:
        where = gettext("From home, on the Internet")
    elif place is not None:
        where = f"{place.name}, {place.full_address}"
        zone, departement = place.zone, place.departement
        facts |= {fact.value for fact in place.accessibility}
    elif new.place_name or commune is not None:
        where = ", ".join(filter(None, (new.place_name, new.address, commune.name if commune else new.commune)))
        facts |= {fact.value for fact in new.place_accessibility}
        if commune is not None:
            zone, departement = zone_of(commune.departement), commune.departement
    found, missing, spans = None, [], []
    all_day = new.all_day and rules.may_last_all_day
    dates = sorted({midnight(day) if all_day else day for day in new.dates})
    wrong = [message for day in dates if (message := wrong_start(day, zone, now=now))]
    if wrong:
        missing.append(wrong[0])
    elif dates:
        holidays = {}
        if new.repeat is not None and new.skip_holidays:
            holidays = await public_holidays(departement, years_of(new, dates[0]))
        found, errors = find_repetition(new, dates[0], holidays=holidays)
        missing += errors.values()
        length = timedelta(minutes=new.minutes or rules.default_minutes)
        spans = spans_of(found, dates, zone, length, all_day=all_day)
    return Preview(
        rules=rules,
        title=new.title,
        description=new.description,
        programme=[step for step in new.programme.split("\n") if step],
        to_bring=[thing for thing in new.to_bring.split("\n") if thing],
        level=new.level,
        where=where,
        facts=[str(fact.label) for fact in Accessibility if fact.value in facts],
        zone=zone,
        dates=spans,
        left_out={_in_words(day, zone): why for day, why in found.left_out.items()} if found else {},
        rule=rule_in_words(found.rule, found.starts[0], zone, skip_holidays=new.skip_holidays) if found else "",
        seats=_seats(new, rules),
        missing=missing,
    )


def _in_words(day: date, zone: str) -> str:
    return day_in_words(to_utc(datetime.combine(day, time(12)), zone), zone)


def _seats(new: NewEvent, rules: Rules) -> str:
    if not rules.takes_bookings:
        return gettext("Come as you are, no booking needed")
    left = None if new.capacity is None else max(0, new.capacity - new.seats_held_back)
    if left is None:
        return gettext("Seats for everyone")
    return ngettext("%(n)s seat left", "%(n)s seats left", left) % {"n": left}
