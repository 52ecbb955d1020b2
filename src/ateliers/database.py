"""PostgreSQL: the pool, `transaction()`, and rows straight into structs.

One statement is SQL text with `$1`…; `fetch(Struct, sql, *args)` fills the struct's fields by column name. Inside
`async with transaction():` every call of the same task uses that transaction; outside, each call is its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import asyncpg
import msgspec
import structlog
import uuid_utils.compat

from ateliers.resources import resource

if TYPE_CHECKING:
    from asyncpg.pool import Pool, PoolConnectionProxy

T = TypeVar("T")
log = structlog.get_logger()

# How asyncpg, uvloop and the system say that PostgreSQL restarts, cannot be reached or went away in the middle of a word.
_AWAY = (
    OSError,  # refused, reset, its socket not there or too many who wait at it
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
)
_CLOSED = ("clos", "released back to the pool")  # of what lies under a hand that still holds it

MIGRATION_LOCK = 0x61746C  # any constant; only `migrate` takes it


class _Open(msgspec.Struct, frozen=True):
    connection: Any
    task: Any


_pool: Pool | None = None
_current: ContextVar[_Open | None] = ContextVar("transaction", default=None)


class Connection(asyncpg.Connection):
    """Without the reset query at each release, which halves throughput: nothing here uses SET or LISTEN."""

    def get_reset_query(self) -> str:
        return ""


async def _prepare(connection: asyncpg.Connection) -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name, schema="pg_catalog", encoder=lambda v: msgspec.json.encode(v).decode(), decoder=msgspec.json.decode
        )


async def open_pool(url: str, *, size: int = 8) -> None:
    """Connect this process to `url`. Raises OSError or asyncpg.PostgresError when it cannot."""
    global _pool
    _pool = await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        connection_class=Connection,
        init=_prepare,
        command_timeout=60,
        server_settings={"jit": "off"},
    )


async def close_pool() -> None:
    """Give all connections back and forget the pool."""
    global _pool
    if _pool is not None:
        await _pool.close()
        _pool = None


def is_away(fault: Exception) -> bool:
    """Whether `fault` says that PostgreSQL is away: trying again is right. What only a wrong program causes is not that."""
    if isinstance(fault, _AWAY):
        return True
    # A RuntimeError is uvloop's: "handler is closed".
    is_under_hand = type(fault) is asyncpg.InterfaceError or isinstance(fault, RuntimeError)
    return is_under_hand and any(word in str(fault) for word in _CLOSED)


def new_id() -> UUID:
    """A UUIDv7: random, and ordered by time."""
    return uuid_utils.compat.uuid7()


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """All or nothing. Refuses to nest: a use case opens one, and calls no other use case inside."""
    if _here() is not None:
        raise RuntimeError("a use case opened a transaction inside another")
    async with _the_pool().acquire() as connection, connection.transaction():
        token = _current.set(_Open(connection, asyncio.current_task()))
        try:
            yield
        finally:
            _current.reset(token)


async def at_once(*reads: Coroutine[Any, Any, T]) -> list[T]:
    """Several reads at the same time, each on a connection of its own; inside a transaction, one after the other."""
    if _here() is None:
        return await asyncio.gather(*reads)
    return [await read for read in reads]


async def fetch(struct: type[T], sql: str, *args: Any) -> list[T]:
    """The rows as structs, columns matched to fields by name."""
    rows = await _run("fetch", sql, args)
    return [msgspec.convert(dict(row), struct) for row in rows]


async def fetch_one(struct: type[T], sql: str, *args: Any) -> T | None:
    """The first row as a struct, or None."""
    row = await _run("fetchrow", sql, args)
    return None if row is None else msgspec.convert(dict(row), struct)


async def fetch_value(sql: str, *args: Any) -> Any:
    """The first column of the first row, or None."""
    return await _run("fetchval", sql, args)


async def fetch_rows(sql: str, *args: Any) -> Sequence[asyncpg.Record]:
    """Raw rows, for code that counts microseconds."""
    return await _run("fetch", sql, args)  # type: ignore[no-any-return]


async def execute(sql: str, *args: Any) -> int:
    """Run a statement; the number of rows it touched."""
    status: str = await _run("execute", sql, args)
    count = status.rpartition(" ")[2]
    return int(count) if count.isdigit() else 0


async def execute_many(sql: str, rows: Iterable[Sequence[Any]]) -> None:
    """One statement for many rows, pipelined."""
    here = _here()
    if here is not None:
        await here.executemany(sql, rows)
    else:
        await _the_pool().executemany(sql, rows)


async def batches(sql: str, *args: Any, size: int = 1000) -> AsyncGenerator[Sequence[asyncpg.Record], None]:
    """Rows in lists of `size`, in flat memory however many there are (exports). Opens its own transaction.

    While the caller works on one list, PostgreSQL prepares the next. Close it (`contextlib.aclosing`) when leaving early.
    """
    async with _the_pool().acquire() as connection, connection.transaction(readonly=True):
        rows = await connection.cursor(sql, *args)
        batch = await rows.fetch(size)
        while batch:
            coming = asyncio.create_task(rows.fetch(size))
            await asyncio.sleep(0)  # so that it is asked for before the caller goes to work
            try:
                yield batch
            finally:
                batch = await coming


async def migrate(url: str) -> list[str]:
    """Run the migrations that have not run, all in one transaction under a lock; their names, in order.

    Any number of processes may call it at once: one works, the others wait and find nothing to do.
    """
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", MIGRATION_LOCK)
            await connection.execute(
                "CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, run_at timestamptz NOT NULL DEFAULT now())"
            )
            done = {row["name"] for row in await connection.fetch("SELECT name FROM migration")}
            pending = [path for path in sorted(resource("migrations").glob("*.sql")) if path.stem not in done]
            for path in pending:
                await connection.execute(path.read_text(encoding="utf-8"))
                await connection.execute("INSERT INTO migration (name) VALUES ($1)", path.stem)
            return [path.stem for path in pending]
    finally:
        await connection.close()


def pending_migrations(done: Iterable[str]) -> list[str]:
    """Names of the shipped migrations that are not among `done`."""
    known = set(done)
    return [path.stem for path in sorted(resource("migrations").glob("*.sql")) if path.stem not in known]


def _the_pool() -> Pool:
    if _pool is None:
        raise RuntimeError("the database is not open: call open_pool() first")
    return _pool


def _here() -> PoolConnectionProxy | None:
    opened = _current.get()
    if opened is None:
        return None
    # A task started inside a transaction inherits the variable, and with it a connection that will be gone.
    if opened.task is not asyncio.current_task():
        raise RuntimeError("a transaction belongs to the task that opened it")
    return opened.connection  # type: ignore[no-any-return]


async def _run(method: str, sql: str, args: Sequence[Any]) -> Any:
    here = _here()
    return await getattr(here if here is not None else _the_pool(), method)(sql, *args)
