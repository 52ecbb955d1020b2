"""Everything on one machine with invented data, until Ctrl-C ends all of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import msgspec

from ateliers import clock, database, mailbox
from ateliers.embedded import embedded_server
from ateliers.settings import settings

START_SECONDS = 60.0
STOP_SECONDS = 25.0  # longer than what web and worker give themselves to finish
WHO = {"manager": "Manager", "ambassador": "Ambassador", "coordinator": "Regional coordinator"}


class DemoError(Exception):
    """Why the demo cannot start, or had to stop."""


class Entrance(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of the demo, and the link that signs them in."""

    who: str
    name: str
    of: str
    link: str


class Stop:
    """Ctrl-C, SIGTERM or a closed terminal, noticed instead of raised: what was started is then ended in order."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked.set()


def run_demo(port: int) -> None:
    """Run until asked to stop. Raises DemoError when a part cannot start or ends by itself."""
    stop = Stop()
    _refuse_taken_port(port)
    folder = settings().data_dir / "demo"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    box = folder / mailbox.FOLDER
    with contextlib.ExitStack() as parts:
        _say("Starting PostgreSQL…")
        url = parts.enter_context(embedded_server(folder / "postgres"))
        smtp_port = parts.enter_context(mailbox.sink(box))
        os.environ.update(
            ATELIERS_DATABASE_URL=url,
            ATELIERS_DATA_DIR=str(folder),
            ATELIERS_BASE_URL=f"http://127.0.0.1:{port}",
            ATELIERS_SECRET_KEY=_secret(folder / "secret"),
            ATELIERS_SMTP_URL=f"smtp://127.0.0.1:{smtp_port}",
            ATELIERS_MAIL_FROM="rendez-vous@ateliers.example",
            ATELIERS_DEMO="1",
            ATELIERS_PRODUCTION="0",
        )
        settings.cache_clear()
        filled = folder / "filled"
        entrances = asyncio.run(_prepare(url, is_filled=filled.exists()))
        filled.touch()
        log = parts.enter_context((folder / "demo.log").open("ab"))
        children = {
            "web": parts.enter_context(_child(log.fileno(), "serve", "--port", str(port))),
            "worker": parts.enter_context(_child(log.fileno(), "worker")),
        }
        _wait_until_it_answers(port, children, stop)
        if not stop.asked.is_set():
            _welcome(port, folder, entrances)
        while not stop.asked.wait(0.5):
            _refuse_dead(children, folder)
        _say("Stopping…")
    _say("Stopped. What you did is kept for the next time.")


async def _prepare(url: str, *, is_filled: bool) -> list[Entrance]:
    """Tables up to date and an invented world in them, made anew unless an earlier run made it whole."""
    await database.migrate(url)
    await database.open_pool(url)
    try:
        if not is_filled:
            from ateliers.demo.filling import fill

            _say("Inventing structures, events and bookings…")
            await database.execute("DROP SCHEMA public CASCADE")
            await database.execute("CREATE SCHEMA public")
            await database.migrate(url)
            await fill(now=clock.now())
        return await _entrances()
    finally:
        await database.close_pool()


async def _entrances() -> list[Entrance]:
    from ateliers.network.signing_in import sign_in_link_for

    found = []
    for role, who in WHO.items():
        row = await database.fetch_rows(
            """SELECT p.id, p.name, COALESCE(o.name, array_to_string(r.departements, ', '), '') AS of
               FROM role r JOIN person p ON p.id = r.person_id LEFT JOIN structure o ON o.id = r.structure_id
               WHERE r.role = $1 AND r.revoked_at IS NULL AND p.closed_at IS NULL
               AND (o.id IS NULL OR o.state = 'admitted')
               ORDER BY (SELECT count(*) FROM event e WHERE e.structure_id = o.id) DESC, r.id LIMIT 1""",
            role,
        )
        if row:
            link = await sign_in_link_for(row[0]["id"], now=clock.now())
            found.append(Entrance(who=who, name=row[0]["name"], of=row[0]["of"], link=link))
    return found


@contextlib.contextmanager
def _child(log: int, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the service in a session of its own: the terminal's Ctrl-C reaches only us, and we end it in order."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ateliers", *command],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_it_answers(port: int, children: dict[str, subprocess.Popen[bytes]], stop: Stop) -> None:
    limit = time.monotonic() + START_SECONDS
    while not stop.asked.wait(0.1):
        _refuse_dead(children, settings().data_dir)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5):
                return
        except (OSError, urllib.error.URLError):
            if time.monotonic() > limit:
                raise DemoError(f"The pages did not answer in {START_SECONDS:.0f} seconds.") from None


def _refuse_dead(children: dict[str, subprocess.Popen[bytes]], folder: Path) -> None:
    for name, process in children.items():
        if process.poll() is not None:
            raise DemoError(
                f"The {name} process ended by itself (code {process.returncode}); see {folder / 'demo.log'}."
            )


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as wrong:
            raise DemoError(f"Port {port} is taken or not allowed: choose another with --port.") from wrong


def _secret(file: Path) -> str:
    """The demo's secret: links in its mailbox must still work at the next start."""
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(secrets.token_urlsafe(48))
    return file.read_text(encoding="ascii")


def _say(text: str) -> None:
    from rich.console import Console

    Console().print(f"[dim]{text}[/]")


def _welcome(port: int, folder: Path, entrances: list[Entrance]) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(soft_wrap=True)
    base = f"http://127.0.0.1:{port}"
    console.print("\n[bold green]The service is ready.[/]\n")
    for text, address in (
        ("Pages for everybody", f"{base}/"),
        ("The same in English", f"{base}/en/"),
        ("E-mails it sent", f"{base}{mailbox.PATH}"),
        ("API", f"{base}/api/v1/openapi.json"),
    ):
        console.print(f"  {text:22} {address}")
    console.print("\nSign in with one click (each link works once, for 15 minutes; then ask for one on /connexion):\n")
    for one in entrances:
        console.print(f"  {one.who}: {escape(one.name)}, {escape(one.of)}\n    {one.link}")
    console.print(f"\n  Data and log: {folder}\n\n[bold]Ctrl-C ends all of it.[/]")
