"""The reader's language: messages, dates in words, and text made safe to pass on.

Message ids are English. French comes from every `locale/fr/*.po`, compiled in memory at first use.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from ateliers.resources import resource

LANGUAGES = ("fr", "en")
PARIS = "Europe/Paris"
_language: ContextVar[str] = ContextVar("language", default="fr")


def language() -> str:
    """'fr' or 'en': the language of the present reader."""
    return _language.get()


@contextmanager
def speaking(wanted: str) -> Iterator[None]:
    """Inside, every message is in `wanted` ('fr' when it is not one of ours)."""
    token = _language.set(wanted if wanted in LANGUAGES else "fr")
    try:
        yield
    finally:
        _language.reset(token)


@lru_cache
def catalogue(wanted: str) -> NullTranslations:
    """Every message of a language, from all its .po files together."""
    merged = Catalog(locale=wanted)
    for path in sorted((resource("locale") / wanted).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=wanted):
                if message.id:
                    merged[message.id] = message
    compiled = io.BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return GNUTranslations(compiled)


def gettext(message: str) -> str:
    """`message` in the reader's language."""
    return catalogue(_language.get()).gettext(message) if message else ""


def ngettext(one: str, many: str, count: int) -> str:
    """`one` or `many` as the reader's language counts."""
    if _language.get() == "en":
        return one if count == 1 else many
    return catalogue(_language.get()).ngettext(one, many, count)


_ = gettext


class T:
    """A message translated when it is shown, not when it is made: T("At least %(n)s", n=3)."""

    __slots__ = ("facts", "message")

    def __init__(self, message: str, **facts: Any) -> None:
        self.message = message
        self.facts = facts

    def __str__(self) -> str:
        text = gettext(self.message)
        return text % self.facts if self.facts else text

    def __repr__(self) -> str:
        return f"T({self.message!r}, {self.facts})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, T) and (self.message, self.facts) == (other.message, other.facts)

    def __hash__(self) -> int:
        return hash(self.message)


# dates --------------------------------------------------------------------------------------------

ZONE_NAMES = {
    "Indian/Reunion": T("Réunion time"),
    "Indian/Mayotte": T("Mayotte time"),
    "America/Martinique": T("Martinique time"),
    "America/Guadeloupe": T("Guadeloupe time"),
    "America/Cayenne": T("French Guiana time"),
    "America/Miquelon": T("Saint-Pierre-et-Miquelon time"),
    "Pacific/Noumea": T("Nouméa time"),
    "Pacific/Tahiti": T("Tahiti time"),
    "Pacific/Wallis": T("Wallis time"),
    "America/St_Barthelemy": T("Saint-Barthélemy time"),
    "America/Marigot": T("Saint-Martin time"),
    "Pacific/Marquesas": T("Marquesas time"),
    "Pacific/Gambier": T("Gambier time"),
}


@lru_cache(4096)
def _day(day: Any, wanted: str) -> str:
    if wanted == "en":
        return format_date(day, "EEEE d MMMM y", locale="en_GB")
    text = format_date(day, "EEEE d MMMM y", locale="fr")
    return text.replace(" 1 ", " 1er ", 1)


def local(moment: datetime, zone: str) -> datetime:
    """`moment` on the clock of `zone`."""
    return moment.astimezone(ZoneInfo(zone))


def today_of(now: datetime) -> date:
    """The day that it is in Paris."""
    return local(now, PARIS).date()


def day_in_words(moment: date, zone: str = PARIS) -> str:
    """« mardi 1er décembre 2026 » / "Tuesday 1 December 2026"."""
    return _day(_day_of(moment, zone), language())


def date_in_words(moment: date, zone: str = PARIS) -> str:
    """« 01/12/2026 » in French, "1 Dec 2026" in English."""
    day = _day_of(moment, zone)
    return f"{day:%d/%m/%Y}" if language() == "fr" else format_date(day, "d MMM y", locale="en_GB")


def _day_of(moment: date, zone: str) -> date:
    """An instant's day on the clock of `zone`; a day is one everywhere."""
    return local(moment, zone).date() if isinstance(moment, datetime) else moment


def month_in_words(moment: datetime, long: bool = False) -> str:
    """« déc. » or « décembre », of a moment that is on its own clock already."""
    return format_date(moment.date(), "LLLL" if long else "LLL", locale=language())


def weekday_in_words(moment: datetime) -> str:
    """« mardi », of a moment that is on its own clock already."""
    return format_date(moment.date(), "EEEE", locale=language())


def phone_in_words(number: str) -> str:
    """French numbers in pairs with no-break spaces, « 03 86 00 00 00 »; others as they are."""
    digits = re.sub(r"^\+33", "0", re.sub(r"[^\d+]", "", number))
    if not re.fullmatch(r"0\d{9}", digits):
        return number
    return "\u00a0".join(digits[at : at + 2] for at in range(0, 10, 2))


def phone_to_dial(number: str) -> str:
    """What a link that calls holds: digits, and the plus of a country."""
    return re.sub(r"[^\d+]", "", number)


def time_in_words(moment: datetime, zone: str = PARIS) -> str:
    """« 14 h », « 9 h 30 » with no-break spaces; "14:00" in English."""
    at = local(moment, zone)
    if language() == "en":
        return f"{at:%H:%M}"
    return f"{at.hour}\u00a0h" + (f"\u00a0{at.minute:02d}" if at.minute else "")


def zone_in_words(zone: str) -> str:
    """« heure de La Réunion », or '' where the clock is that of Paris."""
    if zone == PARIS:
        return ""
    return str(ZONE_NAMES.get(zone) or zone.rpartition("/")[2].replace("_", " "))


def when_in_words(starts_at: datetime, ends_at: datetime, zone: str = PARIS) -> str:
    """« mardi 1er décembre 2026, de 14 h à 16 h », and whose clock it is where that is not Paris."""
    first, last = local(starts_at, zone), local(ends_at, zone)
    if first.time() == last.time() == time():
        return _days_in_words(first.date(), last.date() - timedelta(days=1))
    start, end = time_in_words(starts_at, zone), time_in_words(ends_at, zone)
    french = language() == "fr"
    if first.date() == last.date():
        hours = f"de {start} à {end}" if french else f"{start} to {end}"
        text = f"{day_in_words(starts_at, zone)}, {hours}"
    else:
        since, until = day_in_words(starts_at, zone), day_in_words(ends_at, zone)
        text = f"du {since}, {start}, au {until}, {end}" if french else f"from {since}, {start}, to {until}, {end}"
    whose = zone_in_words(zone)
    return f"{text}, {whose}" if whose else text


def _days_in_words(first: date, last: date) -> str:
    """Whole days, both included: « mardi 1er décembre 2026, toute la journée »."""
    since, until = _day(first, language()), _day(last, language())
    if language() == "en":
        return f"{since}, all day" if first == last else f"{since} to {until}, all day"
    return f"{since}, toute la journée" if first == last else f"du {since} au {until}, toute la journée"


# text ---------------------------------------------------------------------------------------------

_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)

_NOT_WORD = re.compile("[^a-z0-9]+")


def plain(text: str, *, lines: bool = False) -> str:
    """Text without control and direction characters, composed (NFC), trimmed; on one line unless `lines`.

    What passes here can stand in a header, a calendar and a page (rule S2).
    """
    if text.isascii() and text.isprintable():  # the ordinary case: nothing unseen, nothing to compose, one line
        return text.strip() if lines else " ".join(text.split())
    text = unicodedata.normalize("NFC", _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    if lines:
        return "\n".join(line.rstrip() for line in text.split("\n")).strip()
    return " ".join(text.split())


def fold(text: str) -> str:
    """Lower case without accents, ligatures undone, everything else but letters and digits a space: for search."""
    text = text.lower()
    if text.isascii():  # the same, faster
        return _NOT_WORD.sub(" ", text).strip()
    text = text.replace("œ", "oe").replace("æ", "ae")
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in bare).split())
