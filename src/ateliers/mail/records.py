"""DNS records that mail depends on, asked of the network or read from a zone file."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver
import dns.zone

SECONDS = 5.0  # what one question gets


class NoAnswer(Exception):
    """The name servers do not answer: nothing is known of the record."""


class Records(Protocol):
    """Where records are looked up. Names without a final dot; a name that does not exist has no records."""

    async def txt(self, name: str) -> list[str]:
        """Its TXT records, the pieces of each put together. Raises NoAnswer."""
        ...

    async def mx(self, name: str) -> list[str]:
        """The servers that take its mail, the preferred ones first; '.' alone: it takes none. Raises NoAnswer."""
        ...


class Network:
    """The name servers of this machine."""

    async def txt(self, name: str) -> list[str]:
        return [b"".join(found.strings).decode("ascii", "replace") for found in await self._ask(name, "TXT")]

    async def mx(self, name: str) -> list[str]:
        found = sorted(await self._ask(name, "MX"), key=lambda record: record.preference)
        return [record.exchange.to_text(omit_final_dot=record.exchange != dns.name.root) for record in found]

    async def _ask(self, name: str, kind: str) -> list:  # type: ignore[type-arg]  # records of any kind
        try:
            return list(await dns.asyncresolver.resolve(name, kind, lifetime=SECONDS, search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.name.LabelTooLong, dns.name.EmptyLabel):
            return []
        except (dns.exception.DNSException, OSError) as wrong:
            raise NoAnswer(str(wrong)) from wrong


class ZoneFile:
    """A zone in the format of RFC 1035, for a trial without a network."""

    def __init__(self, text: str, *, origin: str = ".") -> None:
        self._zone = dns.zone.from_text(text, origin=origin, relativize=False, check_origin=False)

    @classmethod
    def read(cls, path: Path) -> ZoneFile:
        """The zone in a file."""
        return cls(path.read_text(encoding="utf-8"))

    async def txt(self, name: str) -> list[str]:
        return [b"".join(found.strings).decode("ascii", "replace") for found in self._find(name, "TXT")]

    async def mx(self, name: str) -> list[str]:
        found = sorted(self._find(name, "MX"), key=lambda record: record.preference)
        return [record.exchange.to_text(omit_final_dot=record.exchange != dns.name.root) for record in found]

    def _find(self, name: str, kind: str) -> list:  # type: ignore[type-arg]  # records of any kind
        found = self._zone.get_rdataset(dns.name.from_text(name), dns.rdatatype.from_text(kind))
        return list(found) if found is not None else []
