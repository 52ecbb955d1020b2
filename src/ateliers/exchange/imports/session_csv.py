"""Sessions out of a table: our own open data, a spreadsheet made by hand, or what a calendar program saves as CSV (B24)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from ateliers.agenda.kinds import RULES, Kind
from ateliers.exchange.imports.reading import Row
from ateliers.exchange.imports.repairs import Notes, Unusable, bare, text_of
from ateliers.exchange.imports.session_rows import (
    OFF,
    PHONE,
    Context,
    SessionRow,
    capacity_of,
    check_start,
    kind_of,
    minutes_of,
    position,
    spot_of,
    title_of,
)

# Our name of each column, and what others call it; accents, capitals, spaces and punctuation do not matter.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "identifiant", "reference", "uid"),
    "evenement": ("evenement", "evenement id", "event id", "serie", "cycle"),
    "titre": ("titre", "title", "intitule", "nom", "objet", "sujet", "subject", "summary"),
    "type": ("type", "kind", "categorie", "categories"),
    "etat": ("etat", "statut", "status"),
    "debut": ("debut", "start", "starts at", "when", "date et heure", "date heure"),
    "fin": ("fin", "end", "ends at"),
    "date": ("date", "jour", "date de debut", "date debut", "start date", "day"),
    "heure_debut": ("heure debut", "heure de debut", "heure", "start time", "debut heure", "horaire"),
    "date_fin": ("date de fin", "date fin", "end date"),
    "heure_fin": ("heure fin", "heure de fin", "end time", "fin heure"),
    "duree": ("duree", "duree minutes", "duree en minutes", "minutes", "duration"),
    "journee": ("journee entiere", "all day", "all day event", "toute la journee"),
    "description": ("description", "presentation", "resume", "notes"),
    "programme": ("programme", "deroule"),
    "a_apporter": ("a apporter", "apporter", "to bring"),
    "niveau": ("niveau", "level"),
    "places": ("places", "nombre de places", "nb places", "capacite", "capacity", "jauge", "maxcount"),
    "lieu": ("lieu", "lieu nom", "nom du lieu", "salle", "location", "place", "where", "emplacement"),
    "adresse": ("adresse", "lieu adresse", "address", "rue"),
    "code_postal": ("code postal", "cp", "postcode", "postal code"),
    "commune": ("commune", "ville", "city"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon", "lng"),
    "lien": ("lien", "lien en ligne", "lien visio", "join url", "visio"),
    "telephone": ("telephone", "tel", "phone"),
}
_NAMES = {name: ours for ours, names in COLUMNS.items() for name in names}
_DAY = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})")
_DAY_IN_WORDS = re.compile(
    r"(\d{1,2})(?:er)?\s+(janv|f[ée]v|mars|avr|mai|juin|juil|ao[uû]|sept|oct|nov|d[ée]c)[a-zéû]*\.?\s+(\d{4})",
    re.IGNORECASE,
)
_MONTHS = ("jan", "fev", "mar", "avr", "mai", "juin", "juil", "aou", "sep", "oct", "nov", "dec")
_HOUR = re.compile(r"(\d{1,2})\s*(?:h|:|heures?)\s*(\d{2})?(?::\d{2})?\s*(am|pm)?", re.IGNORECASE)
_YES = {"1", "true", "vrai", "oui", "yes", "x"}

EXAMPLE = (
    ("id", "titre", "type", "date", "heure_debut", "heure_fin", "places", "lieu", "adresse", "code_postal", "commune",
     "description", "a_apporter", "telephone"),
    ("2027-01", "Découvrir Mon espace santé", "atelier", "12/01/2027", "14h00", "16h00", "10",
     "Médiathèque Jean-Jaurès", "17 rue Jean-Jaurès", "58000", "Nevers",
     "Nous ouvrons ensemble votre espace santé.", "Votre téléphone chargé", "03 86 00 00 00"),
)  # fmt: skip


def parse_session(row: Row, notes: Notes, context: Context) -> SessionRow:
    """One row of a table. Raises Unusable."""
    given = _by_our_names(row)
    title = title_of(given["titre"], notes)
    if bare(text_of(given["etat"], notes)) in OFF:
        raise Unusable("Called off or withdrawn at its source.")
    if not given["code_postal"] and _postcode(text_of(given["commune"], notes)):
        given |= {"code_postal": given["commune"], "commune": ""}
    kind = kind_of(text_of(given["type"], notes), title, context.usual.kind)
    spot = spot_of(
        kind,
        text_of(given["lieu"], notes, longest=200),
        text_of(given["adresse"], notes, longest=200),
        text_of(given["commune"], notes, longest=100),
        _postcode(text_of(given["code_postal"], notes)),
        position(given["latitude"], given["longitude"]),
        text_of(given["lien"], notes),
        context,
        notes,
    )
    all_day = RULES[kind].may_last_all_day and bare(text_of(given["journee"], notes)) in _YES
    start, minutes = _when(given, spot.zone, kind, notes, all_day=all_day)
    check_start(start, spot.zone, context)
    phone = text_of(given["telephone"], notes, longest=40)
    if phone and not PHONE.fullmatch(phone):
        notes.add("Telephone %(text)s left out: it is not made of digits.", text=phone)
        phone = ""
    return SessionRow(
        reference=text_of(given["id"], notes, longest=200) or f"{bare(title)}/{start.isoformat()}",
        group=text_of(given["evenement"], notes, longest=200) or f"{bare(title)}/{kind.value}",
        kind=kind,
        title=title,
        description=text_of(given["description"], notes, lines=True, longest=5000),
        programme=text_of(given["programme"], notes, lines=True, longest=3000),
        to_bring=text_of(given["a_apporter"], notes, lines=True, longest=1000),
        level=text_of(given["niveau"], notes, longest=150),
        phone=phone or None,
        spot=spot,
        local_start=start,
        minutes=minutes,
        all_day=all_day,
        capacity=capacity_of(text_of(given["places"], notes).removesuffix(".0"), kind, context, notes),
    )


def title_in(row: Row) -> str:
    """What a row is about, whether it can be used or not."""
    return text_of(_by_our_names(row)["titre"], Notes(), longest=80)


def _by_our_names(row: Row) -> dict[str, Any]:
    given: dict[str, Any] = dict.fromkeys(COLUMNS, "")
    for name, value in row.items():
        # What protects a spreadsheet from formulas is no part of the text.
        clean = value[1:] if isinstance(value, str) and re.match(r"'[=+\-@\t\r\n|]", value) else value
        ours = _NAMES.get(" ".join(re.split(r"[^a-z0-9]+", bare(str(name).replace("_", " ")))).strip())
        if ours is not None and given[ours] in ("", None):
            given[ours] = clean
    return given


def _when(given: dict[str, Any], zone: str, kind: Kind, notes: Notes, *, all_day: bool) -> tuple[datetime, int]:
    """Start on the clock of the place, and length. Raises Unusable."""
    texts = {name: text_of(given[name], notes, longest=60) for name in ("debut", "fin", "date", "heure_debut")}
    texts |= {name: text_of(given[name], notes, longest=60) for name in ("date_fin", "heure_fin", "duree")}
    start = _moment(texts["debut"], zone) or _moment(f"{texts['date']} {texts['heure_debut']}", zone, all_day=all_day)
    if start is None:
        hours = bool(texts["debut"] or texts["date"])
        raise Unusable("The date or the hour cannot be read." if hours else "No date that can be read.")
    end = _moment(texts["fin"], zone) or _moment(f"{texts['date_fin']} {texts['heure_fin']}", zone)
    hour = _hour(texts["heure_fin"] or texts["fin"])
    if end is None and hour is not None:
        end = datetime.combine(start.date(), hour)
    if end is not None:
        return start, minutes_of(round((end - start).total_seconds() / 60), notes)
    length = re.match(r"\d{1,4}", texts["duree"])
    if length is not None:
        hours_meant = re.match(r"(\d{1,2})\s*h\s*(\d{2})?", texts["duree"])
        if hours_meant:
            return start, minutes_of(int(hours_meant[1]) * 60 + int(hours_meant[2] or 0), notes)
        return start, minutes_of(int(length[0]), notes)
    usual = 24 * 60 if all_day else RULES[kind].default_minutes
    if not all_day:
        notes.add("No end: %(n)s minutes, as is usual.", n=usual)
    return start, usual


def _moment(text: str, zone: str, *, all_day: bool = False) -> datetime | None:
    """A moment as ISO 8601 or as French people write it, on the clock of `zone`; None for one that cannot be told."""
    text = text.strip()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return _written(text, all_day=all_day)
    if found.tzinfo is not None:
        return found.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
    return found if all_day or "T" in text or ":" in text else _written(text, all_day=all_day)


def _written(text: str, *, all_day: bool) -> datetime | None:
    day, in_words = _DAY.search(text), _DAY_IN_WORDS.search(text)
    iso = re.match(r"(\d{4})-(\d{2})-(\d{2})", text)
    try:
        if iso is not None:
            on, rest = date(int(iso[1]), int(iso[2]), int(iso[3])), text[iso.end() :]
        elif in_words is not None:
            month = next(n for n, name in enumerate(_MONTHS, 1) if bare(in_words[2]).startswith(name))
            on, rest = date(int(in_words[3]), month, int(in_words[1])), text[in_words.end() :]
        elif day is not None:
            year = int(day[3]) + (2000 if len(day[3]) == 2 else 0)
            on, rest = date(year, int(day[2]), int(day[1])), text[day.end() :]
        else:
            return None
    except ValueError:
        return None
    hour = _hour(rest)
    if hour is None:
        return datetime.combine(on, time()) if all_day else None
    return datetime.combine(on, hour)


def _hour(text: str) -> time | None:
    found = _HOUR.search(text)
    if found is None:
        return None
    hour = int(found[1]) % 12 + (12 if found[3].lower() == "pm" else 0) if found[3] else int(found[1])
    try:
        return time(hour, int(found[2] or 0))
    except ValueError:
        return None


def _postcode(text: str) -> str:
    digits = text.replace(" ", "").removesuffix(".0")
    return digits.zfill(5) if digits.isascii() and digits.isdigit() and 4 <= len(digits) <= 5 else ""
