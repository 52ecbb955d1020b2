"""Delivery: due rows of the outbox composed, handed to the SMTP server over a few kept connections, and how it ended written down."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import structlog

from ateliers.mail import outbox, safety, sms
from ateliers.mail.email import Dropped, Email, Postponed
from ateliers.mail.holding import Holding, each_dead
from ateliers.mail.mime import ascii_address, message_id, mime_bytes
from ateliers.mail.outbox import OutboxRow
from ateliers.mail.pace import Pace
from ateliers.mail.return_path import return_path
from ateliers.mail.sms import GatewayKind, Text
from ateliers.mail.smtp import Result, SmtpLine, Timeouts, Unreachable
from ateliers.settings import settings

log = structlog.get_logger()

Composer = Callable[[OutboxRow, datetime], Awaitable[Email | Text | Dropped | Postponed]]

CONNECTIONS = 4
CLAIMED = 96  # rows at a time
LONGEST_CALL = 15.0  # seconds: a composer must not be told an old time
WAITS = [timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360)]  # after the first, second… temporary refusal (rule E9)
GIVEN_UP = timedelta(hours=48)
LAST_HOUR = timedelta(hours=1)
SERVER_DOWN = timedelta(minutes=1)
IN_DOUBT = timedelta(minutes=15)  # before a message whose fate is unknown is sent once more (rule E10)
TOMORROW = timedelta(hours=30)  # from midnight UTC: when what was too much today is tried again
SUPERSEDED = "A later message says it all."


class _Ready(msgspec.Struct, frozen=True):
    """A message composed, not sent yet."""

    row: OutboxRow
    email: Email
    recipient: str
    message: bytes

    @property
    def person(self) -> bytes:
        """Stands for the recipient in the day's counts."""
        return safety.person_hash(self.email.to_address)

    @property
    def domain(self) -> str:
        return self.recipient.rpartition("@")[2].lower()


class Delivery:
    """The connections of one worker process. Used by one task at a time."""

    def __init__(
        self,
        url: str,
        *,
        connections: int = CONNECTIONS,
        timeouts: Timeouts | None = None,
        holding: Holding | None = None,
    ) -> None:
        self._holding = holding
        self._lines = [
            SmtpLine(url=url, hostname=settings().mail_domain, timeouts=timeouts or Timeouts())
            for _ in range(connections)
        ]
        self._pace = Pace()
        self._watch = safety.Watch()
        self._stopped: set[UUID | None] = set()
        self._down = ""

    async def deliver_due(self, composers: Mapping[str, Composer], *, now: datetime) -> int:
        """Send what is due, until nothing is or some seconds have passed; how many rows were dealt with."""
        clock = asyncio.get_running_loop().time
        began = clock()
        self._down = ""
        handled = 0
        while not self._down and clock() - began < LONGEST_CALL:
            rows = deque(await outbox.claim(CLAIMED, now=now, holder=self._holding.id if self._holding else None))
            if not rows:
                break
            handled += len(rows)
            await self._pace.look(now)
            self._stopped = {one.structure_id for one in await safety.list_stops()}
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
        if self._holding is not None:
            self._holding.close()

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
        composed = Dropped(SUPERSEDED) if row.superseded else await composers[row.kind](row, now)
        email = await self._texted(row, composed, now=now) if isinstance(composed, Text) else composed
        if isinstance(email, Postponed):
            await outbox.put_back(row, "postponed", due_at=email.until)
        elif isinstance(email, Dropped):
            await self._finish(row, left_out, email.reason, now=now)
        if not isinstance(email, Email):
            return None
        if email.is_once and row.is_in_doubt:
            await self._finish(row, "unknown", "unknown: the worker stopped while it was on its way", now=now)
            return None
        try:
            return _Ready(row, email, ascii_address(email.to_address), _written(row, email))
        except UnicodeError:
            await self._finish(row, "failed", "This address cannot be written to.", now=now)
            return None

    async def _texted(self, row: OutboxRow, text: Text, *, now: datetime) -> Email | Dropped | Postponed | None:
        """Hand an SMS to its HTTP gateway and write down how it ended; or the e-mail that its gateway wants.

        At most once: it costs, and disturbs.
        """
        gateway = text.gateway
        if row.is_in_doubt:
            await self._finish(row, "unknown", "unknown: the worker stopped while it was on its way", now=now)
            return None
        if not self._stopped.isdisjoint({None, gateway.structure_id}):
            await outbox.put_back(row, safety.SUSPENDED, due_at=now + safety.STOP_ASKED_AGAIN)
            return None
        if (obstacle := await sms.why_not(text, now=now)) is not None:
            return Dropped(obstacle)
        if gateway.kind is GatewayKind.MAIL:
            await sms.count(text, now=now)
            return _as_email(text)
        if (until := self._pace.wait(gateway.host, now=now)) is not None:
            return Postponed(until)
        if await outbox.mark_handing_over(row):
            await self._call_gateway(row, text, now=now)
        return None

    async def _call_gateway(self, row: OutboxRow, text: Text, *, now: datetime) -> None:
        result = await sms.send(text)
        if result.state == "again":
            await self._pace.slow_down(text.gateway.host, now=now)
            await self._again(row, result.answer, starts_at=text.starts_at, now=now)
            return
        if result.state != "failed":
            await sms.count(text, now=now)
        await self._finish(row, result.state, result.answer, person=safety.person_hash(text.number), now=now)

    async def _is_held(self, ready: _Ready, *, now: datetime) -> bool:
        """Whether it may not leave now, which is then written down (D15)."""
        row, email, person = ready.row, ready.email, ready.person
        if email.purpose != "access" and not self._stopped.isdisjoint({None, email.structure_id}):
            await outbox.put_back(row, safety.SUSPENDED, due_at=now + safety.STOP_ASKED_AGAIN)
            return True
        if not self._watch.is_capped(person, email.purpose, now=now):
            return False
        if email.is_once:
            await self._finish(row, "dropped", safety.CAPPED, now=now)
            return True
        await outbox.put_back(row, safety.CAPPED, due_at=datetime.combine(now.date(), time(), UTC) + TOMORROW)
        if (wrong := self._watch.note_capped(person, now=now)) is not None:
            await safety.stop(None, why="anomaly", note=wrong, by_id=None, now=now)
        return True

    async def _hand_over(self, line: SmtpLine, ready: _Ready, *, now: datetime) -> Result | None:
        """Send one message; None when its domain must be left alone or its lease was lost. Raises Unreachable."""
        email = ready.email
        if await self._is_held(ready, now=now):
            return None
        if (until := self._pace.wait(ready.domain, now=now)) is not None:
            await outbox.put_back(ready.row, f"{ready.domain} asked to wait", due_at=until)
            return None
        if email.is_once and not await outbox.mark_handing_over(ready.row):
            return None
        if self._holding is not None:
            self._holding.note(self._lines.index(line), ready.row.id)
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
            await self._pace.slow_down(sent.domain, now=now)
        if result.state == "again":
            await self._again(row, result.answer, starts_at=sent.email.starts_at, now=now)
            return
        once_more = not sent.email.is_once and not (row.last_outcome or "").startswith(outbox.UNKNOWN)
        if result.state == "unknown" and once_more:
            await outbox.put_back(row, result.answer, due_at=now + IN_DOUBT)
            return
        if result.state == "failed":
            log.warning("mail_refused", kind=row.kind, id=str(row.id), answer=result.answer[:9])
        await self._finish(row, result.state, result.answer, person=sent.person, now=now)
        wrong = self._watch.note_end(sent.email.structure_id, refused=result.state == "failed", now=now)
        if wrong is not None:
            await safety.stop(wrong[0], why="anomaly", note=wrong[1], by_id=None, now=now)
            self._stopped.add(wrong[0])

    async def _again(self, row: OutboxRow, answer: str, *, now: datetime, starts_at: datetime | None = None) -> None:
        wait = WAITS[min(row.refusals, len(WAITS) - 1)]
        given_up = row.created_at + GIVEN_UP
        if starts_at is not None:  # an hour before, somebody had better call; what was queued that late is still tried
            too_late = starts_at - LAST_HOUR
            given_up = min(given_up, too_late if row.created_at < too_late else starts_at)
        if now + wait > given_up:
            await outbox.finish(row, "failed", answer, now=now)
            return
        await outbox.put_back(row, answer, due_at=now + wait, refused=True)

    async def _finish(
        self, row: OutboxRow, state: outbox.EndState, answer: str, *, now: datetime, person: bytes | None = None
    ) -> None:
        went = state in {"sent", "unknown"}
        named, counted = (message_id(row.kind, row.id), person) if went else (None, None)
        sent = await outbox.finish(row, state, answer, now=now, message_id=named, recipient=counted)
        if not sent:
            log.warning("mail_lease_lost", kind=row.kind, id=str(row.id))
        elif counted is not None:
            self._watch.note_sent(counted, sent, now=now)


def _written(row: OutboxRow, email: Email, *, attach: bool = True) -> bytes:
    return mime_bytes(email, message_id=message_id(row.kind, row.id), date=row.created_at, attach=attach)


def _as_email(text: Text) -> Email:
    """What a gateway that takes e-mails is written: plain text, to an address with the number in it."""
    return Email(
        to_name="",
        to_address=text.gateway.address.replace("{number}", text.number.lstrip("+")),
        sender_name="Ateliers",
        subject="SMS",
        text=text.text,
        html="",
        language="fr",
        purpose="reminder",
        structure_id=text.gateway.structure_id,
        starts_at=text.starts_at,
    )


_delivery: Delivery | None = None


async def deliver_due(composers: Mapping[str, Composer], *, now: datetime) -> int:
    """Send what is due through the server of the settings; how many rows were dealt with."""
    global _delivery
    if _delivery is None:
        _delivery = Delivery(settings().smtp_url, holding=_hold())
    return await _delivery.deliver_due(composers, now=now)


async def take_back(now: datetime) -> int:
    """Make due what workers of this machine held when they died and had not begun to send; how many rows."""
    return sum([await outbox.take_back(one.id, leaving=one.leaving, now=now) for one in each_dead(_folder())])


def _hold() -> Holding | None:
    try:
        return Holding(_folder())
    except OSError as fault:
        log.warning("mail_not_held", error=type(fault).__name__)
        return None


def _folder() -> Path:
    return settings().data_dir / "workers"


async def close_connections() -> None:
    """End this process's SMTP connections."""
    global _delivery
    if _delivery is not None:
        await _delivery.close()
        _delivery = None
