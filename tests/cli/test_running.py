"""The service's processes: they answer, and end when asked, taking with them what they started."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil

from ateliers.mailbox import free_port


@asynccontextmanager
async def running(*words: str, **variables: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process of the service, ended by force if the test did not end it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "ateliers",
        *words,
        env={**os.environ, **{f"ATELIERS_{name}": value for name, value in variables.items()}},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def answering(port: int) -> httpx.Response:
    """The answer of /health/ready, once there is one."""
    async with asyncio.timeout(60), httpx.AsyncClient() as client:
        while True:
            try:
                return await client.get(f"http://127.0.0.1:{port}/health/ready")
            except httpx.TransportError:
                await asyncio.sleep(0.1)


async def said(process: asyncio.subprocess.Process, words: bytes) -> None:
    """Read what the process says until these words."""
    assert process.stdout is not None
    async with asyncio.timeout(60):
        while words not in await process.stdout.readline():
            assert not process.stdout.at_eof()


async def ended(process: asyncio.subprocess.Process, number: signal.Signals) -> int:
    """Send the signal; the exit code, once nothing it started is left."""
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    process.send_signal(number)
    code = await asyncio.wait_for(process.wait(), 60)
    _gone, left = await asyncio.to_thread(psutil.wait_procs, family, 60)
    assert left == []
    return code


async def test_two_web_processes_answer_on_one_port_and_end_when_asked(db):
    port = free_port()
    async with running("serve", "--port", str(port), "--workers", "2", DATABASE_URL=db) as process:
        answer = await answering(port)

        assert (answer.status_code, answer.json()["status"]) == (200, "ready")
        assert await ended(process, signal.SIGTERM) == 0


async def test_serve_without_a_database_url_starts_one_and_stops_it(tmp_path: Path):
    port = free_port()
    async with running(
        "serve", "--port", str(port), DATABASE_URL="", DATA_DIR=str(tmp_path), ALLOW_ROOT="1"
    ) as process:
        answer = await answering(port)

        assert answer.json()["pending_migrations"] == []
        assert (tmp_path / "postgres" / "postmaster.pid").exists()
        assert await ended(process, signal.SIGTERM) == 0
        assert not (tmp_path / "postgres" / "postmaster.pid").exists()


async def test_the_worker_ends_when_asked(db, tmp_path: Path):
    async with running("worker", DATABASE_URL=db, DATA_DIR=str(tmp_path)) as process:
        await said(process, b"worker started")

        assert await ended(process, signal.SIGINT) == 0
