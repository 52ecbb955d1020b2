"""Start the service, or a part of it."""

from __future__ import annotations

import gc
import os
import signal
import sys

import click

from ateliers.cli.frame import FAILED, WRONG_SETTING, stop


@click.command(short_help="Try it: everything at once, with invented data.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port of the pages.")
def demo(port: int) -> None:
    """Start everything on this machine, with invented data: database, pages, worker, and a mailbox for its e-mails.

    Prints the addresses, and links that sign you in as a manager, an ambassador and a coordinator. Ctrl-C ends all of it;
    the next start finds what you left. The demo always uses its own database, below ATELIERS_DATA_DIR.
    """
    from ateliers.demo.run import DemoError, run_demo

    try:
        run_demo(port)
    except DemoError as wrong:
        stop(str(wrong))


@click.command(short_help="Answer people: pages and API.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes, one core each.")
def serve(host: str, port: int, workers: int) -> None:
    """Answer people on one port: pages, API, /health and /metrics. Ends on Ctrl-C or SIGTERM, requests finished.

    With no ATELIERS_DATABASE_URL it starts the embedded PostgreSQL. In production (ATELIERS_PRODUCTION=1) it refuses to
    start with a default secret, and the tables must have been migrated.
    """
    import uvicorn

    from ateliers.embedded import running_database
    from ateliers.logs import set_up_logs
    from ateliers.settings import settings

    chosen = settings()
    set_up_logs()
    for number in (signal.SIGINT, signal.SIGTERM):
        # uvicorn finishes its requests, then raises the signal again: leave through the door, so that the database stops.
        signal.signal(number, lambda _number, _frame: sys.exit(0))
    with running_database(chosen) as url:
        os.environ["ATELIERS_DATABASE_URL"] = url  # for the processes that uvicorn starts
        settings.cache_clear()
        if not chosen.production:
            _migrate(url)
        uvicorn.run(
            "ateliers.cli.running:app",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            loop="uvloop",
            http="httptools",
            ws="none",
            access_log=False,  # it would log private links; web.operation logs routes
            log_config=None,
            server_header=False,
            proxy_headers=True,
            timeout_graceful_shutdown=20,
            timeout_keep_alive=15,
            backlog=4096,
        )


def app() -> object:
    """The application as each serving process makes it; made here, in the process that will run it."""
    from ateliers.logs import set_up_logs
    from ateliers.settings import settings
    from ateliers.web.app import make_app

    set_up_logs()
    made = make_app(settings().database_url)
    # What was made so far stays for good: the collector need not look at it again during every rush.
    gc.collect()
    gc.freeze()
    return made


@click.command(short_help="Do the chores: mail, reminders, news of changes.")
@click.option("--lmtp", is_flag=True, help="Take incoming mail at ATELIERS_LMTP as well (one worker does).")
def worker(lmtp: bool) -> None:
    """Send the mail and the reminders, tell changes, purge what must not be kept. Any number may run at once.

    With ATELIERS_IMAP_URL it also reads that mailbox. Ends on Ctrl-C or SIGTERM, the message under way finished. In production
    (ATELIERS_PRODUCTION=1) it refuses to send for a domain whose SPF, DKIM or DMARC record is missing or wrong.
    """
    import asyncio

    import uvloop

    from ateliers.embedded import running_database
    from ateliers.logs import set_up_logs
    from ateliers.mail.records import Network
    from ateliers.mail.sender_domain import why_not_to_send
    from ateliers.settings import settings
    from ateliers.worker import run_worker

    set_up_logs()
    chosen = settings()
    if chosen.production:
        wrong = asyncio.run(why_not_to_send(chosen.mail_domain, chosen.dkim_selector, Network()))
        if wrong:
            stop(f"Mail from {chosen.mail_domain} would be taken for unwanted mail.\n{wrong}", WRONG_SETTING)
    if lmtp and not settings().lmtp:
        stop("ATELIERS_LMTP should say where: host:port, or the path of a socket.", WRONG_SETTING)
    with running_database(settings()) as url:
        uvloop.run(run_worker(url, lmtp=settings().lmtp if lmtp else ""))


@click.command(short_help="Bring the tables up to date.")
def migrate() -> None:
    """Run the migrations that have not run yet, all or none. Any number of processes may do so at once."""
    from ateliers.embedded import running_database
    from ateliers.settings import settings

    with running_database(settings()) as url:
        done = _migrate(url)
    for name in done:
        click.echo(f"  {name}")
    click.secho(f"{len(done)} migrations run." if done else "The tables were up to date.", fg="green")


def _migrate(url: str) -> list[str]:
    import asyncio

    import asyncpg

    from ateliers import database

    try:
        return asyncio.run(database.migrate(url))
    except (OSError, asyncpg.PostgresError) as wrong:
        stop(f"The database does not answer, or refuses: {wrong}", FAILED)
