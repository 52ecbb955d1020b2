"""Reading the open data: the whole, page by page, and afterwards only what has changed or gone since."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from ateliers.agenda.kinds import Kind
from ateliers.agenda.session import SESSION_SQL, Session
from ateliers.database import fetch, fetch_one, fetch_rows
from ateliers.exchange.open_data.columns import Told
from ateliers.exchange.open_data.ledger import PUBLIC
from ateliers.places.territories import DEPARTEMENTS, REGIONS, departements_of
from ateliers.refusals import Invalid

FIRST_ID, LAST_ID = UUID(int=0), UUID(int=2**128 - 1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR = re.compile(r"(tout|changements)\.(\d{1,16})\.([0-9a-f]{32})\.(\d{1,16})", re.ASCII)

# What the structure organises with the one whose event it is.
_SHARED = """EXISTS (SELECT FROM co_organiser x JOIN structure c ON c.id = x.structure_id
                     WHERE x.event_id = e.id AND x.accepted_at IS NOT NULL AND c.slug = {0})"""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which sessions: everything left out does not matter."""

    departement: str | None = None
    region: str | None = None
    structure: str | None = None  # its slug; what it organises with others is its own too
    kind: Kind | None = None

    def check(self) -> None:
        """Raises Invalid for a territory that does not exist."""
        wrong = {}
        if self.departement is not None and self.departement not in DEPARTEMENTS:
            wrong["departement"] = "Choose one of the answers offered."
        if self.region is not None and self.region not in REGIONS:
            wrong["region"] = "Choose one of the answers offered."
        if wrong:
            raise Invalid(wrong)

    def conditions(self, values: list[Any]) -> str:
        """SQL on the tables of a session; what it compares with is added to `values`."""
        kind = None if self.kind is None else self.kind.value
        inside = None if self.region is None else departements_of(self.region)
        parts = ["TRUE"]
        for condition, value in (
            ("COALESCE(p.departement, o.departement) = {0}", self.departement),
            ("COALESCE(p.departement, o.departement) = ANY({0})", inside),
            (f"(o.slug = {{0}} OR {_SHARED})", self.structure),
            ("e.kind = {0}", kind),
        ):
            if value is not None:
                values.append(value)
                parts.append(condition.format(f"${len(values)}"))
        return " AND ".join(parts)


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """Where a reader stands. One who takes the whole keeps how far the ledger went when they began, for afterwards."""

    whole: bool
    at: datetime
    id: UUID
    began: datetime

    def __str__(self) -> str:
        mode = "tout" if self.whole else "changements"
        return f"{mode}.{_microseconds(self.at)}.{self.id.hex}.{_microseconds(self.began)}"

    @classmethod
    def of(cls, text: str) -> Cursor:
        """The cursor that was given out as `text`. Raises Invalid."""
        found = _CURSOR.fullmatch(text)
        if found is None:
            raise Invalid({"cursor": "This is not written as expected."})
        mode, at, id, began = found.groups()
        return cls(whole=mode == "tout", at=_moment(at), id=UUID(id), began=_moment(began))


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some rows; where the next ones are, and at the end where to ask later for what has changed since."""

    rows: list[Told]
    next: Cursor | None
    changes: Cursor | None


class State(msgspec.Struct, frozen=True):
    """What changes whenever the open data do."""

    sessions: int
    latest: datetime


async def read_state() -> State:
    """How many sessions were ever told, and the latest change."""
    found = await fetch_one(
        State, "SELECT count(*) AS sessions, COALESCE(max(changed_at), $1) AS latest FROM open_session", EPOCH
    )
    assert found is not None  # noqa: S101 - an aggregate has one row
    return found


async def begin(updated_since: datetime | None) -> Cursor:
    """Where to begin: the whole, or with a moment what has changed since then, that moment included."""
    if updated_since is not None:
        return Cursor(whole=False, at=updated_since, id=FIRST_ID, began=updated_since)
    return Cursor(whole=True, at=EPOCH, id=FIRST_ID, began=(await read_state()).latest)


async def read_page(wanted: Wanted, cursor: Cursor, *, limit: int, now: datetime) -> Page:
    """At most `limit` rows after the cursor, in order of change.

    Among changes, a session that is not (or no longer) wanted is told as withdrawn: it may have been wanted before.
    """
    values: list[Any] = [now, cursor.at, cursor.id, limit + 1]
    shown = f"(NOT k.gone AND {PUBLIC} AND {wanted.conditions(values)}) IS TRUE"
    found = await fetch_rows(
        f"""SELECT k.session_id, k.changed_at, {shown} AS shown FROM open_session k
            LEFT JOIN session s ON s.id = k.session_id LEFT JOIN event e ON e.id = s.event_id
            LEFT JOIN structure o ON o.id = e.structure_id LEFT JOIN place p ON p.id = s.place_id
            WHERE (k.changed_at, k.session_id) > ($2, $3) {f"AND {shown}" if cursor.whole else ""}
            ORDER BY k.changed_at, k.session_id LIMIT $4""",
        *values,
    )
    page = found[:limit]
    ids = [row["session_id"] for row in page if row["shown"]]
    sessions = {one.id: one for one in await fetch(Session, f"{SESSION_SQL} WHERE s.id = ANY($1)", ids)}
    rows = [
        Told(id=str(row["session_id"]), changed_at=row["changed_at"], session=sessions.get(row["session_id"]))
        for row in page
    ]
    if len(found) > limit:
        last = page[-1]
        there = msgspec.structs.replace(cursor, at=last["changed_at"], id=last["session_id"])
        return Page(rows=rows, next=there, changes=None)
    return Page(rows=rows, next=None, changes=_afterwards(cursor, rows))


async def read_all(wanted: Wanted, cursor: Cursor, *, at_once: int, now: datetime) -> AsyncIterator[list[Told]]:
    """Every row from the cursor on, `at_once` at a time."""
    here: Cursor | None = cursor
    while here is not None:
        page = await read_page(wanted, here, limit=at_once, now=now)
        yield page.rows
        here = page.next


def _afterwards(cursor: Cursor, rows: list[Told]) -> Cursor:
    """Where changes are to be asked for once all is read.

    After the whole: from when its reading began, since what went meanwhile was not told. What came meanwhile is told twice.
    """
    if cursor.whole:
        return Cursor(whole=False, at=cursor.began, id=LAST_ID, began=cursor.began)
    if not rows:
        return cursor
    return msgspec.structs.replace(cursor, at=rows[-1].changed_at, id=UUID(rows[-1].id))


def _microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def _moment(microseconds: str) -> datetime:
    return EPOCH + timedelta(microseconds=int(microseconds))
