"""What a territory asks for: events read before they are published, trained ambassadors, how long a training holds (A9, A10, B4)."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from ateliers.database import execute, fetch, transaction
from ateliers.network.people import Person
from ateliers.places.territories import DEPARTEMENTS
from ateliers.refusals import Invalid, NotAllowed
from ateliers.words import T

MONTHS = 24  # that a training holds where the territory says nothing


class TrainedOnly(enum.Enum):
    """What happens when nobody of a structure is trained; the later the stricter."""

    OFF = "off"
    WARN = "warn"
    BLOCK = "block"

    @property
    def label(self) -> T:
        """What it does, on screen."""
        return _LABELS[self]


_LABELS = {
    TrainedOnly.OFF: T("Nothing is checked"),
    TrainedOnly.WARN: T("A notice is shown, and the structure can publish"),
    TrainedOnly.BLOCK: T("The structure cannot publish for the public"),
}
STRICTNESS = list(TrainedOnly)


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What one département asks for."""

    departement: str
    moderation: bool = False
    trained_only: TrainedOnly = TrainedOnly.OFF
    training_months: int = MONTHS
    changed_at: datetime | None = None  # None: never, all is as at first
    changed_by: str | None = None

    @property
    def name(self) -> str:
        """Name of the département."""
        return DEPARTEMENTS.get(self.departement, self.departement)

    @property
    def asks(self) -> tuple[bool, TrainedOnly, int]:
        """What it asks for, to be compared with another's."""
        return self.moderation, self.trained_only, self.training_months


class NewRule(msgspec.Struct, frozen=True, kw_only=True):
    """The rule of some départements, as a coordinator sets it."""

    departements: Annotated[
        list[Annotated[str, Meta(max_length=3)]], Meta(max_length=len(DEPARTEMENTS), title="Départements")
    ] = []
    moderation: Annotated[
        bool,
        Meta(
            title="A coordinator reads each event before it is published",
            description="Until then nobody else sees it. Small corrections later need no second reading.",
        ),
    ] = False
    trained_only: Annotated[
        TrainedOnly, Meta(title="When no ambassador of the structure is trained", extra={"input": "radio"})
    ] = TrainedOnly.OFF
    training_months: Annotated[int, Meta(ge=1, le=120, title="Months that a training holds")] = MONTHS


_SQL = """
    SELECT t.departement, t.moderation, t.trained_only, t.training_months, t.changed_at, p.name AS changed_by
    FROM territory_rule t LEFT JOIN person p ON p.id = t.changed_by
"""


async def rules_of(departements: Iterable[str]) -> list[Rule]:
    """The rules of these départements, in order of code; what was never set is as at first."""
    wanted = sorted(set(departements))
    kept = await fetch(Rule, f"{_SQL} WHERE t.departement = ANY ($1)", wanted)
    known = {rule.departement: rule for rule in kept}
    return [known.get(code) or Rule(departement=code) for code in wanted]


async def list_rules(*, by: Person) -> list[Rule]:
    """The rules of a coordinator's départements. Raises NotAllowed."""
    if not by.is_coordinator:
        raise NotAllowed
    coordinated = by.coordinated_departements
    return await rules_of(DEPARTEMENTS if coordinated is None else coordinated)


async def set_rules(new: NewRule, *, by: Person, now: datetime) -> None:
    """Let these départements ask for this from now on; what is published already stays so. Raises NotAllowed, Invalid."""
    if not by.is_coordinator:
        raise NotAllowed
    if not new.departements:
        raise Invalid({"departements": "Choose at least one département."})
    if any(code not in DEPARTEMENTS or not by.coordinates(code) for code in new.departements):
        raise Invalid({"departements": "Choose départements of your territory."})
    async with transaction():
        await execute(
            """INSERT INTO territory_rule (departement, moderation, trained_only, training_months, changed_at, changed_by)
               SELECT d, $2, $3, $4, $5, $6 FROM unnest($1::text[]) AS d ORDER BY d
               ON CONFLICT (departement) DO UPDATE SET moderation = excluded.moderation, trained_only = excluded.trained_only,
                   training_months = excluded.training_months, changed_at = excluded.changed_at,
                   changed_by = excluded.changed_by""",
            sorted(set(new.departements)),
            new.moderation,
            new.trained_only.value,
            new.training_months,
            now,
            by.id,
        )


def strictest(rules: Iterable[Rule]) -> TrainedOnly:
    """What holds where several départements are concerned."""
    return max((rule.trained_only for rule in rules), key=STRICTNESS.index, default=TrainedOnly.OFF)
