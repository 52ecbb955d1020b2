"""Which sessions a public feed holds: those of a structure, a commune, a département, a région or a kind (B18)."""

from __future__ import annotations

import enum
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import msgspec

from ateliers.agenda.kinds import RULES, Kind
from ateliers.database import fetch_one
from ateliers.places.communes import Commune, all_communes, find_commune
from ateliers.places.territories import DEPARTEMENTS, REGIONS, departements_of
from ateliers.refusals import NotFound, Refusal
from ateliers.words import _

KEPT = timedelta(days=30)  # a session stays in its feeds this long after its date (rule F4)
GONE_STATES = ("suspended", "withdrawn")
# Communes whose sessions may be kept under their arrondissements: what is asked of the whole holds for each.
ARRONDISSEMENTS = {
    "75056": [f"751{n:02d}" for n in range(1, 21)],
    "69123": [f"6938{n}" for n in range(1, 10)],
    "13055": [f"132{n:02d}" for n in range(1, 17)],
}


class FeedGone(Refusal):
    """The structure has left: subscribers may forget this address (rule F6)."""

    status = 410
    title = "This calendar is no longer published."


class Scope(enum.Enum):
    """By what sessions are gathered; the values stand in addresses."""

    STRUCTURE = "structures"
    COMMUNE = "communes"
    DEPARTEMENT = "departements"
    REGION = "regions"
    KIND = "kinds"


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """One feed. `code` is a slug, an INSEE code or a kind; with `kind`, only sessions of that kind."""

    scope: Scope
    code: str
    kind: Kind | None = None

    @property
    def key(self) -> str:
        """Its name among all feeds."""
        return f"{self.scope.value}/{self.code}" + (f"?kind={self.kind.value}" if self.kind else "")

    def path(self, extension: str) -> str:
        """Its address in one format, without language prefix."""
        kind = f"?kind={self.kind.value}" if self.kind else ""
        return f"/api/v1/calendar/{self.scope.value}/{self.code}.{extension}{kind}"


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed is about: its name, as readers see it in French and English, and the page that shows the same."""

    name: str
    page: str  # path


class _Structure(msgspec.Struct, frozen=True):
    name: str
    state: str


async def find_subject(selection: Selection) -> Subject:
    """What the feed is about. Raises NotFound for what does not exist, FeedGone for a structure that has left."""
    code = selection.code
    if selection.scope is Scope.STRUCTURE:
        structure = await fetch_one(_Structure, "SELECT name, state FROM structure WHERE slug = $1", code)
        if structure is None or structure.state not in ("admitted", *GONE_STATES):
            raise NotFound
        if structure.state in GONE_STATES:
            raise FeedGone
        return Subject(name=structure.name, page=f"/signataires/{code}")
    if selection.scope is Scope.KIND:
        kind = next((kind for kind in Kind if kind.value == code and not RULES[kind].network_only), None)
        if kind is None or selection.kind not in (None, kind):
            raise NotFound
        return Subject(name=_("France"), page=f"/?type={code}")
    if selection.scope is Scope.COMMUNE:
        commune = find_commune(code)
        if commune is None:
            raise NotFound
        return Subject(name=commune.label, page=_search_around(commune, kilometres=30))
    names = DEPARTEMENTS if selection.scope is Scope.DEPARTEMENT else REGIONS
    if code not in names:
        raise NotFound
    is_region = selection.scope is Scope.REGION
    middle = _largest(tuple(departements_of(code)) if is_region else (code,))
    page = "/" if middle is None else _search_around(middle, kilometres=150 if is_region else 60)
    return Subject(name=names[code], page=page)


@lru_cache(maxsize=200)
def _largest(departements: tuple[str, ...]) -> Commune | None:
    """The commune with most inhabitants."""
    return max((c for c in all_communes() if c.departement in departements), key=lambda c: c.population, default=None)


def _search_around(commune: Commune, *, kilometres: int) -> str:
    """The search knows communes alone: of a territory, the one with most inhabitants, and what is around it."""
    return "/?" + urlencode({"ou": commune.label, "rayon": kilometres})


def name_of(selection: Selection, subject: Subject) -> str:
    """« Ateliers : CCAS de Nevers », « Webinaire : Nièvre », in the reader's language."""
    kind = Kind(selection.code) if selection.scope is Scope.KIND else selection.kind
    if kind is None:
        return _("Workshops: %(structure)s") % {"structure": subject.name}
    return _("%(kind)s: %(where)s") % {"kind": str(kind.label), "where": subject.name}


def conditions(selection: Selection, *, now: datetime) -> tuple[str, list[Any]]:
    """SQL on `event e`, `structure o`, `session s`, `place p`, and its values: what anybody may see of the selection now.

    The online half of a session on site is not a second session.
    """
    values: list[Any] = [midnight(now) - KEPT, now]
    parts = [
        "e.state = 'published' AND e.visibility = 'public' AND o.state = 'admitted' AND s.onsite_id IS NULL",
        "s.ends_at >= $1 AND (e.public_from IS NULL OR e.public_from <= $2)",
    ]
    criterion, value = _criterion(selection)
    values.append(value)
    parts.append(criterion)
    if selection.kind is not None:
        values.append(selection.kind.value)
        parts.append("e.kind = $4")
    return " AND ".join(parts), values


def midnight(now: datetime) -> datetime:
    """The last midnight, UTC: the window moves then and at no other time, so that bytes stay (rule F4)."""
    return datetime.combine(now.astimezone(UTC).date(), time(), UTC)


# What the structure organises with the one whose event it is.
_SHARED = """e.id IN (SELECT x.event_id FROM co_organiser x JOIN structure c ON c.id = x.structure_id
                     WHERE c.slug = ANY($3) AND x.accepted_at IS NOT NULL)"""


def _criterion(selection: Selection) -> tuple[str, list[str]]:
    code = selection.code
    match selection.scope:
        case Scope.STRUCTURE:
            return f"(o.slug = ANY($3) OR {_SHARED})", [code]
        case Scope.COMMUNE:
            return "p.commune_code = ANY($3)", [code, *ARRONDISSEMENTS.get(code, [])]
        case Scope.DEPARTEMENT:
            return "COALESCE(p.departement, o.departement) = ANY($3)", [code]
        case Scope.REGION:
            return "COALESCE(p.departement, o.departement) = ANY($3)", departements_of(code)
        case Scope.KIND:
            return "e.kind = ANY($3)", [code]
