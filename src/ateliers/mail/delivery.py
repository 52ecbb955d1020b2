"""Delivery: due rows of the outbox composed, handed to the SMTP server over a few kept connections, and how it ended written down."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

import msgspec
import structlog

from ateliers.mail import outbox
from ateliers.mail.email import Dropped, Email, Postponed
from ateliers.mail.mime import ascii_address, message_id, mime_bytes
from ateliers.mail.outbox import OutboxRow
from ateliers.mail.return_path import return_path
from ateliers.mail.smtp import Result, SmtpLine, Timeouts, Unreachable
from ateliers.settings import settings

log = structlog.get_logger()

Composer = Callable[[OutboxRow, datetime], Awaitable[Email | Dropped | Postponed]]

CONNECTIONS = 4
CLAIMED = 96  # rows at a time
LONGEST_CALL = 15.0  # seconds: a composer must not be told an old time
WAITS = [timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360)]  # after the first, second… temporary refusal (rule E9)
GIVEN_UP = timedelta(hours=48)
SERVER_DOWN = timedelta(minutes=1)
IN_DOUBT = timedelta(minutes=15)  # before a message whose fate is unknown is sent once more (rule E10)
SLOW_DOMAIN = timedelta(minutes=10)
SUPERSEDED = "A later message says it all."


class _Ready(msgspec.Struct, frozen=True):
    """A message composed, not sent yet."""

    row: OutboxRow
    email: Email
    recipient: str
    message: bytes

    @property
    def domain(self) -> str:
        return self.recipient.rpartition("@")[2].lower()


class Delivery:
    """The connections of one worker process. Used by one task at a time."""

    def __init__(self, url: str, *, connections: int = CONNECTIONS, timeouts: Timeouts | None = None) -> None:
        self._lines = [
            SmtpLine(url=url, hostname=settings().mail_domain, timeouts=timeouts or Timeouts())
            for _ in range(connections)
        ]
        self._slow: dict[str, datetime] = {}
        self._down = ""

    async def deliver_due(self, composers: Mapping[str, Composer], *, now: datetime) -> int:
        """Send what is due, until nothing is or some seconds have passed; how many rows were dealt with."""
        clock = asyncio.get_running_loop().time
        began = clock()
        self._down = ""
        handled = 0
        while not self._down and clock() - began < LONGEST_CALL:
            rows = deque(await outbox.claim(CLAIMED, now=now))
            if not rows:
                break
            handled += len(rows)
            # Nobody may start a message that the lease might not outlive.
            until = clock() + outbox.LEASE.total_seconds() - 1.1 * self._lines[0].timeouts.data
            try:
                async with asyncio.TaskGroup() as group:
                    for line in self._lines[: len(rows)]:
                        group.create_task(self._run(line, rows, composers, until=until, now=now))
            finally:
                for row in rows:  # stopped half-way
                    await outbox.put_back(row, "put back", due_at=now)
        if self._down:
            log.warning("mail_server_unreachable", answer=self._down)
        return handled

    async def close(self) -> None:
        """End the connections politely."""
        await asyncio.gather(*(line.close() for line in self._lines))

    async def _run(
        self, line: SmtpLine, rows: deque[OutboxRow], composers: Mapping[str, Composer], *, until: float, now: datetime
    ) -> None:
        """Send over one connection. While one message is written down as sent, the next is composed."""
        ready = await self._next(rows, composers, until=until, now=now)
        while ready is not None:
            sent = ready
            try:
                result = await self._hand_over(line, sent, now=now)
            except Unreachable as why:
                self._down = str(why)
                for row in [sent.row, *rows]:
                    await outbox.put_back(row, f"no server: {why}", due_at=now + SERVER_DOWN)
                rows.clear()
                return
            ready, _ = await asyncio.gather(
                self._next(rows, composers, until=until, now=now), self._settle(sent, result, now=now)
            )

    async def _next(
        self, rows: deque[OutboxRow], composers: Mapping[str, Composer], *, until: float, now: datetime
    ) -> _Ready | None:
        """The next message that is to be sent, rows that are not having been dealt with."""
        while rows and asyncio.get_running_loop().time() < until:
            row = rows.popleft()
            try:
                ready = await self._prepare(row, composers, now=now)
            except Exception as fault:  # one bad message must not hold up the others
                log.exception("mail_fault", kind=row.kind, id=str(row.id))
                await self._again(row, f"fault: {type(fault).__name__}", now=now)
                continue
            if ready is not None:
                return ready
        return None

    async def _prepare(self, row: OutboxRow, composers: Mapping[str, Composer], *, now: datetime) -> _Ready | None:
        """Compose one row; None when nothing is to be sent now, which is then written down."""
        # What may have arrived began the thread: a later CANCEL has to follow it.
        left_out: outbox.EndState = "unknown" if row.is_in_doubt else "dropped"
        if row.superseded:
            await self._finish(row, left_out, SUPERSEDED, now=now)
            return None
        email = await composers[row.kind](row, now)
        if isinstance(email, Postponed):
            await outbox.put_back(row, "postponed", due_at=email.until)
            return None
        if isinstance(email, Dropped):
            await self._finish(row, left_out, email.reason, now=now)
            return None
        if email.purpose == "reminder" and row.is_in_doubt:
            await self._finish(row, "unknown", "unknown: the worker stopped while it was on its way", now=now)
            return None
        try:
            return _Ready(row, email, ascii_address(email.to_address), _written(row, email))
        except UnicodeError:
            await self._finish(row, "failed", "This address cannot be written to.", now=now)
            return None

    async def _hand_over(self, line: SmtpLine, ready: _Ready, *, now: datetime) -> Result | None:
        """Send one message; None when its domain must be left alone or its lease was lost. Raises Unreachable."""
        email = ready.email
        if (until := self._slow.get(ready.domain, now)) > now:
            await outbox.put_back(ready.row, f"{ready.domain} asked to wait", due_at=until)
            return None
        if email.purpose == "reminder" and not await outbox.mark_handing_over(ready.row):
            return None
        sender, envelope_id = return_path(ready.row.id), ready.row.id.hex
        result = await line.send(sender, ready.recipient, ready.message, envelope_id=envelope_id)
        if result.too_big and email.calendar is not None:
            smaller = _written(ready.row, email, attach=False)
            result = await line.send(sender, ready.recipient, smaller, envelope_id=envelope_id)
        return result

    async def _settle(self, sent: _Ready, result: Result | None, *, now: datetime) -> None:
        """Write down how handing over ended."""
        row = sent.row
        if result is None:
            return
        if result.slow_domain:
            self._slow[sent.domain] = now + SLOW_DOMAIN
        if result.state == "again":
            await self._again(row, result.answer, now=now)
            return
        once_more = sent.email.purpose != "reminder" and not (row.last_outcome or "").startswith(outbox.UNKNOWN)
        if result.state == "unknown" and once_more:
            await outbox.put_back(row, result.answer, due_at=now + IN_DOUBT)
            return
        if result.state == "failed":
            log.warning("mail_refused", kind=row.kind, id=str(row.id), answer=result.answer[:9])
        await self._finish(row, result.state, result.answer, now=now)

    async def _again(self, row: OutboxRow, answer: str, *, now: datetime) -> None:
        wait = WAITS[min(row.refusals, len(WAITS) - 1)]
        if now + wait > row.created_at + GIVEN_UP:
            await outbox.finish(row, "failed", answer, now=now)
            return
        await outbox.put_back(row, answer, due_at=now + wait, refused=True)

    async def _finish(self, row: OutboxRow, state: outbox.EndState, answer: str, *, now: datetime) -> None:
        named = message_id(row.kind, row.id) if state in {"sent", "unknown"} else None
        if not await outbox.finish(row, state, answer, now=now, message_id=named):
            log.warning("mail_lease_lost", kind=row.kind, id=str(row.id))


def _written(row: OutboxRow, email: Email, *, attach: bool = True) -> bytes:
    return mime_bytes(email, message_id=message_id(row.kind, row.id), date=row.created_at, attach=attach)


_delivery: Delivery | None = None


async def deliver_due(composers: Mapping[str, Composer], *, now: datetime) -> int:
    """Send what is due through the server of the settings; how many rows were dealt with."""
    global _delivery
    if _delivery is None:
        _delivery = Delivery(settings().smtp_url)
    return await _delivery.deliver_due(composers, now=now)


async def close_connections() -> None:
    """End this process's SMTP connections."""
    global _delivery
    if _delivery is not None:
        await _delivery.close()
        _delivery = None
