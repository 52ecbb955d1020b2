"""Which worker processes of this machine hold messages, and which of them died: a file whose lock ends with its process.

Another machine, or this one before it was started anew, cannot be judged by a lock: what they held waits for its lease.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid4

BOOT = Path("/proc/sys/kernel/random/boot_id")
PLACE = 16  # bytes: an id


class Holding:
    """What this process holds until it ends. `folder` is of this machine; raises OSError when it cannot be written to."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.id = uuid4()
        path = folder / f"{_boot()}.{self.id}"
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)  # a neighbour may look at it just now: it finds nothing, and lets go

    def note(self, line: int, message: UUID) -> None:
        """From here on `message` may have left over connection `line`; what left before it is written down elsewhere."""
        os.pwrite(self._file, message.bytes, line * PLACE)

    def close(self) -> None:
        """Hold nothing any more."""
        os.close(self._file)


class Dead(NamedTuple):
    """A process that ended."""

    id: UUID
    leaving: list[UUID]  # messages that may have left


def each_dead(folder: Path) -> Iterator[Dead]:
    """The processes of this machine that ended; each is forgotten once the next is asked for."""
    for path in sorted(folder.glob(f"{_boot()}.*")) if BOOT.exists() else ():
        yield from _if_dead(path)


def _if_dead(path: Path) -> Iterator[Dead]:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:  # a neighbour was first
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        noted = os.pread(file, 4096, 0)
        places = [noted[at : at + PLACE] for at in range(0, len(noted) - PLACE + 1, PLACE)]
        yield Dead(UUID(path.name.rpartition(".")[2]), [UUID(bytes=place) for place in places])
        path.unlink(missing_ok=True)
    except BlockingIOError:
        return  # it lives
    finally:
        os.close(file)


def _boot() -> str:
    return BOOT.read_text("ascii").strip()
