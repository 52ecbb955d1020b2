"""Sending with care: stops for all or for one structure, a daily measure for each person, and noticing when something goes wrong (D15)."""

from __future__ import annotations

from collections import deque
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec
import structlog

from ateliers import signing
from ateliers.database import execute, fetch, new_id
from ateliers.mail.email import Purpose

log = structlog.get_logger()

# Messages to one person in a day. What a booking needs waits for tomorrow beyond its measure, anything else is dropped.
MOST_A_DAY: dict[Purpose, int] = {"access": 100, "service": 100, "reminder": 20, "survey": 20, "alert": 20}
CAPPED = "This person was written to often enough today."
SUSPENDED = "Sending is suspended."
STOP_ASKED_AGAIN = timedelta(hours=1)  # a held row is looked at again; lifting the stop brings it back at once
KEPT = timedelta(days=2)  # of the daily counts

WINDOW = 60  # minutes that are looked back on
FEWEST = 50  # messages of a structure that ended, before their share says anything
FEWEST_OF_ALL = 200
REFUSED_SHARE = 0.2  # for good: a bad list, or we are taken for spammers
CAPPED_PEOPLE = 10  # in a day: something writes again and again
MANY_REFUSED = "Many messages were refused for good."
AGAIN_AND_AGAIN = "Many people were written to again and again."


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing leaves for this structure (None: for anybody) until it is lifted."""

    structure_id: UUID | None
    why: Literal["asked", "anomaly"]
    note: str
    at: datetime
    by_id: UUID | None


def person_hash(address: str) -> bytes:
    """What stands for an address or number in the counts and among the opt-outs."""
    return signing.keyed_hash("recipient", address.strip().lower())


async def list_stops() -> list[Stop]:
    """The stops that hold now, the one for everybody first."""
    return await fetch(
        Stop,
        """SELECT structure_id, why, note, at, by_id FROM mail_stop WHERE lifted_at IS NULL
           ORDER BY structure_id NULLS FIRST""",
    )


async def stop(
    structure_id: UUID | None, *, why: Literal["asked", "anomaly"], note: str, by_id: UUID | None, now: datetime
) -> bool:
    """Hold back what is to be sent; False when it was held already. Asks for no permission."""
    made = await execute(
        """INSERT INTO mail_stop (id, structure_id, why, note, at, by_id) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT DO NOTHING""",
        new_id(),
        structure_id,
        why,
        note,
        now,
        by_id,
    )
    if made:
        log.error("sending_stopped", structure=str(structure_id or "all"), why=why, note=note)
    return bool(made)


async def lift(structure_id: UUID | None, *, by_id: UUID, now: datetime) -> bool:
    """Send again, what was held included; False when nothing was held. Asks for no permission."""
    lifted = await execute(
        """UPDATE mail_stop SET lifted_at = $2, lifted_by = $3
           WHERE structure_id IS NOT DISTINCT FROM $1 AND lifted_at IS NULL""",
        structure_id,
        now,
        by_id,
    )
    if lifted:
        await execute(
            "UPDATE outbox SET due_at = $1 WHERE state = 'queued' AND due_at > $1 AND outcome = $2", now, SUSPENDED
        )
        log.warning("sending_resumed", structure=str(structure_id or "all"))
    return bool(lifted)


async def purge_counts(now: datetime) -> int:
    """Forget the counts of days gone by; how many."""
    return await execute("DELETE FROM mail_day WHERE day < $1", (now - KEPT).date())


class Watch:
    """What one process has seen of its own sending: enough to notice that something is wrong."""

    def __init__(self) -> None:
        self._ended: dict[UUID | None, deque[list[int]]] = {}  # minute, ended, refused; under None: all
        self._day: date | None = None
        self._today: dict[bytes, int] = {}
        self._capped: set[bytes] = set()

    def is_capped(self, person: bytes, purpose: Purpose, *, now: datetime) -> bool:
        """Whether this person has had the measure of the day."""
        self._turn_page(now)
        return self._today.get(person, 0) >= MOST_A_DAY[purpose]

    def note_sent(self, person: bytes, sent: int, *, now: datetime) -> None:
        """`sent` messages went to that person today."""
        self._turn_page(now)
        if sent >= min(MOST_A_DAY.values()):
            self._today[person] = sent

    def note_capped(self, person: bytes, *, now: datetime) -> str | None:
        """What is wrong, when too many people have had the measure of what bookings need."""
        self._turn_page(now)
        self._capped.add(person)
        return AGAIN_AND_AGAIN if len(self._capped) >= CAPPED_PEOPLE else None

    def note_end(self, structure_id: UUID | None, *, refused: bool, now: datetime) -> tuple[UUID | None, str] | None:
        """Whose sending to stop, and why, when too much of the last hour was refused for good."""
        for whose, fewest in ((structure_id, FEWEST), (None, FEWEST_OF_ALL)):
            ended, bad = self._count(whose, refused=refused, now=now)
            if refused and ended >= fewest and bad >= ended * REFUSED_SHARE:
                self._ended.pop(whose, None)  # who lifts the stop begins anew
                return whose, MANY_REFUSED
            if structure_id is None:
                break
        return None

    def _count(self, whose: UUID | None, *, refused: bool, now: datetime) -> tuple[int, int]:
        minute = int(now.timestamp()) // 60
        minutes = self._ended.setdefault(whose, deque())
        if not minutes or minutes[-1][0] != minute:
            minutes.append([minute, 0, 0])
        minutes[-1][1] += 1
        minutes[-1][2] += refused
        while minutes[0][0] <= minute - WINDOW:
            minutes.popleft()
        return sum(one[1] for one in minutes), sum(one[2] for one in minutes)

    def _turn_page(self, now: datetime) -> None:
        if self._day != now.date():
            self._day = now.date()
            self._today.clear()
            self._capped.clear()
