"""People counted in passing at a stand (E4), and what came of a workshop (E12): counts, never anybody's name.

A count is a set of taps that only grows: several phones add theirs, and nothing is overwritten. A tap taken back stays
written and no longer counts.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ateliers.agenda.kinds import RULES, Counter
from ateliers.attendance.ledger import Entries, Tap, write
from ateliers.attendance.mark import stored
from ateliers.attendance.recorder import Recorder, device_of_page
from ateliers.attendance.tally import get_counts, lock_session
from ateliers.database import fetch_value, transaction
from ateliers.refusals import NotFound, Refusal
from ateliers.words import T

MOST = 10_000  # of one tap, and of one typed total


class NoSuchCounter(NotFound):
    """Sessions of this kind do not count that."""

    title = "This is not counted for sessions of this kind."


class CountedSince(Refusal):
    """Somebody tapped since the page was opened: what was typed would undo it unseen."""

    title = "The total has changed since you opened this page: it is now %(total)s. Check it, then correct it again."
    field = "total"


def count_label(counter: str, n: int) -> T:
    """« People informed: +3 »; a counter that we do not know, as a device sent it, under the name that it gave."""
    known = counter in {one.value for one in Counter}
    return T("%(counter)s: %(n)s", counter=Counter(counter).label if known else counter, n=f"{n:+d}")


async def count_people(
    session_id: UUID, counter: Counter, op: str, *, amount: int = 1, by: Recorder, now: datetime
) -> bool:
    """Count more people; False when this `op` was counted before, taken back or not. Raises NoSuchCounter and as `lock_session`.

    `record.undo` takes it back.
    """
    async with transaction():
        held = await lock_session(session_id, by=by, now=now)
        if counter not in RULES[held.kind].counters:
            raise NoSuchCounter
        op = stored(session_id, op)
        if await fetch_value("SELECT EXISTS (SELECT FROM count_tap WHERE op = $1)", op):
            return False
        tap = Tap(op=op, counter=counter.value, amount=amount, at=now, device=device_of_page(by))
        await write(held, Entries(taps=[tap]), by=by, now=now)
        return True


async def correct_total(
    session_id: UUID, counter: Counter, total: int, *, seen: int, op: str, by: Recorder, now: datetime
) -> None:
    """Make the count `total`, where the page showed `seen`: the difference is one more tap.

    Raises CountedSince, NoSuchCounter and as `lock_session`.
    """
    async with transaction():
        held = await lock_session(session_id, by=by, now=now)
        if counter not in RULES[held.kind].counters:
            raise NoSuchCounter
        op = stored(session_id, op)
        if await fetch_value("SELECT EXISTS (SELECT FROM count_tap WHERE op = $1)", op):
            return
        present = (await get_counts(session_id)).get(counter, 0)
        if present != seen:
            raise CountedSince(total=present)
        written = await fetch_value(
            "SELECT total FROM count_sum WHERE session_id = $1 AND counter = $2", session_id, counter.value
        )
        amount = max(-MOST, min(MOST, total - (written or 0)))
        if amount:
            tap = Tap(op=op, counter=counter.value, amount=amount, at=now, device=device_of_page(by))
            await write(held, Entries(taps=[tap]), by=by, now=now)
