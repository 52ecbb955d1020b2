"""Which mark on a seat stands, and whether two devices disagree without having seen each other. No database is asked.

Each mark names those that whoever tapped had before their eyes, so what came after what needs no clock: the same marks
give the same answer in whatever order they arrive. Clocks only choose, among marks that did not know of each other,
which one stands until a human looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import msgspec


class Said(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one mark says of a seat."""

    op: str
    device: str
    seq: int  # its order on the device, whatever the clock does
    at: datetime  # the device's time, corrected
    state: str | None
    saw: Sequence[str] = ()  # ops
    is_undone: bool = False


def heads(said: Sequence[Said]) -> list[Said]:
    """The marks that no later one knew of, latest first: the first stands. Those taken back say nothing any more.

    When they do not all say the same, two devices disagree: `is_disputed`.
    """
    live = [one for one in said if not one.is_undone]
    if len(live) > 1:
        overtaken = _ancestors(said, live)
        # Only marks that name each other in a circle leave nobody: no device of ours makes such.
        live = [one for one in live if one.op not in overtaken] or live
    return sorted(live, key=lambda one: (one.at, one.op), reverse=True)


def is_disputed(said: Sequence[Said]) -> bool:
    """Whether marks that did not know of each other say different things."""
    return len({one.state for one in heads(said)}) > 1


def _ancestors(said: Sequence[Said], live: Sequence[Said]) -> set[str]:
    """Every op that some live mark came after, by its own device's order or because it was seen. Those undone pass it on."""
    known = {one.op: {*one.saw} - {one.op} for one in said}
    in_order = sorted(said, key=lambda one: (one.device, one.seq, one.at, one.op))
    for before, after in pairwise(in_order):
        if before.device == after.device:
            known[after.op].add(before.op)
    found: set[str] = set()
    waiting = [op for one in live for op in known[one.op]]
    while waiting:
        op = waiting.pop()
        if op not in found:
            found.add(op)
            waiting += known.get(op, ())
    return found
