"""Where a work is measured: an embedded PostgreSQL of its own, migrated, and real processes of the service on it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit

from ateliers import database
from ateliers.embedded import embedded_server, program
from ateliers.mailbox import free_port
from ateliers.settings import settings

START_SECONDS = 60.0
RATE = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)


class Yard:
    """What a work is given. `quick` asks for a short run."""

    def __init__(self, folder: Path, url: str, *, quick: bool) -> None:
        self.folder = folder
        self.database_url = url
        self.quick = quick

    @classmethod
    @contextmanager
    def open(cls, folder: Path, *, quick: bool = False) -> Iterator[Self]:
        """A yard with an empty migrated database; its environment is what every process started in it sees."""
        before = dict(os.environ)
        with embedded_server(folder / "postgres", name="bench") as url:
            os.environ.update(
                ATELIERS_DATABASE_URL=url,
                ATELIERS_DATA_DIR=str(folder),
                ATELIERS_SECRET_KEY="only-for-measuring-" * 3,
                ATELIERS_BASE_URL="http://127.0.0.1:8000",
                ATELIERS_PRODUCTION="0",
                ATELIERS_DEMO="0",
            )
            settings.cache_clear()
            try:
                asyncio.run(database.migrate(url))
                yield cls(folder, url, quick=quick)
            finally:
                os.environ.clear()
                os.environ.update(before)
                settings.cache_clear()

    async def pgbench(self, script: str, *, clients: int = 32, seconds: int = 5) -> float:
        """Transactions a second that pgbench does with `script` (its own language: SQL and backslash commands).

        Raises RuntimeError when it cannot run or a client of it fails.
        """
        path = program("pgbench")
        if path is None:
            raise RuntimeError("pgbench was not found")
        file = self.folder / "script.pgbench"
        await asyncio.to_thread(file.write_text, script, "utf-8")
        parts = urlsplit(self.database_url)
        host = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
        process = await asyncio.create_subprocess_exec(
            str(path),
            "--no-vacuum",
            "--protocol=prepared",
            f"--file={file}",
            f"--client={clients}",
            "--jobs=2",
            f"--time={min(seconds, 2) if self.quick else seconds}",
            f"--host={host}",
            f"--username={parts.username or 'postgres'}",
            parts.path.lstrip("/"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        found = RATE.search(out.decode())
        if process.returncode != 0 or found is None:
            raise RuntimeError(f"pgbench: {err.decode()[-500:]}")
        return float(found[1])

    @asynccontextmanager
    async def web(self, *, workers: int = 1) -> AsyncIterator[str]:
        """The service's own web process on a free loopback port; yields its base URL."""
        port = free_port()
        async with self.web_process(port, workers=workers):
            yield f"http://127.0.0.1:{port}"

    @asynccontextmanager
    async def web_process(self, port: int, *, workers: int = 1) -> AsyncIterator[asyncio.subprocess.Process]:
        """The same, for works that look at the process itself."""
        async with self._running("serve", "--port", str(port), "--workers", str(workers)) as process:
            await _answering(port, process)
            yield process

    @asynccontextmanager
    async def worker(self, *, smtp_url: str | None = None) -> AsyncIterator[asyncio.subprocess.Process]:
        """The service's own worker process."""
        extra = {"ATELIERS_SMTP_URL": smtp_url} if smtp_url else {}
        async with self._running("worker", **extra) as process:
            yield process

    @asynccontextmanager
    async def _running(self, *command: str, **extra: str) -> AsyncIterator[asyncio.subprocess.Process]:
        with (self.folder / f"{command[0]}.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "ateliers",
                *command,
                env={**os.environ, **extra},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), 30)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _answering(port: int, process: asyncio.subprocess.Process) -> None:
    loop = asyncio.get_running_loop()
    limit = loop.time() + START_SECONDS
    while loop.time() < limit:
        if process.returncode is not None:
            raise RuntimeError("the service ended while it started: see its log")
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.write(b"GET /health/live HTTP/1.0\r\nHost: bench\r\n\r\n")
        line = await reader.readline()
        writer.close()
        if b" 200 " in line:
            return
        await asyncio.sleep(0.05)
    raise RuntimeError("the service did not answer in time")
