"""Links that show a dashboard to somebody without an account: read only, for a time, until they are taken back (F9)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.agenda.kinds import Kind
from ateliers.database import execute, fetch, fetch_one, new_id
from ateliers.network.people import Person
from ateliers.refusals import NotFound
from ateliers.reports.extents import chosen_extent, extent_text
from ateliers.reports.grouping import Grouping
from ateliers.reports.periods import Period
from ateliers.reports.report import check_days
from ateliers.reports.scope import Scope
from ateliers.signing import is_signed, sign
from ateliers.words import plain

PURPOSE = "report link"
ID_LENGTH = 32  # hexadecimal digits
TOLD_DAYS = "Best a whole quarter: outside the structures, people are counted by whole months and quarters only."


class NewLink(msgspec.Struct, frozen=True, kw_only=True):
    """What a link shows, to whom, and how long."""

    label: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=120,
            title="For whom",
            description="Only your team sees this. For example: CPAM de la Nièvre.",
        ),
    ]
    where: Annotated[str, Meta(min_length=1, max_length=80, title="Territory")]
    first_day: Annotated[date, Meta(title="First day", description=TOLD_DAYS)]
    last_day: Annotated[date, Meta(title="Last day")]
    by: Annotated[Grouping, Meta(title="One line for each")]
    kind: Annotated[Kind | None, Meta(title="Kind")] = None
    days: Annotated[
        int, Meta(ge=1, le=730, title="Open for how many days", description="Afterwards the link shows nothing.")
    ] = 90


class ReportLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link that was given out."""

    id: UUID
    label: str
    structure_id: UUID | None
    departements: list[str] | None
    by: Grouping
    kind: Kind | None
    first_day: date
    last_day: date
    created_at: datetime
    creator: str | None
    expires_at: datetime
    revoked_at: datetime | None
    extent: str = ""  # in words

    @property
    def path(self) -> str:
        """Its address."""
        return f"/partage/{self.id.hex}{sign(PURPOSE, self.id.hex)}"

    @property
    def period(self) -> Period:
        """The days that it shows."""
        return Period(self.first_day, self.last_day)

    @property
    def scope(self) -> Scope:
        """Whose figures it shows; small counts are hidden."""
        return Scope.of(self.structure_id, self.departements)

    def is_open(self, now: datetime) -> bool:
        """Whether it still shows something."""
        return self.revoked_at is None and now < self.expires_at


_SQL = """
    SELECT l.id, l.label, l.structure_id, l.departements, l.by, l.kind, l.first_day, l.last_day, l.created_at,
           p.name AS creator, l.expires_at, l.revoked_at
    FROM report_link l LEFT JOIN person p ON p.id = l.created_by
"""


async def create_link(new: NewLink, *, of_structures: bool, by: Person, now: datetime) -> ReportLink:
    """Give out a link to the figures of one of their extents. Raises UnknownExtent, Invalid, NotAllowed."""
    check_days(new.first_day, new.last_day)
    extent = await chosen_extent(new.where, by, of_structures=of_structures)
    id = new_id()
    await execute(
        "INSERT INTO report_link (id, label, structure_id, departements, by, kind, first_day, last_day, created_at, created_by, "
        "expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        id,
        plain(new.label),
        extent.structure_id,
        extent.departements,
        new.by.value,
        new.kind.value if new.kind else None,
        new.first_day,
        new.last_day,
        now,
        by.id,
        now + timedelta(days=new.days),
    )
    return await _get(id)


async def list_links(person: Person, *, of_structures: bool) -> list[ReportLink]:
    """Links of their structures, or those that they gave out of a territory (the national team: everybody's); latest first."""
    found = await fetch(
        ReportLink,
        f"""{_SQL} WHERE CASE WHEN $1 THEN l.structure_id = ANY ($2)
            ELSE l.structure_id IS NULL AND ($3 OR l.created_by = $4) END ORDER BY l.created_at DESC, l.id DESC""",
        of_structures,
        person.managed_ids,
        person.is_national,
        person.id,
    )
    return [msgspec.structs.replace(one, extent=await extent_text(one.structure_id, one.departements)) for one in found]


async def revoke_link(id: UUID, *, by: Person, now: datetime) -> None:
    """It shows nothing any more; twice is the same as once. Raises NotFound."""
    of_structures = (await _get(id)).structure_id is not None
    if id not in {one.id for one in await list_links(by, of_structures=of_structures)}:
        raise NotFound
    await execute(
        "UPDATE report_link SET revoked_at = $2, revoked_by = $3 WHERE id = $1 AND revoked_at IS NULL", id, now, by.id
    )


async def open_link(token: str, *, now: datetime) -> ReportLink:
    """What a link shows. Raises NotFound: never given out, taken back and expired look alike."""
    name, mac = token[:ID_LENGTH], token[ID_LENGTH:]
    if not is_signed(PURPOSE, name, mac):
        raise NotFound
    found = await _get(UUID(name))
    if not found.is_open(now):
        raise NotFound
    return found


async def _get(id: UUID) -> ReportLink:
    found = await fetch_one(ReportLink, f"{_SQL} WHERE l.id = $1", id)
    if found is None:
        raise NotFound
    return msgspec.structs.replace(found, extent=await extent_text(found.structure_id, found.departements))
