"""The test harness: real PostgreSQL, one migrated database per test process, rows deleted between tests."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("ATELIERS_ALLOW_ROOT", "1")
os.environ.setdefault("ATELIERS_BASE_URL", "http://ateliers.test")
os.environ.setdefault("ATELIERS_MAIL_FROM", "rendez-vous@ateliers.test")
os.environ.setdefault("XDG_RUNTIME_DIR", "/tmp")

from ateliers import clock, database

# A test never asserts a time, and neither does its generator: two test processes share a small machine.
settings.register_profile(
    "house", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("house")

TABLES = """SELECT table_name FROM information_schema.tables
WHERE table_schema = 'public' AND table_name <> 'migration' ORDER BY table_name"""


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of the embedded server that all test processes share; its data lie in pytest's own folder."""
    from ateliers.embedded import embedded_server

    root = tmp_path_factory.getbasetemp()
    shared = root.parent if os.environ.get("PYTEST_XDIST_WORKER") else root
    with embedded_server(Path(shared) / "postgres", name="postgres") as url:
        asyncio.run(_hurry(url))
        yield url


async def _hurry(url: str) -> None:
    """Nothing of these databases need outlive the machine: no commit waits for the disk."""
    connection = await asyncpg.connect(url)
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        await connection.execute(f"ALTER SYSTEM SET {name} = off")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()


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
    await empty_all_tables()


async def empty_all_tables() -> None:
    """Only where rows are, all in one go, and triggers off: tables in any order, and ten times faster than TRUNCATE."""
    if full := await database.fetch_value(await _which_are_full()):
        gone = "; ".join(f"DELETE FROM {table}" for table in full)
        await database.execute(f"BEGIN; SET LOCAL session_replication_role = replica; {gone}; COMMIT")


_asked: list[str] = []


async def _which_are_full() -> str:
    """The statement that names the tables with rows; all processes of the tests have the same tables."""
    if not _asked:
        names = [row["table_name"] for row in await database.fetch_rows(TABLES)]
        cases = ", ".join(f"CASE WHEN EXISTS (SELECT FROM {name}) THEN '{name}' END" for name in names)
        _asked.append(f"SELECT array_remove(ARRAY[{cases}], NULL)")
    return _asked[0]


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


@pytest.fixture(scope="session")
async def app(opened: str) -> Any:
    """The whole service as one ASGI application, in this loop and on this process's database."""
    from ateliers.web import microcache
    from ateliers.web.app import make_app

    microcache.KEEP_SECONDS = -3600.0  # a page that the test before has seen is not this one's
    return make_app()


@pytest.fixture
async def client(app: Any, db: str) -> AsyncIterator[httpx.AsyncClient]:
    """A stranger's browser."""
    async with _browser(app) as browser:
        yield browser


@pytest.fixture
async def browser_of(app: Any, db: str) -> AsyncIterator[Callable[[UUID], Awaitable[httpx.AsyncClient]]]:
    """`await browser_of(person_id)`: a browser in which that person is signed in, now."""
    from ateliers.network.signing_in import start_session
    from ateliers.web.frame import SESSION_COOKIE

    async with AsyncExitStack() as stack:

        async def sign_in(person_id: UUID) -> httpx.AsyncClient:
            token = await start_session(person_id, now=clock.now())
            browser = await stack.enter_async_context(_browser(app))
            browser.cookies.set(SESSION_COOKIE, token)
            return browser

        yield sign_in


def _browser(app: Any) -> httpx.AsyncClient:
    from ateliers.web import feeds

    feeds.forget_when_checked()
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ateliers.test")
