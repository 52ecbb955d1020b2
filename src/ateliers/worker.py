"""The worker: the chores that repeat, each at its own rhythm, in any number of processes.

A chore asks the tables what is due, so a missed beat is caught up by the next. Each runs in its own task: a long sweep
does not hold up the mail. This is the only place where a fault is caught: it is logged and the chore goes on.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from datetime import datetime

import msgspec
import structlog

from ateliers import clock, database
from ateliers.mail.delivery import close_connections
from ateliers.mail.imap import read_mailbox
from ateliers.mail.inbound import Received
from ateliers.mail.lmtp import lmtp_server
from ateliers.mail.records import Network
from ateliers.settings import settings

log = structlog.get_logger()

GRACE_SECONDS = 20.0  # what a chore under way gets to finish when the worker is asked to stop
PAUSE_AFTER_FAULT = 5.0  # seconds


class Chore(msgspec.Struct, frozen=True, kw_only=True):
    """One thing done again and again. A `run` that returns a number above 0 found work and is run again at once."""

    name: str
    seconds: float
    run: Callable[[datetime], Awaitable[int | None]]


def chores() -> list[Chore]:
    """All chores of the service."""
    from ateliers.agenda import alerts, clock_law
    from ateliers.agenda.emails import COMPOSERS as AGENDA_LETTERS
    from ateliers.agenda.unfinished import purge_unfinished
    from ateliers.attendance import nudges, trainings
    from ateliers.bookings import changes, cycle_dates, incoming, needs, offers, reminders, texts, unreachable
    from ateliers.bookings.emails import COMPOSERS as BOOKING_LETTERS
    from ateliers.bookings.texts import COMPOSERS as BOOKING_TEXTS
    from ateliers.exchange.imports.sessions import forget_files
    from ateliers.exchange.open_data import ledger
    from ateliers.experiences import follow_up
    from ateliers.experiences.emails import COMPOSERS as AFTERWARDS
    from ateliers.mail import pace, safety
    from ateliers.mail.delivery import deliver_due, take_back
    from ateliers.network import resigning, training
    from ateliers.network.emails import COMPOSERS as NETWORK_LETTERS
    from ateliers.network.purge import purge_network
    from ateliers.reports.rollups import roll_days
    from ateliers.reports.snapshots import freeze_missing

    composers = {
        **NETWORK_LETTERS,
        **AGENDA_LETTERS,
        **BOOKING_LETTERS,
        **BOOKING_TEXTS,
        **AFTERWARDS,
        **nudges.COMPOSERS,
    }

    async def deliver(now: datetime) -> int:
        return await deliver_due(composers, now=now)

    async def remind(now: datetime) -> None:
        await reminders.sweep(now)
        await texts.sweep(now)

    async def tell_changes(now: datetime) -> None:
        await changes.sweep(now)

    async def ask_signatures(now: datetime) -> None:
        await resigning.sweep(now)

    async def remind_trained(now: datetime) -> None:
        await training.sweep(now)

    async def ask_who_came(now: datetime) -> None:
        await nudges.sweep(now)

    async def follow(now: datetime) -> None:
        await follow_up.sweep(now)

    async def forget(now: datetime) -> None:
        await alerts.purge_alerts(now)
        await purge_unfinished(now)
        await purge_network(now)
        await safety.purge_counts(now)
        await pace.forget_content(now)

    async def purge_needs(now: datetime) -> None:
        await needs.purge_needs(now)

    mailbox = [Chore(name="read mailbox", seconds=60, run=read_mail)] if settings().imap_url else []
    return [
        *mailbox,
        Chore(name="deliver mail", seconds=1, run=deliver),
        Chore(name="take back mail of workers that died", seconds=30, run=take_back),
        Chore(name="tell changes", seconds=2, run=tell_changes),
        Chore(name="tell dates of cycles", seconds=10, run=cycle_dates.sweep),
        Chore(name="serve who waits", seconds=5, run=offers.sweep),
        Chore(name="remind", seconds=20, run=remind),
        Chore(name="tell of new sessions", seconds=600, run=alerts.sweep),
        Chore(name="ask for attendance", seconds=600, run=ask_who_came),
        Chore(name="follow up", seconds=300, run=follow),
        Chore(name="draw conclusions from bounces", seconds=10, run=unreachable.sweep),
        Chore(name="ask signatures", seconds=60, run=ask_signatures),
        Chore(name="notice who was trained", seconds=3600, run=trainings.sweep),
        Chore(name="remind of trainings that end", seconds=3600, run=remind_trained),
        Chore(name="tell open data", seconds=60, run=ledger.sweep),
        Chore(name="forget files to import", seconds=3600, run=forget_files),
        Chore(name="follow changes of clocks", seconds=86_400, run=clock_law.sweep),
        Chore(name="freeze figures", seconds=300, run=freeze_missing),
        Chore(name="sum up days", seconds=60, run=roll_days),
        Chore(name="purge needs", seconds=3600, run=purge_needs),
        Chore(name="purge incoming mail", seconds=3600, run=incoming.purge_incoming),
        Chore(name="purge sign-ins", seconds=3600, run=forget),
    ]


async def take_mail(received: Received) -> bool:
    """Deal with a message that came in; False when nobody reads it."""
    from ateliers.bookings.incoming import Fate, take

    return await take(received, now=clock.now(), records=Network()) is Fate.TAKEN


async def read_mail(_now: datetime) -> int:
    """Deal with what is new in the mailbox."""
    return await read_mailbox(settings().imap_url, take_mail)


async def run_worker(url: str, *, pool_size: int = 6, lmtp: str = "") -> None:
    """Do all chores until SIGTERM or SIGINT, then let those under way finish; take mail at `lmtp` meanwhile."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await database.open_pool(url, size=pool_size)
    try:
        log.info("worker started")
        async with lmtp_server(lmtp, take_mail) if lmtp else nullcontext():
            await repeat(chores(), stopping)
    finally:
        await close_connections()
        await database.close_pool()
        log.info("worker stopped")


async def repeat(todo: list[Chore], stopping: asyncio.Event) -> None:
    """Run every chore at its rhythm until `stopping` is set; chores under way then get GRACE_SECONDS."""
    tasks = [asyncio.create_task(_repeat_one(chore, stopping), name=chore.name) for chore in todo]
    await stopping.wait()
    _, late = await asyncio.wait(tasks, timeout=GRACE_SECONDS)
    for task in late:
        log.warning("chore cut short", chore=task.get_name())
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)


async def _repeat_one(chore: Chore, stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        pause = chore.seconds
        try:
            if await chore.run(clock.now()):
                pause = 0
        except Exception:
            log.exception("chore failed", chore=chore.name)
            pause = max(chore.seconds, PAUSE_AFTER_FAULT)
        try:
            await asyncio.wait_for(stopping.wait(), pause or 0.001)
        except TimeoutError:
            continue
