"""A territory at a glance: what each structure needs from its coordinator, the most pressing first (A12)."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from ateliers.agenda.liveliness import Liveliness, liveliness_of
from ateliers.attendance.missing import SHOWN_TO_COORDINATORS, count_missing
from ateliers.experiences.untold import count_untold
from ateliers.network.notes import FollowUp, follow_ups_of
from ateliers.network.people import Person
from ateliers.network.resigning import find_unsigned
from ateliers.network.rules import TrainedOnly, rules_of
from ateliers.network.structure import Structure, StructureState
from ateliers.network.structures import list_structures
from ateliers.network.training import trained_structures
from ateliers.places.territories import DEPARTEMENTS
from ateliers.refusals import NotAllowed
from ateliers.words import T, fold, today_of

# Three months, as where nothing happens (F10); since the last session or the admission, with nothing ahead.
SILENT_AFTER = timedelta(days=91)


class Need(enum.Enum):
    """Why a structure is to be helped; the most pressing first."""

    EXAMINE = "candidature"
    FOLLOW_UP = "relancer"
    ATTENDANCE = "presences"
    SILENT = "silence"
    CHARTER = "charte"
    TRAINING = "formation"
    UNTOLD = "retours"

    @property
    def label(self) -> T:
        """Its name on screen."""
        return _NEEDS[self]


_NEEDS = {
    Need.EXAMINE: T("Application to examine"),
    Need.FOLLOW_UP: T("To follow up"),
    Need.ATTENDANCE: T("Attendance missing"),
    Need.SILENT: T("Silent for three months"),
    Need.CHARTER: T("Charter to sign again"),
    Need.TRAINING: T("Nobody trained"),
    Need.UNTOLD: T("Experience to share"),
}
_PRESSING = list(Need)
_GENTLE = {Need.UNTOLD}  # nobody is called for it alone


class Supported(msgspec.Struct, frozen=True, kw_only=True):
    """One structure and how it stands."""

    structure: Structure
    lively: Liveliness | None
    missing: int  # sessions whose attendance is missing, after their team was asked twice
    untold: int  # events held of which nothing was told
    contact: FollowUp | None
    is_unsigned: bool
    needs_training: bool  # its territory asks for somebody trained, and nobody is
    needs: list[Need] = []

    @property
    def is_to_help(self) -> bool:
        """Whether something is to be done for it."""
        return any(need not in _GENTLE for need in self.needs)


class Departement(msgspec.Struct, frozen=True, kw_only=True):
    """A département in figures."""

    code: str
    name: str
    structures: int  # admitted
    ahead: int  # of these, with a session to come
    silent: int
    in_need: int


def needs_of(one: Supported, *, now: datetime) -> list[Need]:
    """What it needs, the most pressing first. A structure that is not a member needs an answer or nothing."""
    due = one.contact is not None and one.contact.due_on is not None and one.contact.due_on <= today_of(now)
    if one.structure.state is StructureState.SUBMITTED:
        return [Need.EXAMINE]
    if one.structure.state is not StructureState.ADMITTED:
        return [Need.FOLLOW_UP] if due else []
    found = (
        (due, Need.FOLLOW_UP),
        (one.missing > 0, Need.ATTENDANCE),
        (is_silent(one, now=now), Need.SILENT),
        (one.is_unsigned, Need.CHARTER),
        (one.needs_training, Need.TRAINING),
        (one.untold > 0, Need.UNTOLD),
    )
    return [need for is_so, need in found if is_so]


def is_silent(one: Supported, *, now: datetime) -> bool:
    """Nothing ahead, and nothing held for three months; a new structure has three months to begin."""
    if one.lively is not None and one.lively.next_at is not None:
        return False
    last = (one.lively.last_at if one.lively is not None else None) or one.structure.admitted_at
    return last is not None and now - last > SILENT_AFTER


async def list_supported(*, by: Person, now: datetime) -> list[Supported]:
    """Every structure of a coordinator's territory, whoever needs her most first, then by name. Raises NotAllowed."""
    if not by.is_coordinator:
        raise NotAllowed
    return sorted(await support(await list_structures(by=by), now=now), key=_pressing_first)


async def support(structures: Sequence[Structure], *, now: datetime) -> list[Supported]:
    """How each of these structures stands, in their order."""
    ids = [structure.id for structure in structures]
    lively = await liveliness_of(ids, now=now)
    missing = await count_missing(ids, now=now, after=SHOWN_TO_COORDINATORS)
    untold = await count_untold(ids, now=now)
    contacts = await follow_ups_of(ids)
    unsigned = await find_unsigned(ids)
    trained = await trained_structures(ids, now=now)
    rules = await rules_of(structure.departement for structure in structures)
    asking = {rule.departement for rule in rules if rule.trained_only is not TrainedOnly.OFF}
    found = [
        Supported(
            structure=structure,
            lively=lively.get(structure.id),
            missing=missing.get(structure.id, 0),
            untold=untold.get(structure.id, 0),
            contact=contacts.get(structure.id),
            is_unsigned=structure.id in unsigned,
            needs_training=structure.departement in asking and structure.id not in trained,
        )
        for structure in structures
    ]
    return [msgspec.structs.replace(one, needs=needs_of(one, now=now)) for one in found]


def search(
    found: Sequence[Supported],
    *,
    words: str = "",
    need: Need | None = None,
    state: StructureState | None = None,
    departement: str = "",
) -> list[Supported]:
    """Those that match all of what is asked; words are looked for in names, communes and postcodes."""
    wanted = fold(words).split()
    return [
        one
        for one in found
        if (need is None or need in one.needs)
        and (state is None or one.structure.state is state)
        and (not departement or one.structure.departement == departement)
        and all(
            word in fold(f"{one.structure.name} {one.structure.commune_name} {one.structure.postcode}")
            for word in wanted
        )
    ]


def by_departement(found: Sequence[Supported]) -> list[Departement]:
    """The départements that have a structure, by code."""
    members: dict[str, list[Supported]] = {}
    for one in found:
        if one.structure.state is StructureState.ADMITTED:
            members.setdefault(one.structure.departement, []).append(one)
    return [
        Departement(
            code=code,
            name=DEPARTEMENTS[code],
            structures=len(here),
            ahead=sum(one.lively is not None and one.lively.next_at is not None for one in here),
            silent=sum(Need.SILENT in one.needs for one in here),
            in_need=sum(one.is_to_help for one in here),
        )
        for code, here in sorted(members.items())
    ]


def _pressing_first(one: Supported) -> tuple[int, date, int, str, UUID]:
    due = one.contact.due_on if one.contact is not None and Need.FOLLOW_UP in one.needs else None
    first = _PRESSING.index(one.needs[0]) if one.needs else len(_PRESSING)
    return first, due or date.max, -len(one.needs), fold(one.structure.name), one.structure.id
