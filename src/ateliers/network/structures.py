"""Finding and keeping structures."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from ateliers.database import execute, fetch, fetch_one, fetch_value, new_id
from ateliers.network.people import Person
from ateliers.network.structure import Structure, StructureKind, StructureState
from ateliers.places.communes import Commune
from ateliers.places.distance import kilometres
from ateliers.refusals import NotFound
from ateliers.words import PARIS, T, fold, local

COLUMNS = ", ".join(f"o.{name}" for name in Structure.__struct_fields__)
SLUG_LENGTH = 60
NEAR = 50.0  # kilometres around a commune
_CORRECTED = T("Corrected")


class NewStructure(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed to keep a structure; its commune is already found."""

    name: str
    kind: StructureKind
    siret: str | None = None
    rna: str | None = None
    address: str
    postcode: str
    commune_code: str
    commune_name: str
    departement: str
    region: str
    latitude: float
    longitude: float
    zone: str
    email: str
    phone: str | None = None
    website: str | None = None
    presentation: str = ""
    language: str = "fr"
    external_key: str | None = None


class Signatory(msgspec.Struct, frozen=True, kw_only=True):
    """An admitted structure in the public list, with the date of its first signature and the latest version it signed."""

    structure: Structure
    signed_at: datetime
    told_at: datetime  # since when it says of itself what it says
    version: str
    kilometres: float | None = None  # from where they were looked for


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One change of an application or membership."""

    at: datetime
    state: StructureState
    by_name: str | None  # None: the applicant
    note: str
    corrected: bool  # the state stayed: its name, number or place changed

    @property
    def label(self) -> T:
        """What happened, on screen."""
        return _CORRECTED if self.corrected else self.state.label


async def get_structure(slug: str) -> Structure:
    """The structure, whatever its state. Raises NotFound."""
    return _found(await fetch_one(Structure, f"SELECT {COLUMNS} FROM structure o WHERE o.slug = $1", slug))


async def get_structure_by_id(id: UUID) -> Structure:
    """The structure, whatever its state. Raises NotFound."""
    return _found(await fetch_one(Structure, f"SELECT {COLUMNS} FROM structure o WHERE o.id = $1", id))


async def list_structures_by_id(ids: Sequence[UUID]) -> list[Structure]:
    """Those of `ids` that exist, by name."""
    found = await fetch(Structure, f"SELECT {COLUMNS} FROM structure o WHERE o.id = ANY ($1)", list(ids))
    return sorted(found, key=lambda structure: fold(structure.name))


async def get_signatory(slug: str) -> Signatory:
    """An admitted structure that signed the charter. Raises NotFound for any other."""
    found = await fetch(_SignatoryRow, f"{_SIGNATORIES} AND o.slug = $1 GROUP BY o.id", slug)
    if not found:
        raise NotFound
    return found[0].signatory()


async def list_signatories(
    text: str = "",
    *,
    departement: str | None = None,
    since: date | None = None,
    until: date | None = None,
    near: Commune | None = None,
    within: float = NEAR,
) -> list[Signatory]:
    """Admitted structures that signed, by name; `text` is looked for in names, communes, postcodes and départements.

    `since` and `until` are days of signature in France, both counted in. With `near`, those at most `within` kilometres from
    that commune, the nearest first.
    """
    rows = await fetch(
        _SignatoryRow, f"{_SIGNATORIES} AND ($1::text IS NULL OR o.departement = $1) GROUP BY o.id", departement
    )
    wanted = fold(text).split()
    signatories = [row.signatory(near) for row in rows]
    found = sorted(
        (
            s
            for s in signatories
            if _matches(s.structure, wanted)
            and (since is None or local(s.signed_at, PARIS).date() >= since)
            and (until is None or local(s.signed_at, PARIS).date() <= until)
        ),
        key=lambda s: (fold(s.structure.name), s.structure.slug),
    )
    if near is None:
        return found
    return sorted(
        (s for s in found if s.kilometres is not None and s.kilometres <= within), key=lambda s: s.kilometres or 0
    )


async def list_structures(*, by: Person, state: StructureState | None = None) -> list[Structure]:
    """The structures in the territory of a coordinator, by name; nobody else is given any."""
    if not by.is_coordinator:
        return []
    rows = await fetch(
        Structure,
        f"""
        SELECT {COLUMNS} FROM structure o
        WHERE ($1::text[] IS NULL OR o.departement = ANY ($1)) AND ($2::text IS NULL OR o.state = $2)
        """,
        by.coordinated_departements,
        None if state is None else state.value,
    )
    return sorted(rows, key=lambda structure: (fold(structure.name), structure.slug))


async def list_history(structure_id: UUID) -> list[HistoryEntry]:
    """Every change of the structure's state, oldest first."""
    return await fetch(
        HistoryEntry,
        """
        SELECT h.at, h.state, p.name AS by_name, h.note, h.corrected
        FROM structure_history h LEFT JOIN person p ON p.id = h.by_id
        WHERE h.structure_id = $1 ORDER BY h.at, h.id
        """,
        structure_id,
    )


async def add_structure(new: NewStructure, *, state: StructureState, now: datetime) -> Structure | None:
    """Keep a structure and its first history entry; None when its SIRET, RNA or external key is already known.

    Opens no transaction.
    """
    values = {
        **msgspec.to_builtins(new),
        "id": new_id(),
        "slug": await free_slug(new.name),
        "state": state.value,
        "created_at": now,
        "admitted_at": now if state is StructureState.ADMITTED else None,
    }
    marks = ", ".join(f"${n}" for n in range(1, len(values) + 1))
    made = await fetch_one(
        Structure,
        f"""
        INSERT INTO structure AS o ({", ".join(values)}) VALUES ({marks}) ON CONFLICT DO NOTHING RETURNING {COLUMNS}
        """,
        *values.values(),
    )
    if made is not None:
        await log_state(made.id, state, now=now)
    return made


async def rewrite_structure(id: UUID, new: NewStructure, *, now: datetime) -> None:
    """Replace what the structure says of itself; its address (slug), state and dates stay. Opens no transaction.

    Raises asyncpg.UniqueViolationError when another has its SIRET or RNA.
    """
    values = {name: value for name, value in msgspec.to_builtins(new).items() if name != "external_key"}
    changes = ", ".join(f"{name} = ${n}" for n, name in enumerate(values, 3))
    await execute(f"UPDATE structure SET updated_at = $2, {changes} WHERE id = $1", id, now, *values.values())


async def log_state(
    structure_id: UUID,
    state: StructureState,
    *,
    now: datetime,
    by_id: UUID | None = None,
    note: str = "",
    corrected: bool = False,
) -> UUID:
    """Write a change into the structure's history; the entry's id. Opens no transaction."""
    id = new_id()
    await execute(
        """INSERT INTO structure_history (id, structure_id, at, state, by_id, note, corrected)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        id,
        structure_id,
        now,
        state.value,
        by_id,
        note,
        corrected,
    )
    return id


async def free_slug(name: str) -> str:
    """An address for `name` that no structure has yet: 'ccas-de-nevers', then 'ccas-de-nevers-2'."""
    bare = unicodedata.normalize("NFKD", fold(name)).encode("ascii", "ignore").decode()
    base = "-".join(bare.split())[:SLUG_LENGTH].strip("-") or "structure"
    number: int = await fetch_value(
        "SELECT COALESCE(max(CASE WHEN slug = $1 THEN 1 ELSE substring(slug FROM '-([0-9]{1,6})$')::int END), 0)"
        " FROM structure WHERE slug = $1 OR slug ~ ('^' || $1 || '-[0-9]{1,6}$')",
        base,
    )
    return f"{base}-{number + 1}" if number else base


def _found(structure: Structure | None) -> Structure:
    if structure is None:
        raise NotFound
    return structure


def _matches(structure: Structure, wanted: list[str]) -> bool:
    words = fold(f"{structure.name} {structure.commune_name} {structure.postcode} {structure.departement}").split()
    return all(any(word.startswith(start) for word in words) for start in wanted)


class _SignatoryRow(Structure, frozen=True, kw_only=True):
    signed_at: datetime
    told_at: datetime
    version: str

    def signatory(self, near: Commune | None = None) -> Signatory:
        return Signatory(
            kilometres=None
            if near is None
            else kilometres(near.latitude, near.longitude, self.latitude, self.longitude),
            structure=msgspec.convert(self, Structure, from_attributes=True),
            signed_at=self.signed_at,
            told_at=self.told_at,
            version=self.version,
        )


_SIGNATORIES = f"""
    SELECT {COLUMNS}, min(g.signed_at) AS signed_at,
        greatest(min(g.signed_at), o.updated_at) AS told_at, (array_agg(c.version ORDER BY c.published_at DESC))[1] AS version
    FROM structure o JOIN signature g ON g.structure_id = o.id JOIN charter c ON c.id = g.charter_id
    WHERE o.state = 'admitted'
"""
