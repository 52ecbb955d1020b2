"""Answers that a device cannot send any more, brought in a file by somebody of the team, in their own name."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.agenda.session import Session
from ateliers.agenda.sessions import get_session
from ateliers.attendance.operations import MOST_AT_ONCE, Batch, Device, Status, take_operations
from ateliers.network.people import Person
from ateliers.refusals import NotAllowed, NotFound, Refusal

MOST = 20_000  # answers of one list
FURTHEST = 10**13  # milliseconds, about three centuries: a phone may think that it is 1970


class NotOurFile(Refusal):
    """It was not made by a list of ours, or was changed since."""

    title = "This is not a file of answers, or it was changed. Make it again on the device that keeps them."
    field = "file"


class KeptList(msgspec.Struct, frozen=True, kw_only=True):
    """What the device keeps of one list, in order."""

    session: UUID
    operations: Annotated[list[dict[str, Any]], Meta(max_length=MOST)]


class DeviceFile(msgspec.Struct, frozen=True, kw_only=True):
    """All that a device keeps: `bundle` of `static/js/gardees.js`."""

    format: Literal["ateliers-reponses/1"]
    device: Device
    ahead: Annotated[int, Meta(ge=-FURTHEST, le=FURTHEST)] = 0  # milliseconds of its clock, at its last answer of ours
    lists: Annotated[list[KeptList], Meta(max_length=500)]


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one list's answers."""

    session: Session | None  # None: not a list of theirs, and nothing of it was taken
    taken: int = 0
    known: int = 0
    aside: int = 0
    refused: int = 0


async def take_file(content: bytes, *, by: Person, now: datetime) -> list[Brought]:
    """Take in what is in the file, list by list; as often as one likes, each answer counts once. Raises NotOurFile.

    The times are put right by how wrong the device last found its clock to be; none is later than now.
    """
    try:
        file = msgspec.json.decode(content, type=DeviceFile)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NotOurFile from None
    clock = now + timedelta(milliseconds=file.ahead)
    return [await _take_list(file.device, kept, clock, by=by, now=now) for kept in file.lists]


async def _take_list(device: str, kept: KeptList, clock: datetime, *, by: Person, now: datetime) -> Brought:
    became: Counter[Status] = Counter()
    try:
        for start in range(0, len(kept.operations), MOST_AT_ONCE):
            batch = Batch(device=device, now=clock, operations=kept.operations[start : start + MOST_AT_ONCE])
            became.update(ack.status for ack in await take_operations(kept.session, batch, by=by, now=now))
    except (NotAllowed, NotFound):
        return Brought(session=None, refused=len(kept.operations))
    return Brought(
        session=await get_session(kept.session),
        taken=became[Status.TAKEN],
        known=became[Status.KNOWN],
        aside=became[Status.KEPT_ASIDE],
    )
