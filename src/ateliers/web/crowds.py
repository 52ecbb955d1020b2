"""Who comes often: counts over the last while, kept in the memory of this process alone and forgotten with it (C14).

An address of the Internet is personal data: it is never kept, only a keyed hash of the network that it belongs to. Each process
counts for itself; that is enough for limits that refuse nobody.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from uuid import UUID

from ateliers.bookings.calling import Why
from ateliers.signing import keyed_hash

MANY = 15  # bookings from one network in an hour: more is a library's morning, or somebody who books for nobody
MOST_KEYS = 100_000  # a flood from everywhere must not fill the memory
PREFIX = {4: 32, 6: 56}  # what one household, library or office has at most


class Crowd:
    """How often each key came within `span`, to about a tenth: this span's count and a share of the last one's."""

    def __init__(self, span: timedelta) -> None:
        self.span = span.total_seconds()
        self.turn = 0
        self.before: dict[Hashable, int] = {}
        self.present: dict[Hashable, int] = {}

    def note(self, key: Hashable, *, now: datetime) -> None:
        """One more."""
        self._turn(now)
        if len(self.present) < MOST_KEYS or key in self.present:
            self.present[key] = self.present.get(key, 0) + 1

    def count(self, key: Hashable, *, now: datetime) -> int:
        """How many came within the span that ends now, rounded up: when a span has just ended, nobody is forgotten yet."""
        left = 1 - self._turn(now)
        return self.present.get(key, 0) + math.ceil(self.before.get(key, 0) * left)

    def clear(self) -> None:
        """Forget everything."""
        self.before, self.present = {}, {}

    def _turn(self, now: datetime) -> float:
        """The part of the present span that has passed; spans that have ended are forgotten."""
        turn, passed = divmod(now.timestamp() / self.span, 1)
        if turn > self.turn:
            self.before = self.present if turn == self.turn + 1 else {}
            self.present = {}
            self.turn = int(turn)
        return passed


NETWORKS = Crowd(timedelta(hours=1))
SESSIONS = Crowd(timedelta(minutes=1))


def why_to_call(network: bytes | None, *, now: datetime) -> str:
    """Why the structure should call who books now from there: 'network' when many did in the last hour, else ''."""
    return Why.NETWORK.value if network is not None and NETWORKS.count(network, now=now) >= MANY else ""


def note_booking(network: bytes | None, session_id: UUID, *, now: datetime) -> None:
    """A booking of this session came from there."""
    SESSIONS.note(session_id, now=now)
    if network is not None:
        NETWORKS.note(network, now=now)


def network_of(scope: Mapping[str, object]) -> bytes | None:
    """What stands for the network that a request comes from; None when its address says nothing (this machine, a local network)."""
    client = scope.get("client")
    return _hash_of(str(client[0])) if isinstance(client, list | tuple) else None


@lru_cache(4096)
def _hash_of(address: str) -> bytes | None:
    try:
        found: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if not found.is_global:
        return None
    return keyed_hash("network", str(ip_network((found, PREFIX[found.version]), strict=False)))
